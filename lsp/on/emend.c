/* emend.c - what our own plugins, and tests, ask the server: its state, the text that it believes a
 * buffer holds, the tasks that run and the last ones that ended, and what was said in one of them.
 * And what they tell it: the user's answer to a question that a plugin keeps open, and what the
 * editor's language servers said. */
#include <stdio.h>
#include <unistd.h>

#include "agent/store/event_log.h"
#include "lsp/commands.h"
#include "lsp/on/on.h"
#include "lsp/server.h"

/* --- emend/answer -------------------------------------------------------------------------- */

void on_emend_answer(struct server *s, struct json params, struct arena *a)
{
	questions_answered(&s->questions, params, a);
}

/* --- emend/found --------------------------------------------------------------------------- */

void on_emend_found(struct server *s, struct json params, struct arena *a)
{
	lookups_found(&s->lookups, params, a);
}

/* --- emend/document ------------------------------------------------------------------------ */

/* For tests, and for a plugin that doubts what we have. */
void on_emend_document(struct server *s, struct rpc_request *req)
{
	struct slice uri = json_str_or(json_get(req->params, "uri"), &req->arena, "");
	struct document *doc = documents_find(&s->documents, uri);
	struct jw *w;

	if (!doc) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "%.*s is not open.", SLICE_ARG(uri));
		return;
	}
	w = conn_result_begin(req);
	w->no_nul = false; /* whoever asks this wants each byte */
	jw_object(w);
	jw_ki64(w, "version", doc->version);
	jw_kcstr(w, "languageId", doc->language);
	jw_kstr(w, "text", text_view(&doc->text, 0, doc->text.len));
	jw_end(w);
	conn_result_end(req);
}

/* --- emend/serverStatus, and the command of the same content ------------------------------- */

/* In bytes; 0 where it cannot be read. */
static int64_t rss_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long size = 0, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	(void)fclose(file);
	return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

/* What an editor shows of us in its status line, and what support asks for. */
static void reply_status(struct server *s, struct rpc_request *req)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	jw_ki64(w, "rssBytes", rss_bytes());
	jw_kf64(w, "uptime", (double)(uv_now(s->loop) - s->started_ms) / 1000.0);
	jw_ki64(w, "tasks", (int64_t)s->tasks.running);
	if (s->settings.current) /* what there must be for commands to run */
		jw_kstr(w, "sandbox", s->settings.current->config.sandbox);
	jw_kcstr(w, "model", s->settings.model);
	if (!s->settings.model)
		jw_kcstr(w, "problem",
			 s->settings.no_model ? s->settings.no_model : s->settings.why.msg);
	jw_end(w);
	conn_result_end(req);
}

void on_emend_server_status(struct server *s, struct rpc_request *req)
{
	reply_status(s, req);
}

void command_status(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	const char *model = s->settings.model, *problem = s->settings.no_model;

	(void)arg;
	(void)token;
	reply_status(s, req);
	messages_show(&s->messages, LSP_MESSAGE_INFO,
		      "Emend: model %s; %zu task%s running; %.1f MB of memory",
		      model	? model
		      : problem ? problem
				: "none",
		      s->tasks.running, s->tasks.running == 1 ? "" : "s",
		      (double)rss_bytes() / 1e6);
}

/* --- emend/tasks --------------------------------------------------------------------------- */

void on_emend_tasks(struct server *s, struct rpc_request *req)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	jw_karray(w, "tasks");
	tasks_write(&s->tasks, w, uv_now(s->loop));
	jw_end(w);
	jw_end(w);
	conn_result_end(req);
}

/* --- emend/transcript ---------------------------------------------------------------------- */

enum { TRANSCRIPT_BYTES = 16 * 1024 * 1024 };

/* On the stack of one request. */
struct transcript_reader {
	struct buf events; /* JSON, comma separated */
	const char *task;  /* "": all of the session */
	const char *session;
};

/* False stops the reading where the answer is full. */
static bool on_event(void *payload, struct json event, struct err *err)
{
	struct transcript_reader *r = payload;

	(void)err;
	if (r->task[0] && !json_is(json_get(event, "task"), r->task))
		return true;
	if (r->events.len)
		buf_putc(&r->events, ',');
	buf_append(&r->events, json_raw(event));
	return !r->events.full;
}

/* What did not fit is left off as a whole event: the buffer never holds half of one. */
static void reply_transcript(struct rpc_request *req, struct transcript_reader *r)
{
	struct slice events = buf_slice(&r->events);
	struct jw *w = conn_result_begin(req);

	if (slice_ends(events, SLICE(",")))
		events.len--;
	jw_object(w);
	if (r->task[0])
		jw_kcstr(w, "taskId", r->task);
	jw_kcstr(w, "session", r->session);
	jw_kraw(w, "events", arena_printf(&req->arena, "[%.*s]", SLICE_ARG(events)));
	if (r->events.full)
		jw_kbool(w, "truncated", true);
	jw_end(w);
	conn_result_end(req);
}

/* {taskId}: of a task of this server; {session}: all of a session, also of one that is over. */
void on_emend_transcript(struct server *s, struct rpc_request *req)
{
	struct slice id = json_str_or(json_get(req->params, "taskId"), &req->arena, "");
	struct slice session = json_str_or(json_get(req->params, "session"), &req->arena, "");
	struct tracked *t = id.len || !session.len ? tasks_find(&s->tasks, id) : NULL;
	struct transcript_reader r = { .task = arena_cstr(&req->arena, id) };
	struct err err;

	if (t)
		session = slice_of(t->session);
	if ((id.len && !t) || !session.len) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "There is no task %.*s.", SLICE_ARG(id));
		return;
	}
	if (!server_agent(s, &err)) {
		conn_reply_error(req, RPC_REQUEST_FAILED, "%s", err.msg);
		return;
	}
	r.session = arena_cstr(&req->arena, session);
	buf_init(&r.events, TRANSCRIPT_BYTES);
	if (event_log_read(slice_of(s->state_dir), session, on_event, &r, &err) || r.events.full)
		reply_transcript(req, &r);
	else
		conn_reply_error(req, RPC_REQUEST_FAILED, "%s", err.msg);
	buf_release(&r.events);
}

/* --- emend/changes ------------------------------------------------------------------------- */

void on_emend_changes(struct server *s, struct rpc_request *req)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	jw_karray(w, "files");
	pending_write_files(&s->pending, w);
	jw_end(w);
	jw_end(w);
	conn_result_end(req);
}
