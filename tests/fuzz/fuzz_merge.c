/* fuzz_merge.c - "BASE \xff MINE \xff THEIRS": merge, changes and diff of any three texts. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/edit/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice part(struct slice *rest)
{
	size_t end = slice_find_byte(*rest, '\xff', 0);
	struct slice out = slice_sub(*rest, 0, end);

	*rest = end == SIZE_MAX ? SLICE("") : slice_sub(*rest, end + 1, rest->len);
	return out;
}

static void check_changes(struct arena *a, struct slice base, struct slice after)
{
	struct text_change *c;
	size_t n, at = 0, out = 0;

	edit_changes(a, base, after, &c, &n);
	for (size_t i = 0; i < n; i++) {
		if (c[i].start < at || c[i].end < c[i].start || c[i].end > base.len ||
		    !slice_eq(slice_sub(base, at, c[i].start),
			      slice_sub(after, out, out + c[i].start - at)))
			abort();
		out += c[i].start - at;
		if (!slice_eq(c[i].text, slice_sub(after, out, out + c[i].text.len)))
			abort();
		out += c[i].text.len;
		at = c[i].end;
	}
	if (!slice_eq(slice_sub(base, at, base.len), slice_sub(after, out, after.len)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size), base, mine, theirs, out, swapped,
		     diff;
	struct err err = { 0 };
	size_t added, removed;
	struct arena a;
	bool ok;

	base = part(&rest);
	mine = part(&rest);
	theirs = part(&rest);
	arena_init(&a);
	check_changes(&a, base, mine);
	diff = edit_diff(&a, SLICE("f"), base, mine);
	edit_diff_stat(diff, &added, &removed);
	if ((diff.len == 0) != slice_eq(base, mine) || (diff.len > 0 && added + removed == 0))
		abort();
	ok = edit_merge(&a, base, mine, theirs, &out, &err);
	if (!ok && err.code != ERR_STALE)
		abort();
	if (edit_merge(&a, base, theirs, mine, &swapped, &err) != ok ||
	    (ok && !slice_eq(out, swapped)))
		abort();
	arena_release(&a);
	return 0;
}
