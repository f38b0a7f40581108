/* literal.c - see literal.h
 *
 * The pattern is read from left to right; a run of plain characters grows until something stands
 * there that may match anything. Whatever is not surely understood ends the search for a literal:
 * without one a search is slow, with a wrong one it is wrong. */
#include "agent/worker/query/literal.h"

enum { LITERAL_MIN = 2 /* bytes: a single one is nearly everywhere */ };

/* Where in the pattern it is, the run of plain characters so far, and the longest one. */
struct reading {
	struct slice p;
	size_t at;
	struct buf run;
	struct buf *best;
};

/* Something came that may match anything: the run is over. */
static void end_run(struct reading *r)
{
	if (r->run.len >= LITERAL_MIN && r->run.len > r->best->len) {
		buf_clear(r->best);
		buf_append(r->best, buf_slice(&r->run));
	}
	buf_clear(&r->run);
}

static char peek(const struct reading *r)
{
	return r->at < r->p.len ? r->p.ptr[r->at] : '\0';
}

/* A class at r->at, which is '['. false: it has something unusual. */
static bool skip_class(struct reading *r)
{
	r->at++;
	if (peek(r) == '^')
		r->at++;
	if (peek(r) == ']' || peek(r) == '[')
		return false; /* "[]a]", "[[:alpha:]]": rare */
	for (; r->at < r->p.len; r->at++) {
		char c = peek(r);

		if (c == ']') {
			r->at++;
			return true;
		}
		if (c == '[' ||
		    (c == '\\' && ++r->at < r->p.len && (peek(r) == 'Q' || peek(r) == 'E')))
			return false;
	}
	return false;
}

/* A group at r->at, which is '('; what is in it is not looked at. */
static bool skip_group(struct reading *r)
{
	unsigned depth = 0;

	while (r->at < r->p.len) {
		char c = peek(r);

		if (c == '[') {
			if (!skip_class(r))
				return false;
			continue;
		}
		r->at++;
		if (c == '(') {
			depth++;
			/* (?i) and (*UTF) reach further than the group; (?: is harmless. */
			if (peek(r) == '*' ||
			    (peek(r) == '?' && r->at + 1 < r->p.len && r->p.ptr[r->at + 1] != ':'))
				return false;
		} else if (c == ')') {
			if (--depth == 0)
				return true;
		} else if (c == '\\') {
			char k = peek(r);

			if (k == 'Q' || k == 'E')
				return false;
			r->at++;
		}
	}
	return false;
}

/* What follows '\\' at r->at. */
static bool take_escape(struct reading *r)
{
	char c = peek(r);

	r->at++;
	if (c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') &&
	    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
		buf_putc(&r->run, c);
		return true;
	}
	if (c == 'b' || c == 'B' || c == 'A' || c == 'z') /* no character */
		return true;
	end_run(r);
	return c && strchr("wWdDsShHvVnrtf", c) != NULL;
}

/* A '{' at r->at that is a quantifier, so never a plain character. */
static bool is_count(const struct reading *r)
{
	char c = r->at + 1 < r->p.len ? r->p.ptr[r->at + 1] : '\0';

	return peek(r) == '{' && ((c >= '0' && c <= '9') || c == ',' || c == ' ');
}

/* The quantifier behind what was read, if there is one. */
static void take_quantifier(struct reading *r)
{
	char c = peek(r);

	if (c != '*' && c != '?' && c != '+' && !is_count(r))
		return;
	if (c != '+' && r->run.len > 0)
		buf_truncate(&r->run, r->run.len - 1); /* perhaps it is not there at all */
	end_run(r);
	if (c == '{') {
		size_t end = slice_find_byte(r->p, '}', r->at);

		r->at = end == SIZE_MAX ? r->p.len : end;
	}
	r->at++;
	while (peek(r) == '?' || peek(r) == '+')
		r->at++; /* lazy, possessive */
}

/* One piece of the pattern and its quantifier. false: no literal can be told. */
static bool take_piece(struct reading *r)
{
	char c = peek(r);
	bool ok = true;

	if (c == '|' || c == '*' || c == '+' || c == '?' || c == ')' || (unsigned char)c >= 0x80 ||
	    (unsigned char)c < ' ' || is_count(r))
		return false;
	if (c == '[' || c == '(') {
		end_run(r);
		ok = c == '[' ? skip_class(r) : skip_group(r);
	} else if (c == '.') {
		end_run(r);
		r->at++;
	} else if (c == '^' || c == '$') {
		r->at++;
	} else if (c == '\\') {
		r->at++;
		ok = take_escape(r);
	} else {
		buf_putc(&r->run, c);
		r->at++;
	}
	if (ok)
		take_quantifier(r);
	return ok;
}

/* All of it is plain; only what is no ASCII stands in other bytes in other encodings. */
/* A pattern that is plain text as a whole: its longest run of ASCII. */
static void take_plain(struct reading *r)
{
	for (; r->at < r->p.len; r->at++) {
		if ((unsigned char)peek(r) < 0x80)
			buf_putc(&r->run, peek(r));
		else
			end_run(r);
	}
}

/* A pattern that is not understood has no literal at all: what was found so far might stand in one of two
 * alternatives. */
void literal_of(struct slice pattern, bool plain, struct buf *out)
{
	struct reading r = { .p = pattern, .best = out };
	bool ok = true;

	buf_clear(out);
	buf_init(&r.run, pattern.len);
	if (plain)
		take_plain(&r);
	while (ok && r.at < pattern.len)
		ok = take_piece(&r);
	end_run(&r);
	if (!ok)
		buf_clear(out);
	buf_release(&r.run);
}
