/* pager.h - what is longer than the screen goes through the person's pager, as git does it: $GIT_PAGER, $PAGER, else
 * less. It waits until the pager is left: for commands that have no loop. */
#ifndef EMEND_CLI_PAGER_H
#define EMEND_CLI_PAGER_H

#include "agent/cli/screen/term.h"

/* From here on what is printed is gathered in *b, if this is a terminal on which it could be paged. */
bool pager_begin(struct term *t, struct buf *b);
/* Prints it, as it is or with the pager. False: it was more than *b holds, and is lost; print it again. */
NODISCARD bool pager_end(struct term *t, struct buf *b);

#endif
