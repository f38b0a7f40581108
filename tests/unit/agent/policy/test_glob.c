/* test_glob.c - names against patterns, beside a matcher that tries everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/policy/glob.h"
#include "protocol/base/limits.h"

enum { CASES = 200000, LEN_MAX = 6 };

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The end of the brackets at p, NULL if they never close; *hit: c is in them. */
static const char *brackets(const char *p, char c, bool *hit)
{
	bool negate = p[1] == '!' || p[1] == '^';
	const char *first = p + 1 + negate, *end = first + (*first == ']');

	end += strcspn(end, "]");
	if (*first == '\0' || *end != ']')
		return NULL;
	*hit = false;
	for (const char *at = first; at < end; at++) {
		bool range = at + 2 < end && at[1] == '-';

		if (small(c) >= small(*at) && small(c) <= small(at[range ? 2 : 0]))
			*hit = true;
		at += range ? 2 : 0;
	}
	*hit = *hit != negate;
	return end;
}

static bool tries_all(const char *p, const char *t)
{
	const char *end;
	bool hit = false;

	if (*p == '\0' || (*p == '*' && tries_all(p + 1, t)))
		return *p != '\0' || *t == '\0';
	if (*t == '\0')
		return false;
	if (*p == '*')
		return tries_all(p, t + 1);
	end = *p == '[' ? brackets(p, *t, &hit) : NULL;
	if (end)
		return hit && tries_all(end + 1, t + 1);
	return (*p == '?' || small(*p) == small(*t)) && tries_all(p + 1, t + 1);
}

static void make(char *out, const char *letters, unsigned *seed)
{
	size_t n = (size_t)rand_r(seed) % (LEN_MAX + 1);

	for (size_t i = 0; i < n; i++)
		out[i] = letters[(size_t)rand_r(seed) % strlen(letters)];
	out[n] = '\0';
}

static void test_as_one_that_tries_all(void **state)
{
	char pattern[LEN_MAX + 1], text[LEN_MAX + 1];
	unsigned seed = 1;
	size_t hits = 0;

	(void)state;
	for (int i = 0; i < CASES; i++) {
		bool is, shall;

		make(pattern, "aAb.***?[]!-", &seed);
		make(text, "aAb.]", &seed);
		is = glob_match(slice_of(pattern), slice_of(text), true);
		shall = tries_all(pattern, text);
		if (is != shall)
			fail_msg("\"%s\" and \"%s\": %d", pattern, text, is);
		if (shall && *text && !glob_begins(slice_of(pattern), *text, true))
			fail_msg("\"%s\" may begin like \"%s\"", pattern, text);
		hits += shall;
	}
	assert_true(hits > CASES / 50);
}

static void test_case_counts(void **state)
{
	(void)state;
	assert_true(glob_match(SLICE("*.pem"), SLICE("a.pem"), false));
	assert_false(glob_match(SLICE("*.pem"), SLICE("a.PEM"), false));
	assert_true(glob_match(SLICE("*.pem"), SLICE("a.PEM"), true));
	assert_false(glob_begins(SLICE("x"), 'X', false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_one_that_tries_all),
		cmocka_unit_test(test_case_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
