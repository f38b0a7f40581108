/* undo.h - take back the steps of a task, newest first, or make them again, oldest first.
 *
 * The steps are grouped by path, once. Each path is read once, its steps are turned one after the
 * other in memory (step.h), and what comes out is written once. A step that conflicts with what
 * somebody else wrote stays and is named; the others of the file go back all the same where they do
 * not depend on it. Links, folders and permissions go back one by one, in their place between the
 * texts. Every step that went, or was refused, is an `undo` event in the log.
 *
 * An undo is all or nothing as a change of files is: that it was begun stands in the log before the
 * first file is changed, and after a crash the next start goes on with it (recover.h).
 *
 * Cost: linear in the steps and in the bytes of their files. */
#ifndef EMEND_CHANGE_UNDO_H
#define EMEND_CHANGE_UNDO_H

#include "agent/change/apply.h"
#include "agent/change/history.h"

/* Which steps. A face lists them with change_undo_wants() before it asks the user. */
struct change_undo_spec {
	const struct history *history; /* borrowed until done, as the task */
	struct slice task;	       /* or the history's session: all its tasks */
	int64_t only;		       /* a step of it, or -1: all of them */
	bool redo;
	const struct past_rewind *rewind; /* instead of task and only; copied; NULL: it is none */
	const struct change_preview *preview; /* copied; NULL: it is made */
};

/* Nothing is changed and nothing logged; the environment needs no log. What is refused is what stands in
 * the way now. Links, folders and permissions are taken to be as the task left them. */
struct change_preview {
	struct slice state_dir;
	/* What would come of each file of text: ptr NULL is no file. NULL: nobody wants to know. */
	void (*file)(void *payload, struct slice path, struct slice now, struct slice then);
	void *payload;
};

struct change_undo_result {
	struct slice report;	  /* lines for people; borrowed for the time of the call */
	size_t restored, refused; /* paths; one of which only some steps went back counts as both */
};
/* err: the log could not be written. */
typedef void change_undo_cb(void *payload, const struct change_undo_result *r,
			    const struct err *err);

/* Does the spec ask for this step? So that a face can list them first. */
bool change_undo_wants(const struct change_undo_spec *s, const struct past_edit *e);

struct change_undo;
/* The log in `e` is that of the history's session. Never calls back inside. */
struct change_undo *change_undo_start(const struct change_env *e, const struct change_undo_spec *s,
				      change_undo_cb *done, void *payload);
void change_undo_drop(struct change_undo *u); /* no callback; what was made stands. NULL is fine */

#endif
