/* tool.h - one tool call of the model, from its arguments to its result.
 *
 * A tool is a row in the table of tools.c and one file. Its start() validates the input, begins the
 * work and returns; tool_finish() is called exactly once, inside start() or later. Whatever a run
 * waits for is kept in the run (read, write, ask, call), so that tool_abort() can drop it. */
#ifndef EMEND_TOOL_H
#define EMEND_TOOL_H

#include "agent/event.h"
#include "agent/exec/exec.h"
#include "agent/host.h"
#include "agent/model/model.h"
#include "agent/policy/policy.h"
#include "agent/store/event_log.h"
#include "agent/workspace/workspace.h"

struct config;
struct granted;
struct tool_run;
struct pending;
struct secret_mask;
struct finding;
struct background;
struct commit;
struct scratch;
struct step;
struct skill;

/* What may run beside what, and in which modes: the session looks at it before it starts a call. */
enum tool_class {
	TOOL_READ,  /* may run beside other reads */
	TOOL_WRITE, /* changes files: in order, alone */
	TOOL_EXEC,  /* runs commands: in order, alone */
	TOOL_META,  /* the plan, a question: in order, alone */
};

/* A row of the table in tools.c. */
struct tool {
	const char *name;
	enum tool_class class;
	void (*start)(struct tool_run *r);
	/* One line for people: what this call does ("Read src/a.c"). */
	struct slice (*describe)(struct json input, struct arena *a);
	enum lookup_kind needs; /* it exists only where the face can answer these */
	bool of_skills;		/* it exists only where the project has some */
};

/* What of a task decides which tools it has. */
struct tool_offer {
	const struct host *host;
	bool skills;
};

/* What the tools of one task work with. Owned by the task, and it outlives all runs. `granted`, `config` and
 * `secrets` are borrowed and outlive the task; `policy` is owned, as an answer of the user may replace it. */
struct tool_env {
	struct workspace workspace;
	struct policy *policy;	 /* changes when the user says "always" */
	struct granted *granted; /* and so does this: it outlives the task */
	struct event_log *log;
	const struct config *config;
	struct secret_mask *secrets; /* what the model does not get; NULL: it gets all */
	const struct skill *skills;  /* of the project, those that can be used */
	size_t n_skills;
	unsigned images;	     /* types (agent/model/image.h) that the model takes; 0: none */
	struct slice task_id;
	struct slice
		guest; /* the other agent that makes the calls (agent/model/guest.h); "": the task's own model */
	struct arena *arena; /* of the task: for what outlives a call */
	struct slice *files; /* relative paths changed so far, each once */
	size_t n_files, cap_files;
	struct map known_files; /* the same, to find them */
	struct tool_run *turn;	/* the calls of this turn, while they are made; NULL: none */
	size_t n_turn;
	int64_t next_step; /* numbers the edits of the task */
	bool unfinished;   /* a transaction has begun and is neither made nor rolled back */
	struct exec_options exec_options; /* loop NULL: no code can be run */
	struct exec *exec; /* execute_code.c makes it when it is first needed; the task frees it */
	struct background *background; /* background.c: commands that go on; NULL: none yet */
	struct slice *denied; /* subjects that were not permitted, each once: for the summary */
	size_t n_denied;
	struct slice *hidden; /* names of secrets that commands could not see: the user was told */
	size_t n_hidden;
	bool effects_allowed; /* the user said "always" to what commands change */
	bool ignored_allowed; /* ... and yes to new or changed files that git ignores */
	bool told_direct;     /* the user knows that commands have no sandbox */
	struct err unkept; /* nothing of what the last command changed could be kept: the task has
			      not done what it says */
	struct err fatal;  /* the log is broken: the task must end */
	/* A call names this path (relative; "": the workspace). NULL: nobody wants to know. */
	void (*touched)(struct tool_env *e, struct slice path);
};

/* One call. Embedded by the session, which releases it when the result is in the conversation. At most one
 * of op, ask, call and sync is set at a time, and the callback that ends the wait clears it first:
 * tool_abort() drops what is still set. */
struct tool_run {
	const struct tool *tool; /* NULL: unknown name */
	struct tool_env *env;
	struct arena arena; /* of this call */
	struct slice id;    /* the model's call id */
	struct slice name;
	struct slice input_text;
	struct json input; /* an object */

	/* what it waits for; NULL if not */
	struct workspace_op *op;
	struct host_ask *ask;
	struct runner_call *call;
	struct sync_wait *sync; /* of the log */
	void (*journaled)(struct tool_run *r, bool ok); /* journal.h: called after it */
	void *state;			     /* of the tool, in the arena */
	struct pending *pending;	     /* permit.c: the question that stands */
	struct finding *finding;	     /* unsaved.c: the buffers that are being compared */
	struct scratch *scratch;	     /* scratch.c: a file of the commands' own /tmp */
	struct commit *commit;		     /* commit.c: the changes of a command */
	void (*fresh)(struct tool_run *r);   /* tool_fresh(): called after it */
	void (*release)(struct tool_run *r); /* frees what state holds beside memory; may be NULL */

	/* step.c */
	struct step *step; /* the edits behind it that are asked about with it */
	bool trial;	   /* it ends where it would ask, and nobody is told of it */
	struct slice
		agreed; /* with an edit before: the diff that the user said yes to; ptr NULL: none */
	struct slice refused; /* what the model is told where the user said no; ptr NULL: not so */

	bool started, done, ok;
	bool progress; /* made again, this call tells something new: not a loop */
	struct slice result;  /* for the model */
	struct slice
		image; /* shown behind it: bytes of an image, in the run's arena; ptr NULL: none */
	struct slice summary; /* for people, one line */
	void (*on_done)(struct tool_run *r);
	void *payload;
};

/* Also by the names of other agents: names.h. */
const struct tool *tool_find(struct slice name);
struct tool_offer tool_offer_of(const struct tool_env *e);
/* "read_file, ... and ask_user": those of this task, in the order of the table */
struct slice tool_list(struct tool_offer o, struct arena *a);
bool tool_is_there(const struct tool *t, struct tool_offer o);
size_t tool_count(void); /* all there are; a model gets at most that many */
/* What a model of this name is offered in such a task, in the constant order of the table: it is
 * part of the cached prompt prefix. GPT models get apply_patch, all others edit_file. Returns the
 * number. */
size_t tool_schemas(struct slice model, struct tool_offer o, struct tool_schema *out);

void tool_start(
	struct tool_run *r); /* the caller has filled env, id, name, input_text, on_done, payload */
/* The call is answered with this error instead of being made. */
void tool_refuse(struct tool_run *r, const char *why);
void tool_abort(struct tool_run *r); /* drops whatever is under way; on_done is not called */
void tool_release(struct tool_run *r);

/* For the tools. The texts are copied into the run's arena; result is cut in the middle at
 * LIMIT_RESULT_BYTES. */
void tool_finish(struct tool_run *r, bool ok, struct slice result, struct slice summary);
void tool_fail(struct tool_run *r, const struct err *err); /* the message is the result */
void tool_failf(struct tool_run *r, const char *fmt, ...) PRINTF(2, 3);
/* What is open below the workspace is known as of now (host_ops.fresh) when go_on is called: at once
 * where it always is, else from the loop. */
void tool_fresh(struct tool_run *r, void (*go_on)(struct tool_run *r));
/* Head and tail of a text longer than max bytes, cut at line ends where there are some, and between them how much
 * is left out. */
struct slice tool_cut_middle(struct arena *a, struct slice s, size_t max);
void tool_emit(struct tool_run *r, struct task_event *ev); /* fills task and call */
/* permit.c: who asks, as it belongs to a question's note: before what the note says; "" where it is the model */
struct slice tool_asker(struct arena *a, struct slice guest);
/* for the summary of the task */
void tool_keep_denied(struct tool_env *e, struct slice subject);
void tool_hidden(struct tool_run *r, const struct slice *names, size_t n);

/* Arguments: false after tool_failf() named the argument and what is expected. Numbers as strings
 * are accepted. */
NODISCARD bool arg_str(struct tool_run *r, const char *key, bool required, struct slice *out);
NODISCARD bool arg_int(struct tool_run *r, const char *key, int64_t def, int64_t min, int64_t max,
		       int64_t *out);
NODISCARD bool arg_bool(struct tool_run *r, const char *key, bool *out);
/* A path argument: relative to the workspace; absent and not required: "". */
NODISCARD bool arg_path(struct tool_run *r, const char *key, bool required, struct slice *out);
/* The same for a tool that only reads; or a file of the commands' own /tmp, as it is: see scratch.h. */
NODISCARD bool arg_readable(struct tool_run *r, const char *key, bool required, struct slice *out);

/* Permission: asks the user if the decision says so. done(r, true) goes on; on false the run is
 * finished already. */
typedef void permit_cb(struct tool_run *r);
void permit(struct tool_run *r, const struct decision *d, const struct permission_request *q,
	    permit_cb *go_on);
/* The same for a part of the work: on a denial the run goes on, with denied(). */
void permit_else(struct tool_run *r, const struct decision *d, const struct permission_request *q,
		 permit_cb *go_on, permit_cb *denied);

/* The user has said no to this with something before: text is for the model. */
void permit_refused(struct tool_run *r, const struct decision *d, struct slice subject,
		    struct slice text);

/* What a command changed on its view, after it ran, becomes real only with the user's word. "Always" covers
 * the effects of all commands until the task ends. always: the rule that would have allowed the command, if there
 * is one. denied: why is for the model, whole sentences. */
typedef void permit_no_cb(struct tool_run *r, struct slice why);
void permit_effect(struct tool_run *r, struct slice always, const struct permission_request *q,
		   permit_cb *go_on, permit_no_cb *denied);

void env_file_changed(struct tool_env *e, struct slice path);

#endif
