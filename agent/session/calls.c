/* calls.c - the tool calls of one turn.
 *
 * Reads run side by side; whatever changes something runs alone and in the order of the calls. All
 * results go back together, in that order. Calls that repeat themselves with the same results are
 * remarked on, and then end the task: nothing spends money like a loop. */
#include "agent/model/image.h"
#include "agent/session/task_own.h"

/* Said behind the result that completed the last round. */
static const char going_round[] =
	"\n\n(You have now made the same %s %zu times with the same result. It will not change: use what you "
	"know, try something else, or end with what is missing.)";

static void on_done(struct tool_run *r)
{
	task_post(r->payload);
}

/* The runs borrow names and arguments from the transcript, whose texts never move; each has an
 * arena of its own, so that a large result can be given back when it has been copied. */
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
	t->env.turn = t->runs;
	t->env.n_turn = t->n_runs;
	return true;
}

/* A tool that does not exist changes nothing, and its error need not wait for the others. */
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

/* Called again whenever a call is done. The first loop variable that counts is `running`: as
 * long as a read before it is under way, what changes something must wait, and nothing behind it
 * starts either. That order is a promise to the model: a read that it put behind an edit sees
 * the edit. */
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
			/* Refused one by one, not cut off: the providers insist that every call
			 * has its result. */
			if (i >= LIMIT_CALLS_PER_TURN) {
				tool_refuse(r, "Not made: a turn has at most 64 calls. Make this one in "
					       "the next turn if it is still needed.");
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

/* The result as the model gets it. Progress (something was changed, or the person answered)
 * means that the same call may well give another result next time, so the count begins anew. */
static struct slice result_of(struct task *t, const struct tool_run *r)
{
	size_t cycle = 1, n;
	struct err why;

	if (r->progress) {
		repeats_reset(&t->repeats);
		return arena_dup(&t->arena, r->result);
	}
	n = repeats_add(&t->repeats, r->name, r->input_text, r->result, &cycle);
	if (n >= REPEATS_STOP) {
		(void)err_set(&why, ERR_INVALID,
			      "the model repeats the same %s without progress (the last: %.*s): stopped",
			      cycle == 1 ? "call" : "calls", SLICE_ARG(r->name));
		task_fail(t, &why);
	}
	if (n < REPEATS_WARN)
		return arena_dup(&t->arena, r->result);
	return arena_printf(&t->arena, "%.*s%.*s", SLICE_ARG(r->result),
			    SLICE_ARG(arena_printf(&t->arena, going_round,
						   cycle == 1 ? "call" : "calls in turn", n)));
}

static void log_result(struct task *t, const struct tool_run *r, struct slice text)
{
	struct sha256_hex blob;
	bool image = r->image.ptr && images_keep(t, r->image, &blob);
	struct jw *w = task_log(t, "result");

	jw_kstr(w, "call", r->id);
	jw_kstr(w, "tool", r->name);
	jw_kbool(w, "ok", r->ok);
	jw_kstr(w, "text", text);
	if (image)
		images_log(w, &blob);
	(void)task_log_end(t);
}

/* One turn of the user answers all calls of the turn before it, in their order, as the providers
 * demand. The texts move from the runs' arenas to the task's before the runs are released. */
void calls_collect(struct task *t)
{
	struct turn turn = { .role = ROLE_USER, .n_blocks = t->n_runs };

	turn.blocks = arena_array(&t->arena, t->n_runs + 2, sizeof(*turn.blocks));
	for (size_t i = 0; i < t->n_runs; i++) {
		struct tool_run *r = &t->runs[i];
		struct slice result = result_of(t, r);

		log_result(t, r, result);
		turn.blocks[i] =
			(struct block){ .kind = BLOCK_RESULT,
					.is_error = !r->ok,
					.text = result,
					.id = r->id,
					.name = r->name,
					.image = r->image.ptr ? image_new(&t->arena, r->image)
							      : NULL };
		tool_release(r);
	}
	t->n_runs = t->env.n_turn = 0;
	t->env.turn = NULL;
	if (t->cut_call)
		turn.blocks[turn.n_blocks++] = (struct block){
			.kind = BLOCK_TEXT,
			.text = slice_of(task_call_was_cut),
		};
	transcript_add(&t->transcript, &t->arena, &turn);
}

/* The results are logged although no model gets them now: a session that is resumed shows the
 * model what had happened. */
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
		log_result(t, r, r->result);
		tool_release(r);
	}
	t->n_runs = t->env.n_turn = 0;
	t->env.turn = NULL;
}
