/* cmd_diff.c - emend diff [TASK]: what a task changed, from its first pre-image of each file to its
 * last post-image. */
#include "agent/cli/place.h"
#include "agent/edit/encoding.h"
#include "agent/edit/later.h"
#include "agent/change/history.h"
#include "agent/store/event_log.h"

static bool counts(const struct history *h, const struct past_edit *e)
{
	return slice_eq(e->task, h->last_task) && e->entry.kind == RESTORE_TEXT && !e->failed &&
	       !e->unknown && !e->undone;
}

/* The last content that the task gave to the file of edit i. */
static struct slice last_after(const struct history *h, size_t i)
{
	struct slice after = h->edits[i].after;

	for (size_t k = i + 1; k < h->n; k++)
		if (counts(h, &h->edits[k]) && slice_eq(h->edits[k].path, h->edits[i].path))
			after = h->edits[k].after;
	return after;
}

static bool is_first(const struct history *h, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (counts(h, &h->edits[k]) && slice_eq(h->edits[k].path, h->edits[i].path))
			return false;
	return true;
}

static bool content(struct arena *a, const struct place *p, const struct history *h,
		    struct slice hash, struct slice *out, struct err *err)
{
	struct err ignored = { 0 };
	struct slice bytes;
	enum encoding e;

	*out = (struct slice){ NULL, 0 };
	if (hash.len == 0)
		return true;
	if (!blob_get(p->state, h->session, hash, a, &bytes, err))
		return false;
	if (!encoding_decode(a, bytes, &e, out, &ignored))
		*out = bytes; /* the bytes of a file that is not text */
	return true;
}

static bool put_file(struct cli *c, const struct place *p, const struct history *h, size_t i,
		     struct err *err)
{
	struct slice before, after;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = content(&a, p, h, h->edits[i].before, &before, err) &&
	     content(&a, p, h, last_after(h, i), &after, err);
	if (ok)
		term_diff(&c->out, later_diff(&a, h->edits[i].path, before, after));
	arena_release(&a);
	return ok;
}

/* Links and permissions, that a command changed. */
static size_t put_others(struct cli *c, const struct history *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++) {
		const struct past_edit *e = &h->edits[i];
		bool mode = e->entry.kind == RESTORE_MODE;

		if (!slice_eq(e->task, h->last_task) || !e->made || e->undone ||
		    e->entry.kind == RESTORE_TEXT)
			continue;
		n++;
		if (mode)
			term_printf(&c->out, "permissions %03o -> %03o: ", e->mode,
				    e->entry.left_mode);
		else
			term_printf(&c->out, "link %s: ",
				    e->entry.left != ENTRY_LINK	    ? "removed"
				    : e->entry.before == ENTRY_LINK ? "changed"
								    : "made");
		term_line(&c->out, TERM_PLAIN, e->path, 400);
		term_raw(&c->out, SLICE("\n"));
	}
	return n;
}

static bool put_all(struct cli *c, const struct place *p, struct slice task, struct err *err)
{
	struct history h;
	size_t shown = 0;

	if (!history_find(&c->arena, p->state, p->workspace, task, &h, err))
		return false;
	if (task.len > 0)
		h.last_task = task;
	for (size_t i = 0; i < h.n; i++) {
		if (!counts(&h, &h.edits[i]) || !is_first(&h, i))
			continue;
		shown++;
		if (!put_file(c, p, &h, i, err))
			return false;
	}
	shown += put_others(c, &h);
	if (shown == 0 && !cli_given(c, OPT_QUIET))
		term_printf(&c->log,
			    "Nothing of task %.*s is left: it was undone, or changed nothing.\n",
			    SLICE_ARG(h.last_task));
	return true;
}

int cmd_diff(struct cli *c)
{
	struct place p = { .loaded = false };
	struct err err = { 0 };
	int status = 0;

	if (c->args.n_words > 1)
		return cli_usage(c, "One task at a time: emend diff [TASK]");
	if (!place_init(&p, c, &err) ||
	    !put_all(c, &p, slice_of(c->args.n_words ? c->args.words[0] : ""), &err))
		status = cli_fail(c, &err);
	place_release(&p);
	return status;
}
