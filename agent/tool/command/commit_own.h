/* commit_own.h - internal to the commit of a command's changes.
 *
 *   commit.c        the machine: which changes, in which order, and what a failure means
 *   commit_batch.c  one batch: images, log, files, and then the buffers of the editor
 *   commit_ask.c    the questions about the changes
 *   commit_pack.c   the images of a batch that nobody is shown, moved instead of read
 *   commit_log.c    what stands in the session's log
 *   commit_tell.c   what the model and the faces are told */
#ifndef EMEND_TOOL_COMMIT_OWN_H
#define EMEND_TOOL_COMMIT_OWN_H

#include "agent/change/entry.h"
#include "agent/change/rollback.h"
#include "agent/tool/command/commit.h"
#include "agent/tool/command/git_told.h"
#include "agent/tool/journal.h"

/* So many changes of a command are shown with their text; of the others only the names. */
enum { COMMIT_SHOWN_FILES = 200 };

/* What the machine waits for. ASKING: the user; ROLLING_BACK: rollback.h; FINISHING: the worker, for what is
 * not listed. */
enum commit_state {
	COMMIT_OBJECTS,	   /* git's new objects, before what refers to them */
	COMMIT_IMAGES,	   /* the worker's answer: what was there and what shall be */
	COMMIT_JOURNALING, /* the intent is on its way to the disk */
	COMMIT_FILES,	   /* the worker makes the files of the batch real */
	COMMIT_BUFFER,	   /* the editor changes one open document */
	COMMIT_ASKING,
	COMMIT_FINISHING,
	COMMIT_ROLLING_BACK,
	COMMIT_DONE
};

/* Which changes it goes through: each phase is one pass. */
enum commit_phase {
	PHASE_EFFECT,	 /* the diff of the ordinary changes, for the question about them */
	PHASE_ORDINARY,	 /* what the approval of the command, or of its effect, covers */
	PHASE_LOOK,	 /* the diff of what is protected, for the question */
	PHASE_PROTECTED, /* the same, after a yes */
};

/* One change of a batch. */
struct commit_item {
	const struct view_change *change;
	struct slice before, after; /* ptr NULL: no file, or not as bytes for the log */
	struct slice was;  /* what stood on the disk: `before` is of the buffer, if there is one */
	struct slice left; /* what the command left there: `after` before any merge */
	bool packed;	   /* before and after are hashes; "": no file */
	bool shown;	   /* and its diff is told all the same */
	bool images;	   /* undo covers it */
	uint32_t folders;  /* that are made for it */
	struct restore_entry entry; /* what it is beside text */
	bool opened;		    /* in an editor, since the command began */
	struct err why;		    /* of images that could not be had */
	struct err failed;	    /* of the change itself */
	int64_t step, mode_step;    /* in the log; mode_step: of its permissions, 0: they stay */
};

/* What is not kept, for the person: those of one repository with one reason are one. */
struct commit_held {
	struct slice path, why;
	size_t more;
};

/* The state of a commit, owned by the run (r->commit); commit_release() frees it and drops the view that it
 * still holds. */
struct commit {
	enum commit_state state;
	enum commit_phase phase;
	enum effect effect;
	int64_t view;
	bool packs; /* of the view */
	struct view_change *changes;
	size_t n;
	bool *made; /* of each change */
	struct slice command, reason, always;
	const struct shown_buffer *shown;
	commit_cb *done;
	struct buf report, diffs;
	size_t lines;
	struct git_told git;
	struct commit_held *held;
	size_t n_held, cap_held;
	struct slice asked;    /* paths of what is protected */
	struct git_told would; /* what git would have done, for the question */
	size_t unshown;	       /* files for whose diff there was no room */
	struct slice unlisted; /* for the question: how many files that nobody lists, and where */
	uint64_t ignored;      /* how many of those, and of new ones that git ignores */
	size_t n_seen;	       /* changes beside them */
	struct slice id;       /* of the change set in the log; "": nothing was touched yet */
	struct rollback *rollback;
	struct err why; /* of it */

	int64_t *todo; /* of the phase: indexes for the worker, in its order */
	size_t *which; /* the same, as places in `changes` */
	size_t n_todo, at;

	struct arena arena; /* of the batch */
	struct blob_reader reader;
	struct commit_item *items;
	size_t n_items;

	/* the open document in hand */
	size_t item;
	struct snapshot *mine; /* its text now */
	int tries;
};

/* commit.c */
void commit_goto(struct commit *m, enum commit_state next);
void commit_batch_done(struct tool_run *r); /* the next batch, or the next phase */
/* A change failed, and nobody can say that it was not made: all that were made are undone. */
void commit_roll_back(struct tool_run *r, const struct err *why);
/* The log is broken (env->fatal): the task must end, and nothing more is committed. */
void commit_give_up(struct tool_run *r);

/* commit_batch.c: asks for the images of the next changes of the phase, and makes them real, or, in
 * PHASE_LOOK, notes their diffs. Ends with one of the three above. */
void commit_batch(struct tool_run *r);
void commit_batch_forget(struct commit *m);
/* commit_batch.c: an editor has it open now. */
bool commit_is_open(struct tool_run *r, struct slice path);
/* commit_batch.c: the images of the batch are there, and its files are to be made. */
void commit_journal_files(struct tool_run *r);
/* commit_pack.c: so many of the next changes are worth a pack; 0: none. */
size_t commit_pack_size(struct tool_run *r);
void commit_pack(struct tool_run *r, size_t n);
/* Gives hashes and places of all images of m->items to the store. False: env->fatal is set. */
NODISCARD bool commit_adopt(struct tool_run *r, struct slice file,
			    const struct view_packed *packed);
/* Of an item that is shown, after journal_sync(); in the batch's arena. False: they are not to be had. */
bool commit_packed_texts(struct tool_run *r, const struct commit_item *it, struct slice *before,
			 struct slice *after);

enum { COMMIT_DIFF_BYTES = 4 * 1024 * 1024 };
/* Notes the diffs of a batch, in PHASE_EFFECT and PHASE_LOOK. */
void commit_look(struct tool_run *r);
void commit_ask_effect(struct tool_run *r, permit_cb *allowed, permit_no_cb *denied);
void commit_ask_protected(struct tool_run *r, permit_cb *allowed, permit_cb *denied);
/* Lines for the model: what would have been changed, where nothing may be. */
struct slice commit_dropped_text(struct tool_run *r, const struct view_result *v);

/* commit_log.c: keeps the images of a change; if they are not complete, undo will not cover it. */
void commit_take_images(struct commit *m, struct commit_item *it, const struct view_image *v);
/* The same of what lies in a pack. */
void commit_take_packed(struct commit *m, struct commit_item *it, const struct view_packed *v);
/* The intent, with both images where there are some. False: env->fatal is set. */
NODISCARD bool commit_journal(struct tool_run *r, struct commit_item *it, const char *via);
/* err: it was not made. */
NODISCARD bool commit_journal_result(struct tool_run *r, const struct commit_item *it,
				     const struct err *err);

/* commit_tell.c */
bool commit_is_text(struct slice s); /* of which a diff can be shown; no file is fine */
void commit_made(struct tool_run *r, const struct commit_item *it, bool in_buffer);
void commit_not_kept(struct tool_run *r, const struct view_change *c, struct slice why);
/* Tells the faces and the log that nothing that a command changed was kept; why: a whole sentence. False:
 * the log is broken (env->fatal). */
NODISCARD bool commit_tell_lost(struct tool_run *r, struct slice why);
/* All that was noted: *out is for the model; the faces and the log hear of git, and of what was not
 * kept. finished, err: the answer of runner_finish(). False: as above. */
NODISCARD bool commit_report(struct tool_run *r, struct slice finished, const struct err *err,
			     struct slice *out);
/* After a roll back: the faces are told. */
void commit_unmade(struct tool_run *r);

#endif
