/* hunk_reject.c - see hunk_reject.h: the planner. What it plans is made by apply.h.
 *
 *   file   hunks of task 2: b     hunks of task 1: d, a
 *   text   now --without b--> after part 1 --without d, a--> after part 2, which is written
 *
 * Parts begin with the newest task, as undo does. */
#include "agent/change/hunk_reject.h"

#include <stdlib.h>

#include "agent/change/change_log.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { WINDOW = 16 }; /* files whose texts are in memory at the same time */

/* The hunks of one task in a file. Two tasks are two edits in the log, as each is undone by itself. In the
 * window's arena, as the plan is made again where the text changed. */
struct part { /* the hunks of one task in a file */
	struct slice task;
	struct slice *ids;
	size_t n;
	struct slice before, after; /* bytes */
	uint32_t mode, folders; /* for the log: of the file that goes; above the one that comes */
	int64_t step;
};

struct reject_file {
	struct slice path, relative; /* absolute; below the workspace */
	struct slice *wanted;	     /* ids, in the order of the list, so oldest first */
	size_t n_wanted;
	struct part *parts; /* of the last plan */
	size_t n_parts;
	bool is_buffer;
};

/* The files and all that is named in them are in `arena`, for the hunks move and go while the machine waits:
 * they are found again by id each time. */
struct change_reject {
	struct change_env env;
	struct change_log log;
	struct hunks *hunks;
	int64_t next_step;
	struct arena arena;
	struct reject_file *files;
	size_t n, at;
	bool begun;
	struct buf report;
	struct change_reject_result out;
	struct err why; /* of the log */
	struct apply *apply;
	change_reject_cb *done;
	void *payload;
};

/* --- which files --- */

/* Only hunks of the session whose log is open here: another session's would have to be logged elsewhere. */
static void add_file(struct change_reject *r, struct hunk_file *f, const struct map *ids)
{
	struct reject_file *to = &r->files[r->n];

	*to = (struct reject_file){ .path = arena_dup(&r->arena, slice_of(f->path)),
				    .relative = arena_dup(&r->arena, f->relative) };
	to->wanted = arena_array(&r->arena, f->list.n + 1, sizeof(*to->wanted));
	for (size_t i = 0; i < f->list.n; i++) {
		const struct hunk *h = &f->list.items[i];

		if (slice_eq_cstr(event_log_session(r->env.log), h->session->id) &&
		    map_get(ids, slice_of(h->id)))
			to->wanted[to->n_wanted++] = arena_dup(&r->arena, slice_of(h->id));
	}
	r->n += to->n_wanted > 0;
}

static struct hunk_session *find_session(struct hunks *s, struct slice id)
{
	LIST_EACH (it, tmp, &s->sessions) {
		struct hunk_session *x = container_of(it, struct hunk_session, link);

		if (slice_eq_cstr(id, x->id))
			return x;
	}
	return NULL;
}

static void find_files(struct change_reject *r, const struct change_reject_spec *s)
{
	struct map ids;
	size_t files = 1;

	map_init(&ids, 0);
	for (size_t i = 0; i < s->n_ids; i++)
		(void)map_put(&ids, s->ids[i], r);
	LIST_EACH (it, tmp, &r->hunks->files)
		files++;
	r->files = arena_array(&r->arena, files, sizeof(*r->files));
	LIST_EACH (it, tmp, &r->hunks->files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);

		if (slice_eq_cstr(r->env.workspace->root, f->workspace))
			add_file(r, f, &ids);
	}
	map_release(&ids);
}

/* --- refusals --- */

/* The hunk stays as it is and waits on. It is taken off the wanted ones, so that a second plan of the same
 * file does not count it again. */
static void refuse(struct change_reject *r, struct reject_file *file, struct slice id,
		   const struct err *why)
{
	size_t kept = 0;

	for (size_t i = 0; i < file->n_wanted; i++)
		if (!slice_eq(file->wanted[i], id))
			file->wanted[kept++] = file->wanted[i];
	file->n_wanted = kept;
	r->out.refused++;
	buf_printf(&r->report, "%.*s: %s\n", SLICE_ARG(file->relative), why->msg);
}

static void refuse_all(struct change_reject *r, struct reject_file *file, const struct err *why)
{
	while (file->n_wanted > 0)
		refuse(r, file, file->wanted[file->n_wanted - 1], why);
}

/* --- the text without the hunks --- */

/* Each of them is taken out of the text that the one before left. False: it does not go out. */
static bool take_out(struct arena *a, struct hunk_list *list, struct hunk *h, struct slice *text,
		     struct err *why)
{
	struct slice next;

	if (!hunk_revert(a, h, *text, &next, why))
		return false;
	h->dead = true;
	hunk_list_sweep(list);
	(void)hunks_follow(list, *text, next);
	*text = next;
	return true;
}

static void make_part(struct change_reject *r, struct arena *a, struct reject_file *file,
		      struct hunk_list *list, struct part *p, struct slice *text)
{
	size_t n = file->n_wanted;
	struct slice *ids =
		arena_array(a, n + 1, sizeof(*ids)); /* refuse() takes from the others */

	p->ids = arena_array(a, n + 1, sizeof(*p->ids));
	p->n = 0;
	memcpy(ids, file->wanted, n * sizeof(*ids));
	while (n-- > 0) {
		struct hunk *h = hunk_list_find(list, ids[n]);
		struct err why = { 0 };
		uint32_t mode, folders;

		/* Another hunk may have taken it along, or the user has put its lines back. */
		if (!h || !slice_eq_cstr(p->task, h->task))
			continue;
		mode = h->mode;
		folders = h->folders;
		if (!take_out(a, list, h, text, &why)) {
			refuse(r, file, ids[n], &why);
			continue;
		}
		p->ids[p->n++] = ids[n];
		p->mode = mode ? mode : p->mode;
		p->folders = folders ? folders : p->folders;
	}
}

/* The newest wanted task that has no part yet; false: all have. */
static bool next_task(const struct reject_file *file, const struct hunk_list *list,
		      struct slice *task)
{
	for (size_t i = file->n_wanted; i-- > 0;) {
		const struct hunk *h = hunk_list_find(list, file->wanted[i]);
		bool had = !h;

		for (size_t k = 0; k < file->n_parts && h; k++)
			had = had || slice_eq_cstr(file->parts[k].task, h->task);
		if (had)
			continue;
		*task = slice_of(h->task);
		return true;
	}
	return false;
}

static bool bytes_of(struct arena *a, const struct workspace_text *t, struct slice text,
		     struct slice *bytes, struct err *err)
{
	*bytes = text;
	return t->is_buffer || !text.ptr || workspace_encode(a, t->encoding, text, bytes, err);
}

static bool make_parts(struct change_reject *r, struct arena *a, struct reject_file *file,
		       struct hunk_list *list, const struct workspace_text *t, struct err *err)
{
	struct slice text = t->text ? snapshot_text(t->text) : (struct slice){ NULL, 0 };
	struct slice bytes = t->exists ? t->bytes : text, task;

	file->parts = arena_array(a, file->n_wanted + 1, sizeof(*file->parts));
	file->n_parts = 0;
	while (next_task(file, list, &task)) {
		struct part *p = &file->parts[file->n_parts++];

		*p = (struct part){ .task = arena_dup(a, task), .before = bytes };
		make_part(r, a, file, list, p, &text);
		if (t->is_buffer && !text.ptr) /* an open document cannot go: it is emptied */
			text = SLICE("");
		if (!bytes_of(a, t, text, &p->after, err))
			return false;
		bytes = p->after;
	}
	return true;
}

/* A file that comes back has the permissions that it had, one that goes takes along the folders that
 * were made for it. The log gets the other side of it. */
static void plan_beside_text(struct reject_file *file, const struct workspace_text *t,
			     struct apply_plan *out)
{
	for (size_t i = 0; i < file->n_parts; i++) {
		struct part *p = &file->parts[i];

		if (p->mode)
			out->mode = p->mode;
		if (p->folders && !out->after.ptr)
			out->folders = p->folders;
		p->mode = t->mode;
		p->folders = t->exists ? 0 : t->folders;
	}
}

/* May be called again for the same file: all of it is made from the present list of hunks, of which a copy
 * is used up. What a closed file holds is news to the hunks, too: they follow it before anything is taken
 * out. */
static bool plan(void *self, struct arena *a, struct apply_item *item,
		 const struct workspace_text *t, struct apply_plan *out, struct err *err)
{
	struct change_reject *r = self;
	struct reject_file *file = item->of;
	struct hunk_file *f = hunks_file(r->hunks, file->path);
	struct hunk_list list = { 0 };
	bool ok;

	file->is_buffer = t->is_buffer;
	if (t->binary)
		return err_set(err, ERR_STALE, "it is not text any more");
	if (!f)
		return err_set(err, ERR_NOT_FOUND, "nothing waits there any more");
	if (!t->is_buffer)
		hunks_read(r->hunks, f,
			   t->text ? snapshot_text(t->text) : (struct slice){ NULL, 0 });
	hunk_list_copy(&list, &f->list);
	ok = make_parts(r, a, file, &list, t, err);
	hunk_list_release(&list);
	if (!ok)
		return false;
	out->after = t->exists ? t->bytes : (struct slice){ NULL, 0 };
	if (file->n_parts > 0)
		out->after = file->parts[file->n_parts - 1].after;
	plan_beside_text(file, t, out);
	return true;
}

/* --- the log --- */

/* The `begin` is written with the first file that is going to be changed. Where all hunks are refused, the
 * log has nothing of it. */
static bool log_begin(struct change_reject *r, struct err *err)
{
	if (r->begun)
		return true;
	r->log.task = r->log.id = arena_printf(&r->arena, "reject.%lld", (long long)r->next_step);
	r->begun = true;
	return change_log_begin(&r->log, 0, err);
}

/* Of the set, but with the task whose hunks they are. */
static struct change_log log_of(const struct change_reject *r, const struct part *p)
{
	struct change_log log = r->log;

	log.task = p->task;
	return log;
}

/* Steps are numbered through the session, also over its rejections: undo finds an edit by task and step. The
 * session keeps the number for the next rejection. */
static int64_t new_step(struct change_reject *r)
{
	int64_t step = r->next_step++;
	struct hunk_session *x = find_session(r->hunks, event_log_session(r->env.log));

	if (x && x->next_step < r->next_step) /* it goes with its last hunk */
		x->next_step = r->next_step;
	return step;
}

static bool intend(void *self, struct apply_item *item, struct err *err)
{
	struct change_reject *r = self;
	struct reject_file *file = item->of;

	if (!log_begin(r, err))
		return false;
	for (size_t i = 0; i < file->n_parts; i++) {
		struct part *p = &file->parts[i];
		struct change_log log = log_of(r, p);

		p->step = new_step(r);
		if (p->n > 0 && !change_log_edit(&log,
						 &(struct change_edit){
							 .path = file->relative,
							 .step = p->step,
							 .via = file->is_buffer ? "buffer" : "file",
							 .before = p->before,
							 .after = p->after,
							 .mode = p->mode,
							 .folders = p->folders,
							 .hunks = p->ids,
							 .n_hunks = p->n },
						 err))
			return false;
	}
	return true;
}

static void log_edited(struct change_reject *r, const struct reject_file *file,
		       const struct err *failed)
{
	for (size_t i = 0; i < file->n_parts; i++) {
		const struct part *p = &file->parts[i];
		struct change_log log = log_of(r, p);

		if (p->n > 0 && p->step > 0)
			(void)!change_log_edited(&log, p->step, failed, &r->why);
	}
}

static void stale(void *self, struct apply_item *item, const struct err *why)
{
	log_edited(self, item->of, why);
}

/* --- what came of it --- */

/* They may be gone already: an editor can tell of the changed text before it answers, and a hunk whose old
 * lines are back is dropped then. */
static void judged(struct change_reject *r, struct reject_file *file, struct slice now)
{
	struct hunk_file *f = hunks_file(r->hunks, file->path);

	if (f && !f->open && !file->is_buffer)
		hunks_read(r->hunks, f, now);
	for (size_t i = 0; i < file->n_parts; i++) {
		hunks_remove(r->hunks, file->parts[i].ids, file->parts[i].n);
		r->out.rejected += file->parts[i].n;
	}
}

static struct slice text_of(struct arena *a, struct slice bytes)
{
	enum encoding encoding;
	struct err ignored = { 0 };
	struct slice text;

	if (!bytes.ptr || !encoding_decode(a, bytes, &encoding, &text, &ignored))
		return (struct slice){ NULL, 0 };
	return text.ptr ? text : SLICE("");
}

/* An err of the log stops the rest (false): what is not logged could not be rolled back. */
static bool made(void *self, struct apply_item *item, const struct apply_result *res,
		 const struct err *err)
{
	struct change_reject *r = self;
	struct reject_file *file = item->of;
	struct arena a;

	arena_init(&a);
	log_edited(r, file, err);
	if (err)
		refuse_all(r, file, err);
	else
		judged(r, file, text_of(&a, res->now));
	file->parts = NULL; /* they are in the window's arena */
	file->n_parts = 0;
	arena_release(&a);
	return r->why.code == ERR_NONE;
}

static enum apply_gives next(void *self, struct arena *a, struct apply_item *item)
{
	struct change_reject *r = self;
	struct reject_file *file;

	(void)a;
	if (r->at == r->n || r->why.code != ERR_NONE)
		return GIVES_NOTHING;
	file = &r->files[r->at++];
	*item = (struct apply_item){ .path = file->relative, .of = file };
	return GIVES_ITEM;
}

static bool finish(void *self, struct err *err)
{
	struct change_reject *r = self;

	if (r->why.code == ERR_NONE && (!r->begun || change_log_end(&r->log, NULL, err)))
		return true;
	if (r->why.code != ERR_NONE)
		*err = r->why;
	return false;
}

static void ended(void *self, const struct err *err)
{
	struct change_reject *r = self;

	r->apply = NULL;
	r->begun = false; /* or the log is broken */
	r->out.report = buf_slice(&r->report);
	r->done(r->payload, &r->out, err);
	change_reject_drop(r);
}

struct change_reject *change_reject_start(const struct change_env *e,
					  const struct change_reject_spec *s,
					  change_reject_cb *done, void *payload)
{
	static const struct apply_ops ops = { .window = WINDOW,
					      .next = next,
					      .plan = plan,
					      .intend = intend,
					      .stale = stale,
					      .made = made,
					      .finish = finish,
					      .ended = ended };
	struct change_reject *r = xcalloc(1, sizeof(*r));
	struct hunk_session *session;

	r->env = *e;
	r->log = (struct change_log){ .log = e->log,
				      .workspace = e->workspace->root,
				      .call = SLICE("") };
	r->hunks = s->hunks;
	r->done = done;
	r->payload = payload;
	arena_init(&r->arena);
	buf_init(&r->report, LIMIT_MESSAGE_BYTES);
	session = find_session(s->hunks, event_log_session(e->log));
	r->next_step = session ? session->next_step : 1;
	find_files(r, s);
	r->apply = apply_start(&r->env, &ops, r);
	return r;
}

void change_reject_drop(struct change_reject *r)
{
	struct err ignored = { 0 };

	if (!r)
		return;
	apply_drop(r->apply);
	if (r->begun) /* given up: what was being written may stand, and its edit has no end */
		(void)!change_log_end(&r->log, NULL, &ignored);
	buf_release(&r->report);
	arena_release(&r->arena);
	free(r);
}
