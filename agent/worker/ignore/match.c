/* match.c - see match.h
 *
 * Globs are translated into regular expressions: one bounded engine does all the matching. */
#include "agent/worker/ignore/match.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>

#include "protocol/base/buf.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

/* Bounds for one match: a pattern that needs more is answered by MATCH_LIMIT within milliseconds, whatever
 * it is. */
enum { MATCH_STEPS = 2 * 1000 * 1000, MATCH_HEAP_KIB = 32 * 1024, PATTERN_BYTES = 64 * 1024 };
enum { JIT_STACK_MIN = 32 * 1024, JIT_STACK_MAX = 1024 * 1024 };

/* Compiled once; data and stack are used by each match, so one object belongs to one thread. */
struct match {
	pcre2_code *code; /* NULL: matches nothing */
	pcre2_match_data *data;
	pcre2_match_context *ctx;
	pcre2_jit_stack *stack;
};

/* Takes over the code. */
static struct match *wrap(pcre2_code *code)
{
	struct match *m = xcalloc(1, sizeof(*m));

	m->code = code;
	m->data = pcre2_match_data_create_from_pattern(code, NULL);
	m->ctx = pcre2_match_context_create(NULL);
	if (!m->data || !m->ctx)
		abort(); /* out of memory */
	(void)pcre2_set_match_limit(m->ctx, MATCH_STEPS);
	(void)pcre2_set_heap_limit(m->ctx, MATCH_HEAP_KIB);
	if (pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0) { /* else the interpreter does it */
		m->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
		if (m->stack)
			pcre2_jit_stack_assign(m->ctx, NULL, m->stack);
	}
	return m;
}

/* The message of PCRE2 with the place, as the model has to find its mistake. */
static bool compile(struct slice regex, uint32_t options, struct match **out, struct err *err)
{
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at = 0;
	int code = 0;
	pcre2_code *re;

	re = pcre2_compile((PCRE2_SPTR)regex.ptr, regex.len, options, &code, &at, NULL);
	if (!re) {
		if (pcre2_get_error_message(code, why, sizeof(why)) < 0)
			why[0] = 0;
		return err_set(err, ERR_INVALID,
			       "The pattern is not a valid regular expression: "
			       "%s at offset %zu.",
			       (const char *)why, (size_t)at);
	}
	*out = wrap(re);
	return true;
}

/* UTF-8, but bytes that are not valid match nothing instead of being an error. */
bool match_new(struct slice pattern, unsigned flags, struct match **out, struct err *err)
{
	uint32_t options = PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;

	if (pattern.len == 0)
		return err_set(err, ERR_INVALID, "The pattern is empty.");
	if (pattern.len > PATTERN_BYTES)
		return err_set(err, ERR_TOO_LARGE, "The pattern is longer than %d bytes.",
			       PATTERN_BYTES);
	if (!(flags & MATCH_BYTES))
		options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	if (flags & MATCH_IGNORE_CASE)
		options |= PCRE2_CASELESS;
	if (flags & MATCH_LITERAL)
		options = (options & ~(uint32_t)(PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C)) |
			  PCRE2_LITERAL;
	return compile(pattern, options, out, err);
}

/* One piece of a glob at g[*i]; *i moves behind it. */
static void glob_star(struct buf *re, struct slice g, size_t *i)
{
	size_t n = 1;

	while (*i + n < g.len && g.ptr[*i + n] == '*')
		n++;
	*i += n;
	if (n == 1) {
		buf_puts(re, "[^/]*");
	} else if (*i < g.len && g.ptr[*i] == '/') {
		buf_puts(re, "(?:[^/]+/)*");
		(*i)++;
	} else {
		buf_puts(re, ".*");
	}
}

/* A class, or a plain '[' where it is never closed. */
static void glob_class(struct buf *re, struct slice g, size_t *i)
{
	size_t at = *i + 1, end;
	bool not = at < g.len && (g.ptr[at] == '!' || g.ptr[at] == '^');

	at += not ;
	end = slice_find_byte(g, ']', at + 1 < g.len ? at + 1 : at);
	if (end == SIZE_MAX || end == at) {
		buf_puts(re, "\\[");
		(*i)++;
		return;
	}
	buf_puts(re, not ? "[^/" : "[");
	for (; at < end; at++) {
		if (strchr("\\[]^", g.ptr[at]))
			buf_putc(re, '\\');
		buf_putc(re, g.ptr[at]);
	}
	buf_putc(re, ']');
	*i = end + 1;
}

/* A character of the glob that stands for itself, escaped for PCRE2. */
static void glob_plain(struct buf *re, char c)
{
	if (c && strchr("\\^$.[]|()?*+{}#-", c))
		buf_putc(re, '\\');
	buf_putc(re, c);
}

/* A brace that is never closed is a plain character; a closing one without an opening one, too. */
static void glob_translate(struct buf *re, struct slice g)
{
	unsigned braces = 0;

	for (size_t i = 0; i < g.len;) {
		char c = g.ptr[i];

		if (c == '*') {
			glob_star(re, g, &i);
			continue;
		}
		if (c == '[') {
			glob_class(re, g, &i);
			continue;
		}
		if (c == '?') {
			buf_puts(re, "[^/]");
		} else if (c == '{' && slice_find_byte(g, '}', i) != SIZE_MAX) {
			buf_puts(re, "(?:");
			braces++;
		} else if (c == '}' && braces) {
			buf_putc(re, ')');
			braces--;
		} else if (c == ',' && braces) {
			buf_putc(re, '|');
		} else if (c == '\\' && i + 1 < g.len) {
			glob_plain(re, g.ptr[++i]);
		} else {
			glob_plain(re, c);
		}
		i++;
	}
	while (braces--)
		buf_putc(re, ')');
}

bool match_new_glob(struct slice glob, struct match **out, struct err *err)
{
	struct buf re;
	bool ok;

	if (glob.len > LIMIT_PATH_BYTES)
		return err_set(err, ERR_TOO_LARGE, "The glob is longer than %d bytes.",
			       LIMIT_PATH_BYTES);
	buf_init(&re, PATTERN_BYTES);
	buf_puts(&re, slice_find_byte(glob, '/', 0) == SIZE_MAX ? "\\A(?:.*/)?(?:" : "\\A(?:");
	if (slice_starts(glob, SLICE("/")))
		glob = slice_sub(glob, 1, glob.len);
	glob_translate(&re, glob);
	buf_puts(&re, ")\\z");
	ok = compile(buf_slice(&re), PCRE2_DOTALL, out, NULL) ||
	     err_set(err, ERR_INVALID, "The glob \"%.*s\" is not valid.", SLICE_ARG(glob));
	buf_release(&re);
	return ok;
}

/* Those with '!' go into the group of exemptions, the others into that of names. */
static size_t add_names(struct buf *re, const struct slice *patterns, size_t n, bool exempt)
{
	size_t added = 0;

	for (size_t i = 0; i < n; i++) {
		struct slice p = patterns[i];
		bool is_exempt = slice_starts(p, SLICE("!"));

		if (is_exempt)
			p = slice_sub(p, 1, p.len);
		while (slice_starts(p, SLICE("/")))
			p = slice_sub(p, 1, p.len);
		while (slice_ends(p, SLICE("/")))
			p = slice_sub(p, 0, p.len - 1);
		if (is_exempt != exempt || p.len == 0)
			continue;
		if (added++)
			buf_putc(re, '|');
		glob_translate(re, p);
	}
	return added;
}

/* "(?:\A|/)(?!EXEMPT)(?:NAMES)(?:/|\z)": a run of whole components. Without case, as some file systems are. */
bool match_new_names(const struct slice *patterns, size_t n, struct match **out, struct err *err)
{
	struct buf re;
	bool ok = true;

	buf_init(&re, PATTERN_BYTES);
	buf_puts(&re, "(?:\\A|/)(?!(?:");
	if (add_names(&re, patterns, n, true) == 0)
		buf_puts(&re, "(?!)");
	buf_puts(&re, ")(?:/|\\z))(?:");
	if (add_names(&re, patterns, n, false) == 0)
		buf_puts(&re, "(?!)");
	buf_puts(&re, ")(?:/|\\z)");
	if (re.full || !compile(buf_slice(&re), PCRE2_DOTALL | PCRE2_CASELESS, out, NULL))
		ok = err_set(err, ERR_INVALID, "The patterns of denied files are not valid.");
	buf_release(&re);
	return ok;
}

void match_free(struct match *m)
{
	if (!m)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->ctx);
	pcre2_jit_stack_free(m->stack);
	pcre2_code_free(m->code);
	free(m);
}

enum match_answer match_find(struct match *m, struct slice text, size_t from, size_t *start,
			     size_t *end)
{
	PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data);
	int r = pcre2_match(m->code, (PCRE2_SPTR)text.ptr, text.len, from, 0, m->data, m->ctx);

	if (r == PCRE2_ERROR_NOMATCH)
		return MATCH_NO;
	if (r < 0)
		return MATCH_LIMIT;
	*start = at[0];
	*end = at[1] < at[0] ? at[0] : at[1]; /* \K can put the start behind the end */
	return MATCH_YES;
}

bool match_is(struct match *m, struct slice text)
{
	size_t start, end;

	return match_find(m, text, 0, &start, &end) != MATCH_NO;
}
