/* event_wire.c - see event_wire.h
 *
 * Both directions stand in this file, so that a new kind of event is written and read by the same
 * hand: add it to type_name and put_fields, and to event_read where it has a field of its own.
 * `--json` of the terminal is this format (docs/ci.md), so names are for ever. */
#include "agent/peers/event_wire.h"

#include "agent/session/usage.h"

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
	[TASK_HIDDEN] = "hidden",
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

static void put_names(struct jw *w, const char *key, const struct slice *names, size_t n)
{
	jw_karray(w, key);
	for (size_t i = 0; i < n; i++)
		jw_str(w, names[i]);
	jw_end(w);
}

static void put_finished(struct jw *w, const struct task_event *ev)
{
	jw_kstr(w, "session", ev->session);
	jw_kstr(w, "status", ev->status);
	jw_kstr(w, "summary", ev->text);
	jw_kf64(w, "usd", ev->usage.usd);
	jw_kf64(w, "seconds", ev->seconds);
	put_names(w, "files", ev->files, ev->n_files);
	put_names(w, "denied", ev->denied, ev->n_denied);
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
	case TASK_HIDDEN:
		jw_kstr(w, "call", ev->call);
		put_names(w, "paths", ev->files, ev->n_files);
		break;
	case TASK_USAGE:
		usage_write(w, &ev->usage);
		break;
	case TASK_FINISHED:
		put_finished(w, ev);
		break;
	}
}

void event_write(struct jw *w, const struct task_event *ev)
{
	jw_object(w);
	jw_kcstr(w, "type", type_name[ev->kind]);
	jw_kstr(w, "task", ev->task);
	put_fields(w, ev);
	jw_end(w);
}

/* --- reading --- */

static struct slice text(struct arena *a, struct json v, const char *key)
{
	return json_str_or(json_get(v, key), a, "");
}

static const struct slice *list(struct arena *a, struct json v, size_t *n)
{
	struct slice *out = arena_array(a, json_len(v) + 1, sizeof(*out));

	*n = 0;
	for (struct json_iter it = json_iter(v); json_next(&it);)
		out[(*n)++] = json_str_or(it.value, a, "");
	return out;
}

static uint64_t count(struct json v, const char *key)
{
	int64_t n = json_i64_or(json_get(v, key), 0);

	return n > 0 ? (uint64_t)n : 0;
}

static void read_usage(struct json v, struct usage *u)
{
	u->input = count(v, "input");
	u->cache_read = count(v, "cache_read");
	u->cache_write = count(v, "cache_write");
	u->output = count(v, "output");
	u->reasoning = count(v, "reasoning");
	u->unpriced = json_bool_or(json_get(v, "unpriced"), false);
	u->estimated = json_bool_or(json_get(v, "estimated"), false);
	(void)!json_f64(json_get(v, "usd"), &u->usd);
}

/* One kind of event calls its words "title", another "summary", "why" or "reason". */
static struct slice words(struct arena *a, struct json v)
{
	static const char *const keys[] = { "text", "title", "summary", "why", "reason" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_present(json_get(v, keys[i])))
			return text(a, v, keys[i]);
	return SLICE("");
}

/* A kind that this program does not know is no error: faces of different versions run side by side.
 */
bool event_read(struct arena *a, struct json v, struct task_event *out)
{
	static const char *const json_keys[] = { "input", "steps", "refs" };
	struct json type = json_get(v, "type"), files;
	size_t kind = 0;

	while (kind < ARRAY_LEN(type_name) && !(type_name[kind] && json_is(type, type_name[kind])))
		kind++;
	if (kind == ARRAY_LEN(type_name))
		return false;
	*out = (struct task_event){ .kind = (enum task_event_kind)kind,
				    .task = text(a, v, "task"),
				    .session = text(a, v, "session"),
				    .model = text(a, v, "model"),
				    .mode = text(a, v, "mode"),
				    .text = words(a, v),
				    .call = text(a, v, "call"),
				    .tool = text(a, v, "tool"),
				    .ok = json_bool_or(json_get(v, "ok"), false),
				    .subject = text(a, v, "subject"),
				    .decision = text(a, v, "decision"),
				    .rule = text(a, v, "rule"),
				    .path = text(a, v, "path"),
				    .before = text(a, v, "before"),
				    .after = text(a, v, "after"),
				    .diff = text(a, v, "diff"),
				    .status = text(a, v, "status") };
	for (size_t i = 0; i < ARRAY_LEN(json_keys) && kind != TASK_USAGE; i++)
		if (json_present(json_get(v, json_keys[i])))
			out->json = json_raw(json_get(v, json_keys[i]));
	read_usage(v, &out->usage);
	(void)!json_f64(json_get(v, "seconds"), &out->seconds);
	files = json_get(v, kind == TASK_HIDDEN ? "paths" : "files");
	if (json_type(files) == JSON_ARRAY)
		out->files = list(a, files, &out->n_files);
	else
		out->n_files = (size_t)count(v, "files");
	out->denied = list(a, json_get(v, "denied"), &out->n_denied);
	return true;
}
