/* replay.c - an earlier run's transcript out of its log, so that a session goes on where it
 * stopped.
 *
 * The providers insist that every call is answered: a call without a result (crash, kill) gets one
 * that says so. */
#include "agent/session/task_own.h"

struct replay {
	struct task *t;
	double spent_usd;
	struct block *results; /* of the last assistant turn */
	size_t n_results, n_calls;
	struct turn *
		asked; /* the turn that made the calls; its results are not in the transcript yet */
};

static struct slice text_of(struct json ev, const char *key, struct arena *a)
{
	struct slice s = json_str_or(json_get(ev, key), a, "");

	return arena_dup(a, s); /* the log's line does not outlive the event */
}

static enum block_kind kind_of(struct json v)
{
	if (json_is(v, "text"))
		return BLOCK_TEXT;
	if (json_is(v, "thinking"))
		return BLOCK_THINKING;
	return json_is(v, "call") ? BLOCK_CALL : BLOCK_OTHER;
}

static bool has_result(const struct replay *p, struct slice id)
{
	for (size_t i = 0; i < p->n_results; i++)
		if (slice_eq(p->results[i].id, id))
			return true;
	return false;
}

/* Closes the turn of results, in the order of the calls. */
static void flush(struct replay *p)
{
	struct arena *a = &p->t->arena;
	struct turn turn = { .role = ROLE_USER };

	if (!p->asked)
		return;
	turn.blocks = arena_array(a, p->n_calls + 1, sizeof(*turn.blocks));
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
		for (size_t k = 0; k < p->n_results && has_result(p, call->id); k++)
			if (slice_eq(p->results[k].id, call->id))
				*b = p->results[k];
		turn.n_blocks++;
	}
	p->asked = NULL;
	p->n_results = 0;
	transcript_add(&p->t->transcript, a, &turn);
}

static void take_user(struct replay *p, struct json ev)
{
	struct arena *a = &p->t->arena;
	struct block *b = arena_alloc(a, sizeof(*b));

	flush(p);
	*b = (struct block){ .kind = BLOCK_TEXT, .text = text_of(ev, "text", a) };
	transcript_add(&p->t->transcript, a,
		       &(struct turn){ .role = ROLE_USER, .blocks = b, .n_blocks = 1 });
}

static void take_assistant(struct replay *p, struct json ev)
{
	struct arena *a = &p->t->arena;
	struct json blocks = json_get(ev, "blocks");
	struct turn turn = { .role = ROLE_ASSISTANT, .model = text_of(ev, "model", a) };

	flush(p);
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
	transcript_add(&p->t->transcript, a, &turn);
	if (p->n_calls == 0)
		return;
	p->asked = arena_alloc(a, sizeof(*p->asked));
	*p->asked = turn;
	p->results = arena_array(a, p->n_calls, sizeof(*p->results));
	p->n_results = 0;
}

static void take_result(struct replay *p, struct json ev)
{
	struct arena *a = &p->t->arena;

	if (!p->asked || p->n_results == p->n_calls)
		return;
	p->results[p->n_results++] =
		(struct block){ .kind = BLOCK_RESULT,
				.is_error = !json_bool_or(json_get(ev, "ok"), false),
				.id = text_of(ev, "call", a),
				.name = text_of(ev, "tool", a),
				.text = text_of(ev, "text", a) };
}

static void take_usage(struct replay *p, struct json ev)
{
	double usd = 0;

	if (json_f64(json_get(ev, "usd"), &usd))
		p->spent_usd += usd;
}

static bool take(void *payload, struct json ev, struct err *err)
{
	struct replay *p = payload;
	struct json type = json_get(ev, "type");
	int64_t step = json_i64_or(json_get(ev, "step"), 0);

	if (json_is(type, "session") &&
	    !slice_eq(text_of(ev, "workspace", &p->t->arena), p->t->workspace))
		return err_set(err, ERR_USAGE,
			       "this session belongs to the folder %.*s: run emend there",
			       SLICE_ARG(text_of(ev, "workspace", &p->t->arena)));
	if (json_is(type, "user"))
		take_user(p, ev);
	else if (json_is(type, "assistant"))
		take_assistant(p, ev);
	else if (json_is(type, "result"))
		take_result(p, ev);
	else if (json_is(type, "compaction")) {
		flush(p);
		compact_replay(p->t, ev);
	} else if (json_is(type, "usage"))
		take_usage(p, ev);
	else if (json_is(type, "edit") && step >= p->t->env.next_step)
		p->t->env.next_step = step + 1;
	return true;
}

bool replay_log(struct task *t, double *spent_usd, struct err *err)
{
	struct replay p = { .t = t };

	if (!event_log_read(agent_state_dir(t->agent), t->session, take, &p, err))
		return false;
	flush(&p);
	*spent_usd = p.spent_usd;
	return true;
}
