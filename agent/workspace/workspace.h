/* workspace.h - the workspace as the user sees it: an open buffer hides the file below it.
 *
 * Every reader and writer of the core goes through here: the buffer from the face (agent/host.h),
 * the file from the runner. The server itself never opens a workspace file. The view also keeps,
 * for each path, the text that the model saw last: the base of its next edit. */
#ifndef EMEND_WORKSPACE_WORKSPACE_H
#define EMEND_WORKSPACE_WORKSPACE_H

#include "agent/base/runq.h"
#include "agent/edit/encoding.h"
#include "agent/host.h"
#include "agent/policy/policy.h"
#include "protocol/base/map.h"

struct runner;
struct workspace_op; /* one read or write under way */

/* Owned by the task (struct tool_env) or by whoever changes files for the user (undo, recovery); not shared
 * between tasks, as what the model saw is the memory of one conversation. */
struct workspace {
	struct runq *runq; /* borrowed, as all here */
	struct host host;
	struct task *task;     /* passed on to the host */
	struct runner *runner; /* NULL until the runner is up: buffers only */
	struct slice root;     /* absolute */
	const struct policy
		*policy;   /* which files are not shown by what they hold; NULL: all are */
	bool undo;	   /* files go back to what they were, whatever their names */
	struct map seen;   /* relative path -> struct snapshot: what the model saw */
	struct map partly; /* relative path -> struct line_range, where that is not all of it */
};

void workspace_init(struct workspace *v, struct runq *q, const struct host *h, struct task *t,
		    struct slice root);
void workspace_release(struct workspace *v); /* no op may be under way */

/* What is under a path now. All slices and the snapshot live only for the time of the callback. */
struct workspace_text {
	bool exists;
	bool is_buffer;
	bool binary;		/* no text in an encoding that is known for sure: text is NULL */
	struct slice why;	/* binary: the reason, a sentence */
	struct snapshot *text;	/* UTF-8; borrowed: take a reference to keep it; NULL: no text */
	enum encoding encoding; /* of the file; of a buffer: UTF-8 */
	struct slice bytes;  /* borrowed: the file as it is, or the buffer's text; ptr NULL: none */
	uint64_t size;	     /* bytes */
	uint32_t mode;	     /* permission bits of the file; 0: a buffer, or no file */
	struct slice sha256; /* hex of the file's bytes; "" for a buffer or no file */
	uint32_t folders;    /* no file: so many folders above it are not there either */
};
/* The file is open, but its text is not known (host_ops.lost): *err says what to do. */
bool workspace_lost(struct workspace *v, struct slice path, struct err *err);
typedef void workspace_read_cb(void *payload, const struct workspace_text *t,
			       const struct err *err);
/* A missing file is no error: exists is false. `path` is relative (path.h). Never calls back
 * inside. */
struct workspace_op *workspace_read(struct workspace *v, struct slice path, workspace_read_cb *done,
				    void *payload);

/* A new content for a path that was read. The caller gives back what it read (base or sha256), and the write
 * is made only if that is still there: between the two the user types, and other programs write. */
struct workspace_write {
	struct slice path;
	struct snapshot *base; /* what stands there now, as read; NULL: nothing, or no text */
	bool is_buffer;
	struct slice sha256; /* of the file that was read; "" for none */
	struct slice after;  /* the whole new content, as bytes; ptr NULL: delete the file */
	uint32_t mode;	     /* of a file that is made; 0: 0644 and the umask */
	uint32_t folders; /* with a file that goes, so many above it go, as far as they are empty */
	bool lazy;	  /* of a file: not durable before runner_sync() */
	struct slice label; /* for the editor's undo list */
	bool judged;	    /* as in runner.h; undo may put back what stood there */
};
/* The bytes that a text becomes in a file of this encoding. ERR_INVALID, with the reason, if they
 * would not be read as the same text again. */
NODISCARD bool workspace_encode(struct arena *a, enum encoding e, struct slice text,
				struct slice *bytes, struct err *err);
typedef void workspace_write_cb(void *payload, const struct err *err);
/* ERR_STALE: what stands there is not the base any more (nothing was changed): read again. */
struct workspace_op *workspace_write(struct workspace *v, const struct workspace_write *w,
				     workspace_write_cb *done, void *payload);
void workspace_drop(struct workspace_op *op); /* forgets it: no callback. NULL is fine */

/* workspace_many.c: files of which it is known what they hold, in one request. One that an editor has open,
 * or that holds something else, stays as it is and is not `made`: the two above are for it. */
/* One file of a list; the answer is `made`. Slices live until the call has ended. */
struct workspace_put {
	struct slice path, sha256, after; /* as in workspace_write */
	uint32_t mode, folders;
	bool sweep; /* first, what killed writes left in its folder goes */
	bool made;  /* the answer */
};
/* err: nobody knows which of them were made. */
typedef void workspace_many_cb(void *payload, const struct err *err);
struct workspace_many;
/* `of` is borrowed until done, which is never called inside. Lazy, as workspace_write says. */
struct workspace_many *workspace_write_many(struct workspace *v, struct workspace_put *of, size_t n,
					    workspace_many_cb *done, void *payload);
void workspace_many_drop(struct workspace_many *m); /* no callback. NULL is fine */

/* The text that the model saw last; NULL if it never saw the file. Borrowed. */
struct snapshot *workspace_seen(const struct workspace *v, struct slice path);
void workspace_saw(struct workspace *v, struct slice path,
		   struct snapshot *text); /* takes a reference of its own; NULL forgets */
/* As above, of a read that showed the lines [from, to) of `total`, counted from 1. What was shown of the same
 * text before counts as well where the two meet. */
struct line_range {
	int64_t from, to;
};
void workspace_saw_lines(struct workspace *v, struct slice path, struct snapshot *text,
			 struct line_range shown, int64_t total);
/* The lines that it saw, where they are not all; false: it saw all, or nothing. */
bool workspace_saw_partly(const struct workspace *v, struct slice path, struct line_range *out);
/* It saw all, as it wrote it; or, with `edited`, only that the lines have other numbers now. */
void workspace_saw_change(struct workspace *v, struct slice path, bool edited);

#endif
