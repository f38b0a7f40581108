/* host_cli.h - the terminal as the face of a task: no open buffers; questions on the terminal;
 * events as lines for people or as JSON. */
#ifndef EMEND_HOST_CLI_H
#define EMEND_HOST_CLI_H

#include "agent/cli/asker.h"
#include "agent/cli/command.h"
#include "agent/event.h"
#include "agent/session/task.h"

struct host_cli {
	struct cli *cli;
	struct host host;
	struct asker asker;
	struct term *answer; /* what the model says */
	struct term *log;    /* everything else */
	bool json, quiet, verbose;
	bool stdout_gone;  /* nobody reads it any more */
	bool diffs;	   /* file changes were printed */
	unsigned denied;   /* permissions */
	struct task *task; /* cancelled when stdout is gone; may be NULL */
};

/* report: the answer itself is what is wanted on stdout, the rest goes to stderr. */
void host_cli_init(struct host_cli *h, struct cli *c, struct cli_loop *l, bool report);
void host_cli_close(struct host_cli *h); /* before cli_loop_end() */

void event_as_json(struct host_cli *h, const struct task_event *ev);
void event_as_text(struct host_cli *h, const struct task_event *ev);

#endif
