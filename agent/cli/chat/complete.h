/* complete.h - what a word of a chat could become: the name of a command ("/un" -> "/undo"), or, behind an "@", that of
 * a file. Files that git tracks are found by the beginning of their path, or of their own name; where there is no
 * repository, the folder that is named is looked into. What is named is only named: nothing is opened. */
#ifndef EMEND_CHAT_COMPLETE_H
#define EMEND_CHAT_COMPLETE_H

#include "agent/cli/chat/line.h"
#include "protocol/base/arena.h"

struct completion {
	struct slice workspace; /* absolute, NUL-terminated */
	struct slice word;	/* what the word becomes; "": it stays */
	struct slice list;	/* the candidates, where there are several; one line */
};

/* Is the word, that ends at the cursor in this text, one of those? */
bool complete_can(struct slice text, struct slice word);
/* In the arena. */
void complete_word(struct completion *c, struct arena *a, struct slice text, struct slice word);
/* The word at the cursor becomes what it could become; several candidates are appended to the hint. */
void complete_line(struct line *l, struct slice workspace, struct buf *hint);

#endif
