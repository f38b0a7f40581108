/* past.h - what was sent in earlier chats, oldest first: the file `history` of the state folder (0600), one text a
 * line. Only what is sent as a message or command gets there; answers to questions never do. */
#ifndef EMEND_CHAT_PAST_H
#define EMEND_CHAT_PAST_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum { PAST_LINES = 1000, PAST_BYTES = 4 * 1024 * 1024 };

struct past {
	struct arena arena;
	struct slice file; /* NUL-terminated; "": nothing is kept on the disk */
	struct slice lines[PAST_LINES];
	size_t n;
};

/* A file that cannot be read is an empty one. */
void past_init(struct past *p, struct slice state_dir);
void past_release(struct past *p);
/* Remembers it, and appends it to the file; a repetition of the last one is passed over. */
void past_add(struct past *p, struct slice text);

#endif
