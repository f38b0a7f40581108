/* undo.c - see undo.h: the planner. What it plans is made by apply.h.
 *
 *   groups:  b.c <- steps 7, 3     a.c <- steps 6, 5 (permissions), 2, 1
 *   runs:    [7 3]                 [6] [5] [2 1]
 *
 * A run is what is read and written at once: steps of text that follow each other, or one step that
 * is something else. */
#include "agent/change/undo.h"

#include <stdlib.h>

#include "agent/change/follow.h"
#include "agent/change/step.h"
#include "agent/change/undo_git.h"
#include "protocol/base/limits.h"
#include "protocol/base/map.h"
#include "protocol/base/mem.h"

struct turn { /* of one wanted step */
	const struct past_edit *edit;
	size_t next;	/* turn of the same path, or SIZE_MAX */
	bool went;	/* the step is out of the text (or in it again) */
	bool left_out;	/* it never was made: nothing to say about it */
	struct err why; /* neither: the reason */
};

struct group {
	size_t head, tail; /* turns */
};

struct change_undo {
	struct change_env env;
	struct change_undo_spec spec;
	struct arena arena; /* of the plan */
	struct turn *turns;
	struct group *groups;
	size_t n_groups, group; /* group: so many were begun */
	size_t first, end;	/* turns of the run in hand: from first up to, not with, end */
	size_t next;		/* the turn after it; SIZE_MAX: the group is done */
	bool checking;		/* first pass: only what decides for a git repository */
	struct undo_git git;
	bool begun, marked;	/* it stands in the log; the session was marked before */
	bool lost;		/* the worker ended: the next start goes on with it */
	struct slice swept;	/* the folder that was swept last */
	struct sync_wait *sync; /* of the log, before the first file is changed */
	struct apply *apply;
	struct buf report;
	struct change_undo_result out;
	struct err why; /* of the log */
	change_undo_cb *done;
	void *payload;
};

bool change_undo_wants(const struct change_undo_spec *s, const struct past_edit *e)
{
	return (slice_eq(e->task, s->task) || slice_eq(s->history->session, s->task)) &&
	       e->undone == s->redo && !e->failed && (s->only < 0 || e->step == s->only);
}

/* --- the log's side of the whole --- */

static struct slice state_dir(const struct change_undo *u)
{
	return event_log_state_dir(u->env.log);
}

static bool log_begin(struct change_undo *u)
{
	struct event_log *log = u->env.log;
	struct jw *w;

	u->marked = event_log_marked(log, u->env.workspace->root);
	event_log_mark(log, u->env.workspace->root);
	u->begun = true;
	w = event_log_begin(log, "undoing");
	jw_kstr(w, "task", u->spec.task);
	jw_ki64(w, "only", u->spec.only);
	jw_kbool(w, "redo", u->spec.redo);
	return event_log_end(log, &u->why);
}

static bool log_undone(struct change_undo *u, bool ok, struct err *err)
{
	struct jw *w = event_log_begin(u->env.log, "undone");

	jw_kstr(w, "task", u->spec.task);
	jw_kbool(w, "ok", ok);
	return event_log_end(u->env.log, err);
}

static void log_over(struct change_undo *u)
{
	u->begun = false;
	if (!u->marked)
		event_log_unmark(u->env.log, u->env.workspace->root);
}

/* --- grouping --- */

/* Steps come oldest first, and with them the groups: what was made last by its first step goes first,
 * so a folder goes after all that lies in it. */
static void add_turn(struct change_undo *u, struct map *by_path, size_t n,
		     const struct past_edit *e)
{
	struct group *g = map_get(by_path, e->path);

	u->turns[n] = (struct turn){ .edit = e, .next = SIZE_MAX };
	if (!g) {
		g = &u->groups[u->n_groups++];
		*g = (struct group){ n, n };
		(void)map_put(by_path, e->path, g);
	} else if (u->spec.redo) {
		u->turns[g->tail].next = n;
		g->tail = n;
	} else {
		u->turns[n].next = g->head;
		g->head = n;
	}
}

static void group_by_path(struct change_undo *u)
{
	const struct history *h = u->spec.history;
	struct map by_path;
	size_t n = 0;

	map_init(&by_path, 0);
	u->turns = arena_array(&u->arena, h->n + 1, sizeof(*u->turns));
	u->groups = arena_array(&u->arena, h->n + 1, sizeof(*u->groups));
	for (size_t i = 0; i < h->n; i++)
		if (change_undo_wants(&u->spec, &h->edits[i]))
			add_turn(u, &by_path, n++, &h->edits[i]);
	map_release(&by_path);
	u->next = SIZE_MAX;
}

static bool is_text(const struct turn *t)
{
	return t->edit->entry.kind == RESTORE_TEXT;
}

/* False: that was the last one. */
static bool next_run(struct change_undo *u)
{
	if (u->next == SIZE_MAX && u->group < u->n_groups) {
		u->next = u->groups[u->spec.redo ? u->group : u->n_groups - 1 - u->group].head;
		u->group++;
	}
	if (u->next == SIZE_MAX)
		return false;
	u->first = u->next;
	u->end = u->turns[u->first].next;
	while (is_text(&u->turns[u->first]) && u->end != SIZE_MAX && is_text(&u->turns[u->end]))
		u->end = u->turns[u->end].next;
	u->next = u->end;
	return true;
}

/* --- the plan of a path --- */

static bool image(struct change_undo *u, struct arena *a, struct slice hash, struct slice *out,
		  struct err *err)
{
	*out = (struct slice){ NULL, 0 };
	if (hash.len == 0)
		return true;
	if (blob_get(state_dir(u), u->spec.history->session, hash, a, out, err)) {
		if (!out->ptr)
			*out = SLICE(""); /* empty, not missing */
		return true;
	}
	if (err->code == ERR_NOT_FOUND)
		(void)err_set(err, ERR_NOT_FOUND,
			      "its earlier content is no longer kept (history.maxBytes limits "
			      "what is)");
	return false;
}

/* What the step left, and what shall be there instead. */
static bool images(struct change_undo *u, struct arena *a, const struct past_edit *e,
		   struct slice *from, struct slice *to, struct err *err)
{
	bool redo = u->spec.redo;

	return image(u, a, redo ? e->before : e->after, from, err) &&
	       image(u, a, redo ? e->after : e->before, to, err);
}

/* Nobody knows whether the step was made, and the text shows that it was not. */
static bool never_made(struct change_undo *u, struct arena *a, const struct past_edit *e,
		       struct slice now)
{
	const struct history *h = u->spec.history;

	return !e->made && !follow_made(a, state_dir(u), h, (size_t)(e - h->edits), &now);
}

static void turn_one(struct change_undo *u, struct arena *a, struct turn *t, struct standing *now,
		     struct slice at_first)
{
	struct slice from, to, was = now->bytes;

	t->why = (struct err){ 0 };
	t->went = images(u, a, t->edit, &from, &to, &t->why) &&
		  step_turn_path(a, t->edit->path, now, from, to, &t->why);
	t->left_out = t->went ? t->edit->unknown && was.ptr == now->bytes.ptr
			      : never_made(u, a, t->edit, at_first);
}

static bool plan(void *self, struct arena *a, struct apply_item *item,
		 const struct workspace_text *t, struct apply_plan *out, struct err *err)
{
	struct change_undo *u = self;
	struct standing now = standing_of(t);
	struct slice text = now.text;

	(void)item, (void)err;
	for (size_t i = u->first; i != u->end; i = u->turns[i].next) {
		const struct past_edit *e = u->turns[i].edit;
		uint32_t mode = u->spec.redo ? e->entry.left_mode : e->mode;

		turn_one(u, a, &u->turns[i], &now, text);
		if (u->checking && !u->turns[i].went && !u->turns[i].left_out)
			undo_git_block(&u->git, e->path);
		if (u->turns[i].went && mode)
			out->mode = mode;
		if (u->turns[i].went && !u->spec.redo && !u->checking)
			out->folders = e->folders;
	}
	out->after = u->checking ? standing_of(t).bytes : now.bytes;
	return true;
}

/* --- what came of it --- */

static bool log_turn(struct change_undo *u, const struct turn *t, struct slice after)
{
	const struct past_edit *e = t->edit;
	struct jw *w = event_log_begin(u->env.log, "undo");

	jw_kstr(w, "task", e->task);
	jw_ki64(w, "step", e->step);
	jw_kstr(w, "path", e->path);
	jw_kbool(w, "ok", t->went);
	if (!t->went)
		jw_kcstr(w, "error", t->why.msg);
	jw_kstr(w, "before", u->spec.redo ? e->before : e->after);
	jw_kstr(w, "after", t->went ? after : SLICE(""));
	if (u->spec.redo)
		jw_kbool(w, "redo", true);
	return event_log_end(u->env.log, &u->why);
}

/* Each reason once: several steps may be held up by the same line. from: the report of this path. */
static void report_refused(struct change_undo *u, const struct turn *t, size_t from)
{
	struct slice line;
	struct arena a;

	arena_init(&a);
	line = arena_printf(&a, "%s: %.*s: %s\n", u->spec.redo ? "not made again" : "not undone",
			    SLICE_ARG(t->edit->path), t->why.msg);
	if (slice_find(buf_slice(&u->report), line, from) == SIZE_MAX)
		buf_append(&u->report, line);
	arena_release(&a);
}

static void report_git(struct change_undo *u, struct slice path, size_t went, size_t refused)
{
	size_t i = u->first;
	bool told = false;

	if (went > 0)
		u->out.restored += undo_git_went(&u->git, path);
	while (refused > 0 && (u->turns[i].went || u->turns[i].left_out))
		i = u->turns[i].next;
	if (refused > 0 && undo_git_refused(&u->git, path, u->spec.redo, &u->report, &told))
		report_refused(u, &u->turns[i], 0);
	u->out.refused += told;
}

static void report(struct change_undo *u, const struct apply_result *r, size_t went, size_t refused)
{
	const struct past_edit *e = u->turns[u->first].edit;
	bool there = r->now.ptr || (e->entry.kind == RESTORE_FOLDER &&
				    (u->spec.redo ? e->entry.left : e->entry.before) != ENTRY_NONE);
	size_t from = u->report.len;

	if (undo_git_is(e->path)) {
		report_git(u, e->path, went, refused);
		return;
	}
	if (went > 0)
		buf_printf(&u->report, "%s %.*s\n",
			   e->entry.kind == RESTORE_MODE ? "permissions restored:"
			   : there			 ? "restored"
							 : "removed",
			   SLICE_ARG(e->path));
	for (size_t i = u->first; refused > 0 && i != u->end; i = u->turns[i].next)
		if (!u->turns[i].left_out && !u->turns[i].went)
			report_refused(u, &u->turns[i], from);
	u->out.restored += went > 0;
	u->out.refused += refused > 0;
}

static bool settle(struct change_undo *u, const struct apply_result *r)
{
	struct sha256_hex hash = { "" };
	size_t went = 0, refused = 0;
	bool ok = true;

	if (r->now.ptr)
		hash = sha256(r->now);
	for (size_t i = u->first; i != u->end; i = u->turns[i].next) {
		const struct turn *t = &u->turns[i];

		if (t->left_out)
			continue;
		went += t->went;
		refused += !t->went;
		ok = ok && log_turn(u, t, slice_of(hash.s));
	}
	report(u, r, went, refused);
	return ok;
}

static bool made(void *self, struct apply_item *item, const struct apply_result *r,
		 const struct err *err)
{
	struct change_undo *u = self;

	/* What is left is not refused: an undo is all or nothing. */
	if (err && u->env.workspace->runner && runner_is_lost(u->env.workspace->runner)) {
		u->lost = true;
		u->why = *err;
		(void)err_wrap(&u->why, "Half of it is done, and the next start of Emend in this "
					"folder goes on");
		return false;
	}
	if (u->checking && err)
		undo_git_block(&u->git, item->path);
	if (u->checking)
		return true;
	for (size_t i = u->first; err && i != u->end; i = u->turns[i].next) {
		struct turn *t = &u->turns[i];

		if (t->went || t->why.code == ERR_NONE)
			t->why = *err;
		t->went = t->left_out = false;
	}
	return settle(u, r);
}

static struct apply_item item_of(const struct past_edit *e, bool redo)
{
	struct apply_item i = { .path = e->path,
				.kind = e->entry.kind,
				.from = e->entry.left,
				.to = e->entry.before,
				.from_mode = e->entry.left_mode,
				.to_mode = e->mode };

	if (redo) {
		i.from = e->entry.before;
		i.to = e->entry.left;
		i.from_mode = e->mode;
		i.to_mode = e->entry.left_mode;
	}
	return i;
}

/* A write that was killed leaves a temporary file; neighbours follow each other, so a folder is swept
 * about once. */
static bool sweep(struct change_undo *u, struct slice path)
{
	size_t end = path.len;
	struct slice folder;

	while (end > 0 && path.ptr[end - 1] != '/')
		end--;
	folder = slice_sub(path, 0, end);
	if (u->swept.ptr && slice_eq(folder, u->swept))
		return false;
	u->swept = folder;
	return true;
}

/* Before anything is changed: do the branches stand where the task left them? */
static bool next_check(struct change_undo *u, struct apply_item *item)
{
	while (next_run(u)) {
		const struct turn *t = &u->turns[u->first];

		*item = item_of(t->edit, u->spec.redo);
		if (is_text(t) && undo_git_decides(item->path))
			return true;
	}
	u->checking = false;
	u->group = 0;
	return false;
}

static bool next(void *self, struct arena *a, struct apply_item *item)
{
	struct change_undo *u = self;

	if (u->checking && next_check(u, item))
		return true;
	while (u->why.code == ERR_NONE && next_run(u)) {
		struct turn *t = &u->turns[u->first];

		*item = item_of(t->edit, u->spec.redo);
		item->sweep = sweep(u, item->path);
		t->went = !undo_git_blocked(&u->git, item->path, &t->why) &&
			  (is_text(t) ||
			   images(u, a, t->edit, &item->from_data, &item->to_data, &t->why));
		if (t->went)
			return true;
		if (!made(u, item, &(struct apply_result){ .written = false }, &t->why))
			return false;
	}
	return false;
}

static bool finish(void *self, struct err *err)
{
	struct change_undo *u = self;

	return !u->begun || u->lost || log_undone(u, true, err);
}

static void ended(void *self, const struct err *err)
{
	struct change_undo *u = self;

	u->apply = NULL;
	if (u->begun && !err && !u->lost)
		log_over(u);
	u->begun = false; /* the log is broken: the next start goes on */
	if (u->why.code != ERR_NONE)
		err = &u->why;
	undo_git_report(&u->git, u->spec.redo, &u->report);
	u->out.report = buf_slice(&u->report);
	u->done(u->payload, &u->out, err);
	change_undo_drop(u);
}

/* The log says so, durably: files may be changed. Or it cannot, and none is. */
static void began(void *payload, const struct err *err)
{
	/* One path after the other: the runs of a path stand on each other. */
	static const struct apply_ops ops = { .next = next,
					      .plan = plan,
					      .made = made,
					      .finish = finish,
					      .ended = ended };
	struct change_undo *u = payload;

	u->sync = NULL;
	if (err)
		u->why = *err;
	u->apply = apply_start(&u->env, &ops, u);
}

struct change_undo *change_undo_start(const struct change_env *e, const struct change_undo_spec *s,
				      change_undo_cb *done, void *payload)
{
	struct change_undo *u = xcalloc(1, sizeof(*u));

	u->env = *e;
	u->spec = *s;
	u->done = done;
	u->payload = payload;
	arena_init(&u->arena);
	buf_init(&u->report, LIMIT_MESSAGE_BYTES);
	undo_git_init(&u->git);
	group_by_path(u);
	u->checking = true;
	if (u->n_groups > 0 && log_begin(u))
		u->sync = event_log_sync(u->env.log, began, u);
	else
		began(u, NULL); /* nothing to change, or the log is broken: it ends */
	return u;
}

void change_undo_drop(struct change_undo *u)
{
	struct err ignored = { 0 };

	if (!u)
		return;
	sync_drop(u->sync);
	apply_drop(u->apply);
	if (u->begun && log_undone(u, false, &ignored)) /* given up: nobody goes on with it */
		log_over(u);
	undo_git_release(&u->git);
	buf_release(&u->report);
	arena_release(&u->arena);
	free(u);
}
