/* line.h - the line that a person types: any length, several rows, history; fed byte by byte.
 *
 * It draws nothing and reads nothing. Bytes come as a terminal in raw mode sends them; a key that comes in pieces is
 * kept until it is whole, so nobody waits for the rest of one. A paste (bracketed) is text, whatever stands in it.
 *
 * Not libedit: behind an escape it reads until the key is whole, and the loop stands; it knows no bracketed paste and
 * no text of several rows; and its state is global.
 */
#ifndef EMEND_CHAT_LINE_H
#define EMEND_CHAT_LINE_H

#include "agent/cli/chat/past.h"
#include "protocol/base/buf.h"

enum { LINE_KEY_BYTES = 16 };

enum line_event {
	LINE_MORE,
	LINE_SENT,	/* Enter */
	LINE_TAB,	/* completes, or sends for later: the owner knows */
	LINE_TAKE_BACK, /* Up, and there is no text */
	LINE_INTERRUPT, /* Ctrl-C */
	LINE_END,	/* Ctrl-D, and there is no text */
	LINE_SUSPEND,	/* Ctrl-Z */
	LINE_REDRAW,	/* Ctrl-L */
	LINE_EDITOR,	/* Ctrl-G */
	LINE_MODE,	/* Shift-Tab */
	LINE_REWIND,	/* Escape twice, and there is no text */
};

struct line {
	struct past *past; /* borrowed */
	struct buf text;
	size_t at; /* of the cursor, in bytes */
	char key[LINE_KEY_BYTES];
	size_t n_key;
	bool pasting;
	size_t shown; /* of the past; its size: the draft */
	struct buf draft, killed;
};

void line_init(struct line *l, struct past *past);
void line_release(struct line *l);
enum line_event line_byte(struct line *l, char c);
/* Instead of what stands there; the cursor is at its end. */
void line_set(struct line *l, struct slice text);
/* The word that ends at the cursor, and what it becomes. */
struct slice line_word(const struct line *l);
void line_replace_word(struct line *l, struct slice with);

#endif
