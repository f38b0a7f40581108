/* unescape.c - see unescape.h. Each of these has been seen from models: a code fence around the text, the
 * line numbers of a read copied along, "\n" written as two characters, "<" as "&lt;". They are undone only
 * after the raw text matched nowhere, and only the form that then matches counts: a file may well hold
 * "&lt;" itself. */
#include "agent/edit/unescape.h"

const char *artefact_note(enum artefact kind)
{
	static const char *const notes[ARTEFACTS] = {
		[ARTEFACT_NONE] = "nothing",
		[ARTEFACT_FENCE] = "the code fence around it",
		[ARTEFACT_NUMBERS] = "the line numbers in front of its lines",
		[ARTEFACT_ESCAPES] = "its backslash escapes",
		[ARTEFACT_ENTITIES] = "its HTML entities",
	};

	return notes[kind];
}

/* "```lang\n" BODY "```": the body keeps its final newline. */
static bool strip_fence(struct slice *s)
{
	struct slice rest = *s, first, end;
	size_t at;

	if (!slice_starts(rest, SLICE("```")) || !slice_next_line(&rest, &first))
		return false;
	end = rest;
	while (end.len > 0 && (end.ptr[end.len - 1] == '\n' || end.ptr[end.len - 1] == '\r'))
		end.len--;
	if (!slice_ends(end, SLICE("```")))
		return false;
	at = end.len - 3;
	if (at > 0 && end.ptr[at - 1] != '\n')
		return false;
	*s = slice_sub(rest, 0, at);
	return true;
}

static bool fence(struct slice *old, struct slice *new_text)
{
	struct slice o = *old, n = *new_text;

	if (!strip_fence(&o) || o.len == 0)
		return false;
	(void)strip_fence(&n); /* often only one of the two has it */
	*old = o;
	*new_text = n;
	return true;
}

/* Length of "  12<TAB>" at the head of the line, as read_file writes it; 0: there is none. */
static size_t number_prefix(struct slice line, size_t *number)
{
	size_t n = 0, digits = 0, value = 0;

	while (n < line.len && line.ptr[n] == ' ')
		n++;
	for (; n < line.len && line.ptr[n] >= '0' && line.ptr[n] <= '9' && digits < 9;
	     n++, digits++)
		value = value * 10 + (size_t)(line.ptr[n] - '0');
	if (digits == 0 || n == line.len || line.ptr[n] != '\t')
		return 0;
	*number = value;
	return n + 1;
}

/* Takes the numbers off all lines; false if some line that is not empty has none, or (in order) if
 * they do not count up by one. */
static bool strip_numbers(struct arena *a, struct slice *s, bool in_order)
{
	char *out = arena_alloc(a, s->len + 1);
	struct slice rest = *s, line;
	size_t len = 0, number, last = 0;
	bool first = true;

	while (slice_next_line(&rest, &line)) {
		size_t n = number_prefix(line, &number), whole = line.len;

		if (n == 0 && slice_trim(line).len > 0)
			return false;
		if (n > 0 && in_order && !first && number != last + 1)
			return false;
		if (n > 0) {
			last = number;
			first = false;
		}
		if (line.ptr + line.len < s->ptr + s->len)
			whole++; /* its '\n' */
		memcpy(out + len, line.ptr + n, whole - n);
		len += whole - n;
	}
	*s = slice_make(out, len);
	return !first;
}

static bool any_number(struct slice s)
{
	struct slice line;
	size_t number;

	while (slice_next_line(&s, &line)) {
		if (number_prefix(line, &number) > 0)
			return true;
	}
	return false;
}

static bool numbers(struct arena *a, struct slice *old, struct slice *new_text)
{
	struct slice o = *old, n = *new_text;

	if (!strip_numbers(a, &o, true) || o.len == 0)
		return false;
	if (any_number(n) && !strip_numbers(a, &n, false))
		return false; /* some lines with and some without: nobody knows what is text */
	*old = o;
	*new_text = n;
	return true;
}

/* What a backslash and this character stand for; '\0': nothing, so both stay. */
static char escape_value(char c)
{
	static const char from[] = "nrt\"'\\", to[] = "\n\r\t\"'\\";
	const char *p = c ? strchr(from, c) : NULL;

	return p ? to[p - from] : '\0';
}

static struct slice strip_escapes(struct arena *a, struct slice s)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i] == '\\' && i + 1 < s.len ? escape_value(s.ptr[i + 1]) : '\0';

		if (c)
			i++;
		out[n++] = c ? c : s.ptr[i];
	}
	return slice_make(out, n);
}

static bool has_newline(struct slice s)
{
	return slice_find_byte(s, '\n', 0) != SIZE_MAX;
}

static bool escapes(struct arena *a, struct slice *old, struct slice *new_text)
{
	struct slice o = strip_escapes(a, *old);

	if (o.len == old->len)
		return false;
	/* One call is escaped as a whole, unless the new text plainly has line ends of its own. */
	if (has_newline(*old) || !has_newline(*new_text))
		*new_text = strip_escapes(a, *new_text);
	*old = o;
	return true;
}

/* The six that models write; any other stays. */
static struct slice strip_entities(struct arena *a, struct slice s)
{
	static const struct {
		struct slice name;
		char c;
	} table[] = {
		{ { "&lt;", 4 }, '<' },	  { { "&gt;", 4 }, '>' },   { { "&amp;", 5 }, '&' },
		{ { "&quot;", 6 }, '"' }, { { "&#39;", 5 }, '\'' }, { { "&apos;", 6 }, '\'' },
	};
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len;) {
		size_t k = 0;

		while (k < ARRAY_LEN(table) &&
		       !(s.ptr[i] == '&' && slice_starts(slice_sub(s, i, s.len), table[k].name)))
			k++;
		out[n++] = k < ARRAY_LEN(table) ? table[k].c : s.ptr[i];
		i += k < ARRAY_LEN(table) ? table[k].name.len : 1;
	}
	return slice_make(out, n);
}

static bool entities(struct arena *a, struct slice *old, struct slice *new_text)
{
	struct slice o = strip_entities(a, *old);

	if (o.len == old->len)
		return false;
	*old = o;
	*new_text = strip_entities(a, *new_text);
	return true;
}

bool unescape(struct arena *a, enum artefact kind, struct slice *old, struct slice *new_text)
{
	switch (kind) {
	case ARTEFACT_NONE:
		return true;
	case ARTEFACT_FENCE:
		return fence(old, new_text);
	case ARTEFACT_NUMBERS:
		return numbers(a, old, new_text);
	case ARTEFACT_ESCAPES:
		return escapes(a, old, new_text);
	case ARTEFACT_ENTITIES:
		return entities(a, old, new_text);
	case ARTEFACTS:
		break;
	}
	return false;
}
