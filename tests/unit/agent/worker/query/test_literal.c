/* test_literal.c - the text that every match must hold: by example, and against the matcher itself */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/worker/ignore/match.h"
#include "agent/worker/query/literal.h"

static void check(const char *pattern, bool plain, const char *want)
{
	struct buf out;

	buf_init(&out, strlen(pattern));
	literal_of(slice_of(pattern), plain, &out);
	if (strcmp(buf_cstr(&out), want) != 0)
		fail_msg("%s gives \"%s\", not \"%s\"", pattern, buf_cstr(&out), want);
	buf_release(&out);
}

static void examples(void **state)
{
	(void)state;
	check("needle", false, "needle");
	check("n.edle", false, "edle");
	check("n.edle", true, "n.edle");
	check("gr\xc3\xb6sse", true, "sse");
	check("\\w+_init\\(", false, "_init(");
	check("ab?cd*efg+h", false, "efg");
	check("foo(bar|baz)+qux", false, "foo");
	check("x{2}longer", false, "longer");
	check("[a-z]+err\\b = -1", false, "err = -1");
	check("a|bcd", false, "");
	check("foo|bar", false, "");
	check("(?i)foo", false, "");
	check("(?:foo)?barn", false, "barn");
	check("foo(?=bar)", false, "");
	check("\\Qa.b\\E", false, "");
	check("\\x41bc", false, "");
	check("\\N{U+41}bc", false, "");
	check("(*UTF)abc", false, "");
	check("^struct \\w+ \\{$", false, "struct ");
	check("a", false, "");
	check("", false, "");
}

static uint64_t dice_state = 7;

static unsigned dice(unsigned n)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice_state >> 33) % n;
}

static void random_text(char *out, const char *const *parts, unsigned n_parts, unsigned n)
{
	for (out[0] = 0; n; n--)
		(void)strcat(out, parts[dice(n_parts)]);
}

/* No match of a random pattern is without its literal. */
static void never_wrong(void **state)
{
	static const char *const parts[] = {
		"a",	       "b",	   "ab",      "ba",	"c",	".",	"*",	     "+",
		"?",	       "|",	   "(",	      ")",	"(?:",	"[ab]", "[^a]",	     "{2}",
		"{1,2}",       "{0}",	   "\\w",     "\\d",	"\\b",	"\\.",	"\\(",	     "^",
		"$",	       "\\x61",	   "\\Q",     "\\E",	"(?i)", "(?=",	"(?!",	     "[]a]",
		"[[:alpha:]]", "\\1",	   "\\K",     "{,2}",	"\\s*", "+?",	"*+",	     "{",
		"\\N{U+61}",   "(?<n>",	   "(?|",     "\\p{L}", "#",	"(?x)", "(*ACCEPT)", "(?#",
		"\\c",	       "\\o{141}", "\\g{-1}", "[\\]b]"
	};
	static const char *const letters[] = { "a", "b", "c", "ab", "ba", "A", "B",
					       "(", ".", " ", "{",  "1",  "}" };
	unsigned valid = 0, matched = 0;

	(void)state;
	for (unsigned round = 0; round < 60000; round++) {
		char pattern[200], text[200];
		struct match *m = NULL;
		size_t start, end;
		struct err err;
		struct buf lit;

		random_text(pattern, parts, dice(2) ? 9 : ARRAY_LEN(parts), 1 + dice(7));
		if (!match_new(slice_of(pattern), 0, &m, &err))
			continue;
		valid++;
		buf_init(&lit, strlen(pattern));
		literal_of(slice_of(pattern), false, &lit);
		for (unsigned i = 0; i < 10 && lit.len > 0; i++) {
			random_text(text, letters, ARRAY_LEN(letters), 1 + dice(10));
			if (match_find(m, slice_of(text), 0, &start, &end) != MATCH_YES)
				continue;
			matched++;
			if (!strstr(text, lit.data))
				fail_msg("%s matches %s without %s", pattern, text, lit.data);
		}
		buf_release(&lit);
		match_free(m);
	}
	assert_true(valid > 10000 && matched > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(examples),
					    cmocka_unit_test(never_wrong) };

	return cmocka_run_group_tests_name("literal", tests, NULL, NULL);
}
