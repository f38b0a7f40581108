/* shell_compound.c - reserved words, functions and case of the shell parser. See shell_parser.h */
#include "agent/policy/shell/shell_parser.h"

/* Commands in a group belong to the function whose body it is, which is how a fork bomb is
 * known. */
bool parser_open(struct parser *p, char kind)
{
	struct slice function = p->function;

	if (p->n_open == ARRAY_LEN(p->open))
		return parser_refuse(p, "it is nested too deeply");
	if (function.len == 0 && p->n_open > 0)
		function = p->open[p->n_open - 1].function;
	p->open[p->n_open++] = (struct open){ kind, function };
	p->function = SLICE("");
	return true;
}

char parser_top(const struct parser *p)
{
	return p->n_open > 0 ? p->open[p->n_open - 1].kind : '\0';
}

/* Without quotes or expansions: a quoted "if" is a program of this name. */
static bool word_is(const struct shell_word *w, const char *text)
{
	return w->flags == 0 && slice_eq_cstr(w->text, text);
}

/* "for NAME in WORD ...": the words are read here, so that none is taken for a command. */
static bool for_head(struct parser *p)
{
	struct shell_word w;
	size_t back;
	bool taken;

	parser_skip_blanks(p);
	if (!parser_arithmetic(p, &taken) || taken)
		return p->err->code == ERR_NONE;
	if (!parser_take_word(p, &w))
		return false;
	back = p->at;
	do {
		if (parser_peek(p, 0) == '\n')
			p->at++;
		parser_skip_blanks(p);
	} while (parser_peek(p, 0) == '\n');
	if (p->at >= p->text.len || shell_is_meta(parser_peek(p, 0)) || !parser_word(p, &w) ||
	    !word_is(&w, "in")) {
		p->at = back;
		return p->err->code == ERR_NONE;
	}
	for (;;) {
		parser_skip_blanks(p);
		if (p->at >= p->text.len || strchr("\n;", parser_peek(p, 0)))
			return true;
		if (!parser_take_word(p, &w))
			return false;
	}
}

static bool case_head(struct parser *p)
{
	struct shell_word w;

	if (!parser_take_word(p, &w))
		return false;
	do {
		if (parser_peek(p, 0) == '\n')
			p->at++;
		parser_skip_blanks(p);
	} while (parser_peek(p, 0) == '\n');
	if (!parser_take_word(p, &w))
		return false;
	if (!word_is(&w, "in"))
		return parser_refuse(p, "a case command is not complete");
	return parser_open(p, 'P');
}

/* "[(] PATTERN [| PATTERN] )", or esac. */
bool parser_case_pattern(struct parser *p)
{
	struct shell_word w;
	bool first = true;

	for (;; first = false) {
		parser_skip_blanks(p);
		if (parser_peek(p, 0) == '\n' || (first && parser_peek(p, 0) == '('))
			p->at++;
		else if (!first && parser_peek(p, 0) == '|')
			p->at++;
		else if (!first && parser_peek(p, 0) == ')')
			break;
		else if (!parser_take_word(p, &w))
			return false;
		else if (word_is(&w, "esac")) {
			p->n_open--;
			return true;
		}
	}
	p->at++;
	p->open[p->n_open - 1].kind = 'c';
	return true;
}

bool parser_function_parens(struct parser *p)
{
	p->at++; /* '(' */
	parser_skip_blanks(p);
	if (parser_peek(p, 0) != ')')
		return parser_refuse(p, "it has an unexpected bracket");
	p->at++;
	return true;
}

static bool function_head(struct parser *p)
{
	struct shell_word w;

	if (!parser_take_word(p, &w))
		return false;
	p->function = w.text;
	parser_skip_blanks(p);
	return parser_peek(p, 0) != '(' || parser_function_parens(p);
}

/* Nothing but a place for a command is behind them. */
static bool is_skipped(const struct shell_word *w)
{
	static const char *const skipped[] = { "if",	"then",	 "elif", "else", "fi",
					       "while", "until", "do",	 "done", "!" };

	for (size_t i = 0; i < ARRAY_LEN(skipped); i++) {
		if (word_is(w, skipped[i]))
			return true;
	}
	return false;
}

bool parser_bracket_is_no_function(const struct parser *p, const struct shell_word *w)
{
	return is_skipped(w) || word_is(w, "{") || (p->script->bash && word_is(w, "for"));
}

/* A word where a command may start. *taken: it was a reserved word. */
bool parser_reserved(struct parser *p, const struct shell_word *w, bool *taken)
{
	*taken = true;
	if (is_skipped(w))
		return true;
	if (word_is(w, "{"))
		return parser_open(p, '{');
	if (word_is(w, "for") || word_is(w, "select"))
		return for_head(p);
	if (word_is(w, "case"))
		return case_head(p);
	if (word_is(w, "function"))
		return function_head(p);
	if (word_is(w, "}") || word_is(w, "esac")) {
		if (parser_top(p) != (word_is(w, "}") ? '{' : 'c'))
			return parser_refuse(p, "it closes what was not opened");
		p->n_open--;
		return true;
	}
	*taken = false;
	return true;
}
