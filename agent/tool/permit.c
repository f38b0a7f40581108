/* permit.c - between a tool and its deed: the policy's decision, and the user's where it says
 * "ask". Every decision is an event in the log before anything happens. */
#include "agent/tool/tool.h"

#include "agent/host.h"
#include "agent/policy/granted.h"

struct pending {
	struct slice subject, rule, always;
	bool edits; /* "always" means: edits in this task need no asking */
	permit_cb *go_on, *denied; /* denied NULL: the run ends */
};

static bool log_decision(struct tool_run *r, const struct pending *p, bool allow, struct slice rule,
			 const char *by)
{
	struct jw *w = event_log_begin(r->env->log, "permission");

	jw_kstr(w, "task", r->env->task_id);
	jw_kstr(w, "call", r->id);
	jw_kstr(w, "subject", p->subject);
	jw_kcstr(w, "decision", allow ? "allow" : "deny");
	jw_kstr(w, "rule", rule);
	jw_kcstr(w, "by", by);
	if (!event_log_end(r->env->log, &r->env->fatal)) {
		tool_fail(r, &r->env->fatal);
		return false;
	}
	tool_emit(r, &(struct task_event){ .kind = TASK_PERMISSION_DECIDED,
					   .subject = p->subject,
					   .decision = allow ? SLICE("allow") : SLICE("deny"),
					   .rule = rule });
	r->env->denied_last = !allow;
	return true;
}

static void save_always(struct tool_run *r, const struct pending *p)
{
	struct err err = { 0 };
	struct policy *wider;

	if (p->edits) {
		wider = policy_clone(r->env->policy, MODE_EDIT);
		policy_free(r->env->policy);
		r->env->policy = wider;
	} else if (p->always.len == 0) {
		return;
	} else if (policy_add(r->env->policy, VERDICT_ALLOW, p->always, &err)) {
		granted_add(r->env->granted, r->env->workspace.root, p->always);
	} else {
		tool_emit(r,
			  &(struct task_event){ .kind = TASK_NOTICE, .text = slice_of(err.msg) });
	}
}

static void answered(void *payload, enum permission answer, const struct err *why)
{
	struct tool_run *r = payload;
	struct pending *p = r->pending;
	bool allow = !why && answer != PERMISSION_DENY;

	r->ask = NULL;
	r->pending = NULL;
	if (!log_decision(r, p, allow, p->rule, why ? "timeout" : "user"))
		return;
	if (allow && answer == PERMISSION_ALWAYS)
		save_always(r, p);
	if (allow)
		p->go_on(r);
	else if (p->denied)
		p->denied(r);
	else if (why)
		tool_failf(r, "not allowed: %s", why->msg);
	else
		tool_failf(r, "The user denied this. Do not try to get the same effect in another "
			      "way; go on "
			      "without it, or ask the user what to do instead.");
}

void permit(struct tool_run *r, const struct decision *d, const struct permission_request *q,
	    permit_cb *go_on)
{
	permit_else(r, d, q, go_on, NULL);
}

void permit_else(struct tool_run *r, const struct decision *d, const struct permission_request *q,
		 permit_cb *go_on, permit_cb *denied)
{
	struct host *h = &r->env->workspace.host;
	struct pending *p = arena_alloc(&r->arena, sizeof(*p));
	struct permission_request ask = *q;

	*p = (struct pending){ .subject = arena_dup(&r->arena, q->subject),
			       .rule = arena_dup(&r->arena, d->rule),
			       .always = arena_dup(&r->arena, d->always),
			       .edits = r->tool->class == TOOL_WRITE,
			       .go_on = go_on,
			       .denied = denied };
	if (d->verdict != VERDICT_ASK) {
		if (!log_decision(r, p, d->verdict == VERDICT_ALLOW, d->rule, "rule"))
			return;
		if (d->verdict == VERDICT_ALLOW)
			go_on(r);
		else if (denied)
			denied(r);
		else
			tool_failf(r,
				   "Denied by the user's policy (%.*s): %.*s Do not try to get the "
				   "same effect in "
				   "another way.",
				   SLICE_ARG(d->rule), SLICE_ARG(d->why));
		return;
	}
	tool_emit(r,
		  &(struct task_event){ .kind = TASK_PERMISSION_REQUESTED, .subject = q->subject });
	if (p->edits) /* what only the mode asks for can be allowed for the rest of the task */
		ask.rule = slice_starts(d->rule, SLICE("mode: ")) ? SLICE("edits in this task")
								   : SLICE("");
	r->pending = p;
	r->ask = h->ops->permission(h->self, r->env->workspace.task, &ask, answered, r);
}
