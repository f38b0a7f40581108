/* replay.c - an earlier run's transcript out of its log, so that a session goes on where it
 * stopped.
 *
 * The providers insist that every call is answered: a call without a result (crash, kill) gets one
 * that says so.
 *
 *   task              another one begins
 *   user              a turn of the user; ends the step before it
 *   assistant         a turn of the model; its calls wait for their results (`asked`)
 *   result            kept until the next turn, then put in the order of the calls (flush)
 *   compaction        the marks of compact.c
 *   undoing, undone   a rewind: back to an earlier step, or forward again
 *   request, usage    the money
 *   edit              its number: those of the next task go on from it
 *
 * The events of other types say nothing about the conversation. */
#include "agent/session/task_own.h"

/* What stood in the transcript when a step was over (rewind.h). */
struct step_mark {
	int64_t number;
	size_t turns;
	size_t cut, trim, blind, most, made; /* of struct compact */
};

struct replay {
	struct task *t;
	struct slice state_dir;
	double spent_usd;
	double asked_usd; /* what the call under way may cost: no usage follows if it was killed */
	struct block *results; /* of the last assistant turn */
	size_t n_results, n_calls;
	/* The turn that made the calls; its results are not in the transcript yet. */
	struct turn *asked;
	bool cut_call;		 /* one more call of that turn was cut off */
	struct step_mark *marks; /* the first is of the empty transcript */
	size_t n_marks, at, cap; /* at: so many of them are done; the others lie ahead */
	int64_t answers;
	bool open;	/* the results of the last step may still come */
	bool rewinding; /* an undo that is a rewind has begun, and not ended */
	size_t before;	/* `at` when it began */
	replay_watch_fn *watch;
	void *payload;
};

static struct slice text_of(struct json ev, const char *key, struct arena *a)
{
	struct slice s = json_str_or(json_get(ev, key), a, "");

	return arena_dup(a, s); /* the log's line does not outlive the event */
}

static enum block_kind kind_of(struct json v)
{
	enum block_kind kind = BLOCK_TEXT;

	while (kind < BLOCK_OTHER && !json_is(v, block_kind_name(kind)))
		kind++;
	return kind;
}

/* Closes the turn of results, in the order of the calls. What is left open here was interrupted
 * by a crash; the model is told that it may have happened all the same. */
static void flush(struct replay *p)
{
	struct arena *a = &p->t->arena;
	struct turn turn = { .role = ROLE_USER };

	if (!p->asked)
		return;
	turn.blocks = arena_array(a, p->n_calls + 2, sizeof(*turn.blocks));
	for (size_t i = 0; i < p->asked->n_blocks; i++) {
		const struct block *call = &p->asked->blocks[i];
		struct block *b = &turn.blocks[turn.n_blocks];

		if (call->kind != BLOCK_CALL)
			continue;
		*b = (struct block){ .kind = BLOCK_RESULT,
				     .is_error = true,
				     .id = call->id,
				     .name = call->name,
				     .text = SLICE(
					     "The session was interrupted before this call was "
					     "finished; whether it had an "
					     "effect is not known. Look before you repeat it.") };
		for (size_t k = 0; k < p->n_results; k++)
			if (slice_eq(p->results[k].id, call->id))
				*b = p->results[k];
		turn.n_blocks++;
	}
	if (p->cut_call)
		turn.blocks[turn.n_blocks++] =
			(struct block){ .kind = BLOCK_TEXT, .text = slice_of(task_call_was_cut) };
	p->asked = NULL;
	p->n_results = 0;
	transcript_add(&p->t->transcript, a, &turn);
}

/* --- steps, to which the person may have gone back --- */

static void add_mark(struct replay *p, int64_t number)
{
	if (p->at == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		struct step_mark *bigger = arena_array(&p->t->arena, cap, sizeof(*bigger));

		if (p->at)
			memcpy(bigger, p->marks, p->at * sizeof(*bigger));
		p->marks = bigger;
		p->cap = cap;
	}
	p->marks[p->at++] = (struct step_mark){ .number = number };
	p->n_marks = p->at; /* what lay ahead is left behind: its turns are written over */
}

/* Nothing belongs to the last step any more. */
static void close_step(struct replay *p)
{
	const struct compact *c = &p->t->compact;
	struct step_mark *m;

	flush(p);
	if (!p->open)
		return;
	p->open = false;
	m = &p->marks[p->at - 1];
	m->turns = p->t->transcript.n;
	m->cut = c->cut;
	m->trim = c->trim;
	m->blind = c->blind;
	m->most = c->most;
	m->made = c->made;
}

/* The turns behind the mark stay where they are, for the way forward, until others take their place. */
static void go_to(struct replay *p, size_t at)
{
	const struct step_mark *m = &p->marks[at - 1];
	struct compact *c = &p->t->compact;

	p->at = at;
	p->t->transcript.n = m->turns;
	c->cut = m->cut;
	c->trim = m->trim;
	c->blind = m->blind;
	c->most = m->most;
	c->made = m->made;
	c->stale = true;
}

/* Begun is done: what a crash interrupts here is brought to its end before the task asks anything. */
static void take_undoing(struct replay *p, struct json ev)
{
	struct json rewind = json_get(ev, "rewind");
	int64_t to = json_i64_or(json_get(rewind, "to"), -1);

	p->rewinding = json_type(rewind) == JSON_OBJECT;
	if (!p->rewinding)
		return;
	close_step(p);
	p->before = p->at;
	for (size_t i = 0; i < p->n_marks; i++)
		if (p->marks[i].number == to)
			go_to(p, i + 1);
}

static void take_undone(struct replay *p, struct json ev)
{
	if (p->rewinding && !json_bool_or(json_get(ev, "ok"), false)) /* it was given up */
		go_to(p, p->before);
	p->rewinding = false;
}

/* --- the events --- */

/* The digest tells of files that this task changed, and is made anew when a session goes on. */
static void take_task(struct replay *p)
{
	p->t->env.n_files = 0;
	p->t->compact.stale = p->t->compact.made > 0;
}

static void take_user(struct replay *p, struct json ev)
{
	struct arena *a = &p->t->arena;
	struct block *b = arena_alloc(a, sizeof(*b));

	close_step(p);
	*b = (struct block){ .kind = BLOCK_TEXT, .text = text_of(ev, "text", a) };
	b->image = images_replay(p->t, p->state_dir, ev, &b->text);
	transcript_add(&p->t->transcript, a,
		       &(struct turn){ .role = ROLE_USER, .blocks = b, .n_blocks = 1 });
}

/* An answer without blocks was never part of the transcript, and is no step: the numbers must
 * agree with those of rewind.c. */
static void take_assistant(struct replay *p, struct json ev)
{
	struct arena *a = &p->t->arena;
	struct json blocks = json_get(ev, "blocks");
	struct turn turn = { .role = ROLE_ASSISTANT, .model = text_of(ev, "model", a) };

	close_step(p);
	turn.blocks = arena_array(a, json_len(blocks) + 1, sizeof(*turn.blocks));
	p->n_calls = 0;
	for (struct json_iter it = json_iter(blocks); json_next(&it); turn.n_blocks++) {
		struct block *b = &turn.blocks[turn.n_blocks];

		*b = (struct block){ .kind = kind_of(json_get(it.value, "kind")),
				     .text = text_of(it.value, "text", a),
				     .id = text_of(it.value, "id", a),
				     .name = text_of(it.value, "name", a),
				     .raw = text_of(it.value, "raw", a) };
		p->n_calls += b->kind == BLOCK_CALL;
	}
	if (turn.n_blocks == 0)
		return;
	add_mark(p, ++p->answers);
	p->open = true;
	transcript_add(&p->t->transcript, a, &turn);
	if (p->n_calls == 0)
		return;
	p->asked = arena_alloc(a, sizeof(*p->asked));
	*p->asked = turn;
	p->cut_call = json_bool_or(json_get(ev, "cut_call"), false);
	p->results = arena_array(a, p->n_calls, sizeof(*p->results));
	p->n_results = 0;
}

/* A result without a call that waits for it is left out: a log that was damaged must not make a
 * conversation that every provider refuses. */
static void take_result(struct replay *p, struct json ev)
{
	struct arena *a = &p->t->arena;
	struct block *b;

	if (!p->asked || p->n_results == p->n_calls)
		return;
	b = &p->results[p->n_results++];
	*b = (struct block){ .kind = BLOCK_RESULT,
			     .is_error = !json_bool_or(json_get(ev, "ok"), false),
			     .id = text_of(ev, "call", a),
			     .name = text_of(ev, "tool", a),
			     .text = text_of(ev, "text", a) };
	b->image = images_replay(p->t, p->state_dir, ev, &b->text);
}

/* A call that was killed counts at its worst case, as in the ledger. */
static void take_request(struct replay *p, struct json ev)
{
	double usd = 0;

	p->spent_usd += p->asked_usd;
	p->asked_usd = json_f64(json_get(ev, "reserved_usd"), &usd) ? usd : 0;
}

static void take_usage(struct replay *p, struct json ev)
{
	double usd = 0;

	p->asked_usd = 0;
	if (json_f64(json_get(ev, "usd"), &usd))
		p->spent_usd += usd;
}

/* The transcript must be whole whenever somebody watches a request, so results are put in before
 * that. */
static bool take(void *payload, struct json ev, struct err *err)
{
	struct replay *p = payload;
	struct task *t = p->t;
	struct json type = json_get(ev, "type");
	int64_t step = json_i64_or(json_get(ev, "step"), 0);

	if (p->watch && json_is(type, "request"))
		flush(p);
	if (p->watch)
		p->watch(p->payload, t, ev);
	if (json_is(type, "session") &&
	    !slice_eq(text_of(ev, "workspace", &p->t->arena), p->t->workspace))
		return err_set(err, ERR_USAGE,
			       "this session belongs to the folder %.*s: run emend there",
			       SLICE_ARG(text_of(ev, "workspace", &p->t->arena)));
	if (json_is(type, "task"))
		take_task(p);
	else if (json_is(type, "user"))
		take_user(p, ev);
	else if (json_is(type, "assistant"))
		take_assistant(p, ev);
	else if (json_is(type, "result"))
		take_result(p, ev);
	else if (json_is(type, "compaction")) {
		close_step(p);
		compact_replay(p->t, ev);
	} else if (json_is(type, "undoing"))
		take_undoing(p, ev);
	else if (json_is(type, "undone"))
		take_undone(p, ev);
	else if (json_is(type, "request"))
		take_request(p, ev);
	else if (json_is(type, "usage"))
		take_usage(p, ev);
	else if (json_is(type, "edit") && step >= p->t->env.next_step)
		p->t->env.next_step = step + 1;
	return true;
}

bool replay_log(struct task *t, double *spent_usd, struct err *err)
{
	return replay_watch(t, agent_state_dir(t->agent), NULL, NULL, spent_usd, err);
}

bool replay_watch(struct task *t, struct slice state_dir, replay_watch_fn *watch, void *payload,
		  double *spent_usd, struct err *err)
{
	struct replay p = { .t = t, .state_dir = state_dir, .watch = watch, .payload = payload };

	add_mark(&p, 0);
	if (!event_log_read(state_dir, t->session, take, &p, err))
		return false;
	flush(&p);
	take_task(&p); /* what comes next is another one */
	*spent_usd = p.spent_usd + p.asked_usd;
	return true;
}
