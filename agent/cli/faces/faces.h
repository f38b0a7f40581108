/* faces.h - commands about tasks that run in other terminals and in editors: emend tasks, cancel, steer, attach. */
#ifndef EMEND_CLI_FACES_H
#define EMEND_CLI_FACES_H

#include "agent/cli/loop.h"
#include "agent/peers/remote.h"

struct faces {
	struct cli *cli;
	struct place place; /* the folder alone: no settings are read */
	struct cli_loop loop;
	struct remote *remote;
	const struct remote_task *task; /* the one that was named; NULL: none was wanted */
	int status;
	/* From the loop, when it is known what runs; it sees to it that faces_end() is called. */
	void (*known)(struct faces *f);
	void (*notified)(struct faces *f, struct slice method, struct json params, struct arena *a);
	void (*interrupted)(void *payload); /* Ctrl-C; NULL: it ends */
	void *payload;
	bool all; /* of all tasks, not one */
};

/* Finds the tasks of this folder, and with !all the one that the first word names. Returns the exit status. */
int faces_run(struct faces *f);
void faces_end(struct faces *f, const struct err *err); /* err NULL: all is well */
/* Begins a request about the task; NULL: its program has gone, and that was the end. */
struct jw *faces_ask(struct faces *f, const char *method);

#endif
