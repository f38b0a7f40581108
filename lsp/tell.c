/* tell.c - see tell.h */
#include "lsp/tell.h"

#include <stdio.h>

#include "lsp/server.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

enum {
	TITLE_BYTES = 60,
	LINE_BYTES = 120,
	UNDO_BYTES = 1500,
	MESSAGE_BYTES = 4096,
	PIECE_BYTES = 16 * 1024
};

struct slice tell_beginning(struct slice text)
{
	return slice_sub(text, 0, utf8_complete_prefix(slice_sub(text, 0, MESSAGE_BYTES)));
}

/* The one description of a task, in notifications and in lists alike. */
void tell_fields(const struct tracked *t, struct jw *w, uint64_t now_ms)
{
	uint64_t end = t->running ? now_ms : t->ended_ms;
	struct slice text;

	jw_kcstr(w, "taskId", t->id);
	jw_kcstr(w, "state", t->status);
	jw_kcstr(w, "kind", t->kind);
	jw_kcstr(w, "title", t->title);
	if (t->message[0])
		jw_kcstr(w, "message", t->message);
	jw_kf64(w, "usd", t->usage.usd);
	jw_kf64(w, "seconds", (double)(end - t->started_ms) / 1000.0);
	if (t->session[0])
		jw_kcstr(w, "session", t->session);
	if (t->plan)
		jw_kraw(w, "plan", slice_of(t->plan));
	if (!t->task || !task_waits(t->task, 0, &text))
		return;
	jw_karray(w, "queue");
	for (size_t i = 0; task_waits(t->task, i, &text); i++)
		jw_str(w, text);
	jw_end(w);
}

static void put_step(struct jw *w, const struct task_event *ev)
{
	bool begins = ev->kind == TASK_TOOL_STARTED;

	jw_kstr(w, "said", tell_beginning(ev->text.len || !begins ? ev->text : ev->tool));
	if (!begins && ev->kind != TASK_TOOL_FINISHED)
		return;
	jw_kobject(w, "step");
	jw_kstr(w, "call", ev->call);
	jw_kstr(w, "tool", ev->tool);
	jw_kcstr(w, "state", begins ? "running" : ev->ok ? "done" : "failed");
	jw_end(w);
}

void tell_step(struct tracked *t, const struct task_event *ev)
{
	struct server *s = t->server;
	struct jw *w;

	if (!s->client.emend || !t->id[0] || t->quiet)
		return;
	w = conn_notify_begin(&s->conn, "emend/task");
	jw_object(w);
	tell_fields(t, w, uv_now(s->loop));
	if (ev)
		put_step(w, ev);
	jw_end(w);
	conn_notify_end(&s->conn);
}

void tell_task(struct tracked *t)
{
	tell_step(t, NULL);
}

static void send_piece(struct tracked *t, struct slice text)
{
	struct jw *w = conn_notify_begin(&t->server->conn, "emend/text");

	jw_object(w);
	jw_kcstr(w, "taskId", t->id);
	jw_kstr(w, "text", text);
	jw_end(w);
	conn_notify_end(&t->server->conn);
}

/* At most every LIMIT_TEXT_INTERVAL_MS, as a message for each word would drown the editor. In pieces:
 * it reads a message whole before it looks at its keys again, and Emacs pretty-prints it. */
void tell_flush(struct tracked *t)
{
	struct slice rest = buf_slice(&t->unsent);

	while (rest.len > PIECE_BYTES) {
		size_t n = utf8_complete_prefix(slice_sub(rest, 0, PIECE_BYTES));

		send_piece(t, slice_sub(rest, 0, n));
		rest = slice_sub(rest, n, rest.len);
	}
	if (rest.len)
		send_piece(t, rest);
	buf_clear(&t->unsent);
}

static void on_text_timer(uv_timer_t *timer)
{
	struct tasks *all = timer->data;

	LIST_EACH (it, tmp, &all->all)
		tell_flush(container_of(it, struct tracked, link));
}

void tell_text(struct tracked *t, struct slice text)
{
	uv_timer_t *timer = &t->server->tasks.text_timer;

	if (!t->server->client.emend || !t->id[0] || t->quiet)
		return;
	buf_append(&t->unsent, text);
	if (!uv_is_active((uv_handle_t *)timer))
		(void)uv_timer_start(timer, on_text_timer, LIMIT_TEXT_INTERVAL_MS, 0);
}

void tell_text_void(struct tracked *t)
{
	struct server *s = t->server;
	struct jw *w;

	if (!s->client.emend || !t->id[0])
		return;
	buf_clear(&t->unsent);
	w = conn_notify_begin(&s->conn, "emend/textVoid");
	jw_object(w);
	jw_kcstr(w, "taskId", t->id);
	jw_end(w);
	conn_notify_end(&s->conn);
}

/* "$0.0123, 2 files, 14 s" */
static void cost(char *out, size_t size, const struct task_outcome *o)
{
	char usd[48], files[32] = "", denied[32] = "";

	if (o->usage.unpriced)
		(void)snprintf(usd, sizeof(usd), "price unknown");
	else
		(void)snprintf(usd, sizeof(usd), "$%.4f", o->usage.usd);
	if (o->n_files)
		(void)snprintf(files, sizeof(files), ", %zu file%s", o->n_files,
			       o->n_files == 1 ? "" : "s");
	if (o->n_denied)
		(void)snprintf(denied, sizeof(denied), ", %zu denied", o->n_denied);
	(void)snprintf(out, size, "%s%s%s, %.1f s", usd, files, denied, o->seconds);
}

/* The first line that says something, without the signs of Markdown, which a message shows raw.
 * Signs of Markdown at the beginning of the line, and marks of bold and code in it. */
static struct slice plain_line(struct arena *a, struct slice text)
{
	struct slice line = SLICE("");
	struct buf plain;

	while (line.len == 0 && slice_next_line(&text, &line)) {
		line = slice_trim(line);
		while (line.len && slice_find_byte(SLICE("#>*-` "), line.ptr[0], 0) != SIZE_MAX)
			line = slice_sub(line, 1, line.len);
	}
	line = slice_sub(line, 0, utf8_complete_prefix(slice_sub(line, 0, LINE_BYTES)));
	buf_init(&plain, LINE_BYTES);
	for (size_t i = 0; i < line.len; i++) {
		bool bold = line.ptr[i] == '*' && i + 1 < line.len && line.ptr[i + 1] == '*';

		if (bold)
			i++;
		else if (line.ptr[i] != '`')
			buf_putc(&plain, line.ptr[i]);
	}
	line = arena_dup(a, slice_trim(buf_slice(&plain)));
	buf_release(&plain);
	return line;
}

void tell_end(struct tracked *t, const struct task_outcome *o)
{
	enum lsp_message_type type = LSP_MESSAGE_ERROR;
	struct slice line, title;
	struct arena a;
	char text[128];

	if (o->code == ERR_NONE || o->code == ERR_CANCELLED)
		type = LSP_MESSAGE_INFO;
	else if (o->code == ERR_BUDGET || o->code == ERR_DENIED)
		type = LSP_MESSAGE_WARNING;
	arena_init(&a);
	line = plain_line(&a, o->summary);
	if (t->reported || slice_starts(line, slice_of(t->status)))
		line = SLICE(""); /* it stands in its own document, or says the same again */
	title = shown_text(&a, &t->server->client, slice_of(t->title), TITLE_BYTES);
	cost(text, sizeof(text), o);
	messages_show(&t->server->messages, type, "Emend: %.*s: %s%s%.*s (%s)", SLICE_ARG(title),
		      t->status, line.len ? ": " : "", SLICE_ARG(line), text);
	arena_release(&a);
}

void tell_undone(struct tracked *t, struct slice report, size_t restored, size_t refused,
		 bool failed)
{
	struct slice line, mark = SLICE("not undone: ");
	struct buf why;

	buf_init(&why, UNDO_BYTES);
	if (failed)
		buf_append(&why, slice_sub(report, 0, UNDO_BYTES));
	while (!failed && slice_next_line(&report, &line))
		if (slice_starts(line, mark))
			buf_printf(&why, "%s%.*s", why.len ? "; " : "",
				   SLICE_ARG(slice_sub(line, mark.len, line.len)));
	if (failed)
		messages_show(&t->server->messages, LSP_MESSAGE_WARNING, "Emend: undo: %s",
			      buf_cstr(&why));
	else if (refused)
		messages_show(&t->server->messages, LSP_MESSAGE_WARNING,
			      "Emend: undo: %zu restored, %zu refused: %s", restored, refused,
			      buf_cstr(&why));
	else
		messages_show(&t->server->messages, LSP_MESSAGE_INFO, "Emend: undo: %zu restored",
			      restored);
	buf_release(&why);
}
