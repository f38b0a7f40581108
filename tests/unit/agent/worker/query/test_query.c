/* test_query.c - list and search */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/worker/query/query.h"
#include "tests/unit/agent/worker/folder.h"

struct fixture {
	struct folder dir;
	struct root root;
	struct arena arena;
	struct buf out;
	struct err err;
};

static int setup(void **state)
{
	static const struct slice names[] = { { ".env*", 5 } };
	struct fixture *f = calloc(1, sizeof(*f));
	struct match *denied = NULL;

	if (!f || !match_new_names(names, 1, &denied, &f->err))
		return -1;
	folder_make(&f->dir);
	folder_put(&f->dir, "a.c", "one\ntwo needle\nthree\nneedle four\n");
	folder_put(&f->dir, "src/b.c", "Needle\r\n");
	folder_put(&f->dir, "src/deep/c.h", "no\n");
	folder_put(&f->dir, ".env", "needle\n");
	folder_put(&f->dir, ".gitignore", "build/\n*.o\n");
	folder_put(&f->dir, "build/x.c", "needle\n");
	folder_put(&f->dir, "src/x.o", "needle\n");
	folder_put(&f->dir, ".git/config", "needle\n");
	folder_put_bytes(&f->dir, "bin", "needle\0needle", 13);
	assert_int_equal(symlink("/etc", folder_at(&f->dir, "etc")), 0);
	arena_init(&f->arena);
	buf_init(&f->out, 1 << 20);
	*state = f;
	return root_open(&f->root, slice_of(f->dir.path), denied, &f->err) ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	root_release(&f->root);
	folder_free(&f->dir);
	arena_release(&f->arena);
	buf_release(&f->out);
	free(f);
	return 0;
}

static bool run(struct fixture *f, query_fn *fn, const char *params)
{
	struct json p;

	buf_clear(&f->out);
	assert_true(json_parse(&f->arena, slice_of(params), &p, &f->err));
	return fn(&f->root, p, &f->out, &f->err);
}

static void has(struct fixture *f, const char *text, bool want)
{
	if ((strstr(buf_cstr(&f->out), text) != NULL) != want)
		fail_msg("%s in %s", text, buf_cstr(&f->out));
}

static void lists(void **state)
{
	struct fixture *f = *state;

	assert_true(run(f, query_list, "{}"));
	assert_string_equal(
		buf_cstr(&f->out),
		"{\"entries\":[{\"path\":\".env\",\"kind\":\"file\",\"size\":7},"
		"{\"path\":\".gitignore\",\"kind\":\"file\",\"size\":11},"
		"{\"path\":\"a.c\",\"kind\":\"file\",\"size\":33},"
		"{\"path\":\"bin\",\"kind\":\"file\",\"size\":13},"
		"{\"path\":\"etc\",\"kind\":\"symlink\",\"size\":0},"
		"{\"path\":\"src\",\"kind\":\"dir\",\"size\":0},"
		"{\"path\":\"src/b.c\",\"kind\":\"file\",\"size\":8},"
		"{\"path\":\"src/deep\",\"kind\":\"dir\",\"size\":0}],\"truncated\":false}");
	assert_true(run(f, query_list, "{\"filesOnly\":true,\"glob\":\"*.{c,h}\"}"));
	has(f, "src/deep/c.h", true);
	has(f, "build", false);
	has(f, "bin", false);
	assert_true(run(f, query_list, "{\"path\":\"src\",\"depth\":1}"));
	has(f, "src/deep\"", true);
	has(f, "c.h", false);
	assert_true(run(f, query_list, "{\"limit\":1}"));
	has(f, "\"truncated\":true", true);
	has(f, "a.c", false);
}

static void list_refuses(void **state)
{
	struct fixture *f = *state;

	assert_false(run(f, query_list, "{\"path\":\"none\"}"));
	assert_int_equal(f->err.code, ERR_NOT_FOUND);
	assert_false(run(f, query_list, "{\"path\":\"etc\"}"));
	assert_int_equal(f->err.code, ERR_DENIED);
	assert_false(run(f, query_list, "{\"path\":\"..\"}"));
	assert_int_equal(f->err.code, ERR_DENIED);
}

static void searches(void **state)
{
	struct fixture *f = *state;

	assert_true(run(f, query_search, "{\"pattern\":\"needle\",\"context\":1}"));
	assert_string_equal(
		buf_cstr(&f->out),
		"{\"hits\":[{\"path\":\"a.c\",\"line\":2,\"text\":\"two needle\","
		"\"before\":[\"one\"],"
		"\"after\":[\"three\"]},{\"path\":\"a.c\",\"line\":4,\"text\":\"needle four\","
		"\"before\":[\"three\"],\"after\":[]}],\"files\":1,\"matches\":2,"
		"\"truncated\":false,\"cut\":false}");
	assert_true(run(f, query_search, "{\"pattern\":\"^needle$\",\"ignoreCase\":true}"));
	has(f, "a.c", false);
	assert_true(run(f, query_search, "{\"pattern\":\"needle\",\"ignoreCase\":true}"));
	has(f, "\"src/b.c\",\"line\":1,\"text\":\"Needle\"", true);
	assert_true(run(f, query_search, "{\"pattern\":\"needle\",\"limit\":1}"));
	has(f, "\"matches\":2,\"truncated\":false,", true);
	has(f, "\"restFiles\":1,\"rest\":[{\"path\":\"a.c\",\"matches\":1}]", true);
	has(f, "\"line\":4", false);
	assert_true(run(f, query_search, "{\"pattern\":\"n.edle\",\"literal\":true}"));
	has(f, "\"hits\":[]", true);
	assert_true(run(f, query_search, "{\"pattern\":\"needle\",\"path\":\"a.c\"}"));
	has(f, "\"files\":1", true);
	assert_true(run(f, query_search, "{\"pattern\":\"$\",\"path\":\"src/deep\"}"));
	has(f, "\"line\":1", true);
	has(f, "\"line\":2", false);
}

static void search_refuses(void **state)
{
	struct fixture *f = *state;

	assert_false(run(f, query_search, "{\"pattern\":\"(\"}"));
	assert_int_equal(f->err.code, ERR_INVALID);
	assert_false(run(f, query_search, "{\"pattern\":\"needle\",\"path\":\".env\"}"));
	assert_int_equal(f->err.code, ERR_DENIED);
}

/* What is shown is the part with the match, and what is not, is said. */
static void long_lines_are_cut(void **state)
{
	struct fixture *f = *state;
	char line[1600];

	for (size_t i = 0; i + 1 < sizeof(line); i += 2)
		memcpy(line + i, "\xc3\xa9", 2);
	memcpy(line, "needle+", 7); /* so that byte 500 lies inside of a character */
	folder_put_bytes(&f->dir, "long.c", line, sizeof(line));
	assert_true(run(f, query_search, "{\"pattern\":\"needle\",\"path\":\"long.c\"}"));
	assert_true(f->out.len < 700);
	has(f, "\xef\xbf\xbd\"", false); /* no broken character at the cut */
	has(f, "\"text\":\"needle+", true);
	has(f, " [... 1100 bytes ...]\"", true);
	memcpy(line + 1200, "yarn", 4);
	folder_put_bytes(&f->dir, "long.c", line, sizeof(line));
	assert_true(run(f, query_search, "{\"pattern\":\"yarn\",\"path\":\"long.c\"}"));
	has(f, "\"text\":\"[... 1050 bytes ...] ", true);
	has(f, "yarn", true);
	has(f, " [... 50 bytes ...]\"", true);
}

/* The editor's text hides the file of that name, has context, and stands in its place in the order.
 * One that is open counts though the rules leave it out; a secret one does not. */
static void searches_open_texts(void **state)
{
	struct fixture *f = *state;

	assert_true(run(f, query_search,
			"{\"pattern\":\"needle\",\"context\":1,\"texts\":["
			"{\"path\":\"src/new.c\",\"text\":\"x\\nneedle 1\\ny\\n\"},"
			"{\"path\":\"a.c\",\"text\":\"\\ufeffneedle 2\"},"
			"{\"path\":\".env\",\"text\":\"needle 3\"},"
			"{\"path\":\"build/x.c\",\"text\":\"needle 4\"}]}"));
	assert_string_equal(
		buf_cstr(&f->out),
		"{\"hits\":[{\"path\":\"a.c\",\"line\":1,\"text\":\"needle 2\",\"before\":[],\"after\":[]},"
		"{\"path\":\"build/x.c\",\"line\":1,\"text\":\"needle 4\",\"before\":[],\"after\":[]},"
		"{\"path\":\"src/new.c\",\"line\":2,\"text\":\"needle 1\",\"before\":[\"x\"],"
		"\"after\":[\"y\"]}],\"files\":3,\"matches\":3,\"truncated\":false,\"cut\":false}");
	assert_true(run(f, query_search,
			"{\"pattern\":\"needle\",\"path\":\"src\",\"glob\":\"*.{c,cc}\",\"texts\":["
			"{\"path\":\"src/b.c\",\"text\":\"needle 5\"},"
			"{\"path\":\"src.c\",\"text\":\"needle 6\"},"
			"{\"path\":\"src/b.h\",\"text\":\"needle 7\"}]}"));
	has(f, "needle 5", true);
	has(f, "\"matches\":1,", true);
}

/* Many files, many threads, one order; and what is left out is counted. */
static void order_and_totals(void **state)
{
	struct fixture *f = *state;
	char name[64], *first;

	for (unsigned i = 0; i < 900; i++) {
		(void)snprintf(name, sizeof(name), "m%u/%s%u.txt", i % 7, i % 3 ? "d/" : "d-", i);
		folder_put(&f->dir, name, i % 2 ? "grain\ngrain\n" : "grain\n");
	}
	assert_true(run(f, query_search, "{\"pattern\":\"^gr.in\"}"));
	has(f, "\"files\":900,\"matches\":1350,\"truncated\":false", true);
	has(f, "\"restFiles\":", true);
	first = strdup(buf_cstr(&f->out));
	for (unsigned i = 0; i < 5; i++) {
		assert_true(run(f, query_search, "{\"pattern\":\"^gr.in\"}"));
		assert_string_equal(buf_cstr(&f->out), first);
	}
	free(first);
	assert_true(run(f, query_search, "{\"pattern\":\"grain\",\"path\":\"m0\",\"limit\":4}"));
	has(f, "{\"hits\":[{\"path\":\"m0/d-0.txt\",\"line\":1,\"text\":\"grain\"},"
	       "{\"path\":\"m0/d-105.txt\",\"line\":1,\"text\":\"grain\"},"
	       "{\"path\":\"m0/d-105.txt\",\"line\":2,\"text\":\"grain\"},"
	       "{\"path\":\"m0/d-126.txt\",\"line\":1,\"text\":\"grain\"}]", true);
	has(f,
	    "\"rest\":[{\"path\":\"m0/d-147.txt\",\"matches\":2},{\"path\":\"m0/d-168.txt\",\"matches\":1},",
	    true);
}

/* A count that ends at its limit, in the middle of a file. */
static void count_ends(void **state)
{
	struct fixture *f = *state;
	size_t n = (LIMIT_SEARCH_COUNT - 100) * 2;
	char *lines = malloc(n);

	for (size_t i = 0; i < n; i++)
		lines[i] = i % 2 ? '\n' : 'w';
	folder_put_bytes(&f->dir, "many/a", lines, n);
	folder_put_bytes(&f->dir, "many/b", lines, n);
	folder_put_bytes(&f->dir, "many/c", lines, n);
	free(lines);
	assert_true(run(f, query_search, "{\"pattern\":\"w\",\"path\":\"many\",\"limit\":1}"));
	has(f, "\"files\":2,\"matches\":10000,\"truncated\":true", true);
	has(f,
	    "\"rest\":[{\"path\":\"many/a\",\"matches\":9899},{\"path\":\"many/b\",\"matches\":100}]",
	    true);
}

/* What is no file is passed over, and nobody waits for it. */
static void fifo_in_the_way(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(folder_at(&f->dir, "src/pipe"), 0644), 0);
	assert_int_equal(unlink(folder_at(&f->dir, ".gitignore")), 0);
	assert_int_equal(mkfifo(folder_at(&f->dir, ".gitignore"), 0644), 0);
	assert_true(run(f, query_search, "{\"pattern\":\"needle\"}"));
	has(f, "\"files\":3,", true);
	assert_true(run(f, query_list, "{\"path\":\"src\"}"));
	has(f, "pipe", false);
}

/* As read_file shows them; and where "no match" would be a lie, that is said. */
static void searches_every_encoding(void **state)
{
	struct fixture *f = *state;

	folder_put_bytes(&f->dir, "le.txt", "\xff\xfe" "g\0r\0\xf6\0\xdf\0e\0\n\0<\xd8\x42\xdf\n\0", 18);
	folder_put_bytes(&f->dir, "be.txt", "\xfe\xff\0g\0r\0\xf6\0\xdf\0e", 12);
	folder_put(&f->dir, "latin.txt", "Gr\xf6" "sse\n");
	folder_put(&f->dir, "bom.txt", "\xef\xbb\xbfgr\xc3\xb6\xc3\x9f" "e\n");
	folder_put(&f->dir, "other.txt", "\x80\x81\x82 gr\xf6\n"); /* nobody knows what that is */
	folder_put_bytes(&f->dir, "half.txt", "\xff\xfeg\0r", 5);
	folder_put(&f->dir, "large.log", "");
	assert_int_equal(truncate(folder_at(&f->dir, "large.log"), LIMIT_READ_BYTES + 1), 0);
	assert_true(run(f, query_search, "{\"pattern\":\"^grö(ß|ss)e\",\"ignoreCase\":true}"));
	has(f, "{\"path\":\"be.txt\",\"line\":1,\"text\":\"gr\xc3\xb6\xc3\x9f" "e\"}", true);
	has(f, "{\"path\":\"bom.txt\",\"line\":1,\"text\":\"gr", true);
	has(f, "{\"path\":\"latin.txt\",\"line\":1,\"text\":\"Gr\xc3\xb6sse\"}", true);
	has(f, "{\"path\":\"le.txt\",\"line\":1,", true);
	has(f, "\"files\":4", true);
	has(f, "\"skippedFiles\":3,\"skipped\":\"half.txt: The file is UTF-16 with half a character "
	       "at its end.\\nlarge.log: it is too large\\nother.txt: its encoding is not known; only "
	       "ASCII is found\\n\"",
	    true);
	assert_true(run(f, query_search, "{\"pattern\":\"🍂\"}")); /* two units */
	has(f, "{\"path\":\"le.txt\",\"line\":2,", true);
	assert_true(run(f, query_search, "{\"pattern\":\" gr\",\"glob\":\"other.txt\"}"));
	has(f, "\"files\":1", true);
	has(f, "skippedFiles", false);
	assert_true(run(f, query_search, "{\"pattern\":\"needle\",\"glob\":\"bin\"}"));
	has(f, "\"hits\":[],\"files\":0,\"matches\":0,\"truncated\":false,\"cut\":false}", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists, setup, teardown),
		cmocka_unit_test_setup_teardown(list_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(searches, setup, teardown),
		cmocka_unit_test_setup_teardown(searches_every_encoding, setup, teardown),
		cmocka_unit_test_setup_teardown(search_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(long_lines_are_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(searches_open_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(order_and_totals, setup, teardown),
		cmocka_unit_test_setup_teardown(count_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(fifo_in_the_way, setup, teardown),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
