/* searcher.c - see searcher.h
 *
 * A file is searched as it is read elsewhere: UTF-16 and Latin-1 are decoded, a byte order mark is
 * no text. What should be text and cannot be searched is named; what is binary is not. The whole
 * text of a file is searched at once; a hit is the line in which a match begins, and the next one
 * is looked for behind that line.
 *
 * Nearly all files of a search have no match, so they must cost nearly nothing: one read into
 * memory that stays, and one memmem() for a text that each match has to hold. */
#include "agent/worker/query/searcher.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/edit/encoding.h"
#include "agent/policy/secret_file.h"
#include "agent/worker/query/literal.h"
#include "protocol/base/mem.h"
#include "protocol/base/utf8.h"
#include "protocol/json/write.h"

enum {
	LINE_BYTES = 500,   /* of a line that are shown */
	LEAD_BYTES = 150,   /* of them in front of the match, where a line is longer */
	SNIFF_BYTES = 8000, /* a NUL in these: binary, as git decides it */
	CONTEXT_MAX = 20,
	SKIPPED_BYTES = 4096,
};

/* Of one thread. Its memory for a file grows to the largest and is used again. */
struct searcher {
	const struct search_pattern *pattern;
	struct match *match;
	struct buf literal; /* no match without it; empty: not known */
	bool ascii;	    /* the pattern is */
	char *data;	    /* of the file at hand */
	size_t cap;
	struct buf line; /* that is being shown */
};

void search_found_init(struct search_found *f)
{
	*f = (struct search_found){ .ends = NULL };
	buf_init(&f->json, LIMIT_MESSAGE_BYTES);
	buf_init(&f->names, LIMIT_MESSAGE_BYTES);
	buf_init(&f->skipped, SKIPPED_BYTES);
}

void search_found_clear(struct search_found *f)
{
	buf_clear(&f->json);
	buf_clear(&f->names);
	buf_clear(&f->skipped);
	f->n_ends = f->n_texts = f->n_skipped = f->matches = 0;
}

void search_found_release(struct search_found *f)
{
	buf_release(&f->json);
	buf_release(&f->names);
	buf_release(&f->skipped);
	free(f->ends);
	free(f->texts);
}

/* Offsets, of the line in which `at` lies. */
static size_t line_start(struct slice text, size_t at)
{
	const char *nl = at ? memrchr(text.ptr, '\n', at) : NULL;

	return nl ? (size_t)(nl - text.ptr) + 1 : 0;
}

static size_t line_end(struct slice text, size_t at)
{
	size_t end = slice_find_byte(text, '\n', at);

	return end == SIZE_MAX ? text.len : end;
}

/* Lines that begin in [from, to). */
static uint64_t count_lines(struct slice text, size_t from, size_t to)
{
	uint64_t n = 0;

	text.len = to;
	while ((from = slice_find_byte(text, '\n', from)) != SIZE_MAX) {
		from++;
		n++;
	}
	return n;
}

/* The line as it is shown: of a long one the part around `at`. Borrowed until the next call. */
static struct slice shown(struct searcher *s, struct slice line, size_t at)
{
	size_t from = 0;
	struct slice part;

	if (slice_ends(line, SLICE("\r")))
		line.len--;
	if (line.len <= LINE_BYTES)
		return line;
	if (at > LEAD_BYTES)
		from = at - LEAD_BYTES < line.len - LINE_BYTES ? at - LEAD_BYTES
							       : line.len - LINE_BYTES;
	while (from > 0 && ((unsigned char)line.ptr[from] & 0xc0) == 0x80)
		from--; /* not inside of a character */
	part = slice_sub(line, from, from + LINE_BYTES);
	if (from + part.len < line.len)
		part.len = utf8_complete_prefix(part);
	buf_clear(&s->line);
	if (from > 0)
		buf_printf(&s->line, "[... %zu bytes ...] ", from);
	buf_append(&s->line, part);
	if (from + part.len < line.len)
		buf_printf(&s->line, " [... %zu bytes ...]", line.len - from - part.len);
	return buf_slice(&s->line);
}

/* at[]: the starts of the lines before, from the nearest to the farthest; written in the opposite order. */
static void write_before(struct searcher *s, struct jw *w, struct slice text, size_t start)
{
	size_t at[CONTEXT_MAX + 1] = { start };
	unsigned n = 0;

	while (n < s->pattern->context && n < CONTEXT_MAX && at[n] > 0) {
		at[n + 1] = line_start(text, at[n] - 1);
		n++;
	}
	jw_karray(w, "before");
	for (unsigned i = n; i > 0; i--)
		jw_str(w, shown(s, slice_sub(text, at[i], at[i - 1] - 1), 0));
	jw_end(w);
}

static void write_after(struct searcher *s, struct jw *w, struct slice text, size_t end)
{
	jw_karray(w, "after");
	for (unsigned i = 0; i < s->pattern->context && i < CONTEXT_MAX && end + 1 < text.len;
	     i++) {
		size_t next = line_end(text, end + 1);

		jw_str(w, shown(s, slice_sub(text, end + 1, next), 0));
		end = next;
	}
	jw_end(w);
}

/* A whole object; ends[] says where each ends, so that merging needs no parsing. */
static void write_hit(struct searcher *s, struct search_found *out, const char *rel,
		      struct slice text, size_t at, uint64_t line)
{
	size_t start = line_start(text, at), end = line_end(text, at);
	struct jw w;

	jw_init(&w, &out->json);
	jw_object(&w);
	jw_kcstr(&w, "path", rel);
	jw_ki64(&w, "line", (int64_t)line);
	jw_kstr(&w, "text", shown(s, slice_sub(text, start, end), at - start));
	if (s->pattern->context) {
		write_before(s, &w, text, start);
		write_after(s, &w, text, end);
	}
	jw_end(&w);
	if (out->n_ends == out->cap_ends) {
		out->cap_ends = out->cap_ends ? out->cap_ends * 2 : 64;
		out->ends = xrealloc(out->ends, out->cap_ends * sizeof(*out->ends));
	}
	out->ends[out->n_ends++] = out->json.len;
}

/* Matches are counted by text, so that the merge can say which of them are not shown. */
static void add_text(struct search_found *out, const char *rel, const struct search_hits *h)
{
	if (out->n_texts == out->cap_texts) {
		out->cap_texts = out->cap_texts ? out->cap_texts * 2 : 32;
		out->texts = xrealloc(out->texts, out->cap_texts * sizeof(*out->texts));
	}
	out->texts[out->n_texts] = *h;
	out->texts[out->n_texts++].name = out->names.len;
	buf_puts(&out->names, rel);
	buf_putc(&out->names, '\0');
	out->matches += h->matches;
}

/* Hits beyond the limit are not written, but every match is counted. A match at the very end behind the last
 * line feed is in no line. */
static bool search_text(struct searcher *s, const char *rel, struct slice text,
			struct search_found *out, struct err *err)
{
	size_t from = 0, counted = 0, start, end;
	struct search_hits h = { .n = 0 };
	uint64_t line = 1;

	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = slice_sub(text, 3, text.len);
	while (from <= text.len && out->matches + h.matches < LIMIT_SEARCH_COUNT) {
		enum match_answer m = match_find(s->match, text, from, &start, &end);

		if (m == MATCH_LIMIT)
			return err_set(err, ERR_INVALID,
				       "The pattern needs too much backtracking in %s. "
				       "Make it simpler.",
				       rel);
		if (m == MATCH_NO ||
		    (start == text.len && text.len && text.ptr[text.len - 1] == '\n'))
			break;
		if (out->n_ends < s->pattern->limit) {
			line += count_lines(text, counted, start);
			counted = start;
			write_hit(s, out, rel, text, start, line);
			h.n++;
		}
		h.matches++;
		from = line_end(text, start) + 1;
	}
	if (h.matches)
		add_text(out, rel, &h);
	return true;
}

/* Always true: one file that cannot be searched does not end the search. */
static bool skip(struct search_found *out, const char *rel, const char *why)
{
	out->n_skipped++;
	if (out->skipped.len + strlen(rel) + strlen(why) + 4 < out->skipped.max)
		buf_printf(&out->skipped, "%s: %s\n", rel, why);
	return true;
}

/* No match is possible without the literal; memmem() is many times faster than any pattern. */
static bool hopeless(const struct searcher *s, struct slice text)
{
	return s->literal.len > 0 && !memmem(text.ptr, text.len, s->literal.data, s->literal.len);
}

/* Not UTF-8. What is in no encoding that is known for sure is searched byte by byte. */
static bool search_decoded(struct searcher *s, const char *rel, struct slice data, bool utf16,
			   struct search_found *out, struct err *err)
{
	enum encoding encoding;
	struct slice text;
	struct err why;
	struct arena a;
	bool ok = true;

	arena_init(&a);
	if (encoding_decode(&a, data, &encoding, &text, &why)) {
		if (!hopeless(s, text))
			ok = search_text(s, rel, text, out, err);
	} else if (utf16) {
		ok = skip(out, rel, why.msg);
	} else {
		if (!s->ascii)
			(void)skip(out, rel, "its encoding is not known; only ASCII is found");
		ok = search_text(s, rel, data, out, err);
	}
	arena_release(&a);
	return ok;
}

/* Cheapest tests first: the literal, a NUL, the encoding. */
static bool search_data(struct searcher *s, const char *rel, struct slice data,
			struct search_found *out, struct err *err)
{
	bool utf16 = slice_starts(data, SLICE("\xff\xfe")) || slice_starts(data, SLICE("\xfe\xff"));

	if (!utf16 && hopeless(s, data))
		return true;
	if (!utf16 && slice_find_byte(slice_sub(data, 0, SNIFF_BYTES), 0, 0) != SIZE_MAX)
		return true; /* binary */
	if (utf16 || !utf8_valid(data))
		return search_decoded(s, rel, data, utf16, out, err);
	return search_text(s, rel, data, out, err);
}

/* At most LIMIT_READ_BYTES + 1 of the file into s->data; SIZE_MAX: it cannot be read. There is room for
 * one byte more than stat() said: a file that grew meanwhile shows by that. */
static size_t read_data(struct searcher *s, int fd, size_t size)
{
	size_t n = 0, want = size + 1;

	for (;;) {
		ssize_t got;

		if (want > LIMIT_READ_BYTES + 1)
			want = LIMIT_READ_BYTES + 1;
		if (s->cap < want) {
			s->data = xrealloc(s->data, want);
			s->cap = want;
		}
		got = read(fd, s->data + n, s->cap - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return SIZE_MAX;
		n += (size_t)got;
		/* As long as fstat() said: that saves half of the calls. */
		if (got == 0 || n == size || n > LIMIT_READ_BYTES)
			return n;
		want = s->cap * 2;
	}
}

/* A literal is only looked for where case counts: memmem() knows no other. */
bool searcher_new(const struct search_pattern *p, struct searcher **out, struct err *err)
{
	struct searcher *s = xcalloc(1, sizeof(*s));
	unsigned flags =
		(p->literal ? MATCH_LITERAL : 0u) | (p->ignore_case ? MATCH_IGNORE_CASE : 0u);

	s->pattern = p;
	buf_init(&s->literal, p->text.len);
	buf_init(&s->line, LINE_BYTES + 200);
	if (!match_new(p->text, flags, &s->match, err)) {
		searcher_free(s);
		return false;
	}
	if (!p->ignore_case)
		literal_of(p->text, p->literal, &s->literal);
	s->ascii = true;
	for (size_t i = 0; i < p->text.len; i++)
		s->ascii = s->ascii && (unsigned char)p->text.ptr[i] < 0x80;
	*out = s;
	return true;
}

void searcher_free(struct searcher *s)
{
	if (!s)
		return;
	match_free(s->match);
	buf_release(&s->literal);
	buf_release(&s->line);
	free(s->data);
	free(s);
}

/* A file that vanished since it was listed is no file; one that may hold a secret is read and looked into
 * first. */
bool searcher_file(struct searcher *s, const struct root *r, const char *rel,
		   struct search_found *out, struct err *err)
{
	struct stat st;
	int fd = root_open_file(r, rel, true, &st);
	size_t n = SIZE_MAX;

	if (fd < 0)
		return errno == EACCES ? skip(out, rel, "it cannot be read") : true;
	if (st.st_size > LIMIT_READ_BYTES)
		n = LIMIT_READ_BYTES + 1;
	else
		n = read_data(s, fd, (size_t)st.st_size);
	(void)close(fd);
	if (n > LIMIT_READ_BYTES)
		return skip(out, rel, n == SIZE_MAX ? "it cannot be read" : "it is too large");
	if (root_looks_into(r, slice_of(rel)) &&
	    secret_file_holds(slice_of(rel), slice_make(s->data, n)))
		return skip(out, rel, "it holds a secret");
	return search_data(s, rel, slice_make(s->data, n), out, err);
}

bool searcher_buffer(struct searcher *s, const char *rel, struct slice text,
		     struct search_found *out, struct err *err)
{
	return hopeless(s, text) || search_text(s, rel, text, out, err);
}
