/* remote.c - see remote.h for the machine
 *
 * Everything that is found lives in one arena, which goes with remote_close(): the list of tasks is
 * a picture of one moment, and not kept up to date. */
#include "agent/peers/remote.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/peers/folder.h"
#include "agent/peers/link.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum remote_state { REMOTE_LOOKING, REMOTE_ASKING, REMOTE_KNOWN };

/* In the arena of its remote. `to` is ours to close. */
struct remote_face {
	struct list link;
	struct remote *remote;
	struct link *to;	/* NULL: it has gone */
	struct rpc_call *asked; /* what tasks it has; NULL: it has said so */
};

struct remote {
	enum remote_state state;
	struct remote_options o; /* root and own: of ours */
	struct arena arena;
	char *folder;
	uv_work_t work;
	bool working, closed;
	struct found_face *found;
	size_t n_found;
	struct list faces;
	struct remote_task *tasks;
	size_t n, cap;
	struct list calls; /* under way */
	struct job job;
};

struct remote_call {
	struct list link;
	struct rpc_call *call;
	rpc_done_cb *done;
	void *payload;
};

static void remote_goto(struct remote *r, enum remote_state next)
{
	static const char *const name[] = { "looking", "asking", "known" };

	log_debug("remote: %s -> %s", name[r->state], name[next]);
	r->state = next;
}

static void remote_free(struct remote *r)
{
	free(r->folder);
	arena_release(&r->arena);
	free(r);
}

static bool related(struct slice root, struct slice path)
{
	return path_below(root, path) || path_below(path, root);
}

/* --- what they say --- */

static struct slice text_of(struct remote *r, struct json v, const char *key, struct arena *a)
{
	return arena_dup(&r->arena, json_str_or(json_get(v, key), a, ""));
}

/* The old array stays in the arena: so a pointer that somebody holds is never dangling, only old.
 */
static struct remote_task *add(struct remote *r)
{
	struct remote_task *more;

	if (r->n == r->cap) {
		r->cap = 2 * r->cap + 8;
		more = arena_array(&r->arena, r->cap, sizeof(*more));
		if (r->n > 0)
			memcpy(more, r->tasks, r->n * sizeof(*more));
		r->tasks = more;
	}
	return &r->tasks[r->n++];
}

/* A face may list a task of a folder that does not concern us: its list names only that it has
 * some. */
static void take(struct remote_face *f, struct json v, struct arena *a)
{
	struct remote *r = f->remote;
	struct json queue = json_get(v, "queue");
	struct slice *texts, workspace = text_of(r, v, "workspace", a);
	struct remote_task *t;

	if (!related(r->o.root, workspace))
		return;
	texts = arena_array(&r->arena, json_len(queue) + 1, sizeof(*texts));
	t = add(r);
	*t = (struct remote_task){ .id = text_of(r, v, "task", a),
				   .session = text_of(r, v, "session", a),
				   .title = text_of(r, v, "title", a),
				   .workspace = workspace,
				   .model = text_of(r, v, "model", a),
				   .mode = text_of(r, v, "mode", a),
				   .face = text_of(r, v, "face", a),
				   .state = text_of(r, v, "state", a),
				   .doing = text_of(r, v, "doing", a),
				   .queue = texts,
				   .from = f };
	(void)!json_f64(json_get(v, "usd"), &t->usd);
	(void)!json_f64(json_get(v, "seconds"), &t->seconds);
	for (struct json_iter it = json_iter(queue); json_next(&it);)
		texts[t->n_queue++] = arena_dup(&r->arena, json_str_or(it.value, a, ""));
}

static void on_tasks(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct remote_face *f = payload;
	struct json tasks = json_get(reply->result, "tasks");

	f->asked = NULL;
	if (err)
		log_debug("remote: %s", err->msg);
	else
		for (struct json_iter it = json_iter(tasks); json_next(&it);)
			take(f, it.value, reply->arena);
	runq_post(f->remote->o.runq, &f->remote->job);
}

static void on_closed(void *owner, struct link *l, const struct err *why)
{
	struct remote_face *f = owner;

	(void)l, (void)why; /* each call has got its answer */
	f->to = NULL;
}

static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	struct remote_face *f = owner;

	if (f->remote->o.notified)
		f->remote->o.notified(f->remote->o.payload, method, params, a);
}

static const struct link_ops ops = { .notification = on_notification, .closed = on_closed };

static void ask(struct remote *r, const struct found_face *found)
{
	struct remote_face *f = arena_alloc(&r->arena, sizeof(*f));
	char path[256];

	f->remote = r;
	list_append(&r->faces, &f->link);
	(void)snprintf(path, sizeof(path), "%s/%s", r->folder, found->name);
	f->to = link_connect(r->o.loop, r->o.runq, path, &ops, f);
	f->asked = conn_call(link_conn(f->to), "tasks", SLICE("{}"),
			     uv_now(r->o.loop) + LIMIT_PEER_MS, on_tasks, f);
}

/* --- looking --- */

struct look_for {
	struct slice root;
	bool found;
};

static void look_at(void *payload, enum face_line kind, struct slice path)
{
	struct look_for *l = payload;

	l->found = l->found || (kind == FACE_TASK && related(l->root, path));
}

static void look(uv_work_t *w)
{
	struct remote *r = w->data;

	r->n_found = peers_scan(&r->arena, r->folder, r->o.own, &r->found);
}

static void looked(uv_work_t *w, int status)
{
	struct remote *r = w->data;

	(void)status;
	r->working = false;
	if (r->closed) {
		remote_free(r);
		return;
	}
	remote_goto(r, REMOTE_ASKING);
	for (size_t i = 0; i < r->n_found; i++) {
		struct look_for l = { .root = r->o.root };

		peers_each_line(r->found[i].list, look_at, &l);
		if (l.found)
			ask(r, &r->found[i]);
	}
	runq_post(r->o.runq, &r->job);
}

/* Only when each face that was asked has answered, or has run into its time. */
static void on_job(struct job *j)
{
	struct remote *r = container_of(j, struct remote, job);

	if (r->state != REMOTE_ASKING)
		return;
	LIST_EACH (it, tmp, &r->faces)
		if (container_of(it, struct remote_face, link)->asked)
			return;
	remote_goto(r, REMOTE_KNOWN);
	r->o.done(r->o.payload, r);
}

struct remote *remote_find(const struct remote_options *o)
{
	struct remote *r = xcalloc(1, sizeof(*r));
	struct slice folder;
	struct err err;

	arena_init(&r->arena);
	list_init(&r->faces);
	list_init(&r->calls);
	job_init(&r->job, on_job);
	r->o = *o;
	r->o.root = arena_dup(&r->arena, o->root);
	r->o.own = arena_cstr(&r->arena, slice_of(o->own));
	r->work.data = r;
	if (peers_folder(&r->arena, &folder, &err)) {
		r->folder = xslicedup(folder);
		r->working = uv_queue_work(o->loop, &r->work, look, looked) == 0;
	} else {
		log_warn("%s", err.msg);
	}
	if (!r->working) { /* then there is nobody */
		remote_goto(r, REMOTE_ASKING);
		runq_post(o->runq, &r->job);
	}
	return r;
}

static void call_free(struct remote_call *call)
{
	list_remove(&call->link);
	free(call);
}

void remote_close(struct remote *r)
{
	if (!r)
		return;
	r->closed = true;
	job_drop(&r->job);
	LIST_EACH (it, tmp, &r->calls) {
		struct remote_call *call = container_of(it, struct remote_call, link);

		conn_call_drop(call->call);
		call_free(call);
	}
	LIST_EACH (it, tmp, &r->faces) {
		struct remote_face *f = container_of(it, struct remote_face, link);

		if (f->asked)
			conn_call_drop(f->asked);
		link_close(f->to);
	}
	if (!r->working)
		remote_free(r);
}

/* --- one of them --- */

const struct remote_task *remote_tasks(const struct remote *r, size_t *n)
{
	*n = r->n;
	return r->tasks;
}

bool remote_pick(const struct remote *r, struct slice id, const struct remote_task **out,
		 struct err *err)
{
	char names[200] = "";
	size_t found = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct remote_task *t = &r->tasks[i];

		if (!slice_starts(t->id, id))
			continue;
		*out = t;
		if (slice_eq(t->id, id))
			return true;
		(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%.*s",
			       found++ ? ", " : "", SLICE_ARG(t->id));
	}
	if (found == 1)
		return true;
	if (found > 1)
		return err_set(
			err, ERR_NOT_FOUND,
			"More than one task is running here: %s. Name the one that is meant; "
			"`emend tasks` says what each does.",
			names);
	if (id.len > 0)
		return err_set(err, ERR_NOT_FOUND,
			       "No task %.*s is running here; `emend tasks` lists those that are.",
			       SLICE_ARG(slice_sub(id, 0, 40)));
	return err_set(err, ERR_NOT_FOUND, "No task is running in this folder.");
}

struct jw *remote_call_begin(struct remote *r, const struct remote_task *t, const char *method)
{
	struct jw *w;

	(void)r;
	if (!t->from->to)
		return NULL;
	w = conn_call_begin(link_conn(t->from->to), method);
	jw_object(w);
	jw_kstr(w, "task", t->id);
	return w;
}

static void call_done(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct remote_call *call = payload;
	rpc_done_cb *done = call->done;

	payload = call->payload;
	call_free(call);
	done(payload, reply, err);
}

void remote_call_end(struct remote *r, const struct remote_task *t, uint64_t wait_ms,
		     rpc_done_cb *done, void *payload)
{
	struct remote_call *call = xcalloc(1, sizeof(*call));
	struct conn *c = link_conn(t->from->to);

	call->done = done;
	call->payload = payload;
	list_append(&r->calls, &call->link);
	jw_end(&c->writer);
	call->call = conn_call_end(c, wait_ms ? uv_now(r->o.loop) + wait_ms : UINT64_MAX, call_done,
				   call);
}
