/* calls.c - see calls.h for the machine
 *
 * The workspace may be open in several faces; the first that takes calls is used, and kept as long
 * as it is there. A call is never sent twice: if the face ends, nobody knows whether it was made.
 */
#include "agent/peers/calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/peers/folder.h"
#include "agent/peers/link.h"
#include "protocol/base/limits.h"
#include "protocol/base/list.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* A call goes on with the log of an earlier one, which the face reads as a whole to begin. */
enum { SESSION_CALLS = 32 /* of one session: each call reads its log anew */ };

struct calls {
	enum calls_state state;
	struct calls_options o;
	char *root, *folder, *workspace;
	struct arena arena; /* of what was found */
	struct found_face *found;
	size_t n_found, next;
	struct link *to;	/* ASKING, THERE */
	struct rpc_call *asked; /* ASKING */
	struct list made;	/* calls under way */
	struct list idle;	/* sessions that no call is in */
	uv_work_t work;
	uv_fs_event_t watch;
	struct job job; /* changed() is due */
	bool working, again, closed;
	int open; /* handles */
};

/* The log that calls of ours go into, by its name in the face. id "": a new one. */
struct session {
	struct list link;
	unsigned calls;
	char id[64];
};

/* Owned by the caller until done(), or calls_drop(). */
struct calls_call {
	struct list link;
	struct calls *calls;
	struct rpc_call *call;
	struct session *session;
	calls_cb *done;
	void *payload;
};

const struct peer_call *peer_call_find(struct slice tool)
{
	static const struct peer_call all[] = {
		{ "read_file", "read", "path", true },
		{ "search", "search", "pattern", true },
		{ "diagnostics", "problems in", "path", true },
		{ "edit_file", "edit", "path", false },
		{ "write_file", "write", "path", false },
		{ "run_command", "run", "command", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (slice_eq_cstr(tool, all[i].tool))
			return &all[i];
	return NULL;
}

static void look(struct calls *c);
static void ask_next(struct calls *c);

/* changed() comes from the loop; NOBODY looks again at once if something changed while it was
 * looking. */
static void calls_goto(struct calls *c, enum calls_state next)
{
	static const char *const name[] = { "looking", "asking", "nobody", "there" };

	log_debug("calls: %s -> %s", name[c->state], name[next]);
	c->state = next;
	if (next == CALLS_NOBODY || next == CALLS_THERE)
		runq_post(c->o.runq, &c->job);
	if (next == CALLS_NOBODY && c->again)
		look(c);
}

static void on_job(struct job *j)
{
	struct calls *c = container_of(j, struct calls, job);

	if (c->state == CALLS_NOBODY || c->state == CALLS_THERE)
		c->o.changed(c->o.payload, c->state);
}

static void calls_free(struct calls *c)
{
	if (c->open > 0 || c->working)
		return;
	LIST_EACH (it, tmp, &c->idle)
		free(container_of(it, struct session, link));
	arena_release(&c->arena);
	free(c->root);
	free(c->folder);
	free(c->workspace);
	free(c);
}

/* --- the face --- */

static void on_closed(void *owner, struct link *l, const struct err *why)
{
	struct calls *c = owner;

	(void)l, (void)why; /* each call has got its answer */
	c->to = NULL;
	if (c->state == CALLS_THERE)
		look(c);
	else if (c->state == CALLS_ASKING)
		ask_next(c);
}

static void on_offer(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct calls *c = payload;
	struct slice workspace;

	c->asked = NULL;
	if (err || !json_str(json_get(reply->result, "workspace"), reply->arena, &workspace)) {
		log_debug("calls: %s", err ? err->msg : "no workspace");
		if (err && err->code == ERR_IO)
			return; /* on_closed() comes */
		link_close(c->to);
		c->to = NULL;
		ask_next(c);
		return;
	}
	free(c->workspace);
	c->workspace = xslicedup(workspace);
	calls_goto(c, CALLS_THERE);
}

struct covers {
	struct slice root;
	bool yes;
};

static void look_at(void *payload, enum face_line kind, struct slice path)
{
	struct covers *v = payload;

	v->yes = v->yes || (kind == FACE_ROOT && path_below(path, v->root));
}

/* Only the face knows whether it takes calls. */
static void ask(struct calls *c, const struct found_face *f)
{
	static const struct link_ops ops = { .closed = on_closed };
	char path[256];
	struct conn *conn;
	struct jw *w;

	(void)snprintf(path, sizeof(path), "%s/%s", c->folder, f->name);
	c->to = link_connect(c->o.loop, c->o.runq, path, &ops, c);
	conn = link_conn(c->to);
	w = conn_call_begin(conn, PEER_CALLS);
	jw_object(w);
	jw_kcstr(w, "root", c->root);
	jw_end(w);
	c->asked = conn_call_end(conn, uv_now(c->o.loop) + LIMIT_PEER_MS, on_offer, c);
}

static void ask_next(struct calls *c)
{
	while (c->next < c->n_found) {
		const struct found_face *f = &c->found[c->next++];
		struct covers v = { .root = slice_of(c->root) };

		peers_each_line(f->list, look_at, &v);
		if (v.yes) {
			ask(c, f);
			return;
		}
	}
	calls_goto(c, CALLS_NOBODY);
}

/* --- looking --- */

static void scan(uv_work_t *w)
{
	struct calls *c = w->data;

	c->n_found = peers_scan(&c->arena, c->folder, "", &c->found);
}

static void scanned(uv_work_t *w, int status)
{
	struct calls *c = w->data;

	(void)status;
	c->working = false;
	if (c->closed) {
		calls_free(c);
		return;
	}
	c->next = 0;
	calls_goto(c, CALLS_ASKING);
	ask_next(c);
}

/* { The folder is read in a thread, as peers_scan() blocks. c->again is cleared first: what changes
 * from now on is seen, or makes us look again. */
static void look(struct calls *c)
{
	c->again = false;
	calls_goto(c, CALLS_LOOKING);
	arena_release(&c->arena);
	arena_init(&c->arena);
	c->work.data = c;
	c->working = uv_queue_work(c->o.loop, &c->work, scan, scanned) == 0;
	if (!c->working)
		calls_goto(c, CALLS_NOBODY);
}

/* A face has come or gone, or says of itself something else. As long as ours is there, that is nothing. */
static void on_change(uv_fs_event_t *h, const char *name, int events, int status)
{
	struct calls *c = h->data;

	(void)name, (void)events, (void)status;
	if (c->state == CALLS_NOBODY)
		look(c);
	else if (c->state != CALLS_THERE)
		c->again = true;
}

static void on_handle_closed(uv_handle_t *h)
{
	struct calls *c = h->data;

	c->open--;
	calls_free(c);
}

struct calls *calls_open(const struct calls_options *o)
{
	struct calls *c = xcalloc(1, sizeof(*c));
	struct slice folder;
	struct err err;
	struct arena a;

	c->o = *o;
	c->root = xslicedup(o->root);
	c->workspace = xstrdup("");
	c->o.root = slice_of(c->root);
	c->state = CALLS_NOBODY;
	c->open = 1;
	list_init(&c->made);
	list_init(&c->idle);
	job_init(&c->job, on_job);
	arena_init(&c->arena);
	(void)uv_fs_event_init(o->loop, &c->watch);
	c->watch.data = c;
	arena_init(&a);
	if (peers_folder(&a, &folder, &err)) {
		c->folder = xslicedup(folder);
		if (uv_fs_event_start(&c->watch, on_change, c->folder, 0) < 0)
			log_warn("%s cannot be watched: an editor that starts is not seen",
				 c->folder);
		look(c);
	} else {
		log_warn("%s", err.msg);
		calls_goto(c, CALLS_NOBODY);
	}
	arena_release(&a);
	uv_unref((uv_handle_t *)&c->watch);
	return c;
}

enum calls_state calls_state(const struct calls *c)
{
	return c->state;
}

struct slice calls_workspace(const struct calls *c)
{
	return slice_of(c->workspace);
}

void calls_close(struct calls *c)
{
	if (!c || c->closed)
		return;
	c->closed = true;
	job_drop(&c->job);
	if (c->asked)
		conn_call_drop(c->asked);
	link_close(c->to);
	uv_close((uv_handle_t *)&c->watch, on_handle_closed);
}

/* --- calling --- */

/* One call at a time goes on with a session: its log has one writer. */
static struct session *session_take(struct calls *c)
{
	struct session *s = NULL;

	if (!list_empty(&c->idle)) {
		s = container_of(c->idle.next, struct session, link);
		list_remove(&s->link);
	}
	return s ? s : xcalloc(1, sizeof(*s));
}

static void session_give(struct calls *c, struct session *s, struct slice id)
{
	s->calls++;
	if (id.len == 0 || id.len >= sizeof(s->id) || s->calls >= SESSION_CALLS) {
		free(s);
		return;
	}
	(void)snprintf(s->id, sizeof(s->id), "%.*s", SLICE_ARG(id));
	list_append(&c->idle, &s->link);
}

static void call_free(struct calls_call *call, struct slice session)
{
	list_remove(&call->link);
	session_give(call->calls, call->session, session);
	free(call);
}

static void on_called(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct calls_call *call = payload;
	calls_cb *done = call->done;
	struct json ok = json_get(reply->result, "ok");
	struct slice text = SLICE(""), session = SLICE("");

	payload = call->payload;
	if (!err) {
		text = json_str_or(json_get(reply->result, "text"), reply->arena, "");
		session = json_str_or(json_get(reply->result, "session"), reply->arena, "");
	}
	call_free(call, session);
	done(payload, json_bool_or(ok, false), text, err);
}

struct calls_call *calls_make(struct calls *c, const char *tool, struct slice input,
			      struct slice client, calls_cb *done, void *payload)
{
	struct calls_call *call = xcalloc(1, sizeof(*call));
	struct conn *conn = link_conn(c->to);
	struct jw *w = conn_call_begin(conn, PEER_CALL);

	call->calls = c;
	call->session = session_take(c);
	call->done = done;
	call->payload = payload;
	list_append(&c->made, &call->link);
	jw_object(w);
	jw_kcstr(w, "root", c->root);
	jw_kcstr(w, "tool", tool);
	jw_kraw(w, "input", input);
	jw_kstr(w, "client", client);
	jw_kcstr(w, "session", call->session->id);
	jw_end(w);
	/* As long as it takes: a person may have to answer first. */
	call->call = conn_call_end(conn, UINT64_MAX, on_called, call);
	return call;
}

/* The face ends the task that it began for the call, when it hears the cancellation. */
void calls_drop(struct calls_call *call)
{
	if (!call)
		return;
	conn_call_drop(call->call);
	call_free(call, SLICE("")); /* the session's task may not have ended yet */
}
