/* host.h - what the core asks of the face that it runs behind (language server, terminal, ...).
 *
 * The core never waits: each ask returns a handle, and `done` is called exactly once, later, from
 * the loop, never inside the ask. host->ops->drop(handle) forgets an ask: `done` is then never
 * called. Everything passed to an ask or an event is borrowed for the time of the call: a face that
 * needs it longer copies it. */
#ifndef EMEND_HOST_H
#define EMEND_HOST_H

#include "agent/base/snapshot.h"
#include "agent/edit/change.h"
#include "protocol/base/arena.h"
#include "protocol/base/err.h"
#include "protocol/lsp/position.h"

struct task;	   /* agent/session/task.h */
struct task_event; /* agent/event.h */
struct host_ask;   /* one unanswered question; opaque, made by the face */

enum permission {
	PERMISSION_ONCE,
	PERMISSION_ALWAYS, /* the rule holds until the program ends */
	PERMISSION_SAVED,  /* ... and in later runs in this workspace, too */
	PERMISSION_DENY
};

/* The face shows all of it, as it is: a yes must not be possible before the person could see every
 * line of the subject and of the diff. */
struct permission_request {
	struct slice title;   /* one line: what is asked, "Run a command" */
	struct slice subject; /* the command line (perhaps several lines), or the path */
	struct slice reason;  /* why the model wants it; untrusted; may be empty */
	struct slice note;    /* what Emend itself says about it, one sentence; may be empty */
	struct slice diff;    /* unified diff for an edit; may be empty */
	struct slice rule;    /* what "always allow" would add, for people; empty: not offered */
	bool can_save;	      /* PERMISSION_SAVED is offered, too */
	/* The subject is the model's last text, told as such a moment ago: a face that has shown all of it need
	 * not repeat it. */
	bool streamed;
};
/* A copy whose texts are the arena's. */
static inline struct permission_request permission_request_dup(struct arena *a,
							       const struct permission_request *r)
{
	return (struct permission_request){ .title = arena_dup(a, r->title),
					    .subject = arena_dup(a, r->subject),
					    .reason = arena_dup(a, r->reason),
					    .note = arena_dup(a, r->note),
					    .diff = arena_dup(a, r->diff),
					    .rule = arena_dup(a, r->rule),
					    .can_save = r->can_save,
					    .streamed = r->streamed };
}

struct permission_answer {
	enum permission choice;
	struct slice comment; /* with a denial: what the person tells the model; may be empty */
};
/* why: NULL unless there was no answer; it then says why not, without a full stop. */
typedef void permission_cb(void *payload, const struct permission_answer *answer,
			   const struct err *why);

struct question {
	struct slice text;
	const struct slice *options; /* may be none: free text where the face can take it */
	size_t n_options;
};
typedef void question_cb(void *payload, struct slice answer, const struct err *why);

struct buffer_edit {
	struct slice path;		   /* absolute */
	struct snapshot *base;		   /* the edit is made for exactly this text */
	const struct text_change *changes; /* of base; see change.h */
	size_t n_changes;
	struct slice after; /* the whole text that must result */
	struct slice label; /* shown in the editor's undo list */
};
/* err NULL: the buffer now holds `after`, seen in the editor's own change report. ERR_STALE: the
 * buffer is no longer `base`; nothing was changed. Others: the editor refused, or did not answer;
 * `now` is what the buffer holds as far as is known (borrowed; may be NULL: closed). */
typedef void edit_cb(void *payload, struct snapshot *now, const struct err *err);

typedef void fresh_cb(void *payload);

/* What the language servers of the editor know of the code. */
enum lookup_kind {
	LOOKUP_NONE, /* no question */
	LOOKUP_DIAGNOSTICS,
	LOOKUP_REFERENCES,
	LOOKUP_DEFINITION,
	LOOKUP_RENAME
};

struct lookup {
	enum lookup_kind kind;
	struct slice path; /* absolute; "" for the diagnostics of every file */
	/* Diagnostics: those of the text of now are waited for, LIMIT_DIAGNOSTICS_MS at most. */
	bool settle;
	/* The others: the symbol begins at this byte of this text, which stands in the file now. */
	struct slice text;
	size_t offset;
	struct slice new_name; /* of a rename */
};

struct lookup_item {
	struct slice path; /* absolute */
	struct range range;
	struct slice
		text; /* a diagnostic's message; of a rename, what comes in place of the range */
	struct slice source; /* who says so, "clangd"; may be empty */
	int severity;	     /* enum lsp_severity; of a diagnostic */
};

struct lookup_result {
	const struct lookup_item *items;
	size_t n;
	enum position_encoding encoding; /* of the ranges */
	bool checked; /* diagnostics: somebody looks at this file, or at some file for "" */
	bool current; /* diagnostics: all that are known to come for the text of now are here */
};
/* err: nobody could answer; its message is for the model. */
typedef void lookup_cb(void *payload, const struct lookup_result *result, const struct err *err);

struct host_ops {
	/* The open buffer of the file at this absolute path: gives a reference, or NULL if it is
	 * not open. */
	struct snapshot *(*buffer)(void *self, struct slice path);
	/* Calls fn for each open buffer whose path lies below root; text NULL: it is lost. */
	void (*each_buffer)(void *self, struct slice root,
			    void (*fn)(void *payload, struct slice path, struct snapshot *text),
			    void *payload);
	struct host_ask *(*edit)(void *self, struct task *t, const struct buffer_edit *e,
				 edit_cb *done, void *payload);
	struct host_ask *(*permission)(void *self, struct task *t,
				       const struct permission_request *r, permission_cb *done,
				       void *payload);
	struct host_ask *(*question)(void *self, struct task *t, const struct question *q,
				     question_cb *done, void *payload);
	void (*drop)(void *self, struct host_ask *ask);
	/* Something happened in the task. Called often; must be quick. */
	void (*event)(void *self, struct task *t, const struct task_event *ev);
	/* A Markdown report is ready as a file at this absolute path: show it. */
	void (*show)(void *self, struct task *t, struct slice path, struct slice title);
	/* The file at this absolute path is open, but what the editor shows is not known: neither the
	 * buffer nor the file may be read or changed. Then it says why, and what the user can do, as
	 * the end of a sentence (static); else NULL. The operation may be NULL: that never happens. */
	const char *(*lost)(void *self, struct slice path);
	/* Buffers may be held by other programs. Afterwards, what buffer, each_buffer and lost say of
	 * this absolute path (with `below`, of all in this folder) is what holds now: to be asked
	 * before files are read, shown or changed. NULL: it always is. */
	struct host_ask *(*fresh)(void *self, struct slice path, bool below, fresh_cb *done,
				  void *payload);
	/* Whether somebody behind this face can answer such a question: the same for as long as a
	 * task runs. Both operations may be NULL: nobody can. */
	bool (*knows)(void *self, enum lookup_kind kind);
	struct host_ask *(*lookup)(void *self, const struct lookup *q, lookup_cb *done,
				   void *payload);
	/* Is somebody there who could answer a question? NULL: yes. */
	bool (*attended)(void *self);
	/* Does it show a diff best that is of one file? Then edits are asked about one by one. NULL: no. */
	bool (*by_file)(void *self);
};

struct host {
	const struct host_ops *ops;
	void *self;
};

static inline bool host_knows(const struct host *h, enum lookup_kind kind)
{
	return h->ops->knows && h->ops->knows(h->self, kind);
}

static inline bool host_attended(const struct host *h)
{
	return !h->ops->attended || h->ops->attended(h->self);
}

static inline bool host_by_file(const struct host *h)
{
	return h->ops->by_file && h->ops->by_file(h->self);
}

#endif
