/* test_term.c - what may reach a terminal, and what is made of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/cli/screen/term.h"

static void check(const char *in, size_t n, bool one_line, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	term_clean(&b, slice_make(in, n), one_line);
	assert_string_equal(buf_cstr(&b), want);
	buf_release(&b);
}

#define CLEAN(in, want) check(in, sizeof(in) - 1, false, want)
#define LINE(in, want) check(in, sizeof(in) - 1, true, want)
#define BAD "\xef\xbf\xbd"

static void cleaning(void **state)
{
	(void)state;
	CLEAN("plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 text\n\tx",
	      "plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 text\n\tx");
	CLEAN("\033[31mred\033[0m", "^[[31mred^[[0m");
	CLEAN("\033]0;title\007", "^[]0;title^G");
	CLEAN("a\0b\177c", "a^@b^?c");
	CLEAN("one\r\ntwo\rthree", "one\ntwo\nthree");
	CLEAN("c1 \xc2\x9b"
	      "31m",
	      "c1 " BAD "31m");
	CLEAN("rlo \xe2\x80\xae x \xe2\x81\xa6 \xef\xbb\xbf \xe2\x80\x8b",
	      "rlo " BAD " x " BAD " " BAD " " BAD);
	CLEAN("bad \xff\xc3(", "bad " BAD BAD "(");
	LINE("a\nb\tc\rd\r\ne", "a b c d e");
}

static FILE *out_file(char **data, size_t *size)
{
	return open_memstream(data, size);
}

static void no_colour_into_a_file(void **state)
{
	struct term t = { .file = NULL };
	size_t size;
	char *data;

	(void)state;
	t.file = out_file(&data, &size);
	term_text(&t, TERM_RED, SLICE("x\033y"));
	term_diff(&t, SLICE("--- a\n+++ b\n@@ -1 +1 @@\n-old\033[2J\n+new\n"));
	assert_true(term_flush(&t));
	assert_string_equal(data, "x^[y--- a\n+++ b\n@@ -1 +1 @@\n-old^[[2J\n+new\n");
	(void)fclose(t.file);
	free(data);
}

static void colours_are_ours_only(void **state)
{
	struct term t = { .colour = true };
	size_t size;
	char *data;

	(void)state;
	t.file = out_file(&data, &size);
	term_diff(&t, SLICE("+a\033[0m\n-b\n c\n"));
	assert_true(term_flush(&t));
	assert_string_equal(data, "\033[32m+a^[[0m\033[0m\n\033[31m-b\033[0m\n c\n");
	(void)fclose(t.file);
	free(data);
}

static void lines_are_fresh_and_cut(void **state)
{
	struct term t = { .colour = false };
	size_t size;
	char *data;

	(void)state;
	t.file = out_file(&data, &size);
	term_fresh_line(&t);
	term_line(&t, TERM_PLAIN,
		  SLICE("ab\xc3\xa9"
			"cd"),
		  3); /* not inside a character */
	term_fresh_line(&t);
	term_fresh_line(&t);
	term_line(&t, TERM_PLAIN, SLICE("abc"), 3);
	assert_true(term_flush(&t));
	assert_string_equal(data, "ab...\nabc");
	(void)fclose(t.file);
	free(data);
}

static void a_full_disk_is_noticed(void **state)
{
	struct term t;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	term_init(&t, full);
	assert_false(t.colour);
	term_text(&t, TERM_PLAIN, SLICE("x"));
	assert_false(term_flush(&t));
	assert_false(term_flush(&t)); /* and stays noticed */
	(void)fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleaning),
		cmocka_unit_test(no_colour_into_a_file),
		cmocka_unit_test(colours_are_ours_only),
		cmocka_unit_test(lines_are_fresh_and_cut),
		cmocka_unit_test(a_full_disk_is_noticed),
	};

	return cmocka_run_group_tests_name("cli/term", tests, NULL, NULL);
}
