/* test_options.c - the command line, word by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/cli/options.h"

enum { WORDS_MAX = 32 };

/* Splits at blanks into argv form; "_" stands for the empty word. */
static int split(char *text, char **out)
{
	static char empty[] = "";
	int n = 0;

	for (char *p = text; *p && n < WORDS_MAX;) {
		out[n++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
		if (strcmp(out[n - 1], "_") == 0)
			out[n - 1] = empty;
	}
	return n;
}

static bool parse(struct arena *a, const char *line, const char **command, struct args *out,
		  struct err *err)
{
	char **words = arena_array(a, WORDS_MAX, sizeof(*words));
	int n = split(arena_cstr(a, slice_of(line)), words);

	options_find_command(words, n, command);
	return options_parse(a, words, n, *command, UINT64_MAX & ~OPT_CONFIRM, out, err);
}

static void commands_are_found(void **state)
{
	static const struct {
		const char *line, *command;
	} t[] = {
		{ "do x", "do" },
		{ "-C dir do x", "do" },
		{ "-Cdir do", "do" },
		{ "-v -q do", "do" },
		{ "-vC dir do", "do" },
		{ "--dir=x do", "do" },
		{ "--max-usd 3 do", "do" },
		{ "--json do", "do" },
		{ "--help", NULL },
		{ "-- do", NULL },
		{ "", NULL },
		{ "- x", "-" },
		{ "--unknown thing", "thing" },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		char **words = arena_array(&a, WORDS_MAX, sizeof(*words));
		int n = split(arena_cstr(&a, slice_of(t[i].line)), words);
		const char *command = "?";

		options_find_command(words, n, &command);
		if (t[i].command)
			assert_string_equal(command, t[i].command);
		else
			assert_null(command);
	}
	arena_release(&a);
}

static void values_and_words(void **state)
{
	const char *command;
	struct err err = { 0 };
	struct args args;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_true(parse(
		&a, "-C here do fix it --model=m --max-usd 0.5 -vq --rw a --rw b do - -- x -y",
		&command, &args, &err));
	assert_string_equal(command, "do");
	assert_string_equal(args.dir, "here");
	assert_string_equal(args.model, "m");
	assert_true(args.max_usd == 0.5);
	assert_int_equal(args.given,
			 OPT_DIR | OPT_MODEL | OPT_MAX_USD | OPT_VERBOSE | OPT_QUIET | OPT_RW);
	assert_int_equal(args.n_rw, 2);
	assert_string_equal(args.rw[1], "b");
	assert_int_equal(args.n_words, 4);
	assert_string_equal(args.words[0], "fix");
	assert_string_equal(args.words[2], "do"); /* only the first one is the command */
	assert_string_equal(args.words[3], "-");
	assert_int_equal(args.n_rest, 2);
	assert_string_equal(args.rest[1], "-y");
	arena_release(&a);
}

static void mistakes_are_told(void **state)
{
	static const struct {
		const char *line, *words;
	} t[] = {
		{ "do --modle x", "did you mean --model" },
		{ "do --zzzz", "Unknown option --zzzz. See: emend do --help" },
		{ "do -Z", "Unknown option -Z" },
		{ "do -vZ", "Unknown option -Z" },
		{ "do --model", "--model wants a value: --model NAME" },
		{ "do -C", "--dir wants a value" },
		{ "do --json=yes", "--json takes no value" },
		{ "do --max-usd x", "expected a number" },
		{ "do --max-usd -1", "expected a number above 0" },
		{ "do --max-usd 0", "above 0" },
		{ "do --max-usd nan", "expected a number" },
		{ "do --max-usd inf", "expected a number" },
		{ "do --max-usd 1e9", "at most 100000" },
		{ "do --max-usd=", "expected a number" },
		{ "do --max-turns 2.5", "whole number" },
	};
	const char *command;
	struct args args;
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct err err = { 0 };

		if (parse(&a, t[i].line, &command, &args, &err))
			fail_msg("%s was taken", t[i].line);
		assert_int_equal(err.code, ERR_USAGE);
		if (!strstr(err.msg, t[i].words))
			fail_msg("%s: \"%s\" lacks \"%s\"", t[i].line, err.msg, t[i].words);
	}
	arena_release(&a);
}

static void only_allowed_options_count(void **state)
{
	char word[] = "--json";
	char *words[] = { word };
	struct err err = { 0 };
	struct args args;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_true(options_parse(&a, words, 1, NULL, OPT_JSON, &args, &err));
	assert_false(options_parse(&a, words, 1, NULL, OPTS_COMMON, &args, &err));
	arena_release(&a);
}

static void too_many_folders(void **state)
{
	char option[] = "--rw", value[] = "x";
	char *words[2 * (RW_MAX + 1)];
	struct err err = { 0 };
	struct args args;
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		words[i] = i % 2 ? value : option;
	assert_true(options_parse(&a, words, 2 * RW_MAX, NULL, ~0u, &args, &err));
	assert_false(options_parse(&a, words, 2 * RW_MAX + 2, NULL, ~0u, &args, &err));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_found), cmocka_unit_test(values_and_words),
		cmocka_unit_test(mistakes_are_told),  cmocka_unit_test(only_allowed_options_count),
		cmocka_unit_test(too_many_folders),
	};

	return cmocka_run_group_tests_name("cli/options", tests, NULL, NULL);
}
