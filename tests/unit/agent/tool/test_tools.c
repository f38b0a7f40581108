/* test_tools.c - what which model is offered: one way to edit, in an order that never changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/tool/tool.h"

static bool offered(const struct tool_schema *s, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s[i].name, name) == 0)
			return true;
	return false;
}

static bool knows(void *self, enum lookup_kind kind)
{
	(void)kind;
	return self != NULL;
}

static const struct host_ops ops = { .knows = knows };
static char someone;
static const struct host no_editor = { &ops, NULL }, an_editor = { &ops, &someone };
static const struct tool_offer plain = { &no_editor, false }, editor = { &an_editor, false },
			       skilled = { &no_editor, true };

static void one_way_to_edit(void **state)
{
	static const struct {
		const char *model;
		bool patch;
	} rows[] = {
		{ "openai/gpt-6.2", true },
		{ "gpt-5-codex", true },
		{ "openrouter/openai/gpt-6", true },
		{ "openai/codex-mini", true },
		{ "anthropic/claude-opus-5-5", false },
		{ "gemini/gemini-4-argon", false },
		{ "ollama/qwen3-coder", false },
		{ "scripted:/tmp/model.jsonl", false },
		{ "gpt/claude", false },
		{ "", false },
	};
	struct tool_schema s[64];

	(void)state;
	assert_true(tool_count() <= 64);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = tool_schemas(slice_of(rows[i].model), plain, s);

		assert_int_equal(n, tool_count() -
					    6); /* one to edit, four that look up, one of skills */
		assert_int_equal(offered(s, n, "apply_patch"), rows[i].patch);
		assert_int_equal(offered(s, n, "edit_file"), !rows[i].patch);
	}
}

static void the_same_in_the_same_order(void **state)
{
	struct tool_schema a[64], b[64];
	size_t n = tool_schemas(SLICE("anthropic/claude-opus-5-5"), editor, a);
	struct json input;
	struct arena arena;

	(void)state;
	assert_int_equal(n, tool_schemas(SLICE("gpt-6"), editor, b));
	arena_init(&arena);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(a[i].name, "edit_file") == 0)
			assert_string_equal(b[i].name, "apply_patch");
		else
			assert_string_equal(a[i].name, b[i].name);
		assert_non_null(tool_find(slice_of(a[i].name)));
		assert_non_null(tool_find(slice_of(b[i].name)));
		assert_true(json_parse(&arena, slice_of(b[i].input_schema), &input, NULL));
	}
	arena_release(&arena);
}

/* What an editor adds stands behind what is always there: the cached prefix of the prompt stays. */
static void lookups_only_where_someone_knows(void **state)
{
	struct tool_schema a[64], b[64];
	size_t n = tool_schemas(SLICE("claude"), plain, a);

	(void)state;
	assert_int_equal(tool_schemas(SLICE("claude"), editor, b), n + 4);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(a[i].name, b[i].name);
	assert_false(offered(a, n, "diagnostics"));
	assert_true(offered(b, n + 4, "diagnostics") && offered(b, n + 4, "rename"));
	assert_int_equal(tool_schemas(SLICE("claude"), skilled, b), n + 1);
	assert_string_equal(b[n].name, "load_skill");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_way_to_edit),
		cmocka_unit_test(the_same_in_the_same_order),
		cmocka_unit_test(lookups_only_where_someone_knows),
	};

	return cmocka_run_group_tests_name("tool/tools", tests, NULL, NULL);
}
