/* fleet_task.c - tasks that come over NATS: from the message to its answer, and the notes by which the workers know who has
 * which. The answer's JSON is that of agent/exec, in an envelope. */
#include <stdlib.h>

#include "agent/fleet/fleet_own.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/json/write.h"

/* ANSWER_MAX: the largest answer of exec_task.c with its envelope; what the server takes is less,
 * and looked at when it is sent. */
enum { NOTE_MAX = 4 * 1024, ANSWER_MAX = 130 * 1000 * 1000 };

/* --- notes --- */

static void put_note(struct fleet_task *t, const char *kind)
{
	struct fleet *f = t->fleet;
	struct buf b;
	struct jw w;

	buf_init(&b, NOTE_MAX);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kcstr(&w, "kind", kind);
	jw_kcstr(&w, "worker", f->id);
	jw_ki64(&w, "session", f->session);
	jw_kstr(&w, "reply", t->reply);
	jw_kstr(&w, "task_id", t->id);
	jw_end(&w);
	(void)nats_publish(f->nats, fleet_subject(f, FLEET_NOTE), SLICE(""), SLICE(""),
			   buf_slice(&b));
	buf_release(&b);
}

/* Anybody who may publish to the subject can send these; a false one makes a loss be told, or not,
 * and nothing worse. */
void fleet_task_note(void *payload, const struct nats_msg *m)
{
	struct fleet *f = payload;
	struct slice kind, reply, id;
	struct arena a;
	struct json v;
	struct err err;

	arena_init(&a);
	if (json_parse(&a, m->payload, &v, &err)) {
		kind = json_str_or(json_get(v, "kind"), &a, "");
		reply = json_str_or(json_get(v, "reply"), &a, "");
		id = json_str_or(json_get(v, "task_id"), &a, "");
		if (slice_eq_cstr(kind, "claim"))
			fleet_watch_claim(
				&f->watch, reply, id, json_str_or(json_get(v, "worker"), &a, ""),
				json_i64_or(json_get(v, "session"), 0), uv_now(f->o.loop));
		else if (slice_eq_cstr(kind, "settled"))
			fleet_watch_settled(&f->watch, reply, id);
	}
	arena_release(&a);
}

/* --- answers --- */

/* The code that runs for it is ended, if it still runs. */
static void task_free(struct fleet_task *t)
{
	exec_task_drop(t->task);
	list_remove(&t->link);
	buf_release(&t->answer);
	arena_release(&t->arena);
	free(t);
}

static void write_error(struct buf *b, const struct fleet *f, struct slice id, const char *code,
			struct slice text)
{
	struct jw w;

	jw_init(&w, b);
	jw_object(&w);
	jw_kstr(&w, "task_id", id);
	jw_kcstr(&w, "status", "error");
	jw_kcstr(&w, "worker", f->id);
	jw_kobject(&w, "error");
	jw_kcstr(&w, "code", code);
	jw_kstr(&w, "message", text);
	jw_end(&w);
	jw_end(&w);
}

/* What the request's JSON says may be any text; a line's end in it would begin a header of its own. */
static bool is_of_one_line(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return false;
	}
	return s.len > 0;
}

static struct slice headers_of(const struct fleet_task *t, struct arena *a)
{
	struct slice c = SLICE("");

	if (is_of_one_line(t->correlation))
		c = arena_printf(a, "X-Correlation-Id: %.*s\r\n", SLICE_ARG(t->correlation));
	if (is_of_one_line(t->trace))
		c = arena_printf(a, "%.*straceparent: %.*s\r\n", SLICE_ARG(c), SLICE_ARG(t->trace));
	return c;
}

/* As of a request over HTTP. */
static void write_log(const struct fleet_task *t, const char *status)
{
	struct buf b;
	struct jw w;

	line_log_begin(&w, &b, *status ? "warn" : "info");
	jw_kstr(&w, "subject", fleet_subject(t->fleet, FLEET_TASK));
	jw_kstr(&w, "task_id", t->id);
	jw_kcstr(&w, "status", *status ? status : "success");
	jw_ki64(&w, "ms", (int64_t)(uv_now(t->fleet->o.loop) - t->began));
	jw_kstr(&w, "correlation_id", t->correlation);
	if (t->trace.len > 0)
		jw_kstr(&w, "traceparent", t->trace);
	line_log_end(t->fleet->o.log, &w, &b);
}

/* Not connected: it is sent when it is.
 * The mark is taken after the publishing: the next pong that counts at least so far says that the
 * server has it. */
static void send_answer(struct fleet_task *t)
{
	struct nats *n = t->fleet->nats;
	struct slice text;

	t->mark = 0;
	if (!nats_is_up(n))
		return;
	if (t->answer.len + NOTE_MAX > nats_payload_max(n)) {
		text = arena_printf(
			&t->arena,
			"The answer has %zu bytes, and the NATS server takes %zu in a message. It did run; "
			"ask for less with max_output_size.",
			t->answer.len, nats_payload_max(n));
		buf_clear(&t->answer);
		write_error(&t->answer, t->fleet, t->id, "too_large", text);
	}
	if (!nats_publish(n, t->reply, SLICE(""), headers_of(t, &t->arena),
			  buf_slice(&t->answer)) &&
	    nats_is_up(n))
		log_warn("nats: the answer to task %.*s cannot be sent", SLICE_ARG(t->id));
	t->mark = nats_is_up(n) ? nats_mark(n) : 0;
	put_note(t, "settled");
}

/* why: "": it went well. */
static void answered(struct fleet_task *t, const char *why)
{
	bool well = !*why;
	struct fleet *f = t->fleet;

	t->state = FLEET_ANSWERED;
	f->completed += well;
	f->failed += !well;
	f->total_ms += uv_now(f->o.loop) - t->began;
	write_log(t, why);
	send_answer(t);
}

/* Refused, or ended without an answer: told like any other, so that nobody waits. */
static void fail(struct fleet_task *t, const struct err *err)
{
	write_error(&t->answer, t->fleet, t->id, exec_error_name(err->code), slice_of(err->msg));
	answered(t, exec_error_name(err->code));
}

static void on_done(void *payload, struct slice json, const struct err *err)
{
	struct fleet_task *t = payload;
	struct jw w;

	t->task = NULL;
	if (err) {
		fail(t, err);
		return;
	}
	jw_init(&w, &t->answer);
	jw_object(&w);
	jw_kstr(&w, "task_id", t->id);
	jw_kcstr(&w, "status", "success");
	jw_kcstr(&w, "worker", t->fleet->id);
	jw_kraw(&w, "result", json);
	jw_end(&w);
	answered(t, "");
}

/* --- tasks --- */

struct envelope {
	struct slice id, type;
	struct json payload;
	int priority;
};

static bool read_id(struct arena *a, struct json v, struct slice *out)
{
	return json_str(json_get(v, "task_id"), a, out) && out->len > 0 && out->len <= FLEET_ID_MAX;
}

static bool read_priority(struct json v, int *out, struct err *err)
{
	int64_t n = 0;

	if (json_type(v) != JSON_MISSING &&
	    (!json_i64(v, &n) || n < -EXEC_PRIORITY_MAX || n > EXEC_PRIORITY_MAX))
		return err_set(err, ERR_INVALID,
			       "priority: expected a whole number from -%d to %d.",
			       EXEC_PRIORITY_MAX, EXEC_PRIORITY_MAX);
	*out = (int)n;
	return true;
}

/* Strict, as the requests themselves are: a member that nobody knows is an error. */
static bool read_envelope(struct arena *a, struct slice text, struct envelope *out, struct err *err)
{
	struct json v;

	*out = (struct envelope){ .id = SLICE(""), .type = SLICE("") };
	if (!json_parse(a, text, &v, err))
		return err_wrap(err, "The task is no JSON: ");
	if (!read_id(a, v, &out->id)) {
		out->id = SLICE("");
		return err_set(err, ERR_INVALID, "task_id: expected a string of 1 to %d bytes.",
			       FLEET_ID_MAX);
	}
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (!json_is(it.key, "task_id") && !json_is(it.key, "task_type") &&
		    !json_is(it.key, "payload") && !json_is(it.key, "priority"))
			return err_set(err, ERR_INVALID, "There is no member %.*s in a task.",
				       SLICE_ARG(slice_sub(json_raw(it.key), 0, 60)));
	}
	if (!read_priority(json_get(v, "priority"), &out->priority, err))
		return false;
	out->payload = json_get(v, "payload");
	if (json_str(json_get(v, "task_type"), a, &out->type) && exec_task_known(out->type))
		return true;
	return err_set(err, ERR_INVALID,
		       "task_type: expected execute_code, validate_code, list_languages or "
		       "get_execution_history.");
}

static struct fleet_task *task_new(struct fleet *f, const struct nats_msg *m)
{
	struct fleet_task *t = xcalloc(1, sizeof(*t));
	struct slice correlation = nats_header(m->header, "X-Correlation-Id");

	t->fleet = f;
	t->began = uv_now(f->o.loop);
	arena_init(&t->arena);
	buf_init(&t->answer, ANSWER_MAX);
	t->reply = arena_dup(&t->arena, m->reply);
	t->trace = arena_dup(&t->arena,
			     slice_sub(nats_header(m->header, "traceparent"), 0, EXEC_ID_MAX));
	t->correlation = arena_dup(&t->arena, slice_sub(correlation, 0, EXEC_ID_MAX));
	list_append(&f->tasks, &t->link);
	return t;
}

/* "claim" before the start: if the worker dies with the code, the others know whose task it was. */
void fleet_task_take(void *payload, const struct nats_msg *m)
{
	const struct exec_task_callbacks cb = { NULL, on_done };
	struct fleet *f = payload;
	struct fleet_task *t;
	struct envelope e;
	struct exec_task_call call;
	struct err err;
	bool ok;

	if (!nats_is_subject(m->reply)) {
		log_warn(
			"nats: a task without a subject to reply to is not run: nobody would hear of it");
		f->failed++;
		return;
	}
	t = task_new(f, m);
	ok = read_envelope(&t->arena, arena_dup(&t->arena, m->payload), &e, &err);
	t->id = e.id;
	put_note(t, "claim");
	call = (struct exec_task_call){ .name = e.type,
					.arguments = e.payload,
					.correlation_id =
						t->correlation.len ? t->correlation : t->id,
					.traceparent = t->trace,
					.priority = e.priority };
	if (!ok || !exec_task_start(f->o.exec, &call, &cb, t, &t->task, &err))
		fail(t, &err);
	else if (exec_task_correlation(t->task).len > 0)
		t->correlation = arena_dup(&t->arena, exec_task_correlation(t->task));
}

void fleet_task_seen(void *payload, const struct nats_msg *m)
{
	struct fleet *f = payload;
	struct slice id = SLICE("");
	struct arena a;
	struct json v;
	struct err err;

	arena_init(&a);
	if (json_parse(&a, m->payload, &v, &err) && !read_id(&a, v, &id))
		id = SLICE("");
	fleet_watch_task(&f->watch, m->reply, id, uv_now(f->o.loop));
	arena_release(&a);
}

static struct slice id_of(struct arena *a, struct slice text, const char *name)
{
	struct json v;
	struct err err;

	return json_parse(a, text, &v, &err) ? json_str_or(json_get(v, name), a, "") : SLICE("");
}

/* By the id of the task or of the execution, as the sender may know only one of them. */
void fleet_task_cancel(void *payload, const struct nats_msg *m)
{
	struct fleet *f = payload;
	struct slice task, correlation;
	size_t n = 0;
	struct arena a;

	arena_init(&a);
	task = id_of(&a, m->payload, "task_id");
	correlation = id_of(&a, m->payload, "correlation_id");
	LIST_EACH (it, tmp, &f->tasks) {
		struct fleet_task *t = container_of(it, struct fleet_task, link);

		if (t->task && ((task.len > 0 && slice_eq(task, t->id)) ||
				(correlation.len > 0 && slice_eq(correlation, t->correlation)))) {
			exec_task_cancel(t->task);
			n++;
		}
	}
	/* Each worker hears it; the one that has the task answers. */
	if (n > 0)
		(void)nats_publish(
			f->nats, m->reply, SLICE(""), SLICE(""),
			arena_printf(&a, "{\"cancelled\":%zu,\"worker\":\"%s\"}", n, f->id));
	arena_release(&a);
}

/* Two workers may tell the same loss when they do not see the same of the fleet; the client takes
 * the first. */
void fleet_task_lost(void *payload, struct slice reply, struct slice id, struct slice worker)
{
	struct fleet *f = payload;
	struct buf b;

	f->lost++;
	log_warn("nats: task %.*s is lost with worker %.*s", SLICE_ARG(id), SLICE_ARG(worker));
	buf_init(&b, NOTE_MAX);
	write_error(
		&b, f, id, "worker_lost",
		worker.len > 0
			? SLICE("The worker that had this task is lost. It may have run, wholly or in part; it is not "
				"run again.")
			: SLICE("The worker that was given this task is lost before it said that it has it. It may have "
				"run; it is not run again."));
	(void)nats_publish(f->nats, reply, SLICE(""), SLICE(""), buf_slice(&b));
	buf_release(&b);
}

/* --- connections --- */

/* Claims are told again, too: those who were away have not heard them. */
void fleet_tasks_again(struct fleet *f)
{
	LIST_EACH (it, tmp, &f->tasks) {
		struct fleet_task *t = container_of(it, struct fleet_task, link);

		if (t->state == FLEET_ANSWERED)
			send_answer(t);
		else
			put_note(t, "claim");
	}
}

/* Only now it is freed: until then a lost connection makes us send it again. */
void fleet_tasks_reached(struct fleet *f, uint64_t mark)
{
	LIST_EACH (it, tmp, &f->tasks) {
		struct fleet_task *t = container_of(it, struct fleet_task, link);

		if (t->state == FLEET_ANSWERED && t->mark > 0 && t->mark <= mark)
			task_free(t);
	}
}

void fleet_tasks_drop(struct fleet *f)
{
	LIST_EACH (it, tmp, &f->tasks) {
		f->dropped++;
		task_free(container_of(it, struct fleet_task, link));
	}
}
