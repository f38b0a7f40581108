/* run.c - the life of one tool call: see tool.h */
#include "agent/tool/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/host.h"
#include "agent/runner/runner.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/base/utf8.h"

void tool_start(struct tool_run *r)
{
	struct err err = { 0 };

	r->started = true;
	r->tool = tool_find(r->name);
	if (!r->tool) {
		tool_failf(r, "there is no tool named %.*s", SLICE_ARG(r->name));
		return;
	}
	if (!json_parse(&r->arena, r->input_text, &r->input, &err) ||
	    json_type(r->input) != JSON_OBJECT) {
		tool_failf(r, "the arguments are not a JSON object: %s",
			   err.code ? err.msg : "another type");
		return;
	}
	tool_emit(r, &(struct task_event){ .kind = TASK_TOOL_STARTED,
					   .tool = r->name,
					   .json = r->input_text,
					   .text = r->tool->describe(r->input, &r->arena) });
	r->tool->start(r);
}

void tool_abort(struct tool_run *r)
{
	workspace_drop(r->op);
	if (r->ask)
		r->env->workspace.host.ops->drop(r->env->workspace.host.self, r->ask);
	if (r->call)
		runner_drop(r->call);
	sync_drop(r->sync);
	r->sync = NULL;
	r->op = NULL;
	r->ask = NULL;
	r->call = NULL;
}

void tool_release(struct tool_run *r)
{
	tool_abort(r);
	if (r->release)
		r->release(r);
	r->release = NULL;
	arena_release(&r->arena);
}

/* Head and tail of a text that is too long for the model, cut at line ends where there are some. */
static struct slice cut_middle(struct arena *a, struct slice s, size_t max)
{
	size_t half = max / 2, head = half, tail = s.len - half;

	if (s.len <= max)
		return s;
	while (head > half / 2 && s.ptr[head - 1] != '\n')
		head--;
	while (tail < s.len - half / 2 && s.ptr[tail] != '\n')
		tail++;
	head = utf8_complete_prefix(slice_sub(s, 0, head));
	while (tail < s.len && ((unsigned char)s.ptr[tail] & 0xc0) == 0x80)
		tail++;
	return arena_printf(a, "%.*s\n[... %zu bytes left out in the middle ...]\n%.*s", (int)head,
			    s.ptr, tail - head, (int)(s.len - tail), s.ptr + tail);
}

static struct slice clean(struct arena *a, struct slice s)
{
	struct buf b;
	struct slice out;

	buf_init(&b, s.len * 3 + 16);
	utf8_sanitize(&b, s);
	out = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return out;
}

void tool_finish(struct tool_run *r, bool ok, struct slice result, struct slice summary)
{
	r->done = true;
	r->ok = ok;
	if (result.len == 0)
		result = SLICE("(no output)");
	r->result = clean(&r->arena, cut_middle(&r->arena, result, LIMIT_RESULT_BYTES));
	r->summary = clean(&r->arena, summary);
	tool_emit(r, &(struct task_event){ .kind = TASK_TOOL_FINISHED,
					   .tool = r->name,
					   .ok = ok,
					   .text = r->summary });
	r->on_done(r);
}

void tool_fail(struct tool_run *r, const struct err *err)
{
	struct slice msg = slice_of(err->msg);

	tool_finish(r, false, msg, msg);
}

void tool_failf(struct tool_run *r, const char *fmt, ...)
{
	struct err err = { .code = ERR_INVALID };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err.msg, sizeof(err.msg), fmt, ap);
	va_end(ap);
	tool_fail(r, &err);
}

void tool_emit(struct tool_run *r, struct task_event *ev)
{
	struct host *h = &r->env->workspace.host;

	ev->task = r->env->task_id;
	ev->call = r->id;
	h->ops->event(h->self, r->env->workspace.task, ev);
}

void env_file_changed(struct tool_env *e, struct slice path)
{
	for (size_t i = 0; i < e->n_files; i++)
		if (slice_eq(e->files[i], path))
			return;
	if (e->n_files == e->cap_files) {
		size_t cap = e->cap_files ? e->cap_files * 2 : 16;
		struct slice *bigger = arena_array(e->arena, cap, sizeof(*bigger));

		if (e->n_files)
			memcpy(bigger, e->files, e->n_files * sizeof(*bigger));
		e->files = bigger;
		e->cap_files = cap;
	}
	e->files[e->n_files++] = arena_dup(e->arena, path);
}
