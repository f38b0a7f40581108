/* image.h - pictures for models that take them: which files are one, how large it may be, and what it costs.
 *
 * All limits of the providers stand here. They differ; the smallest of those of Anthropic, OpenAI and Google
 * holds for all, so that a session can go on with another model:
 *   - 5 MiB of base64 for one image (Anthropic), 20 MB for a whole request (Google);
 *   - 8,000 pixels a side, and with more than 20 images in a request 2,000 (Anthropic), so never more than 20. */
#ifndef EMEND_MODEL_IMAGE_H
#define EMEND_MODEL_IMAGE_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum {
	IMAGE_BYTES = 5 * 1024 * 1024 / 4 * 3,	/* of one file */
	IMAGE_SIDE = 8000,			/* pixels */
	IMAGES_IN_REQUEST = 20,			/* what is over goes, the oldest first */
	IMAGES_BASE64_BYTES = 15 * 1024 * 1024, /* of all in one request, in base64 */
};

enum image_type { IMAGE_PNG = 1, IMAGE_JPEG = 2, IMAGE_WEBP = 4, IMAGE_GIF = 8, IMAGE_ALL = 15 };

struct image {
	enum image_type type;
	uint32_t width, height; /* pixels */
	struct slice base64;	/* of the whole file */
};

const char *image_media_type(enum image_type t); /* "image/png" */
const char *image_name(enum image_type t);	 /* "PNG" */
/* By its first bytes, whatever the file's name; only type and size of *out are set. false: it is none of these,
 * or too broken to say how large it is. */
NODISCARD bool image_probe(struct slice bytes, struct image *out);
/* May it be sent to a model that takes these types (0: no images)? ERR_INVALID, a sentence for the model that
 * begins with the file's name and says what to do instead. */
NODISCARD bool image_check(const struct image *i, struct slice name, size_t bytes, unsigned takes,
			   struct err *err);
/* The image of these bytes, which image_probe() took, with its base64, in the arena. */
struct image *image_new(struct arena *a, struct slice bytes);
/* "PNG image, 640 x 480 pixels, 12345 bytes" */
struct slice image_words(struct arena *a, const struct image *i, size_t bytes);
/* An upper bound of what any of the providers counts for it. */
uint64_t image_tokens(const struct image *i);

#endif
