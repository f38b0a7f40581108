/* reindent.c - see reindent.h. The first line whose indentation differs suggests a rule; all lines must then
 * obey it. Two passes, as the lines above that one were equal only by accident if the rule does not hold for
 * them. */
#include "agent/edit/reindent.h"

static struct slice indent_of(struct slice line)
{
	size_t n = 0;

	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
		n++;
	return slice_sub(line, 0, n);
}

/* The line without its indentation and its line end. */
static struct slice content_of(struct slice line)
{
	if (line.len > 0 && line.ptr[line.len - 1] == '\n')
		line.len--;
	return slice_sub(line, indent_of(line).len, line.len);
}

static bool all_of(struct slice s, char c)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != c)
			return false;
	}
	return true;
}

/* The rule that one line suggests: have and want are its indentations, and they differ. */
static bool suggest(struct slice have, struct slice want, struct reindent *rule)
{
	if (slice_ends(have, want)) {
		*rule = (struct reindent){ REINDENT_ADD, slice_sub(have, 0, have.len - want.len),
					   0 };
		return true;
	}
	if (slice_ends(want, have)) {
		*rule = (struct reindent){ REINDENT_REMOVE, slice_sub(want, 0, want.len - have.len),
					   0 };
		return true;
	}
	if (all_of(have, '\t') && all_of(want, ' ') && want.len % have.len == 0) {
		*rule = (struct reindent){ REINDENT_TABS, SLICE(""), want.len / have.len };
		return rule->width >= 2 && rule->width <= 8;
	}
	if (all_of(have, ' ') && all_of(want, '\t') && have.len % want.len == 0) {
		*rule = (struct reindent){ REINDENT_BLANKS, SLICE(""), have.len / want.len };
		return rule->width >= 2 && rule->width <= 8;
	}
	return false;
}

/* Does the pair of indentations follow the rule? */
static bool obeys(const struct reindent *r, struct slice have, struct slice want)
{
	switch (r->kind) {
	case REINDENT_NONE:
		return slice_eq(have, want);
	case REINDENT_ADD:
		return have.len == r->prefix.len + want.len && slice_starts(have, r->prefix) &&
		       slice_ends(have, want);
	case REINDENT_REMOVE:
		return want.len == r->prefix.len + have.len && slice_starts(want, r->prefix) &&
		       slice_ends(want, have);
	case REINDENT_TABS:
		return all_of(have, '\t') && all_of(want, ' ') && want.len == have.len * r->width;
	case REINDENT_BLANKS:
		return all_of(have, ' ') && all_of(want, '\t') && have.len == want.len * r->width;
	}
	return false;
}

bool reindent_between(const struct lines *have, size_t i, const struct lines *want,
		      struct reindent *rule)
{
	bool content = false;

	*rule = (struct reindent){ 0 };
	for (size_t k = 0; k < want->n; k++) {
		struct slice h = lines_range(have, i + k, i + k + 1);
		struct slice w = lines_range(want, k, k + 1);

		if (!slice_eq(content_of(h), content_of(w)))
			return false;
		if (content_of(w).len == 0)
			continue;
		content = true;
		if (rule->kind == REINDENT_NONE && !slice_eq(indent_of(h), indent_of(w)) &&
		    !suggest(indent_of(h), indent_of(w), rule))
			return false;
	}
	for (size_t k = 0; content && k < want->n; k++) {
		struct slice h = lines_range(have, i + k, i + k + 1);
		struct slice w = lines_range(want, k, k + 1);

		if (content_of(w).len > 0 && !obeys(rule, indent_of(h), indent_of(w)))
			return false;
	}
	return content;
}

static size_t common_head(struct slice a, struct slice b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	return n;
}

/* Blanks that do not fill a tab stay, behind the tabs: they align something. */
static struct slice tabs_from_blanks(struct arena *a, struct slice line, size_t width)
{
	size_t n = indent_of(line).len, lead = 0;
	char *out;

	while (lead < n && line.ptr[lead] == ' ')
		lead++;
	n = lead / width;
	out = arena_alloc(a, line.len + 1);
	memset(out, '\t', n);
	memcpy(out + n, line.ptr + n * width, line.len - n * width);
	return slice_make(out, line.len - n * width + n);
}

static struct slice blanks_from_tabs(struct arena *a, struct slice line, size_t width)
{
	size_t n = 0;
	char *out;

	while (n < line.len && line.ptr[n] == '\t')
		n++;
	out = arena_alloc(a, line.len + n * width + 1);
	memset(out, ' ', n * width);
	memcpy(out + n * width, line.ptr + n, line.len - n);
	return slice_make(out, line.len - n + n * width);
}

/* A line of white space only stays as the model wrote it. */
struct slice reindent_line(struct arena *a, const struct reindent *r, struct slice line)
{
	if (content_of(line).len == 0)
		return line;
	switch (r->kind) {
	case REINDENT_NONE:
		break;
	case REINDENT_ADD:
		return arena_printf(a, "%.*s%.*s", SLICE_ARG(r->prefix), SLICE_ARG(line));
	case REINDENT_REMOVE:
		return slice_sub(line, common_head(r->prefix, line), line.len);
	case REINDENT_TABS:
		return tabs_from_blanks(a, line, r->width);
	case REINDENT_BLANKS:
		return blanks_from_tabs(a, line, r->width);
	}
	return line;
}
