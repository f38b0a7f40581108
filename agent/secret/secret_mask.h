/* secret_mask.h - what looks like a secret does not go to the model: a placeholder goes in its place, and the secret
 * comes back where the model writes it into a file.
 *
 * A placeholder is "[secret:KIND:HHHHHHHH]" with the beginning of the secret's SHA-256: the same secret has the same one
 * in every text of every session, so that what the model gets stays the same byte for byte. The secrets are kept in
 * memory only, for one task. */
#ifndef EMEND_SECRET_MASK_H
#define EMEND_SECRET_MASK_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

struct secret_known;
/* placeholder: borrowed */
typedef void secret_new_cb(void *payload, struct slice placeholder, const char *kind);

struct secret_mask {
	bool off; /* the user wants none of it */
	struct secret_known *known;
	size_t n, cap;
	secret_new_cb *on_new; /* secret_mask_tell(); NULL: nobody is told */
	void *payload;
};

/* Tells of each secret that is known, and from now on of each new one. */
void secret_mask_tell(struct secret_mask *m, secret_new_cb *on_new, void *payload);

void secret_mask_release(struct secret_mask *m); /* and wipes them from memory */

/* The text with placeholders: itself if it holds no secret, else in the arena. m NULL: the text itself. */
struct slice secret_hide(struct secret_mask *m, struct arena *a, struct slice text);
/* The text with the secrets back. ERR_NOT_FOUND names a placeholder whose secret this task does not know. */
NODISCARD bool secret_reveal(const struct secret_mask *m, struct arena *a, struct slice text,
			     struct slice *out, struct err *err);

#endif
