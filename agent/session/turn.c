/* turn.c - one call of the model: reserve, ask, settle, write down. */
#include "agent/session/task_own.h"


#include "agent/session/usage.h"
#include "agent/store/ledger.h"
#include "agent/tool/tool.h"

enum { DEFAULT_OUTPUT_TOKENS = 32000, MIN_OUTPUT_TOKENS = 1000 };

void turn_user(struct task *t, struct slice text)
{
	struct block *b = arena_alloc(&t->arena, sizeof(*b));
	struct jw *w = task_log(t, "user");

	jw_kstr(w, "text", text);
	if (!task_log_end(t))
		return;
	*b = (struct block){ .kind = BLOCK_TEXT, .text = text };
	transcript_add(&t->transcript, &t->arena,
		       &(struct turn){ .role = ROLE_USER, .blocks = b, .n_blocks = 1 });
}

/* What the call may cost at most, and how many output tokens the caps leave room for. */
static bool reserve(struct task *t, struct model_request *rq, struct err *err)
{
	uint64_t prompt = model_estimate(t->model, rq);
	struct model_limits limits = model_limits(t->model);
	uint32_t want = limits.max_output_tokens ? limits.max_output_tokens : DEFAULT_OUTPUT_TOKENS,
		 fits;
	double prompt_usd = 0, million_usd = 0;
	bool priced;

	if (want > DEFAULT_OUTPUT_TOKENS)
		want = DEFAULT_OUTPUT_TOKENS;
	/* the dearest way in which the prompt can be billed is a cache write */
	priced = model_price(t->model, &(struct usage){ .cache_write = prompt }, &prompt_usd) &&
		 model_price(t->model, &(struct usage){ .output = 1000 * 1000 }, &million_usd);
	fits = budget_fit(&t->budget, prompt, prompt_usd, million_usd / 1e6, want);
	if (fits < MIN_OUTPUT_TOKENS)
		fits = MIN_OUTPUT_TOKENS; /* too little: the reservation fails and says why */
	rq->max_output_tokens = fits;
	prompt_usd += fits * million_usd / 1e6;
	return budget_reserve(&t->budget, prompt + fits, prompt_usd, priced,
			      uv_now(agent_loop(t->agent)), err) &&
	       ledger_reserve(agent_ledger(t->agent), t->session, task_id(t), model_name(t->model),
			      priced ? prompt_usd : 0, t->config.budget.day_usd, &t->reservation,
			      err);
}

static void settle(struct task *t, const struct usage *u)
{
	struct err err = { 0 };
	struct jw *w = task_log(t, "usage");
	bool warn = false;

	jw_kstr(w, "model", model_name(t->model));
	usage_write(w, u);
	(void)task_log_end(t);
	budget_settle(&t->budget, u, &warn);
	if (!ledger_settle(agent_ledger(t->agent), t->reservation, u, &err))
		task_fail(t, &err);
	t->reservation = 0;
	task_emit(t, &(struct task_event){ .kind = TASK_USAGE, .usage = t->budget.used });
	if (warn)
		task_notice(t, SLICE("80 percent of the task's budget is used"));
}

static void copy_block(struct arena *a, struct block *to, const struct block *from)
{
	*to = (struct block){ .kind = from->kind,
			      .is_error = from->is_error,
			      .text = arena_dup(a, from->text),
			      .id = arena_dup(a, from->id),
			      .name = arena_dup(a, from->name),
			      .raw = arena_dup(a, from->raw) };
}

static const char *const block_name[] = { "text", "thinking", "call", "result", "other" };

static void log_assistant(struct task *t, const struct turn *turn, const struct model_result *r)
{
	struct jw *w = task_log(t, "assistant");

	jw_kstr(w, "model", turn->model);
	jw_ki64(w, "stop", r->stop);
	jw_karray(w, "blocks");
	for (size_t i = 0; i < turn->n_blocks; i++) {
		const struct block *b = &turn->blocks[i];

		jw_object(w);
		jw_kcstr(w, "kind", block_name[b->kind]);
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
	(void)task_log_end(t);
}

/* Copies the turn out of the call's memory; `said` becomes its text. */
static void keep(struct task *t, const struct model_result *r)
{
	struct turn turn = { .role = ROLE_ASSISTANT,
			     .model = arena_dup(&t->arena, r->turn.model),
			     .n_blocks = r->turn.n_blocks };

	turn.blocks = arena_array(&t->arena, turn.n_blocks + 1, sizeof(*turn.blocks));
	for (size_t i = 0; i < turn.n_blocks; i++) {
		copy_block(&t->arena, &turn.blocks[i], &r->turn.blocks[i]);
		if (turn.blocks[i].kind == BLOCK_TEXT && turn.blocks[i].text.len > 0)
			t->said = turn.blocks[i].text;
	}
	if (turn.n_blocks > 0)
		transcript_add(&t->transcript, &t->arena, &turn);
	log_assistant(t, &turn, r);
}

static void on_text(void *payload, struct slice text)
{
	task_emit(payload, &(struct task_event){ .kind = TASK_TEXT, .text = text });
}

static void on_restart(void *payload, struct slice why, uint64_t wait_ms)
{
	struct task *t = payload;

	task_notice(t, arena_printf(&t->arena, "%.*s; trying again in %.1f s", SLICE_ARG(why),
				    (double)wait_ms / 1000.0));
}

static void on_done(void *payload, const struct model_result *r, const struct err *err)
{
	struct task *t = payload;
	struct usage none = { 0 };

	t->call = NULL;
	settle(t, r ? &r->usage : &none);
	if (err) {
		task_fail(t, err);
		return;
	}
	t->stop = r->stop;
	t->cut_call = r->cut_call;
	t->answered = true;
	keep(t, r);
	if (r->stop == STOP_REFUSAL && r->stop_detail.len > 0)
		task_notice(t, arena_printf(&t->arena, "refused: %.*s", SLICE_ARG(r->stop_detail)));
	if (r->stop != STOP_LENGTH)
		t->cut_turns = 0;
	task_post(t);
}

static struct model_request request(struct task *t)
{
	if (!t->schemas) {
		t->schemas = arena_array(&t->arena, tool_count(), sizeof(*t->schemas));
		t->n_schemas = tool_schemas(model_name(t->model), t->schemas);
	}
	return (struct model_request){ .system = t->system,
				       .tools = t->schemas,
				       .n_tools = t->n_schemas,
				       .transcript = &t->transcript };
}

void turn_start(struct task *t)
{
	struct model_request rq = request(t);
	struct err err = { 0 };
	struct jw *w;

	t->answered = false;
	if (!reserve(t, &rq, &err)) {
		task_fail(t, &err);
		return;
	}
	w = task_log(t, "request");
	jw_ki64(w, "turn", t->budget.turns);
	jw_ki64(w, "tokens", (int64_t)t->budget.reserved_tokens);
	jw_kf64(w, "reserved_usd", t->budget.reserved_usd);
	if (!task_log_end(t))
		return;
	t->call = model_call(t->model, &rq,
			     &(struct model_callbacks){
				     .text = on_text, .restart = on_restart, .done = on_done },
			     t, &err);
	if (!t->call) {
		settle(t, &(struct usage){ 0 });
		task_fail(t, &err);
	}
}

void turn_abort(struct task *t)
{
	if (t->call)
		model_cancel(t->call);
}
