/* decide.c - the verdict on a command line: the strictest of its parts. See policy.h
 *
 * For each simple command, the first that applies:
 *   deny   a deny rule; a built-in danger; a file that is kept from the model; a write to the system
 *   ask    a user's ask rule; a name that is only known at run time; a wrapper that needs asking
 *   allow  a user's allow rule, unless variables in front of the command change what it does
 *   ask    a built-in ask rule; a write to a protected name or outside of the workspace
 *   allow  a wrapper (what it wraps is judged by itself); a command that only reads
 *   the mode's default */
#include "agent/policy/commands.h"
#include "agent/policy/rules.h"
#include "protocol/base/limits.h"

/* On the stack of judge_line(); what it hands out lives in the caller's arena. */
struct judge {
	const struct policy *policy;
	struct arena *arena;
	struct shell_script script;
	struct decision out;
	size_t at, decided; /* the command that is judged; the one that `out` is about */
	enum verdict here;  /* the strictest of the command that is judged, and what said so */
	struct slice here_rule, here_always;
	struct decision_part *parts; /* DECISION_PARTS */
	bool always_spoilt; /* something asks that no rule could allow */
	bool shown;	    /* what has the name of a secret is judged by the sandbox */
	struct slice *names; /* DECISION_NAMES */
	bool hopeless;	     /* a file is denied in any case, or there are too many */
	bool reaches;	     /* something asks whose harm a view would not hold */
};

static const char outside_rule[] = "ask: write outside of the workspace";

/* Keeps the strictest; the first of equals. */
static void add(struct judge *j, enum verdict v, struct slice rule, struct slice why)
{
	if (v > j->here || j->here_rule.len == 0) {
		j->here = v;
		j->here_rule = rule;
	}
	if (j->out.rule.len > 0 && v <= j->out.verdict)
		return;
	j->decided = j->at;
	j->out.verdict = v;
	j->out.rule = rule;
	j->out.why = why;
}

/* A question of ours to which no rule is an answer. */
static void add_fixed(struct judge *j, enum verdict v, const char *rule, struct slice why)
{
	if (v == VERDICT_ASK)
		j->always_spoilt = true;
	add(j, v, slice_of(rule), why);
}

/* Either all names that deny are known, or none is of use: the sandbox is asked about each of
 * them. */
static void keep_name(struct judge *j, struct slice pattern, struct slice name)
{
	if (!file_is_hidden_by_name(pattern) || j->out.n_names == DECISION_NAMES)
		j->hopeless = true;
	else
		j->names[j->out.n_names++] = name;
}

static void add_denied_file(struct judge *j, struct slice pattern, struct slice path)
{
	add(j, VERDICT_DENY, arena_printf(j->arena, "deny: file %.*s", SLICE_ARG(pattern)),
	    arena_printf(j->arena, "Files named like \"%.*s\" are %s, and the command names %.*s.",
			 SLICE_ARG(pattern), file_not_for_model(pattern), SLICE_ARG(path)));
}

/* A message or a script as a word may hold any name; a name that no file can have is one, too. */
static bool looks_like_text(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == ' ' || s.ptr[i] == '\n' || s.ptr[i] == '\t')
			return true;
	}
	return s.len == 0 || s.len > LIMIT_PATH_BYTES;
}

/* A word, and what stands behind '=', ':' or '@' in it ("--file=.env", "HEAD:.env", "@.env"). */
static bool word_denied(struct judge *j, struct slice word)
{
	struct slice hit = SLICE(""), name = word;
	size_t from = 0;

	if (looks_like_text(word))
		return false;
	for (size_t i = 0; i <= word.len && hit.len == 0; i++) {
		if (i < word.len && !(word.ptr[i] != '\0' && strchr("=:@", word.ptr[i])))
			continue;
		name = slice_sub(word, from, word.len);
		hit = file_denied(j->policy, name);
		if (j->shown && file_is_hidden_by_name(hit))
			hit = SLICE("");
		from = i + 1;
	}
	if (hit.len == 0)
		return false;
	keep_name(j, hit, name);
	add_denied_file(j, hit, word);
	return true;
}

/* Names of files are looked for in all words, as which of them are files is the program's
 * business. Left out are commands that show no content, and words that are known to be patterns,
 * messages or branches. */
static bool names_denied_file(struct judge *j, const struct shell_cmd *c)
{
	bool git = command_is(c, "git");
	size_t first = readonly_first_file(c);
	bool denied = false;

	if (command_any(c, "echo|printf|ls|test|[|[[|find|stat|true|false|:|touch"))
		return false;
	for (size_t i = 1; i < c->n_words; i++) {
		bool option = word_is_option(&c->words[i]);

		if (i < first && !option)
			continue;
		if (git && i > 1 &&
		    name_any(c->words[i - 1].text, "-m|--message|-am|-b|-B|--grep|-S|-G"))
			continue; /* a message or a name, not a file */
		if (first > 0 && name_any(c->words[i - 1].text, "-e|--regexp|--expression") &&
		    command_any(c, "grep|egrep|fgrep|zgrep|rg|sed"))
			continue; /* a pattern */
		denied = word_denied(j, c->words[i].text) || denied;
	}
	return denied;
}

/* A write to a place, by a redirection (mode decides) or an operand (the command's verdict does). */
static void judge_write(struct judge *j, const struct shell_word *w, bool redirection)
{
	struct decision d = { 0 };
	struct slice inside;

	switch (file_place(j->policy, w, &inside)) {
	case PLACE_HARMLESS:
		return;
	case PLACE_SYSTEM:
	case PLACE_LIBRARY:
	case PLACE_HOME_DOT:
		add(j, VERDICT_DENY, SLICE("deny: write to a system or start-up file"),
		    arena_printf(j->arena,
				 "The command would write to %.*s, which belongs to the system or "
				 "is read by programs at their start.",
				 SLICE_ARG(w->text)));
		return;
	case PLACE_TMP:
		if (redirection && j->policy->mode != MODE_AUTO)
			add_fixed(j, VERDICT_ASK, outside_rule,
				  SLICE("The command writes to a file outside of the workspace."));
		return;
	case PLACE_OUTSIDE:
		j->out.beforehand = j->reaches = true;
		add_fixed(j, VERDICT_ASK, outside_rule,
			  SLICE("The command writes to a file outside of the workspace."));
		return;
	case PLACE_UNKNOWN: /* what is protected stays so: the runner sees where it really goes */
		if (redirection && j->policy->mode != MODE_AUTO)
			add_fixed(
				j, VERDICT_ASK, "ask: write to a file only known at run time",
				SLICE("The command writes to a file whose name is only known when it runs."));
		return;
	case PLACE_INSIDE:
		break;
	}
	if (inside.len == 0)
		inside = SLICE(".");
	policy_path(j->policy, j->shown ? ACCESS_COMMAND : ACCESS_WRITE, inside, j->arena, &d);
	if (d.verdict == VERDICT_DENY && !slice_starts(d.rule, SLICE("mode")))
		keep_name(j, file_denied(j->policy, inside), inside);
	if (d.verdict == VERDICT_ALLOW ||
	    (!redirection && d.verdict == VERDICT_ASK && slice_starts(d.rule, SLICE("mode"))))
		return;
	if (redirection || !slice_starts(d.rule, SLICE("mode")))
		j->always_spoilt = true;
	j->reaches = j->reaches || !slice_starts(d.rule, SLICE("mode"));
	if (d.verdict == VERDICT_DENY && slice_starts(d.rule, SLICE("mode")))
		d.verdict =
			VERDICT_ASK; /* finish() denies it, unless something denies it for good */
	add(j, d.verdict, d.rule, d.why);
}

/* Only programs that are known to write what they are given; of others, the mode decides. */
static void judge_operands(struct judge *j, const struct shell_cmd *c)
{
	bool all =
		command_any(
			c, "tee|touch|mkdir|rm|rmdir|truncate|chmod|chown|chgrp|unlink|mv|shred") ||
		(command_is(c, "sed") &&
		 (command_has_short(c, 'i') || command_has_long(c, "--in-place")));
	bool last = command_any(c, "cp|ln|install");
	size_t first = command_is(c, "sed") ? readonly_first_file(c) : 1;

	for (size_t i = first; (all || last) && i < c->n_words; i++) {
		struct shell_word w = c->words[i];

		if (slice_starts(w.text, SLICE("--target-directory=")))
			w.text = slice_sub(w.text, sizeof("--target-directory=") - 1, w.text.len);
		else if (word_is_option(&w))
			continue;
		else if (last && i + 1 < c->n_words && !slice_eq_cstr(c->words[i - 1].text, "-t"))
			continue;
		judge_write(j, &w, false);
	}
}

/* The shell opens these itself, whatever the command is. */
static void judge_redirs(struct judge *j, const struct shell_cmd *c)
{
	for (const struct shell_redir *r = c->redirs; r; r = r->next) {
		struct slice inside;

		if (r->kind == REDIR_TEXT || r->kind == REDIR_DUP)
			continue;
		if (word_denied(j, r->target.text))
			continue;
		if (r->kind == REDIR_WRITE) {
			judge_write(j, &r->target, true);
			continue;
		}
		switch (file_place(j->policy, &r->target, &inside)) {
		case PLACE_SYSTEM:
		case PLACE_HOME_DOT:
		case PLACE_OUTSIDE:
			add_fixed(j, VERDICT_ASK, "ask: read outside of the workspace",
				  SLICE("The command reads a file outside of the workspace."));
			break;
		case PLACE_INSIDE:
		case PLACE_HARMLESS:
		case PLACE_TMP:
		case PLACE_LIBRARY:
		case PLACE_UNKNOWN:
			break;
		}
	}
}

/* Also "export NAME=value", for the commands behind it; with an option nobody knows what it
 * exports. */
static bool has_risky_assigns(const struct shell_cmd *c)
{
	bool exports = command_any(c, "export|declare|typeset|local|readonly");

	for (size_t i = 0; i < c->n_assigns; i++) {
		if (assign_risk(&c->assigns[i], c->n_words > 0))
			return true;
	}
	for (size_t i = 1; exports && i < c->n_words; i++) {
		if (word_is_option(&c->words[i]) || assign_risk(&c->words[i], false))
			return true;
	}
	return false;
}

static bool add_rule(struct judge *j, enum verdict v, bool builtin, const struct shell_cmd *c)
{
	const struct rule *r = rules_find(j->policy, v, builtin, c);

	if (!r)
		return false;
	j->reaches = j->reaches || (v == VERDICT_ASK && r->origin != RULE_HELD);
	add(j, v, arena_printf(j->arena, "%s: %.*s", verdict_name(v), SLICE_ARG(r->text)),
	    arena_printf(j->arena, "The rule \"%s: %.*s\" decides.", verdict_name(v),
			 SLICE_ARG(r->text)));
	return true;
}

/* Suggests one rule for the whole line; two different ones are too many. */
static void suggest(struct judge *j, const struct shell_cmd *c)
{
	struct slice rule = has_risky_assigns(c) ? SLICE("") : always_rule(c, j->arena);

	if (rule.len == 0 || (j->out.always.len > 0 && !slice_eq(rule, j->out.always)))
		j->always_spoilt = true;
	j->out.always = j->here_always = rule;
}

/* rm asks in mode auto, too, where its files are not known. */
static void judge_default(struct judge *j, const struct shell_cmd *c)
{
	const struct policy *p = j->policy;
	struct slice rule = arena_printf(j->arena, "mode: %s", mode_name(p->mode));
	bool unknown_rm = command_is(c, "rm") && c->more_args;

	for (size_t i = 1; command_is(c, "rm") && i < c->n_words; i++)
		unknown_rm = unknown_rm || c->words[i].flags & WORD_DYNAMIC;
	if (p->mode == MODE_AUTO && !unknown_rm) {
		add(j, VERDICT_ALLOW, rule, SLICE("Mode auto allows commands inside the sandbox."));
		return;
	}
	suggest(j, c);
	if (unknown_rm)
		add_fixed(
			j, VERDICT_ASK, "ask: rm of files only known at run time",
			SLICE("The command removes files whose names are only known when it runs."));
	else
		add(j, VERDICT_ASK, rule,
		    arena_printf(j->arena,
				 "In mode %s, the command \"%.*s\" needs "
				 "permission.",
				 mode_name(p->mode), SLICE_ARG(command_name(c))));
}

/* There is no network in the sandbox but through the broker, which decides by host: nothing that
 * these programs do needs a second word, where commands need none. */
static bool is_confined(const struct policy *p, const struct shell_cmd *c)
{
	return p->mode == MODE_AUTO && command_any(c, "curl|wget|nc|ncat|netcat|ftp|telnet");
}

/* Where the user forbids commands, or wants to be asked, what cannot be read may be one of these. */
static bool user_forbids(const struct policy *p)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].origin == RULE_USER && p->rules[i].verdict != VERDICT_ALLOW)
			return true;
	return false;
}

/* Files come before the rules that allow, which speak of a program, not of what it touches. */
static void judge_one(struct judge *j, size_t at)
{
	const struct shell_cmd *c = &j->script.cmds[at];
	const char *danger = danger_of(j->policy, &j->script, at);
	bool risky = has_risky_assigns(c);

	judge_redirs(j, c);
	if (danger)
		add(j, VERDICT_DENY, arena_printf(j->arena, "deny: %s", danger),
		    arena_printf(j->arena, "The command looks like %s.", danger));
	if (danger || add_rule(j, VERDICT_DENY, false, c) || add_rule(j, VERDICT_DENY, true, c) ||
	    names_denied_file(j, c))
		return;
	judge_operands(j, c);
	if (add_rule(j, VERDICT_ASK, false, c)) {
		j->always_spoilt = j->out.beforehand = true;
		return;
	}
	if (c->n_words > 0 && command_name(c).len == 0) {
		j->reaches = j->reaches || user_forbids(j->policy);
		add_fixed(j, VERDICT_ASK, "ask: a command only known at run time",
			  SLICE("The name of the command is only known when it runs."));
		return;
	}
	if (c->n_words > 0 && !risky && add_rule(j, VERDICT_ALLOW, false, c)) {
		j->out.by_user = true;
		return;
	}
	if (c->ask) {
		j->reaches = j->reaches || command_any(c, "sudo|doas|pkexec") ||
			     (c->unread && user_forbids(j->policy));
		add_fixed(j, VERDICT_ASK, "ask: a command that runs commands",
			  arena_printf(j->arena, "The command \"%.*s\" needs permission: %s.",
				       SLICE_ARG(command_name(c)), c->ask));
	} else if (!is_confined(j->policy, c) &&
		   !(command_is(c, "git") && readonly_command(j->policy, c)) &&
		   add_rule(j, VERDICT_ASK, true, c))
		suggest(j, c);
	else if (c->neutral && !risky)
		add(j, VERDICT_ALLOW, SLICE("allow: what it runs is allowed"),
		    SLICE("What the command runs is allowed."));
	else if (!risky &&
		 (readonly_command(j->policy, c) || command_any(c, "export|local|readonly")))
		add(j, VERDICT_ALLOW, SLICE("allow: read-only command"),
		    SLICE("The command only reads."));
	else
		judge_default(j, c);
}

/* What was found about the command that was judged. */
static void note_part(struct judge *j)
{
	const struct shell_cmd *c = &j->script.cmds[j->at];
	struct decision_part *p = &j->parts[j->out.n_parts];

	if (c->n_words == 0 && j->here == VERDICT_ALLOW)
		return; /* assignments, redirections */
	if (c->neutral && j->here == VERDICT_ALLOW)
		return;
	if (j->out.n_parts == DECISION_PARTS)
		return;
	*p = (struct decision_part){ .text = policy_command_text(c, j->arena),
				     .verdict = j->here,
				     .rule = j->here_rule,
				     .always =
					     j->here == VERDICT_ASK ? j->here_always : SLICE("") };
	j->out.n_parts++;
}

/* Where only reading is allowed nobody is asked. */
static void deny_asked(struct judge *j)
{
	struct slice rule = arena_printf(j->arena, "mode: %s", mode_name(j->policy->mode));

	for (size_t i = 0; i < j->out.n_parts; i++)
		if (j->parts[i].verdict == VERDICT_ASK)
			j->parts[i] = (struct decision_part){ .text = j->parts[i].text,
							      .verdict = VERDICT_DENY,
							      .rule = rule,
							      .always = SLICE("") };
	if (j->out.verdict != VERDICT_ASK)
		return;
	j->out.verdict = VERDICT_DENY;
	j->out.rule = rule;
	j->out.why = arena_printf(j->arena,
				  "Mode %s runs only commands that read, and \"%.*s\" may do more.",
				  mode_name(j->policy->mode), SLICE_ARG(j->out.part));
}

static void finish(struct judge *j)
{
	if (j->decided < j->script.n)
		j->out.part = policy_command_text(&j->script.cmds[j->decided], j->arena);
	if (mode_reads_only(j->policy->mode))
		deny_asked(j);
	if (j->out.verdict != VERDICT_ASK || j->always_spoilt)
		j->out.always = SLICE("");
	if (j->hopeless)
		j->out.n_names = 0;
	j->out.parts = j->parts;
	j->out.names = j->names;
	j->out.held = !j->reaches;
}

/* What cannot be parsed asks, and the parts that were found before are judged all the same: one
 * of them may deny. */
static void judge_line(const struct policy *p, struct slice command, bool shown, struct arena *a,
		       struct decision *out)
{
	struct judge j = { .policy = p,
			   .shown = shown,
			   .arena = a,
			   .script = { .arena = a },
			   .at = SIZE_MAX,
			   .decided = SIZE_MAX };
	struct err err = { 0 };

	j.parts = arena_array(a, DECISION_PARTS, sizeof(*j.parts));
	j.names = arena_array(a, DECISION_NAMES, sizeof(*j.names));
	if (command.len > LIMIT_COMMAND_BYTES) {
		*out = (struct decision){ .verdict = VERDICT_DENY,
					  .rule = SLICE("deny: too long"),
					  .why = SLICE("The command is too long."),
					  .always = SLICE("") };
		return;
	}
	if (!shell_parse(&j.script, command, SIZE_MAX, 0, &err) ||
	    !commands_unwrap(&j.script, &err)) {
		j.reaches = user_forbids(p);
		add_fixed(&j, VERDICT_ASK, "ask: not understood", arena_printf(a, "%s", err.msg));
	}
	for (size_t i = 0; i < j.script.n; i++) {
		j.at = i;
		j.here = VERDICT_ALLOW;
		j.here_rule = j.here_always = SLICE("");
		judge_one(&j, i);
		note_part(&j);
	}
	j.at = SIZE_MAX;
	if (j.out.rule.len == 0)
		add(&j, VERDICT_ALLOW, SLICE("allow: nothing to run"),
		    SLICE("There is nothing to run."));
	finish(&j);
	*out = j.out;
}

void policy_command(const struct policy *p, struct slice command, struct arena *a,
		    struct decision *out)
{
	judge_line(p, command, false, a, out);
}

void policy_command_shown(const struct policy *p, struct slice command, struct arena *a,
			  struct decision *out)
{
	judge_line(p, command, true, a, out);
}
