/* run_command.c - one shell command in the sandbox.
 *
 *   may the question wait, and has the runner views? --yes--> running on a view
 *      | no
 *   permission -> has the runner views? --yes--> running on a view -> commit -> result
 *                    | no
 *                    '--> unsaved buffers? --asked to save, once--> looked at again -> running -> result
 *
 * Before it runs, a command that may use the network gets its way there (network.h).
 * command_decide.c says whether it may run; the runner enforces the boundary. On a view a command sees
 * the text on the screen, and what it changed becomes real when it is done (commit.h).
 * In the background, and without a sandbox, it has no view: where the files differ from the editor's buffers the
 * user is asked to save, and what the command could not see is said. */
#include "agent/tool/tools.h"

#include <inttypes.h>

#include "agent/base/path.h"
#include "agent/config/config.h"
#include "agent/host.h"
#include "agent/runner/runner.h"
#include "agent/secret/secret_mask.h"
#include "agent/tool/command/background.h"
#include "agent/tool/command/command_own.h"
#include "agent/tool/command/held.h"
#include "agent/tool/command/network.h"
#include "agent/tool/command/unsaved.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

/* Open buffers that a view gets. Of the others the command sees the files. */
enum { MAX_SHOWN = 1024 };

static void release(struct tool_run *r)
{
	struct running *s = r->state;

	commit_release(r);
	network_close(s->network);
	s->network = NULL;
	for (size_t i = 0; i < s->n_shown; i++)
		snapshot_unref(s->shown[i].text);
	s->n_shown = 0;
	buf_release(&s->whole);
}

static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	struct tool_run *r = payload;
	struct running *s = r->state;

	(void)is_stderr;
	if (s->whole.len + bytes.len <= s->whole.max)
		buf_append(&s->whole, bytes);
	tool_emit(r, &(struct task_event){ .kind = TASK_OUTPUT, .text = bytes });
}

/* What the command printed: in the event if it is short, else as a blob beside the log. */
static bool log_command(struct tool_run *r, const struct command_result *c)
{
	struct running *s = r->state;
	struct sha256_hex blob = { "" };
	struct slice shown = secret_hide(r->env->secrets, &r->arena, c->output);
	struct jw *w;

	if (s->whole.len > c->output.len &&
	    !blob_put(r->env->log, buf_slice(&s->whole), &blob, &r->env->fatal))
		return false;
	w = event_log_begin(r->env->log, "command");
	jw_kstr(w, "task", r->env->task_id);
	jw_kstr(w, "call", r->id);
	jw_kstr(w, "command", s->spec.command);
	jw_ki64(w, "exit", c->exit_status);
	jw_ki64(w, "signal", c->term_signal);
	jw_kf64(w, "seconds", c->seconds);
	jw_ki64(w, "output_bytes", (int64_t)c->output_bytes);
	jw_kbool(w, "truncated", c->truncated);
	jw_kstr(w, "output", shown);
	jw_kcstr(w, "blob", blob.s);
	return event_log_end(r->env->log, &r->env->fatal);
}

static struct slice unseen(struct tool_run *r)
{
	struct running *s = r->state;

	if (s->unsaved.len == 0)
		return SLICE("");
	return arena_printf(&r->arena,
			    "Note: the command did not see the unsaved text of these files in the "
			    "user's editor: %.*s\n",
			    SLICE_ARG(s->unsaved));
}

/* Open files that could not be put into the view. */
static void not_shown(struct tool_run *r, const struct view_result *v)
{
	struct running *s = r->state;

	for (size_t i = 0; i < v->n_unseen; i++) {
		int64_t at = v->unseen[i];

		if (at >= 0 && (size_t)at < s->n_shown)
			s->head = arena_printf(&r->arena,
					       "%.*sNote: the command did not see the editor's "
					       "text of %.*s.\n",
					       SLICE_ARG(s->head), SLICE_ARG(s->shown[at].path));
	}
}

/* The changes are kept, or not: only now is the result complete. held: see commit_cb. */
static void committed(struct tool_run *r, struct slice report, size_t held)
{
	struct running *s = r->state;

	if (held == SIZE_MAX)
		s->how = arena_printf(&r->arena, "%.*s; its changes were not kept",
				      SLICE_ARG(s->how));
	else if (held > 0)
		s->how = arena_printf(&r->arena, "%.*s; %zu change%s not kept", SLICE_ARG(s->how),
				      held, held == 1 ? " was" : "s were");
	else if (s->effect == EFFECT_DROPPED && report.len > 0)
		s->how = arena_printf(&r->arena, "%.*s; its changes were dropped",
				      SLICE_ARG(s->how));
	else if (s->unlisted.len > 0) /* these have no line of their own */
		s->how = arena_printf(&r->arena, "%.*s; %.*s", SLICE_ARG(s->how),
				      SLICE_ARG(s->unlisted));
	s->ok = s->ok && held == 0;
	tool_finish(r, s->ok,
		    arena_printf(&r->arena, "%.*s%.*s%s%.*s", SLICE_ARG(s->head), SLICE_ARG(report),
				 s->output.len == 0 ? "It printed nothing.\n"
				 : report.len	    ? "Output:\n"
						    : "",
				 SLICE_ARG(s->output)),
		    s->how);
}

/* The command has ended; what it changed is still on its view, which is committed next, or dropped by
 * commit_release(). */
static void ran(void *payload, const struct command_result *c, const struct err *err)
{
	struct tool_run *r = payload;
	struct running *s = r->state;
	struct slice network, held;

	r->call = NULL;
	network = network_report(s->network, &r->arena);
	network_close(s->network);
	s->network = NULL;
	if (err) {
		if (err->code == ERR_SANDBOX)
			r->env->fatal = *err; /* the user must mend this; the model cannot */
		tool_fail(r, err);
		return;
	}
	if (!log_command(r, c)) {
		runner_view_drop(r->env->workspace.runner, c->changed.view);
		tool_fail(r, &r->env->fatal);
		return;
	}
	tool_hidden(r, c->hidden, c->n_hidden);
	s->how = command_outcome(r, c);
	s->ok = !c->timed_out && !c->idle_timed_out && c->limit_hit.len == 0 && !c->term_signal &&
		c->exit_status == 0;
	s->head = arena_printf(&r->arena, "%.*s%s\n%s%.*s%.*s", SLICE_ARG(s->how),
			       c->output.len > LIMIT_OUTPUT_SHOWN_BYTES
				       ? "; the middle of the output is left out"
				       : "",
			       command_next_step(r, c), SLICE_ARG(network), SLICE_ARG(unseen(r)));
	s->output = command_shown_output(r, c);
	held = held_tell(r->env, r->id, &c->held, &r->arena); /* once: it tells the person, too */
	s->head = arena_printf(&r->arena, "%.*s%.*s%.*s", SLICE_ARG(s->head), SLICE_ARG(held),
			       SLICE_ARG(hidden_text(c, &r->arena)));
	not_shown(r, &c->changed);
	s->unlisted = commit_unlisted(r, &c->changed);
	commit_start(r, &c->changed,
		     &(struct commit_spec){ .effect = s->effect,
					    .command = s->spec.command,
					    .reason = s->reason,
					    .always = s->decision.always,
					    .shown = s->shown },
		     committed);
}

/* A command in the background takes its network along: it goes on after this call. */
static void start_command(struct tool_run *r)
{
	struct running *s = r->state;
	struct network *network = s->network;

	s->spec.proxy = network_proxy(network);
	if (s->background) {
		s->network = NULL; /* it goes on with the command */
		background_start(r, &s->spec, network);
		return;
	}
	r->call =
		runner_command(r->env->workspace.runner, &s->spec,
			       &(struct command_callbacks){ .output = on_output, .done = ran }, r);
}

static void network_is_ready(void *payload, const struct err *err)
{
	struct tool_run *r = payload;

	if (err)
		tool_fail(r, err);
	else
		start_command(r);
}

/* What may use the network gets its way there first; the question about a host comes while the command runs. */
static void run_it(struct tool_run *r)
{
	struct tool_env *e = r->env;
	struct running *s = r->state;
	struct network_options o = { .runner = e->workspace.runner,
				     .config = e->config,
				     .granted = e->granted,
				     .host = &e->workspace.host,
				     .task = e->workspace.task,
				     .log = e->log,
				     .fatal = &e->fatal,
				     .workspace = e->workspace.root,
				     .task_id = e->task_id,
				     .call = r->id,
				     .command = s->spec.command,
				     .asker = tool_asker(&r->arena, e->guest) };
	struct err err;

	if (!s->wants_network) {
		start_command(r);
		return;
	}
	if (policy_mode(e->policy) == MODE_AUTO)
		o.nobody = "in the mode auto nobody is asked";
	if (!network_open(&o, network_is_ready, r, &s->network, &err))
		tool_fail(r, &err);
}

static void compared(struct tool_run *r, struct slice names);

static void answered(void *payload, struct slice answer, const struct err *why)
{
	struct tool_run *r = payload;

	(void)answer; /* saved or not: that is looked up, not believed */
	(void)why;
	r->ask = NULL;
	unsaved_find(r, compared);
}

/* The user is asked once; what is unsaved after that is told to the model with the result. */
static void compared(struct tool_run *r, struct slice names)
{
	static const struct slice options[] = { { "Saved, go on", 12 },
						{ "Go on without saving", 20 } };
	struct host *h = &r->env->workspace.host;
	struct running *s = r->state;
	struct question q = { .options = options, .n_options = ARRAY_LEN(options) };

	if (names.len > 0 && !s->asked) {
		s->asked = true;
		q.text = arena_printf(&r->arena,
				      "A command is about to run, and it sees files only as they "
				      "are saved. Not saved: %.*s",
				      SLICE_ARG(names));
		r->ask = h->ops->question(h->self, r->env->workspace.task, &q, answered, r);
		return;
	}
	s->unsaved = names;
	run_it(r);
}

/* What the user sees is what the command sees. Secrets are left out by the worker, which knows which files
 * it hides. */
static void take_buffer(void *payload, struct slice path, struct snapshot *text)
{
	struct tool_run *r = payload;
	struct running *s = r->state;
	struct slice rel, bytes;

	if (!text)
		return;
	bytes = snapshot_text(text);
	if (s->n_shown == MAX_SHOWN || s->shown_bytes + bytes.len > LIMIT_UNSAVED_BYTES ||
	    !path_relative(&r->arena, r->env->workspace.root, path, &rel, NULL))
		return;
	s->shown_bytes += bytes.len;
	s->shown[s->n_shown] = (struct shown_buffer){ rel, snapshot_ref(text) };
	s->texts[s->n_shown] = (struct unsaved_text){ rel, bytes };
	s->n_shown++;
}

/* Once in a task: without the sandbox, the user has to know that undo does not cover commands. */
static void say_direct(struct tool_run *r)
{
	if (!r->env->told_direct)
		tool_emit(r, &(struct task_event){
				     .kind = TASK_NOTICE,
				     .text = SLICE("commands change the files of this project "
						   "directly on this machine, and undo does not "
						   "cover that, as they have no sandbox") });
	r->env->told_direct = true;
}

static void take_buffers(struct tool_run *r)
{
	struct running *s = r->state;
	struct host *h = &r->env->workspace.host;

	s->shown = arena_array(&r->arena, MAX_SHOWN, sizeof(*s->shown));
	s->texts = arena_array(&r->arena, MAX_SHOWN, sizeof(*s->texts));
	h->ops->each_buffer(h->self, r->env->workspace.root, take_buffer, r);
	s->spec.unsaved = s->texts;
	s->spec.n_unsaved = s->n_shown;
	run_it(r);
}

/* The runner says whether it can make views here. A command in the background never gets one: it would see
 * neither later edits nor what other commands write. */
static void knows_layers(void *payload, struct slice json, const struct err *err)
{
	struct tool_run *r = payload;
	struct running *s = r->state;
	struct json root;
	struct err bad;

	r->call = NULL;
	if (err) {
		tool_fail(r, err);
	} else if (!json_parse(&r->arena, json, &root, &bad)) {
		tool_fail(r, &bad);
	} else if (s->background || !json_bool_or(json_get(root, "views"), false)) {
		if (json_is(json_get(root, "mode"), "none"))
			say_direct(r);
		unsaved_find(r, compared);
	} else {
		tool_fresh(r, take_buffers);
	}
}

void command_allowed(struct tool_run *r)
{
	r->call = runner_layers(r->env->workspace.runner, knows_layers, r);
}

void command_on_view(struct tool_run *r)
{
	tool_fresh(r, take_buffers);
}

/* What a command in the background printed since, or its end. */
void command_output_start(struct tool_run *r)
{
	struct slice id;

	if (arg_str(r, "id", true, &id))
		background_use(r, id);
}

/* Everything that can be refused without the runner is refused here. */
void run_command_start(struct tool_run *r)
{
	struct running *s = arena_alloc(&r->arena, sizeof(*s));
	struct slice id;
	int64_t timeout;

	if (!arg_str(r, "id", false, &id))
		return;
	if (id.len > 0) {
		background_use(r, id);
		return;
	}
	r->state = s;
	buf_init(&s->whole, LIMIT_OUTPUT_LOG_BYTES);
	r->release = release;
	if (!arg_str(r, "command", true, &s->spec.command) ||
	    !arg_path(r, "cwd", false, &s->spec.cwd) ||
	    !arg_bool(r, "background", &s->background) ||
	    !arg_bool(r, "network", &s->wants_network) ||
	    !arg_int(r, "timeout_ms",
		     s->background ? LIMIT_COMMAND_MAX_MS
				   : (int64_t)r->env->config->command_timeout_ms,
		     1, LIMIT_COMMAND_MAX_MS, &timeout) ||
	    !arg_str(r, "reason", false, &s->reason))
		return;
	s->spec.timeout_ms = (uint64_t)timeout;
	s->spec.keep_output = true;
	s->spec.idle_ms = s->background ? 0 : r->env->config->command_idle_ms;
	if (slice_trim(s->spec.command).len == 0 || s->spec.command.len > LIMIT_COMMAND_BYTES) {
		tool_failf(r, "command must have 1 to %d bytes", LIMIT_COMMAND_BYTES);
		return;
	}
	if (!r->env->workspace.runner) {
		tool_failf(r, "the command runner is not available");
		return;
	}
	if (s->wants_network && mode_reads_only(policy_mode(r->env->policy))) {
		tool_failf(r, "commands have no network in the mode %s",
			   mode_name(policy_mode(r->env->policy)));
		return;
	}
	command_decide(r);
}
