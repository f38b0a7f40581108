/* commit_batch.c - see commit_own.h: a batch of a command's changes becomes real.
 *
 *   IMAGES or PACK --> JOURNALING --> FILES --> BUFFER for each open document --> commit_batch_done()
 *
 * The size of a batch is what the worker sends of the images at once, so that memory stays bounded
 * while a command changes any number of files. A file that is open in the editor is changed there, and
 * merged with what the user typed meanwhile; the disk stays as it is. */
#include "agent/tool/command/commit_own.h"

#include "agent/edit/edit.h"
#include "agent/host.h"

/* A document is merged again so often while the user types into it. */
enum { MAX_TRIES = 5, BATCH_FILES = COMMIT_SHOWN_FILES };

static void next_buffer(struct tool_run *r);
static void to_buffer(struct tool_run *r);

/* Items and images are in the batch's arena and go with it. */
void commit_batch_forget(struct commit *m)
{
	snapshot_unref(m->mine);
	m->mine = NULL;
	blob_reader_release(&m->reader);
	arena_release(&m->arena);
	arena_init(&m->arena);
	m->items = NULL;
	m->n_items = m->item = 0;
	m->tries = 0;
}

/* --- files --- */

/* It was open when the command began, or it is now. */
static bool in_editor(const struct commit_item *it)
{
	return it->change->open >= 0 || it->opened;
}

static struct slice path_of(const struct commit *m, const struct commit_item *it)
{
	return it->opened ? it->change->path : m->shown[it->change->open].path;
}

static struct snapshot *buffer_of(struct tool_run *r, struct slice path)
{
	struct host *h = &r->env->workspace.host;

	return h->ops->buffer(h->self,
			      arena_printf(&r->commit->arena, "%.*s/%.*s",
					   SLICE_ARG(r->env->workspace.root), SLICE_ARG(path)));
}

bool commit_is_open(struct tool_run *r, struct slice path)
{
	struct snapshot *s = buffer_of(r, path);

	snapshot_unref(s);
	return s != NULL;
}

/* A file that was opened while the command ran is the editor's, too: what the command did to the file
 * is done to the buffer. One whose buffer is not known (two editors with different texts, one that does
 * not answer) is left alone: no buffer is no proof that it is closed. */
static void see_opened(struct tool_run *r)
{
	struct commit *m = r->commit;

	for (size_t i = 0; i < m->n_items; i++) {
		struct commit_item *it = &m->items[i];
		bool lost;

		if (in_editor(it))
			continue;
		lost = workspace_lost(&r->env->workspace, it->change->path, &it->why);
		it->opened = lost || (it->entry.kind == RESTORE_TEXT &&
				      commit_is_open(r, it->change->path));
		if (it->opened && !lost && it->packed)
			(void)err_set(&it->why, ERR_STALE,
				      "it was opened in an editor just now, and is left as it is; "
				      "run the command again");
	}
}

/* The item of a change that the worker speaks of; `from` is where to look first, as it answers in
 * the order in which it was asked. */
static struct commit_item *item_of(struct commit *m, int64_t index, size_t from)
{
	for (size_t k = 0; k < m->n_items; k++) {
		struct commit_item *it = &m->items[(from + k) % m->n_items];

		if (it->change->index == index)
			return it;
	}
	return NULL;
}

/* One file was made, or was not and stands as before. False: the log is broken. */
static bool file_settled(struct tool_run *r, const struct commit_item *it, const struct err *err)
{
	if (!commit_journal_result(r, it, err))
		return false;
	if (err)
		commit_not_kept(r, it->change, slice_of(err->msg));
	else
		commit_made(r, it, false);
	return true;
}

/* Notes what was not made; of what nobody can say whether it was, the first is returned. */
static const struct err *note_failures(struct commit *m, const struct view_item *of, size_t n)
{
	const struct err *hard = NULL;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		struct commit_item *it = item_of(m, of[i].index, at);

		if (!it || of[i].code == ERR_NONE)
			continue;
		at = (size_t)(it - m->items) + 1;
		(void)err_set(&it->failed, of[i].code, "%.*s", SLICE_ARG(of[i].why));
		if (!hard && !journal_untouched(&it->failed))
			hard = &it->failed;
	}
	return hard;
}

/* Each file is settled by itself. Only a failure of which nobody can say whether the file was written takes
 * all of them back. */
static void files_made(void *payload, const struct view_item *answers, size_t n,
		       const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;
	const struct err *hard = err ? err : note_failures(m, answers, n);

	r->call = NULL;
	for (size_t i = 0; !err && i < m->n_items; i++) {
		const struct commit_item *it = &m->items[i];
		bool failed = it->failed.code != ERR_NONE;

		if (in_editor(it) || (failed && !journal_untouched(&it->failed)))
			continue; /* of the latter the rollback looks what became of it */
		if (!file_settled(r, it, failed ? &it->failed : NULL)) {
			commit_give_up(r);
			return;
		}
	}
	if (hard)
		commit_roll_back(r, hard);
	else
		next_buffer(r);
}

/* The intent is on the disk: the worker may write. */
static void files_journaled(struct tool_run *r, bool ok)
{
	struct commit *m = r->commit;
	int64_t *indexes = arena_array(&m->arena, m->n_items + 1, sizeof(*indexes));
	size_t n = 0;

	if (!ok) {
		commit_give_up(r);
		return;
	}
	for (size_t i = 0; i < m->n_items; i++)
		if (!in_editor(&m->items[i]))
			indexes[n++] = m->items[i].change->index;
	commit_goto(m, COMMIT_FILES);
	r->call = runner_commit_many(r->env->workspace.runner, m->view, indexes, n, files_made, r);
}

/* What is open in an editor is left for next_buffer(); the rest goes to the worker in one request. */
void commit_journal_files(struct tool_run *r)
{
	struct commit *m = r->commit;
	size_t n = 0;

	see_opened(r);
	for (size_t i = 0; i < m->n_items; i++) {
		if (in_editor(&m->items[i]))
			continue;
		if (!commit_journal(r, &m->items[i], "command")) {
			commit_give_up(r);
			return;
		}
		n++;
	}
	if (n == 0) {
		next_buffer(r);
		return;
	}
	commit_goto(m, COMMIT_JOURNALING);
	journal_sync(r, files_journaled);
}

/* --- open documents --- */

/* The document in hand is done, one way or the other. */
static void next_item(struct tool_run *r)
{
	struct commit *m = r->commit;

	snapshot_unref(m->mine);
	m->mine = NULL;
	m->tries = 0;
	m->item++;
	next_buffer(r);
}

/* What the buffer shall hold, given what it holds now; false: *err says why not. */
static bool buffer_target(struct commit *m, const struct commit_item *it, struct slice *out,
			  struct err *err)
{
	struct slice base = it->opened ? it->was : snapshot_text(m->shown[it->change->open].text);
	struct slice mine = snapshot_text(m->mine), after = it->left;

	if (!after.ptr)
		return err_set(err, ERR_DENIED, "it is open in the editor, and stays");
	if (slice_find_byte(base, '\0', 0) != SIZE_MAX ||
	    slice_find_byte(mine, '\0', 0) != SIZE_MAX)
		return err_set(
			err, ERR_INVALID,
			"it is open in the editor and binary: it has a NUL, and is left as it is");
	if (!commit_is_text(after))
		return err_set(err, ERR_INVALID, "it is open in the editor, and would not be text");
	if (slice_find_byte(base, '\r', 0) == SIZE_MAX)
		after = text_with_eol(&m->arena, after, EOL_LF);
	if (slice_eq(base, mine)) {
		*out = after;
		return true;
	}
	if (edit_merge(&m->arena, base, mine, after, out, err))
		return true;
	return err_set(err, ERR_STALE,
		       "the user changed it meanwhile, in the same place; it is left as it is");
}

/* As with files: only a failure of which nobody can say whether it was made takes everything back. */
static void buffer_written(void *payload, const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;
	struct commit_item *it = &m->items[m->item];

	r->op = NULL;
	if (err && !journal_untouched(err)) {
		commit_roll_back(r, err);
	} else if (!commit_journal_result(r, it, err)) {
		commit_give_up(r);
	} else if (err && err->code == ERR_STALE && ++m->tries < MAX_TRIES) {
		to_buffer(r); /* the user typed meanwhile: merged with that */
	} else {
		if (err)
			commit_not_kept(r, it->change, slice_of(err->msg));
		else
			commit_made(r, it, true);
		next_item(r);
	}
}

static void buffer_journaled(struct tool_run *r, bool ok)
{
	struct commit *m = r->commit;
	struct commit_item *it = &m->items[m->item];

	if (!ok) {
		commit_give_up(r);
		return;
	}
	commit_goto(m, COMMIT_BUFFER);
	r->op = workspace_write(&r->env->workspace,
				&(struct workspace_write){ .path = path_of(m, it),
							   .base = m->mine,
							   .is_buffer = true,
							   .sha256 = SLICE(""),
							   .after = it->after,
							   .label = SLICE("Emend: a command") },
				buffer_written, r);
}

/* The file in hand was closed in the editor meanwhile: the worker refuses it if its text is another. */
static void one_file_made(void *payload, const struct view_item *answers, size_t n,
			  const struct err *err)
{
	struct tool_run *r = payload;
	struct err why = { .code = ERR_NONE };

	r->call = NULL;
	if (!err && n == 1 && answers[0].code != ERR_NONE)
		(void)err_set(&why, answers[0].code, "%.*s", SLICE_ARG(answers[0].why));
	if (err || (why.code != ERR_NONE && !journal_untouched(&why)))
		commit_roll_back(r, err ? err : &why);
	else if (!file_settled(r, &r->commit->items[r->commit->item],
			       why.code == ERR_NONE ? NULL : &why))
		commit_give_up(r);
	else
		next_item(r);
}

static void closed_journaled(struct tool_run *r, bool ok)
{
	struct commit *m = r->commit;

	if (!ok) {
		commit_give_up(r);
		return;
	}
	commit_goto(m, COMMIT_FILES);
	r->call = runner_commit_many(r->env->workspace.runner, m->view,
				     &m->items[m->item].change->index, 1, one_file_made, r);
}

static void journal_one(struct tool_run *r, const char *via, journal_cb *done)
{
	struct commit *m = r->commit;

	if (!commit_journal(r, &m->items[m->item], via)) {
		commit_give_up(r);
		return;
	}
	commit_goto(m, COMMIT_JOURNALING);
	journal_sync(r, done);
}

/* Its text is taken anew each time, and what the command did is merged into that. */
static void to_buffer(struct tool_run *r)
{
	struct commit *m = r->commit;
	struct commit_item *it = &m->items[m->item];
	struct slice wanted;
	struct err why = { .code = ERR_NONE };

	snapshot_unref(m->mine);
	m->mine = buffer_of(r, path_of(m, it));
	if (!m->mine && !workspace_lost(&r->env->workspace, path_of(m, it), &why)) {
		journal_one(r, "command", closed_journaled);
		return;
	}
	if (!m->mine || !buffer_target(m, it, &wanted, &why)) {
		commit_not_kept(r, it->change, slice_of(why.msg));
		next_item(r);
		return;
	}
	it->before = snapshot_text(m->mine);
	if (slice_eq(it->before, wanted)) {
		next_item(r);
		return;
	}
	it->after = wanted;
	journal_one(r, "buffer", buffer_journaled);
}

static void next_buffer(struct tool_run *r)
{
	struct commit *m = r->commit;

	for (; m->item < m->n_items; m->item++) {
		struct commit_item *it = &m->items[m->item];

		if (!in_editor(it))
			continue;
		if (it->why.code == ERR_NONE) {
			to_buffer(r);
			return;
		}
		commit_not_kept(r, it->change, slice_of(it->why.msg));
	}
	commit_batch_done(r);
}

/* --- images --- */

/* The worker answers for as many of the changes as fit into one message, and for at least one. */
static void got_images(void *payload, const struct view_item *answers, size_t n,
		       const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;

	r->call = NULL;
	if (err || n == 0) {
		struct err none = { .code = ERR_NONE };

		(void)err_set(&none, ERR_INTERNAL, "the worker sent no images");
		commit_roll_back(r, err ? err : &none);
		return;
	}
	m->items = arena_array(&m->arena, n + 1, sizeof(*m->items));
	for (; m->n_items < n && m->at + m->n_items < m->n_todo; m->n_items++) {
		const struct view_item *a = &answers[m->n_items];
		struct commit_item *it = &m->items[m->n_items];

		it->change = &m->changes[m->which[m->at + m->n_items]];
		if (a->code != ERR_NONE)
			(void)err_set(&it->why, a->code, "%.*s", SLICE_ARG(a->why));
		else
			commit_take_images(m, it, &a->image);
	}
	if (m->phase == PHASE_EFFECT || m->phase == PHASE_LOOK)
		commit_look(r);
	else
		tool_fresh(r, commit_journal_files);
}

void commit_batch(struct tool_run *r)
{
	struct commit *m = r->commit;
	size_t n = m->n_todo - m->at < BATCH_FILES ? m->n_todo - m->at : BATCH_FILES;
	size_t packed = commit_pack_size(r);

	if (packed > 0) {
		commit_pack(r, packed);
		return;
	}
	commit_goto(m, COMMIT_IMAGES);
	r->call = runner_images(r->env->workspace.runner, m->view, m->todo + m->at, n, 0,
				got_images, r);
}
