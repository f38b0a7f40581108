/* transaction_own.h - internal to the transaction: its state, shared by the files of the machine.
 *
 *   transaction.c       the machine: read, ask, write, roll back, finish; its log is journal.h
 *   transaction_plan.c  what shall stand in each file
 *   transaction_tell.c  the result, for the model and for people */
#ifndef EMEND_TOOL_TRANSACTION_OWN_H
#define EMEND_TOOL_TRANSACTION_OWN_H

#include "agent/edit/later.h"
#include "agent/change/rollback.h"
#include "agent/tool/transaction.h"

/* READING, ASKING, JOURNALING, WRITING and ROLLING_BACK wait for one answer each; DONE for nothing: the run
 * is finished. The picture is in transaction.h. */
enum transaction_state {
	TX_READING,
	TX_ASKING,
	TX_JOURNALING,
	TX_WRITING,
	TX_ROLLING_BACK,
	TX_DONE
};

/* One file of the change. Its slices are in the run's arena; `now` is a reference of its own, and what is
 * planned is planned for that text. */
struct change {
	const struct change_spec *spec;
	struct snapshot *now; /* what stands there; NULL: nothing */
	bool is_buffer, same; /* same: nothing to change */
	enum encoding encoding;
	uint32_t mode, folders; /* folders: above it, that are not there yet */
	struct slice sha256;  /* of the file that was read */
	struct slice planned; /* the text, before a move takes it away */
	struct slice after;   /* the text that shall stand there; ptr NULL: no file */
	struct slice known; /* what the model then takes it for; ptr NULL: it never saw all of it */
	struct slice before_bytes, after_bytes;
	struct slice notes, diff;
	int64_t step;
};

/* In the run's arena, as its state; release() in transaction.c lets go what is not memory of the arena. */
struct transaction {
	enum transaction_state state;
	struct change *changes;
	size_t n, at; /* at: the one that is being read or written */
	bool allowed;
	int tries;
	struct slice id, hint;
	struct err why; /* what failed */
	struct rollback *rollback;
};

/* A new file, or a whole new content, that begins with "#!". */
static inline bool change_is_script(const struct change *c)
{
	return !c->same && later_is_script(c->after) && (!c->now || c->spec->rule == CHANGE_SEEN);
}

/* What was read is in the changes: fills after, notes, diff, bytes. */
NODISCARD bool transaction_plan(struct tool_run *r, struct transaction *t, struct err *err);

void transaction_succeeded(struct tool_run *r, struct transaction *t);
void transaction_failed(struct tool_run *r, struct transaction *t, struct slice report);
struct slice transaction_subject(struct tool_run *r, const struct transaction *t);
struct slice transaction_title(struct tool_run *r, const struct transaction *t);
struct slice transaction_diff(struct tool_run *r, const struct transaction *t);

#endif
