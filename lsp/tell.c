/* tell.c - see tell.h */
#include "lsp/tell.h"

#include <stdio.h>

#include "lsp/server.h"

void tell_fields(const struct tracked *t, struct jw *w, uint64_t now_ms)
{
	uint64_t end = t->running ? now_ms : t->ended_ms;

	jw_kcstr(w, "taskId", t->id);
	jw_kcstr(w, "state", t->status);
	jw_kcstr(w, "kind", t->kind);
	jw_kcstr(w, "title", t->title);
	jw_kcstr(w, "message", t->message);
	jw_kf64(w, "usd", t->usage.usd);
	jw_kf64(w, "seconds", (double)(end - t->started_ms) / 1000.0);
	if (t->session[0])
		jw_kcstr(w, "session", t->session);
	if (t->plan)
		jw_kraw(w, "plan", slice_of(t->plan));
}

void tell_task(struct tracked *t)
{
	struct server *s = t->server;
	struct jw *w;

	if (!s->client.emend || !t->id[0])
		return;
	w = conn_notify_begin(&s->conn, "emend/task");
	jw_object(w);
	tell_fields(t, w, uv_now(s->loop));
	jw_end(w);
	conn_notify_end(&s->conn);
}

void tell_text(struct tracked *t, struct slice text)
{
	struct server *s = t->server;
	struct jw *w;

	if (!s->client.emend || !t->id[0])
		return;
	w = conn_notify_begin(&s->conn, "emend/text");
	jw_object(w);
	jw_kcstr(w, "taskId", t->id);
	jw_kstr(w, "text", text);
	jw_end(w);
	conn_notify_end(&s->conn);
}

/* "0.0123 USD, 2 files, 14 s" */
static void cost(char *out, size_t size, const struct task_outcome *o)
{
	char usd[48], files[32] = "";

	if (o->usage.unpriced)
		(void)snprintf(usd, sizeof(usd), "price unknown");
	else
		(void)snprintf(usd, sizeof(usd), "%.4f USD", o->usage.usd);
	if (o->n_files)
		(void)snprintf(files, sizeof(files), ", %zu file%s", o->n_files,
			       o->n_files == 1 ? "" : "s");
	(void)snprintf(out, size, "%s%s, %.1f s", usd, files, o->seconds);
}

void tell_end(struct tracked *t, const struct task_outcome *o)
{
	struct slice rest = slice_trim(o->summary), line = SLICE("");
	enum lsp_message_type type = LSP_MESSAGE_ERROR;
	char text[128];

	if (o->code == ERR_NONE || o->code == ERR_CANCELLED)
		type = LSP_MESSAGE_INFO;
	else if (o->code == ERR_BUDGET || o->code == ERR_DENIED)
		type = LSP_MESSAGE_WARNING;
	(void)slice_next_line(&rest, &line);
	if (line.len > 300)
		line = slice_sub(line, 0, 300);
	cost(text, sizeof(text), o);
	messages_show(&t->server->messages, type, "Emend: %s: %s%s%.*s (%s)", t->title, t->status,
		      line.len ? ": " : "", SLICE_ARG(line), text);
}
