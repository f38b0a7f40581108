/* emend_transcript.c - what was said and done in a task: the events of its log, in order. */
#include "agent/store/event_log.h"
#include "lsp/on/on.h"
#include "lsp/server.h"

enum { TRANSCRIPT_BYTES = 16 * 1024 * 1024 };

struct transcript_reader {
	struct buf events; /* JSON, comma separated */
	const char *task;
};

static bool on_event(void *payload, struct json event, struct err *err)
{
	struct transcript_reader *r = payload;

	(void)err;
	if (!json_is(json_get(event, "task"), r->task))
		return true;
	if (r->events.len)
		buf_putc(&r->events, ',');
	buf_append(&r->events, json_raw(event));
	return !r->events.full;
}

/* What did not fit is left off as a whole event: the buffer never holds half of one. */
static void reply(struct rpc_request *req, struct transcript_reader *r)
{
	struct slice events = buf_slice(&r->events);
	struct jw *w = conn_result_begin(req);

	if (slice_ends(events, SLICE(",")))
		events.len--;
	jw_object(w);
	jw_kcstr(w, "taskId", r->task);
	jw_kraw(w, "events", arena_printf(&req->arena, "[%.*s]", SLICE_ARG(events)));
	if (r->events.full)
		jw_kbool(w, "truncated", true);
	jw_end(w);
	conn_result_end(req);
}

void on_emend_transcript(struct server *s, struct rpc_request *req)
{
	struct slice id = json_str_or(json_get(req->params, "taskId"), &req->arena, "");
	struct tracked *t = tasks_find(&s->tasks, id);
	struct transcript_reader r = { .task = arena_cstr(&req->arena, id) };
	struct err err;

	if (!t || !t->session[0]) {
		conn_reply_error(req, RPC_INVALID_PARAMS, "There is no task %.*s.", SLICE_ARG(id));
		return;
	}
	buf_init(&r.events, TRANSCRIPT_BYTES);
	if (event_log_read(slice_of(s->state_dir), slice_of(t->session), on_event, &r, &err))
		reply(req, &r);
	else
		conn_reply_error(req, RPC_REQUEST_FAILED, "%s", err.msg);
	buf_release(&r.events);
}
