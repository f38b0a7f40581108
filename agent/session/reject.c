/* reject.c - see reject.h: what an agent adds to the engine (agent/change/hunk_reject.h), which
 * is a runner, a log for each session that has some of the hunks, and a place to cancel.
 *
 *   NEXT --a session has some of them, and its log opens--> REJECTING --> NEXT
 *    '--all sessions are done--> ENDED: done(), freed
 *
 * One rejection at a time: the others wait in the agent's list, and so do undos (undo.c), which
 * may need the same log. */
#include "agent/session/reject.h"

#include <stdlib.h>

#include "agent/change/hunk_reject.h"
#include "agent/session/agent.h"
#include "agent/store/event_log.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum reject_state { REJECT_NEXT, REJECT_REJECTING, REJECT_ENDED };

struct reject {
	enum reject_state state;
	struct list link; /* of the agent's rejections */
	struct agent *agent;
	struct arena arena;
	struct job step;
	struct workspace workspace;
	struct runner *runner;
	struct policy *policy;
	struct hunks *hunks;
	/* of the hunks; the sessions that they belong to, each once; `at`: the one in hand */
	struct slice *ids, *sessions;
	size_t n_ids, n_sessions, at;
	struct event_log *log; /* of the session in hand; others may write it before and after */
	struct change_reject *rejecting;
	struct buf report;
	size_t rejected, refused;
	struct err why;
	reject_done_cb *done;
	void *payload;
};

static void reject_goto(struct reject *r, enum reject_state next)
{
	static const char *const name[] = { "NEXT", "REJECTING", "ENDED" };

	log_debug("reject: %s -> %s", name[r->state], name[next]);
	r->state = next;
}

static bool is_first(struct reject *r)
{
	return agent_rejects(r->agent)->next == &r->link;
}

/* The next one in the list may begin. */
static void reject_free(struct reject *r)
{
	struct list *all = agent_rejects(r->agent);

	list_remove(&r->link);
	if (!list_empty(all))
		runq_post(agent_runq(r->agent),
			  &container_of(all->next, struct reject, link)->step);
	agent_task_gone(r->agent);
	job_drop(&r->step);
	change_reject_drop(r->rejecting);
	workspace_release(&r->workspace);
	agent_runner_put(r->agent, r->runner);
	event_log_close(r->log);
	if (list_empty(all))
		undo_wake_all(r->agent);
	policy_free(r->policy);
	buf_release(&r->report);
	arena_release(&r->arena);
	free(r);
}

static void next(struct reject *r)
{
	event_log_close(r->log);
	r->log = NULL;
	r->at++;
	reject_goto(r, REJECT_NEXT);
	runq_post(agent_runq(r->agent), &r->step);
}

static void rejected(void *payload, const struct change_reject_result *x, const struct err *err)
{
	struct reject *r = payload;

	r->rejecting = NULL;
	buf_append(&r->report, x->report);
	r->rejected += x->rejected;
	r->refused += x->refused;
	if (err)
		r->why = *err;
	next(r);
}

/* The session's log is not to be had: another task of it works, for instance. */
static void refuse(struct reject *r, const struct err *why)
{
	for (size_t i = 0; i < r->n_ids; i++) {
		const struct hunk *h = hunks_find(r->hunks, r->ids[i], NULL);

		r->refused += h && slice_eq_cstr(r->sessions[r->at], h->session->id);
	}
	buf_printf(&r->report, "%s\n", why->msg);
	next(r);
}

static void begin(struct reject *r)
{
	struct change_env env = { &r->workspace, NULL, SLICE("Emend: reject") };
	struct change_reject_spec s = { r->hunks, r->ids, r->n_ids };
	struct err err = { 0 };

	if (!event_log_open(agent_store(r->agent), r->sessions[r->at], &r->log, &err)) {
		r->log = NULL;
		refuse(r, &err);
		return;
	}
	env.log = r->log;
	reject_goto(r, REJECT_REJECTING);
	r->rejecting = change_reject_start(&env, &s, rejected, r);
}

/* Only the first in the list works. A cancelled one ends at once, wherever it stands. */
static void reject_step(struct job *j)
{
	struct reject *r = container_of(j, struct reject, step);

	if (r->why.code == ERR_NONE && (r->state != REJECT_NEXT || !is_first(r)))
		return;
	if (r->why.code == ERR_NONE && r->at < r->n_sessions) {
		begin(r);
		return;
	}
	reject_goto(r, REJECT_ENDED);
	r->done(r->payload, buf_slice(&r->report), r->rejected, r->refused,
		r->why.code == ERR_NONE ? NULL : &r->why);
	reject_free(r);
}

static void take_ids(struct reject *r, const struct reject_spec *s)
{
	r->ids = arena_array(&r->arena, s->n_ids + 1, sizeof(*r->ids));
	r->sessions = arena_array(&r->arena, s->n_ids + 1, sizeof(*r->sessions));
	for (size_t i = 0; i < s->n_ids; i++) {
		const struct hunk *h = hunks_find(r->hunks, s->ids[i], NULL);
		bool known = !h;

		r->ids[r->n_ids++] = arena_dup(&r->arena, s->ids[i]);
		for (size_t k = 0; k < r->n_sessions && !known; k++)
			known = slice_eq_cstr(r->sessions[k], h->session->id);
		if (!known)
			r->sessions[r->n_sessions++] =
				arena_dup(&r->arena, slice_of(h->session->id));
	}
}

bool reject_start(struct agent *a, const struct reject_spec *s, const struct host *h,
		  reject_done_cb *done, void *payload, struct err *err)
{
	struct reject *r = xcalloc(1, sizeof(*r));

	r->agent = a;
	list_init(&r->link);
	r->hunks = s->hunks;
	r->done = done;
	r->payload = payload;
	arena_init(&r->arena);
	buf_init(&r->report, LIMIT_MESSAGE_BYTES);
	job_init(&r->step, reject_step);
	workspace_init(&r->workspace, agent_runq(a), h, NULL, arena_dup(&r->arena, s->workspace));
	take_ids(r, s);
	if (!config_policy(s->config, &r->policy, err) ||
	    !agent_runner_get(a, r->workspace.root, s->config, r->policy, &r->runner, err)) {
		reject_free(r);
		return false;
	}
	r->workspace.runner = r->runner;
	r->workspace.undo = true;
	list_append(agent_rejects(a), &r->link);
	runq_post(agent_runq(a), &r->step);
	return true;
}

void reject_cancel(struct list *link)
{
	struct reject *r = container_of(link, struct reject, link);

	change_reject_drop(r->rejecting);
	r->rejecting = NULL;
	(void)err_set(&r->why, ERR_CANCELLED, "the rejection was cancelled");
	runq_post(agent_runq(r->agent), &r->step);
}
