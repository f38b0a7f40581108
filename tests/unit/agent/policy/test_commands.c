/* test_commands.c - verdicts on command lines, from commands.txt beside this file.
 *
 * A line is MODE|VERDICT|COMMAND; in COMMAND "\n" is a line end and "\\" a backslash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/policy/policy.h"
#include "protocol/base/buf.h"

enum { LEAST_CASES = 300 };

static struct slice field(struct slice *line)
{
	size_t bar = slice_find_byte(*line, '|', 0);
	struct slice out;

	assert_true(bar != SIZE_MAX);
	out = slice_sub(*line, 0, bar);
	*line = slice_sub(*line, bar + 1, line->len);
	return out;
}

static struct slice unescaped(struct arena *a, struct slice s)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '\\' && i + 1 < s.len && (s.ptr[i + 1] == 'n' || s.ptr[i + 1] == '\\'))
			c = s.ptr[++i] == 'n' ? '\n' : '\\';
		out[n++] = c;
	}
	return slice_make(out, n);
}

static bool check(struct slice line, int number)
{
	struct slice mode_text = field(&line), want = field(&line);
	struct arena a;
	struct decision d;
	struct policy *p;
	enum mode mode;
	bool ok;

	assert_true(mode_parse(mode_text, &mode));
	arena_init(&a);
	p = policy_new(mode);
	policy_set_root(p, SLICE("/home/me/work"));
	policy_command(p, unescaped(&a, line), &a, &d);
	ok = slice_eq_cstr(want, verdict_name(d.verdict));
	if (!ok)
		print_error("commands.txt:%d: %.*s: want %.*s, got %s (%.*s: %.*s)\n", number,
			    SLICE_ARG(line), SLICE_ARG(want), verdict_name(d.verdict),
			    SLICE_ARG(d.rule), SLICE_ARG(d.why));
	if (d.rule.len == 0 || d.why.len == 0) {
		print_error("commands.txt:%d: a decision without a reason\n", number);
		ok = false;
	}
	if (d.verdict != VERDICT_ASK && d.always.len > 0) {
		print_error("commands.txt:%d: \"always\" is only for what asks\n", number);
		ok = false;
	}
	policy_free(p);
	arena_release(&a);
	return ok;
}

static FILE *open_table(void)
{
	static const char *const places[] = { "tests/unit/agent/policy/commands.txt",
					      "../tests/unit/agent/policy/commands.txt",
					      "../../tests/unit/agent/policy/commands.txt" };
	FILE *f = NULL;

	for (size_t i = 0; i < ARRAY_LEN(places) && !f; i++)
		f = fopen(places[i], "r");
	return f;
}

static void test_table(void **state)
{
	FILE *f = open_table();
	int number = 0, cases = 0, wrong = 0;
	char text[4096];

	(void)state;
	assert_non_null(f);
	while (fgets(text, sizeof(text), f)) {
		struct slice line = slice_trim(slice_of(text));

		number++;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		cases++;
		wrong += !check(line, number);
	}
	(void)fclose(f);
	assert_int_equal(wrong, 0);
	assert_true(cases >= LEAST_CASES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("policy/commands", tests, NULL, NULL);
}
