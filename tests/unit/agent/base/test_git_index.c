/* test_git_index.c - what an index says, whenever git looked at the files. tests/cli/git.py has real ones */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/base/git_index.h"

struct made {
	struct buf b;
	size_t id_bytes;
	unsigned version;
};

static void number(struct buf *b, uint32_t v, int bytes)
{
	while (bytes-- > 0)
		buf_putc(b, (char)(v >> (8 * bytes)));
}

static void begin(struct made *m, unsigned version, size_t id_bytes, uint32_t n)
{
	buf_init(&m->b, 1 << 20);
	m->id_bytes = id_bytes;
	m->version = version;
	buf_puts(&m->b, "DIRC");
	number(&m->b, version, 4);
	number(&m->b, n, 4);
}

/* cut, tail: of version 4. */
static void add(struct made *m, const char *path, uint32_t time, char id, uint16_t flags, int cut,
		const char *tail)
{
	size_t from = m->b.len;

	for (int i = 0; i < 10; i++)
		number(&m->b, i == 6 ? 0100644 : time, 4);
	for (size_t i = 0; i < m->id_bytes; i++)
		buf_putc(&m->b, id);
	number(&m->b, flags | (uint32_t)strlen(path), 2);
	if (m->version == 4) {
		buf_putc(&m->b, (char)cut);
		buf_puts(&m->b, tail);
		buf_putc(&m->b, 0);
		return;
	}
	buf_puts(&m->b, path);
	do
		buf_putc(&m->b, 0);
	while ((m->b.len - from) % 8);
}

static void end(struct made *m, const char *extension)
{
	if (extension) {
		buf_puts(&m->b, extension);
		number(&m->b, 3, 4);
		buf_puts(&m->b, "abc");
	}
	for (size_t i = 0; i < m->id_bytes; i++)
		buf_putc(&m->b, 'c');
}

static struct made index_of(unsigned version, size_t id_bytes, uint32_t time, char id,
			    uint16_t flags, const char *extension)
{
	struct made m;

	begin(&m, version, id_bytes, 3);
	add(&m, "bin/tool", time, id, flags, 0, "bin/tool");
	add(&m, "bin/tool2", time, 'x', 0, 0, "2");
	add(&m, "src/a.c", time, 'x', 0, 9, "src/a.c");
	end(&m, extension);
	return m;
}

static bool same(struct made a, struct made b)
{
	struct sha256_hex x, y;
	bool ok = git_index_digest(buf_slice(&a.b), &x) && git_index_digest(buf_slice(&b.b), &y);

	assert_true(ok);
	buf_release(&a.b);
	buf_release(&b.b);
	return strcmp(x.s, y.s) == 0;
}

static void what_it_says(void **state)
{
	(void)state;
	assert_true(same(index_of(2, 20, 1, 'i', 0, NULL), index_of(2, 20, 2, 'i', 0, "TREE")));
	assert_true(same(index_of(2, 20, 1, 'i', 0, NULL), index_of(4, 20, 7, 'i', 0, "TREE")));
	assert_true(same(index_of(2, 32, 1, 'i', 0, NULL), index_of(2, 32, 2, 'i', 0, "sdir")));
	assert_false(same(index_of(2, 20, 1, 'i', 0, NULL), index_of(2, 20, 1, 'j', 0, NULL)));
	/* "assume unchanged" hides changes of the file from then on */
	assert_false(same(index_of(2, 20, 1, 'i', 0, NULL), index_of(2, 20, 1, 'i', 0x8000, NULL)));
}

static void what_it_tracks(void **state)
{
	static const struct {
		unsigned version;
		size_t id_bytes;
	} of[] = { { 2, 20 }, { 3, 20 }, { 4, 20 }, { 2, 32 }, { 4, 32 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		struct made m = index_of(of[i].version, of[i].id_bytes, 1, 'i', 0, "TREE");
		struct git_tracked t;

		git_tracked_init(&t);
		git_tracked_read(&t, buf_slice(&m.b));
		assert_false(t.all);
		assert_true(git_tracks(&t, "bin/tool") && git_tracks(&t, "src/a.c"));
		assert_false(git_tracks(&t, "bin") || git_tracks(&t, "bin/too") ||
			     git_tracks(&t, "zzz"));
		assert_true(git_tracks_below(&t, "bin") && git_tracks_below(&t, "src"));
		assert_false(git_tracks_below(&t, "bi") || git_tracks_below(&t, "src/a.c"));
		git_tracked_release(&t);
		buf_release(&m.b);
	}
}

/* Then every path counts as tracked: nothing is hidden by a rule. */
static void what_is_not_understood(void **state)
{
	struct made whole = index_of(2, 20, 1, 'i', 0, NULL),
		    split = index_of(2, 20, 1, 'i', 0, "link");
	struct git_tracked t;

	(void)state;
	git_tracked_init(&t);
	for (size_t n = 0; n < whole.b.len; n++) {
		struct slice cut = slice_sub(buf_slice(&whole.b), 0, n);
		struct sha256_hex hash;

		assert_false(git_index_digest(cut, &hash));
		git_tracked_read(&t, cut);
		assert_true(t.all && git_tracks(&t, "any") && git_tracks_below(&t, "any"));
	}
	git_tracked_read(&t, buf_slice(&split.b));
	assert_true(t.all);
	git_tracked_release(&t);
	buf_release(&whole.b);
	buf_release(&split.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_it_says),
					    cmocka_unit_test(what_it_tracks),
					    cmocka_unit_test(what_is_not_understood) };

	return cmocka_run_group_tests_name("base/git_index", tests, NULL, NULL);
}
