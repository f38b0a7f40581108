/* test_script.c - script files: every key, every mistake, and what a turn expects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/model/script.h"

struct fixture {
	struct arena a;
	struct script s;
	struct err err;
};

static bool parse(struct fixture *x, const char *text)
{
	*x = (struct fixture){ 0 };
	arena_init(&x->a);
	return script_parse(&x->s, &x->a, SLICE("f.jsonl"), slice_of(text), &x->err);
}

static void every_key(void **state)
{
	struct fixture x;
	const struct script_turn *t;

	(void)state;
	assert_true(parse(&x, "# a comment\n\n  \n"
			      "{\"thinking\":\"hm\",\"text\":\"a\\u00e4\",\"calls\":[{\"name\":\"n\",\"input\":{\"k\":[1]}}],"
			      "\"usage\":{\"input\":1,\"cache_read\":2,\"cache_write\":3,\"output\":4},\"stop\":\"length\","
			      "\"delay_ms\":5,\"chunk_ms\":6,\"expect\":[\"x\",\"y\"]}\r\n"
			      "{\"hang\":true}\n{\"error\":{\"code\":\"timeout\",\"message\":\"m\"}}"));
	assert_int_equal(x.s.n, 3);
	t = &x.s.turns[0];
	assert_int_equal(t->line, 4);
	assert_true(slice_eq_cstr(t->thinking, "hm") && slice_eq_cstr(t->text, "a\xc3\xa4"));
	assert_true(t->n_calls == 1 && slice_eq_cstr(t->calls[0].name, "n") &&
		    slice_eq_cstr(t->calls[0].text, "{\"k\":[1]}"));
	assert_true(t->usage.input == 1 && t->usage.cache_read == 2 && t->usage.cache_write == 3 &&
		    t->usage.output == 4);
	assert_true(t->has_stop && t->stop == STOP_LENGTH && t->delay_ms == 5 && t->chunk_ms == 6);
	assert_true(t->n_expect == 2 && slice_eq_cstr(t->expect[1], "y"));
	assert_true(x.s.turns[1].hang);
	assert_int_equal(x.s.turns[2].error.code, ERR_TIMEOUT);
	arena_release(&x.a);
}

static void mistakes(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "{", "f.jsonl:2" },
		{ "[]", "JSON object" },
		{ "{}", "needs one of" },
		{ "{\"text\":\"\"}", "needs one of" },
		{ "{\"text\":1}", "\"text\" must be a string" },
		{ "{\"txt\":\"a\"}", "key \"txt\" is unknown" },
		{ "{\"calls\":{}}", "calls" },
		{ "{\"calls\":[{\"input\":{}}]}", "calls[].name" },
		{ "{\"calls\":[{\"name\":\"a\"}]}", "calls[].input" },
		{ "{\"calls\":[{\"name\":\"a\",\"input\":[]}]}", "calls[].input" },
		{ "{\"text\":\"a\",\"usage\":{\"input\":-1}}", "usage" },
		{ "{\"text\":\"a\",\"usage\":3}", "usage" },
		{ "{\"text\":\"a\",\"stop\":\"never\"}", "\"stop\"" },
		{ "{\"text\":\"a\",\"delay_ms\":-1}", "delay_ms" },
		{ "{\"text\":\"a\",\"chunk_ms\":99999999}", "chunk_ms" },
		{ "{\"hang\":1}", "hang" },
		{ "{\"error\":{\"code\":\"nonsense\",\"message\":\"m\"}}", "error.code" },
		{ "{\"error\":\"m\"}", "error" },
		{ "{\"text\":\"a\",\"expect\":1}", "expect" },
		{ "{\"text\":\"a\",\"expect\":[1]}", "expect" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture x;
		char text[200];

		(void)snprintf(text, sizeof(text), "# first line\n%s\n", cases[i].line);
		assert_false(parse(&x, text));
		assert_int_equal(x.err.code, ERR_PROVIDER);
		assert_non_null(strstr(x.err.msg, cases[i].words));
		assert_non_null(strstr(x.err.msg, "f.jsonl:2: "));
		arena_release(&x.a);
	}
}

static void expectations(void **state)
{
	struct block old[] = { { .kind = BLOCK_TEXT, .text = SLICE("old words") } };
	struct block results[] = { { .kind = BLOCK_RESULT, .text = SLICE("exit status 0") } };
	struct block note[] = { { .kind = BLOCK_TEXT, .text = SLICE("a note") } };
	struct turn turns[] = { { ROLE_USER, { "", 0 }, old, 1 },
				{ ROLE_ASSISTANT, { "", 0 }, old, 1 },
				{ ROLE_USER, { "", 0 }, results, 1 },
				{ ROLE_USER, { "", 0 }, note, 1 } };
	struct transcript t = { turns, 4, 4 };
	struct fixture x;

	(void)state;
	assert_true(parse(&x, "{\"text\":\"a\",\"expect\":[\"status 0\",\"a note\"]}\n"
			      "{\"text\":\"a\",\"expect\":\"old words\"}\n"));
	assert_true(script_check(&x.s, &x.s.turns[0], &t, &x.err));
	assert_false(script_check(&x.s, &x.s.turns[1], &t, &x.err));
	assert_non_null(strstr(x.err.msg, "f.jsonl:2"));
	assert_non_null(strstr(x.err.msg, "\"old words\""));
	assert_non_null(strstr(x.err.msg, "a note"));
	t.n = 0;
	assert_false(script_check(&x.s, &x.s.turns[0], &t, &x.err));
	arena_release(&x.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(expectations),
	};

	return cmocka_run_group_tests_name("agent/model/script", tests, NULL, NULL);
}
