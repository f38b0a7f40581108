/* json_check.c - is this text exactly one JSON value, as RFC 8259 and RFC 3629 define it?
 *
 * The tokenizer behind json_parse() takes much that is not JSON, so nothing reaches it that did
 * not pass here. One pass, no recursion: the open containers are one bool each.
 *
 *   VALUE ----scalar----------> AFTER <---- `]` `}` ---- FIRST_VALUE, FIRST_KEY (empty container)
 *     |  \--`[`--> FIRST_VALUE    |  \--`,` in an array---> VALUE
 *     |  \--`{`--> FIRST_KEY      |  \--`,` in an object--> KEY --string, `:`--> VALUE
 *                                 |  \--`]` `}`-----------> AFTER (one level up)
 *                                 \--depth 0: end of text */
#include "protocol/json/json_private.h"

#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

enum expect {
	VALUE,
	FIRST_VALUE, /* a value or `]` */
	KEY,
	FIRST_KEY, /* a key or `}` */
	AFTER,	   /* `,` or the end of the container or of the text */
};

/* On the stack: LIMIT_JSON_DEPTH bounds it. */
struct check {
	enum expect state;
	struct slice text;
	size_t at, tokens;
	size_t depth;
	bool object[LIMIT_JSON_DEPTH]; /* is the container at this depth an object? */
	struct long_strings *longs;
	struct err *err;
};

/* Bytes are counted from 0, as json_offset() does. */
static bool fail(struct check *c, const char *what)
{
	return err_set(c->err, ERR_INVALID, "The JSON text is not valid at byte %zu: %s.", c->at,
		       what);
}

/* The byte at the cursor; 0 at the end (a real NUL is an error wherever it stands). */
static char peek(const struct check *c)
{
	return c->at < c->text.len ? c->text.ptr[c->at] : '\0';
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static bool is_hex(char ch)
{
	return is_digit(ch) || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F');
}

static void skip_space(struct check *c)
{
	char ch = peek(c);

	while (ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r') {
		c->at++;
		ch = peek(c);
	}
}

static bool check_escape(struct check *c)
{
	c->at++; /* the backslash */
	switch (peek(c)) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		c->at++;
		return true;
	case 'u':
		c->at++;
		for (int i = 0; i < 4; i++, c->at++)
			if (!is_hex(peek(c)))
				return fail(c, "\\u needs four hexadecimal digits");
		return true;
	default:
		return fail(c, "there is no such escape");
	}
}

/* The offset of the first byte from `at` on that is not a plain character of a string: printable
 * ASCII but the quote and the backslash. Eight bytes at a time: in each byte of a word one test sets
 * the high bit for "less than 0x20", "zero after XOR with the quote", and so on. A borrow into the
 * next byte can only come from a byte that is a hit itself. */
static size_t skip_plain(struct slice s, size_t at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;

	while (s.len - at >= sizeof(uint64_t)) {
		uint64_t v, quote, back;

		memcpy(&v, s.ptr + at, sizeof(v));
		quote = v ^ (ones * '"');
		back = v ^ (ones * '\\');
		if ((v | ((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) |
		     ((back - ones) & ~back)) &
		    high)
			break;
		at += sizeof(v);
	}
	while (at < s.len && (unsigned char)s.ptr[at] >= 0x20 && (unsigned char)s.ptr[at] < 0x80 &&
	       s.ptr[at] != '"' && s.ptr[at] != '\\')
		at++;
	return at;
}

/* Long strings are listed for the tokenizer, which passes over them (json.c). */
static void end_string(struct check *c, size_t start)
{
	struct long_strings *l = c->longs;

	if (l && c->at - start > LONG_STRING_BYTES && l->n < l->cap) {
		l->s[l->n].start = start;
		l->s[l->n++].end = c->at;
	}
	c->at++;
}

static bool check_string(struct check *c)
{
	size_t start = c->at;

	c->at++; /* the quote */
	while ((c->at = skip_plain(c->text, c->at)) < c->text.len) {
		unsigned char ch = (unsigned char)c->text.ptr[c->at];
		uint32_t cp;
		size_t n = 1;

		if (ch == '"') {
			end_string(c, start);
			return true;
		}
		if (ch < 0x20)
			return fail(c, "a control character must be escaped");
		if (ch == '\\') {
			if (!check_escape(c))
				return false;
			continue;
		}
		if (ch >= 0x80)
			n = utf8_decode(c->text, c->at, &cp);
		if (n == 0)
			return fail(c, "the bytes are not UTF-8");
		c->at += n;
	}
	return fail(c, "the string does not end");
}

static bool check_digits(struct check *c)
{
	if (!is_digit(peek(c)))
		return fail(c, "a digit is missing");
	while (is_digit(peek(c)))
		c->at++;
	return true;
}

static bool check_number(struct check *c)
{
	if (peek(c) == '-')
		c->at++;
	if (peek(c) == '0')
		c->at++; /* a digit behind it is caught by what may follow a value */
	else if (!check_digits(c))
		return false;
	if (peek(c) == '.') {
		c->at++;
		if (!check_digits(c))
			return false;
	}
	if (peek(c) == 'e' || peek(c) == 'E') {
		c->at++;
		if (peek(c) == '+' || peek(c) == '-')
			c->at++;
		return check_digits(c);
	}
	return true;
}

/* "true" in a longer word is caught by what may follow a value. */
static bool check_word(struct check *c, struct slice word)
{
	if (c->text.len - c->at < word.len || memcmp(c->text.ptr + c->at, word.ptr, word.len) != 0)
		return fail(c, "a value was expected here");
	c->at += word.len;
	return true;
}

/* The limit keeps the array `object` from overflowing, and every later walk from going too deep. */
static bool open_container(struct check *c, bool object)
{
	if (c->depth == LIMIT_JSON_DEPTH)
		return err_set(c->err, ERR_TOO_LARGE,
			       "The JSON text is nested more than %d levels deep at byte %zu.",
			       LIMIT_JSON_DEPTH, c->at);
	c->object[c->depth++] = object;
	c->at++;
	c->state = object ? FIRST_KEY : FIRST_VALUE;
	return true;
}

static bool close_container(struct check *c)
{
	c->depth--;
	c->at++;
	c->state = AFTER;
	return true;
}

static bool check_value(struct check *c)
{
	char ch = peek(c);

	c->tokens++;
	if (ch == '{' || ch == '[')
		return open_container(c, ch == '{');
	c->state = AFTER;
	switch (ch) {
	case '"':
		return check_string(c);
	case 't':
		return check_word(c, SLICE("true"));
	case 'f':
		return check_word(c, SLICE("false"));
	case 'n':
		return check_word(c, SLICE("null"));
	default:
		if (ch == '-' || is_digit(ch))
			return check_number(c);
		return fail(c, c->at < c->text.len ? "a value was expected here"
						   : "the text ends where a value was expected");
	}
}

static bool check_key(struct check *c)
{
	if (peek(c) != '"')
		return fail(c, "a member name in quotes was expected");
	c->tokens++;
	if (!check_string(c))
		return false;
	skip_space(c);
	if (peek(c) != ':')
		return fail(c, "a colon was expected behind the member name");
	c->at++;
	c->state = VALUE;
	return true;
}

/* Depth 0 never comes here: the loop of json_check_listing() has ended then. */
static bool check_after(struct check *c)
{
	bool object = c->object[c->depth - 1];
	char ch = peek(c);

	if (ch == ',') {
		c->at++;
		c->state = object ? KEY : VALUE;
		return true;
	}
	if (ch == (object ? '}' : ']'))
		return close_container(c);
	return fail(c, object ? "a comma or } was expected" : "a comma or ] was expected");
}

/* One step is one value, key, comma or bracket; the loop around it ends with the value at depth 0.
 */
static bool check_step(struct check *c)
{
	switch (c->state) {
	case FIRST_VALUE:
		return peek(c) == ']' ? close_container(c) : check_value(c);
	case VALUE:
		return check_value(c);
	case FIRST_KEY:
		return peek(c) == '}' ? close_container(c) : check_key(c);
	case KEY:
		return check_key(c);
	case AFTER:
		break;
	}
	return check_after(c);
}

bool json_check(struct slice text, size_t *tokens, struct err *err)
{
	return json_check_listing(text, tokens, NULL, err);
}

bool json_check_listing(struct slice text, size_t *tokens, struct long_strings *longs,
			struct err *err)
{
	struct check c = { .text = text, .longs = longs, .err = err };

	do {
		skip_space(&c);
		if (!check_step(&c))
			return false;
	} while (c.state != AFTER || c.depth > 0);
	skip_space(&c);
	if (c.at < text.len)
		return fail(&c, "nothing may follow the value");
	if (tokens)
		*tokens = c.tokens;
	return true;
}
