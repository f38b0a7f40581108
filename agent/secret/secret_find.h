/* secret_find.h - keys, tokens and passwords in a text, by their shape.
 *
 * Files that hold secrets by their name are hidden as a whole (agent/policy); this is for what stands elsewhere: in a
 * source file, in the output of a command, in what the user pastes. Shapes are those that the issuers document (a
 * prefix, then so many characters of a set); beside them private keys in PEM (RFC 7468), passwords in URLs (RFC 3986,
 * 3.2.1), and long mixed values that a word such as "token" or "password" is given. */
#ifndef EMEND_SECRET_FIND_H
#define EMEND_SECRET_FIND_H

#include "protocol/base/slice.h"

struct secret_found {
	const char *kind;  /* "github-token" */
	size_t start, end; /* bytes of the text; it holds no blank, quote or backslash */
};

/* The first one that begins at `from` or later; linear in the text, whatever it is. *in_key: whether `from` lies inside
 * of a PEM private key; begins as false, and goes from call to call. */
bool secret_find(struct slice text, size_t from, bool *in_key, struct secret_found *out);

#endif
