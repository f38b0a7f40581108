/* history.c - see history.h. One pass over the log: `edit` adds an element, and the events behind it
 * (`edited`, `undo`) find theirs by task and step in a map. Events of unknown types are skipped, so that
 * logs of a newer version can be read. */
#include "agent/change/history.h"

#include "agent/store/event_log.h"
#include "protocol/base/map.h"

/* Of a workspace's sessions the newest so many are looked through for a task. */
enum { MAX_SESSIONS = 1000 };

struct reader {
	struct arena *a;
	struct history *h;
	struct map steps; /* "TASK STEP" -> the index of its edit, plus 1 */
	struct map paths; /* the same for the last edit of a path so far */
};

/* The maps hold indexes, as the array of edits moves when it grows. 0 is no pointer, so they begin at 1. */
static void *to_pointer(size_t i)
{
	return (void *)(uintptr_t)(i + 1);
}

static size_t to_index(void *p)
{
	return (size_t)(uintptr_t)p - 1; /* SIZE_MAX: absent */
}

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

static struct slice step_key(struct arena *a, struct slice task, int64_t step)
{
	return arena_printf(a, "%.*s %lld", SLICE_ARG(task), (long long)step);
}

/* With prev and next each path has its chain: follow_made() goes along it. */
static void add(struct reader *r, struct json ev)
{
	struct history *h = r->h;
	struct past_edit *e;

	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 32;
		struct past_edit *bigger = arena_array(r->a, cap, sizeof(*bigger));

		if (h->n)
			memcpy(bigger, h->edits, h->n * sizeof(*bigger));
		h->edits = bigger;
		h->cap = cap;
	}
	e = &h->edits[h->n];
	*e = (struct past_edit){ .task = text_of(r, ev, "task"),
				 .path = text_of(r, ev, "path"),
				 .step = json_i64_or(json_get(ev, "step"), 0),
				 .before = text_of(r, ev, "before"),
				 .mode = (uint32_t)json_i64_or(json_get(ev, "mode"), 0),
				 .after = text_of(r, ev, "after"),
				 .folders = (uint32_t)json_i64_or(json_get(ev, "folders"), 0),
				 .entry = restore_entry_read(ev),
				 .next = SIZE_MAX };
	e->hunks = hunks_of(r, ev, &e->n_hunks);
	h->last_task = e->task;
	e->prev = to_index(map_put(&r->paths, e->path, to_pointer(h->n)));
	if (e->prev != SIZE_MAX)
		h->edits[e->prev].next = h->n;
	(void)map_put(&r->steps, step_key(r->a, e->task, e->step), to_pointer(h->n++));
}

static void add_task(struct reader *r, struct json ev)
{
	struct history *h = r->h;

	if (h->n_tasks == h->cap_tasks) {
		size_t cap = h->cap_tasks ? h->cap_tasks * 2 : 8;
		struct past_task *bigger = arena_array(r->a, cap, sizeof(*bigger));

		if (h->n_tasks)
			memcpy(bigger, h->tasks, h->n_tasks * sizeof(*bigger));
		h->tasks = bigger;
		h->cap_tasks = cap;
	}
	h->tasks[h->n_tasks++] =
		(struct past_task){ text_of(r, ev, "task"), text_of(r, ev, "title"),
				    text_of(r, ev, "time") };
}

static void take_undoing(struct reader *r, struct json ev)
{
	struct json rewind = json_get(ev, "rewind");

	r->h->undo = (struct past_undo){
		.open = true,
		.task = text_of(r, ev, "task"),
		.only = json_i64_or(json_get(ev, "only"), -1),
		.redo = json_bool_or(json_get(ev, "redo"), false),
		.rewinds = json_type(rewind) == JSON_OBJECT,
		.rewind = { json_i64_or(json_get(rewind, "to"), 0),
			    json_i64_or(json_get(rewind, "above"), 0),
			    json_i64_or(json_get(rewind, "upto"), 0) },
	};
}

/* The session goes on from where it was rewound to: what lay ahead is left behind for good. */
static void go_on(struct history *h)
{
	for (size_t i = h->n; i-- > 0;)
		h->edits[i].rewound = false;
}

static void take_undo(struct past_edit *e, struct json ev)
{
	e->undone = !json_bool_or(json_get(ev, "redo"), false);
	e->rewound = e->undone && json_bool_or(json_get(ev, "rewind"), false);
	e->absent = e->undone && json_bool_or(json_get(ev, "absent"), false);
}

static struct past_edit *find(struct reader *r, struct json ev)
{
	struct slice task = json_str_or(json_get(ev, "task"), r->a, "");
	int64_t step = json_i64_or(json_get(ev, "step"), -1);
	size_t i = to_index(map_get(&r->steps, step_key(r->a, task, step)));

	return i == SIZE_MAX ? NULL : &r->h->edits[i];
}

/* The events that matter here, one by one; the reader gives them in the order in which they were logged. An
 * `undo` with ok false (the step was refused) changes nothing. */
static bool take(void *payload, struct json ev, struct err *err)
{
	struct reader *r = payload;
	struct json type = json_get(ev, "type");
	bool ok = json_bool_or(json_get(ev, "ok"), false);
	struct past_edit *e;

	(void)err;
	r->h->lines++;
	if (json_is(type, "session"))
		r->h->workspace = text_of(r, ev, "workspace");
	else if (json_is(type, "edit"))
		add(r, ev);
	else if (json_is(type, "task"))
		add_task(r, ev);
	else if (json_is(type, "assistant") && r->h->undo.rewinds)
		go_on(r->h);
	else if (json_is(type, "hunk"))
		add_accepted(r, ev);
	else if (json_is(type, "undoing"))
		take_undoing(r, ev);
	else if (json_is(type, "undone"))
		r->h->undo.open = false;
	else if (json_is(type, "edited") && (e = find(r, ev))) {
		e->made = ok;
		e->unknown = !ok && json_bool_or(json_get(ev, "unknown"), false);
		e->failed = !ok && !e->unknown;
	} else if (json_is(type, "undo") && ok && (e = find(r, ev)))
		take_undo(e, ev);
	return true;
}

bool history_read(struct arena *a, struct slice state_dir, struct slice session,
		  struct history *out, struct err *err)
{
	struct reader r = { .a = a, .h = out };
	bool ok;

	*out = (struct history){ .session = arena_dup(a, session),
				 .workspace = SLICE(""),
				 .last_task = SLICE("") };
	map_init(&r.steps, 0);
	map_init(&r.paths, 0);
	ok = event_log_read(state_dir, session, take, &r, err);
	map_release(&r.steps);
	map_release(&r.paths);
	return ok;
}

static bool holds(const struct history *h, struct slice task)
{
	if (task.len == 0 || slice_eq(h->session, task))
		return h->n > 0;
	for (size_t i = 0; i < h->n; i++)
		if (slice_eq(h->edits[i].task, task))
			return true;
	return false;
}

/* Not stepped over: what an older session holds is not what the user means by "undo". */
static bool damaged(struct err *err, const struct history *h, struct slice task)
{
	if (task.len > 0)
		return err_set(
			err, ERR_INVALID,
			"session %.*s, which holds task %.*s, is damaged from line %zu; nothing "
			"was changed. `emend audit verify` says more",
			SLICE_ARG(h->session), SLICE_ARG(task), h->lines + 1);
	return err_set(
		err, ERR_INVALID,
		"the newest session %.*s is damaged from line %zu, and an older one would be "
		"a guess. Name the task that you mean: `emend sessions` lists them",
		SLICE_ARG(h->session), h->lines + 1);
}

/* broken: a damaged session that has the name in it, but no such task in what can be read. */
static bool not_found(struct err *err, struct slice workspace, struct slice task,
		      struct slice broken)
{
	if (task.len == 0)
		return err_set(err, ERR_NOT_FOUND, "No task has changed files in %.*s yet.",
			       SLICE_ARG(workspace));
	if (broken.len > 0)
		return err_set(err, ERR_NOT_FOUND,
			       "No task %.*s changed files in %.*s, as far as can be read: session "
			       "%.*s is damaged.",
			       SLICE_ARG(task), SLICE_ARG(workspace), SLICE_ARG(broken));
	return err_set(err, ERR_NOT_FOUND,
		       "No task or session %.*s changed files in %.*s; `emend status` and `emend "
		       "sessions` list what there is.",
		       SLICE_ARG(task), SLICE_ARG(workspace));
}

bool history_find(struct arena *a, struct slice state_dir, struct slice workspace,
		  struct slice task, struct history *out, struct err *err)
{
	struct slice *ids = arena_array(a, MAX_SESSIONS, sizeof(*ids)), broken = SLICE("");
	size_t n = session_list(state_dir, a, ids, MAX_SESSIONS);

	for (size_t i = 0; i < n; i++) { /* newest first */
		struct err why = { 0 };
		bool ok, ours;

		if (session_is_elsewhere(state_dir, ids[i], workspace) ||
		    (task.len > 0 && !slice_eq(ids[i], task) &&
		     !session_mentions(state_dir, ids[i], task)))
			continue;
		ok = history_read(a, state_dir, ids[i], out, &why);
		/* The first line names the workspace: where it cannot be read, it may be this one. */
		ours = slice_eq(out->workspace, workspace) || (!ok && out->lines == 0);
		if (!ours || (!ok && why.code == ERR_NOT_FOUND))
			continue;
		if (ok && holds(out, task))
			return true;
		if (!ok && (task.len == 0 || holds(out, task)))
			return damaged(err, out, task);
		if (!ok)
			broken = out->session;
	}
	return not_found(err, workspace, task, broken);
}
