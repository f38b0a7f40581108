/* test_documents.c - open documents: spellings, changes that can and cannot be, snapshots. */
#include "lsp/editor/documents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

static struct documents docs;

static int setup(void **state)
{
	(void)state;
	documents_init(&docs, 7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	documents_release(&docs);
	return 0;
}

static struct owned_text owned(const char *text)
{
	return (struct owned_text){ .data = xstrdup(text), .len = strlen(text), .cap = strlen(text) };
}

static bool open_as(const char *uri, const char *text, struct err *err)
{
	return documents_open(&docs, slice_of(uri), SLICE(""), 1, owned(text), err);
}

static struct document *open_text(const char *text)
{
	struct err err;

	assert_true(open_as("file:///d/a.c", text, &err));
	return documents_find(&docs, SLICE("file:///d/a.c"));
}

static struct range range(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return (struct range){ { a, b }, { c, d } };
}

static void check(struct document *doc, const char *want)
{
	struct snapshot *s = document_snapshot(doc);

	assert_string_equal(snapshot_text(s).ptr, want);
	assert_int_equal(snapshot_version(s), doc->version);
	snapshot_unref(s);
}

static void test_spellings(void **state)
{
	struct document *doc = open_text("x");

	(void)state;
	assert_string_equal(doc->path, "/d/a.c");
	assert_string_equal(doc->language, "c");
	assert_ptr_equal(documents_find(&docs, SLICE("file:///d/%61.c")), doc);
	assert_ptr_equal(documents_find(&docs, SLICE("file://localhost/d/a.c")), doc);
	assert_ptr_equal(documents_find_path(&docs, SLICE("/d/a.c")), doc);
	assert_null(documents_find(&docs, SLICE("file:///d/b.c")));
	documents_close(&docs, SLICE("file:///d/%61.c"));
	assert_null(documents_find(&docs, SLICE("file:///d/a.c")));
	documents_close(&docs, SLICE("file:///d/a.c"));
	assert_int_equal(docs.count, 0);
}

static void test_untitled(void **state)
{
	struct document *doc;

	(void)state;
	assert_true(open_as("untitled:a.py", "", NULL));
	doc = documents_find(&docs, SLICE("untitled:a.py"));
	assert_non_null(doc);
	assert_null(doc->path);
	assert_string_equal(doc->language, "python");
}

static void test_snapshots_stay(void **state)
{
	struct document *doc = open_text("one\ntwo\n");
	struct snapshot *before = document_snapshot(doc), *again = document_snapshot(doc);
	struct range r = range(0, 0, 0, 3);

	(void)state;
	assert_ptr_equal(before, again);
	assert_true(document_change(doc, &r, POSITION_UTF8, SLICE("1"), NULL));
	check(doc, "1\ntwo\n");
	assert_string_equal(snapshot_text(before).ptr, "one\ntwo\n");
	snapshot_unref(before);
	snapshot_unref(again);
}

/* The same change in the three units. */
static void test_units(void **state)
{
	static const uint32_t at[] = {
		[POSITION_UTF16] = 3, [POSITION_UTF8] = 5, [POSITION_UTF32] = 2
	};

	(void)state;
	for (int e = POSITION_UTF16; e <= POSITION_UTF32; e++) {
		struct document *doc = open_text("a\xf0\x9f\x98\x80z\r\n");
		struct range r = range(0, at[e], 0, 99);

		assert_true(document_change(doc, &r, (enum position_encoding)e, SLICE("\xc3\xa4"),
					    NULL));
		check(doc, "a\xf0\x9f\x98\x80\xc3\xa4\r\n");
		assert_int_equal(document_offset(doc, (enum position_encoding)e,
						 (struct position){ 0, at[e] }),
				 5);
		assert_int_equal(document_position(doc, (enum position_encoding)e, 5).character,
				 at[e]);
		assert_int_equal(document_position(doc, (enum position_encoding)e, 9).line, 1);
	}
}

static void test_end_of_text(void **state)
{
	struct document *doc = open_text("a\nb");
	struct range behind = range(2, 0, 2, 0), to_far = range(1, 0, 1000000, 0);

	(void)state;
	assert_true(document_change(doc, &behind, POSITION_UTF16, SLICE("!"), NULL));
	check(doc, "a\nb!");
	assert_true(document_change(doc, &to_far, POSITION_UTF16, SLICE("c"), NULL));
	check(doc, "a\nc");
}

static void test_impossible(void **state)
{
	static const struct {
		struct range r;
		const char *why;
	} bad[] = {
		{ { { 3, 0 }, { 3, 0 } }, "behind the end" },
		{ { { 0, 2 }, { 0, 2 } }, "cuts a character" },
		{ { { 1, 1 }, { 1, 0 } }, "ends before" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct document *doc = open_text("a\xf0\x9f\x98\x80\nb");

		assert_false(document_change(doc, &bad[i].r, POSITION_UTF16, SLICE("x"), &err));
		assert_non_null(strstr(err.msg, bad[i].why));
		assert_null(documents_find(&docs, SLICE("file:///d/a.c")));
		assert_false(document_change(doc, &bad[i].r, POSITION_UTF16, SLICE("x"), &err));
		assert_true(document_change(doc, NULL, POSITION_UTF16, SLICE("whole"), &err));
		assert_ptr_equal(documents_find(&docs, SLICE("file:///d/a.c")), doc);
		check(doc, "whole");
	}
}

/* What is open and cannot be followed is known as such: its file must not be taken for it. */
static void test_limits(void **state)
{
	static char uri[LIMIT_URI_BYTES + 2];
	struct owned_text large = owned("");
	struct err err;

	(void)state;
	memset(uri, 'u', sizeof(uri) - 1);
	assert_false(open_as(uri, "", &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_int_equal(docs.count, 0);
	/* The size is looked at before the text. */
	large.len = (size_t)LIMIT_DOC_BYTES + 1;
	assert_false(documents_open(&docs, SLICE("file:///big"), SLICE(""), 1, large, &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_null(documents_find_path(&docs, SLICE("/big")));
	assert_non_null(strstr(documents_lost_path(&docs, SLICE("/big")), "too large"));
	documents_close(&docs, SLICE("file:///big"));
	assert_null(documents_lost_path(&docs, SLICE("/big")));
	for (int i = 0; i < LIMIT_DOCS; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "file:///%d", i);
		assert_true(open_as(name, "", &err));
	}
	assert_false(open_as("file:///more", "", &err));
	assert_non_null(strstr(documents_lost_path(&docs, SLICE("/more")), "too many"));
	documents_close(&docs, SLICE("file:///more"));
	assert_true(open_as("file:///7", "new", &err));
}

static void test_too_large_to_come(void **state)
{
	struct document *doc;
	struct err err;

	(void)state;
	assert_false(documents_open_large(&docs, SLICE("file:///d/a.c"), 3, &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_null(documents_find_path(&docs, SLICE("/d/a.c")));
	assert_non_null(documents_lost_path(&docs, SLICE("/d/a.c")));
	doc = documents_any(&docs, SLICE("file:///d/a.c"));
	assert_int_equal(doc->version, 3);
	assert_true(document_change(doc, NULL, POSITION_UTF8, SLICE("small"), &err));
	check(doc, "small");
	assert_false(document_large(doc, &err));
	assert_ptr_equal(documents_any(&docs, SLICE("file:///d/a.c")), doc);
	assert_null(documents_find_path(&docs, SLICE("/d/a.c")));
	assert_non_null(documents_lost_path(&docs, SLICE("/d/a.c")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_spellings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_untitled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_snapshots_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_units, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_of_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_impossible, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_large_to_come, setup, teardown),
	};

	return cmocka_run_group_tests_name("documents", tests, NULL, NULL);
}
