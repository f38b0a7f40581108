/* skim.h - what can be known of a message that is too long to be kept.
 *
 * Its bytes pass through in pieces of any size, and an outline stays: the same JSON text without
 * what is long or deep. A string of more than SKIM_STRING_BYTES becomes "", each array [], each
 * object below level SKIM_DEPTH {}; white space between tokens goes. So the id, the method and the
 * URI and version of the document of an LSP message are there, wherever they stand, and the outline
 * of valid JSON is valid JSON with the same members. Nothing is checked here: parse the outline.
 *
 * Memory is bounded by SKIM_OUTLINE_BYTES, time is linear. */
#ifndef EMEND_RPC_SKIM_H
#define EMEND_RPC_SKIM_H

#include "protocol/base/buf.h"

enum {
	SKIM_DEPTH = 3,			 /* {message {params {textDocument ...}}} */
	SKIM_STRING_BYTES = 16 * 1024,	 /* as JSON source: a URI of LIMIT_URI_BYTES fits */
	SKIM_OUTLINE_BYTES = 128 * 1024, /* more is no message that we know */
};

struct skim { /* private */
	struct buf out;
	size_t string;	/* where the string at hand begins in `out`, behind its quote */
	unsigned depth; /* open objects that are kept */
	size_t hidden;	/* open containers whose content is left out */
	bool in_string, escaped, cut, full;
};

void skim_init(struct skim *s);
void skim_release(struct skim *s);
void skim_feed(struct skim *s, struct slice piece);
/* Borrowed until the next call. Empty if it would be too long. */
struct slice skim_outline(const struct skim *s);

#endif
