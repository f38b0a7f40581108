/* hunks.c - see hunks.h: the set itself, its marks in the store, and what the user accepts.
 *
 * Who hears of a change: each function that moves a hunk calls tell(), which notes the file and posts one
 * job. From the loop report() calls `changed` once for each noted file and once with NULL. So a hundred
 * keystrokes that come in one message are one notification, and no callback runs inside of a function here. */
#include "agent/change/hunks.h"

#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/store/event_log.h"
#include "agent/store/pending.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

static const struct slice no_text = { NULL, 0 };

static struct slice text_of(const struct snapshot *t)
{
	return t ? snapshot_text(t) : no_text;
}

static void tell(struct hunks *s, struct hunk_file *f)
{
	f->news = true;
	runq_post(s->options.runq, &s->job);
}

/* Hunks are freed before the session that they name: callers see to it (hunks_mark() frees a session only if
 * no hunk names it). */
static void file_free(struct hunks *s, struct hunk_file *f)
{
	(void)map_remove(&s->by_path, slice_of(f->path));
	list_remove(&f->link);
	hunk_list_release(&f->list);
	snapshot_unref(f->text);
	free(f->path);
	free(f->workspace);
	free(f);
}

static void session_free(struct hunk_session *x)
{
	list_remove(&x->link);
	free(x->id);
	free(x->workspace);
	free(x);
}

/* Does a hunk of this session still wait? */
static bool session_waits(const struct hunks *s, const struct hunk_session *x)
{
	LIST_EACH (it, tmp, &s->files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);

		for (size_t i = 0; i < f->list.n; i++)
			if (f->list.items[i].session == x)
				return true;
	}
	return false;
}

/* The mark in the store is only a hint for the next start (store/pending.h). It is renewed where it changes,
 * and a session without hunks is let go. */
void hunks_mark(struct hunks *s)
{
	LIST_EACH (it, tmp, &s->sessions) {
		struct hunk_session *x = container_of(it, struct hunk_session, link);
		bool waits = session_waits(s, x);

		if (!waits || !x->marked)
			pending_mark(slice_of(s->state_dir), slice_of(x->workspace),
				     slice_of(x->id), waits);
		x->marked = waits;
		if (!waits)
			session_free(x);
	}
}

/* Tells what is new; files without hunks are told once more, and go. */
static void report(struct job *j)
{
	struct hunks *s = container_of(j, struct hunks, job);

	LIST_EACH (it, tmp, &s->files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);

		if (!f->news)
			continue;
		f->news = false;
		s->options.changed(s->options.owner, f);
	}
	s->count = 0;
	LIST_EACH (it, tmp, &s->files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);

		s->count += f->list.n;
		if (f->list.n == 0)
			file_free(s, f);
	}
	hunks_mark(s);
	s->options.changed(s->options.owner, NULL);
}

void hunks_init(struct hunks *s, const struct hunks_options *o)
{
	*s = (struct hunks){ .options = *o, .state_dir = xslicedup(o->state_dir) };
	map_init(&s->by_path, 0);
	map_init(&s->loaded, 0);
	list_init(&s->files);
	list_init(&s->sessions);
	job_init(&s->job, report);
}

void hunks_release(struct hunks *s)
{
	job_drop(&s->job);
	LIST_EACH (it, tmp, &s->files)
		file_free(s, container_of(it, struct hunk_file, link));
	LIST_EACH (it, tmp, &s->sessions)
		session_free(container_of(it, struct hunk_session, link));
	map_release(&s->by_path);
	map_release(&s->loaded);
	free(s->state_dir);
}

/* The store keeps its marks: they wait on. */
void hunks_clear(struct hunks *s)
{
	LIST_EACH (it, tmp, &s->files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);

		hunk_list_release(&f->list);
		tell(s, f);
	}
	LIST_EACH (it, tmp, &s->sessions)
		session_free(container_of(it, struct hunk_session, link));
	map_release(&s->loaded);
	map_init(&s->loaded, 0);
}

struct hunk_session *hunks_session(struct hunks *s, struct slice id, struct slice workspace)
{
	struct hunk_session *x;

	LIST_EACH (it, tmp, &s->sessions) {
		x = container_of(it, struct hunk_session, link);
		if (slice_eq_cstr(id, x->id))
			return x;
	}
	x = xcalloc(1, sizeof(*x));
	x->id = xslicedup(id);
	x->workspace = xslicedup(workspace);
	x->next_step = 1;
	list_append(&s->sessions, &x->link);
	return x;
}

void hunks_forget_session(struct hunks *s, struct slice session)
{
	LIST_EACH (it, tmp, &s->files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);

		for (size_t i = 0; i < f->list.n; i++) {
			struct hunk *h = &f->list.items[i];

			h->dead = slice_eq_cstr(session, h->session->id);
			if (h->dead)
				tell(s, f);
		}
		hunk_list_sweep(&f->list);
	}
}

/* --- files --- */

struct hunk_file *hunks_file(const struct hunks *s, struct slice path)
{
	return map_get(&s->by_path, path);
}

static struct hunk_file *file_new(struct hunks *s, struct slice path, struct slice workspace)
{
	struct hunk_file *f = xcalloc(1, sizeof(*f));

	f->path = xslicedup(path);
	f->workspace = xslicedup(workspace);
	f->relative = slice_sub(slice_of(f->path), workspace.len, path.len);
	if (slice_starts(f->relative, SLICE("/")))
		f->relative = slice_sub(f->relative, 1, f->relative.len);
	list_append(&s->files, &f->link);
	(void)map_put(&s->by_path, path, f);
	return f;
}

static void set_text(struct hunk_file *f, struct slice text)
{
	snapshot_unref(f->text);
	f->text = text.ptr ? snapshot_new(text, 0) : NULL;
}

/* With this list, would the set stay within its limits? Counted anew each time: there are a few thousand at
 * most, and no total has to be kept in step with what comes and goes. */
static bool room(struct hunks *s, const struct hunk_list *list, size_t len)
{
	size_t bytes = len;

	for (size_t i = 0; i < list->n; i++)
		bytes += list->items[i].old.len + list->items[i].fresh.len;
	LIST_EACH (it, tmp, &s->files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);

		bytes += text_of(f->text).len;
		for (size_t i = 0; i < f->list.n; i++)
			bytes += f->list.items[i].old.len + f->list.items[i].fresh.len;
	}
	return s->count + list->n <= LIMIT_HUNKS && bytes <= LIMIT_HUNK_BYTES;
}

/* The list refers to `text`, as the log has it; where the editor has typed since, it follows to the buffer.
 * The hunks that a closed file has already follow to `text`, because all hunks of a file refer to one text. */
void hunks_put(struct hunks *s, struct slice workspace, struct slice relative,
	       struct hunk_list *list, struct slice text)
{
	struct hunk_file *f;
	struct snapshot *now;
	struct slice path;
	struct arena a;

	if (!room(s, list, text.len)) {
		log_warn("too many changes wait: those of %.*s are not offered one by one",
			 SLICE_ARG(relative));
		return;
	}
	arena_init(&a);
	path = path_join(&a, workspace, relative);
	f = hunks_file(s, path);
	if (!f)
		f = file_new(s, path, workspace);
	now = s->options.buffer(s->options.owner, path);
	f->open = now != NULL;
	if (now) {
		(void)hunks_follow(list, text, snapshot_text(now));
	} else {
		(void)hunks_follow(&f->list, text_of(f->text), text);
		set_text(f, text);
	}
	snapshot_unref(now);
	s->count += list->n;
	hunk_list_take(&f->list, list);
	tell(s, f);
	arena_release(&a);
}

/* The file was read from the disk by the editor: it may have been changed there since we saw it last. */
void hunks_opened(struct hunks *s, struct slice path)
{
	struct hunk_file *f = hunks_file(s, path);
	struct snapshot *now;

	if (!f)
		return;
	now = s->options.buffer(s->options.owner, path);
	if (now && !f->open) {
		(void)hunks_follow(&f->list, text_of(f->text), snapshot_text(now));
		set_text(f, no_text);
		f->open = true;
	}
	snapshot_unref(now);
	tell(s, f); /* also if nothing moved: the editor shows it from now on */
}

void hunks_closing(struct hunks *s, struct slice path)
{
	struct hunk_file *f = hunks_file(s, path);
	struct snapshot *now;

	if (!f)
		return;
	now = s->options.buffer(s->options.owner, path);
	if (now)
		set_text(f, snapshot_text(now));
	snapshot_unref(now);
	f->open = false;
}

void hunks_typed(struct hunks *s, struct hunk_file *f, const struct text_change *c, size_t n,
		 const struct hunk_text *now)
{
	if (hunks_move(&f->list, c, n, now))
		tell(s, f);
}

void hunks_replaced(struct hunks *s, struct hunk_file *f, struct slice before, struct slice now)
{
	if (hunks_follow(&f->list, before, now))
		tell(s, f);
}

void hunks_read(struct hunks *s, struct hunk_file *f, struct slice now)
{
	if (hunks_follow(&f->list, text_of(f->text), now))
		tell(s, f);
	set_text(f, now);
}

/* --- hunks --- */

struct hunk *hunks_find(const struct hunks *s, struct slice id, struct hunk_file **out)
{
	LIST_EACH (it, tmp, &s->files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);
		struct hunk *h = hunk_list_find(&f->list, id);

		if (!h)
			continue;
		if (out)
			*out = f;
		return h;
	}
	return NULL;
}

void hunks_remove(struct hunks *s, const struct slice *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct hunk_file *f;
		struct hunk *h = hunks_find(s, ids[i], &f);

		if (!h)
			continue;
		h->dead = true;
		hunk_list_sweep(&f->list);
		tell(s, f);
	}
}

/* Not waited for: if the line is lost in a crash, the hunk waits again and the user is asked once more. */
static bool log_accept(struct store *store, struct slice session, struct slice task,
		       const struct slice *ids, size_t n, struct err *err)
{
	/* A task or a rejection of the session may be at work; what is accepted is none of theirs. */
	struct event_log *in_use = event_log_in_use(store, session), *log = in_use;
	struct jw *w;
	bool ok;

	if (!in_use && !event_log_open(store, session, &log, err))
		return false;
	w = event_log_begin(log, "hunk");
	jw_kstr(w, "task", task);
	jw_kcstr(w, "action", "accept");
	jw_karray(w, "hunks");
	for (size_t i = 0; i < n; i++)
		jw_str(w, ids[i]);
	jw_end(w);
	ok = event_log_end(log, err);
	if (ok)
		(void)event_log_sync(log, NULL, NULL);
	if (!in_use)
		event_log_close(log);
	return ok;
}

/* Those of the list that belong to the task of the first one go into *same, the others stay. */
static size_t split_task(const struct hunks *s, struct slice *ids, size_t *n, struct slice *same,
			 struct slice task)
{
	size_t taken = 0, kept = 0;

	for (size_t i = 0; i < *n; i++) {
		struct hunk *h = hunks_find(s, ids[i], NULL);

		if (h && slice_eq_cstr(task, h->task))
			same[taken++] = ids[i];
		else if (h)
			ids[kept++] = ids[i];
	}
	*n = kept;
	return taken;
}

bool hunks_accept(struct hunks *s, struct store *store, const struct slice *ids, size_t n,
		  struct err *err)
{
	struct slice *left, *same, task, session;
	struct arena a;
	bool ok = true;

	arena_init(&a);
	left = arena_array(&a, n + 1, sizeof(*left));
	same = arena_array(&a, n + 1, sizeof(*same));
	for (size_t i = 0; i < n; i++)
		left[i] = arena_dup(&a, ids[i]);
	while (n > 0) {
		struct hunk *h = hunks_find(s, left[0], NULL);
		size_t taken;

		if (h) {
			task = arena_dup(&a, slice_of(h->task));
			session = arena_dup(&a, slice_of(h->session->id));
		} else {
			task = session = SLICE("");
		}
		taken = split_task(s, left, &n, same, task);
		if (taken == 0)
			continue; /* it is gone: *n is less than before */
		if (log_accept(store, session, task, same, taken, ok ? err : NULL))
			hunks_remove(s, same, taken);
		else
			ok = false;
	}
	arena_release(&a);
	return ok;
}
