/* hunks.h - everything that tasks changed and the user has not judged yet, by file.
 *
 * The truth is in the logs: the edits with their pre- and post-images, what was accepted, rejected
 * and undone. From them the set is made when a task has ended, and again after a restart; from then
 * on each change of an open document moves it. Positions are those of the open document, or, of a
 * file that is not open, of `text`; before anything is done to such a file it is read again.
 *
 * No function here waits for anything but the state folder's own files. */
#ifndef EMEND_HUNKS_H
#define EMEND_HUNKS_H

#include "agent/base/runq.h"
#include "agent/base/snapshot.h"
#include "agent/change/hunk_track.h"
#include "protocol/base/map.h"

struct hunk_session { /* a session with hunks that wait */
	struct list link;
	char *id, *workspace;
	int64_t next_step; /* of its edits */
	bool marked;	   /* the store knows that it waits */
};

/* A file with hunks that wait. It goes, from report() in hunks.c, after the faces have heard that it has
 * none. */
struct hunk_file {
	struct list link;
	char *path, *workspace; /* absolute; the file lies below the workspace */
	struct slice relative;	/* of path */
	struct hunk_list list;
	bool open;
	struct snapshot *text; /* while it is not open: what the list refers to; NULL: no file */
	bool news;	       /* `changed` is still to be called */
};

/* What the owner gives. `owner` outlives the set. */
struct hunks_options {
	struct runq *runq;
	struct slice state_dir;
	/* The text of the open document at this path: gives a reference, or NULL. */
	struct snapshot *(*buffer)(void *owner, struct slice path);
	/* From the loop: hunks of the file came, went, or were touched. NULL: that was all for now. */
	void (*changed)(void *owner, struct hunk_file *f);
	void *owner;
};

/* One for all workspaces of a process. The owner embeds it and must not move it: its job is in the run
 * queue. */
struct hunks {
	struct hunks_options options;
	char *state_dir;
	struct map by_path; /* struct hunk_file */
	struct list files, sessions;
	struct map loaded; /* workspaces whose logs were looked at */
	size_t count;	   /* hunks, about: counted when they come */
	struct job job;
};

void hunks_init(struct hunks *s, const struct hunks_options *o);
void hunks_release(struct hunks *s);
void hunks_clear(struct hunks *s); /* forgets all, until they are loaded again */

/* Reads what waits in a workspace since before this process; the first time only. */
void hunks_load(struct hunks *s, struct slice workspace);
/* A task of this session has ended, or something in it was undone: reads its log anew. */
void hunks_reload(struct hunks *s, struct slice session, struct slice workspace);

/* Something was undone, nobody knows in which session: all of them. */
void hunks_reload_all(struct hunks *s);
/* The same for the sessions of a file whose text was not known for a while. */
void hunks_reload_file(struct hunks *s, struct slice path);

/* --- documents, by absolute path --- */
struct hunk_file *hunks_file(const struct hunks *s, struct slice path); /* NULL: it has none */
void hunks_opened(struct hunks *s, struct slice path); /* `buffer` finds it from now on */
void hunks_closing(struct hunks *s, struct slice path); /* `buffer` still finds it */
void hunks_typed(struct hunks *s, struct hunk_file *f, const struct text_change *c, size_t n,
		 const struct hunk_text *now);
/* The whole text is another; before: what the list refers to. */
void hunks_replaced(struct hunks *s, struct hunk_file *f, struct slice before, struct slice now);
/* What the file that is not open holds: ptr NULL: there is none. */
void hunks_read(struct hunks *s, struct hunk_file *f, struct slice now);

/* --- hunks --- */
struct hunk *hunks_find(const struct hunks *s, struct slice id, struct hunk_file **f);
/* Takes them off the set; they are judged. */
void hunks_remove(struct hunks *s, const struct slice *ids, size_t n);
/* Logs that the user keeps them, and removes them. What could be logged is removed even if another
 * could not. */
struct store;
NODISCARD bool hunks_accept(struct hunks *s, struct store *store, const struct slice *ids, size_t n,
			    struct err *err);

/* --- internal: hunks_load.c --- */
struct hunk_session *hunks_session(struct hunks *s, struct slice id, struct slice workspace);
/* Adds hunks to a file, for which `text` is the text that they refer to. */
void hunks_put(struct hunks *s, struct slice workspace, struct slice relative,
	       struct hunk_list *list, struct slice text);
void hunks_forget_session(struct hunks *s, struct slice session);
void hunks_mark(struct hunks *s); /* tells the store which sessions wait */

#endif
