/* task_own.h - internal to agent/session: the task's state, shared by the files that make up its
 * machine.
 *
 *   start.c    what must be right before anything begins
 *   task.c     the machine's step, cancel, end
 *   end.c      how it ends, and who is told
 *   after.c    what follows on an answer
 *   load.c     what must be read before the first question: project config, instructions, the code
 *   folders.c  the instructions of folders that the task touches later
 *   choose.c   the model, and those that take its place when it fails
 *   turn.c     one call of the model: budget, request, answer into the transcript and the log
 *   compact.c  what the model gets of a conversation that has outgrown its window
 *   digest.c   what is said of the turns that were left out
 *   spend.c    the money of a call, and the question for more
 *   plan.c     the plan, and the person's word about it
 *   images.c   the images of the user and of results, in the log and out of it
 *   calls.c    the tool calls of one turn; repeats.h says whether they go round in circles
 *   steer.c    what the person says meanwhile
 *   prompt.c   the words
 *   report.c   the result of a task that only reports, as a file
 *   replay.c   the transcript out of the log of an earlier run
 *   fork.c     the log of another session as the beginning of a new one
 *
 * Texts and arrays that a task keeps are copied into its arena, which is released by task_free()
 * and not before: a slice in struct task is valid for as long as the task is. What has a life of
 * its own (a call of the model, an ask of the host, an operation on the workspace) stands as a
 * pointer that is NULL when nothing is under way; its callback sets it to NULL first of all, and
 * TASK_ENDING drops what is still there. */
#ifndef EMEND_TASK_OWN_H
#define EMEND_TASK_OWN_H

#include "agent/budget/budget.h"
#include "agent/config/config.h"
#include "agent/model/model.h"
#include "agent/secret/secret_mask.h"
#include "agent/session/agent.h"
#include "agent/session/repeats.h"
#include "agent/session/task.h"
#include "agent/store/event_log.h"
#include "agent/tool/tool.h"
#include "protocol/base/limits.h"

/* The picture of the machine is on top of task.c. The order counts: all states before
 * TASK_ENDING are those of a task that still works, and task_step() compares with that. */
enum task_state {
	/* reads what load.c lists; ends when all of it is there */
	TASK_LOADING,
	/* spend.c asks the person for more money, tokens or turns; nothing runs meanwhile */
	TASK_LIMIT,
	/* a call of the model is reserved in the ledger, or under way */
	TASK_ASKING,
	/* the calls of the last answer run, and the instructions of new folders are read */
	TASK_TOOLS,
	/* plan.c asks the person about the plan */
	TASK_PLANNED,
	/* children are told to stop; the model's call, the rollback and the timer must be gone */
	TASK_ENDING,
	/* the last event is written; ends when it is on the disk */
	TASK_LOGGING,
	/* done() is called, and the task is freed in the same step */
	TASK_ENDED
};

struct load_item;

struct task {
	enum task_state state; /* written by task_goto() only */
	struct list link;      /* of the agent's tasks */
	struct agent *agent;
	/* Grows for as long as the task runs: the conversation is in it, and nothing of that is
	 * given back before the end. What is made once for each call (schemas, views) is made to
	 * be reused. */
	struct arena arena;
	struct err why; /* ERR_NONE: nothing went wrong; the first reason wins */
	struct job step;
	uv_timer_t deadline; /* the time cap */
	bool timer_closed;
	uint64_t started_ms;

	char id[16];
	/* What was asked for (struct task_spec), copied: the face may free its own when
	 * task_start() returns. `instruction` is what the log and the model get, with secrets
	 * replaced. */
	const struct code_action *action; /* NULL: none */
	struct slice session, title, instruction, given, workspace;
	struct slice path, language, diagnostics; /* path: relative */
	struct task_image *images;		  /* of the user */
	size_t n_images;
	size_t range_start, range_end;
	bool has_range;
	bool around;	    /* the range was not selected: it is what stands around the cursor or a problem */
	size_t cursor_line; /* from 1; 0: not known */
	struct slice active; /* relative path of the file in front of the user; "": not known */
	struct config_action own; /* of the user's settings */
	bool has_own;
	bool has_guest; /* the model is another agent's one call: agent/model/guest.h */

	/* The configuration is the face's until load.c has read the project's, and the task's
	 * own copy from then on (config_own). base_config is borrowed from the face until done()
	 * returns. */
	struct config config; /* narrowed by the project's */
	const struct config *base_config;
	bool config_own;
	struct tool_env env;
	struct secret_mask secrets; /* what the model does not get */
	/* Counted, by agent_runner_get(): tasks of one workspace share the worker. */
	struct runner *runner;

	/* load.c */
	/* The files in the order in which they are taken, whatever the order in which they come:
	 * those before next_load are done with. */
	struct load_item *loads;
	size_t n_loads, next_load;
	struct runner_call *sandbox; /* asked whether it is up */
	bool loaded;		     /* all is read, and this is asked */
	struct recover *recover;   /* of what a crash left, before anything else is read */
	struct slice recovered;	   /* what came of it */
	struct rollback *rollback; /* of the change in which the task was cancelled */
	struct buf instructions;
	bool instructed;      /* the folder that is looked at has an AGENTS.md */
	struct slice git_head; /* text of .git/HEAD; "": not known */
	struct slice code; /* text of `path` */

	/* folders.c */
	struct map folders_known; /* relative path -> non-NULL: its instructions were looked for */
	struct folder *
		folders; /* that were touched in this turn; those before next_folder are asked for */
	size_t n_folders, next_folder;

	struct slice top, changed; /* what is seen at a glance; "": not known */
	struct runner_call *glance;
	int64_t more_skills; /* skills.c: than are listed */

	/* turn.c */
	/* Owned; choose.c closes it when another takes its place. No call may be under way then. */
	struct model *model;
	size_t next_fallback;  /* of the user's list: choose.c */
	struct err unanswered; /* why the model could not answer, where another one may */
	struct model_call *call;
	/* Handed to the next request and cleared with it. The call is planned and reserved again
	 * in between, for it costs money a second time. */
	struct model_again again; /* the call failed, was paid for, and is to be made once more */
	size_t calls; /* that were made */
	/* The whole conversation, append-only: compact.c makes a shorter view of it and never
	 * changes it. */
	struct transcript transcript;
	struct slice system;
	/* Made with the first request and kept: the list is part of the prompt that the provider
	 * caches. NULL again after a change of the model. */
	struct tool_schema *schemas;
	size_t n_schemas;
	enum stop_reason stop;
	bool cut_call;	   /* one more call was cut off at the output limit */
	bool streamed;	   /* something of this turn was shown */
	bool answered;	   /* the call under way has ended well */
	int cut_turns;	   /* in a row */
	bool asked_for_words; /* the last turn was empty, and the model was told so */
	struct slice said; /* the text of the last turn; "": it had none */

	struct compact { /* compact.c */
		struct transcript view;
		size_t cut, trim;  /* marks in the transcript */
		size_t blind;	   /* no image before it is sent; at least trim */
		size_t most;	   /* bytes of each result behind them; 0: all */
		size_t made;	   /* turns when the view was made; 0: there is none, all is sent */
		size_t seen;	   /* turns that the view holds */
		bool stale;	   /* it is to be made anew */
		uint64_t window;   /* tokens; 0: unknown */
		uint64_t noted;	   /* the window by which the digest in the view was made */
		double share;	   /* of the estimate, what a request really took */
		int overflows;	   /* answers "too long" in a row */
		struct slice told; /* what the person was told of the last time */
	} compact;
	bool anew; /* the call under way is made once more: it did not fit the window, or see `again` */

	/* spend.c */
	struct budget budget;
	struct budget_call next_call;
	struct budget_plan plan;	/* for it */
	/* While the ledger is asked, the task's own caps are reserved for the dearest of the
	 * sizes that it is asked for, so that another task of the session cannot take the same
	 * money. */
	struct ledger_asked *reserving; /* the ledger is asked */
	/* Must be settled after each call, also a failed one: what is never settled counts
	 * against the day at its worst case. */
	int64_t reservation;		/* of the ledger; 0: none */
	enum budget_cap near_cap;	/* the model is still to be told */
	struct host_ask *limit_ask;	/* the person is asked for more */
	struct slice limit_subject;
	bool look_back; /* the session has earlier tasks, and the ledger was not asked what they cost */
	bool day_over;	 /* the ledger has no room for the call: the person is to be asked */
	bool no_more;	 /* the person said no, or nobody was there */
	struct err over; /* set: this is the last call; why */

	/* plan.c */
	bool plan_first;		/* whatever the mode is */
	enum mode plan_then;		/* the mode after a yes */
	struct host_ask *plan_question; /* the person is asked */
	enum mode plan_mode;		/* the answer: MODE_PLAN is a no */
	struct slice plan_comment;	/* and why */

	struct steer_word *steered, **steered_end; /* steer.c: what waits for the next call */

	/* calls.c */
	/* Of the turn that is answered, in the arena; tool_release() gives back what each one
	 * holds. n_runs is 0 unless the calls of a turn are being made. */
	struct tool_run *runs;
	size_t n_runs;
	struct repeats repeats;

	struct task_outcome outcome; /* from TASK_LOGGING on */
	struct slice status;
	/* A face that hears of the end may read the log at once, so it must be on the disk
	 * before that. */
	struct sync_wait *sync; /* of the log, at the end */
	/* Called once, as the last thing before task_free(). The operations of the host are
	 * called until then; what `host.self` points to must live as long. */
	task_done_cb *done;
	void *payload;
	struct host host;
};

/* Runs from the loop's queue after each fact that was recorded. It may run without need (posts
 * are not counted), so it looks at the state and never assumes that something is new. */
void task_step(struct job *j);
void task_goto(struct task *t, enum task_state next); /* the only writer of t->state */
void task_free(struct task *t);
void task_post(struct task *t);			       /* one step from the loop */
void task_fail(struct task *t, const struct err *why); /* the first reason wins; posts */
void task_notice(struct task *t, struct slice text);
struct jw *task_log(struct task *t, const char *type); /* begins an event with the task's id */
bool task_log_end(struct task *t);		       /* a broken log fails the task */
void task_emit(struct task *t, struct task_event *ev);
bool task_reports(const struct task *t); /* its result is a report to show, not an edit */

/* Narrows the configuration by the project's (ptr NULL: none) and makes the policy from it. */
NODISCARD bool task_use_config(struct task *t, struct slice project_text, struct err *err);

void end_change(
	struct task *t); /* ENDING: takes back what was half done; t->rollback until it is */
/* What the ledger knows of the task, for `emend status`. */
void task_note(struct task *t, struct slice status);
void end_decide(
	struct task *t); /* LOGGING: outcome and last event; t->sync until that is on the disk */
void end_report(struct task *t); /* ENDED: the face hears of it; frees the task */

void task_first_turn(struct task *t); /* all is read */
void task_next_turn(struct task *t);  /* another call, or first the question whether it may cost more */
void task_after_turn(struct task *t); /* the model has answered */

/* Of work: "do", "explain", ...: what models and costs are told apart by. */
struct slice task_kind(const struct task *t);
/* The model that was asked for, opened. guest: instead of it; may be NULL. */
NODISCARD bool choose_model(struct task *t, const struct guest *guest, struct err *err);
/* After t->unanswered: the next of the user's list. false: there is none. No call may be running. */
bool choose_next(struct task *t);

/* The first state: starts all reads. load_abort() drops what is under way, and may be called in
 * any state. */
void load_start(struct task *t);
bool load_finished(const struct task *t);
void load_sandbox(
	struct task *
		t); /* has the runner try it: not needed before a command, and takes milliseconds */
void load_abort(struct task *t);

/* skills.c */
void skills_take(struct task *t, struct json glance);
void skills_tell(const struct task *t, struct buf *out); /* part of the first turn of a task */

/* folders.c */
void folders_know(struct task *t, struct slice folder); /* nothing more is told of it */
/* tool_env.touched */
void folders_touched(struct tool_env *env, struct slice path);
/* Is known what the calls of this turn touched? Else task_post() comes when it is. */
NODISCARD bool folders_read(struct task *t);
void folders_tell(struct task *t); /* the model gets it, as a turn of its own */
void folders_abort(struct task *t);

void turn_start(struct task *t);    /* fails the task if the budget forbids it */
void turn_reserved(struct task *t); /* the call may be made: spend.c */
void turn_abort(struct task *t);
void turn_user(struct task *t, struct slice text); /* appends a user turn, logged */
/* With an image's bytes, which image_probe() takes, behind it; ptr NULL: none. */
void turn_user_image(struct task *t, struct slice text, struct slice image);

struct model_request turn_request(struct task *t);

enum { COMPACT_TOKEN_BYTES = 3 };
/* How each note begins that stands in a user turn and is not the user's. */
#define COMPACT_NOTE "(A note of Emend, not of the user: "
struct slice compact_digest(struct task *t); /* digest.c: of the turns before compact.cut */
/* What a call is about, by the arguments that the tools of Emend have: the first line of it, at most max bytes
 * and "..."; "" = nothing names it. */
struct slice call_subject(struct arena *a, struct json input, size_t max);
void compact_init(struct task *t);
/* What goes to the model; borrowed until the transcript grows. */
const struct transcript *compact_view(struct task *t);
void compact_check(
	struct task *t); /* before a call: makes the conversation shorter if it is time */
/* After an answer "too long": false if nothing could be left out. */
bool compact_overflow(struct task *t);
struct slice compact_asked(struct task *t); /* the person wants it; returns what came of it */
void compact_learn(struct task *t, const struct usage *u); /* of a call that ended well */
void compact_replay(struct task *t, struct json ev);	   /* from the log of an earlier run */
/* Tokens of the window behind a prompt with this estimate. */
uint64_t compact_room(struct task *t, uint64_t prompt_tokens);

void spend_plan(struct task *t);
/* The budget has no room for a whole call, the cap is one that can be raised, and the person was
 * not asked yet or has not said no. */
bool spend_must_ask(const struct task *t);
void spend_ask(struct task *t); /* posts a step when there is an answer */
void spend_drop(struct task *t);
/* Then turn_reserved() or task_fail(), from the loop; sets t->over for the last call. */
NODISCARD bool spend_reserve(struct task *t, struct err *err);
struct slice spend_words(struct task *t); /* what the model is to be told of the budget; or "" */
void spend_settle(struct task *t, const struct usage *u);

bool plan_is_due(const struct task *t); /* the answer that has come is a plan */
void plan_ask(struct task *t);		/* posts a step when there is an answer */
void plan_answered(struct task *t);	/* goes on, or ends */
void plan_drop(struct task *t);

bool calls_start(struct task *t); /* false: the turn holds no call */
void calls_step(struct task *t);  /* starts what may start now */
bool calls_finished(const struct task *t);
void calls_collect(struct task *t); /* results into transcript and log */
/* What the model is told of a call that ran into its output limit. */
extern const char task_call_was_cut[];
void calls_abort(struct task *t);   /* drops what is under way; its results say "cancelled" */

#define STEER_WORDS "(The user says while you work:)\n" /* what they begin with in the transcript */
/* images.c: an image's bytes as a blob of the session; false: the log is broken, and the task has failed. */
NODISCARD bool images_keep(struct task *t, struct slice bytes, struct sha256_hex *blob);
void images_log(struct jw *w,
		const struct sha256_hex *blob); /* the members of the event beside its text */
/* What images_log() wrote; NULL: the event has none, or its blob is gone, which *text then says. */
const struct image *images_replay(struct task *t, struct slice state_dir, struct json ev,
				  struct slice *text);
size_t images_count(const struct task *t, size_t from, size_t to); /* in turns [from, to) */
/* The first turn from which on images can all be sent: compact.blind, unless there are too many. */
size_t images_keep_from(const struct task *t);
void images_drop(struct task *t, struct block *b); /* the block says so, if it had one */
/* Behind the user's first words, what they show. false: one may not be shown, and the task has failed. */
NODISCARD bool images_of_user(struct task *t);

/* Into the transcript, before the next call is planned; false: nothing waited. */
bool steer_take(struct task *t);

/* The policy of the mode that t->config has. */
NODISCARD bool task_open_policy(struct task *t, struct err *err);
const char *prompt_mode(struct task *t); /* what the mode means, for the model */
/* The texts of a task, in its arena: the system text, the first turn of the user, and the title
 * that lists and logs have. */
struct slice prompt_system(struct task *t);
struct slice prompt_user(struct task *t);
struct slice prompt_title(struct task *t);

/* Fills the transcript from the session's log; calls that were never answered get an error result.
 */
/* Into the new log: the conversation of the other session. */
NODISCARD bool fork_log(struct task *t, struct slice from, struct err *err);
NODISCARD bool replay_log(struct task *t, double *spent_usd, struct err *err);
/* The same for whoever wants to see the transcript at each call of the model: it is as the log gives it then, ev the
 * `request`. Of the task only arena, session, workspace, transcript and compact are used. */
typedef void replay_watch_fn(void *payload, struct task *t, struct json ev);
NODISCARD bool replay_watch(struct task *t, struct slice state_dir, replay_watch_fn *watch,
			    void *payload, double *spent_usd, struct err *err);
/* SHA-256 of what the model gets of the conversation: kinds, texts, ids, names, raw JSON, and whose turn it is. */
struct sha256_hex conversation_hash(const struct transcript *t);

#endif
