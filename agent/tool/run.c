/* run.c - the life of one tool call: see tool.h.
 *
 *   tool_start: known? --> secrets put back (writing tools only) --> JSON? --> our names of the arguments --> start()
 *   tool_finish: secrets hidden again, cut in the middle, UTF-8 --> event --> on_done()
 *
 * A call that cannot be made is finished with an error that says how to make it; the model reads that and
 * tries again. */
#include "agent/tool/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/host.h"
#include "agent/runner/runner.h"
#include "agent/secret/secret_mask.h"
#include "agent/tool/names.h"
#include "agent/tool/scratch.h"
#include "agent/tool/step.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/base/utf8.h"

/* The name of a tool that does not exist is what the model wrote. */
static struct slice label(const struct tool_run *r)
{
	return r->tool ? slice_of(r->tool->name) : r->name;
}

/* Faces show the call before it does anything, and without secrets. */
/* Each call has one `started` and one `finished` event, also a call that cannot be made. */
static void say_started(struct tool_run *r, struct slice input, struct slice text)
{
	r->started = true;
	tool_emit(r, &(struct task_event){ .kind = TASK_TOOL_STARTED,
					   .tool = label(r),
					   .json = secret_hide(r->env->secrets, &r->arena, input),
					   .text = text });
}

/* What did not come as an object was kept as the text that it was: see model.h. */
static void refuse_arguments(struct tool_run *r, struct slice raw)
{
	struct err err = { 0 };
	struct json unused;
	struct slice takes = tool_argument_list(r->tool->name, &r->arena);

	if (json_parse(&r->arena, raw, &unused, &err))
		(void)err_set(&err, ERR_INVALID, "%s instead of an object",
			      json_type_name(json_type(unused)));
	say_started(r, SLICE("{}"), label(r));
	tool_failf(r,
		   "The call was not made: its arguments were not a JSON object (%s). Send one object "
		   "with %.*s; inside strings write \" as \\\" and a new line as \\n.",
		   err.msg, SLICE_ARG(takes));
}

/* Every step here can end the call with an error that names what to do; start() is reached only with valid
 * JSON and names that are ours. */
void tool_start(struct tool_run *r)
{
	struct tool_offer offer = tool_offer_of(r->env);
	struct slice unread, text = r->input_text;
	struct err err = { 0 };

	r->tool = tool_find(r->name);
	if (!r->tool || !tool_is_there(r->tool, offer)) {
		say_started(r, SLICE("{}"), r->name);
		tool_failf(r, "There is no tool named %.*s%.*s. The tools are %.*s.",
			   SLICE_ARG(r->name), SLICE_ARG(tool_name_hint(r->name, &r->arena)),
			   SLICE_ARG(tool_list(offer, &r->arena)));
		return;
	}
	/* Only what it writes into files has its secrets back: a command could carry them elsewhere. */
	if (r->tool->class == TOOL_WRITE &&
	    !secret_reveal(r->env->secrets, &r->arena, r->input_text, &text, &err)) {
		say_started(r, SLICE("{}"), label(r));
		tool_fail(r, &err);
		return;
	}
	if (!json_parse(&r->arena, text, &r->input, &err) || json_type(r->input) != JSON_OBJECT) {
		refuse_arguments(r, r->input_text);
		return;
	}
	if (json_str(json_get(r->input, CALL_NOT_JSON), &r->arena, &unread)) {
		refuse_arguments(r, unread);
		return;
	}
	if (!tool_arguments(r->tool->name, r->input, &r->arena, &r->input, &text, &err)) {
		say_started(r, r->input_text, r->tool->describe(r->input, &r->arena));
		tool_fail(r, &err);
		return;
	}
	say_started(r, text, r->tool->describe(r->input, &r->arena));
	r->tool->start(r);
}

void tool_refuse(struct tool_run *r, const char *why)
{
	r->tool = tool_find(r->name);
	say_started(r, SLICE("{}"), label(r));
	tool_failf(r, "%s", why);
}

/* What was asked for may still happen; nobody hears of it. */
void tool_abort(struct tool_run *r)
{
	step_abort(r);
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

/* In this order: what is under way may use the tool's state, and that the arena. */
void tool_release(struct tool_run *r)
{
	tool_abort(r);
	if (r->release)
		r->release(r);
	r->release = NULL;
	step_release(r);
	scratch_release(r->scratch);
	r->scratch = NULL;
	arena_release(&r->arena);
}

/* The cut is moved to a line end if there is one within a quarter of max, and never splits a character. */
struct slice tool_cut_middle(struct arena *a, struct slice s, size_t max)
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

/* Output of programs may be any bytes; the conversation is UTF-8. */
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

/* What the model and people see: without secrets, within the limit, in UTF-8. */
void tool_finish(struct tool_run *r, bool ok, struct slice result, struct slice summary)
{
	r->done = true;
	r->ok = ok;
	if (result.len == 0)
		result = SLICE("(no output)");
	result = secret_hide(r->env->secrets, &r->arena, result);
	summary = secret_hide(r->env->secrets, &r->arena, summary);
	r->result = clean(&r->arena, tool_cut_middle(&r->arena, result, LIMIT_RESULT_BYTES));
	r->summary = clean(&r->arena, summary);
	tool_emit(r, &(struct task_event){ .kind = TASK_TOOL_FINISHED,
					   .tool = label(r),
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

/* The answer only says that the host knows now; what is open is asked for by the caller. */
static void is_fresh(void *payload)
{
	struct tool_run *r = payload;

	r->ask = NULL;
	r->fresh(r);
}

void tool_fresh(struct tool_run *r, void (*go_on)(struct tool_run *r))
{
	const struct workspace *v = &r->env->workspace;

	r->fresh = go_on;
	if (v->host.ops->fresh)
		r->ask = v->host.ops->fresh(v->host.self, v->root, true, is_fresh, r);
	else
		go_on(r);
}

void tool_emit(struct tool_run *r, struct task_event *ev)
{
	struct host *h = &r->env->workspace.host;

	if (r->trial)
		return;
	ev->task = r->env->task_id;
	ev->call = r->id;
	h->ops->event(h->self, r->env->workspace.task, ev);
}

/* For the summary of the task: each path once, in the order of its first change. */
void env_file_changed(struct tool_env *e, struct slice path)
{
	if (map_get(&e->known_files, path))
		return;
	(void)map_put(&e->known_files, path, e);
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
