/* history.c - see history.h */
#include "agent/change/history.h"

#include "agent/store/event_log.h"

enum { MAX_SESSIONS = 1000 };

struct reader {
	struct arena *a;
	struct history *h;
};

static struct slice text_of(struct reader *r, struct json ev, const char *key)
{
	return arena_dup(r->a, json_str_or(json_get(ev, key), r->a, ""));
}

static const struct slice *hunks_of(struct reader *r, struct json ev, size_t *n)
{
	struct json list = json_get(ev, "hunks");
	struct slice *ids = arena_array(r->a, json_len(list) + 1, sizeof(*ids));

	*n = 0;
	for (struct json_iter it = json_iter(list); json_next(&it);)
		ids[(*n)++] = arena_dup(r->a, json_str_or(it.value, r->a, ""));
	return ids;
}

static void add_accepted(struct reader *r, struct json ev)
{
	struct history *h = r->h;
	size_t n;
	const struct slice *ids = hunks_of(r, ev, &n);

	if (h->n_accepted + n > h->cap_accepted) {
		size_t cap = 2 * (h->n_accepted + n);
		struct slice *bigger = arena_array(r->a, cap, sizeof(*bigger));

		if (h->n_accepted)
			memcpy(bigger, h->accepted, h->n_accepted * sizeof(*bigger));
		h->accepted = bigger;
		h->cap_accepted = cap;
	}
	for (size_t i = 0; i < n; i++)
		h->accepted[h->n_accepted++] = ids[i];
}

static void add(struct reader *r, struct json ev)
{
	struct history *h = r->h;

	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 32;
		struct past_edit *bigger = arena_array(r->a, cap, sizeof(*bigger));

		if (h->n)
			memcpy(bigger, h->edits, h->n * sizeof(*bigger));
		h->edits = bigger;
		h->cap = cap;
	}
	h->edits[h->n++] = (struct past_edit){ .task = text_of(r, ev, "task"),
					       .path = text_of(r, ev, "path"),
					       .step = json_i64_or(json_get(ev, "step"), 0),
					       .before = text_of(r, ev, "before"),
					       .mode = (uint32_t)json_i64_or(
						       json_get(ev, "mode"), 0),
					       .after = text_of(r, ev, "after"),
					       .entry = restore_entry_read(ev) };
	h->edits[h->n - 1].hunks = hunks_of(r, ev, &h->edits[h->n - 1].n_hunks);
	h->last_task = h->edits[h->n - 1].task;
}

static struct past_edit *find(struct reader *r, struct json ev)
{
	struct slice task = json_str_or(json_get(ev, "task"), r->a, "");
	int64_t step = json_i64_or(json_get(ev, "step"), -1);

	for (size_t i = r->h->n; i-- > 0;)
		if (r->h->edits[i].step == step && slice_eq(r->h->edits[i].task, task))
			return &r->h->edits[i];
	return NULL;
}

static bool take(void *payload, struct json ev, struct err *err)
{
	struct reader *r = payload;
	struct json type = json_get(ev, "type");
	bool ok = json_bool_or(json_get(ev, "ok"), false);
	struct past_edit *e;

	(void)err;
	if (json_is(type, "session"))
		r->h->workspace = text_of(r, ev, "workspace");
	else if (json_is(type, "edit"))
		add(r, ev);
	else if (json_is(type, "hunk"))
		add_accepted(r, ev);
	else if (json_is(type, "edited") && (e = find(r, ev))) {
		e->made = ok;
		e->unknown = !ok && json_bool_or(json_get(ev, "unknown"), false);
		e->failed = !ok && !e->unknown;
	} else if (json_is(type, "undo") && ok && (e = find(r, ev)))
		e->undone = !json_bool_or(json_get(ev, "redo"), false);
	return true;
}

bool history_read(struct arena *a, struct slice state_dir, struct slice session,
		  struct history *out, struct err *err)
{
	struct reader r = { a, out };

	*out = (struct history){ .session = arena_dup(a, session),
				 .workspace = SLICE(""),
				 .last_task = SLICE("") };
	return event_log_read(state_dir, session, take, &r, err);
}

static bool holds(const struct history *h, struct slice task)
{
	if (task.len == 0)
		return h->n > 0;
	for (size_t i = 0; i < h->n; i++)
		if (slice_eq(h->edits[i].task, task))
			return true;
	return false;
}

bool history_find(struct arena *a, struct slice state_dir, struct slice workspace,
		  struct slice task, struct history *out, struct err *err)
{
	struct slice *ids = arena_array(a, MAX_SESSIONS, sizeof(*ids));
	size_t n = session_list(state_dir, a, ids, MAX_SESSIONS);
	struct err ignored;

	for (size_t i = 0; i < n; i++) /* newest first; a damaged log does not hide the others */
		if (history_read(a, state_dir, ids[i], out, &ignored) &&
		    slice_eq(out->workspace, workspace) && holds(out, task))
			return true;
	if (task.len > 0)
		return err_set(
			err, ERR_NOT_FOUND,
			"no task %.*s changed files in %.*s; `emend sessions` lists what there is",
			SLICE_ARG(task), SLICE_ARG(workspace));
	return err_set(err, ERR_NOT_FOUND, "no task has changed files in %.*s yet",
		       SLICE_ARG(workspace));
}
