/* lookup.c - see lookup.h for the machine
 *
 * Two ways to ask. With our plugin the editor is asked (emend/lookup, emend/diagnostics), which
 * asks all of its servers; it may answer "pending" and then by a notification, as some editors
 * cannot wait inside of a request. In front of another server that one is asked directly, and its
 * diagnostics are there already (noted.h). */
#include "lsp/lookup.h"

#include <stdio.h>
#include <stdlib.h>

#include "lsp/editor/ask.h"
#include "lsp/lookup_read.h"
#include "lsp/wrap/wrap.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/lsp/uri.h"

/* Diagnostics come when the server is done; until then they are asked for again. Those that are
 * noted here cost nothing, so these are looked at more often. */
enum { AGAIN_MS = 100, NOTED_MS = 20 };

enum looking_state { LOOKING_SENT, LOOKING_AGAIN, LOOKING_PENDING, LOOKING_NOBODY, LOOKING_DONE };

/* The core holds it as a host_ask; freed after done() or by drop(), the memory with its timer. */
struct looking {
	enum looking_state state;
	struct host_ask ask;
	struct list link; /* of the open ones */
	struct lookups *all;
	char id[24];
	enum lookup_kind kind;
	bool settle;
	char *uri;	       /* "": of every file */
	struct position at[3]; /* by encoding */
	char *new_name;
	uint64_t deadline_ms;
	struct rpc_call *call; /* SENT */
	uv_timer_t timer;      /* AGAIN: the next try; PENDING: the deadline */
	lookup_cb *done;
	void *payload;
};

static void look_send(struct looking *k);
static void take_noted(struct looking *k);

static void looking_goto(struct looking *k, enum looking_state next)
{
	static const char *const name[] = { "sent", "again", "pending", "nobody", "done" };

	log_debug("lookup %s: %s -> %s", k->id, name[k->state], name[next]);
	k->state = next;
}

static void on_closed(uv_handle_t *h)
{
	struct looking *k = h->data;

	free(k->uri);
	free(k->new_name);
	free(k);
}

static void looking_free(struct looking *k)
{
	if (k->call)
		conn_call_drop(k->call);
	list_remove(&k->link);
	uv_close((uv_handle_t *)&k->timer, on_closed);
}

static void drop(struct host_ask *ask)
{
	looking_free(container_of(ask, struct looking, ask));
}

static void finish(struct looking *k, const struct lookup_result *result, const struct err *err)
{
	lookup_cb *done = k->done;
	void *payload = k->payload;

	looking_goto(k, LOOKING_DONE);
	looking_free(k);
	done(payload, result, err);
}

static void fail(struct looking *k, const char *why)
{
	struct err err;

	(void)err_set(&err, ERR_IO, "%s", why);
	finish(k, NULL, &err);
}

static void on_timer(uv_timer_t *t)
{
	struct looking *k = t->data;

	if (k->state == LOOKING_AGAIN && k->kind == LOOKUP_DIAGNOSTICS && k->all->wrap)
		take_noted(k);
	else if (k->state == LOOKING_AGAIN)
		look_send(k);
	else if (k->state == LOOKING_NOBODY)
		fail(k, "The language server behind Emend has ended.");
	else
		fail(k, "The language server did not answer in time.");
}

static void look_again(struct looking *k, uint64_t ms)
{
	looking_goto(k, LOOKING_AGAIN);
	(void)uv_timer_start(&k->timer, on_timer, ms, 0);
}

/* --- answers --- */

static enum wrap_feature feature_of(enum lookup_kind kind)
{
	return kind == LOOKUP_REFERENCES   ? WRAP_REFERENCES
	       : kind == LOOKUP_DEFINITION ? WRAP_DEFINITION
					   : WRAP_RENAME;
}

/* Whether the server behind ours is the one to ask. */
static bool is_behind(const struct lookups *l, enum lookup_kind kind)
{
	return l->wrap && (kind == LOOKUP_DIAGNOSTICS || wrap_has(l->wrap, feature_of(kind)));
}

static void read_result(struct looking *k, struct json v, struct arena *a,
			struct lookup_items *items, struct err *err)
{
	if (k->kind != LOOKUP_RENAME)
		lookup_read_places(k->all->folders, a, v, items);
	else if (!lookup_read_edit(k->all->folders, a, v, items, err))
		items->n = 0;
}

/* The first server that knows something has the word. */
static void take_results(struct looking *k, struct json results, struct arena *a)
{
	struct lookup_result result = { .encoding = k->all->client->encoding };
	struct lookup_items items = { 0 };
	struct err err = { 0 };

	for (struct json_iter it = json_iter(results);
	     items.n == 0 && err.code == ERR_NONE && json_next(&it);) {
		if (!position_encoding_parse(json_str_or(json_get(it.value, "encoding"), a, ""),
					     &result.encoding))
			result.encoding = k->all->client->encoding;
		read_result(k, json_get(it.value, "result"), a, &items, &err);
	}
	result.items = items.list;
	result.n = items.n;
	finish(k, &result, err.code == ERR_NONE ? NULL : &err);
}

/* Of the server behind ours, which counts as the editor does. */
static void take_result(struct looking *k, struct json v, struct arena *a)
{
	struct lookup_result result = { .encoding = k->all->client->encoding };
	struct lookup_items items = { 0 };
	struct err err = { 0 };

	read_result(k, v, a, &items, &err);
	result.items = items.list;
	result.n = items.n;
	finish(k, &result, err.code == ERR_NONE ? NULL : &err);
}

/* Those of an older text are told where the new ones do not come in time; `current` says so. */
static void take_diagnostics(struct looking *k, struct json reply, struct arena *a)
{
	struct json files = json_get(reply, "files");
	bool pending = json_bool_or(json_get(reply, "pending"), false);
	struct lookup_result result = { .encoding = k->all->client->encoding,
					.checked = json_len(files) > 0,
					.current = !pending };
	struct lookup_items items = { 0 };

	if (pending && k->settle && uv_now(k->all->loop) < k->deadline_ms) {
		look_again(k, AGAIN_MS);
		return;
	}
	for (struct json_iter it = json_iter(files); json_next(&it);)
		lookup_read_diagnostics(k->all->folders, a,
					json_str_or(json_get(it.value, "uri"), a, ""),
					json_get(it.value, "diagnostics"), &items);
	result.items = items.list;
	result.n = items.n;
	finish(k, &result, NULL);
}

/* A server behind ours has published its diagnostics: they are here. */
static void take_noted(struct looking *k)
{
	struct noted *noted = wrap_noted(k->all->wrap);
	struct lookup_result result = { .encoding = k->all->client->encoding, .current = true };
	struct lookup_items items = { 0 };
	struct slice key;
	struct arena a;
	size_t at = 0;
	void *file;

	if (*k->uri ? noted_waits(noted, k->all->edits->documents, slice_of(k->uri))
		    : noted_any_waits(noted, k->all->edits->documents))
		result.current = !wrap_runs(k->all->wrap);
	if (!result.current && k->settle && uv_now(k->all->loop) < k->deadline_ms) {
		look_again(k, NOTED_MS);
		return;
	}
	arena_init(&a);
	while (map_next(&noted->files, &at, &key, &file)) {
		struct noted_file *f = file;
		struct json list;

		if (*k->uri && !uri_equal(slice_of(k->uri), slice_of(f->uri)))
			continue;
		result.checked = true;
		if (json_parse(&a, slice_of(f->diagnostics), &list, NULL))
			lookup_read_diagnostics(k->all->folders, &a, slice_of(f->uri), list,
						&items);
	}
	result.items = items.list;
	result.n = items.n;
	finish(k, &result, NULL);
	arena_release(&a);
}

static void on_reply(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct looking *k = payload;

	k->call = NULL;
	if (err) {
		fail(k, err->msg);
	} else if (is_behind(k->all, k->kind)) {
		take_result(k, reply->result, reply->arena);
	} else if (k->kind == LOOKUP_DIAGNOSTICS) {
		take_diagnostics(k, reply->result, reply->arena);
	} else if (json_bool_or(json_get(reply->result, "pending"), false)) {
		looking_goto(k, LOOKING_PENDING);
		(void)uv_timer_start(&k->timer, on_timer, LIMIT_CLIENT_REPLY_MS, 0);
	} else {
		take_results(k, json_get(reply->result, "results"), reply->arena);
	}
}

void lookups_found(struct lookups *l, struct json params, struct arena *a)
{
	struct slice id = json_str_or(json_get(params, "lookup"), a, "");

	LIST_EACH (it, tmp, &l->open) {
		struct looking *k = container_of(it, struct looking, link);

		if (k->state != LOOKING_PENDING || !slice_eq_cstr(id, k->id))
			continue;
		take_results(k, json_get(params, "results"), a);
		return;
	}
}

/* --- questions --- */

static const char *method_of(enum lookup_kind kind)
{
	switch (kind) {
	case LOOKUP_REFERENCES:
		return "textDocument/references";
	case LOOKUP_DEFINITION:
		return "textDocument/definition";
	case LOOKUP_RENAME:
		return "textDocument/rename";
	case LOOKUP_DIAGNOSTICS:
	case LOOKUP_NONE:
		break;
	}
	return "emend/diagnostics";
}

static void put_params(struct jw *w, const struct looking *k, enum position_encoding e)
{
	jw_object(w);
	jw_kobject(w, "textDocument");
	jw_kcstr(w, "uri", k->uri);
	jw_end(w);
	jw_key(w, "position");
	position_write(w, k->at[e]);
	if (k->kind == LOOKUP_REFERENCES) {
		jw_kobject(w, "context");
		jw_kbool(w, "includeDeclaration", true);
		jw_end(w);
	} else if (k->kind == LOOKUP_RENAME) {
		jw_kcstr(w, "newName", k->new_name);
	}
	jw_end(w);
}

/* Positions in all three encodings: the editor's servers may each count differently. */
static void put_lookup(struct jw *w, const struct looking *k)
{
	jw_object(w);
	jw_kcstr(w, "lookup", k->id);
	jw_kcstr(w, "method", method_of(k->kind));
	jw_key(w, "params");
	put_params(w, k, k->all->client->encoding);
	jw_kobject(w, "characters");
	for (int e = 0; e < 3; e++)
		jw_ki64(w, position_encoding_name((enum position_encoding)e), k->at[e].character);
	jw_end(w);
	jw_end(w);
}

static void ask_behind(struct looking *k)
{
	struct conn *c;

	if (!wrap_runs(k->all->wrap)) {
		looking_goto(k, LOOKING_NOBODY);
		(void)uv_timer_start(&k->timer, on_timer, 0, 0);
		return;
	}
	looking_goto(k, LOOKING_SENT);
	c = wrap_conn(k->all->wrap);
	put_params(conn_call_begin(c, method_of(k->kind)), k, k->all->client->encoding);
	k->call = conn_call_end(c, uv_now(k->all->loop) + LIMIT_CLIENT_REPLY_MS, on_reply, k);
}

static void look_send(struct looking *k)
{
	struct conn *c = k->all->conn;
	struct jw *w;

	looking_goto(k, LOOKING_SENT);
	w = conn_call_begin(c,
			    k->kind == LOOKUP_DIAGNOSTICS ? "emend/diagnostics" : "emend/lookup");
	if (k->kind != LOOKUP_DIAGNOSTICS) {
		put_lookup(w, k);
	} else {
		jw_object(w);
		if (*k->uri)
			jw_kcstr(w, "uri", k->uri);
		jw_end(w);
	}
	k->call = conn_call_end(c, uv_now(k->all->loop) + LIMIT_CLIENT_REPLY_MS, on_reply, k);
}

/* In the editor's own spelling, if it is open. */
static char *uri_for(struct lookups *l, struct slice path)
{
	struct document *doc = edits_document(l->edits, path);
	struct arena a;
	char *uri;

	if (doc || path.len == 0)
		return xstrdup(doc ? doc->uri : "");
	arena_init(&a);
	uri = xslicedup(uri_from_path(path, &a));
	arena_release(&a);
	return uri;
}

bool lookups_know(const struct lookups *l, enum lookup_kind kind)
{
	return is_behind(l, kind) ||
	       (kind == LOOKUP_DIAGNOSTICS ? l->client->diagnostics : l->client->lookup);
}

struct host_ask *lookups_ask(struct lookups *l, const struct lookup *q, lookup_cb *done,
			     void *payload)
{
	struct looking *k = xcalloc(1, sizeof(*k));
	struct line_index ix;

	k->all = l;
	k->ask.drop = drop;
	k->kind = q->kind;
	k->settle = q->settle;
	k->uri = uri_for(l, q->path);
	k->new_name = xslicedup(q->new_name);
	k->deadline_ms = uv_now(l->loop) + LIMIT_DIAGNOSTICS_MS;
	k->done = done;
	k->payload = payload;
	(void)snprintf(k->id, sizeof(k->id), "lookup-%llu", (unsigned long long)++l->next_id);
	(void)uv_timer_init(l->loop, &k->timer);
	k->timer.data = k;
	list_append(&l->open, &k->link);
	line_index_init(&ix);
	for (int e = 0; e < 3; e++)
		k->at[e] = position_from_offset(&ix, q->text, (enum position_encoding)e, q->offset);
	line_index_release(&ix);
	if (!is_behind(l, k->kind))
		look_send(k);
	else if (k->kind == LOOKUP_DIAGNOSTICS)
		look_again(k, 0);
	else
		ask_behind(k);
	return &k->ask;
}

void lookups_init(struct lookups *l, uv_loop_t *loop, struct conn *conn,
		  const struct client *client, const struct edits *edits,
		  const struct folders *folders)
{
	*l = (struct lookups){
		.loop = loop, .conn = conn, .client = client, .edits = edits, .folders = folders
	};
	list_init(&l->open);
}
