/* shown.c - see shown.h */
#include "lsp/editor/shown.h"

#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/lsp/uri.h"

/* Freed with the editor's answer. If that says that it could not, the user is told the path
 * instead. */
struct showing {
	struct shown *all;
	char *path;
};

void shown_init(struct shown *s, uv_loop_t *loop, struct conn *conn, const struct client *client,
		struct messages *messages)
{
	*s = (struct shown){ .loop = loop, .conn = conn, .client = client, .messages = messages };
}

void shown_release(struct shown *s)
{
	for (size_t i = 0; i < SHOWN_REPORTS; i++) {
		free(s->uri[i]);
		free(s->path[i]);
	}
}

static void say_where(struct shown *s, const char *path)
{
	messages_show(s->messages, LSP_MESSAGE_INFO, "Emend: the report is in %s", path);
}

static void on_shown(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct showing *one = payload;

	if (err ? err->code != ERR_IO : !json_bool_or(json_get(reply->result, "success"), false))
		say_where(one->all, one->path);
	free(one->path);
	free(one);
}

/* "emend:/ID.md": the name is what the editor's tab shows.
 * The last SHOWN_REPORTS can be opened again; the oldest makes room. */
static const char *add_virtual(struct shown *s, struct slice path)
{
	unsigned at = s->next++ % SHOWN_REPORTS;
	size_t slash = path.len;
	struct slice uri;
	struct arena a;

	while (slash > 0 && path.ptr[slash - 1] != '/')
		slash--;
	arena_init(&a);
	uri = uri_from_path(arena_printf(&a, "/%.*s", SLICE_ARG(slice_sub(path, slash, path.len))),
			    &a);
	uri = arena_printf(&a, "emend:%.*s", SLICE_ARG(slice_sub(uri, strlen("file://"), uri.len)));
	free(s->uri[at]);
	free(s->path[at]);
	s->uri[at] = xslicedup(uri);
	s->path[at] = xslicedup(path);
	arena_release(&a);
	return s->uri[at];
}

const char *shown_path(const struct shown *s, struct slice uri)
{
	for (size_t i = 0; i < SHOWN_REPORTS; i++)
		if (s->uri[i] && uri_equal(uri, slice_of(s->uri[i])))
			return s->path[i];
	return NULL;
}

static void tell_plugin(struct shown *s, struct slice task, struct slice path, struct slice title)
{
	struct arena a;
	struct slice uri;
	struct jw *w;

	arena_init(&a);
	uri = uri_from_path(path, &a);
	w = conn_notify_begin(s->conn, "emend/show");
	jw_object(w);
	if (task.len)
		jw_kstr(w, "taskId", task);
	jw_kstr(w, "title", title);
	jw_kstr(w, "uri", uri);
	jw_end(w);
	conn_notify_end(s->conn);
	arena_release(&a);
}

struct rpc_call *shown_open(struct shown *s, struct slice path, rpc_done_cb *done, void *payload)
{
	struct slice uri;
	struct arena a;
	struct jw *w;

	arena_init(&a);
	uri = s->client->virtual_documents ? slice_of(add_virtual(s, path))
					   : uri_from_path(path, &a);
	w = conn_call_begin(s->conn, "window/showDocument");
	jw_object(w);
	jw_kstr(w, "uri", uri);
	if (s->client->kind == CLIENT_NEOVIM)	 /* else it shows it in place of the code */
		jw_kbool(w, "takeFocus", false); /* which eglot takes for true */
	jw_end(w);
	arena_release(&a);
	return conn_call_end(s->conn, uv_now(s->loop) + LIMIT_CLIENT_REPLY_MS, done, payload);
}

void shown_report(struct shown *s, struct slice task, struct slice path, struct slice title)
{
	struct showing *one;

	if (s->client->emend) {
		tell_plugin(s, task, path, title);
		return;
	}
	if (!s->client->show_document) {
		char *text = xslicedup(path);

		say_where(s, text);
		free(text);
		return;
	}
	one = xcalloc(1, sizeof(*one));
	one->all = s;
	one->path = xslicedup(path);
	(void)shown_open(s, path, on_shown, one);
}
