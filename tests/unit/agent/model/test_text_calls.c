/* test_text_calls.c - what is a call in a text, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/model/text_calls.h"
#include "protocol/base/limits.h"

/* calls: "NAME(ARGUMENTS)" one after the other */
static void finds(const char *text, const char *calls, const char *left)
{
	struct text_call out[TEXT_CALLS_MAX];
	char seen[1024] = "";
	struct slice rest;
	struct arena a;
	size_t n, at = 0;

	arena_init(&a);
	n = text_calls(&a, slice_of(text), out, &rest);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, "%.*s(%.*s)",
				       SLICE_ARG(out[i].name), SLICE_ARG(out[i].arguments));
	assert_string_equal(seen, calls);
	if (!slice_eq_cstr(slice_trim(rest), left))
		fail_msg("left: %.*s", SLICE_ARG(rest));
	arena_release(&a);
}

static void forms(void **state)
{
	(void)state;
	finds("Look.\n<tool_call>\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\"}}\n</tool_call>",
	      "read_file({\"path\": \"a\"})", "Look.");
	finds("<tool_call>{\"name\":\"a\",\"arguments\":\"{\\\"x\\\":1}\"}</tool_call> and "
	      "<tool_call>{\"name\":\"b\",\"parameters\":{}}</tool_call>",
	      "a({\"x\":1})b({})", "and");
	finds("[TOOL_CALLS][{\"name\":\"a\",\"arguments\":{}},{\"name\":\"b\",\"arguments\":{}}]",
	      "a({})b({})", "");
	finds("```json\n{\"name\": \"a\", \"arguments\": {\"x\": [1]}}\n```", "a({\"x\": [1]})",
	      "");
	finds("{\"name\":\"a\",\"arguments\":{}}", "a({})", "");
	finds("<function=edit>\n<parameter=path>\na.c\n</parameter>\n<parameter=n>\n3\n</parameter>\n"
	      "<parameter=text>\n  \"x\"\n</parameter>\n</function>",
	      "edit({\"path\":\"a.c\",\"n\":3,\"text\":\"  \\\"x\\\"\"})", "");
	finds("<tool_call>\n<function=now>\n</function>\n</tool_call>", "now({})", "");
}

static void what_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"Call read_file with a path.",
		"{\"name\": \"Emend\", \"version\": \"1\"}",
		"A package: ```json\n{\"name\": \"a\", \"arguments\": {}}\n``` is what I would say.",
		"<tool_call>{\"name\": \"read_file\", \"arguments\": {\"path\":",
		"<tool_call>{\"name\": \"read_file\"}</tool_call>",
		"<tool_call>{\"name\": \"rm -rf\", \"arguments\": {}}</tool_call>",
		"[{\"name\":\"a\",\"arguments\":{}}, 1]",
		"<function=x",
		"<function=edit><parameter=path>a.c</function>",
		"<tool_call><function=edit><parameter=path</function></tool_call>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		finds(texts[i], "", texts[i]);
}

/* More arguments than a call may have: they are not dropped in silence. */
static void too_long(void **state)
{
	static const char open[] = "<function=a><parameter=x>", close[] = "</parameter></function>";
	size_t n = LIMIT_TOOL_ARGS_BYTES, len = strlen(open) + n + strlen(close);
	char *text = malloc(len + 1);

	(void)state;
	assert_non_null(text);
	memcpy(text, open, strlen(open));
	memset(text + strlen(open), 'x', n);
	memcpy(text + strlen(open) + n, close, sizeof(close));
	finds(text, "", text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests_name("model/text_calls", tests, NULL, NULL);
}
