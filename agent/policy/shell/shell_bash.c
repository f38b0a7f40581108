/* shell_bash.c - what only bash reads like this, where it is known that bash will: arithmetic commands, [[ ]] and arrays. See
 * shell_parser.h. What is in them is no command, but substitutions in it are. */
#include "agent/policy/shell/shell_parser.h"

/* Behind a quote without anything that could end it before its end; 0: it is not that simple. */
static size_t simple_quote(struct slice text, size_t at)
{
	size_t end = slice_find_byte(text, '"', at + 1);

	for (size_t i = at + 1; end != SIZE_MAX && i < end; i++) {
		char c = text.ptr[i];

		if (c == '\\' || c == '`' || (c == '(' && text.ptr[i - 1] == '$'))
			return 0;
	}
	return end == SIZE_MAX ? 0 : end + 1;
}

/* text[at] is behind "((": the offset of its "))". false: it is two subshells, or hard to tell. */
static bool arithmetic_end(struct slice text, size_t at, size_t *end)
{
	size_t depth = 0;

	while (at < text.len) {
		char c = text.ptr[at];

		if (c == ')' && depth == 0) {
			*end = at;
			return at + 1 < text.len && text.ptr[at + 1] == ')';
		}
		if (c == '\'' || c == '\\' || c == '`')
			return false;
		depth += c == '(';
		depth -= c == ')';
		at = c == '"' ? simple_quote(text, at) : at + 1;
		if (at == 0)
			return false;
	}
	return false;
}

bool parser_arithmetic(struct parser *p, bool *taken)
{
	size_t end;
	bool any;

	*taken = p->script->bash && parser_peek(p, 0) == '(' && parser_peek(p, 1) == '(' &&
		 arithmetic_end(p->text, p->at + 2, &end);
	if (!*taken)
		return true;
	if (!parser_substitutions(p, slice_sub(p->text, p->at + 2, end), &any))
		return false;
	p->function = SLICE("");
	p->at = end + 2;
	return true;
}

/* Behind the quoted part that begins at `at`; 0: it does not end. */
static size_t skip_quoted(struct slice text, size_t at)
{
	char quote = text.ptr[at];
	bool escapes = quote == '"' || (at > 0 && text.ptr[at - 1] == '$');

	for (at++; at < text.len; at++) {
		if (text.ptr[at] == quote)
			return at + 1;
		at += escapes && text.ptr[at] == '\\';
	}
	return 0;
}

/* text[at] is behind "[[": the offset of its "]]". */
static bool test_end(struct slice text, size_t at, size_t *end)
{
	size_t depth = 0;

	while (at > 0 && at < text.len) {
		char c = text.ptr[at];
		bool begins = shell_is_meta(text.ptr[at - 1]);

		if (begins && depth == 0 &&
		    slice_starts(slice_sub(text, at, text.len), SLICE("]]")) &&
		    (at + 2 == text.len || shell_is_meta(text.ptr[at + 2]))) {
			*end = at;
			return true;
		}
		if ((begins && c == '#') || (c == ')' && depth == 0))
			return false;
		depth += c == '(';
		depth -= c == ')';
		if (c == '\'' || c == '"')
			at = skip_quoted(text, at);
		else
			at += c == '\\' ? 2 : 1;
	}
	return false;
}

bool parser_test(struct parser *p)
{
	size_t end;
	bool any;

	if (!test_end(p->text, p->at, &end))
		return parser_refuse(p, "the end of [[ is not found");
	if (!parser_substitutions(p, slice_sub(p->text, p->at, end), &any))
		return false;
	p->at = end + 2;
	return true;
}

bool parser_array(struct parser *p)
{
	struct shell_word w;

	for (p->at++;;) {
		parser_skip_blanks(p);
		if (p->at >= p->text.len || parser_peek(p, 0) == '#')
			return parser_refuse(p, "the end of an array is not found");
		if (parser_peek(p, 0) == ')')
			break;
		if (parser_peek(p, 0) == '\n')
			p->at++;
		else if (!parser_take_word(p, &w))
			return false;
	}
	p->at++;
	return true;
}
