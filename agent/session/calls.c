/* calls.c - the tool calls of one turn.
 *
 * Reads run side by side; whatever changes something runs alone and in the order of the calls. All
 * results go back together, in that order. A call that repeats itself with the same result is
 * blocked, then ends the task: nothing spends money like a loop. */
#include "agent/session/task_own.h"

enum { BLOCK_AFTER = 3, STOP_AFTER = 6 };

static void on_done(struct tool_run *r)
{
	task_post(r->payload);
}

bool calls_start(struct task *t)
{
	const struct turn *turn =
		t->transcript.n ? &t->transcript.turns[t->transcript.n - 1] : NULL;
	size_t n = 0;

	if (!turn || turn->role != ROLE_ASSISTANT)
		return false;
	for (size_t i = 0; i < turn->n_blocks; i++)
		n += turn->blocks[i].kind == BLOCK_CALL;
	if (n == 0)
		return false;
	t->runs = arena_array(&t->arena, n, sizeof(*t->runs));
	t->n_runs = 0;
	for (size_t i = 0; i < turn->n_blocks; i++) {
		const struct block *b = &turn->blocks[i];
		struct tool_run *r = &t->runs[t->n_runs];

		if (b->kind != BLOCK_CALL)
			continue;
		*r = (struct tool_run){ .env = &t->env,
					.id = b->id,
					.name = b->name,
					.input_text = b->text,
					.on_done = on_done,
					.payload = t };
		arena_init(&r->arena);
		t->n_runs++;
	}
	return true;
}

static bool is_read(const struct tool_run *r)
{
	const struct tool *tool = tool_find(r->name);

	return !tool || tool->class == TOOL_READ;
}

static void log_call(struct task *t, struct tool_run *r)
{
	struct jw *w = task_log(t, "call");

	jw_kstr(w, "call", r->id);
	jw_kstr(w, "tool", r->name);
	jw_kstr(w, "input", r->input_text);
	(void)task_log_end(t);
}

static bool looping(const struct task *t, const struct tool_run *r)
{
	struct sha256_hex h = sha256_two(r->name, r->input_text);

	return t->same_calls >= BLOCK_AFTER && memcmp(h.s, t->last_call.s, sizeof(h.s)) == 0;
}

void calls_step(struct task *t)
{
	bool running = false;

	for (size_t i = 0;
	     i < t->n_runs && t->why.code == ERR_NONE && t->env.fatal.code == ERR_NONE; i++) {
		struct tool_run *r = &t->runs[i];

		if (r->done)
			continue;
		if (r->started && !is_read(r))
			return; /* alone until it is done */
		if (!r->started) {
			if (running && !is_read(r))
				return;
			log_call(t, r);
			if (looping(t, r)) {
				r->started = true;
				tool_failf(r,
					   "Blocked: this same call was made %d times in a row "
					   "with the same result. Do "
					   "something else.",
					   t->same_calls);
				continue;
			}
			tool_start(r); /* may be done when it returns */
			if (!r->done && !is_read(r))
				return;
		}
		running = running || !r->done;
	}
}

bool calls_finished(const struct task *t)
{
	for (size_t i = 0; i < t->n_runs; i++)
		if (!t->runs[i].done)
			return false;
	return true;
}

/* Counts how often the same single call came back with the same result. */
static void watch_loop(struct task *t)
{
	struct sha256_hex h;
	struct err why;

	if (t->n_runs != 1 || t->runs[0].progress) {
		t->same_calls = 0;
		return;
	}
	h = sha256_two(t->runs[0].name, t->runs[0].input_text);
	if (memcmp(h.s, t->last_call.s, sizeof(h.s)) != 0)
		t->same_calls = 0;
	t->last_call = h;
	if (++t->same_calls >= STOP_AFTER) {
		(void)err_set(&why, ERR_INVALID,
			      "the model repeats the same call of %.*s without progress: stopped",
			      SLICE_ARG(t->runs[0].name));
		task_fail(t, &why);
	}
}

static void log_result(struct task *t, const struct tool_run *r)
{
	struct jw *w = task_log(t, "result");

	jw_kstr(w, "call", r->id);
	jw_kstr(w, "tool", r->name);
	jw_kbool(w, "ok", r->ok);
	jw_kstr(w, "text", r->result);
	(void)task_log_end(t);
}

void calls_collect(struct task *t)
{
	struct turn turn = { .role = ROLE_USER, .n_blocks = t->n_runs };

	watch_loop(t);
	turn.blocks = arena_array(&t->arena, t->n_runs + 2, sizeof(*turn.blocks));
	for (size_t i = 0; i < t->n_runs; i++) {
		struct tool_run *r = &t->runs[i];

		log_result(t, r);
		turn.blocks[i] = (struct block){ .kind = BLOCK_RESULT,
						 .is_error = !r->ok,
						 .text = arena_dup(&t->arena, r->result),
						 .id = r->id,
						 .name = r->name };
		tool_release(r);
	}
	t->n_runs = 0;
	if (t->cut_call)
		turn.blocks[turn.n_blocks++] = (struct block){
			.kind = BLOCK_TEXT,
			.text = SLICE("Your last call was cut off at the output limit and was not made. "
				      "Make it again, in smaller steps."),
		};
	transcript_add(&t->transcript, &t->arena, &turn);
}

void calls_abort(struct task *t)
{
	for (size_t i = 0; i < t->n_runs; i++) {
		struct tool_run *r = &t->runs[i];

		if (!r->done) {
			tool_abort(r);
			r->done = true;
			r->ok = false;
			r->result = SLICE("cancelled by the user before it was finished; what it "
					  "had done so far may stand");
		}
		log_result(t, r);
		tool_release(r);
	}
	t->n_runs = 0;
}
