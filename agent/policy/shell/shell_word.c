/* shell_word.c - one word: quotes, escapes, expansions. See shell_parser.h */
#include "agent/policy/shell/shell_parser.h"

/* `out` is the parser's scratch, as long as all of the text can become. */
struct word {
	char *out;
	size_t len;
	unsigned flags;
	bool brace; /* an unquoted '{' was seen */
};

bool parser_refuse(struct parser *p, const char *what)
{
	return err_set(p->err, ERR_INVALID, "The command cannot be analysed: %s.", what);
}

char parser_peek(const struct parser *p, size_t n)
{
	return p->at + n < p->text.len ? p->text.ptr[p->at + n] : '\0';
}

/* Its commands belong to the command in hand, which has them as an argument; before its first
 * word there is none, and the one around the text is their parent. */
static bool queue(struct parser *p, struct slice text)
{
	struct shell_job *job = arena_alloc(p->script->arena, sizeof(*job));

	if (p->depth + 1 > SHELL_DEPTH)
		return parser_refuse(p, "it is nested too deeply");
	*job = (struct shell_job){ text, p->cur == SIZE_MAX ? p->parent : p->cur, p->depth + 1,
				   p->script->jobs };
	p->script->jobs = job;
	return true;
}

/* Inside of backquotes a backslash protects '$', '`' and itself; '"' too inside of double quotes. */
static bool queue_backtick(struct parser *p, struct slice inner)
{
	char *copy = arena_alloc(p->script->arena, inner.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < inner.len; i++) {
		if (inner.ptr[i] == '\\' && i + 1 < inner.len && inner.ptr[i + 1] == '"')
			return parser_refuse(p, "it has escaped quotes inside of backquotes");
		if (inner.ptr[i] == '\\' && i + 1 < inner.len &&
		    (inner.ptr[i + 1] == '$' || inner.ptr[i + 1] == '`' ||
		     inner.ptr[i + 1] == '\\'))
			i++;
		copy[n++] = inner.ptr[i];
	}
	return queue(p, slice_make(copy, n));
}

static void put(struct word *w, struct slice s)
{
	memcpy(w->out + w->len, s.ptr, s.len);
	w->len += s.len;
}

static void put_char(struct word *w, char c)
{
	w->out[w->len++] = c;
}

static bool is_name(char c, bool first)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (!first && c >= '0' && c <= '9');
}

/* p->at stands on the '(' of "$(", "<(" or ">(". The word gets "$()" in place of it, so that its
 * text can equal no plain word. */
static bool substitution(struct parser *p, struct word *w, bool dollar)
{
	size_t end;

	w->flags |= WORD_DYNAMIC;
	if (dollar && parser_peek(p, 1) == '(' && scan_arithmetic(p->text, p->at + 2, &end)) {
		put(w, SLICE("$(("));
		p->at = end + 2;
		return true;
	}
	if (!scan_paren(p->text, p->at + 1, &end, p->err) ||
	    !queue(p, slice_sub(p->text, p->at + 1, end)))
		return false;
	put(w, SLICE("$()"));
	p->at = end + 1;
	return true;
}

static bool backtick(struct parser *p, struct word *w)
{
	size_t end;

	if (!scan_backtick(p->text, p->at + 1, &end, p->err) ||
	    !queue_backtick(p, slice_sub(p->text, p->at + 1, end)))
		return false;
	w->flags |= WORD_DYNAMIC;
	put(w, SLICE("$()"));
	p->at = end + 1;
	return true;
}

/* "NAME@P" does in bash; "NAME[@]" is all of an array. */
static bool may_run(const struct parser *p, struct slice inner)
{
	char last =
		inner.len >= 2 && inner.ptr[inner.len - 2] == '@' ? inner.ptr[inner.len - 1] : ']';

	return last != ']' && (!p->script->bash || !strchr("UuLQEKkAa", last));
}

/* p->at stands on the '{' of "${". The name is kept as "$NAME", so that rules may look at it. */
static bool braces(struct parser *p, struct word *w, bool quoted)
{
	struct slice inner;
	size_t end, n = 0;
	bool any;

	if (!scan_brace(p->text, p->at + 1, quoted, &end, p->err))
		return false;
	inner = slice_sub(p->text, p->at + 1, end);
	if (may_run(p, inner))
		return parser_refuse(p, "it has an expansion that may run commands");
	if (!parser_substitutions(p, inner, &any))
		return false;
	while (n < inner.len && is_name(inner.ptr[n], n == 0))
		n++;
	put_char(w, '$');
	put(w, slice_sub(inner, 0, n));
	w->flags |= WORD_DYNAMIC;
	p->at = end + 1;
	return true;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape of $'...' at s[i] (behind the backslash); returns its length, 0 if it is not known. */
static size_t ansi_escape(struct slice s, size_t i, char *out)
{
	static const char from[] = "abefnrtv\\\"?", to[] = "\a\b\033\f\n\r\t\v\\\"?";
	const char *known = s.ptr[i] ? strchr(from, s.ptr[i]) : NULL;
	unsigned value = 0;
	size_t n = 0;

	if (known) {
		*out = to[known - from];
		return 1;
	}
	if (s.ptr[i] == 'x') {
		for (n = 1; n < 3 && i + n < s.len && hex(s.ptr[i + n]) >= 0; n++)
			value = value * 16 + (unsigned)hex(s.ptr[i + n]);
		n = n > 1 ? n : 0;
	} else {
		for (; n < 3 && i + n < s.len && s.ptr[i + n] >= '0' && s.ptr[i + n] <= '7'; n++)
			value = value * 8 + (unsigned)(s.ptr[i + n] - '0');
	}
	*out = (char)value;
	return value > 0 ? n : 0;
}

/* p->at stands on the first quote of $'...'. */
static bool ansi_quote(struct parser *p, struct word *w)
{
	size_t end = slice_find_byte(p->text, '\'', p->at + 1);
	struct slice s;

	if (end == SIZE_MAX || p->text.ptr[end - 1] == '\\')
		return parser_refuse(p, "shells read an escaped quote in $'...' in different ways");
	s = slice_sub(p->text, p->at + 1, end);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '\\') {
			size_t n = ansi_escape(s, ++i, &c);

			if (n == 0)
				return parser_refuse(p, "it has an unusual escape in $'...'");
			i += n - 1;
		}
		put_char(w, c);
	}
	w->flags |= WORD_QUOTED;
	p->at = end + 1;
	return true;
}

static bool dollar(struct parser *p, struct word *w, bool quoted)
{
	char c;

	p->at++;
	c = parser_peek(p, 0);
	if (c == '(')
		return substitution(p, w, true);
	if (c == '{')
		return braces(p, w, quoted);
	if (c == '\'' && !quoted)
		return ansi_quote(p, w);
	if (c == '[' || (c == '\\' && parser_peek(p, 1) == '\n'))
		return parser_refuse(p, "it has an unusual expansion");
	put_char(w, '$');
	if (c == '"' && !quoted) {
		w->flags |= WORD_DYNAMIC; /* translated, or a '$', as the shell likes */
		w->len--;
		return true;
	}
	if (c != '\0' && strchr("0123456789?!#$@*-", c)) {
		put_char(w, c);
		w->flags |= WORD_DYNAMIC;
		p->at++;
		return true;
	}
	for (bool first = true; is_name(parser_peek(p, 0), first); first = false) {
		put_char(w, parser_peek(p, 0));
		w->flags |= WORD_DYNAMIC;
		p->at++;
	}
	return true;
}

static bool double_quotes(struct parser *p, struct word *w)
{
	w->flags |= WORD_QUOTED;
	p->at++;
	while (p->at < p->text.len) {
		char c = parser_peek(p, 0), d = parser_peek(p, 1);
		bool ok = true;

		if (c == '"') {
			p->at++;
			return true;
		}
		if (c == '$')
			ok = dollar(p, w, true);
		else if (c == '`')
			ok = backtick(p, w);
		else if (c == '\\' && d == '\n')
			p->at += 2;
		else if (c == '\\' && (d == '$' || d == '`' || d == '"' || d == '\\')) {
			put_char(w, d);
			p->at += 2;
		} else {
			put_char(w, c);
			p->at++;
		}
		if (!ok)
			return false;
	}
	return parser_refuse(p, "a quote is not closed");
}

static bool single_quotes(struct parser *p, struct word *w)
{
	size_t end = slice_find_byte(p->text, '\'', p->at + 1);

	if (end == SIZE_MAX)
		return parser_refuse(p, "a quote is not closed");
	put(w, slice_sub(p->text, p->at + 1, end));
	w->flags |= WORD_QUOTED;
	p->at = end + 1;
	return true;
}

static bool escape(struct parser *p, struct word *w)
{
	if (p->at + 1 >= p->text.len)
		return parser_refuse(p, "it ends in a backslash");
	if (parser_peek(p, 1) != '\n') {
		put_char(w, parser_peek(p, 1));
		w->flags |= WORD_QUOTED;
	}
	p->at += 2;
	return true;
}

/* Flags are set for the word as a whole: which of its bytes were quoted is not kept, which asks
 * too often rather than too rarely. */
static void plain(struct parser *p, struct word *w)
{
	char c = parser_peek(p, 0);

	if (c == '*' || c == '?' || c == '[')
		w->flags |= WORD_GLOB;
	if (c == '~' && w->len == 0)
		w->flags |= WORD_TILDE;
	/* "{a,b}" and "{1..3}" become several words; "{}" and a lone brace do not */
	if (w->brace && (c == ',' || (c == '.' && w->out[w->len - 1] == '.')))
		w->flags |= WORD_DYNAMIC;
	w->brace = w->brace || c == '{';
	put_char(w, c);
	p->at++;
}

bool parser_word(struct parser *p, struct shell_word *out)
{
	struct word w = { .out = p->scratch };

	if (parser_peek(p, 0) == '<' ||
	    parser_peek(p, 0) == '>') { /* "<(...)": checked by the caller */
		p->at++;
		if (!substitution(p, &w, false))
			return false;
	}
	while (p->at < p->text.len && !shell_is_meta(parser_peek(p, 0))) {
		char c = parser_peek(p, 0);
		bool ok = true;

		if (c == '\'')
			ok = single_quotes(p, &w);
		else if (c == '"')
			ok = double_quotes(p, &w);
		else if (c == '\\')
			ok = escape(p, &w);
		else if (c == '`')
			ok = backtick(p, &w);
		else if (c == '$')
			ok = dollar(p, &w, false);
		else
			plain(p, &w);
		if (!ok)
			return false;
	}
	out->text = arena_dup(p->script->arena, slice_make(w.out, w.len));
	out->flags = w.flags;
	return true;
}

/* Of a text that is not split into words: a here-document, or what is in "${...}". */
bool parser_substitutions(struct parser *p, struct slice text, bool *any)
{
	size_t end;

	*any = false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i], d = i + 1 < text.len ? text.ptr[i + 1] : '\0';

		if (c == '\\') {
			i++;
		} else if (c == '`') {
			if (!scan_backtick(text, i + 1, &end, p->err) ||
			    !queue_backtick(p, slice_sub(text, i + 1, end)))
				return false;
			*any = true;
			i = end;
		} else if (d == '(' && (c == '$' || c == '<' || c == '>')) {
			*any = true;
			if (c == '$' && i + 2 < text.len && text.ptr[i + 2] == '(' &&
			    scan_arithmetic(text, i + 3, &end)) {
				i = end + 1;
				continue;
			}
			if (!scan_paren(text, i + 2, &end, p->err) ||
			    !queue(p, slice_sub(text, i + 2, end)))
				return false;
			i = end;
		} else if (c == '$' && d == '\\') {
			return parser_refuse(p, "it has an unusual expansion");
		} else if (c == '$') {
			*any = true;
		}
	}
	return true;
}
