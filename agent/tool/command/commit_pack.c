/* commit_pack.c - see commit_own.h: the images of many changes, for undo.
 *
 * Nobody reads the diffs of twenty thousand files. So after the first ones the contents do not come to
 * this process: the worker writes them into one file, which the store moves to the session. */
#include "agent/tool/command/commit_own.h"

/* Changes of one pack: its index is in memory here. */
enum { PACK_FILES = 20000 };

size_t commit_pack_size(struct tool_run *r)
{
	const struct commit *m = r->commit;
	size_t n = 0;

	if (m->phase != PHASE_ORDINARY || m->at < COMMIT_SHOWN_FILES || !m->packs ||
	    !runner_packs(r->env->workspace.runner))
		return 0;
	while (n < PACK_FILES && m->at + n < m->n_todo) {
		const struct view_change *c = &m->changes[m->which[m->at + n]];

		if (c->open >= 0 || c->files > 0 || commit_is_open(r, c->path))
			break; /* its text, or the list of a bundle, is needed here */
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
