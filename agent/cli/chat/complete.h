/* complete.h - what a word of a chat could become: the name of a command ("/un" -> "/undo"), or, behind an "@", that of
 * a file. Files that git tracks are found by the beginning of their path, or of their own name; where there is no
 * repository, the folder that is named is looked into. What is named is only named: nothing is opened. */
#ifndef EMEND_CHAT_COMPLETE_H
#define EMEND_CHAT_COMPLETE_H

#include "agent/cli/chat/line.h"
#include "protocol/base/arena.h"

/* Is the word, that ends at the cursor in this text, one of those? */
bool complete_can(struct slice text, struct slice word);
/* The word at the cursor becomes what it could become; several candidates are appended to the hint.
 * The workspace is absolute and NUL-terminated. */
void complete_line(struct line *l, struct slice workspace, struct buf *hint);

#endif
