/* hunks_load.c - the hunks of a session, out of its log: see hunks.h. */
#include "agent/base/git_path.h"
#include "agent/change/follow.h"
#include "agent/change/hunks.h"
#include "agent/store/pending.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"

/* One session's log on its way into the set. All is in the arena and goes with it. */
struct loading {
	struct hunks *s;
	struct arena a;
	struct history h;
	struct followed *files;
	size_t n;
};

static struct followed *follow(struct loading *l, struct slice path)
{
	for (size_t i = 0; i < l->n; i++)
		if (slice_eq(l->files[i].path, path))
			return &l->files[i];
	l->files[l->n] = (struct followed){ .path = path, .hash = SLICE("") };
	return &l->files[l->n++];
}

/* All edits of the file are followed. Accepted hunks are dropped only now: they were named by ids, and ids
 * are given at the end of a task, so the whole task has to be known. */
static void put(struct loading *l, struct followed *f)
{
	hunks_seal(&f->list, f->path);
	for (size_t i = 0; i < l->h.n_accepted; i++) {
		struct hunk *h = hunk_list_find(&f->list, l->h.accepted[i]);

		if (h)
			h->dead = true;
	}
	hunk_list_sweep(&f->list);
	if (f->list.n && !f->damaged)
		hunks_put(l->s, l->h.workspace, f->path, &f->list, f->text);
	hunk_list_release(&f->list);
}

/* A log that cannot be read loses its mark, since a start that tries again each time would say the same.
 * Steps go on from the highest number that was used. */
static void load(struct loading *l, struct slice session, struct slice workspace)
{
	struct hunk_session *x = NULL;
	struct err err = { 0 };

	if (!history_read(&l->a, slice_of(l->s->state_dir), session, &l->h, &err)) {
		log_warn("pending changes: %s", err.msg);
		pending_mark(slice_of(l->s->state_dir), workspace, session, false);
		return;
	}
	x = hunks_session(l->s, session, l->h.workspace);
	l->files = arena_array(&l->a, l->h.n + 1, sizeof(*l->files));
	for (size_t i = 0; i < l->h.n; i++) {
		if (l->h.edits[i].step >= x->next_step)
			x->next_step = l->h.edits[i].step + 1;
		if (git_path_of(l->h.edits[i].path).kind != GIT_NONE)
			continue; /* a commit has no lines to accept or reject */
		if (follow_made(&l->a, slice_of(l->s->state_dir), &l->h, i, NULL))
			follow_edit(follow(l, l->h.edits[i].path), &l->a, slice_of(l->s->state_dir),
				    &l->h, x, &l->h.edits[i]);
	}
	for (size_t i = 0; i < l->n; i++)
		put(l, &l->files[i]);
}

void hunks_reload(struct hunks *s, struct slice session, struct slice workspace)
{
	struct loading l = { .s = s };

	arena_init(&l.a);
	session = arena_dup(&l.a, session); /* it may be that of a hunk_session */
	hunks_forget_session(s, session);
	load(&l, session, workspace);
	hunks_mark(s);
	arena_release(&l.a);
}

/* The ids are copied first: hunks_reload() may free the session that they are in. */
static void reload_some(struct hunks *s, const struct hunk_file *of)
{
	struct slice ids[LIMIT_HUNK_SESSIONS][2];
	struct arena a;
	size_t n = 0;

	arena_init(&a);
	LIST_EACH (it, tmp, &s->sessions) {
		struct hunk_session *x = container_of(it, struct hunk_session, link);
		bool in = !of;

		for (size_t i = 0; of && i < of->list.n; i++)
			in = in || of->list.items[i].session == x;
		if (!in || n == LIMIT_HUNK_SESSIONS)
			continue;
		ids[n][0] = arena_dup(&a, slice_of(x->id));
		ids[n++][1] = arena_dup(&a, slice_of(x->workspace));
	}
	for (size_t i = 0; i < n; i++)
		hunks_reload(s, ids[i][0], ids[i][1]);
	arena_release(&a);
}

void hunks_reload_all(struct hunks *s)
{
	reload_some(s, NULL);
}

void hunks_reload_file(struct hunks *s, struct slice path)
{
	struct hunk_file *f = hunks_file(s, path);

	if (f)
		reload_some(s, f);
}

void hunks_load(struct hunks *s, struct slice workspace)
{
	struct slice *ids;
	struct arena a;
	size_t n;

	if (map_get(&s->loaded, workspace))
		return;
	(void)map_put(&s->loaded, workspace, s);
	arena_init(&a);
	ids = arena_array(&a, LIMIT_HUNK_SESSIONS, sizeof(*ids));
	n = pending_sessions(slice_of(s->state_dir), workspace, &a, ids, LIMIT_HUNK_SESSIONS);
	for (size_t i = 0; i < n; i++)
		hunks_reload(s, ids[i], workspace);
	arena_release(&a);
}
