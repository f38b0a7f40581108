/* tasks.h - the tasks of this server: those that run, and the last ones that ended.
 *
 * A job is one task (or one undo) as the editor knows it: under its id, with its progress, its last
 * message and its cost. When it ends, the user gets one line. */
#ifndef EMEND_LSP_TASKS_H
#define EMEND_LSP_TASKS_H

#include "agent/peers/peer_host.h"
#include "agent/session/task.h"
#include "lsp/editor/progress.h"
#include "lsp/settings.h"
#include "protocol/base/list.h"

struct server;
struct guest_run;

enum { TASKS_KEPT = 32 /* ended ones that are remembered */, TASK_DIFF_BYTES = 4 * 1024 * 1024 };

struct tracked {
	struct list link;
	struct server *server;
	struct task *task; /* NULL: not started yet, ended, or an undo */
	bool running;
	char *id, *session, *title, *message, *workspace;
	char *held;	  /* of the command in hand: the first change that was not kept; NULL: none */
	size_t n_held;
	char *plan;	  /* JSON array; NULL: none */
	const char *kind; /* "do", "explain", ..., "undo" */
	char *status;	  /* "running", then task_event.status */
	struct usage usage;
	uint64_t started_ms, ended_ms; /* of the loop's clock */
	size_t written; /* bytes of text that the model has said since its last tool */
	struct shared_config *config;
	struct progress *progress;
	struct peer_host others; /* the buffers of other faces beside our own */
	struct buf unsent; /* text for our plugins that waits for the next 30 ms */
	struct guest_run *guest; /* guests.c: whoever waits for its end; NULL: nobody */
	bool quiet;		 /* of another agent, and it only looks: nobody is told of it */
	bool reported;	   /* its answer is on the screen as a document */
	struct buf diff; /* what it changed, unified; "full" when it is more than TASK_DIFF_BYTES */
};

struct tasks {
	struct list all; /* oldest first */
	size_t running, count;
	uint64_t undos; /* for their ids */
	uv_timer_t text_timer; /* runs while some task has unsent text */
};

void tasks_init(struct tasks *t, uv_loop_t *loop);
void tasks_close(struct tasks *t); /* its handle; the loop must run once more */
void tasks_release(struct tasks *t);

/* Starts a task with the present settings; host, config and callbacks of *spec are filled in
 * here. NULL with *err if it
 * cannot start: the message tells the user what to set. action: the title of the user's own, for
 * "" otherwise. */
struct tracked *tasks_start(struct server *s, struct task_spec *spec, struct slice action,
			    struct err *err);
/* The same for another agent, with spec->guest set; quiet: see above. Its end is told to guests_done(). */
struct tracked *tasks_guest(struct server *s, struct task_spec *spec, struct guest_run *g,
			    bool quiet, struct err *err);
struct tracked *tasks_undo(struct server *s, struct undo_spec *spec, struct err *err);
/* Takes hunks back. What is refused is told when it is over; what goes well shows itself. */
NODISCARD bool tasks_reject(struct server *s, const struct slice *ids, size_t n, struct err *err);
/* Shows its progress from now on; token: the client's own, may be missing. */
void tasks_show(struct tracked *t, struct json token);

struct tracked *tasks_find(struct tasks *t, struct slice id);
struct tracked *tasks_newest(struct tasks *t); /* NULL: there was none */
/* How many were told to end: the one with this id, or all for "". */
size_t tasks_cancel(struct tasks *t, struct slice id);
size_t tasks_cancel_token(struct tasks *t, struct json token);
void tasks_write(struct tasks *t, struct jw *w, uint64_t now_ms); /* into an array, oldest first */

/* What host.c is told by the core. */
void tracked_event(struct tracked *t, const struct task_event *ev);

#endif
