/* task.h - one agent task: the machine between the model and its tools.
 *
 * A task is started by a face (the language server, the terminal, the service) with task_start()
 * and ends by itself, by task_cancel() or with the agent. In between the face hears of it by the
 * events of its host (agent/event.h) and is asked by its permission and question operations
 * (agent/host.h).
 *
 * All functions are for the thread of the loop. A struct task is valid from task_start() until the
 * end of its done(). */
#ifndef EMEND_TASK_H
#define EMEND_TASK_H

#include <uv.h>

#include "agent/config/config.h"
#include "agent/event.h"
#include "agent/host.h"

struct runq;
struct code_action;
struct store;
struct http;
struct ledger;
struct runner;
struct agent;
struct change_preview;
struct guest;
struct history;
struct task;

/* What all tasks of a process share. One per process; the faces own it. Opens nothing until a task
 * needs it. */
struct agent_options {
	uv_loop_t *loop;
	struct runq *runq;
	struct slice program;	/* absolute path of this binary */
	struct slice state_dir; /* absolute */
	bool no_sandbox;
};
/* The options are copied; loop and runq are borrowed and must live until `closed` was called. */
struct agent *agent_new(const struct agent_options *o);
struct store *agent_store(struct agent *a); /* what writes the state folder */
struct ledger *agent_ledger(struct agent *a); /* what was spent; used by ledger_post.h only */
/* Cancels and frees everything; handles close as the loop runs on. `closed` is called once all is
 * gone (may be NULL). */
void agent_close(struct agent *a, void (*closed)(void *payload), void *payload);

struct task_image {	    /* that the user shows */
	struct slice path;  /* absolute, resolved */
	struct slice bytes; /* of the file */
};

struct task_spec { /* borrowed for the time of task_start() */
	const struct code_action *action; /* NULL: `own`, or else the instruction is the task */
	const struct config_action *own;  /* an action of the user's settings; NULL: none */
	struct slice workspace;	  /* absolute, resolved */
	struct slice title;	  /* "" = made from kind and instruction */
	struct slice instruction; /* the user's words; without an action the task itself */
	const struct task_image *images; /* they go along, too */
	size_t n_images;
	struct slice given; /* what goes along with them, as the face words it; "" = nothing */
	struct slice path;	  /* of the code it is about: absolute; "" = none */
	struct slice language;	  /* LSP languageId; may be empty */
	size_t start, end;	  /* bytes of the file's text; start == end: the whole file */
	bool has_range;
	bool around;	    /* nothing is selected: the range is what stands around */
	size_t cursor_line; /* from 1; 0: not known */
	struct slice
		active; /* a file that the user has before him, without the task being about it: absolute */
	struct slice diagnostics;	    /* text lines "LINE: message" to be fixed or known */
	const struct config *config;	    /* borrowed until the task is done */
	bool plan;			    /* first a plan, then the mode of the configuration */
	struct slice session;		    /* resume this session; "" = a new one */
	bool fork; /* or begin a new one with its conversation; it stays as it is */
	const struct guest
		*guest; /* NULL; else no model works: the task is this one call of another agent */
	size_t calls_before; /* of this model in this conversation: a scripted one goes on behind them */
};
/* "do", "action" for the user's own, "mcp" for a guest's, or the name of the code action. */
const char *task_spec_name(const struct task_spec *s);
/* Are the kinds of work for which the settings name a model such names? ERR_USAGE. */
NODISCARD bool task_check_models(const struct config *c, struct arena *a, struct err *err);

/* result: r == NULL only if it never started. */
struct task_outcome {
	enum err_code code;   /* ERR_NONE: done */
	struct slice summary; /* the model's last words, or why it ended; one or more lines */
	struct usage usage;
	double seconds;
	const struct slice *files;
	size_t n_files;
	size_t n_denied; /* things that were not permitted on the way */
	size_t calls;	 /* of the model */
	enum mode mode;	 /* at the end: that of an accepted plan, where it began with "plan" */
};
typedef void task_done_cb(void *payload, struct task *t, const struct task_outcome *o);

/* Fails at once (and starts nothing) on what the user must mend first: no model, no key, bad
 * session. Otherwise `done` is called exactly once, from the loop; the task is freed when it
 * returns. */
NODISCARD bool task_start(struct agent *a, const struct task_spec *s, const struct host *h,
			  task_done_cb *done, void *payload, struct task **out, struct err *err);
void task_cancel(
	struct task *t); /* idempotent; every child is told at once; done(ERR_CANCELLED) follows */
/* What the person says while the task runs (copied): the model gets it with its next request, whole and in order.
 * A task that would end goes on for it. False: it is ending already, and nothing was taken. */
NODISCARD bool task_steer(struct task *t, struct slice text);
/* What waits, oldest first; false: there is no i-th. The texts are the task's. */
bool task_waits(const struct task *t, size_t i, struct slice *text);
/* Takes back the newest; false: nothing waits. */
NODISCARD bool task_unsteer(struct task *t, struct slice *text);
/* Ids and texts of the task itself: borrowed, valid until done() returns. */
struct slice task_id(const struct task *t);
struct slice task_session(const struct task *t);
struct slice task_title(const struct task *t);
struct slice task_workspace(const struct task *t);
/* How it ended, in a word: "done", "failed", ... (event.h). */
struct slice task_status(enum err_code code);

/* Undo the file edits of a task, newest first, or of one step. Works through the same host and
 * runner; only where the present content is what Emend left, else the file is refused and named.
 * `task` "" = the newest of the workspace. */
struct undo_spec {
	struct slice workspace, session, task;
	int64_t step; /* -1: all */
	bool redo;    /* the other way: make again what was undone, oldest first */
	/* Instead: back (or forward again) to this step of the session, which must be named, with its
	 * conversation (rewind.h). Nothing is done where a file of it is in the way. */
	bool rewinds;
	int64_t to;
	/* Only what it would be: change/undo.h; its state_dir is not looked at. Copied; NULL: it is done */
	const struct change_preview *preview;
	const struct config *config;
	/* NULL, or what was read of the session just now: it is believed if the log has not grown since. Borrowed
	 * until the undo has ended. */
	const struct history *known;
};
/* Called exactly once, from the loop. report: a line for each file, borrowed for the time of the
 * call. err: why it ended early (ERR_NOT_FOUND: there was nothing to do; ERR_STALE: a rewind
 * that a later change is in the way of; ERR_CANCELLED), else NULL. */
typedef void undo_done_cb(void *payload, struct slice report, size_t restored, size_t refused,
			  const struct err *err);
NODISCARD bool undo_start(struct agent *a, const struct undo_spec *s, const struct host *h,
			  undo_done_cb *done, void *payload, struct err *err);

#endif
