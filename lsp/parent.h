/* parent.h - notices the death of the editor (processId), also where it left the pipes open. */
#ifndef EMEND_LSP_PARENT_H
#define EMEND_LSP_PARENT_H

#include <uv.h>

#include "protocol/base/base.h"

struct parent {
	uv_poll_t poll;
	int fd; /* pidfd; -1: not watching */
	bool opened;
	void (*died)(void *owner);
	void *owner;
};

void parent_init(struct parent *p, void (*died)(void *owner), void *owner);
/* A pid that cannot be watched (another pid namespace, an old kernel) is left alone: the end of
 * the input
 * remains as a sign. */
void parent_watch(struct parent *p, uv_loop_t *loop, int64_t pid);
void parent_close(struct parent *p); /* *p must live until the loop has run */

#endif
