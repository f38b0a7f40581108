/* command_decide.c - may a command run, and is it asked for before it runs, or by its effect?
 *
 *   denied as it names secrets, by their names alone? --yes--> does the sandbox hide one of them from it?
 *      | no                                                         | no: judged anew without the names
 *      v <----------------------------------------------------------'
 *   may the question wait, and has the runner views? --no--> asked beforehand, where the policy says so
 *      | yes
 *   it runs on a view at once; then, by the mode, the user is asked about what it changed, all of it is
 *   made, or all of it is dropped
 *
 * The policy decides on the parsed command. But where all that a command can do lies in a view that
 * can be dropped, it runs at once, and the user is asked about what it changed: in the mode ask about
 * all of it, in the mode edit only where more than the mode asks. In the mode auto nobody is asked about
 * what a view holds, and undo brings it back. Where only reading is allowed, it is dropped. */
#include "agent/tool/command/command_own.h"

#include "agent/base/path.h"
#include "agent/config/config.h"

/* In the modes plan and read-only. */
static bool reads_only(const struct tool_run *r)
{
	return mode_reads_only(policy_mode(r->env->policy));
}

static bool is_of_mode(const struct decision *d)
{
	return slice_starts(d->rule, SLICE("mode: "));
}

/* May the question about this command wait for its effect, if it runs on a view? Not where it could reach
 * anything that is not in the view: a network, a folder of the user, the real files. */
static bool may_wait(const struct tool_run *r)
{
	const struct running *s = r->state;
	const struct config *c = r->env->config;
	const struct decision *d = &s->decision;

	if (s->background || s->wants_network || c->n_write_dirs > 0 || d->beforehand)
		return false;
	if (reads_only(r))
		return d->verdict != VERDICT_DENY || is_of_mode(d);
	if (c->mode == MODE_AUTO)
		return d->verdict == VERDICT_ASK && d->held;
	return slice_eq_cstr(c->approve, "effects") && d->verdict != VERDICT_DENY &&
	       (d->verdict == VERDICT_ASK || !d->by_user);
}

/* The mode that the user chose counts: "edits in this task" widens that of the policy. */
static enum effect effect_of(const struct tool_run *r)
{
	const struct running *s = r->state;
	bool plain = s->decision.verdict == VERDICT_ALLOW || decision_asks_mode_alone(&s->decision);

	if (reads_only(r))
		return EFFECT_DROPPED;
	if (r->env->effects_allowed || r->env->config->mode == MODE_AUTO ||
	    (r->env->config->mode == MODE_EDIT && plain))
		return EFFECT_APPROVED;
	return EFFECT_ASKED;
}

/* The question before the command runs, where the policy asks for one. */
static void ask_beforehand(struct tool_run *r)
{
	struct running *s = r->state;
	struct decision *d = &s->decision;

	permit(r, d,
	       &(struct permission_request){ .title = s->wants_network
							      ? SLICE("Run a command with network")
							      : SLICE("Run a command"),
					     .subject = s->spec.command,
					     .reason = s->reason,
					     .diff = SLICE(""),
					     .rule = d->always },
	       command_allowed);
}

/* The decision that is logged is that the question waits for the effect: "approve: effects" is then the
 * rule. */
static void knows_whether_it_waits(void *payload, struct slice json, const struct err *err)
{
	struct tool_run *r = payload;
	struct running *s = r->state;
	struct decision d = s->decision;
	struct json root;
	struct err bad;

	r->call = NULL;
	if (err) {
		tool_fail(r, err);
		return;
	}
	if (!json_parse(&r->arena, json, &root, &bad) ||
	    !json_bool_or(json_get(root, "views"), false)) {
		ask_beforehand(r);
		return;
	}
	s->effect = effect_of(r);
	if (d.verdict != VERDICT_ALLOW && (s->effect == EFFECT_ASKED || !is_of_mode(&d)))
		d.rule = SLICE("approve: effects");
	d.verdict = VERDICT_ALLOW;
	permit(r, &d, &(struct permission_request){ .subject = s->spec.command, .diff = SLICE("") },
	       command_on_view);
}

static void decided(struct tool_run *r)
{
	if (may_wait(r))
		r->call = runner_layers(r->env->workspace.runner, knows_whether_it_waits, r);
	else
		ask_beforehand(r);
}

/* All files that the line names are such as the sandbox shows: they are no secrets for a command, whatever
 * their names. */
static void knows_names(void *payload, struct slice json, const struct err *err)
{
	struct tool_run *r = payload;
	struct running *s = r->state;
	struct json root;
	struct err bad;

	r->call = NULL;
	if (err) {
		tool_fail(r, err);
		return;
	}
	if (json_parse(&r->arena, json, &root, &bad) &&
	    json_bool_or(json_get(root, "shown"), false))
		policy_command_shown(r->env->policy, s->spec.command, &r->arena, &s->decision);
	decided(r);
}

/* The files that the line names, as paths of the workspace. False: one lies elsewhere. */
static bool find_names(struct tool_run *r, struct slice *out)
{
	struct running *s = r->state;
	const struct decision *d = &s->decision;

	for (size_t i = 0; i < d->n_names; i++) {
		struct slice name = d->names[i];

		if (name.len > 0 && name.ptr[0] != '/')
			name = path_join(&r->arena, s->spec.cwd, name);
		if (!path_relative(&r->arena, r->env->workspace.root, name, &out[i], NULL))
			return false;
	}
	return true;
}

void command_decide(struct tool_run *r)
{
	struct running *s = r->state;
	struct slice names[DECISION_NAMES];
	struct slice keys = policy_waits_for_keys(s->spec.command, &r->arena);

	if (keys.len > 0) {
		tool_failf(r,
			   "Not run: `%.*s` waits for keys, and commands have no terminal. Change "
			   "files with edit_file, or with a command that takes its orders as "
			   "arguments (sed -i, vim -es -c).",
			   SLICE_ARG(keys));
		return;
	}
	policy_command(r->env->policy, s->spec.command, &r->arena, &s->decision);
	if (s->decision.verdict == VERDICT_DENY && s->decision.n_names > 0 && find_names(r, names))
		r->call = runner_shown(r->env->workspace.runner, names, s->decision.n_names,
				       knows_names, r);
	else
		decided(r);
}
