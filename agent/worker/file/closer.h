/* closer.h - closes files that lost their last name, on another thread.
 *
 * The last close of a removed file gives its blocks back to the disk: of many small files that were replaced a
 * fifth of the time, for which nobody needs to wait. */
#ifndef EMEND_WORKER_CLOSER_H
#define EMEND_WORKER_CLOSER_H

struct closer;

/* NULL: there is one processor, or no thread is to be had; that is fine below. */
struct closer *closer_start(void);
/* Takes the descriptor. Where many wait it is closed at once. */
void closer_close(struct closer *c, int fd);
void closer_end(struct closer *c); /* all are closed then */

#endif
