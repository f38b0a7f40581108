/* encoding.h - bytes of a file to UTF-8 and back, without loss or not at all.
 *
 * A byte order mark stays in the text as U+FEFF, so that it comes back. Inside, all text is UTF-8. */
#ifndef EMEND_ENCODING_H
#define EMEND_ENCODING_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum encoding {
	ENCODING_UTF8,	  /* with or without byte order mark */
	ENCODING_UTF16LE, /* only with byte order mark */
	ENCODING_UTF16BE,
	ENCODING_LATIN1, /* ISO 8859-1: not UTF-8, and plausibly western text */
};
const char *encoding_name(enum encoding e); /* "UTF-8", ... */

/* Detects the encoding and decodes. *text is borrowed from bytes for UTF-8, else it lives in the
 * arena. What decodes, encodes to the same bytes again. ERR_INVALID: binary, or an encoding that is
 * not known for sure; the message says why. */
NODISCARD bool encoding_decode(struct arena *a, struct slice bytes, enum encoding *found,
			       struct slice *text, struct err *err);

/* ERR_INVALID: the text has a character that the encoding lacks (named, with its line), or is not
 * UTF-8. */
NODISCARD bool encoding_encode(struct arena *a, enum encoding e, struct slice text,
			       struct slice *bytes, struct err *err);

#endif
