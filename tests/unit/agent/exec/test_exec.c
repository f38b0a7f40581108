/* test_exec.c - the queue of the execution service, in every order: places, refusals, cancelling, the end; and what its
 * requests may hold. This program is its own runner: `PROGRAM runner` is runner_main(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/base/runq.h"
#include "agent/exec/exec.h"
#include "agent/exec/exec_cache.h"
#include "agent/exec/exec_history.h"
#include "agent/worker/wire.h"
#include "protocol/base/mem.h"
#include "protocol/json/json.h"
#include "tests/unit/agent/worker/folder.h"

/* The runner cannot be traced, which the leak checker of a test build wants. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

enum { JOBS = 8 };

struct fixture {
	uv_loop_t loop;
	struct runq runq;
	struct folder dir;
	struct exec *exec;
	struct exec_history history;
	size_t answers, added;
	struct {
		struct fixture *f;
		struct exec_job *job;
		enum exec_status status;
		enum err_code failed;
		bool cancelled;
		char out[64];
		size_t order; /* from 1: when its answer came */
	} of[JOBS];
};

static char program[4096];

static void on_done(void *payload, const struct exec_answer *a)
{
	struct fixture *f = *(struct fixture **)payload;
	size_t i = (size_t)(((char *)payload - (char *)f->of) / (ptrdiff_t)sizeof(f->of[0]));

	f->of[i].job = NULL;
	f->of[i].status = a->status;
	f->of[i].failed = a->failed;
	f->of[i].cancelled = a->cancelled;
	(void)snprintf(f->of[i].out, sizeof(f->of[i].out), "%.*s", SLICE_ARG(a->out));
	f->of[i].order = ++f->answers;
	assert_int_equal(a->execution_id.len, 32);
	assert_int_equal(a->traceparent.len, 55);
}

static bool submit_with(struct fixture *f, size_t i, const char *code, int priority,
			struct err *err)
{
	const struct exec_callbacks cb = { .done = on_done };
	struct exec_request r = { .code = slice_of(code),
				  .language = exec_language_find(SLICE("bash")),
				  .priority = priority };

	f->of[i].f = f;
	return exec_submit(f->exec, &r, &cb, &f->of[i], &f->of[i].job, err);
}

static bool submit(struct fixture *f, size_t i, const char *code, struct err *err)
{
	return submit_with(f, i, code, 0, err);
}

static void wait_answers(struct fixture *f, size_t n)
{
	while (f->answers < n)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
}

static void count(void *self, const struct exec_row *r)
{
	struct fixture *f = self;

	assert_int_equal(r->code_sha256.len, 64);
	f->added++;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct exec_options o = { .at_once = 2, .queue = 3 };
	struct err err;

	folder_make(&f->dir);
	(void)uv_loop_init(&f->loop);
	runq_init(&f->runq, &f->loop);
	f->history = (struct exec_history){ .self = f, .add = count };
	o.loop = &f->loop;
	o.runq = &f->runq;
	o.program = slice_of(program);
	o.state_dir = slice_of(f->dir.path);
	o.history = &f->history;
	*state = f;
	return exec_new(&o, &f->exec, &err) ? 0 : -1;
}

/* The loop ends by itself: no handle is left, whatever still ran. */
static int teardown(void **state)
{
	struct fixture *f = *state;
	int left;

	exec_free(f->exec);
	runq_close(&f->runq);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	left = uv_loop_close(&f->loop);
	folder_free(&f->dir);
	free(f);
	return left;
}

static void need_sandbox(struct fixture *f)
{
	struct err err;

	assert_true(submit(f, 0, "true", &err));
	wait_answers(f, 1);
	if (f->of[0].failed == ERR_SANDBOX)
		skip();
	f->answers = f->added = f->of[0].order = 0;
}

/* Two run, three wait, the sixth is told to come again; who waits is taken in order. */
static void places_and_queue(void **state)
{
	struct fixture *f = *state;
	struct err err;

	need_sandbox(f);
	assert_true(submit(f, 0, "sleep 60", &err));
	assert_true(submit(f, 1, "sleep 60", &err));
	assert_int_equal(exec_running(f->exec), 2);
	assert_true(submit(f, 2, "echo two", &err));
	assert_true(submit(f, 3, "echo three", &err));
	assert_true(submit(f, 4, "echo four", &err));
	assert_int_equal(exec_queued(f->exec), 3);
	assert_false(submit(f, 5, "echo five", &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_non_null(strstr(err.msg, "overloaded"));
	assert_int_equal(f->answers, 0); /* never inside the call */
	exec_cancel(f->of[0].job);
	wait_answers(f, 4);
	assert_true(f->of[0].cancelled);
	assert_string_equal(f->of[2].out, "two\n");
	assert_string_equal(f->of[4].out, "four\n");
	assert_true(f->of[0].order < f->of[2].order && f->of[2].order < f->of[3].order &&
		    f->of[3].order < f->of[4].order);
	assert_int_equal(exec_running(f->exec), 1);
	assert_int_equal(f->added, 4); /* each that has an answer is in the history */
}

/* What is urgent comes first, and of the same urgency what came first; but each step is only so much waiting. */
static void priority_orders_the_queue(void **state)
{
	struct fixture *f = *state;
	struct err err;

	need_sandbox(f);
	assert_true(submit(f, 0, "sleep 60", &err));
	assert_true(submit(f, 1, "sleep 60", &err));
	assert_true(submit_with(f, 2, "echo last", -9, &err));
	assert_true(submit_with(f, 3, "echo first", 9, &err));
	assert_true(submit_with(f, 4, "echo second", 9, &err));
	exec_cancel(f->of[0].job);
	wait_answers(f, 4);
	assert_true(f->of[3].order < f->of[4].order && f->of[4].order < f->of[2].order);
	assert_true(exec_turn(1000, 9) < exec_turn(1000, 0));
	assert_true(exec_turn(1000, -9) < exec_turn(1000 + 18 * EXEC_PRIORITY_MS + 1, 9));
}

/* Cancelled before it began, twice, and dropped: each once or never answered, and its place is free. */
static void cancelled_and_dropped(void **state)
{
	struct fixture *f = *state;
	struct err err;

	need_sandbox(f);
	assert_true(submit(f, 0, "sleep 60", &err));
	assert_true(submit(f, 1, "sleep 60", &err));
	assert_true(submit(f, 2, "echo never", &err));
	assert_true(submit(f, 3, "echo never", &err));
	exec_cancel(f->of[2].job);
	exec_cancel(f->of[2].job);
	exec_drop(f->of[3].job);
	assert_int_equal(exec_queued(f->exec), 0);
	wait_answers(f, 1);
	assert_int_equal(f->of[2].failed, ERR_CANCELLED);
	assert_string_equal(f->of[2].out, "");
	assert_true(submit(f, 4, "echo now", &err));
	exec_drop(f->of[0].job);
	exec_drop(f->of[1].job);
	wait_answers(f, 2);
	assert_string_equal(f->of[4].out, "now\n");
	assert_int_equal(exec_running(f->exec) + exec_queued(f->exec), 0);
	assert_int_equal(f->of[0].order + f->of[1].order + f->of[3].order, 0);
}

/* With two that run, two that wait and one that was refused: teardown finds no handle left. */
static void the_end_with_all_under_way(void **state)
{
	struct fixture *f = *state;
	const struct exec_callbacks cb = { .done = on_done };
	struct exec_request r = { .code = SLICE("1"),
				  .language = exec_language_at(0),
				  .allow_network = true };
	struct exec_probe *probe;
	struct err err;

	for (size_t i = 0; i < 4; i++)
		assert_true(submit(f, i, "sleep 60", &err));
	exec_cancel(f->of[3].job);
	f->of[4].f = f;
	assert_true(exec_submit(f->exec, &r, &cb, &f->of[4], &f->of[4].job, &err));
	assert_false(exec_probe(f->exec, NULL, NULL, &probe, &err)); /* no place for all of it */
	assert_int_equal(f->answers, 0);
}

static void requests_are_read_strictly(void **state)
{
	static const struct {
		const char *json, *wrong; /* wrong NULL: it is fine */
	} cases[] = {
		{ "{\"language\":\"PY\",\"code\":\"1\",\"timeout_seconds\":0.5}", NULL },
		{ "{\"language\":\"python\",\"code\":\"1\",\"stdin_data\":null}", NULL },
		{ "{\"code\":\"1\"}", "language is missing" },
		{ "{\"language\":\"python\",\"code\":7}", "code: expected a string" },
		{ "{\"language\":\"python\",\"timeout_seconds\":\"5\"}", "timeout_seconds" },
		{ "{\"language\":\"python\",\"max_memory_mb\":1.5}", "max_memory_mb" },
		{ "{\"language\":\"python\",\"environment_vars\":{\"A\":1}}", "strings in it" },
		{ "{\"language\":\"python\",\"environment_vars\":[]}", "an object" },
		{ "{\"language\":\"python\",\"dependencies\":[1]}", "dependencies" },
		{ "{\"language\":\"python\",\"allow_network\":1}", "true or false" },
		{ "{\"language\":\"python\",\"cmd\":1}", "\"cmd\"" },
		{ "[]", "no object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct exec_request r;
		struct arena a;
		struct err err;
		struct json v;
		bool ok;

		arena_init(&a);
		assert_true(json_parse(&a, slice_of(cases[i].json), &v, &err));
		ok = exec_request_read(v, &a, &r, &err);
		assert_int_equal(ok, cases[i].wrong == NULL);
		if (!ok && !strstr(err.msg, cases[i].wrong))
			fail_msg("%s: %s", cases[i].json, err.msg);
		arena_release(&a);
	}
}

/* Whatever can change the answer changes the key, and only that: any two of these requests have different keys. */
static void the_key_of_the_cache_names_all(void **state)
{
	static const struct slice env[] = { { "A=1", 3 }, { "B=2", 3 }, { "A=1B=2", 6 } };
	const struct exec_request base = { .code = SLICE("ab"),
					   .language = exec_language_at(0),
					   .stdin_data = SLICE("c"),
					   .env = env,
					   .n_env = 1 };
	struct exec_request r[16];
	struct sha256_hex key[ARRAY_LEN(r) + 1];
	size_t n = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(r); i++)
		r[i] = base;
	r[n++].code = SLICE("aB");
	r[n++].language = exec_language_at(2);
	r[n++].stdin_data = SLICE("d");
	r[n++].stdin_data = SLICE("");
	r[n].code = SLICE("a"); /* the same bytes in other fields */
	r[n++].stdin_data = SLICE("bc");
	r[n++].n_env = 0;
	r[n++].n_env = 2;
	r[n++].env = &env[1];
	r[n++].env = &env[2];
	r[n++].timeout_seconds = 1;
	r[n++].max_memory_mb = 100;
	r[n++].max_output_size = 100;
	r[n++].allow_network = true;
	r[n++].allow_filesystem = true;
	r[n].dependencies = env;
	r[n++].n_dependencies = 1;
	assert_int_equal(n, ARRAY_LEN(r));
	for (size_t i = 0; i < n; i++)
		key[i] = exec_cache_key(&r[i], SLICE("3.11"));
	key[n++] = exec_cache_key(&base, SLICE("3.12"));
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(key[i].s, key[j].s);
	}
	r[0].correlation_id = SLICE("mine"); /* of no matter to the answer */
	r[0].traceparent = SLICE("00");
	assert_string_equal(exec_cache_key(&r[0], SLICE("3.11")).s, key[0].s);
}

/* A small generator of its own: the same requests in every run. */
static size_t pick(uint64_t *seed, size_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(*seed >> 33) % n;
}

static const double some_seconds[] = { 0, 0.2, 29.9999999, 30, 30.0000001, 300 };

static struct exec_request some_request(uint64_t *seed, const struct slice *env,
					struct slice *version)
{
	static const char *const texts[] = { "", "a", "b", "ab", "1:a", "1:a1:b", "a;", "30" };
	static const char *const versions[] = { "3.11", "3.12", "3.1", "" };

	*version = slice_of(versions[pick(seed, ARRAY_LEN(versions))]);
	return (struct exec_request){
		.code = slice_of(texts[pick(seed, ARRAY_LEN(texts))]),
		.language = exec_language_at(pick(seed, 2)),
		.stdin_data = slice_of(texts[pick(seed, ARRAY_LEN(texts))]),
		.env = env + pick(seed, 3),
		.n_env = pick(seed, 3),
		.dependencies = env + pick(seed, 3),
		.n_dependencies = pick(seed, 2),
		.timeout_seconds = some_seconds[pick(seed, ARRAY_LEN(some_seconds))],
		.max_memory_mb = (int)pick(seed, 3) * 11,
		.max_output_size = (int)pick(seed, 3) * 11,
		.allow_network = pick(seed, 2),
		.allow_filesystem = pick(seed, 2),
	};
}

static bool same_list(const struct slice *a, size_t n, const struct slice *b, size_t m)
{
	bool same = n == m;

	for (size_t i = 0; same && i < n; i++)
		same = slice_eq(a[i], b[i]);
	return same;
}

static bool same_request(const struct exec_request *a, const struct exec_request *b)
{
	return slice_eq(a->code, b->code) && a->language == b->language &&
	       slice_eq(a->stdin_data, b->stdin_data) &&
	       same_list(a->env, a->n_env, b->env, b->n_env) &&
	       same_list(a->dependencies, a->n_dependencies, b->dependencies, b->n_dependencies) &&
	       memcmp(&a->timeout_seconds, &b->timeout_seconds, sizeof(double)) == 0 &&
	       a->max_memory_mb == b->max_memory_mb && a->max_output_size == b->max_output_size &&
	       a->allow_network == b->allow_network && a->allow_filesystem == b->allow_filesystem;
}

/* Property: two requests have one key exactly where nothing differs that the answer could depend on. Each second one
 * differs from the first in few fields, or in none. */
static void the_cache_answers_the_very_same_request_only(void **state)
{
	static const struct slice env[] = {
		{ "A=1", 3 }, { "B=2", 3 }, { "A=1", 3 }, { "A=1B=2", 6 }, { "", 0 }
	};
	size_t same = 0, differ = 0;
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct slice v, w;
		struct exec_request a = some_request(&seed, env, &v), b = a,
				    other = some_request(&seed, env, &w);
		bool equal;

		if (pick(&seed, 4) == 0)
			b.timeout_seconds = other.timeout_seconds;
		if (pick(&seed, 4) == 0)
			b.env = other.env, b.n_env = other.n_env;
		if (pick(&seed, 4) == 0)
			b.code = other.code, b.stdin_data = other.stdin_data;
		if (pick(&seed, 6) == 0)
			b.allow_network = other.allow_network,
			b.max_memory_mb = other.max_memory_mb;
		if (pick(&seed, 8) == 0)
			b = other;
		if (pick(&seed, 3) > 0)
			w = v;
		equal = same_request(&a, &b) && slice_eq(v, w);
		same += equal;
		differ += !equal;
		if (equal != (strcmp(exec_cache_key(&a, v).s, exec_cache_key(&b, w).s) == 0))
			fail_msg("round %d: the keys say otherwise", i);
	}
	assert_true(same > 1000 && differ > 1000);
}

static void languages_by_name_and_by_file(void **state)
{
	(void)state;
	assert_string_equal(exec_language_find(SLICE("NodeJS"))->name, "javascript");
	assert_null(exec_language_find(SLICE("")));
	assert_null(exec_language_find(SLICE("js node")));
	assert_string_equal(exec_language_of_file(SLICE("a/b.sql"))->name, "sql");
	assert_null(exec_language_of_file(SLICE("a.c")));
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(places_and_queue),
		CASE(priority_orders_the_queue),
		CASE(cancelled_and_dropped),
		CASE(the_end_with_all_under_way),
		cmocka_unit_test(requests_are_read_strictly),
		cmocka_unit_test(the_key_of_the_cache_names_all),
		cmocka_unit_test(the_cache_answers_the_very_same_request_only),
		cmocka_unit_test(languages_by_name_and_by_file),
	};

	if (argc > 1 && strcmp(argv[1], "runner") == 0)
		return runner_main();
	if (!realpath(argv[0], program))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
