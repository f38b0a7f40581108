/* commands.c - see commands.h
 *
 * The list is its own work list: what is unwrapped is appended and looked at in its turn. */
#include "agent/policy/commands.h"

struct wrapper {
	const char *name;
	const char *with_value; /* short options that take a value */
	unsigned operands;	/* to step over before the command */
	bool assigns;		/* NAME=value may stand in front of the command */
	bool more_args;
	const char *ask;
};

/* What is not listed is judged by its own name alone. */
static const struct wrapper wrappers[] = {
	{ "sudo", "ugpChrtTUDR", 0, true, false, "it runs a command as another user" },
	{ "doas", "uC", 0, false, false, "it runs a command as another user" },
	{ "pkexec", "", 0, false, false, "it runs a command as another user" },
	{ "env", "uC", 0, true, false, NULL },
	{ "nice", "n", 0, false, false, NULL },
	{ "ionice", "cnpPu", 0, false, false, NULL },
	{ "nohup", "", 0, false, false, NULL },
	{ "timeout", "ks", 1, false, false, NULL },
	{ "xargs", "aEILnPsd", 0, false, true, NULL },
	{ "command", "", 0, false, false, NULL },
	{ "builtin", "", 0, false, false, NULL },
	{ "exec", "a", 0, false, false, NULL },
	{ "time", "fo", 0, false, false, NULL },
	{ "stdbuf", "ioe", 0, false, false, NULL },
	{ "setsid", "", 0, false, false, NULL },
	{ "taskset", "", 1, false, false, NULL },
	{ "busybox", "", 0, false, false, NULL },
	{ "unbuffer", "", 0, false, false, NULL },
};

bool name_any(struct slice name, const char *names)
{
	const char *p = names;

	while (name.len > 0 && *p) {
		size_t n = strcspn(p, "|");

		if (slice_eq(name, slice_make(p, n)))
			return true;
		p += n + (p[n] == '|');
	}
	return false;
}

/* "[" and "[[" are names, although '[' begins a pattern. */
struct slice command_name(const struct shell_cmd *c)
{
	struct slice name;

	if (c->n_words == 0 || c->words[0].flags & (WORD_DYNAMIC | WORD_TILDE))
		return SLICE("");
	name = c->words[0].text;
	if (name_any(name, "[|[["))
		return name;
	if (c->words[0].flags & WORD_GLOB)
		return SLICE("");
	for (size_t i = name.len; i > 0; i--) {
		if (name.ptr[i - 1] == '/')
			return slice_sub(name, i, name.len);
	}
	return name;
}

bool command_is(const struct shell_cmd *c, const char *name)
{
	return slice_eq_cstr(command_name(c), name);
}

bool command_any(const struct shell_cmd *c, const char *names)
{
	return name_any(command_name(c), names);
}

bool word_is_option(const struct shell_word *w)
{
	return w->text.len > 1 && w->text.ptr[0] == '-';
}

bool command_has_short(const struct shell_cmd *c, char letter)
{
	for (size_t i = 1; i < c->n_words; i++) {
		struct slice w = c->words[i].text;

		if (w.len > 1 && w.ptr[0] == '-' && w.ptr[1] != '-' &&
		    slice_find_byte(w, letter, 1) != SIZE_MAX)
			return true;
	}
	return false;
}

/* Programs take any beginning of a long option for it, so that each of them counts. */
bool command_has_long(const struct shell_cmd *c, const char *name)
{
	for (size_t i = 1; i < c->n_words; i++) {
		struct slice w = c->words[i].text;
		size_t eq = slice_find_byte(w, '=', 0);

		if (slice_starts(w, SLICE("--")) && slice_sub(w, 0, eq).len > 3 &&
		    slice_starts(slice_of(name), slice_sub(w, 0, eq)))
			return true;
	}
	return false;
}

static bool is_static(const struct shell_word *w)
{
	return !(w->flags & WORD_DYNAMIC);
}

static bool is_assign(const struct shell_word *w)
{
	size_t eq = slice_find_byte(w->text, '=', 0);

	return eq != SIZE_MAX && eq > 0 && w->text.ptr[0] != '-' &&
	       slice_find_byte(slice_sub(w->text, 0, eq), '/', 0) == SIZE_MAX;
}

/* Long options that take no value, of all wrappers; others are not understood. */
static bool known_flag(struct slice w)
{
	return name_any(w, "--foreground|--preserve-status|--verbose|--no-run-if-empty|--null|"
			   "--ignore-environment|--wait|--fork|--non-interactive|--") ||
	       (slice_starts(w, SLICE("--")) && slice_find_byte(w, '=', 0) != SIZE_MAX);
}

/* Index of the word behind the wrapper's options; *odd: some option is not understood. */
static size_t skip_options(const struct shell_cmd *c, const struct wrapper *w, bool *odd)
{
	size_t i = 1;

	*odd = false;
	while (i < c->n_words && word_is_option(&c->words[i])) {
		struct slice o = c->words[i++].text;

		if (slice_eq_cstr(o, "--"))
			break;
		if (!is_static(&c->words[i - 1]) || (o.ptr[1] == '-' && !known_flag(o)) ||
		    (slice_eq_cstr(slice_of(w->name), "env") &&
		     slice_find_byte(o, 'S', 0) != SIZE_MAX))
			*odd = true;
		/* "-n 5", but not "-n5" or "--long" */
		if (o.ptr[1] != '-' && strchr(w->with_value, o.ptr[o.len - 1]) &&
		    (o.len == 2 || !strchr(w->with_value, o.ptr[1])))
			i++;
	}
	return i + w->operands;
}

/* What surrounds the wrapper surrounds what it wraps. The words are shared with it. shell_add()
 * may move the list: pointers into it from before do not hold any more. */
static bool add_inner(struct shell_script *s, size_t parent, const struct shell_word *words,
		      size_t n, struct shell_cmd **out, struct err *err)
{
	struct shell_cmd *c = shell_add(s, err), *from;

	if (!c)
		return false;
	from = &s->cmds[parent];
	c->words = words;
	c->n_words = n;
	c->parent = parent;
	c->depth = from->depth;
	c->function = from->function;
	c->piped_in = from->piped_in;
	c->piped_out = from->piped_out;
	c->background = from->background;
	c->more_args = from->more_args;
	*out = c;
	return true;
}

/* Assignments between the wrapper and the command ("env X=1 make") are those of the inner one. */
static bool unwrap(struct shell_script *s, size_t at, const struct wrapper *w, struct err *err)
{
	struct shell_cmd c = s->cmds[at], *inner;
	size_t i, first;
	bool odd;

	if (command_is(&c, "command") && (command_has_short(&c, 'v') || command_has_short(&c, 'V')))
		return true; /* only asks where a command is */
	i = skip_options(&c, w, &odd);
	s->cmds[at].ask = odd ? "it runs a command with options that are not understood" : w->ask;
	s->cmds[at].unread = odd;
	first = i;
	while (w->assigns && i < c.n_words && is_assign(&c.words[i]))
		i++;
	if (i >= c.n_words)
		return true; /* wraps nothing: judged by its own name */
	s->cmds[at].neutral = s->cmds[at].ask == NULL;
	if (!add_inner(s, at, c.words + i, c.n_words - i, &inner, err))
		return false;
	inner->assigns = c.words + first;
	inner->n_assigns = i - first;
	inner->more_args = inner->more_args || w->more_args;
	return true;
}

/* Each -exec is a command of its own; find itself stays to be judged for what else it does. */
static bool unwrap_find(struct shell_script *s, size_t at, struct err *err)
{
	struct shell_cmd c = s->cmds[at], *inner;

	for (size_t i = 1; i < c.n_words; i++) {
		size_t from = i + 1;

		if (!name_any(c.words[i].text, "-exec|-execdir|-ok|-okdir"))
			continue;
		while (++i < c.n_words && !name_any(c.words[i].text, ";|+"))
			;
		if (from < i && !add_inner(s, at, c.words + from, i - from, &inner, err))
			return false;
		if (from < i)
			inner->more_args = true;
	}
	return true;
}

static bool is_shell(const struct shell_cmd *c)
{
	return command_any(c, "sh|bash|dash|zsh|ksh|ash|mksh");
}

/* The first operand of a shell; *c_option: it is the text of commands. n_words: none. */
static size_t shell_operand(const struct shell_cmd *c, bool *c_option, bool *plain)
{
	size_t i = 1;

	*c_option = false;
	*plain = true;
	for (; i < c->n_words; i++) {
		struct slice w = c->words[i].text;

		if (w.len < 2 || (w.ptr[0] != '-' && w.ptr[0] != '+') || slice_eq_cstr(w, "--"))
			break;
		if (w.ptr[0] == '-' && w.ptr[1] != '-' && slice_find_byte(w, 'c', 1) != SIZE_MAX)
			*c_option = true;
		for (size_t k = 1; k < w.len; k++)
			*plain = *plain && strchr("celxu", w.ptr[k]);
		if (w.ptr[w.len - 1] == 'o' || w.ptr[w.len - 1] == 'O')
			i++; /* "-o pipefail" */
	}
	if (i < c->n_words && name_any(c->words[i].text, "-|--"))
		i++;
	return i < c->n_words ? i : c->n_words;
}

bool command_reads_code(const struct shell_cmd *c)
{
	bool c_option, plain;

	if (is_shell(c))
		return (shell_operand(c, &c_option, &plain) == c->n_words && !c_option) ||
		       (!c_option && command_has_short(c, 's'));
	return command_any(c, "python|python2|python3|perl|ruby|node|php|lua|fish") &&
	       (c->n_words == 1 || (c->n_words == 2 && slice_eq_cstr(c->words[1].text, "-")));
}

static bool parse_inner(struct shell_script *s, size_t at, const struct shell_word *w,
			struct err *err)
{
	if (w->flags & WORD_DYNAMIC) {
		s->cmds[at].ask = "what it runs is only known when it runs";
		s->cmds[at].unread = true;
		return true;
	}
	return shell_parse(s, w->text, at, s->cmds[at].depth + 1, err);
}

/* With -c, and options that change nothing about what is run, only the text counts. A script
 * that is named is a program like another: by its own name. */
static bool unwrap_shell(struct shell_script *s, size_t at, struct err *err)
{
	struct shell_cmd c = s->cmds[at];
	bool c_option, plain;
	size_t i = shell_operand(&c, &c_option, &plain);

	if (c_option && i < c.n_words) {
		s->cmds[at].neutral = plain;
		return parse_inner(s, at, &c.words[i], err);
	}
	if (!command_reads_code(&c))
		return true;
	s->cmds[at].ask = "it runs what it reads";
	s->cmds[at].unread = true;
	for (const struct shell_redir *r = c.redirs; r; r = r->next) {
		if (r->kind != REDIR_TEXT)
			continue;
		s->cmds[at].unread = false; /* until a part of the text is */
		if (!parse_inner(s, at, &r->target, err))
			return false;
	}
	return true;
}

/* eval joins its words with blanks before it reads them. */
static bool unwrap_eval(struct shell_script *s, size_t at, struct err *err)
{
	struct shell_word joined = { SLICE(""), 0 };
	const struct shell_cmd c = s->cmds[at];

	s->cmds[at].ask = "it runs text as commands";
	for (size_t i = 1; i < c.n_words; i++) {
		if (joined.text.len + c.words[i].text.len > 64 * 1024 || c.n_words > 1000)
			return err_set(err, ERR_INVALID,
				       "The command cannot be analysed: "
				       "eval has too much text.");
		joined.flags |= c.words[i].flags;
		joined.text = arena_printf(s->arena, "%.*s %.*s", SLICE_ARG(joined.text),
					   SLICE_ARG(c.words[i].text));
	}
	return parse_inner(s, at, &joined, err);
}

/* python without a script reads what it runs, which nobody here can read: it asks. */
static bool unwrap_one(struct shell_script *s, size_t at, struct err *err)
{
	const struct shell_cmd *c = &s->cmds[at];

	for (size_t i = 0; i < ARRAY_LEN(wrappers); i++) {
		if (command_is(c, wrappers[i].name))
			return unwrap(s, at, &wrappers[i], err);
	}
	if (command_is(c, "find"))
		return unwrap_find(s, at, err);
	if (is_shell(c))
		return unwrap_shell(s, at, err);
	if (command_is(c, "eval"))
		return unwrap_eval(s, at, err);
	if (command_reads_code(c))
		s->cmds[at].ask = "it runs what it reads";
	if (command_is(c, "trap") && c->n_words > 1)
		return parse_inner(s, at, &c->words[1], err);
	return true;
}

bool commands_unwrap(struct shell_script *s, struct err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!unwrap_one(s, i, err))
			return false;
	}
	return true;
}
