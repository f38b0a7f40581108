/* start.c - everything that can be known to be wrong before a task starts: the model and its key,
 * the session, the runner. What fails here starts nothing. */
#include "agent/session/task_own.h"

#include "agent/base/path.h"
#include "agent/model/guest.h"
#include "agent/policy/granted.h"
#include "agent/store/ledger_post.h"
#include "protocol/base/mem.h"
#include "protocol/base/version.h"

/* A resumed session is read before its log is opened for writing: opening takes the lock, which
 * another task of the session may hold, and the error then says so. */
static bool open_log(struct task *t, struct slice session, bool fork, struct err *err)
{
	double *spent = &t->budget.session_spent_usd;
	struct slice from = arena_dup(&t->arena, session);
	char id[24];
	struct jw *w;

	if (session.len > 0) {
		t->session = from;
		if (!replay_log(t, spent, err))
			return false;
		t->look_back = !fork;
		if (!fork)
			return event_log_open(agent_store(t->agent), t->session, &t->env.log, err);
		*spent = 0;
		t->env.next_step = 1;
	}
	session_new_id(id);
	t->session = arena_dup(&t->arena, slice_of(id));
	if (!event_log_open(agent_store(t->agent), t->session, &t->env.log, err))
		return false;
	w = event_log_begin(t->env.log, "session");
	jw_kstr(w, "session", t->session);
	jw_kstr(w, "workspace", t->workspace);
	jw_kcstr(w, "version", EMEND_VERSION);
	if (session.len > 0)
		jw_kstr(w, "forked", from);
	return event_log_end(t->env.log, err) && (session.len == 0 || fork_log(t, from, err));
}

static void copy_spec(struct task *t, const struct task_spec *s)
{
	struct arena *a = &t->arena;

	t->secrets.off = slice_eq_cstr(s->config->mask_secrets, "off");
	t->env.secrets = &t->secrets;
	t->action = s->action;
	t->title = arena_dup(a, s->title);
	t->plan_first = s->plan;
	t->has_guest = s->guest != NULL;
	t->env.guest = s->guest ? guest_name(a, s->guest->client) : SLICE("");
	/* The log and the title are made from it. */
	t->instruction = arena_dup(a, secret_hide(&t->secrets, a, s->instruction));
	t->given = arena_dup(a, s->given);
	t->workspace = arena_dup(a, s->workspace);
	t->language = arena_dup(a, s->language);
	t->diagnostics = arena_dup(a, s->diagnostics);
	t->images = arena_array(a, s->n_images + 1, sizeof(*t->images));
	for (t->n_images = 0; t->n_images < s->n_images; t->n_images++)
		t->images[t->n_images] =
			(struct task_image){ arena_dup(a, s->images[t->n_images].path),
					     arena_dup(a, s->images[t->n_images].bytes) };
	t->range_start = s->start;
	t->range_end = s->end;
	t->has_range = s->has_range;
	t->around = s->around;
	t->cursor_line = s->cursor_line;
	if (s->own) {
		t->has_own = true;
		t->own = (struct config_action){ .title = arena_dup(a, s->own->title),
						 .kind = arena_dup(a, s->own->kind),
						 .prompt = arena_dup(a, s->own->prompt),
						 .edits = s->own->edits };
	}
}

/* The policy of the settings with what the workspace adds: its root, the files that are Emend's
 * own, and what the person allowed for good. A task that reports gets it with the mode
 * read-only, whatever the settings say. The old policy is freed: nothing may keep a pointer to
 * it beyond a step. */
static bool open_policy(struct task *t, const struct config *c, struct err *err)
{
	struct policy *p;

	if (!config_policy(c, &p, err))
		return false;
	policy_set_root(p, t->workspace);
	config_deny_own(p, t->workspace);
	granted_apply(t->env.granted, t->workspace, p);
	policy_free(t->env.policy);
	t->env.policy = p;
	if (task_reports(t)) {
		t->env.policy = policy_clone(p, MODE_READ_ONLY);
		policy_free(p);
	}
	t->env.workspace.policy = t->env.policy;
	return true;
}

bool task_open_policy(struct task *t, struct err *err)
{
	return open_policy(t, &t->config, err);
}

static void passed_over(void *payload, const struct err *err)
{
	struct task *t = payload;

	task_notice(t,
		    arena_printf(&t->arena, "this key of the project has no effect: %s", err->msg));
}

/* The mode plan lasts until the person has accepted the plan; plan_then remembers the mode of
 * the settings for the time after. */
bool task_use_config(struct task *t, struct slice project_text, struct err *err)
{
	const struct config_reports reports = { passed_over, t, false };
	struct config narrowed;

	if (!config_narrow(&narrowed, t->base_config, project_text, &reports, err))
		return false;
	t->plan_then = MODE_ASK;
	if (t->plan_first && narrowed.mode > MODE_PLAN) {
		t->plan_then = narrowed.mode;
		narrowed.mode = MODE_PLAN;
	}
	t->config = narrowed;
	t->config_own = true;
	t->env.exec_options = agent_exec_options(t->agent, &t->config);
	t->env.config = &t->config;
	return open_policy(t, &t->config, err);
}

/* The cheap checks come before the worker is started, and the log last: a session that never
 * began should leave no folder behind. */
static bool prepare(struct task *t, const struct task_spec *s, struct err *err)
{
	copy_spec(t, s);
	if (s->path.len > 0 && !path_relative(&t->arena, t->workspace, s->path, &t->path, err))
		return false;
	if (t->title.len == 0)
		t->title = prompt_title(t);
	/* One of another workspace is nothing to this task. */
	if (s->active.len > 0 &&
	    !path_relative(&t->arena, t->workspace, s->active, &t->active, NULL))
		t->active = SLICE("");
	t->base_config = s->config;
	t->config = *s->config; /* borrowed until the project's config is known */
	t->env.config = &t->config;
	if (!choose_model(t, s->guest, err))
		return false;
	/* Three things that take milliseconds, at once: the database in a thread, libcurl in a thread, the runner in its
	 * process. libcurl takes longest. No thread can be made while it is loaded, so that of the database comes first. */
	ledger_post_open(agent_store(t->agent), agent_ledger(t->agent));
	model_prepare(t->model);
	if (!open_policy(t, s->config, err) ||
	    !agent_runner_get(t->agent, t->workspace, s->config, t->env.policy, &t->runner, err))
		return false;
	if (!open_log(t, s->session, s->fork, err))
		return false;
	t->env.workspace.runner = t->runner;
	t->env.exec_options = agent_exec_options(t->agent, &t->config);
	model_skip(t->model, s->calls_before);
	return true;
}

bool task_start(struct agent *a, const struct task_spec *s, const struct host *h,
		task_done_cb *done, void *payload, struct task **out, struct err *err)
{
	struct task *t = xcalloc(1, sizeof(*t));

	t->agent = a;
	t->host = *h;
	t->done = done;
	t->payload = payload;
	t->started_ms = uv_now(agent_loop(a));
	arena_init(&t->arena);
	list_init(&t->link);
	job_init(&t->step, task_step);
	buf_init(&t->instructions, LIMIT_INSTRUCTIONS_BYTES);
	random_id(t->id, 10);
	t->id[0] = 't';
	t->env.task_id = slice_of(t->id);
	t->env.arena = &t->arena;
	t->env.granted = agent_granted(a);
	t->env.next_step = 1;
	t->env.touched = folders_touched;
	t->steered_end = &t->steered;
	workspace_init(&t->env.workspace, agent_runq(a), h, t, arena_dup(&t->arena, s->workspace));
	if (!prepare(t, s, err)) {
		task_free(t);
		return false;
	}
	list_append(agent_tasks(a), &t->link);
	(void)uv_timer_init(agent_loop(a), &t->deadline);
	t->deadline.data = t;
	*out = t;
	task_goto(t, TASK_LOADING);
	return true;
}
