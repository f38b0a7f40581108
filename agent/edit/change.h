/* change.h - how an edit of a text is written down: what all of Emend exchanges about texts, from the tools
 * to the editor. Offsets are bytes of UTF-8; lsp/ turns them into the editor's positions. */
#ifndef EMEND_CHANGE_H
#define EMEND_CHANGE_H

#include "protocol/base/slice.h"

/* Replace bytes [start, end) of the base text by `text`. A list of changes is sorted by start, does
 * not overlap, and all offsets are those of the base text. */
struct text_change {
	size_t start, end; /* bytes, on code point boundaries if both texts are UTF-8 */
	struct slice text;
};

/* trim.c: takes off what the replaced bytes and the new text have in common at head and tail. Never cuts
 * inside a code point or between '\r' and '\n', where an editor has no position. */
void change_trim(struct slice base, struct text_change *c);

#endif
