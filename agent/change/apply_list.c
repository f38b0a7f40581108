/* apply_list.c - see apply_own.h: many files of which it is known what they hold.
 *
 *   NEXT --a window with such files--> LISTING --all made, and the next window has some--> LISTING
 *                                         '--else--> READING
 *
 * There are two windows. While the worker writes the files of one, the other is filled, and what was
 * made of the one before is noted: both wait for nobody else. */
#include <stdlib.h>

#include "agent/change/apply_own.h"
#include "protocol/base/mem.h"

/* AT_A_TIME: paths that are taken from the owner in one turn of the loop, as for each of them it may read a
 * blob. WINDOW_BYTES: a list goes to the worker as one message, so it ends with the file that reaches this,
 * whatever the number of files is. */
enum { AT_A_TIME = 8, WINDOW_BYTES = 4 * 1024 * 1024 };

void slot_forget_text(struct slot *s)
{
	snapshot_unref(s->base);
	s->base = NULL;
}

void window_init(struct window *w, size_t cap)
{
	arena_init(&w->arena);
	w->slot = xcalloc(cap, sizeof(*w->slot));
	w->list = xcalloc(cap, sizeof(*w->list));
}

static void window_clear(struct window *w)
{
	for (size_t i = 0; i < w->n; i++)
		slot_forget_text(&w->slot[i]);
	w->n = w->at = w->n_list = w->bytes = 0;
	arena_release(&w->arena);
	arena_init(&w->arena);
}

void window_release(struct window *w)
{
	window_clear(w);
	arena_release(&w->arena);
	free(w->slot);
	free(w->list);
}

/* Can this path be written without being read? Then it is added to the list of the window. A place in the
 * list is filled before the owner is asked, because it writes the hash there; it is taken only on a yes. */
static bool is_exact(struct apply *x, struct window *w, struct slot *s)
{
	struct workspace_put *p = &w->list[w->n_list];

	*p = (struct workspace_put){ .path = s->item.path, .sweep = s->item.sweep };
	if (!x->ops->exact || !x->env.workspace->runner || s->item.kind != RESTORE_TEXT ||
	    !x->ops->exact(x->self, &w->arena, &s->item, &p->sha256, &s->plan))
		return false;
	p->after = s->plan.after;
	p->mode = s->plan.mode;
	p->folders = s->plan.folders;
	w->bytes += p->after.len;
	w->n_list++;
	return true;
}

/* Takes the next path from the owner. False: the window is to be made as it is. */
static bool fill_one(struct apply *x, struct window *w)
{
	struct slot *s = &w->slot[w->n];

	if (w->n == x->cap || w->bytes >= WINDOW_BYTES)
		return false;
	*s = (struct slot){ .item = { .path = SLICE("") } };
	w->end = x->ops->next(x->self, &w->arena, &s->item);
	if (w->end == GIVES_FENCE)
		return w->n == 0;
	if (w->end == GIVES_NOTHING)
		return false;
	if (is_exact(x, w, s))
		s->state = SLOT_LISTED;
	w->n++;
	return true;
}

/* The other window is in hand from now on. */
static void swap(struct apply *x)
{
	struct window *w = x->w;

	x->w = x->then;
	x->then = w;
}

static void listed(void *payload, const struct err *err);

static void write_list(struct apply *x)
{
	struct window *w = x->w;

	apply_goto(x, APPLY_LISTING);
	x->lazy = true;
	x->many = workspace_write_many(x->env.workspace, w->list, w->n_list, listed, x);
}

/* While the worker writes, which has to get its list, and to be heard: a few at a time. */
void apply_fill_ahead(struct apply *x)
{
	if (x->stop || x->w->end != GIVES_ITEM)
		return;
	for (int i = 0; i < AT_A_TIME; i++)
		if (!fill_one(x, x->then) || x->then->end == GIVES_FENCE)
			return;
	runq_post(x->env.workspace->runq, &x->job);
}

/* Those that were not made are read, planned and written as all others. */
static void settle_listed(struct apply *x, struct window *w, const struct err *err)
{
	size_t at = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct slot *s = &w->slot[i];

		if (s->state != SLOT_LISTED)
			continue;
		s->state = SLOT_UNREAD;
		if (w->list[at++].made && !err && !x->stop)
			apply_settle(x, s, true, NULL);
	}
}

/* Only then is nothing of this window to be read, and the next list may be sent before its end is noted. */
static bool all_made(const struct window *w, const struct err *err)
{
	for (size_t i = 0; i < w->n_list; i++)
		if (err || !w->list[i].made)
			return false;
	return w->n_list == w->n;
}

static void listed(void *payload, const struct err *err)
{
	struct apply *x = payload;
	struct window *w = x->w;

	x->many = NULL;
	if (!all_made(w, err) || x->then->n_list == 0 || x->stop) {
		settle_listed(x, w, err);
		apply_go_on(x, APPLY_READING);
		return;
	}
	swap(x); /* the worker is not to wait for what is noted of the last ones */
	write_list(x);
	settle_listed(x, w, NULL);
	window_clear(w);
	apply_fill_ahead(x);
}

void apply_next_window(struct apply *x)
{
	window_clear(x->w);
	if (x->then->n > 0)
		swap(x);
	else
		while (fill_one(x, x->w))
			;
	if (x->w->n_list == 0)
		return;
	write_list(x);
	apply_fill_ahead(x);
}
