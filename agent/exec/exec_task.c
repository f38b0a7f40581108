/* exec_task.c - see exec_task.h
 *
 * It waits for one thing at a time, and which one says what the task is. done() ends it: the task is
 * freed as it returns. */
#include "agent/exec/exec_task.h"

#include <stdlib.h>

#include "agent/exec/exec_history.h"
#include "agent/exec/exec_own.h"
#include "agent/exec/exec_validate.h"
#include "protocol/base/mem.h"
#include "protocol/json/write.h"

/* Two streams of EXEC_OUTPUT_MAX in which every byte is escaped fit. */
enum { ANSWER_MAX = 2 * 6 * EXEC_OUTPUT_MAX + 64 * 1024 };

struct exec_task {
	struct exec *exec;
	struct arena arena; /* of the arguments */
	struct exec_task_callbacks on;
	void *payload;
	struct slice correlation;
	/* What it waits for, one of them. */
	struct exec_job *job;
	struct exec_probe *probe;
	struct exec_asked *asked;
	struct exec_validation *validation;
};

static void task_free(struct exec_task *t)
{
	arena_release(&t->arena);
	free(t);
}

/* Borrowed json: it lies in a buffer of the caller, which outlives done(). */
static void finish(struct exec_task *t, struct slice json, const struct err *err)
{
	t->on.done(t->payload, json, err);
	task_free(t);
}

static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	struct exec_task *t = payload;

	t->on.output(t->payload, bytes, is_stderr);
}

static void on_executed(void *payload, const struct exec_answer *a)
{
	struct buf b;
	struct jw w;

	buf_init(&b, ANSWER_MAX);
	jw_init(&w, &b);
	jw_object(&w);
	exec_answer_write(&w, a);
	jw_end(&w);
	finish(payload, buf_slice(&b), NULL);
	buf_release(&b);
}

static bool execute_code(struct exec_task *t, const struct exec_task_call *c, struct err *err)
{
	const struct exec_callbacks cb = { t->on.output ? on_output : NULL, on_executed };
	struct exec_request r;

	if (!exec_request_read(c->arguments, &t->arena, &r, err))
		return false;
	if (r.correlation_id.len == 0)
		r.correlation_id = c->correlation_id;
	if (r.traceparent.len == 0)
		r.traceparent = c->traceparent;
	r.priority = c->priority;
	t->correlation = arena_dup(&t->arena, r.correlation_id);
	return exec_submit(t->exec, &r, &cb, t, &t->job, err);
}

static void on_found(void *payload, const struct exec_found found[EXEC_LANGUAGES])
{
	struct buf b;
	struct jw w;

	buf_init(&b, ANSWER_MAX);
	jw_init(&w, &b);
	jw_object(&w);
	exec_found_write(&w, found);
	jw_end(&w);
	finish(payload, buf_slice(&b), NULL);
	buf_release(&b);
}

static bool list_languages(struct exec_task *t, const struct exec_task_call *c, struct err *err)
{
	(void)c;
	return exec_probe(t->exec, on_found, t, &t->probe, err);
}

static void on_json(void *payload, struct slice json, const struct err *err)
{
	finish(payload, json, err);
}

/* Answered by the history itself, as JSON that goes out as it is. */
static bool get_history(struct exec_task *t, const struct exec_task_call *c, struct err *err)
{
	const struct exec_history *h = t->exec->options.history;
	struct exec_rows_query q;

	if (!h)
		return err_set(err, ERR_NOT_FOUND, "No history is kept here.");
	if (!exec_query_read(c->arguments, &t->arena, &q, err))
		return false;
	t->asked = h->ask(h->self, &q, on_json, t);
	return true;
}

static bool validate_code(struct exec_task *t, const struct exec_task_call *c, struct err *err)
{
	struct exec_request r;

	if (!exec_request_read(c->arguments, &t->arena, &r, err))
		return false;
	r.priority = c->priority;
	return exec_validate(t->exec, &r, on_json, t, &t->validation, err);
}

static const struct kind {
	const char *name;
	bool (*start)(struct exec_task *t, const struct exec_task_call *c, struct err *err);
} kinds[] = {
	{ "execute_code", execute_code },
	{ "validate_code", validate_code },
	{ "list_languages", list_languages },
	{ "get_execution_history", get_history },
};

static const struct kind *find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (slice_eq_cstr(name, kinds[i].name))
			return &kinds[i];
	}
	return NULL;
}

bool exec_task_known(struct slice name)
{
	return find(name) != NULL;
}

/* *out is set before the start, so that a callback may already know it; and taken back where
 * nothing started. */
bool exec_task_start(struct exec *e, const struct exec_task_call *c,
		     const struct exec_task_callbacks *cb, void *payload, struct exec_task **out,
		     struct err *err)
{
	struct exec_task *t = xcalloc(1, sizeof(*t));

	t->exec = e;
	t->on = *cb;
	t->payload = payload;
	t->correlation = SLICE("");
	arena_init(&t->arena);
	*out = t;
	if (find(c->name)->start(t, c, err))
		return true;
	*out = NULL;
	task_free(t);
	return false;
}

const char *exec_error_name(enum err_code code)
{
	return code == ERR_TOO_LARGE ? "overloaded" : err_name(code);
}

struct slice exec_task_correlation(const struct exec_task *t)
{
	return t->correlation;
}

/* Only code runs for long enough to be cancelled; the others end by their own limits. */
void exec_task_cancel(struct exec_task *t)
{
	if (t->job)
		exec_cancel(t->job);
}

void exec_task_drop(struct exec_task *t)
{
	if (!t)
		return;
	exec_drop(t->job);
	exec_probe_drop(t->probe);
	exec_validation_drop(t->validation);
	if (t->asked)
		t->exec->options.history->drop(t->asked);
	task_free(t);
}
