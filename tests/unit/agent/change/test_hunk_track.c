/* test_hunk_track.c - hunks move with the text; going back restores their lines and nothing else.
 *
 * The random test keeps its own picture: blocks of lines, each the user's or one hunk's. The user
 * types in their own blocks only; then each hunk taken back must give exactly the picture with the
 * old lines in the place of that block. */
#include "agent/change/hunk_track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* These first: cmocka.h does not include what it uses. */
#include <cmocka.h>

#include "protocol/base/buf.h"

static const struct slice no_file = { NULL, 0 };

/* --- the picture --- */

enum { BLOCKS = 9, BLOCK_BYTES = 4000 };

struct block {
	char text[BLOCK_BYTES], old[BLOCK_BYTES];
	bool hunk;
};

struct picture {
	struct block blocks[BLOCKS];
	unsigned seed, line;
};

static unsigned rnd(struct picture *p, unsigned n)
{
	p->seed = p->seed * 1103515245u + 12345u;
	return (p->seed >> 16) % n;
}

static void put_lines(struct picture *p, char *out, unsigned n)
{
	size_t len = strlen(out);

	for (unsigned i = 0; i < n && len + 40 < BLOCK_BYTES; i++)
		len += (size_t)snprintf(out + len, BLOCK_BYTES - len, "%*sline %u\n",
					(int)rnd(p, 4), "", p->line++);
}

/* Blocks 1, 3, 5, ... are hunks: changed, added or removed lines. */
static void picture_init(struct picture *p, unsigned seed)
{
	*p = (struct picture){ .seed = seed, .line = 1 };
	for (size_t i = 0; i < BLOCKS; i++) {
		struct block *b = &p->blocks[i];

		b->hunk = i % 2;
		if (!b->hunk) {
			put_lines(p, b->text, 2 + rnd(p, 3));
			continue;
		}
		put_lines(p, b->old, rnd(p, 3));
		put_lines(p, b->text, b->old[0] ? rnd(p, 3) : 1 + rnd(p, 2));
	}
}

/* The text; block `back` (or all, for BLOCKS) with its old lines. */
static struct slice render(struct arena *a, const struct picture *p, size_t back)
{
	struct buf b;
	struct slice s;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < BLOCKS; i++)
		buf_puts(&b, p->blocks[i].hunk && (i == back || back == BLOCKS) ? p->blocks[i].old
										 : p->blocks[i].text);
	s = arena_dup(a, buf_slice(&b));
	if (!s.ptr)
		s = SLICE("");
	buf_release(&b);
	return s;
}

static size_t offset_of(const struct picture *p, size_t block)
{
	size_t at = 0;

	for (size_t i = 0; i < block; i++)
		at += strlen(p->blocks[i].text);
	return at;
}

static size_t line_at(const char *text, unsigned n)
{
	const char *s = text;

	while (n-- > 0 && strchr(s, '\n'))
		s = strchr(s, '\n') + 1;
	return (size_t)(s - text);
}

/* One edit in a block of the user's; *c is it, as the editor tells. */
static bool type(struct picture *p, struct arena *a, struct text_change *c)
{
	size_t at = 2 * rnd(p, BLOCKS / 2 + 1), len = strlen(p->blocks[at].text), from, to;
	char fresh[100] = "", *text = p->blocks[at].text;
	unsigned what = rnd(p, 4);

	from = line_at(text, rnd(p, 6));
	to = from;
	if (what == 0 || len == 0) { /* a line */
		(void)snprintf(fresh, sizeof(fresh), "typed %u\n", p->line++);
	} else if (what == 1) { /* a line goes */
		to = from + line_at(text + from, 1);
	} else if (from < len) { /* in a line; never its end, or it is joined with a hunk's */
		from += rnd(p, 3);
		to = from + rnd(p, 2);
		if (from >= len || to >= len)
			return false;
		(void)snprintf(fresh, sizeof(fresh), what == 2 ? "x%u" : "y\nz%u", p->line++);
	}
	/* Between a removed hunk and its next line, nobody knows on which side. */
	if (at > 0 && from == 0 && !p->blocks[at - 1].text[0] && fresh[0])
		return false;
	if (len + strlen(fresh) + 1 > BLOCK_BYTES || (from == to && !fresh[0]))
		return false;
	c->start = offset_of(p, at) + from;
	c->end = offset_of(p, at) + to;
	c->text = arena_dup(a, slice_of(fresh));
	memmove(text + from + strlen(fresh), text + to, len - to + 1);
	memcpy(text + from, fresh, strlen(fresh));
	return true;
}

static void check_each(struct hunk_list *l, struct arena *a, const struct picture *p)
{
	struct slice text = render(a, p, SIZE_MAX), after;
	size_t k = 0;
	struct err err;

	for (size_t i = 1; i < BLOCKS; i += 2, k++) {
		struct hunk *h = &l->items[k];

		assert_true(k < l->n);
		assert_false(h->touched);
		assert_int_equal(h->start, offset_of(p, i));
		assert_int_equal(h->end - h->start, strlen(p->blocks[i].text));
		assert_true(hunk_revert(a, h, text, &after, &err));
		assert_string_equal(arena_cstr(a, after), arena_cstr(a, render(a, p, i)));
	}
	assert_int_equal(k, l->n);
}

static void random_typing(void **state)
{
	static struct picture p; /* too large for the stack that we allow */

	(void)state;
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct hunk_list l = { 0 };
		struct text_change c;
		struct arena a;

		arena_init(&a);
		picture_init(&p, seed);
		hunks_add(&l, SLICE("t1"), NULL, render(&a, &p, BLOCKS), render(&a, &p, SIZE_MAX));
		hunks_seal(&l, SLICE("a.c"));
		for (unsigned i = 0; i < 30; i++) {
			struct slice before = render(&a, &p, SIZE_MAX), now;
			struct hunk_text text;

			check_each(&l, &a, &p);
			if (!type(&p, &a, &c))
				continue;
			now = render(&a, &p, SIZE_MAX);
			text = hunk_text_of(&now);
			if (seed % 3)
				assert_false(hunks_move(&l, &c, 1, &text));
			else
				assert_false(hunks_follow(&l, before, now));
		}
		hunk_list_release(&l);
		arena_release(&a);
	}
}

/* Taking back all of them, in any order, gives the text as it was before the task. */
static void all_back(void **state)
{
	static struct picture p;

	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct hunk_list l = { 0 };
		struct slice text, after, want;
		struct arena a;
		struct err err;

		arena_init(&a);
		picture_init(&p, seed);
		text = render(&a, &p, SIZE_MAX);
		want = render(&a, &p, BLOCKS);
		hunks_add(&l, SLICE("t1"), NULL, want, text);
		for (size_t n = l.n; n > 0; n--) {
			size_t i = rnd(&p, (unsigned)l.n);

			assert_int_equal(l.n, n);
			assert_true(hunk_revert(&a, &l.items[i], text, &after, &err));
			(void)hunks_follow(&l, text, after);
			text = after;
		}
		assert_string_equal(arena_cstr(&a, text), arena_cstr(&a, want));
		hunk_list_release(&l);
		arena_release(&a);
	}
}

/* --- several steps of one task --- */

static char *random_text(struct picture *p, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 0, n = rnd(p, 8); i < n; i++)
		len += (size_t)snprintf(out + len, size - len, "%c%s", 'a' + (int)rnd(p, 4),
					i + 1 == n && rnd(p, 2) ? "" : "\n");
	return out;
}

static void steps_become_one(void **state)
{
	struct picture *p = calloc(1, sizeof(*p));

	(void)state;
	assert_non_null(p);
	for (p->seed = 1; p->line < 3000; p->line++) {
		struct hunk_list l = { 0 };
		char first[64], last[64], next[64];
		struct slice text, after;
		struct arena a;
		struct err err;

		arena_init(&a);
		(void)random_text(p, first, sizeof(first));
		(void)snprintf(last, sizeof(last), "%s", first);
		for (unsigned i = 0; i < 4; i++) {
			(void)random_text(p, next, sizeof(next));
			hunks_add(&l, SLICE("t1"), NULL, slice_of(last), slice_of(next));
			(void)snprintf(last, sizeof(last), "%s", next);
		}
		text = slice_of(last);
		for (size_t i = l.n; i-- > 0;) { /* from behind: the others stay where they are */
			assert_false(l.items[i].touched);
			assert_true(slice_eq(l.items[i].fresh, slice_sub(text, l.items[i].start,
									  l.items[i].end)));
			assert_true(hunk_revert(&a, &l.items[i], text, &after, &err));
			text = after;
		}
		assert_string_equal(arena_cstr(&a, text), first);
		hunk_list_release(&l);
		arena_release(&a);
	}
	free(p);
}

/* --- what the user does to Emend's own lines --- */

struct fixture {
	struct hunk_list l;
	struct arena a;
	struct slice text;
};

static void fixture_init(struct fixture *f, const char *before, const char *after)
{
	*f = (struct fixture){ .text = slice_of(after) };
	arena_init(&f->a);
	hunks_add(&f->l, SLICE("t1"), NULL, slice_of(before), slice_of(after));
	hunks_seal(&f->l, SLICE("a.c"));
	assert_int_equal(f->l.n, 1);
}

static bool change(struct fixture *f, size_t start, size_t end, const char *with)
{
	struct text_change c = { start, end, slice_of(with) };
	struct hunk_text t;

	f->text = arena_printf(&f->a, "%.*s%s%.*s", SLICE_ARG(slice_sub(f->text, 0, start)), with,
			       SLICE_ARG(slice_sub(f->text, end, f->text.len)));
	t = hunk_text_of(&f->text);
	return hunks_move(&f->l, &c, 1, &t);
}

static void fixture_release(struct fixture *f)
{
	hunk_list_release(&f->l);
	arena_release(&f->a);
}

static void touched_and_not(void **state)
{
	struct fixture f;
	struct slice after;
	struct err err;

	(void)state;
	fixture_init(&f, "a\nold\nz\n", "a\nnew\nz\n");
	assert_true(change(&f, 5, 5, "er")); /* in the line */
	assert_true(f.l.items[0].touched);
	assert_false(hunk_revert(&f.a, &f.l.items[0], f.text, &after, &err));
	assert_int_equal(err.code, ERR_STALE);
	assert_true(change(&f, 5, 7, "")); /* and undone */
	assert_false(f.l.items[0].touched);
	assert_true(change(&f, 2, 2, "x")); /* at the start of the line */
	assert_true(f.l.items[0].touched);
	assert_int_equal(f.l.items[0].start, 2);
	assert_true(change(&f, 2, 3, ""));
	assert_false(f.l.items[0].touched);
	assert_true(change(&f, 1, 2, "")); /* joined with the line before, */
	assert_true(f.l.items[0].touched);
	assert_true(change(&f, 1, 1, "\n")); /* and split again */
	assert_false(f.l.items[0].touched);
	assert_int_equal(f.l.items[0].start, 2);
	assert_false(change(&f, 0, f.text.len, "top\na\nnew\nz\n")); /* the whole text at once */
	assert_int_equal(f.l.items[0].start, 6);
	assert_true(hunk_revert(&f.a, &f.l.items[0], f.text, &after, &err));
	assert_true(slice_eq_cstr(after, "top\na\nold\nz\n"));
	assert_true(change(&f, 6, 10, "old\n")); /* the user took it back */
	assert_int_equal(f.l.n, 0);
	fixture_release(&f);

	fixture_init(&f, "a\nz\n", "a\nb\nc\nz\n");
	assert_true(change(&f, 2, 6, "")); /* what was added is gone */
	assert_int_equal(f.l.n, 0);
	fixture_release(&f);

	fixture_init(&f, "a\n", "a\nlast");
	assert_true(change(&f, 6, 6, "!"));
	assert_true(f.l.items[0].touched);
	fixture_release(&f);
}

/* Removed lines that the user puts back are not put back twice. */
static void removed_and_put_back(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "a\nx\nz\n", "a\nz\n");
	assert_true(change(&f, 2, 2, "x\n"));
	assert_int_equal(f.l.n, 0);
	fixture_release(&f);

	fixture_init(&f, "x\nx\nx\nz\n", "x\nx\nz\n"); /* whichever of them it was */
	assert_true(change(&f, 0, 0, "x\n"));
	assert_int_equal(f.l.n, 0);
	fixture_release(&f);

	fixture_init(&f, "a\nx\nz\n", "a\nz\n");
	assert_false(change(&f, 0, 0, "x\n"));
	assert_int_equal(f.l.n, 1);
	fixture_release(&f);
}

/* Where the user changed the same lines nothing is guessed. */
static void touched_refuses(void **state)
{
	struct fixture f;
	struct slice after;
	struct err err = { 0 };

	(void)state;
	fixture_init(&f, "a\nz\n", "a\n1\n2\n3\n4\n5\nz\n");
	assert_true(change(&f, 4, 6, "two\n"));
	assert_false(hunk_revert(&f.a, &f.l.items[0], f.text, &after, &err));
	assert_non_null(strstr(err.msg, "you have changed"));
	fixture_release(&f);
}

static void whole_files(void **state)
{
	struct fixture f;
	struct slice after;
	struct err err;

	(void)state;
	f = (struct fixture){ .text = SLICE("new\nfile\n") };
	arena_init(&f.a);
	hunks_add(&f.l, SLICE("t1"), NULL, no_file, SLICE("new\n"));
	hunks_add(&f.l, SLICE("t1"), NULL, SLICE("new\n"), f.text);
	assert_int_equal(f.l.n, 1);
	assert_true(hunk_revert(&f.a, &f.l.items[0], f.text, &after, &err));
	assert_null(after.ptr);
	assert_true(change(&f, 0, 0, "mine\n"));
	assert_false(hunk_revert(&f.a, &f.l.items[0], f.text, &after, &err));
	assert_true(change(&f, 0, 5, ""));
	assert_true(hunk_revert(&f.a, &f.l.items[0], f.text, &after, &err));
	fixture_release(&f);

	f = (struct fixture){ .text = no_file };
	arena_init(&f.a);
	hunks_add(&f.l, SLICE("t1"), NULL, SLICE("a\nb\n"), SLICE("a\nB\n"));
	hunks_add(&f.l, SLICE("t1"), NULL, SLICE("a\nB\n"), no_file);
	assert_int_equal(f.l.n, 1);
	assert_true(hunk_revert(&f.a, &f.l.items[0], no_file, &after, &err));
	assert_true(slice_eq_cstr(after, "a\nb\n"));
	hunks_add(&f.l, SLICE("t1"), NULL, no_file, SLICE("a\nb\n"));
	assert_int_equal(f.l.n, 0); /* as it was */
	fixture_release(&f);
}

static void ids(void **state)
{
	struct hunk_list l = { 0 }, again = { 0 };
	struct slice before = SLICE("a\nx\nb\nx\nc\n"), after = SLICE("a\ny\nb\ny\nc\n");

	(void)state;
	hunks_add(&l, SLICE("t1"), NULL, before, after);
	hunks_seal(&l, SLICE("p"));
	hunks_add(&again, SLICE("t1"), NULL, before, after);
	hunks_seal(&again, SLICE("p"));
	assert_int_equal(l.n, 2);
	assert_string_not_equal(l.items[0].id, l.items[1].id);
	assert_string_equal(l.items[0].id, again.items[0].id);
	assert_string_equal(l.items[1].id, again.items[1].id);
	hunks_add(&l, SLICE("t2"), NULL, after, SLICE("a\ny\nb\nz\nc\n"));
	assert_int_equal(l.n, 3); /* another task's is another hunk */
	assert_true(l.items[1].touched);
	hunk_list_release(&l);
	hunk_list_release(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_typing),     cmocka_unit_test(all_back),
		cmocka_unit_test(steps_become_one),  cmocka_unit_test(touched_and_not),
		cmocka_unit_test(touched_refuses),
		cmocka_unit_test(removed_and_put_back), cmocka_unit_test(whole_files),
		cmocka_unit_test(ids),
	};

	return cmocka_run_group_tests_name("hunk_track", tests, NULL, NULL);
}
