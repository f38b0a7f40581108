/* asker.h - questions to the person at the terminal, one at a time, without stopping the loop.
 *
 * It reads the controlling terminal through a description of its own, so that the shell's stays as
 * it is. Where there is no terminal, every question is answered at once (from the loop) with an
 * error that says what to do. */
#ifndef EMEND_ASKER_H
#define EMEND_ASKER_H

#include "agent/cli/loop.h"
#include "agent/cli/term.h"
#include "agent/host.h"

struct asker {
	struct runq *runq;
	struct list queue; /* struct host_ask.link; the first is on the screen if `asking` */
	struct term
		*screen; /* where other output goes: ended with a fresh line before a question */
	FILE *tty;	 /* NULL: there is none */
	struct term out; /* on tty */
	uv_poll_t poll;
	uv_timer_t timer;
	int fd;
	bool asking;
	struct buf line;
};

/* json: stdout is for a program, so a question is put only if stdin is a terminal. */
void asker_init(struct asker *a, struct cli_loop *l, struct term *screen, bool json);
void asker_close(struct asker *a); /* no question may be open; before cli_loop_end() */
struct host_ask *asker_permission(struct asker *a, const struct permission_request *r,
				  permission_cb *done, void *payload);
struct host_ask *asker_question(struct asker *a, const struct question *q, question_cb *done,
				void *payload);
void asker_drop(struct asker *a, struct host_ask *ask);

#endif
