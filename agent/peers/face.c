/* face.c - see face.h
 *
 * The machine of a connection is link.c's. A text is sent once to each connection: `sent` holds
 * what the other end has, by stamp; it is forgotten with the connection. Edits outlive it: an
 * editor that was asked for one makes it, whoever still wants to know. The list beside the socket
 * is written once for all that changed in a round of the loop. */
#include "agent/peers/face.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/path.h"
#include "agent/base/sha256.h"
#include "agent/peers/folder.h"
#include "agent/peers/link.h"
#include "protocol/base/limits.h"
#include "protocol/base/list.h"
#include "protocol/base/log.h"
#include "protocol/base/map.h"
#include "protocol/base/mem.h"

/* Some bytes less than a message, for what stands around the result. To forget too early only sends a text twice. */
enum { ANSWER_MAX_BYTES = LIMIT_MESSAGE_BYTES - 4096 };

/* Owned by whoever opened it, until face_close(); then by the loop, until the listener is closed. */
struct face {
	struct face_options o;
	uv_pipe_t listener;
	char *folder;
	char name[FACE_NAME_MAX];
	struct list served; /* connections */
	size_t n_served;
	struct list orphans; /* edits whose connection has gone */
	uint64_t stamps;
	struct job job; /* the list is to be written */
	bool listed;	/* its list was written once */
	bool closing;
};

/* What a connection was sent last of one buffer.
 * A reference to the text, so that the same snapshot is known by its address. stamp 0: not sent
 * yet. */
struct sent {
	struct snapshot *text;
	uint64_t stamp;
};

/* Freed in on_closed(), or by face_close(). Its edits go to the face's orphans. */
struct served {
	struct list link;
	struct face *face;
	struct link *to;
	struct map sent;   /* path -> struct sent */
	struct list edits; /* under way */
};

/* --- buffers --- */

static struct sent *sent_put(struct served *s, struct slice path, struct snapshot *text)
{
	struct sent *e = map_get(&s->sent, path);

	if (!e) {
		e = xcalloc(1, sizeof(*e));
		(void)map_put(&s->sent, path, e);
	}
	if (e->text != text) {
		snapshot_unref(e->text);
		e->text = snapshot_ref(text);
		e->stamp = 0;
	}
	return e;
}

struct answer {
	struct served *to;
	struct jw *w;
};

static void write_buffer(void *payload, struct slice path, struct snapshot *text)
{
	struct answer *a = payload;
	struct sent *e;

	jw_object(a->w);
	jw_kstr(a->w, "path", path);
	if (text) {
		e = sent_put(a->to, path, text);
		if (e->stamp == 0) {
			e->stamp = ++a->to->face->stamps;
			jw_kstr(a->w, "text", snapshot_text(text));
		}
		jw_ki64(a->w, "stamp", (int64_t)e->stamp);
	} else {
		jw_kbool(a->w, "lost", true);
	}
	jw_end(a->w);
}

/* If the answer would be too large it becomes an error (conn_result_end), and what was marked as sent was
 * not: it is forgotten, so that a later question for one path gets its text. */
static void forget_sent(struct served *s)
{
	struct slice key;
	void *value;
	size_t at = 0;

	while (map_next(&s->sent, &at, &key, &value)) {
		struct sent *e = value;

		snapshot_unref(e->text);
		free(e);
	}
	map_release(&s->sent);
	map_init(&s->sent, s->face->stamps);
}

/* Neither of the two parameters is checked against a workspace: whoever may connect is the same
 * user. */
static void on_buffers(struct served *s, struct rpc_request *req)
{
	const struct host *h = &s->face->o.host;
	struct slice root = json_str_or(json_get(req->params, "root"), &req->arena, "");
	struct slice path = json_str_or(json_get(req->params, "path"), &req->arena, "");
	struct jw *w = conn_result_begin(req);
	struct answer a = { s, w };
	size_t before = w->out->len;
	struct snapshot *one;

	jw_object(w);
	jw_karray(w, "open");
	if (h->ops && path.len > 0) {
		one = h->ops->buffer(h->self, path);
		if (one || (h->ops->lost && h->ops->lost(h->self, path)))
			write_buffer(&a, path, one);
		snapshot_unref(one);
	} else if (h->ops && root.len > 0) {
		h->ops->each_buffer(h->self, root, write_buffer, &a);
	}
	jw_end(w);
	jw_end(w);
	if (w->out->full || w->out->len - before > ANSWER_MAX_BYTES)
		forget_sent(s);
	conn_result_end(req);
}

/* --- edits --- */

struct served_edit {
	struct list link; /* of the connection, or of the face's orphans */
	struct served *to;
	struct rpc_request *req; /* NULL: nobody waits for the answer */
	struct host_ask *ask;
	struct snapshot *after;
	char *path;
};

static void edit_free(struct served_edit *e)
{
	list_remove(&e->link);
	snapshot_unref(e->after);
	free(e->path);
	free(e);
}

/* The new text counts as sent: the asker has it, or gets it here where it is not what was meant. */
static void edited(void *payload, struct snapshot *now, const struct err *err)
{
	struct served_edit *e = payload;
	struct sent *sent;
	struct jw *w;

	if (!e->req) {
		edit_free(e);
		return;
	}
	if (err || !now) {
		struct err why = { .code = ERR_NONE };

		(void)err_set(&why, ERR_IO, "The editor closed the document.");
		conn_reply_err(e->req, err ? err : &why);
		edit_free(e);
		return;
	}
	sent = sent_put(e->to, slice_of(e->path), now);
	sent->stamp = ++e->to->face->stamps;
	w = conn_result_begin(e->req);
	jw_object(w);
	jw_ki64(w, "stamp", (int64_t)sent->stamp);
	if (!slice_eq(snapshot_text(now), snapshot_text(e->after)))
		jw_kstr(w, "text", snapshot_text(now));
	jw_end(w);
	conn_result_end(e->req);
	edit_free(e);
}

/* Whoever asked has gone. An edit that an editor was asked for goes on: it cannot be called back. */
static void edit_orphaned(void *payload, struct rpc_request *req)
{
	struct served_edit *e = payload;

	e->req = NULL;
	conn_reply_cancelled(req);
}

/* Sorted, without an overlap, and within the text: what comes from outside is not trusted. */
static bool read_changes(struct arena *a, struct json list, struct slice base,
			 struct text_change **out, size_t *n, struct slice *after)
{
	struct buf b;
	size_t at = 0;

	*n = 0;
	*out = arena_array(a, json_len(list) + 1, sizeof(**out));
	buf_init(&b, LIMIT_DOC_BYTES);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		int64_t start = json_i64_or(json_at(it.value, 0), -1);
		int64_t end = json_i64_or(json_at(it.value, 1), -1);
		struct text_change *c = &(*out)[*n];

		if (start < (int64_t)at || end < start || end > (int64_t)base.len ||
		    !json_str(json_at(it.value, 2), a, &c->text)) {
			buf_release(&b);
			return false;
		}
		c->start = (size_t)start;
		c->end = (size_t)end;
		buf_append(&b, slice_sub(base, at, c->start));
		buf_append(&b, c->text);
		at = c->end;
		(*n)++;
	}
	buf_append(&b, slice_sub(base, at, base.len));
	*after = arena_dup(a, buf_slice(&b));
	if (b.full)
		*n = 0;
	buf_release(&b);
	return *n > 0;
}

/* The host makes the edit as it would for a task of its own, so the same proof holds
 * (agent/host.h). */
static void on_edit(struct served *s, struct rpc_request *req)
{
	const struct host *h = &s->face->o.host;
	struct slice path = json_str_or(json_get(req->params, "path"), &req->arena, "");
	struct sent *sent = map_get(&s->sent, path);
	struct buffer_edit edit = { .path = path };
	struct text_change *changes;
	struct served_edit *e;
	struct err err;

	if (!h->ops || !sent ||
	    json_i64_or(json_get(req->params, "stamp"), 0) != (int64_t)sent->stamp) {
		(void)err_set(&err, ERR_STALE, "The document was changed or closed meanwhile.");
		conn_reply_err(req, &err);
		return;
	}
	edit.base = sent->text;
	edit.label = json_str_or(json_get(req->params, "label"), &req->arena, "Emend");
	if (!read_changes(&req->arena, json_get(req->params, "changes"), snapshot_text(edit.base),
			  &changes, &edit.n_changes, &edit.after)) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "These changes do not fit the text.");
		return;
	}
	edit.changes = changes;
	e = xcalloc(1, sizeof(*e));
	e->to = s;
	e->req = req;
	e->path = xslicedup(path);
	e->after = snapshot_new(edit.after, 0);
	list_append(&s->edits, &e->link);
	conn_keep(req, edit_orphaned, e);
	log_debug("peer: an edit of %s", e->path);
	e->ask = h->ops->edit(h->self, NULL, &edit, edited, e);
}

/* --- connections --- */

static void served_free(struct served *s)
{
	LIST_EACH (it, tmp, &s->edits) {
		struct served_edit *e = container_of(it, struct served_edit, link);

		list_remove(&e->link);
		list_append(&s->face->orphans, &e->link);
		e->to = NULL;
		e->req = NULL;
	}
	list_remove(&s->link);
	s->face->n_served--;
	forget_sent(s);
	map_release(&s->sent);
	free(s);
}

static void on_request(void *owner, struct link *l, struct rpc_request *req)
{
	struct served *s = owner;

	(void)l;
	if (slice_eq_cstr(req->method, "buffers"))
		on_buffers(s, req);
	else if (slice_eq_cstr(req->method, "edit"))
		on_edit(s, req);
	else if (!s->face->o.request || !s->face->o.request(s->face->o.owner, req))
		conn_reply_error(req, RPC_METHOD_NOT_FOUND, "This program does not know %.*s.",
				 SLICE_ARG(req->method));
}

static void on_closed(void *owner, struct link *l, const struct err *why)
{
	(void)l, (void)why;
	served_free(owner);
}

static const struct link_ops served_ops = { .request = on_request, .closed = on_closed };

/* A connection above the limit is taken and closed at once: left alone it would wait in the kernel
 * for ever. */
static void on_connection(uv_stream_t *listener, int status)
{
	struct face *f = listener->data;
	struct served *s;

	if (status < 0 || f->closing)
		return;
	s = xcalloc(1, sizeof(*s));
	s->face = f;
	map_init(&s->sent, f->stamps);
	list_init(&s->edits);
	list_append(&f->served, &s->link);
	f->n_served++;
	s->to = link_accept(listener, f->o.runq, &served_ops, s);
	if (s->to && f->n_served <= LIMIT_PEERS)
		return;
	link_close(s->to);
	served_free(s);
}

/* --- the list beside the socket --- */

/* In the loop: the folder lies in memory, or in /tmp; as for peers.c, a thread cost more. */
static void on_job(struct job *j)
{
	struct face *f = container_of(j, struct face, job);
	struct buf b;
	struct err err;

	buf_init(&b, LIMIT_PEER_LIST_BYTES);
	f->o.list(f->o.owner, &b);
	/* An idle face needs no list. */
	f->listed = f->listed || slice_find(buf_slice(&b), SLICE("open /"), 0) != SIZE_MAX ||
		    slice_find(buf_slice(&b), SLICE("task /"), 0) != SIZE_MAX;
	if (f->listed && !peers_write_list(f->folder, f->name, buf_slice(&b), &err))
		log_warn("%s", err.msg);
	buf_release(&b);
}

void face_changed(struct face *f)
{
	if (f && !f->closing)
		runq_post(f->o.runq, &f->job);
}

/* --- its life --- */

static void on_listener_closed(uv_handle_t *h)
{
	struct face *f = h->data;

	free(f->folder);
	free(f);
}

/* The name is new with each start: a socket that a killed program left behind must not be in the
 * way. */
static bool listen_here(struct face *f, struct err *err)
{
	uint32_t number;
	char path[256];
	int e;

	random_bytes(&number, sizeof(number));
	(void)snprintf(f->name, sizeof(f->name), "%d-%08x", (int)getpid(), number);
	(void)snprintf(path, sizeof(path), "%s/%s", f->folder, f->name);
	e = uv_pipe_bind(&f->listener, path);
	if (e == 0)
		e = uv_listen((uv_stream_t *)&f->listener, 16, on_connection);
	return e == 0 || err_set(err, ERR_IO, "Cannot listen at %s: %s.", path, uv_strerror(e));
}

/* The listener does not keep the loop alive: a program ends although others could still ask it. */
struct face *face_open(const struct face_options *o)
{
	struct face *f = xcalloc(1, sizeof(*f));
	struct slice folder;
	struct err err;
	struct arena a;
	bool ok;

	f->o = *o;
	list_init(&f->served);
	list_init(&f->orphans);
	job_init(&f->job, on_job);
	(void)uv_pipe_init(o->loop, &f->listener, 0);
	f->listener.data = f;
	arena_init(&a);
	ok = peers_folder(&a, &folder, &err);
	if (ok) {
		f->folder = xslicedup(folder);
		ok = listen_here(f, &err);
	}
	arena_release(&a);
	uv_unref((uv_handle_t *)&f->listener);
	if (ok) {
		face_changed(f);
		return f;
	}
	log_warn("%s", err.msg);
	f->closing = true;
	uv_close((uv_handle_t *)&f->listener, on_listener_closed);
	return NULL;
}

const char *face_name(const struct face *f)
{
	return f ? f->name : "";
}

void face_close(struct face *f)
{
	if (!f || f->closing)
		return;
	f->closing = true;
	job_drop(&f->job);
	peers_remove(f->folder, f->name);
	LIST_EACH (it, tmp, &f->served) {
		struct served *s = container_of(it, struct served, link);

		link_close(s->to);
		served_free(s);
	}
	LIST_EACH (it, tmp, &f->orphans) {
		struct served_edit *e = container_of(it, struct served_edit, link);

		f->o.host.ops->drop(f->o.host.self, e->ask);
		edit_free(e);
	}
	uv_close((uv_handle_t *)&f->listener, on_listener_closed);
}
