/* loop.h - the terminal's event loop: one for each command that needs one.
 *
 * Ctrl-C (SIGINT), SIGTERM and SIGHUP call `interrupted` once; the second ends the program at once
 * with status 5. */
#ifndef EMEND_CLI_LOOP_H
#define EMEND_CLI_LOOP_H

#include <uv.h>

#include "agent/base/runq.h"
#include "agent/cli/place.h"
#include "agent/peers/board.h"

enum { LOOP_SIGNALS = 3 };

/* On the stack of the command; its address must not change between init and run. */
struct cli_loop {
	uv_loop_t uv;
	struct runq runq;
	struct agent *agent; /* NULL: none was wanted */
	struct peers *peers; /* the editors that have files of ours open */
	struct board board;  /* our tasks, for them and for other terminals */
	struct face *face;   /* where they ask; NULL until there is a task */
	uv_signal_t signals[LOOP_SIGNALS];
	unsigned interrupts;
	int last_signal;
	bool ending;
	void (*interrupted)(void *payload);
	void (*breaks)(void *payload); /* before the end at once; may be NULL */
	void *payload;
};

/* with_agent: makes l->agent for this place. */
NODISCARD bool cli_loop_init(struct cli_loop *l, const struct cli *c, const struct place *p,
			     bool with_agent, struct err *err);
/* Ends the agent and every handle of ours; cli_loop_run() returns when all others are closed. */
void cli_loop_end(struct cli_loop *l);
/* As if the terminal had sent this signal: for who reads its keys raw. */
void cli_loop_interrupt(struct cli_loop *l, int number);
void cli_loop_run(struct cli_loop *l); /* until all is closed; the loop is gone then */

#endif
