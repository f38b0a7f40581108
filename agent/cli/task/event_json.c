/* event_json.c - one JSON object a line for each event, `type` first. Fields may be added, none is
 * removed. */
#include "agent/cli/task/host_cli.h"
#include "agent/session/usage.h"
#include "protocol/base/limits.h"
#include "protocol/json/write.h"

static const char *const type_name[] = {
	[TASK_STARTED] = "task.started",
	[TASK_TEXT] = "text.delta",
	[TASK_PLAN] = "plan",
	[TASK_TOOL_STARTED] = "tool.started",
	[TASK_TOOL_FINISHED] = "tool.finished",
	[TASK_OUTPUT] = "tool.output",
	[TASK_PERMISSION_REQUESTED] = "permission.requested",
	[TASK_PERMISSION_DECIDED] = "permission.decided",
	[TASK_FILE_CHANGED] = "file.changed",
	[TASK_GIT_CHANGED] = "git.changed",
	[TASK_CHANGE_HELD] = "change.held",
	[TASK_USAGE] = "usage",
	[TASK_TEXT_VOID] = "text.void",
	[TASK_STEERED] = "steered",
	[TASK_NOTICE] = "notice",
	[TASK_FINISHED] = "task.finished",
};

/* JSON that came from outside: only if it is JSON. */
static void put_json(struct jw *w, const char *key, struct slice json)
{
	if (json_check(json, NULL, NULL))
		jw_kraw(w, key, json);
	else
		jw_kstr(w, key, json);
}

static void put_finished(struct jw *w, const struct task_event *ev)
{
	jw_kstr(w, "session", ev->session);
	jw_kstr(w, "status", ev->status);
	jw_kstr(w, "summary", ev->text);
	jw_kf64(w, "usd", ev->usage.usd);
	jw_kf64(w, "seconds", ev->seconds);
	jw_karray(w, "files");
	for (size_t i = 0; i < ev->n_files; i++)
		jw_str(w, ev->files[i]);
	jw_end(w);
	jw_karray(w, "denied");
	for (size_t i = 0; i < ev->n_denied; i++)
		jw_str(w, ev->denied[i]);
	jw_end(w);
}

static void put_fields(struct jw *w, const struct task_event *ev)
{
	switch (ev->kind) {
	case TASK_STARTED:
		jw_kstr(w, "session", ev->session);
		jw_kstr(w, "model", ev->model);
		jw_kstr(w, "mode", ev->mode);
		jw_kstr(w, "title", ev->text);
		break;
	case TASK_TEXT:
	case TASK_STEERED:
	case TASK_NOTICE:
		jw_kstr(w, "text", ev->text);
		break;
	case TASK_TEXT_VOID:
		break;
	case TASK_PLAN:
		put_json(w, "steps", ev->json);
		break;
	case TASK_TOOL_STARTED:
		jw_kstr(w, "call", ev->call);
		jw_kstr(w, "tool", ev->tool);
		put_json(w, "input", ev->json);
		jw_kstr(w, "text", ev->text);
		break;
	case TASK_TOOL_FINISHED:
		jw_kstr(w, "call", ev->call);
		jw_kstr(w, "tool", ev->tool);
		jw_kbool(w, "ok", ev->ok);
		jw_kstr(w, "summary", ev->text);
		break;
	case TASK_OUTPUT:
		jw_kstr(w, "call", ev->call);
		jw_kstr(w, "text", ev->text);
		break;
	case TASK_PERMISSION_REQUESTED:
	case TASK_PERMISSION_DECIDED:
		jw_kstr(w, "subject", ev->subject);
		if (ev->kind == TASK_PERMISSION_DECIDED)
			jw_kstr(w, "decision", ev->decision);
		if (ev->kind == TASK_PERMISSION_DECIDED)
			jw_kstr(w, "rule", ev->rule);
		if (ev->text.len > 0)
			jw_kstr(w, "why", ev->text);
		break;
	case TASK_FILE_CHANGED:
		jw_kstr(w, "path", ev->path);
		jw_kstr(w, "before", ev->before);
		jw_kstr(w, "after", ev->after);
		jw_kstr(w, "diff", ev->diff);
		if (ev->n_files > 0)
			jw_ki64(w, "files", (int64_t)ev->n_files);
		break;
	case TASK_GIT_CHANGED:
		jw_kstr(w, "call", ev->call);
		jw_kstr(w, "text", ev->text);
		put_json(w, "refs", ev->json);
		break;
	case TASK_CHANGE_HELD:
		jw_kstr(w, "call", ev->call);
		jw_kstr(w, "path", ev->path);
		jw_kstr(w, "reason", ev->text);
		break;
	case TASK_USAGE:
		usage_write(w, &ev->usage);
		break;
	case TASK_FINISHED:
		put_finished(w, ev);
		break;
	}
}

void event_as_json(struct host_cli *h, const struct task_event *ev)
{
	struct buf b;
	struct jw w;

	buf_init(&b, LIMIT_LOG_EVENT_BYTES);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kcstr(&w, "type", type_name[ev->kind]);
	jw_kstr(&w, "task", ev->task);
	put_fields(&w, ev);
	jw_end(&w);
	buf_putc(&b, '\n');
	if (!b.full)
		term_raw(h->answer, buf_slice(&b));
	buf_release(&b);
}
