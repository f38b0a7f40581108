/* change_log.h - what the log hears of a set of changes: of a tool, a command or a rejection.
 *
 *   begin --> for each file: edit (both images, before it is touched) --> edited --> end
 *
 * From begin to end the session is marked as unfinished: a task that ends in between, and the next
 * start after a crash, roll back what was made (rollback.h). Nothing here waits: all is durable by the
 * next sync of the log. Each is false where the log is broken; nothing more may be changed then. */
#ifndef EMEND_CHANGE_LOG_H
#define EMEND_CHANGE_LOG_H

#include "agent/change/entry.h"
#include "agent/store/event_log.h"

struct change_log { /* one set; all is borrowed */
	struct event_log *log;
	struct slice workspace, task, call;
	struct slice id; /* names the set in the log */
};

/* files: how many edits will follow; if so many were made after a crash, the set is whole. 0: not
 * known yet, or not all of them need be made. */
NODISCARD bool change_log_begin(const struct change_log *c, size_t files, struct err *err);

/* One file of the set, before it is touched. Its images are put into the store here, unless they are there. */
struct change_edit {
	struct slice path;
	int64_t step;		    /* numbers it in the task */
	const char *via;	    /* "file", "buffer", "command" */
	struct slice before, after; /* the bytes; ptr NULL: no file */
	bool stored;		    /* before and after are the hashes of blobs; "": no file */
	uint32_t mode;		    /* permission bits before; 0: none */
	uint32_t folders;	    /* that are made for it: see history.h */
	struct restore_entry entry; /* what it was beside text */
	const struct slice *hunks;  /* that it takes back */
	size_t n_hunks;
};
NODISCARD bool change_log_edit(const struct change_log *c, const struct change_edit *e,
			       struct err *err);
/* failed: it was not made, or, where change_untouched() is false, nobody knows. NULL: it was. */
NODISCARD bool change_log_edited(const struct change_log *c, int64_t step, const struct err *failed,
				 struct err *err);
/* Nobody waits for its end: until the store has it on the disk the mark stays. */
NODISCARD bool change_log_end(const struct change_log *c, const struct err *failed,
			      struct err *err);

/* A write that failed like this left the file as it was; after another it may have been made. */
bool change_untouched(const struct err *err);

#endif
