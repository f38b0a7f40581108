/* test_properties.c - what must hold for every text: random documents of all line ends, with byte
 * order marks, tabs and characters of several bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/edit/edit.h"
#include "protocol/base/buf.h"

enum { ROUNDS = 3000 };

static uint32_t next(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static const char *const words[] = { "a",
				     "if (x)",
				     "\t",
				     "  ",
				     "\xc3\xa9t\xc3\xa9",
				     "\xe2\x80\x9cq\xe2\x80\x9d",
				     "\xf0\x9f\x98\x80",
				     "}",
				     "return 0;",
				     "x = y",
				     "-",
				     "\xe2\x80\x94",
				     "'" };

static void put_line(struct buf *b, uint32_t *seed, unsigned mix)
{
	static const char *const ends[] = { "\n", "\r\n", "\r" };

	for (uint32_t n = next(seed, 4); n > 0; n--)
		buf_puts(b, words[next(seed, ARRAY_LEN(words))]);
	buf_puts(b, ends[mix < 3 ? mix : next(seed, 3)]);
}

/* A document of up to 30 lines; mix: 0..2 one line end, 3 all of them. */
static struct slice document(struct arena *a, uint32_t *seed, unsigned mix)
{
	struct slice out;
	struct buf b;

	buf_init(&b, 1 << 20);
	if (next(seed, 5) == 0)
		buf_puts(&b, "\xef\xbb\xbf");
	for (uint32_t n = next(seed, 30); n > 0; n--)
		put_line(&b, seed, mix);
	if (next(seed, 3) == 0)
		buf_puts(&b, "end without line end");
	out = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return out;
}

/* Some lines dropped, doubled or new. */
static struct slice mutate(struct arena *a, struct slice text, uint32_t *seed, unsigned mix)
{
	struct slice rest = text, line, out;
	struct buf b;

	buf_init(&b, 1 << 20);
	while (slice_next_line(&rest, &line)) {
		uint32_t what = next(seed, 12);
		size_t whole = line.len + (line.ptr + line.len < text.ptr + text.len);

		if (what == 0)
			continue;
		if (what == 1)
			put_line(&b, seed, mix);
		buf_append(&b, slice_make(line.ptr, whole));
	}
	if (next(seed, 6) == 0)
		put_line(&b, seed, mix);
	out = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return out;
}

static bool boundary(struct slice s, size_t at)
{
	if (at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80)
		return false;
	return !(at > 0 && at < s.len && s.ptr[at - 1] == '\r' && s.ptr[at] == '\n');
}

static void check_changes(struct slice base, struct slice after, const struct text_change *c,
			  size_t n)
{
	struct buf b;
	size_t at = 0;

	buf_init(&b, 1 << 22);
	for (size_t i = 0; i < n; i++) {
		assert_true(c[i].start >= at && c[i].end >= c[i].start && c[i].end <= base.len);
		assert_true(i == 0 || c[i].start > c[i - 1].start);
		assert_true(boundary(base, c[i].start) && boundary(base, c[i].end));
		assert_true(c[i].end > c[i].start || c[i].text.len > 0);
		buf_append(&b, slice_sub(base, at, c[i].start));
		buf_append(&b, c[i].text);
		at = c[i].end;
	}
	buf_append(&b, slice_sub(base, at, base.len));
	assert_true(slice_eq(buf_slice(&b), after));
	buf_release(&b);
}

static void test_changes(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct arena a;
		struct text_change *c;
		struct slice x, y;
		size_t n;

		arena_init(&a);
		x = document(&a, &seed, next(&seed, 4));
		y = next(&seed, 4) ? mutate(&a, x, &seed, next(&seed, 4)) : document(&a, &seed, 3);
		edit_changes(&a, x, y, &c, &n);
		check_changes(x, y, c, n);
		if (slice_eq(x, y))
			assert_int_equal(n, 0);
		arena_release(&a);
	}
}

/* Reads a unified diff back: applying it to `before` must give `after`. */
static void check_diff(struct slice diff, struct slice before, struct slice after)
{
	struct slice rest = diff, line, have = before;
	size_t at = 1;
	struct buf b;

	buf_init(&b, 1 << 22);
	assert_true(slice_next_line(&rest, &line) && slice_starts(line, SLICE("--- ")));
	assert_true(slice_next_line(&rest, &line) && slice_starts(line, SLICE("+++ ")));
	while (slice_next_line(&rest, &line)) {
		char sign = line.ptr[0];
		struct slice body = slice_sub(line, 1, line.len), old;

		if (sign == '@') {
			char *end;
			size_t from = strtoul(line.ptr + 4, &end, 10);

			if (*end == ',' && end[1] == '0')
				from++;
			for (; at < from; at++) {
				assert_true(slice_next_line(&have, &old));
				buf_append(&b, old);
				buf_putc(&b, '\n');
			}
			continue;
		}
		if (sign == '\\')
			continue;
		if (sign != '+') {
			assert_true(slice_next_line(&have, &old));
			assert_true(slice_eq(old, body));
			at++;
		}
		if (sign != '-') {
			buf_append(&b, body);
			if (!slice_starts(rest, SLICE("\\")))
				buf_putc(&b, '\n');
		}
	}
	buf_append(&b, have);
	assert_true(slice_eq(buf_slice(&b), after));
	buf_release(&b);
}

static void test_diff(void **state)
{
	uint32_t seed = 2;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct arena a;
		struct slice x, y, d;

		arena_init(&a);
		x = document(&a, &seed, next(&seed, 2));
		y = mutate(&a, x, &seed, next(&seed, 2));
		d = edit_diff(&a, SLICE("f"), x, y);
		if (slice_eq(x, y))
			assert_int_equal(d.len, 0);
		else
			check_diff(d, x, y);
		arena_release(&a);
	}
}

static void test_merge(void **state)
{
	uint32_t seed = 3;
	int merged = 0, refused = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct slice base, mine, theirs, out, swapped;
		struct err err = { 0 };
		struct arena a;
		bool ok;

		arena_init(&a);
		base = document(&a, &seed, next(&seed, 4));
		mine = mutate(&a, base, &seed, 3);
		theirs = mutate(&a, base, &seed, 3);
		ok = edit_merge(&a, base, mine, theirs, &out, &err);
		merged += ok;
		refused += !ok;
		assert_int_equal(err.code, ok ? ERR_NONE : ERR_STALE);
		assert_true(edit_merge(&a, base, theirs, mine, &swapped, &err) == ok);
		if (ok)
			assert_true(slice_eq(out, swapped)); /* a merge has no favourite side */
		assert_true(edit_merge(&a, base, mine, mine, &out, &err) && slice_eq(out, mine));
		assert_true(edit_merge(&a, base, base, mine, &out, &err) && slice_eq(out, mine));
		assert_true(edit_merge(&a, base, mine, base, &out, &err) && slice_eq(out, mine));
		arena_release(&a);
	}
	assert_true(merged > 100 && refused > 100); /* both outcomes were really tried */
}

/* Replaces a random piece of the text; what stands around it must stay byte for byte. */
static void test_plan(void **state)
{
	uint32_t seed = 4;
	int applied = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct replace_edit e = { 0 };
		struct edit_plan p;
		struct err err = { 0 };
		struct slice base, hint;
		struct arena a;
		size_t from, to;

		arena_init(&a);
		base = document(&a, &seed, next(&seed, 4));
		from = next(&seed, (uint32_t)base.len + 1);
		to = from + next(&seed, 80);
		while (!boundary(base, from))
			from--;
		to = to > base.len ? base.len : to;
		while (!boundary(base, to))
			to++;
		e.old_text = slice_sub(base, from, to);
		e.new_text = mutate(&a, e.old_text, &seed, 0);
		if (edit_plan(&a, base, &e, 1, &p, &hint, &err)) {
			applied++;
			check_changes(base, p.after, p.changes, p.n_changes);
			assert_true(slice_starts(p.after, slice_sub(base, 0, from)));
			assert_true(slice_ends(p.after, slice_sub(base, to, base.len)));
			assert_int_equal(p.notes.len, 0);
		} else {
			assert_true(err.code == ERR_INVALID); /* exact text: never "not found" */
		}
		arena_release(&a);
	}
	assert_true(applied > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests_name("edit/properties", tests, NULL, NULL);
}
