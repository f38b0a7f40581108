/* search_text.c - see search_text.h */
#include "agent/tool/search_text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "protocol/base/mem.h"

enum { MATCH_LIMIT = 1000 * 1000, MAX_LINE_BYTES = 500 };

struct search_text {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
};

bool search_text_new(struct slice pattern, bool literal, bool ignore_case, struct search_text **out,
		     struct err *err)
{
	uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_MULTILINE;
	struct search_text *s = xcalloc(1, sizeof(*s));
	PCRE2_SIZE at;
	int code;

	flags |= (literal ? PCRE2_LITERAL : 0) | (ignore_case ? PCRE2_CASELESS : 0);
	if (literal)
		flags &= ~(uint32_t)PCRE2_MULTILINE;
	s->code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, flags, &code, &at, NULL);
	if (!s->code) {
		PCRE2_UCHAR msg[160] = { 0 };

		(void)pcre2_get_error_message(code, msg, sizeof(msg));
		free(s);
		return err_set(err, ERR_INVALID, "pattern: %s at offset %zu", (const char *)msg,
			       (size_t)at);
	}
	s->match = pcre2_match_data_create_from_pattern(s->code, NULL);
	s->context = pcre2_match_context_create(NULL);
	(void)pcre2_set_match_limit(s->context, MATCH_LIMIT);
	*out = s;
	return true;
}

void search_text_free(struct search_text *s)
{
	if (!s)
		return;
	pcre2_match_context_free(s->context);
	pcre2_match_data_free(s->match);
	pcre2_code_free(s->code);
	free(s);
}

size_t search_text_run(struct search_text *s, struct slice path, struct slice text, size_t max,
		       struct buf *out)
{
	struct slice rest = text, line;
	size_t number = 0, hits = 0;

	if (slice_starts(rest, SLICE("\xef\xbb\xbf")))
		rest = slice_sub(rest, 3, rest.len); /* a byte order mark is no text */
	while (hits < max && slice_next_line(&rest, &line)) {
		number++;
		if (pcre2_match(s->code, (PCRE2_SPTR)line.ptr, line.len, 0, 0, s->match,
				s->context) < 0)
			continue;
		hits++;
		if (line.len > MAX_LINE_BYTES)
			line.len = MAX_LINE_BYTES;
		buf_printf(out, "%.*s:%zu: %.*s\n", SLICE_ARG(path), number, SLICE_ARG(line));
	}
	return hits;
}
