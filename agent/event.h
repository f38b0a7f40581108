/* event.h - what a task tells its face while it runs. The terminal's --json lines and the language
 * server's progress are made from these. All slices are borrowed for the time of the call. */
#ifndef EMEND_EVENT_H
#define EMEND_EVENT_H

#include "protocol/base/slice.h"

enum task_event_kind {
	TASK_STARTED,		   /* task, session, model, mode */
	TASK_TEXT,		   /* text: a piece of what the model says, whole code points */
	TASK_TEXT_VOID,		   /* what was streamed of this turn is void: it is tried again */
	TASK_PLAN,		   /* json: array of {text, status} */
	TASK_TOOL_STARTED,	   /* call, tool, json: its input; text: one line for people */
	TASK_TOOL_FINISHED,	   /* call, tool, ok, text: one-line summary */
	TASK_OUTPUT,		   /* call, text: a piece of a running command's output */
	TASK_PERMISSION_REQUESTED, /* subject */
	TASK_PERMISSION_DECIDED, /* subject, decision: "allow" or "deny", rule; text: why, or "" */
	/* path (relative), before, after (SHA-256 hex, "" = no file), diff (unified). Or n_files new files
	 * in this folder, all at once; text: says so, in one line. */
	TASK_FILE_CHANGED,
	TASK_GIT_CHANGED, /* text: one line; json: array of the refs that moved */
	TASK_CHANGE_HELD, /* path (relative; "": all of a command's changes), text: why a change
				    of a command was not kept, the end of a sentence */
	TASK_HIDDEN,	  /* files: names of secrets that the call could not see, the first time */
	TASK_USAGE,	  /* usage: totals of the task */
	TASK_STEERED,	  /* text: what the person said meanwhile goes to the model now */
	TASK_NOTICE,	  /* text: a retry, a warning, one line */
	TASK_FINISHED,	  /* status, text: summary, usage, seconds, files */
};

struct usage {
	/* tokens: disjoint; the prompt is the first three. reasoning is a part of output. */
	uint64_t input, cache_read, cache_write, output, reasoning;
	double usd;    /* 0 if the price is unknown */
	bool unpriced; /* some call had no known price */
	bool estimated; /* some tokens are counted from bytes: the provider gave no believable ones */
};

struct task_event {
	enum task_event_kind kind;
	struct slice task, session, model, mode;
	struct slice text, json;
	struct slice call, tool;
	bool ok;
	struct slice subject, decision, rule;
	struct slice path, before, after, diff;
	struct usage usage;
	struct slice status; /* "done", "failed", "cancelled", "budget", "denied", "provider",
				"sandbox" */
	double seconds;
	const struct slice *files; /* relative paths changed by the task */
	size_t n_files;
	const struct slice *denied; /* of TASK_FINISHED: what was not permitted on the way */
	size_t n_denied;
};

#endif
