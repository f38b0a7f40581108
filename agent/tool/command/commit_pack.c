/* commit_pack.c - see commit_own.h: the images of many changes, for undo.
 *
 * Nobody reads the diffs of twenty thousand files. So where there are more than are shown, the contents do
 * not come to this process as messages: the worker writes them into one file, which the store moves to the
 * session. The first ones, which are shown, are read from there. To ask for those by themselves was a batch
 * more, with its own two syncs: a third of what followed a command that changed two thousand files. */
#include "agent/tool/command/commit_own.h"

#include "protocol/base/limits.h"

/* Changes of one pack: its index is in memory here. */
enum { PACK_FILES = 20000 };

size_t commit_pack_size(struct tool_run *r)
{
	const struct commit *m = r->commit;
	size_t n = 0;

	if (m->phase != PHASE_ORDINARY || m->n_todo <= COMMIT_SHOWN_FILES || !m->packs ||
	    !runner_packs(r->env->workspace.runner))
		return 0;
	while (n < PACK_FILES && m->at + n < m->n_todo) {
		const struct view_change *c = &m->changes[m->which[m->at + n]];

		if (c->open >= 0 || c->files > 0 || c->git || commit_is_open(r, c->path))
			break; /* its text, the list of a bundle, or where a ref led, is needed here */
		n++;
	}
	return n;
}

static void add_place(struct blob_place *of, size_t *n, struct slice hash,
		      const struct view_place *at)
{
	struct blob_place *p = &of[*n];

	if (hash.len != 64)
		return;
	*p = (struct blob_place){ .at = at->at, .len = at->len };
	memcpy(p->hash.s, hash.ptr, 64);
	++*n;
}

/* What undo does not cover has none. */
bool commit_adopt(struct tool_run *r, struct slice file, const struct view_packed *packed)
{
	struct commit *m = r->commit;
	struct blob_place *of = arena_array(&m->arena, 2 * m->n_items + 1, sizeof(*of));
	size_t n = 0;

	for (size_t i = 0; i < m->n_items; i++) {
		if (!m->items[i].images)
			continue;
		add_place(of, &n, m->items[i].before, &packed[i].before);
		add_place(of, &n, m->items[i].after, &packed[i].after);
	}
	return n == 0 || blob_adopt(r->env->log, file, of, n, &r->env->fatal);
}

/* Its diff will be told: it is one of the first, and not too long for that. */
static bool is_shown(const struct commit *m, const struct view_packed *a)
{
	return m->at + m->n_items < COMMIT_SHOWN_FILES && a->before.len <= LIMIT_VIEW_DIFF_BYTES &&
	       a->after.len <= LIMIT_VIEW_DIFF_BYTES;
}

static bool text(struct tool_run *r, struct slice hash, struct slice *out)
{
	struct commit *m = r->commit;
	struct event_log *l = r->env->log;
	struct err ignored;

	*out = (struct slice){ NULL, 0 };
	return hash.len == 0 ||
	       blob_reader_get(&m->reader, event_log_state_dir(l), event_log_session(l), hash,
			       &m->arena, out, &ignored);
}

/* The intent was made durable with the pack, so that is where it shall be by now. */
bool commit_packed_texts(struct tool_run *r, const struct commit_item *it, struct slice *before,
			 struct slice *after)
{
	return it->shown && text(r, it->before, before) && text(r, it->after, after);
}

static void packed(void *payload, struct slice file, const struct view_packed *answers, size_t n,
		   const struct err *err)
{
	struct tool_run *r = payload;
	struct commit *m = r->commit;
	struct err none = { .code = ERR_NONE };

	r->call = NULL;
	if (!err && n == 0) {
		(void)err_set(&none, ERR_INTERNAL, "the worker kept no contents");
		err = &none;
	}
	if (err) {
		commit_roll_back(r, err);
		return;
	}
	m->items = arena_array(&m->arena, n + 1, sizeof(*m->items));
	for (; m->n_items < n && m->at + m->n_items < m->n_todo; m->n_items++) {
		struct commit_item *it = &m->items[m->n_items];
		const struct view_packed *a = &answers[m->n_items];

		it->change = &m->changes[m->which[m->at + m->n_items]];
		if (a->code != ERR_NONE)
			(void)err_set(&it->why, a->code, "%.*s", SLICE_ARG(a->why));
		else
			commit_take_packed(m, it, a);
		it->shown = it->images && it->entry.kind == RESTORE_TEXT && is_shown(m, a);
	}
	if (commit_adopt(r, file, answers))
		tool_fresh(r, commit_journal_files);
	else
		commit_give_up(r);
}

void commit_pack(struct tool_run *r, size_t n)
{
	struct commit *m = r->commit;

	commit_goto(m, COMMIT_IMAGES);
	r->call = runner_pack(r->env->workspace.runner, m->view, m->todo + m->at, n, packed, r);
}
