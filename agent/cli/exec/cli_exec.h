/* cli_exec.h - the execution service in a command of the terminal: with its history, and the thread that writes it. */
#ifndef EMEND_CLI_EXEC_H
#define EMEND_CLI_EXEC_H

#include "agent/cli/loop.h"
#include "agent/exec/exec.h"
#include "agent/exec/exec_cache.h"
#include "agent/exec/exec_history.h"
#include "agent/serve/metrics.h"

/* Embedded in the command's own structure. Everything but the first line and the two callbacks
 * is set by cli_exec_open() and given back by cli_exec_close(). */
struct cli_exec {
	size_t at_once, queue; /* set before it is opened; 0: as in struct exec_options */
	struct exec *exec;
	struct cli_loop *loop;
	struct store *store;
	struct ledger *ledger;
	struct exec_sqlite sqlite;
	struct exec_sqlite_cache cache;
	struct metrics metrics; /* of everything that it executes */
	/* Nothing is executed any more, and the store still takes what is written; may be NULL. */
	void (*ended)(void *owner);
	void *owner;
	bool closing;
};

/* Of this machine and these settings; borrows both. False: nothing is left open. */
NODISCARD bool cli_exec_open(struct cli_exec *x, struct cli_loop *l, const struct place *p,
			     struct err *err);
/* A command around it: its loop, from start() to the end of the loop. The owner embeds it, with `cli`, the place and the
 * three functions set; they get the owner. */
struct cli_exec_run {
	struct cli *cli;
	struct place place;
	struct cli_loop loop;
	struct cli_exec service;
	int status;	/* where nothing went wrong */
	struct err why; /* ERR_NONE: nothing did */
	bool (*start)(void *owner, struct err *err);
	void (*end)(void *owner); /* start() failed: closes what it opened, with cli_exec_close() */
	void (*interrupted)(void *owner);
};
/* The exit status. */
int cli_exec_run(struct cli_exec_run *r, void *owner);

/* Ends what runs; then, when the history is written, the loop. Twice is fine. Not opened: only the loop. */
void cli_exec_close(struct cli_exec *x, struct cli_loop *l);

#endif
