/* shell_scan.c - see shell_scan.h
 *
 * One loop with a stack of what is open: 'p' a parenthesis with commands in it, 'd' double quotes,
 * 'b' the braces of ${}. Constructs that need a real parse to find their end (case patterns) or
 * that shells read in different ways are refused. */
#include "agent/policy/shell/shell_scan.h"

#include "agent/policy/shell/shell.h"

enum { PENDING = 8 }; /* here-documents announced on one line */

struct scan {
	struct slice text;
	size_t at;
	char open[SHELL_NESTING];
	size_t depth;
	struct heredoc pending[PENDING];
	size_t n_pending;
	struct err *err;
};

bool shell_is_meta(char c)
{
	return c != '\0' && strchr(" \t\n;&|<>()", c) != NULL;
}

static bool refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_INVALID, "The command cannot be analysed: %s.", what);
}

static char peek(const struct scan *s, size_t n)
{
	return s->at + n < s->text.len ? s->text.ptr[s->at + n] : '\0';
}

static bool push(struct scan *s, char what, size_t skip)
{
	if (s->depth == ARRAY_LEN(s->open))
		return refuse(s->err, "it is nested too deeply");
	s->open[s->depth++] = what;
	s->at += skip;
	return true;
}

static bool inside(const struct scan *s, char what)
{
	for (size_t i = 0; i < s->depth; i++) {
		if (s->open[i] == what)
			return true;
	}
	return false;
}

bool scan_backtick(struct slice text, size_t at, size_t *end, struct err *err)
{
	for (; at < text.len; at++) {
		if (text.ptr[at] == '\\')
			at++;
		else if (text.ptr[at] == '`') {
			*end = at;
			return true;
		}
	}
	return refuse(err, "a backquote is not closed");
}

/* Names, numbers and operators; with an expansion in it, it may be a subshell in two brackets,
 * and is read as that. */
bool scan_arithmetic(struct slice text, size_t at, size_t *end)
{
	size_t depth = 0;

	for (; at < text.len; at++) {
		char c = text.ptr[at];

		if (c == ')' && depth == 0) {
			*end = at;
			return at + 1 < text.len && text.ptr[at + 1] == ')';
		}
		depth += c == '(';
		depth -= c == ')';
		if (c == '$' && at + 1 < text.len && strchr("({[", text.ptr[at + 1]))
			return false;
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c != '\0' && strchr("_+-*/%<>=!&|^~?:,() \t$", c))))
			return false;
	}
	return false;
}

static bool skip_quote(struct scan *s)
{
	size_t end = slice_find_byte(s->text, '\'', s->at + 1);

	if (end == SIZE_MAX)
		return refuse(s->err, "a quote is not closed");
	s->at = end + 1;
	return true;
}

static bool skip_backtick(struct scan *s)
{
	size_t end = 0;

	if (!scan_backtick(s->text, s->at + 1, &end, s->err))
		return false;
	s->at = end + 1;
	return true;
}

/* "$(", "${", "$'" and a lone '$'. */
static bool scan_dollar(struct scan *s)
{
	size_t end;

	switch (peek(s, 1)) {
	case '(':
		if (peek(s, 2) == '(' && scan_arithmetic(s->text, s->at + 3, &end)) {
			s->at = end + 2;
			return true;
		}
		return push(s, 'p', 2);
	case '{':
		return push(s, 'b', 2);
	case '\'':
		if (s->depth > 0 && s->open[s->depth - 1] == 'd')
			break;
		s->at++;
		end = slice_find_byte(s->text, '\'', s->at + 1);
		if (end != SIZE_MAX && end > 0 && s->text.ptr[end - 1] == '\\')
			return refuse(s->err,
				      "shells read an escaped quote in $'...' in different ways");
		return skip_quote(s);
	case '\\':
	case '[':
		return refuse(s->err, "it has an unusual expansion");
	default:
		break;
	}
	s->at++;
	return true;
}

static bool word_start(const struct scan *s)
{
	return s->at == 0 || shell_is_meta(s->text.ptr[s->at - 1]);
}

/* A pattern's ')' would end the substitution too early. */
static bool is_case(const struct scan *s)
{
	return word_start(s) &&
	       slice_starts(slice_sub(s->text, s->at, s->text.len), SLICE("case")) &&
	       (s->at + 4 >= s->text.len || shell_is_meta(peek(s, 4)));
}

static bool scan_less(struct scan *s)
{
	struct heredoc *h = &s->pending[s->n_pending];
	struct slice raw;

	if (peek(s, 1) == '(')
		return push(s, 'p', 2);
	if (peek(s, 1) != '<' || peek(s, 2) == '<') {
		s->at += peek(s, 1) == '<' ? 3 : 1;
		return true;
	}
	if (s->n_pending == PENDING - 1)
		return refuse(s->err, "it has too many here-documents");
	s->at += 2;
	h->strip_tabs = peek(s, 0) == '-';
	s->at += h->strip_tabs;
	s->n_pending++;
	return scan_delimiter(s->text, &s->at, h, &raw, s->err);
}

static bool scan_newline(struct scan *s)
{
	struct slice body;

	s->at++;
	for (size_t i = 0; i < s->n_pending; i++) {
		if (!scan_heredoc(s->text, s->at, &s->pending[i], &body, &s->at, s->err))
			return false;
	}
	s->n_pending = 0;
	return true;
}

static bool step_commands(struct scan *s)
{
	char c = peek(s, 0);

	if (is_case(s))
		return refuse(s->err, "it has a case command inside of a substitution");
	switch (c) {
	case '\'':
		return skip_quote(s);
	case '"':
		return push(s, 'd', 1);
	case '(':
		return push(s, 'p', 1);
	case ')':
		s->depth--;
		break;
	case '<':
		return scan_less(s);
	case '\n':
		return scan_newline(s);
	default:
		break;
	}
	s->at++;
	return true;
}

static bool skip_comment(struct scan *s)
{
	while (s->at < s->text.len && peek(s, 0) != '\n')
		s->at++;
	return true;
}

static bool step_braces(struct scan *s)
{
	char c = peek(s, 0);

	if ((c == '\'' || c == '"') && inside(s, 'd'))
		return refuse(s->err, "shells read quotes inside of \"${...}\" in different ways");
	if (c == '\'')
		return skip_quote(s);
	if (c == '"')
		return push(s, 'd', 1);
	s->depth -= c == '}';
	s->at++;
	return true;
}

static bool step(struct scan *s)
{
	char c = peek(s, 0), top = s->open[s->depth - 1];

	if (c == '\\') {
		s->at += 2;
		return true;
	}
	if (c == '`')
		return skip_backtick(s);
	if (c == '$')
		return scan_dollar(s);
	if (top == 'p' && c == '#' && word_start(s))
		return skip_comment(s);
	if (top == 'p')
		return step_commands(s);
	if (top == 'b')
		return step_braces(s);
	s->depth -= c == '"';
	s->at++;
	return true;
}

static bool run(struct scan *s, size_t *end)
{
	size_t floor = s->depth;

	while (s->at < s->text.len) {
		if (!step(s))
			return false;
		if (s->depth < floor) {
			*end = s->at - 1;
			return true;
		}
	}
	return refuse(s->err, "a bracket or quote is not closed");
}

bool scan_paren(struct slice text, size_t at, size_t *end, struct err *err)
{
	struct scan s = { .text = text, .at = at, .open = { 'p' }, .depth = 1, .err = err };

	return run(&s, end);
}

bool scan_brace(struct slice text, size_t at, bool quoted, size_t *end, struct err *err)
{
	struct scan s = { .text = text, .at = at, .open = { 'b' }, .depth = 1, .err = err };

	if (quoted) {
		s.open[0] = 'd';
		s.open[1] = 'b';
		s.depth = 2;
	}
	return run(&s, end);
}
