/* query_search.c - see query.h
 *
 * A file is searched as it is read: UTF-16 and Latin-1 are decoded, a byte order mark is no text.
 * What should be text and cannot be searched is named; what is binary is not. The whole text of a
 * file is searched at once; a hit is the line in which a match begins, and the next one is looked
 * for behind that line. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/edit/encoding.h"
#include "agent/worker/files.h"
#include "agent/worker/query.h"
#include "protocol/base/map.h"
#include "protocol/base/utf8.h"

enum { LINE_BYTES = 500, SNIFF_BYTES = 8000, CONTEXT_MAX = 20, SKIPPED_BYTES = 4096 };

struct search {
	const struct root *root;
	struct match *pattern;
	struct map skip;
	struct jw w;
	size_t hits, limit, files;
	unsigned context;
	bool truncated, ascii; /* ascii: the pattern is */
	struct buf skipped; /* "PATH: why" lines, as many as fit */
	size_t n_skipped;
};

static struct slice cut(struct slice line)
{
	if (slice_ends(line, SLICE("\r")))
		line.len--;
	if (line.len <= LINE_BYTES)
		return line;
	line.len = LINE_BYTES;
	line.len = utf8_complete_prefix(line);
	return line;
}

static size_t line_start(struct slice text, size_t at)
{
	while (at > 0 && text.ptr[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(struct slice text, size_t at)
{
	size_t end = slice_find_byte(text, '\n', at);

	return end == SIZE_MAX ? text.len : end;
}

static void write_before(struct search *s, struct slice text, size_t start)
{
	size_t at[CONTEXT_MAX + 1] = { start };
	unsigned n = 0;

	while (n < s->context && at[n] > 0) {
		at[n + 1] = line_start(text, at[n] - 1);
		n++;
	}
	jw_karray(&s->w, "before");
	for (unsigned i = n; i > 0; i--)
		jw_str(&s->w, cut(slice_sub(text, at[i], at[i - 1] - 1)));
	jw_end(&s->w);
}

static void write_after(struct search *s, struct slice text, size_t end)
{
	jw_karray(&s->w, "after");
	for (unsigned i = 0; i < s->context && end + 1 < text.len; i++) {
		size_t next = line_end(text, end + 1);

		jw_str(&s->w, cut(slice_sub(text, end + 1, next)));
		end = next;
	}
	jw_end(&s->w);
}

static void write_hit(struct search *s, const char *rel, struct slice text, size_t at,
		      uint64_t line)
{
	size_t start = line_start(text, at), end = line_end(text, at);

	jw_object(&s->w);
	jw_kcstr(&s->w, "path", rel);
	jw_ki64(&s->w, "line", (int64_t)line);
	jw_kstr(&s->w, "text", cut(slice_sub(text, start, end)));
	if (s->context) {
		write_before(s, text, start);
		write_after(s, text, end);
	}
	jw_end(&s->w);
}

static bool search_text(struct search *s, const char *rel, struct slice text, struct err *err)
{
	size_t from = 0, counted = 0, start, end;
	uint64_t line = 1;
	bool any = false;

	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = slice_sub(text, 3, text.len);
	while (from <= text.len) {
		enum match_answer m = match_find(s->pattern, text, from, &start, &end);

		if (m == MATCH_LIMIT)
			return err_set(err, ERR_INVALID,
				       "The pattern needs too much backtracking in %s. "
				       "Make it simpler.",
				       rel);
		if (m == MATCH_NO ||
		    (start == text.len && text.len && text.ptr[text.len - 1] == '\n'))
			break;
		if (s->hits == s->limit) {
			s->truncated = true;
			break;
		}
		for (; counted < start; counted++)
			line += text.ptr[counted] == '\n';
		write_hit(s, rel, text, start, line);
		s->hits++;
		any = true;
		from = line_end(text, start) + 1;
	}
	s->files += any;
	return true;
}

static bool skip(struct search *s, const char *rel, const char *why)
{
	s->n_skipped++;
	if (s->skipped.len + strlen(rel) + strlen(why) + 4 < s->skipped.max)
		buf_printf(&s->skipped, "%s: %s\n", rel, why);
	return true;
}

/* Not UTF-8. What is in no encoding that is known for sure is searched byte by byte. */
static bool search_decoded(struct search *s, const char *rel, struct slice data, bool utf16,
			   struct err *err)
{
	enum encoding encoding;
	struct slice text;
	struct err why;
	struct arena a;
	bool ok;

	arena_init(&a);
	if (encoding_decode(&a, data, &encoding, &text, &why))
		ok = search_text(s, rel, text, err);
	else if (utf16)
		ok = skip(s, rel, why.msg);
	else
		ok = (s->ascii || skip(s, rel, "its encoding is not known; only ASCII is found")) &&
		     search_text(s, rel, data, err);
	arena_release(&a);
	return ok;
}

static bool search_data(struct search *s, const char *rel, struct slice data, struct err *err)
{
	bool utf16 = slice_starts(data, SLICE("\xff\xfe")) || slice_starts(data, SLICE("\xfe\xff"));

	if (!utf16 && slice_find_byte(slice_sub(data, 0, SNIFF_BYTES), 0, 0) != SIZE_MAX)
		return true; /* binary */
	if (utf16 || !utf8_valid(data))
		return search_decoded(s, rel, data, utf16, err);
	return search_text(s, rel, data, err);
}

static bool search_file(struct search *s, const char *rel, struct buf *text, struct err *err)
{
	struct stat st;
	int fd = root_openat(s->root, rel, O_RDONLY, true);
	bool ok;

	if (fd < 0)
		return errno == EACCES ? skip(s, rel, "it cannot be read") : true;
	buf_clear(text);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return true;
	}
	ok = st.st_size <= (off_t)text->max && file_slurp(fd, rel, text, NULL);
	(void)close(fd);
	if (!ok)
		return skip(s, rel, st.st_size > (off_t)text->max ? "it is too large"
								   : "it cannot be read");
	return search_data(s, rel, buf_slice(text), err);
}

static bool search_all(struct search *s, const struct found_list *l, struct err *err)
{
	struct buf text;
	bool ok = true;

	buf_init(&text, LIMIT_READ_BYTES);
	jw_object(&s->w);
	jw_karray(&s->w, "hits");
	for (size_t i = 0; i < l->n && ok && !s->truncated; i++) {
		if (l->of[i].kind == FOUND_FILE && !map_get(&s->skip, slice_of(l->of[i].rel)))
			ok = search_file(s, l->of[i].rel, &text, err);
	}
	jw_end(&s->w);
	jw_ki64(&s->w, "files", (int64_t)s->files);
	jw_kbool(&s->w, "truncated", s->truncated || l->truncated);
	if (s->n_skipped > 0) {
		jw_ki64(&s->w, "skippedFiles", (int64_t)s->n_skipped);
		jw_kstr(&s->w, "skipped", buf_slice(&s->skipped));
	}
	jw_end(&s->w);
	buf_release(&text);
	return ok;
}

bool query_search(const struct root *r, struct json params, struct buf *out, struct err *err)
{
	struct search s = { .root = r };
	struct finder f = { .files_only = true };
	struct found_list l = { 0 };
	struct slice pattern, path;
	struct arena a;
	unsigned flags = 0;
	bool ok;

	arena_init(&a);
	map_init(&s.skip, 0);
	buf_init(&s.skipped, SKIPPED_BYTES);
	pattern = json_str_or(json_get(params, "pattern"), &a, "");
	f.path = json_str_or(json_get(params, "path"), &a, "");
	f.glob = json_str_or(json_get(params, "glob"), &a, "");
	s.ascii = true;
	for (size_t i = 0; i < pattern.len; i++)
		s.ascii = s.ascii && (unsigned char)pattern.ptr[i] < 0x80;
	s.limit = (size_t)json_i64_or(json_get(params, "limit"), 0);
	s.context = (unsigned)json_i64_or(json_get(params, "context"), 0);
	if (s.limit == 0 || s.limit > LIMIT_SEARCH_HITS)
		s.limit = LIMIT_SEARCH_HITS;
	if (s.context > CONTEXT_MAX)
		s.context = CONTEXT_MAX;
	flags |= json_bool_or(json_get(params, "literal"), false) ? MATCH_LITERAL : 0u;
	flags |= json_bool_or(json_get(params, "ignoreCase"), false) ? MATCH_IGNORE_CASE : 0u;
	for (struct json_iter it = json_iter(json_get(params, "skip")); json_next(&it);) {
		if (json_str(it.value, &a, &path))
			(void)map_put(&s.skip, path, &s);
	}
	jw_init(&s.w, out);
	ok = match_new(pattern, flags, &s.pattern, err) && find_files(r, &f, &l, err) &&
	     search_all(&s, &l, err);
	found_release(&l);
	match_free(s.pattern);
	map_release(&s.skip);
	buf_release(&s.skipped);
	arena_release(&a);
	return ok;
}
