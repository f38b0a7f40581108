/* turn.c - one call of the model: reserve (spend.c), ask, settle, write down.
 *
 *   turn_start() --ledger--> turn_reserved() --model--> on_done() --> one fact, and a step:
 *
 *     answered     a turn was added to the transcript: after.c
 *     anew         the same call again: the prompt was too long and is shorter now, or the
 *                  failed try was paid for
 *     unanswered   another model of the user's list may do better: choose.c
 *     why          the task ends
 *
 * Each request is logged before it is made, with what it may cost at most, and its usage
 * afterwards: of a call without usage in the log a resumed session assumes that worst case. */
#include "agent/model/image.h"
#include "agent/session/task_own.h"

#include "agent/store/prune.h"
#include "agent/tool/tool.h"

void turn_user(struct task *t, struct slice text)
{
	turn_user_image(t, text, (struct slice){ NULL, 0 });
}

/* The log before the transcript: what the model is sent must be found there when the session is
 * resumed. */
void turn_user_image(struct task *t, struct slice text, struct slice image)
{
	struct block *b = arena_alloc(&t->arena, sizeof(*b));
	struct sha256_hex blob;
	struct jw *w;

	if (image.ptr && !images_keep(t, image, &blob))
		return;
	text = secret_hide(&t->secrets, &t->arena, text);
	w = task_log(t, "user");
	jw_kstr(w, "text", text);
	if (image.ptr)
		images_log(w, &blob);
	if (!task_log_end(t))
		return;
	*b = (struct block){ .kind = BLOCK_TEXT, .text = text };
	if (image.ptr)
		b->image = image_new(&t->arena, image);
	transcript_add(&t->transcript, &t->arena,
		       &(struct turn){ .role = ROLE_USER, .blocks = b, .n_blocks = 1 });
}

/* The bytes of the answer, for `emend replay`. */
static void log_raw(struct jw *w, const struct model_result *r, const struct sha256_hex *blob)
{
	jw_kcstr(w, "blob", blob->s);
	jw_kstr(w, "dialect", r->dialect);
	if (r->text_calls)
		jw_kbool(w, "text_calls", true);
}

/* The bytes of the answer serve `emend replay` alone; that they cannot be kept is no reason to
 * end the task. */
static void log_assistant(struct task *t, const struct turn *turn, const struct model_result *r)
{
	struct sha256_hex blob;
	struct err ignored = { 0 };
	bool kept = r->raw.len > 0 && blob_put(t->env.log, r->raw, &blob, &ignored);
	struct jw *w = task_log(t, "assistant");

	jw_kstr(w, "model", turn->model);
	jw_ki64(w, "stop", r->stop);
	if (r->cut_call)
		jw_kbool(w, "cut_call", true);
	jw_karray(w, "blocks");
	for (size_t i = 0; i < turn->n_blocks; i++) {
		const struct block *b = &turn->blocks[i];

		jw_object(w);
		jw_kcstr(w, "kind", block_kind_name(b->kind));
		jw_kstr(w, "text", b->text);
		if (b->id.len > 0)
			jw_kstr(w, "id", b->id);
		if (b->name.len > 0)
			jw_kstr(w, "name", b->name);
		if (b->raw.len > 0)
			jw_kstr(w, "raw", b->raw);
		jw_end(w);
	}
	jw_end(w);
	jw_kstr(w, "response_id", r->response_id);
	jw_kstr(w, "request_id", r->request_id);
	if (kept)
		log_raw(w, r, &blob);
	(void)task_log_end(t);
}

/* Copies the turn out of the call's memory; `said` becomes its text. */
static void keep(struct task *t, const struct model_result *r)
{
	struct turn turn = turn_dup(&t->arena, &r->turn);

	t->said = SLICE("");
	for (size_t i = 0; i < turn.n_blocks; i++)
		if (turn.blocks[i].kind == BLOCK_TEXT && turn.blocks[i].text.len > 0)
			t->said = turn.blocks[i].text;
	if (turn.n_blocks > 0)
		transcript_add(&t->transcript, &t->arena, &turn);
	log_assistant(t, &turn, r);
}

static void on_text(void *payload, struct slice text)
{
	((struct task *)payload)->streamed = true;
	task_emit(payload, &(struct task_event){ .kind = TASK_TEXT, .text = text });
}

/* What was streamed of the failed try is taken back by the face, for the next one begins at the
 * first word. */
static void on_restart(void *payload, struct slice why, uint64_t wait_ms)
{
	struct task *t = payload;

	if (t->streamed)
		task_emit(t, &(struct task_event){ .kind = TASK_TEXT_VOID });
	t->streamed = false;
	task_notice(t, arena_printf(&t->arena, "%.*s; trying again in %.1f s", SLICE_ARG(why),
				    (double)wait_ms / 1000.0));
}

/* The money is settled first, whatever came of the call. r is there after most errors, too, with
 * what was used until then. */
static void on_done(void *payload, const struct model_result *r, const struct err *err)
{
	struct task *t = payload;
	struct usage none = { 0 };

	t->call = NULL;
	t->answered = !err;
	spend_settle(t, r ? &r->usage : &none);
	if (err && err->code == ERR_TOO_LARGE && compact_overflow(t)) {
		t->anew = true;
		task_post(t);
		return;
	}
	if (err && r && r->again.tries > 0) {
		t->again = r->again;
		t->anew = true;
		t->budget.turns--; /* it is still the same turn */
		task_post(t);
		return;
	}
	if (err && r && r->elsewhere && t->next_fallback < t->config.n_fallback) {
		t->unanswered = *err;
		task_post(t);
		return;
	}
	if (err) {
		task_fail(t, err);
		return;
	}
	compact_learn(t, &r->usage);
	t->stop = r->stop;
	t->cut_call = r->cut_call;
	keep(t, r);
	if (r->stop == STOP_REFUSAL && r->stop_detail.len > 0)
		task_notice(t, arena_printf(&t->arena, "refused: %.*s", SLICE_ARG(r->stop_detail)));
	if (r->stop != STOP_LENGTH)
		t->cut_turns = 0;
	if (slice_trim(t->said).len > 0 || r->stop == STOP_TOOL)
		t->asked_for_words = false;
	task_post(t);
}

/* Borrows from the task. Also used to estimate a call before it is planned, so it must not
 * depend on whether the call is made. Urgent is the first call of a task: a person waits for its
 * first word. */
struct model_request turn_request(struct task *t)
{
	if (!t->schemas) {
		t->schemas = arena_array(&t->arena, tool_count(), sizeof(*t->schemas));
		t->n_schemas =
			tool_schemas(model_name(t->model), tool_offer_of(&t->env), t->schemas);
	}
	return (struct model_request){ .system = t->system,
				       .tools = t->schemas,
				       .n_tools = t->n_schemas,
				       .transcript = compact_view(t),
				       .max_output_tokens = t->plan.output_tokens,
				       .again = t->again,
				       .urgent = t->budget.turns <= 1 };
}

static void say_what_is_left(struct task *t)
{
	struct slice words = spend_words(t);

	if (words.len > 0)
		turn_user(t, words);
}

void turn_start(struct task *t)
{
	struct err err = { 0 };

	t->answered = t->streamed = false;
	if (!spend_reserve(t, &err))
		task_fail(t, &err);
}

/* The words about the budget go in last of all: they depend on what the ledger had room for, and
 * are no part of the estimate, which is an upper bound with room for a few words. */
void turn_reserved(struct task *t)
{
	static const struct model_callbacks cb = { .text = on_text,
						   .restart = on_restart,
						   .done = on_done };
	struct model_request rq;
	struct err err = { 0 };
	struct jw *w;

	say_what_is_left(t);
	rq = turn_request(t);
	w = task_log(t, "request");
	jw_ki64(w, "turn", t->budget.turns);
	jw_kcstr(w, "conversation", conversation_hash(rq.transcript).s);
	jw_ki64(w, "turns", (int64_t)rq.transcript->n);
	if (t->compact.cut > 0)
		jw_ki64(w, "window", (int64_t)t->compact.noted);
	jw_ki64(w, "tokens", (int64_t)t->budget.reserved_tokens);
	jw_kf64(w, "reserved_usd", t->budget.reserved_usd);
	if (task_log_end(t))
		t->call = model_call(t->model, &rq, &cb, t, &err);
	t->again = (struct model_again){ 0 };
	if (t->call) {
		if (t->calls++ == 0) { /* while the model thinks */
			load_sandbox(t);
			history_prune_start(agent_store(t->agent), t->config.history_bytes);
		}
		return;
	}
	/* No call was made: the reservation is given back, or the day would count it. */
	spend_settle(t, &(struct usage){ 0 });
	t->anew = err.code == ERR_TOO_LARGE && compact_overflow(t);
	if (t->anew)
		task_post(t);
	else if (err.code != ERR_NONE)
		task_fail(t, &err);
}

void turn_abort(struct task *t)
{
	if (t->call)
		model_cancel(t->call);
}
