/* rules.c - rules as argv prefixes. See policy.h
 *
 * An allow rule must match the words one by one from the first on. A rule that denies or asks is
 * read more widely: its options may stand anywhere and the program in any folder. */
#include "agent/policy/rules.h"

#include "agent/policy/commands.h"
#include "agent/policy/glob.h"

/* What a rule is, from what was parsed; its words are copied into the policy. */
static bool add(struct policy *p, struct rule r, const struct shell_script *s, struct err *err)
{
	const struct shell_cmd *c = s->n == 1 ? &s->cmds[0] : NULL;
	struct shell_word *words;

	if (!c || c->n_words == 0 || c->n_assigns > 0 || c->redirs || c->piped_out || c->background)
		return err_set(err, ERR_INVALID,
			       "The rule \"%.*s\" is not valid: write the first words "
			       "of one command, such as \"npm run test\".",
			       SLICE_ARG(r.text));
	words = arena_array(&p->arena, c->n_words, sizeof(*words));
	for (r.n = 0; r.n < c->n_words; r.n++) {
		const struct shell_word *w = &c->words[r.n];

		if (w->flags & (WORD_DYNAMIC | WORD_TILDE))
			return err_set(err, ERR_INVALID,
				       "The rule \"%.*s\" is not valid: \"%.*s\" is only "
				       "known when the command runs.",
				       SLICE_ARG(r.text), SLICE_ARG(w->text));
		words[r.n] = (struct shell_word){ arena_dup(&p->arena, w->text), w->flags };
	}
	r.words = words;
	if (p->n_rules == p->cap_rules) {
		size_t cap = p->cap_rules ? p->cap_rules * 2 : 128;
		struct rule *more = arena_array(&p->arena, cap, sizeof(*more));

		if (p->n_rules > 0)
			memcpy(more, p->rules, p->n_rules * sizeof(*more));
		p->rules = more;
		p->cap_rules = cap;
	}
	p->rules[p->n_rules++] = r;
	return true;
}

/* The text is parsed as a command line, with its quotes; whatever is more than the words of one
 * command is refused, as it could never match. What the parser needs, some kilobytes for each of
 * more than a hundred rules, is not kept. */
bool rules_add(struct policy *p, enum verdict v, enum rule_origin origin, struct slice text,
	       struct err *err)
{
	struct rule r = { v, origin, arena_dup(&p->arena, slice_trim(text)), NULL, 0 };
	struct arena scratch;
	struct shell_script s = { .arena = &scratch };
	bool ok;

	arena_init(&scratch);
	ok = shell_parse(&s, r.text, SIZE_MAX, 0, err)
		     ? add(p, r, &s, err)
		     : err_wrap(err, "The rule \"%.*s\" is not valid. ", SLICE_ARG(r.text));
	arena_release(&scratch);
	return ok;
}

static bool word_matches(const struct shell_word *rule, struct slice text)
{
	return rule->flags & WORD_GLOB ? glob_match(rule->text, text, false)
				       : slice_eq(rule->text, text);
}

static bool is_star(const struct shell_word *w)
{
	return w->flags & WORD_GLOB && slice_eq_cstr(w->text, "*");
}

/* A program of this name in the standard folders, or what was written: "make" does not allow
 * ./make. */
static bool allow_name(const struct shell_word *rule, const struct shell_cmd *c)
{
	struct slice full = c->words[0].text, name = command_name(c);

	if (word_matches(rule, full))
		return true;
	return word_matches(rule, name) && full.len > name.len &&
	       name_any(slice_sub(full, 0, full.len - name.len),
			"/bin/|/usr/bin/|/usr/local/bin/|/sbin/|/usr/sbin/");
}

/* A last '*' stands for any words, none of them too, as a prefix does anyway. A word that is
 * known only at run time matches nothing. */
static bool allows(const struct rule *r, const struct shell_cmd *c)
{
	size_t n = r->n > 1 && is_star(&r->words[r->n - 1]) ? r->n - 1 : r->n;

	if (c->n_words < n || command_name(c).len == 0 || !allow_name(&r->words[0], c))
		return false;
	for (size_t i = 1; i < n; i++) {
		if (c->words[i].flags & (WORD_DYNAMIC | WORD_GLOB | WORD_TILDE) ||
		    !word_matches(&r->words[i], c->words[i].text))
			return false;
	}
	return true;
}

static bool has_option(const struct shell_cmd *c, const struct shell_word *option)
{
	struct slice o = option->text;

	for (size_t i = 1; i < c->n_words; i++) {
		struct slice w = c->words[i].text;

		if (word_matches(option, w))
			return true;
		if (slice_starts(w, o) && w.len > o.len && w.ptr[o.len] == '=')
			return true;
		/* "-f" is in "-uf" */
		if (o.len == 2 && w.len > 2 && w.ptr[0] == '-' && w.ptr[1] != '-' &&
		    slice_find_byte(w, o.ptr[1], 1) != SIZE_MAX)
			return true;
	}
	return false;
}

/* The words that are no options must stand in this order, with options between them passed over;
 * those that are may stand anywhere. */
static bool forbids(const struct rule *r, const struct shell_cmd *c)
{
	size_t at = 0;

	if (command_name(c).len == 0)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		const struct shell_word *w = &r->words[i];

		if (i > 0 && word_is_option(w)) {
			if (!has_option(c, w))
				return false;
			continue;
		}
		if (i > 0 && i == r->n - 1 && is_star(w))
			return true;
		while (at > 0 && at < c->n_words && word_is_option(&c->words[at]))
			at++;
		if (at >= c->n_words ||
		    !word_matches(w, at == 0 ? command_name(c) : c->words[at].text))
			return false;
		at++;
	}
	return true;
}

const struct rule *rules_find(const struct policy *p, enum verdict v, bool builtin,
			      const struct shell_cmd *c)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];

		if (r->verdict == v && (r->origin != RULE_USER) == builtin &&
		    (v == VERDICT_ALLOW ? allows(r, c) : forbids(r, c)))
			return r;
	}
	return NULL;
}
