/* journal.h - the log's side of a change of files, of a tool's or of a command's.
 *
 *   begin --> for each file: edit (both images, before it is touched) --> edited --> end
 *
 * From begin to end the session is marked as unfinished: a task that ends in between, and the next
 * start after a crash, roll back what was made (rollback.h). All of them: false after env->fatal
 * said why, and then nothing more may be changed. */
#ifndef EMEND_TOOL_JOURNAL_H
#define EMEND_TOOL_JOURNAL_H

#include "agent/tool/tool.h"
#include "agent/change/entry.h"

/* files: how many edits will follow, and if all are made then so is the change; 0: not known yet.
 * *id, in the run's arena, names the change. */
NODISCARD bool journal_begin(struct tool_run *r, size_t files, struct slice *id);

struct journal_edit {
	struct slice path, id;
	const char *via;	    /* "file", "buffer", "command" */
	struct slice before, after; /* the bytes; ptr NULL: no file */
	uint32_t mode;		    /* permission bits before; 0: none */
	uint32_t folders;	    /* that are made for it: see history.h */
	struct restore_entry entry; /* what it was beside text */
};
/* *step numbers it in the task. It is on the disk when journal_sync() is done. */
NODISCARD bool journal_edit(struct tool_run *r, const struct journal_edit *e, int64_t *step);
/* done, from the loop: all of it is on the disk, and the change may be made; or, ok false, env->fatal
 * says why not. It is not called if the run is aborted. */
typedef void journal_cb(struct tool_run *r, bool ok);
void journal_sync(struct tool_run *r, journal_cb *done);
/* err: it was not made. */
NODISCARD bool journal_edited(struct tool_run *r, int64_t step, const struct err *err);
/* Nobody waits for its end: until the store has it on the disk the mark stays, and a crash rolls back. */
NODISCARD bool journal_end(struct tool_run *r, struct slice id, const struct err *err);
/* A write that failed like this left the file as it was; after another it may have been made. */
bool journal_untouched(const struct err *err);

#endif
