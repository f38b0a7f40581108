/* step.c - see step.h
 *
 *   a call asks --> trials of the edits behind it, one after the other, up to the first that cannot be asked
 *   about with it --> one question --yes--> each is agreed to, with its diff
 *                                  --no---> each is refused, in its turn */
#include "agent/tool/step.h"

#include "protocol/base/limits.h"

/* Edits of one question, with the one that asks. More are asked about by themselves. */
enum { STEP_MAX = 32 };

/* What a trial would have asked. */
/* Its arena is that of the run in it. fits: it can be asked about together with the others. */
struct trial {
	struct tool_run run;
	bool fits;
	struct slice subject, diff;
};

/* In the arena of the call that asks. The trials are runs of their own, with arenas of their own; they are
 * kept until that call is released, because the diffs are needed when the answer comes. */
struct step {
	struct decision d;
	struct permission_request q;
	permit_cb *go_on;
	struct trial *trials; /* STEP_MAX */
	size_t n, first;      /* first: the call of trials[0], in env->turn */
	bool running;	      /* the last of them */
};

static void next(struct tool_run *r);

/* Only the mode asks, no rule of the user's: such edits differ in nothing that a rule could say. */
static bool by_mode(const struct decision *d)
{
	return d->verdict == VERDICT_ASK && slice_starts(d->rule, SLICE("mode: "));
}

/* A rename asks a language server first and is left out: a trial must not have effects on others. */
static bool is_edit(const struct tool_run *r)
{
	const struct tool *t = tool_find(r->name);

	return t && t->class == TOOL_WRITE && t->needs == LOOKUP_NONE;
}

/* Two changes of one file: the second is planned on what the first makes. */
static bool share_a_file(const struct tool_run *x, const struct tool_run *y)
{
	const struct transaction *a = x->state, *b = y->state;

	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (slice_eq(a->changes[i].spec->path, b->changes[k].spec->path))
				return true;
	return false;
}

/* The diffs of all trials behind that of the call itself, in one question. */
static void ask(struct tool_run *r)
{
	struct step *s = r->step;
	struct permission_request q = s->q;
	struct buf diff;

	if (s->n > 0) {
		buf_init(&diff, (size_t)(STEP_MAX + 1) * LIMIT_PATCH_FILES * LIMIT_WRITE_BYTES);
		buf_append(&diff, q.diff);
		for (size_t i = 0; i < s->n; i++) {
			q.subject = arena_printf(&r->arena, "%.*s, %.*s", SLICE_ARG(q.subject),
						 SLICE_ARG(s->trials[i].subject));
			buf_append(&diff, s->trials[i].diff);
		}
		q.title = arena_printf(&r->arena, "Make %zu edits", s->n + 1);
		q.diff = arena_dup(&r->arena, buf_slice(&diff));
		buf_release(&diff);
	}
	permit(r, &s->d, &q, s->go_on);
}

/* A trial is at its end, inside of what it called: it is kept until the call that asks is gone. */
static void tried(struct tool_run *r)
{
	struct step *s = r->step;
	struct trial *t = &s->trials[s->n];

	s->running = false;
	for (size_t i = 0; t->fits && i < s->n; i++)
		t->fits = !share_a_file(&t->run, &s->trials[i].run);
	if (t->fits && !share_a_file(&t->run, r)) {
		s->n++;
		next(r);
		return;
	}
	t->fits = false;
	ask(r);
}

static void trial_ended(struct tool_run *t)
{
	tried(t->payload);
}

/* Tries the next call of the turn. What is no edit ends the series, as it may depend on the edits before it. */
static void next(struct tool_run *r)
{
	struct step *s = r->step;
	const struct tool_env *e = r->env;
	const struct tool_run *call = &e->turn[s->first + s->n];
	struct trial *t;

	if (s->first + s->n >= e->n_turn || s->first + s->n >= LIMIT_CALLS_PER_TURN ||
	    s->n == STEP_MAX - 1 || !is_edit(call)) {
		ask(r);
		return;
	}
	t = &s->trials[s->n];
	t->run = (struct tool_run){ .env = r->env,
				    .id = call->id,
				    .name = call->name,
				    .input_text = call->input_text,
				    .trial = true,
				    .on_done = trial_ended,
				    .payload = r };
	arena_init(&t->run.arena);
	s->running = true;
	tool_start(&t->run);
}

/* The calls behind r, in the order in which the model made them. */
static void begin(struct tool_run *r, const struct decision *d, const struct permission_request *q,
		  permit_cb *go_on)
{
	struct step *s = arena_alloc(&r->arena, sizeof(*s));

	*s = (struct step){ .d = *d, .q = *q, .go_on = go_on };
	s->first = (size_t)(r - r->env->turn) + 1;
	s->trials = arena_array(&r->arena, STEP_MAX, sizeof(*s->trials));
	r->step = s;
	next(r);
}

/* A trial ends here, by its own on_done(). A real call asks, or goes on with what was answered before. */
void step_permit(struct tool_run *r, const struct decision *d, const struct permission_request *q,
		 permit_cb *go_on)
{
	struct decision agreed = *d;
	struct trial *t;

	if (r->trial) {
		t = container_of(r, struct trial, run);
		t->fits = by_mode(d);
		t->subject = q->subject;
		t->diff = q->diff;
		r->on_done(r);
	} else if (!by_mode(d) || !r->env->turn || host_by_file(&r->env->workspace.host)) {
		permit(r, d, q, go_on);
	} else if (r->refused.ptr) {
		permit_refused(r, d, q->subject, r->refused);
	} else if (r->agreed.ptr && slice_eq(r->agreed, q->diff)) {
		agreed.verdict = VERDICT_ALLOW;
		permit(r, &agreed, q, go_on);
	} else {
		begin(r, d, q, go_on);
	}
}

/* Each call gets the answer with the diff that it was given for; a call whose diff is another by then asks
 * again. */
void step_answered(struct tool_run *r, struct slice refused)
{
	struct step *s = r->step;

	for (size_t i = 0; s && i < s->n; i++) {
		struct tool_run *call = &r->env->turn[s->first + i];

		if (refused.ptr)
			call->refused = arena_dup(&call->arena, refused);
		else
			call->agreed = arena_dup(&call->arena, s->trials[i].diff);
	}
}

void step_abort(struct tool_run *r)
{
	struct step *s = r->step;

	if (s && s->running)
		tool_abort(&s->trials[s->n].run);
}

void step_release(struct tool_run *r)
{
	struct step *s = r->step;

	for (size_t i = 0; s && i < STEP_MAX; i++)
		if (s->trials[i].run.env)
			tool_release(&s->trials[i].run);
	r->step = NULL;
}
