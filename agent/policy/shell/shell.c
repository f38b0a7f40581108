/* shell.c - the shell parser: words, operators, compound commands. See shell.h
 *
 *   START OF A COMMAND --word--> IN A COMMAND --word, redirection--> ...
 *      ^  reserved words,           |
 *      |  "(", "{", NAME()          | newline ; & && || | ) ;;
 *      +----------------------------+
 *
 * Reserved words are stepped over where a command may start; whether an `if` has its `fi` is not
 * checked, as a line that no shell accepts runs nothing. Only what changes the reading of the
 * following text is tracked: parentheses, groups (for the function that they belong to) and case.
 * Nested code is queued and parsed in its turn, so there is no recursion. */
#include "agent/policy/shell/shell.h"

#include "agent/policy/shell/shell_parser.h"

/* The array may move: no pointer into it outlives a call of this. Words are elsewhere, and stay. */
struct shell_cmd *shell_add(struct shell_script *s, struct err *err)
{
	if (s->n == SHELL_COMMANDS) {
		err_set(err, ERR_INVALID,
			"The command cannot be analysed: it has more than %d parts.",
			SHELL_COMMANDS);
		return NULL;
	}
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 8;
		struct shell_cmd *more = arena_array(s->arena, cap, sizeof(*more));

		if (s->n > 0)
			memcpy(more, s->cmds, s->n * sizeof(*more));
		s->cmds = more;
		s->cap = cap;
	}
	s->cmds[s->n] = (struct shell_cmd){ .parent = SIZE_MAX };
	return &s->cmds[s->n++];
}

void parser_skip_blanks(struct parser *p)
{
	for (;;) {
		char c = parser_peek(p, 0);

		if (p->at < p->text.len && (c == ' ' || c == '\t'))
			p->at++;
		else if (c == '\\' && parser_peek(p, 1) == '\n')
			p->at += 2;
		else
			return;
	}
}

bool parser_take_word(struct parser *p, struct shell_word *w)
{
	char c, d;

	parser_skip_blanks(p);
	c = parser_peek(p, 0);
	d = parser_peek(p, 1);
	if (p->at >= p->text.len || (shell_is_meta(c) && !((c == '<' || c == '>') && d == '(')))
		return parser_refuse(p, "a word is missing");
	return parser_word(p, w);
}

/* The command in hand; begun if there is none. */
struct shell_cmd *parser_command(struct parser *p)
{
	struct shell_cmd *c;

	if (p->cur != SIZE_MAX)
		return &p->script->cmds[p->cur];
	c = shell_add(p->script, p->err);
	if (!c)
		return NULL;
	p->cur = p->script->n - 1;
	c->parent = p->parent;
	c->depth = p->depth;
	c->piped_in = p->after_pipe;
	if (p->n_open > 0)
		c->function = p->open[p->n_open - 1].function;
	p->words = p->assigns = NULL;
	p->cap_words = p->cap_assigns = 0;
	return c;
}

static void add_word(struct parser *p, struct shell_word **list, size_t *cap, size_t n,
		     struct shell_word w)
{
	if (n == *cap) {
		size_t more = *cap ? *cap * 2 : 8;
		struct shell_word *copy = arena_array(p->script->arena, more, sizeof(*copy));

		if (n > 0)
			memcpy(copy, *list, n * sizeof(*copy));
		*list = copy;
		*cap = more;
	}
	(*list)[n] = w;
}

/* amp_redir does not go beyond the command: see place_word(). */
static void end_command(struct parser *p, bool pipe, bool background)
{
	if (p->cur != SIZE_MAX) {
		struct shell_cmd *c = &p->script->cmds[p->cur];

		c->piped_out = pipe;
		c->background = background;
	}
	p->cur = SIZE_MAX;
	p->after_pipe = pipe;
	p->amp_redir = false;
}

/* In "NAME[...]" of bash: behind the brackets. */
static size_t skip_index(struct slice raw, size_t n)
{
	size_t end = n < raw.len && raw.ptr[n] == '[' ? slice_find_byte(raw, ']', n) : SIZE_MAX;

	return end == SIZE_MAX ? n : end + 1;
}

static bool is_assignment(const struct parser *p, struct slice raw)
{
	size_t n = 0;

	while (n < raw.len && (raw.ptr[n] == '_' || (raw.ptr[n] >= 'a' && raw.ptr[n] <= 'z') ||
			       (raw.ptr[n] >= 'A' && raw.ptr[n] <= 'Z') ||
			       (n > 0 && raw.ptr[n] >= '0' && raw.ptr[n] <= '9')))
		n++;
	if (n > 0 && p->script->bash)
		n = skip_index(raw, n);
	if (n > 0 && n < raw.len && raw.ptr[n] == '+')
		n++;
	return n > 0 && n < raw.len && raw.ptr[n] == '=';
}

/* The word was read; where does it belong? "cmd &> file word": for bash a redirection and one
 * more word; for dash a background job, and `> file word` behind it. */
static bool place_word(struct parser *p, struct slice raw, struct shell_word w)
{
	struct shell_cmd *c;
	bool taken = false;

	if (p->cur == SIZE_MAX && (!parser_reserved(p, &w, &taken) || taken))
		return taken && p->err->code == ERR_NONE;
	c = parser_command(p);
	if (!c)
		return false;
	if (p->amp_redir)
		return parser_refuse(p, "shells read words behind \"&>\" in different ways");
	if (c->n_words == 0 && is_assignment(p, raw)) {
		add_word(p, &p->assigns, &p->cap_assigns, c->n_assigns++, w);
		c->assigns = p->assigns;
		return true;
	}
	add_word(p, &p->words, &p->cap_words, c->n_words++, w);
	c->words = p->words;
	return true;
}

static bool word(struct parser *p)
{
	size_t start = p->at, before = p->cur;
	struct shell_word w;
	struct slice raw;

	if (!parser_word(p, &w))
		return false;
	raw = slice_sub(p->text, start, p->at);
	if (p->script->bash && parser_peek(p, 0) == '(' && is_assignment(p, raw) &&
	    raw.ptr[raw.len - 1] == '=' && !parser_array(p))
		return false;
	if (p->script->bash && before == SIZE_MAX && slice_eq_cstr(raw, "[[") && !parser_test(p))
		return false;
	parser_skip_blanks(p);
	if (parser_peek(p, 0) == '(' &&
	    (before != SIZE_MAX || !parser_bracket_is_no_function(p, &w))) {
		if (before != SIZE_MAX || w.flags != 0)
			return parser_refuse(p, "it has an unexpected bracket");
		p->function = w.text;
		return parser_function_parens(p);
	}
	return place_word(p, raw, w);
}

static bool close_paren(struct parser *p)
{
	if (parser_top(p) != '(')
		return parser_refuse(p, "it closes what was not opened");
	end_command(p, false, false);
	p->n_open--;
	p->at++;
	return true;
}

/* ';' '&' '|' and their doubles. */
static bool separator(struct parser *p)
{
	char c = parser_peek(p, 0), d = parser_peek(p, 1);

	if (c == '&' && d == '>') {
		p->at++;
		if (!parser_redirection(p))
			return false;
		p->amp_redir = true;
		return true;
	}
	p->at++;
	if (c == ';' && (d == ';' || d == '&')) {
		if (parser_top(p) != 'c')
			return parser_refuse(p, "it closes what was not opened");
		p->at += parser_peek(p, 1) == '&' ? 2 : 1;
		p->open[p->n_open - 1].kind = 'P';
		end_command(p, false, false);
		return true;
	}
	if (d == c && c != ';')
		p->at++;
	end_command(p, c == '|' && d != '|', c == '&' && d != '&');
	if (c == '|' && d == '&')
		p->at++;
	return true;
}

/* One step takes at least a byte, or refuses, so that the loop ends. */
static bool step(struct parser *p)
{
	char c, d;
	bool taken;

	if (parser_top(p) == 'P')
		return parser_case_pattern(p);
	parser_skip_blanks(p);
	if (p->at >= p->text.len)
		return true;
	c = parser_peek(p, 0);
	d = parser_peek(p, 1);
	if (c == '\n') {
		bool piped = p->after_pipe && p->cur == SIZE_MAX;

		p->at++;
		end_command(p, false, false);
		p->after_pipe = piped;
		return parser_heredocs(p);
	}
	if (c == '#') {
		size_t nl = slice_find_byte(p->text, '\n', p->at);

		p->at = nl == SIZE_MAX ? p->text.len : nl;
		return true;
	}
	if ((c == '<' || c == '>') && d != '(')
		return parser_redirection(p);
	if (parser_at_number_redir(p)) {
		while (parser_peek(p, 0) != '<' && parser_peek(p, 0) != '>')
			p->at++;
		return parser_redirection(p);
	}
	if (c == ';' || c == '&' || c == '|')
		return separator(p);
	if (c == ')')
		return close_paren(p);
	if (c == '(' && p->cur != SIZE_MAX)
		return parser_refuse(p, "it has an unexpected bracket");
	if (c == '(') {
		if (!parser_arithmetic(p, &taken) || taken)
			return taken && p->err->code == ERR_NONE;
		p->at++;
		return parser_open(p, '(');
	}
	return word(p);
}

/* A parser for each text: what is open in one is nothing to the other. The scratch holds the
 * longest word that the text could become. */
static bool parse_text(struct shell_script *s, const struct shell_job *job, struct err *err)
{
	struct parser *p = arena_alloc(s->arena, sizeof(*p));

	*p = (struct parser){ .script = s,
			      .err = err,
			      .text = job->text,
			      .parent = job->parent,
			      .depth = job->depth,
			      .cur = SIZE_MAX };
	p->scratch = arena_alloc(s->arena, 2 * job->text.len + 16);
	if (job->text.len > 0 && memchr(job->text.ptr, '\0', job->text.len))
		return parser_refuse(p, "it has a NUL byte");
	while (p->at < p->text.len) {
		if (!step(p))
			return false;
	}
	end_command(p, false, false);
	if (p->n_open > 0 || p->n_heredocs > 0)
		return parser_refuse(p, "it is not complete");
	return true;
}

/* The error is not handed to the parser, which reads it to find out whether it refused: *err may
 * hold an older one. */
bool shell_parse(struct shell_script *s, struct slice text, size_t parent, unsigned depth,
		 struct err *err)
{
	struct shell_job *first = arena_alloc(s->arena, sizeof(*first));
	struct err why = { 0 };

	if (depth > SHELL_DEPTH)
		return err_set(err, ERR_INVALID,
			       "The command cannot be analysed: "
			       "it is nested too deeply.");
	*first = (struct shell_job){ text, parent, depth, NULL };
	s->jobs = first;
	while (s->jobs) {
		const struct shell_job *job = s->jobs;

		s->jobs = job->next;
		if (!parse_text(s, job, &why)) {
			s->jobs = NULL;
			return err_set(err, why.code, "%s", why.msg);
		}
	}
	return true;
}
