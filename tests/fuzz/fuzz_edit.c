/* fuzz_edit.c - "BASE \xff OLD \xff NEW [\xff OLD \xff NEW]": a plan never damages what it does not
 * replace, and its changes give its result. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/edit/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EDITS = 4 };

static struct slice part(struct slice *rest)
{
	size_t end = slice_find_byte(*rest, '\xff', 0);
	struct slice out = slice_sub(*rest, 0, end);

	*rest = end == SIZE_MAX ? SLICE("") : slice_sub(*rest, end + 1, rest->len);
	return out;
}

static void check(struct slice base, const struct edit_plan *p)
{
	size_t at = 0, out = 0;

	for (size_t i = 0; i <= p->n_changes; i++) {
		struct text_change end = { base.len, base.len, SLICE("") };
		const struct text_change *c = i < p->n_changes ? &p->changes[i] : &end;

		if (c->start < at || c->end < c->start || c->end > base.len)
			abort();
		if (!slice_eq(slice_sub(base, at, c->start),
			      slice_sub(p->after, out, out + c->start - at)))
			abort();
		out += c->start - at;
		if (!slice_eq(c->text, slice_sub(p->after, out, out + c->text.len)))
			abort();
		out += c->text.len;
		at = c->end;
	}
	if (out != p->after.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size), base, hint;
	struct replace_edit edits[EDITS];
	struct err err = { 0 };
	struct edit_plan plan;
	struct arena a;
	size_t n = 0;

	base = part(&rest);
	while (n < EDITS && rest.len > 0) {
		edits[n].replace_all = rest.ptr[0] == '\xfe';
		if (edits[n].replace_all)
			rest = slice_sub(rest, 1, rest.len);
		edits[n].old_text = part(&rest);
		edits[n].new_text = part(&rest);
		n++;
	}
	arena_init(&a);
	if (edit_plan(&a, base, edits, n, &plan, &hint, &err))
		check(base, &plan);
	else if (err.code == ERR_NONE || err.msg[0] == '\0')
		abort();
	arena_release(&a);
	return 0;
}
