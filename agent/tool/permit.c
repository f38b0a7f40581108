/* permit.c - between a tool and its deed: the policy's decision, and the user's where it says
 * "ask". Every decision is an event in the log before anything happens.
 *
 * What the model gets for a no names the part that needed a word, whose word, and what remains
 * possible. It never gets advice that does not apply to this decision. */
#include "agent/tool/tool.h"

#include "agent/host.h"
#include "agent/policy/granted.h"
#include "agent/tool/step.h"

/* MAX_KEPT: subjects in the summary of a task. NAMED_PARTS: parts of a command line that a refusal names. */
enum { MAX_KEPT = 100, NAMED_PARTS = 6 };

/* The question that is open, in the arena of the run. The decision is a copy: the policy may be replaced by
 * the answer. */
struct pending {
	struct decision d;
	struct slice subject;
	bool edits;		   /* "always" means: edits in this task need no asking */
	permit_no_cb *no;	   /* of permit_effect(); "always" then means all effects */
	permit_cb *go_on, *denied; /* denied NULL: the run ends */
};

static bool is_mode_rule(struct slice rule)
{
	return slice_starts(rule, SLICE("mode: "));
}

/* For the summary of the task: each once. False: it was there, or there are too many. */
/* The texts are copied into the task's arena, as the run goes before the summary is made. */
static bool keep(struct tool_env *e, struct slice **all, size_t *n, struct slice what)
{
	for (size_t i = 0; i < *n; i++)
		if (slice_eq((*all)[i], what))
			return false;
	if (*n == MAX_KEPT)
		return false;
	if (!*all)
		*all = arena_array(e->arena, MAX_KEPT, sizeof(**all));
	(*all)[(*n)++] = arena_dup(e->arena, what);
	return true;
}

void tool_keep_denied(struct tool_env *e, struct slice subject)
{
	(void)keep(e, &e->denied, &e->n_denied, subject);
}

void tool_hidden(struct tool_run *r, const struct slice *names, size_t n)
{
	struct tool_env *e = r->env;
	size_t told = e->n_hidden;

	for (size_t i = 0; i < n; i++)
		(void)keep(e, &e->hidden, &e->n_hidden, names[i]);
	if (e->n_hidden > told)
		tool_emit(r, &(struct task_event){ .kind = TASK_HIDDEN,
						   .files = e->hidden + told,
						   .n_files = e->n_hidden - told });
}

/* why: for people, one clause; may be empty. */
/* False: the log is broken, and the run is finished with that; nothing may be done then, as it could not be
 * audited. */
static bool log_decision(struct tool_run *r, const struct pending *p, bool allow, const char *by,
			 struct slice why)
{
	struct jw *w = event_log_begin(r->env->log, "permission");

	jw_kstr(w, "task", r->env->task_id);
	jw_kstr(w, "call", r->id);
	jw_kstr(w, "subject", p->subject);
	jw_kcstr(w, "decision", allow ? "allow" : "deny");
	jw_kstr(w, "rule", p->d.rule);
	jw_kcstr(w, "by", by);
	if (why.len > 0)
		jw_kstr(w, "why", why);
	if (!event_log_end(r->env->log, &r->env->fatal)) {
		tool_fail(r, &r->env->fatal);
		return false;
	}
	tool_emit(r, &(struct task_event){ .kind = TASK_PERMISSION_DECIDED,
					   .subject = p->subject,
					   .decision = allow ? SLICE("allow") : SLICE("deny"),
					   .rule = p->d.rule,
					   .text = why });
	return true;
}

/* What "always" means depends on the question: all effects of commands, all edits in this task, or a rule of
 * the policy. A rule holds for the workspace as long as Emend runs, and for good if the user said so. */
static void save_always(struct tool_run *r, const struct pending *p, bool for_good)
{
	struct slice rule = p->d.always;
	struct err err = { 0 };
	struct policy *wider;

	if (p->no) {
		r->env->effects_allowed = true;
		return;
	}
	if (p->edits) {
		wider = policy_clone(r->env->policy, MODE_EDIT);
		policy_free(r->env->policy);
		r->env->policy = wider;
		r->env->workspace.policy = wider;
		return;
	}
	if (rule.len == 0)
		return;
	if (policy_add(r->env->policy, VERDICT_ALLOW, rule, &err)) {
		granted_add(r->env->granted, r->env->workspace.root, rule);
		if (!for_good || granted_save(r->env->granted, r->env->workspace.root, rule, &err))
			return;
	}
	tool_emit(r, &(struct task_event){ .kind = TASK_NOTICE, .text = slice_of(err.msg) });
}

/* A person who says yes to another program must know that it is one. */
struct slice tool_asker(struct arena *a, struct slice guest)
{
	if (guest.len == 0)
		return SLICE("");
	return arena_printf(a, "%.*s asks for this, another program, over MCP.", SLICE_ARG(guest));
}

/* The note of a question is what Emend says, not what the model says. */
static void name_asker(struct tool_run *r, struct permission_request *q)
{
	struct slice who = tool_asker(&r->arena, r->env->guest);

	if (who.len > 0)
		q->note = arena_printf(&r->arena, "%.*s%s%.*s", SLICE_ARG(who),
				       q->note.len ? " " : "", SLICE_ARG(q->note));
}

/* --- what the model is told --- */

/* Every refusal is "denied" for people; the model gets the sentences. */
static void fail_with(struct tool_run *r, struct slice text)
{
	tool_finish(r, false, text, SLICE("denied"));
}

/* "`curl x` (rule: ask: curl) and `docker ps` (rule: ...)": each part of a line that is refused as this
 * decision refuses. */
static struct slice what(struct tool_run *r, const struct pending *p)
{
	const struct decision *d = &p->d;
	struct arena *a = &r->arena;
	struct slice out = SLICE("");

	for (size_t i = 0; i < d->n_parts; i++) {
		const struct decision_part *part = &d->parts[i];

		if (part->verdict != d->verdict)
			continue;
		/* What is denied for good is the news, not what this mode denies beside it. */
		if (d->verdict != VERDICT_DENY || is_mode_rule(part->rule) == is_mode_rule(d->rule))
			out = arena_printf(a, "%.*s%s`%.*s` (rule: %.*s)", SLICE_ARG(out),
					   out.len ? " and " : "", SLICE_ARG(part->text),
					   SLICE_ARG(part->rule));
	}
	if (out.len > 0)
		return out;
	return arena_printf(a, "`%.*s` (rule: %.*s)", SLICE_ARG(d->part.len ? d->part : p->subject),
			    SLICE_ARG(d->rule));
}

/* How many parts of the line have this verdict. */
static size_t count(const struct pending *p, enum verdict v)
{
	size_t n = 0;

	for (size_t i = 0; i < p->d.n_parts; i++)
		n += p->d.parts[i].verdict == v;
	return n;
}

/* What was not refused, by name: the model runs it again without the rest. */
/* So the model does not give up the whole line where one part of it is refused. */
static struct slice the_rest(struct tool_run *r, const struct pending *p)
{
	size_t fine = count(p, VERDICT_ALLOW), n = 0;
	bool one = count(p, p->d.verdict) <= 1;
	struct slice names = SLICE("");

	if (fine == 0)
		return SLICE("");
	for (size_t i = 0; i < p->d.n_parts && n < NAMED_PARTS; i++)
		if (p->d.parts[i].verdict == VERDICT_ALLOW)
			names = arena_printf(&r->arena, "%.*s%s`%.*s`", SLICE_ARG(names),
					     n++ ? ", " : "", SLICE_ARG(p->d.parts[i].text));
	return arena_printf(
		&r->arena,
		" Nothing of the line was run. %.*s%s need%s no word: run %s without %s.",
		SLICE_ARG(names), fine > n ? " and others" : "", fine == 1 ? "s" : "",
		fine == 1 ? "it" : "them", one ? "this part" : "these parts");
}

/* The rules that would allow all that is asked for, as a JSON array; empty: one part of it no rule allows. */
static struct slice rules_for(struct tool_run *r, const struct pending *p)
{
	struct slice out = SLICE("");

	if (p->d.always.len > 0)
		return arena_printf(&r->arena, "[\"%.*s\"]", SLICE_ARG(p->d.always));
	if (p->d.beforehand)
		return out; /* a rule of the user's own, which an allow rule does not overrule */
	for (size_t i = 0; i < p->d.n_parts; i++) {
		const struct decision_part *part = &p->d.parts[i];

		if (part->verdict != VERDICT_ASK)
			continue;
		if (part->always.len == 0)
			return SLICE("");
		out = arena_printf(&r->arena, "%.*s%s\"%.*s\"", SLICE_ARG(out), out.len ? ", " : "",
				   SLICE_ARG(part->always));
	}
	return out.len ? arena_printf(&r->arena, "[%.*s]", SLICE_ARG(out)) : out;
}

/* Who can allow it, and how. A clause that is missing is better than one that does not help. */
static struct slice how(struct tool_run *r, const struct pending *p)
{
	const char *modes = p->edits ? "edit or auto" : "auto";
	struct slice rules = rules_for(r, p);
	bool by_mode = decision_asks_mode_alone(&p->d);

	if (rules.len > 0)
		return arena_printf(
			&r->arena,
			" The user can allow it beforehand: %s%s%s\"permissions\": {\"allow\": "
			"%.*s} in the configuration.",
			by_mode ? "the mode " : "", by_mode ? modes : "",
			by_mode ? " (--yes), or " : "", SLICE_ARG(rules));
	if (by_mode)
		return arena_printf(&r->arena, " The user can allow it beforehand: the mode %s%s.",
				    modes, p->edits ? "" : " (--yes)");
	return SLICE(
		" Only the user can do or allow this: say at the end that it is left to them.");
}

/* Which part, why there was no answer, what can still be run, and who could allow it, in this order. */
static struct slice no_answer_text(struct tool_run *r, const struct pending *p,
				   const struct err *why)
{
	return arena_printf(&r->arena,
			    "Not done: %.*s need%s the user's word, and there was no answer "
			    "(%s).%.*s%.*s",
			    SLICE_ARG(what(r, p)), count(p, VERDICT_ASK) > 1 ? "" : "s", why->msg,
			    SLICE_ARG(the_rest(r, p)), SLICE_ARG(how(r, p)));
}

/* A comment of the user says more than any advice of ours, so the advice is left out. */
static struct slice no_text(struct tool_run *r, struct slice comment)
{
	if (comment.len > 0)
		return arena_printf(&r->arena, "The user said no to this, and says: %.*s",
				    SLICE_ARG(comment));
	return SLICE("The user said no to this. Do not try to get the same effect in another way; "
		     "go on without it, or ask the user what to do instead.");
}

/* The model hears of a denied effect with the result of the command, so the run goes on. */
static void tell_no_effect(struct tool_run *r, const struct pending *p, struct slice comment,
			   const struct err *why)
{
	const char *more = "";

	if (!why) {
		p->no(r, no_text(r, comment));
		return;
	}
	if (p->d.always.len > 0)
		more = arena_printf(&r->arena,
				    ", or \"permissions\": {\"allow\": [\"%.*s\"]} in the "
				    "configuration",
				    SLICE_ARG(p->d.always))
			       .ptr;
	p->no(r,
	      arena_printf(&r->arena,
			   "That needs the user's word, and there was no answer (%s). The user can "
			   "allow it beforehand: the mode edit or auto (--yes)%s.",
			   why->msg, more));
}

/* A rule is not up for discussion: the model is told not to look for a way around it. */
static void tell_rule(struct tool_run *r, const struct pending *p)
{
	fail_with(r, arena_printf(&r->arena,
				  "Denied by the policy: %.*s. %.*s%.*s Do not try to get the same "
				  "effect in another way.",
				  SLICE_ARG(what(r, p)), SLICE_ARG(p->d.why),
				  SLICE_ARG(the_rest(r, p))));
}

/* --- the decision --- */

/* why: there was no answer (no face, or too late), which counts as a no. The log hears of it before anything
 * is done. */
static void answered(void *payload, const struct permission_answer *answer, const struct err *why)
{
	struct tool_run *r = payload;
	struct pending *p = r->pending;
	bool allow = !why && answer->choice != PERMISSION_DENY;
	struct slice comment = why ? SLICE("") : arena_dup(&r->arena, slice_trim(answer->comment));
	struct slice clause = SLICE("");

	r->ask = NULL;
	r->pending = NULL;
	if (why)
		clause = arena_dup(&r->arena, slice_of(why->msg));
	else if (!allow)
		clause = comment.len
				 ? arena_printf(&r->arena, "you said no: %.*s", SLICE_ARG(comment))
				 : SLICE("you said no");
	if (!log_decision(r, p, allow, why ? "timeout" : "user", clause))
		return;
	if (!allow)
		tool_keep_denied(r->env, p->subject);
	if (allow && answer->choice != PERMISSION_ONCE)
		save_always(r, p, answer->choice == PERMISSION_SAVED);
	step_answered(r, allow ? (struct slice){ NULL, 0 }
			 : why ? no_answer_text(r, p, why)
			       : no_text(r, comment));
	if (allow)
		p->go_on(r);
	else if (p->no)
		tell_no_effect(r, p, comment, why);
	else if (p->denied)
		p->denied(r);
	else if (why)
		fail_with(r, no_answer_text(r, p, why));
	else
		fail_with(r, no_text(r, comment));
}

void permit(struct tool_run *r, const struct decision *d, const struct permission_request *q,
	    permit_cb *go_on)
{
	permit_else(r, d, q, go_on, NULL);
}

/* What the policy decided is borrowed from it, and the answer may take minutes: it is copied. */
static struct pending *pending_new(struct tool_run *r, const struct decision *d,
				   struct slice subject)
{
	struct pending *p = arena_alloc(&r->arena, sizeof(*p));
	struct arena *a = &r->arena;

	*p = (struct pending){ .subject = arena_dup(a, subject),
			       .d = *d,
			       .edits = r->tool->class == TOOL_WRITE };
	p->d.rule = arena_dup(a, d->rule);
	p->d.why = arena_dup(a, d->why);
	p->d.always = arena_dup(a, d->always);
	p->d.part = arena_dup(a, d->part);
	return p;
}

/* Allowed or denied by a rule: at once, and logged. Else the question goes to the face, and the answer comes
 * to answered(). */
void permit_else(struct tool_run *r, const struct decision *d, const struct permission_request *q,
		 permit_cb *go_on, permit_cb *denied)
{
	struct host *h = &r->env->workspace.host;
	struct pending *p = pending_new(r, d, q->subject);
	struct permission_request ask = *q;

	p->go_on = go_on;
	p->denied = denied;
	if (d->verdict != VERDICT_ASK) {
		bool allow = d->verdict == VERDICT_ALLOW;

		if (!log_decision(r, p, allow, "rule", allow ? SLICE("") : p->d.why))
			return;
		if (!allow)
			tool_keep_denied(r->env, p->subject);
		if (allow)
			go_on(r);
		else if (denied)
			denied(r);
		else
			tell_rule(r, p);
		return;
	}
	tool_emit(r,
		  &(struct task_event){ .kind = TASK_PERMISSION_REQUESTED, .subject = q->subject });
	if (p->edits) /* what only the mode asks for can be allowed for the rest of the task */
		ask.rule = is_mode_rule(d->rule) ? SLICE("edits in this task") : SLICE("");
	ask.can_save = !p->edits && ask.rule.len > 0;
	if (ask.note.len == 0 && !is_mode_rule(d->rule))
		ask.note = p->d.why;
	name_asker(r, &ask);
	r->pending = p;
	r->ask = h->ops->permission(h->self, r->env->workspace.task, &ask, answered, r);
}

void permit_refused(struct tool_run *r, const struct decision *d, struct slice subject,
		    struct slice text)
{
	struct pending *p = pending_new(r, d, subject);

	if (log_decision(r, p, false, "user", SLICE("you said no to all edits of this step")))
		fail_with(r, text);
}

/* Always a question; the policy has decided before the command ran that its effect is asked about. */
void permit_effect(struct tool_run *r, struct slice always, const struct permission_request *q,
		   permit_cb *go_on, permit_no_cb *denied)
{
	const struct decision d = { .verdict = VERDICT_ASK,
				    .rule = SLICE("approve: effects"),
				    .always = always };
	struct host *h = &r->env->workspace.host;
	struct pending *p = pending_new(r, &d, q->subject);
	struct permission_request ask = *q;

	p->go_on = go_on;
	p->no = denied;
	name_asker(r, &ask);
	tool_emit(r,
		  &(struct task_event){ .kind = TASK_PERMISSION_REQUESTED, .subject = q->subject });
	r->pending = p;
	r->ask = h->ops->permission(h->self, r->env->workspace.task, &ask, answered, r);
}
