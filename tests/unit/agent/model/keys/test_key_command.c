/* test_key_command.c - the user's key command: what it prints, and how it is ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/model/keys/key_command.h"

struct seen {
	char key[64];
	struct err err;
	int n;
	bool inside;
};

static void on_key(void *payload, struct slice key, const struct err *err)
{
	struct seen *s = payload;

	assert_false(s->inside);
	s->n++;
	(void)snprintf(s->key, sizeof(s->key), "%.*s", SLICE_ARG(key));
	if (err)
		s->err = *err;
}

static struct seen run(const char *command)
{
	struct seen s = { .inside = true };
	struct err err = { 0 };
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	assert_non_null(key_command_start(&loop, command, "The key command", on_key, &s, &err));
	s.inside = false;
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(s.n, 1);
	return s;
}

static void prints(void **state)
{
	static const struct {
		const char *command, *key, *words; /* words: of the error */
	} cases[] = {
		{ "echo secret", "secret", NULL },
		{ "printf 'a\\nb\\n'", "a", NULL },
		{ "printf ' padded \\r\\n'", "padded", NULL },
		{ "printf nolineend", "nolineend", NULL },
		{ "echo k; sleep 100 &", "k", NULL },
		{ "read x && echo \"$x\" || echo eof", "eof", NULL },
		{ "true", "", "printed nothing" },
		{ "echo; echo late", "", "printed nothing" },
		{ "echo k; exit 7", "k", "status 7" },
		{ "kill -9 $$", "", "status 137" },
		{ "head -c 100000 /dev/zero", "", "more than" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct seen s = run(cases[i].command);

		if (cases[i].words)
			assert_non_null(strstr(s.err.msg, cases[i].words));
		else
			assert_int_equal(s.err.code, ERR_NONE);
		if (!cases[i].words || cases[i].key[0])
			assert_string_equal(s.key, cases[i].key);
	}
}

static void dropped(void **state)
{
	struct seen s = { 0 };
	struct err err = { 0 };
	struct key_command *k;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	k = key_command_start(&loop, "sleep 100 | sleep 100", "The key command", on_key, &s, &err);
	assert_non_null(k);
	key_command_drop(k);
	(void)uv_run(&loop, UV_RUN_DEFAULT); /* ends soon: alarm() would end the test */
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(s.n, 0);
	key_command_drop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints),
		cmocka_unit_test(dropped),
	};

	(void)alarm(60);
	return cmocka_run_group_tests_name("agent/model/key_command", tests, NULL, NULL);
}
