/* ask.h - what a face's unanswered question looks like to the core: something that can be
 * dropped. */
#ifndef EMEND_LSP_ASK_H
#define EMEND_LSP_ASK_H

struct host_ask {
	void (*drop)(struct host_ask *ask); /* frees it; its callback is never made */
};

#endif
