/* image.c - see image.h. Only headers are read: what is in the picture is the model's affair.
 *
 * The formats: PNG (RFC 2083, 4.1.1), JPEG (ITU T.81, B.2.2), GIF89a (section 18) and WebP (RFC
 * 9649). All offsets are checked once, by LEAST_BYTES, but for JPEG, whose segments are walked. */
#include "agent/model/image.h"

#include "agent/base/base64.h"

/* A file is none of these before so many bytes. */
enum { LEAST_BYTES = 30 };

const char *image_media_type(enum image_type t)
{
	return t == IMAGE_PNG	 ? "image/png"
	       : t == IMAGE_JPEG ? "image/jpeg"
	       : t == IMAGE_WEBP ? "image/webp"
				 : "image/gif";
}

const char *image_name(enum image_type t)
{
	return t == IMAGE_PNG ? "PNG" : t == IMAGE_JPEG ? "JPEG" : t == IMAGE_WEBP ? "WebP" : "GIF";
}

static uint32_t byte(struct slice s, size_t at)
{
	return (unsigned char)s.ptr[at];
}

static uint32_t big16(struct slice s, size_t at)
{
	return byte(s, at) << 8 | byte(s, at + 1);
}

static uint32_t little16(struct slice s, size_t at)
{
	return byte(s, at + 1) << 8 | byte(s, at);
}

static uint32_t little24(struct slice s, size_t at)
{
	return byte(s, at + 2) << 16 | little16(s, at);
}

/* The size stands in the frame header, behind any number of other segments. */
static bool probe_jpeg(struct slice s, struct image *out)
{
	size_t at = 2;

	while (at + 9 <= s.len && byte(s, at) == 0xff) {
		uint32_t marker = byte(s, at + 1);
		bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
			     marker != 0xcc;

		if (marker == 0xff) { /* a fill byte */
			at++;
			continue;
		}
		if (frame) {
			out->height = big16(s, at + 5);
			out->width = big16(s, at + 7);
			return true;
		}
		at += 2 + big16(s, at + 2);
	}
	return false;
}

static bool probe_webp(struct slice s, struct image *out)
{
	struct slice chunk = slice_sub(s, 12, 16);

	if (slice_eq_cstr(chunk, "VP8X")) {
		out->width = little24(s, 24) + 1;
		out->height = little24(s, 27) + 1;
	} else if (slice_eq_cstr(chunk, "VP8L")) {
		out->width = (little16(s, 21) & 0x3fff) + 1;
		out->height = ((little24(s, 22) >> 6) & 0x3fff) + 1;
	} else if (slice_eq_cstr(chunk, "VP8 ")) {
		out->width = little16(s, 26) & 0x3fff;
		out->height = little16(s, 28) & 0x3fff;
	} else {
		return false;
	}
	return true;
}

bool image_probe(struct slice s, struct image *out)
{
	bool ok = false;

	*out = (struct image){ .base64 = SLICE("") };
	if (s.len < LEAST_BYTES)
		return false;
	if (slice_starts(s, SLICE("\x89PNG\r\n\x1a\n")) &&
	    slice_eq_cstr(slice_sub(s, 12, 16), "IHDR")) {
		out->type = IMAGE_PNG;
		out->width = big16(s, 16) << 16 | big16(s, 18);
		out->height = big16(s, 20) << 16 | big16(s, 22);
		ok = true;
	} else if (slice_starts(s, SLICE("\xff\xd8\xff"))) {
		out->type = IMAGE_JPEG;
		ok = probe_jpeg(s, out);
	} else if (slice_starts(s, SLICE("GIF87a")) || slice_starts(s, SLICE("GIF89a"))) {
		out->type = IMAGE_GIF;
		out->width = little16(s, 6);
		out->height = little16(s, 8);
		ok = true;
	} else if (slice_starts(s, SLICE("RIFF")) && slice_eq_cstr(slice_sub(s, 8, 12), "WEBP")) {
		out->type = IMAGE_WEBP;
		ok = probe_webp(s, out);
	}
	return ok && out->width > 0 && out->height > 0;
}

bool image_check(const struct image *i, struct slice name, size_t bytes, unsigned takes,
		 struct err *err)
{
	if (takes == 0)
		return err_set(err, ERR_INVALID,
			       "%.*s is a %s image, %u x %u pixels, %zu bytes. This model takes no "
			       "images, so it is not shown. (Where it does take them, the user can "
			       "say so: models.NAME.images in the configuration.)",
			       SLICE_ARG(name), image_name(i->type), i->width, i->height, bytes);
	if (!(takes & i->type))
		return err_set(err, ERR_INVALID,
			       "%.*s is a %s image, which this model does not take: make a PNG of "
			       "it, and read that.",
			       SLICE_ARG(name), image_name(i->type));
	if (bytes > IMAGE_BYTES)
		return err_set(err, ERR_INVALID,
			       "%.*s is a %s image of %zu bytes; at most %d can be shown: make a "
			       "smaller one of it, and read that.",
			       SLICE_ARG(name), image_name(i->type), bytes, IMAGE_BYTES);
	if (i->width > IMAGE_SIDE || i->height > IMAGE_SIDE)
		return err_set(err, ERR_INVALID,
			       "%.*s is a %s image of %u x %u pixels; at most %d a side can be "
			       "shown: make a smaller one of it, and read that.",
			       SLICE_ARG(name), image_name(i->type), i->width, i->height,
			       IMAGE_SIDE);
	return true;
}

/* Bytes of an old session that cannot be read any more go as they are: the provider refuses them
 * with a reason, which says more than we could. */
struct image *image_new(struct arena *a, struct slice bytes)
{
	struct image *i = arena_alloc(a, sizeof(*i));
	size_t size = base64_size(bytes.len);
	char *digits = arena_alloc(a, size + 1);

	if (!image_probe(bytes, i))
		*i = (struct image){ .type = IMAGE_PNG };
	base64_encode(bytes, digits);
	i->base64 = slice_make(digits, size);
	return i;
}

struct slice image_words(struct arena *a, const struct image *i, size_t bytes)
{
	return arena_printf(a, "%s image, %u x %u pixels, %zu bytes", image_name(i->type), i->width,
			    i->height, bytes);
}

/* One token for a square of 28 pixels, of a picture that is made smaller first (Anthropic); others count less. */
uint64_t image_tokens(const struct image *i)
{
	enum { SQUARE = 28, MOST = 5000, LEAST = 300 };
	uint64_t n = ((uint64_t)i->width + SQUARE - 1) / SQUARE *
		     (((uint64_t)i->height + SQUARE - 1) / SQUARE);

	return n > MOST ? MOST : n < LEAST ? LEAST : n;
}
