/* transaction.c - the machine of transaction.h. Files are read one after the other, planned together, asked
 * about once, read again, journaled, and written one after the other. Why again after the question: it may
 * have been open for minutes, and the user may have typed. */
#include "agent/tool/transaction_own.h"

#include "agent/host.h"
#include "agent/tool/journal.h"
#include "agent/tool/step.h"
#include "protocol/base/log.h"

/* So often it begins again with the newest texts when the user types into a file that is just being written. */
enum { MAX_TRIES = 5 };

static void read_all(struct tool_run *r);
static void write_next(struct tool_run *r);

/* The only place that changes the state. */
static void tx_goto(struct transaction *t, enum transaction_state next)
{
	static const char *const name[] = { "READING", "ASKING",       "JOURNALING",
					    "WRITING", "ROLLING_BACK", "DONE" };

	log_debug("transaction of %zu, %.*s: %s -> %s", t->n, SLICE_ARG(t->changes[0].spec->path),
		  name[t->state], name[next]);
	t->state = next;
}

/* Called at the end of the run, and where it is aborted. A rollback under way is dropped: its transaction
 * stays marked, and the end of the task or the next start does it. */
static void release(struct tool_run *r)
{
	struct transaction *t = r->state;

	rollback_drop(t->rollback);
	t->rollback = NULL;
	for (size_t i = 0; i < t->n; i++) {
		snapshot_unref(t->changes[i].now);
		t->changes[i].now = NULL;
	}
}

/* Before anything was written, or when the log is broken and nothing can be put back here. */
static void fail(struct tool_run *r, const struct err *err)
{
	struct transaction *t = r->state;

	tx_goto(t, TX_DONE);
	t->why = *err;
	transaction_failed(r, t, SLICE(""));
}

/* The user typed: once more from the start. Anything else is told, with what could not be put back. */
static void rolled_back(void *payload, const struct rollback_result *b, const struct err *err)
{
	struct tool_run *r = payload;
	struct transaction *t = r->state;

	t->rollback = NULL;
	if (err) { /* it stays unfinished: the end of the task or the next start tries again */
		tx_goto(t, TX_DONE);
		transaction_failed(
			r, t, arena_printf(&r->arena, "The change is half made: %s\n", err->msg));
		return;
	}
	r->env->unfinished = false;
	if (t->why.code == ERR_STALE && b->left == 0 && ++t->tries < MAX_TRIES) {
		read_all(r);
		return;
	}
	tx_goto(t, TX_DONE);
	transaction_failed(r, t,
			   b->left > 0 ? arena_printf(&r->arena,
						      "The change was taken back, but:\n%.*s",
						      SLICE_ARG(b->report))
			   : t->why.code == ERR_TIMEOUT /* the editor may have made it */
				   ? SLICE("")
				   : SLICE("Nothing was changed.\n"));
}

/* One could not be made: the ones behind it are not tried, the ones before it are undone. */
static void roll_back(struct tool_run *r, const struct err *err)
{
	struct transaction *t = r->state;
	struct err skipped;

	t->why = *err;
	(void)err_set(&skipped, ERR_CANCELLED, "not tried");
	for (size_t i = t->at + 1; i < t->n; i++)
		if (!t->changes[i].same && !journal_edited(r, t->changes[i].step, &skipped)) {
			fail(r, &r->env->fatal);
			return;
		}
	tx_goto(t, TX_ROLLING_BACK);
	t->rollback = rollback_start(&r->env->workspace, r->env->log, rolled_back, r);
}

/* An error that leaves it open whether the file was written (no answer in time, an error of the disk) gets
 * no `edited` event: the rollback then looks at the file itself. */
static void written(void *payload, const struct err *err)
{
	struct tool_run *r = payload;
	struct transaction *t = r->state;
	struct change *c = &t->changes[t->at];

	r->op = NULL;
	if (err &&
	    !journal_untouched(err)) { /* it may have been made all the same: the rollback looks */
		roll_back(r, err);
	} else if (!journal_edited(r, c->step, err)) {
		fail(r, &r->env->fatal);
	} else if (err) {
		roll_back(r, err);
	} else {
		t->at++;
		write_next(r);
	}
}

/* Files that are already as they shall be are passed over. After the last one the log says that the whole is
 * made: from here on a crash takes nothing back. */
static void write_next(struct tool_run *r)
{
	struct transaction *t = r->state;
	struct change *c;

	while (t->at < t->n && t->changes[t->at].same)
		t->at++;
	if (t->at == t->n) {
		if (!journal_end(r, t->id, NULL)) {
			fail(r, &r->env->fatal);
			return;
		}
		tx_goto(t, TX_DONE);
		transaction_succeeded(r, t);
		return;
	}
	c = &t->changes[t->at];
	r->op = workspace_write(&r->env->workspace,
				&(struct workspace_write){ .path = c->spec->path,
							   .base = c->now,
							   .is_buffer = c->is_buffer,
							   .sha256 = c->sha256,
							   .after = c->after_bytes,
							   .mode = c->mode,
							   .label = SLICE("Emend"),
							   .judged = true },
				written, r);
}

/* All that will be written, in the log. */
static bool journal(struct tool_run *r)
{
	struct transaction *t = r->state;
	size_t files = 0;

	for (size_t i = 0; i < t->n; i++)
		files += !t->changes[i].same;
	if (!journal_begin(r, files, &t->id))
		return false;
	for (size_t i = 0; i < t->n; i++) {
		struct change *c = &t->changes[i];
		struct journal_edit e = { .path = c->spec->path,
					  .id = t->id,
					  .via = c->is_buffer ? "buffer" : "file",
					  .before = c->before_bytes,
					  .after = c->after_bytes,
					  .mode = c->mode,
					  .folders = c->folders };

		if (!c->same && !journal_edit(r, &e, &c->step))
			return false;
	}
	return true;
}

static void journaled(struct tool_run *r, bool ok)
{
	struct transaction *t = r->state;

	if (!ok) {
		fail(r, &r->env->fatal);
		return;
	}
	tx_goto(t, TX_WRITING);
	t->at = 0;
	write_next(r);
}

/* The log is on the disk before the first file is touched. */
static void begin(struct tool_run *r)
{
	if (!journal(r)) {
		fail(r, &r->env->fatal);
		return;
	}
	tx_goto(r->state, TX_JOURNALING);
	journal_sync(r, journaled);
}

/* Files are read again, and the plan is made again, before anything is written. */
static void allowed(struct tool_run *r)
{
	struct transaction *t = r->state;

	t->allowed = true;
	read_all(r); /* the user may have typed while the question stood */
}

/* One question for all; the strictest decision holds. */
static void ask(struct tool_run *r)
{
	struct transaction *t = r->state;
	struct decision d = { 0 }, one;

	for (size_t i = 0; i < t->n; i++) {
		bool script = change_is_script(&t->changes[i]);

		one = (struct decision){ 0 };
		policy_path(r->env->policy, script ? ACCESS_SCRIPT : ACCESS_WRITE,
			    t->changes[i].spec->path, &r->arena, &one);
		if (i == 0 || one.verdict > d.verdict || (script && one.verdict == d.verdict))
			d = one;
	}
	tx_goto(t, TX_ASKING);
	step_permit(r, &d,
		    &(struct permission_request){ .title = transaction_title(r, t),
						  .subject = transaction_subject(r, t),
						  .reason = SLICE(""),
						  .diff = transaction_diff(r, t),
						  .rule = d.always },
		    allowed);
}

/* All files were read: plan, then ask or write. */
/* Where nothing is to be changed nobody is asked and nothing is logged. */
static void plan(struct tool_run *r)
{
	struct transaction *t = r->state;
	struct err err = { 0 };
	bool same = true;

	if (!transaction_plan(r, t, &err)) {
		fail(r, &err);
		return;
	}
	for (size_t i = 0; i < t->n; i++)
		same = same && t->changes[i].same;
	if (same) {
		tx_goto(t, TX_DONE);
		transaction_succeeded(r, t);
	} else if (!t->allowed) {
		ask(r);
	} else {
		begin(r);
	}
}

static void was_read(void *payload, const struct workspace_text *v, const struct err *err);

/* One file after the other: the run keeps one operation. */
static void read_next(struct tool_run *r)
{
	struct transaction *t = r->state;

	if (t->at < t->n)
		r->op = workspace_read(&r->env->workspace, t->changes[t->at].spec->path, was_read,
				       r);
	else
		plan(r);
}

/* The text is kept as a snapshot, because it is needed until the file is written. */
static void was_read(void *payload, const struct workspace_text *v, const struct err *err)
{
	struct tool_run *r = payload;
	struct transaction *t = r->state;
	struct change *c = &t->changes[t->at];
	struct err why = { 0 };

	r->op = NULL;
	if (!err && v->binary)
		(void)err_set(&why, ERR_INVALID, "%.*s (%llu bytes) is left as it is. %.*s",
			      SLICE_ARG(c->spec->path), (unsigned long long)v->size,
			      SLICE_ARG(v->why));
	if (err || why.code != ERR_NONE) {
		fail(r, err ? err : &why);
		return;
	}
	snapshot_unref(c->now);
	c->now = v->text ? snapshot_ref(v->text) : NULL;
	c->is_buffer = v->is_buffer;
	c->encoding = v->encoding;
	c->mode = v->mode;
	c->folders = v->folders;
	c->sha256 = arena_dup(&r->arena, v->sha256);
	t->at++;
	read_next(r);
}

static void read_all(struct tool_run *r)
{
	struct transaction *t = r->state;

	tx_goto(t, TX_READING);
	t->at = 0;
	read_next(r);
}

/* An earlier change of this task stayed half made; only when it is put back may the next one begin, as the
 * log knows one unfinished transaction at a time. */
static void rolled_back_before(void *payload, const struct rollback_result *b,
			       const struct err *err)
{
	struct tool_run *r = payload;
	struct transaction *t = r->state;
	struct err why;

	(void)b;
	t->rollback = NULL;
	if (err) {
		why = *err;
		(void)err_wrap(&why, "An earlier change is half made, and nothing else is changed "
				     "until it is put back");
		fail(r, &why);
		return;
	}
	r->env->unfinished = false;
	read_all(r);
}

/* All paths are judged before the first is read, so that a refusal tells nothing of what is in the others. */
void transaction_start(struct tool_run *r, const struct change_spec *changes, size_t n)
{
	struct transaction *t = arena_alloc(&r->arena, sizeof(*t));
	struct err err = { 0 };

	t->changes = arena_array(&r->arena, n, sizeof(*t->changes));
	t->n = n;
	r->state = t;
	r->release = release;
	for (size_t i = 0; i < n; i++) {
		struct decision d = { 0 };

		t->changes[i].spec = &changes[i];
		policy_path(r->env->policy, ACCESS_READ, changes[i].path, &r->arena, &d);
		if (d.verdict != VERDICT_DENY)
			continue;
		tool_keep_denied(r->env, changes[i].path);
		if (err.code == ERR_NONE)
			(void)err_set(&err, ERR_DENIED, "%.*s is not accessible: %.*s",
				      SLICE_ARG(changes[i].path), SLICE_ARG(d.why));
	}
	if (err.code != ERR_NONE) {
		fail(r, &err);
	} else if (r->env->unfinished) { /* the one before could not be rolled back then */
		tx_goto(t, TX_ROLLING_BACK);
		t->rollback =
			rollback_start(&r->env->workspace, r->env->log, rolled_back_before, r);
	} else {
		read_all(r);
	}
}

void change_start(struct tool_run *r, struct slice path, enum change_rule rule,
		  change_plan_fn *planner, void *state)
{
	struct change_spec *one = arena_alloc(&r->arena, sizeof(*one));

	*one = (struct change_spec){ .path = path, .rule = rule, .plan = planner, .state = state };
	transaction_start(r, one, 1);
}
