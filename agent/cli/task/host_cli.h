/* host_cli.h - the terminal as the face of a task: no open buffers of its own; questions on the terminal;
 * events as lines for people or as JSON. */
#ifndef EMEND_HOST_CLI_H
#define EMEND_HOST_CLI_H

#include "agent/cli/ask/asker.h"
#include "agent/cli/command.h"
#include "agent/cli/screen/markdown.h"
#include "agent/cli/task/live.h"
#include "agent/cli/task/notice.h"
#include "agent/event.h"
#include "agent/peers/peer_host.h"
#include "agent/session/task.h"

/* ROW_BYTES, ROW_NAMES: of one thing that is said; the rest is "..." */
enum { HOST_LABELS = 64, HOST_TAIL_BYTES = 4096, ROW_BYTES = 300, ROW_NAMES = 5 };

/* Which call a result belongs to, where several ran side by side. */
struct call_label {
	char call[64];
	char text[120];
};

/* One for each command, also for a chat of many tasks. It has handles on the loop (asker, live):
 * host_cli_close() must come before the loop ends. */
struct host_cli {
	struct cli *cli;
	struct host host; /* with the buffers of editors */
	struct peer_host others;
	struct asker asker;
	uint64_t waited_before; /* asker.waited_ms when the task began */
	struct live live;
	struct markdown markdown;	       /* the answer, on a terminal */
	struct call_label labels[HOST_LABELS]; /* a ring */
	unsigned next_label;
	char last_call[64];  /* whose line was printed last; "" */
	bool asked;	     /* a question stands between */
	struct buf tail;     /* the end of what the running command printed */
	size_t printed;	     /* line feeds in all of it */
	struct buf reads;    /* what was read and not printed yet */
	char read_verb[16];
	struct buf held; /* names of what was not kept of a command's changes */
	size_t n_held;
	struct buf hidden; /* names of secrets that commands could not see */
	size_t n_hidden;
	struct term *answer; /* what the model says */
	struct term *log;    /* everything else */
	bool json, quiet, verbose;
	bool chat; /* one of many turns: neither head nor commands that its user types elsewhere */
	uv_loop_t *loop;
	struct notice notice; /* its bell: whoever has the settings */
	bool stdout_gone;  /* nobody reads it any more */
	struct task *task; /* that runs now; NULL: none */
};

/* report: the answer itself is what is wanted on stdout, the rest goes to stderr. */
void host_cli_init(struct host_cli *h, struct cli *c, struct cli_loop *l, bool report);
void host_cli_close(struct host_cli *h); /* before cli_loop_end() */

void event_as_text(struct host_cli *h, const struct task_event *ev);
/* The answer and the log may be one stream or two: each begins on a line of its own. */
void begin_line(struct host_cli *h);
/* A sign for a person who looks elsewhere. */
void host_cli_notice(struct host_cli *h, const char *words);
void put_row(struct host_cli *h, enum term_style style, const char *prefix, struct slice text);
void put_task_end(struct host_cli *h, const struct task_event *ev); /* event_end.c */

#endif
