/* cmd_policy.c - emend policy [check | test | explain -- CMD...]
 *
 * Nothing is run. `explain` asks the same function as a task does (policy_command), with the same
 * rules: built in, of the settings, of the project, and those that were saved with an answer. */
#include "agent/cli/json_line.h"
#include "agent/cli/place.h"
#include "agent/policy/granted.h"
#include "protocol/base/limits.h"

enum { SAVED_MAX = 256 };

/* What holds in this workspace. */
struct rules {
	const struct config *config;
	struct policy *policy;
	struct slice file; /* where the rules are kept that were saved with an answer */
	struct slice saved[SAVED_MAX];
	size_t n_saved;
};

/* The words as one line for the shell, quoted where needed; a single word is a line already. */
static struct slice command_line(struct cli *c)
{
	struct slice line;
	struct buf b;

	if (c->args.n_rest == 1)
		return slice_of(c->args.rest[0]);
	buf_init(&b, LIMIT_COMMAND_BYTES);
	for (size_t i = 0; i < c->args.n_rest; i++) {
		const char *w = c->args.rest[i];
		bool plain = *w && strspn(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0"
					     "123456789_-./=:,+@%") == strlen(w);

		buf_puts(&b, i ? " " : "");
		buf_puts(&b, plain ? "" : "'");
		for (const char *p = w; *p; p++)
			if (*p == '\'')
				buf_puts(&b, "'\\''");
			else
				buf_putc(&b, *p);
		buf_puts(&b, plain ? "" : "'");
	}
	line = arena_dup(&c->arena, buf_slice(&b));
	buf_release(&b);
	return line;
}

static enum term_style style_of(enum verdict v)
{
	return v == VERDICT_ALLOW ? TERM_GREEN : v == VERDICT_ASK ? TERM_YELLOW : TERM_RED;
}

/* Each part of a line of several, with what decided about it. */
static void put_parts(struct cli *c, const struct decision *d)
{
	for (size_t i = 0; d->n_parts > 1 && i < d->n_parts; i++) {
		const struct decision_part *p = &d->parts[i];

		term_raw(&c->out, SLICE("  "));
		term_text(&c->out, style_of(p->verdict), slice_of(verdict_name(p->verdict)));
		term_raw(&c->out, p->verdict == VERDICT_ALLOW ? SLICE(" ") : SLICE("  "));
		term_raw(&c->out, p->verdict == VERDICT_ASK ? SLICE(" ") : SLICE(""));
		term_line(&c->out, TERM_PLAIN, p->text, 1000);
		term_raw(&c->out, SLICE("  ("));
		term_line(&c->out, TERM_PLAIN, p->rule, 1000);
		term_raw(&c->out, SLICE(")\n"));
	}
}

static void put_parts_json(struct jw *w, const struct decision *d)
{
	jw_karray(w, "parts");
	for (size_t i = 0; i < d->n_parts; i++) {
		jw_object(w);
		jw_kstr(w, "command", d->parts[i].text);
		jw_kcstr(w, "decision", verdict_name(d->parts[i].verdict));
		jw_kstr(w, "rule", d->parts[i].rule);
		jw_kstr(w, "always", d->parts[i].always);
		jw_end(w);
	}
	jw_end(w);
}

/* Decided by the text alone, as a command would be that is not run yet. */
static int explain(struct cli *c, const struct rules *rules)
{
	struct slice line = command_line(c);
	struct decision d;
	struct json_line l;
	struct jw *w;

	policy_command(rules->policy, line, &c->arena, &d);
	if (!cli_given(c, OPT_JSON)) {
		term_text(&c->out, style_of(d.verdict), slice_of(verdict_name(d.verdict)));
		term_raw(&c->out, SLICE(": "));
		term_line(&c->out, TERM_PLAIN, line, 1000);
		term_raw(&c->out, SLICE("\n"));
		put_parts(c, &d);
		term_raw(&c->out, SLICE("rule: "));
		term_line(&c->out, TERM_PLAIN, d.rule, 1000);
		term_raw(&c->out, SLICE("\n"));
		term_line(&c->out, TERM_PLAIN, d.why, 1000);
		term_raw(&c->out, SLICE("\n"));
		if (d.always.len > 0) {
			term_raw(&c->out, SLICE("allowed by: \"permissions\": {\"allow\": [\""));
			term_line(&c->out, TERM_PLAIN, d.always, 1000);
			term_raw(&c->out, SLICE("\"]}\n"));
		}
		if (d.verdict == VERDICT_ASK && d.held && policy_mode(rules->policy) == MODE_AUTO)
			term_raw(&c->out,
				 SLICE("In a task it runs without a question, on a view of the "
				       "files, where it can harm nothing else.\n"));
		return 0;
	}
	w = json_line_begin(&l, "decision");
	jw_kstr(w, "command", line);
	jw_kcstr(w, "decision", verdict_name(d.verdict));
	jw_kstr(w, "rule", d.rule);
	jw_kstr(w, "why", d.why);
	jw_kstr(w, "always", d.always);
	put_parts_json(w, &d);
	json_line_end(&l, &c->out);
	return 0;
}

static void put_list(struct cli *c, const char *name, const struct slice *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		term_printf(&c->out, "%s: ", name);
		term_line(&c->out, TERM_PLAIN, items[i], 1000);
		term_raw(&c->out, SLICE("\n"));
	}
}

static int check(struct cli *c, const struct rules *rules)
{
	const struct config *config = rules->config;
	const struct slice *files;
	size_t n_files = policy_denied_files(rules->policy, &files, NULL);
	struct json_line l;
	struct jw *w;

	if (!cli_given(c, OPT_JSON)) {
		term_printf(&c->out, "mode: %s\n", mode_name(config->mode));
		put_list(c, "deny", config->deny, config->n_deny);
		put_list(c, "ask", config->ask, config->n_ask);
		put_list(c, "allow", config->allow, config->n_allow);
		put_list(c, "allow (saved)", rules->saved, rules->n_saved);
		put_list(c, "denied file", files, n_files);
		if (rules->n_saved > 0)
			term_printf(&c->out, "Saved rules are lines of %s.\n", rules->file.ptr);
		return 0;
	}
	w = json_line_begin(&l, "policy");
	jw_kcstr(w, "mode", mode_name(config->mode));
	jw_karray(w, "saved");
	for (size_t i = 0; i < rules->n_saved; i++)
		jw_str(w, rules->saved[i]);
	jw_end(w);
	jw_karray(w, "denied_files");
	for (size_t i = 0; i < n_files; i++)
		jw_str(w, files[i]);
	jw_end(w);
	json_line_end(&l, &c->out);
	return 0;
}

/* An example is good where it comes out as its rule's author wrote; `d` is what the whole policy
 * says of it, which another rule may decide. */
static void put_example(struct cli *c, const struct config_example *e, bool good,
			const struct decision *d, const struct err *err)
{
	const char *verb = good ? (e->match ? "matches" : "does not match")
				: (e->match ? "should match" : "should not match");
	struct json_line l;
	struct jw *w;

	if (!cli_given(c, OPT_JSON)) {
		term_text(&c->out, good ? TERM_GREEN : TERM_RED,
			  good ? SLICE("ok") : SLICE("FAILED"));
		term_printf(&c->out, "  %s \"", verdict_name(e->verdict));
		term_line(&c->out, TERM_PLAIN, e->rule, 1000);
		term_printf(&c->out, "\" %s: ", verb);
		term_line(&c->out, TERM_PLAIN, e->command, 1000);
		term_raw(&c->out, SLICE("  ("));
		term_line(&c->out, TERM_PLAIN, err->code ? slice_of(err->msg) : d->rule, 1000);
		term_raw(&c->out, SLICE(")\n"));
		return;
	}
	w = json_line_begin(&l, "example");
	jw_kcstr(w, "verdict", verdict_name(e->verdict));
	jw_kstr(w, "rule", e->rule);
	jw_kstr(w, "command", e->command);
	jw_kbool(w, "match", e->match);
	jw_kbool(w, "ok", good);
	jw_kcstr(w, "error", err->code ? err->msg : "");
	jw_kcstr(w, "decision", verdict_name(d->verdict));
	jw_kstr(w, "decided_by", d->rule);
	json_line_end(&l, &c->out);
}

/* Each example against its rule alone; what all rules together decide is shown beside it. */
static int test(struct cli *c, const struct rules *rules)
{
	const struct config *config = rules->config;
	size_t failed = 0;
	struct json_line l;
	struct jw *w;

	for (size_t i = 0; i < config->n_examples; i++) {
		const struct config_example *e = &config->examples[i];
		struct err err = { 0 };
		struct decision d;
		bool covered, good;

		good = policy_covers(e->verdict, e->rule, e->command, &covered, &err) &&
		       covered == e->match;
		policy_command(rules->policy, e->command, &c->arena, &d);
		put_example(c, e, good, &d, &err);
		failed += !good;
	}
	if (cli_given(c, OPT_JSON)) {
		w = json_line_begin(&l, "policy.tested");
		jw_ki64(w, "passed", (int64_t)(config->n_examples - failed));
		jw_ki64(w, "failed", (int64_t)failed);
		json_line_end(&l, &c->out);
	} else if (config->n_examples == 0) {
		term_printf(&c->out, "No rule has examples. Write one as {\"rule\": \"make test\", "
				     "\"match\": [\"make test -j2\"], \"noMatch\": [\"make "
				     "install\"]}.\n");
	} else {
		term_printf(&c->out, "%zu passed, %zu failed\n", config->n_examples - failed,
			    failed);
	}
	return failed > 0;
}

/* The rules are copied: granted_free() takes its own with it. */
static void add_saved(struct cli *c, const struct place *p, struct rules *rules)
{
	struct granted *g;

	rules->file = arena_printf(&c->arena, "%.*s/allowed.jsonl", SLICE_ARG(p->state));
	g = granted_new(rules->file.ptr);
	granted_apply(g, p->workspace, rules->policy);
	rules->n_saved = granted_rules(g, p->workspace, rules->saved, SAVED_MAX);
	for (size_t i = 0; i < rules->n_saved; i++)
		rules->saved[i] = arena_dup(&c->arena, rules->saved[i]);
	granted_free(g);
}

int cmd_policy(struct cli *c)
{
	static const struct {
		const char *name;
		int (*fn)(struct cli *, const struct rules *);
	} parts[] = { { "check", check }, { "test", test }, { "explain", explain } };
	const char *what = c->args.n_words ? c->args.words[0] : "check";
	bool explains = strcmp(what, "explain") == 0;
	size_t part = 0;
	struct place p = { .loaded = false };
	struct rules rules = { .policy = NULL };
	struct config narrow;
	struct err err = { 0 };
	int status;

	while (part < ARRAY_LEN(parts) && strcmp(what, parts[part].name) != 0)
		part++;
	if (part == ARRAY_LEN(parts))
		return cli_usage(
			c, "There is no `emend policy %.40s`; there are check, test and explain.",
			what);
	if (explains && c->args.n_rest == 0)
		return cli_usage(
			c, "Which command? For example: emend policy explain -- git push --force");
	if (!place_init(&p, c, &err) || !place_narrow(c, &p, &narrow, NULL, &err)) {
		status = cli_fail(c, &err);
	} else {
		rules.config = &narrow;
		if (config_policy(&narrow, &rules.policy, &err)) {
			add_saved(c, &p, &rules);
			status = parts[part].fn(c, &rules);
		} else {
			status = cli_fail(c, &err);
		}
		policy_free(rules.policy);
		config_release(&narrow);
	}
	place_release(&p);
	return status;
}
