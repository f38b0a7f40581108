/* journal.h - a tool's or a command's side of agent/change/change_log.h: the log, the task and the
 * steps are those of the run. All of them: false after env->fatal said why, and then nothing more may
 * be changed. */
#ifndef EMEND_TOOL_JOURNAL_H
#define EMEND_TOOL_JOURNAL_H

#include "agent/change/change_log.h"
#include "agent/tool/tool.h"

/* files: how many edits will follow, and if all are made then so is the change; 0: not known yet.
 * *id, in the run's arena, names the change. */
NODISCARD bool journal_begin(struct tool_run *r, size_t files, struct slice *id);

/* One file, as struct change_edit has it; the step is given by journal_edit(). */
struct journal_edit {
	struct slice path, id;
	const char *via;	    /* "file", "buffer", "command" */
	struct slice before, after; /* the bytes; ptr NULL: no file */
	bool stored;		    /* before and after are the hashes of blobs; "": no file */
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
NODISCARD bool journal_end(struct tool_run *r, struct slice id, const struct err *err);
static inline bool journal_untouched(const struct err *err)
{
	return change_untouched(err);
}

#endif
