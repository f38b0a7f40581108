/* undo.c - see undo.h: the planner. What it plans is made by apply.h.
 *
 *   groups:  b.c <- steps 7, 3     a.c <- steps 6, 5 (permissions), 2, 1
 *   runs:    [7 3]                 [6] [5] [2 1]
 *
 * A run is what is read and written at once: steps of text that follow each other, or one step that
 * is something else. */
#include "agent/change/undo.h"

#include <stdlib.h>

#include "agent/base/tool_folder.h"
#include "agent/change/follow.h"
#include "agent/change/step.h"
#include "agent/change/undo_own.h"
#include "protocol/base/limits.h"
#include "protocol/base/map.h"
#include "protocol/base/mem.h"

/* Paths of a window (apply.h). Most are never read here, as their hash is known; so many go to the worker in
 * one list. */
enum { WINDOW = 500 };

/* What somebody had taken out before the undo does not come again with a redo: it was not the undo's. */
bool change_undo_wants(const struct change_undo_spec *s, const struct past_edit *e)
{
	if (s->redo && e->absent)
		return false;
	if (s->rewind)
		return e->step > s->rewind->above && e->step <= s->rewind->upto && !e->failed &&
		       (s->redo ? e->undone && e->rewound : !e->undone);
	return (slice_eq(e->task, s->task) || slice_eq(s->history->session, s->task)) &&
	       e->undone == s->redo && !e->failed && (s->only < 0 || e->step == s->only);
}

static struct slice state_dir(const struct change_undo *u)
{
	return u->spec.preview ? u->preview.state_dir : event_log_state_dir(u->env.log);
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
	u->next = u->drawn = SIZE_MAX;
}

static bool is_text(const struct turn *t)
{
	return t->edit->entry.kind == RESTORE_TEXT;
}

/* False: that was the last one. */
static bool next_run(struct change_undo *u)
{
	u->whole = u->next == SIZE_MAX;
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
	u->turns[u->first].end = u->next = u->end;
	u->whole = u->whole && u->end == SIZE_MAX;
	return true;
}

/* Of several in the machine at once, the one that it speaks of. */
static void take_in_hand(struct change_undo *u, const struct apply_item *item)
{
	const struct turn *t = item->of;

	u->first = (size_t)(t - u->turns);
	u->end = t->end;
}

/* --- the plan of a path --- */

static bool image(struct change_undo *u, struct arena *a, struct slice hash, struct slice *out,
		  struct err *err)
{
	*out = (struct slice){ NULL, 0 };
	if (hash.len == 0)
		return true;
	if (blob_reader_get(&u->reader, state_dir(u), u->spec.history->session, hash, a, out,
			    err)) {
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
/* The log does not know of it; only then are the texts asked, since that costs a merge. */
static bool never_made(struct change_undo *u, struct arena *a, const struct past_edit *e,
		       struct slice now)
{
	const struct history *h = u->spec.history;

	return !e->made && !follow_made(a, state_dir(u), h, (size_t)(e - h->edits), &now);
}

/* went: the step is out of the text now, or was out of it before (`absent`). left_out: there is nothing to
 * say about it, neither that it went nor that it was refused. */
static void turn_one(struct change_undo *u, struct arena *a, struct turn *t, struct standing *now,
		     struct slice at_first)
{
	struct slice from, to, was = now->bytes;

	t->why = (struct err){ 0 };
	t->went = images(u, a, t->edit, &from, &to, &t->why) &&
		  step_turn_path(a, t->edit->path, now, from, to, &t->why);
	t->left_out = t->went ? t->edit->unknown && was.ptr == now->bytes.ptr
			      : never_made(u, a, t->edit, at_first);
	if (!t->planned) /* a later look may find what this undo has made itself */
		t->absent = t->went && !u->spec.redo && was.ptr == now->bytes.ptr &&
			    !u->spec.history->undo.open; /* half made, and gone on with: as above */
	t->planned = true;
}

/* All steps of the run one after the other, in memory. A step that is refused leaves `now` as it was, and
 * the next one is tried on that. Never false: that some steps are refused is told by undo_settle(), and the
 * others are written. In the first pass (`checking`) the text is planned as it is, so nothing is written. */
static bool plan(void *self, struct arena *a, struct apply_item *item,
		 const struct workspace_text *t, struct apply_plan *out, struct err *err)
{
	struct change_undo *u = self;
	struct standing now = standing_of(t);
	struct slice text = now.text;

	(void)err;
	take_in_hand(u, item);
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

/* Each step found what the one before it left: then it is enough that the last one's text stands there. */
static bool is_chain(const struct change_undo *u)
{
	for (size_t i = u->first; u->turns[i].next != u->end; i = u->turns[i].next) {
		const struct past_edit *here = u->turns[i].edit;
		const struct past_edit *next = u->turns[u->turns[i].next].edit;

		if (!slice_eq(u->spec.redo ? here->after : here->before,
			      u->spec.redo ? next->before : next->after))
			return false;
	}
	return true;
}

/* As plan() would have it, where the path holds what the steps left. */
static bool exact(void *self, struct arena *a, struct apply_item *item, struct slice *sha256,
		  struct apply_plan *out)
{
	struct change_undo *u = self;
	const struct past_edit *from, *to;
	bool redo = u->spec.redo;
	uint32_t mode;
	struct err why;

	take_in_hand(u, item);
	if (u->checking || !u->whole || !is_chain(u))
		return false;
	from = to = u->turns[u->first].edit;
	for (size_t i = u->first; i != u->end; i = u->turns[i].next) {
		to = u->turns[i].edit;
		u->turns[i].went = true;
		mode = redo ? to->entry.left_mode : to->mode;
		out->mode = mode ? mode : out->mode;
	}
	out->folders = redo ? 0 : to->folders;
	*sha256 = redo ? from->before : from->after;
	return !slice_eq(*sha256, redo ? to->after : to->before) &&
	       image(u, a, redo ? to->after : to->before, &out->after, &why);
}

/* --- what came of it --- */

/* What a build left of the files that an earlier one had made: nobody's work, and no reason for the undo to fail. */
static bool built_again(const struct turn *t, const struct err *err)
{
	return t->edit->entry.kind == RESTORE_BUNDLE && err->code == ERR_STALE &&
	       is_tool_folder(t->edit->path);
}

static bool made(void *self, struct apply_item *item, const struct apply_result *r,
		 const struct err *err)
{
	struct change_undo *u = self;

	take_in_hand(u, item);
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
		if (t->went && built_again(t, err))
			continue;
		t->went = t->left_out = false;
	}
	if (u->spec.preview && u->preview.file && r->written && item->kind == RESTORE_TEXT &&
	    !undo_git_is(item->path))
		u->preview.file(u->preview.payload, item->path, r->was, r->now);
	return undo_settle(u, r);
}

static struct apply_item item_of(struct turn *t, bool redo)
{
	const struct past_edit *e = t->edit;
	struct apply_item i = { .path = e->path,
				.of = t,
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
		struct turn *t = &u->turns[u->first];

		*item = item_of(t, u->spec.redo);
		if (is_text(t) && undo_git_decides(item->path))
			return true;
	}
	return false;
}

/* Files whose steps are all text do not depend on each other, if they are made in their order. All else,
 * and a path of several runs, comes when all before it is made, and is made before what comes. */
static bool next_to_make(struct change_undo *u, bool *fence)
{
	bool before = u->alone;

	*fence = false;
	if (u->drawn != SIZE_MAX) {
		u->first = u->drawn;
		u->end = u->turns[u->first].end;
		u->drawn = SIZE_MAX;
		return true;
	}
	if (!next_run(u))
		return false;
	u->alone = !u->whole || !is_text(&u->turns[u->first]);
	*fence = before || u->alone;
	if (*fence)
		u->drawn = u->first;
	return true;
}

static enum apply_gives next(void *self, struct arena *a, struct apply_item *item)
{
	struct change_undo *u = self;
	bool fence;

	if (u->checking && next_check(u, item))
		return GIVES_ITEM;
	if (u->checking && !u->checked) {
		u->checked = true;
		return GIVES_FENCE;
	}
	if (u->checking) {
		u->checking = false;
		u->group = 0;
	}
	while (u->why.code == ERR_NONE && next_to_make(u, &fence)) {
		struct turn *t = &u->turns[u->first];

		if (fence)
			return GIVES_FENCE;
		*item = item_of(t, u->spec.redo);
		item->sweep = sweep(u, item->path);
		t->went = !undo_git_blocked(&u->git, item->path, &t->why) &&
			  (is_text(t) ||
			   images(u, a, t->edit, &item->from_data, &item->to_data, &t->why));
		if (t->went)
			return GIVES_ITEM;
		if (!made(u, item, &(struct apply_result){ .written = false }, &t->why))
			return GIVES_NOTHING;
	}
	return GIVES_NOTHING;
}

/* The worker is lost: no word about the end goes into the log, so that the next start goes on. */
static bool finish(void *self, struct err *err)
{
	struct change_undo *u = self;

	return !u->begun || u->lost || undo_log_end(u, true, err);
}

static void ended(void *self, const struct err *err)
{
	struct change_undo *u = self;

	u->apply = NULL;
	if (u->begun && !err && !u->lost)
		undo_log_over(u);
	u->begun = false; /* the log is broken: the next start goes on */
	if (u->why.code != ERR_NONE)
		err = &u->why;
	undo_git_report(&u->git, u->spec.redo, u->spec.preview, &u->report);
	u->out.report = buf_slice(&u->report);
	u->done(u->payload, &u->out, err);
	change_undo_drop(u);
}

/* The log says so, durably: files may be changed. Or it cannot, and none is. */
static void began(void *payload, const struct err *err)
{
	static const struct apply_ops ops = { .window = WINDOW,
					      .next = next,
					      .exact = exact,
					      .plan = plan,
					      .made = made,
					      .finish = finish,
					      .ended = ended };
	static const struct apply_ops preview = { .preview = true,
						  .window = WINDOW,
						  .next = next,
						  .plan = plan,
						  .made = made,
						  .finish = finish,
						  .ended = ended };
	struct change_undo *u = payload;

	u->sync = NULL;
	if (err)
		u->why = *err;
	u->apply = apply_start(&u->env, u->spec.preview ? &preview : &ops, u);
}

struct change_undo *change_undo_start(const struct change_env *e, const struct change_undo_spec *s,
				      change_undo_cb *done, void *payload)
{
	struct change_undo *u = xcalloc(1, sizeof(*u));

	u->env = *e;
	u->spec = *s;
	if (s->rewind) {
		u->rewind = *s->rewind;
		u->spec.rewind = &u->rewind;
	}
	if (s->preview) {
		u->preview = *s->preview;
		u->spec.preview = &u->preview;
	}
	u->done = done;
	u->payload = payload;
	arena_init(&u->arena);
	blob_reader_init(&u->reader);
	buf_init(&u->report, LIMIT_MESSAGE_BYTES);
	undo_git_init(&u->git);
	group_by_path(u);
	u->checking = true;
	/* A rewind is logged where no file changes, too: the conversation does. */
	if (!s->preview && (u->n_groups > 0 || s->rewind) && undo_log_begin(u))
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
	if (u->begun && undo_log_end(u, false, &ignored)) /* given up: nobody goes on with it */
		undo_log_over(u);
	undo_git_release(&u->git);
	blob_reader_release(&u->reader);
	buf_release(&u->report);
	arena_release(&u->arena);
	free(u);
}
