/* test_log_tamper.c - whatever is done to the lines of a log, it shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/agent/store/shelf.h"

#define LOG "sessions/s1/log.jsonl"
enum { LINES = 6 };

struct fixture {
	struct shelf *shelf;
	struct scratch scratch;
	char *data;
	size_t n;
	size_t start[LINES + 1]; /* of each line; the last: end of file */
};

static void make(struct fixture *f, struct shelf *s)
{
	struct event_log *l = NULL;
	struct err err = { 0 };
	size_t line = 0;

	f->shelf = s;
	f->scratch = s->scratch;
	assert_true(event_log_open(s->store, SLICE("s1"), &l, &err));
	for (int i = 0; i < LINES; i++) {
		struct jw *w = event_log_begin(l, "call");

		jw_ki64(w, "number", i);
		jw_kcstr(w, "text", "same");
		assert_true(event_log_end(l, &err));
	}
	shelf_close(s, l);
	f->n = scratch_read(&f->scratch, LOG, &f->data);
	for (size_t i = 0; i < f->n; i++)
		if (i == 0 || f->data[i - 1] == '\n')
			f->start[line++] = i;
	f->start[line] = f->n;
	assert_int_equal(line, LINES);
}

static bool count(void *payload, struct json event, struct err *err)
{
	(void)event, (void)err;
	++*(unsigned *)payload;
	return true;
}

/* The log now holds `data`; reading passes `good` events, then names line good + 1; opening fails
 * too. */
static void expect_bad(struct fixture *f, const char *data, size_t n, unsigned good)
{
	struct event_log *l = NULL;
	struct err err = { 0 };
	char where[32];
	unsigned seen = 0;

	scratch_write(&f->scratch, LOG, data, n);
	(void)snprintf(where, sizeof(where), "log.jsonl:%u:", good + 1);
	assert_false(event_log_read(scratch_dir(&f->scratch), SLICE("s1"), count, &seen, &err));
	assert_int_equal(err.code, ERR_INVALID);
	if (!strstr(err.msg, where))
		fail_msg("\"%s\" does not name %s", err.msg, where);
	assert_int_equal(seen, good);
	err = (struct err){ 0 };
	assert_false(event_log_open(f->shelf->store, SLICE("s1"), &l, &err));
	assert_int_equal(err.code, ERR_INVALID);
}

static void every_changed_byte_shows(void **state)
{
	struct fixture f;
	char *copy;

	make(&f, *state);
	copy = malloc(f.n);
	for (unsigned line = 0; line < LINES; line += 2) {
		for (size_t i = f.start[line]; i + 1 < f.start[line + 1]; i++) {
			memcpy(copy, f.data, f.n);
			copy[i] = copy[i] == 'a' ? 'b' : 'a';
			expect_bad(&f, copy, f.n, line);
		}
	}
	free(copy);
	free(f.data);
}

static void removed_lines_show(void **state)
{
	struct fixture f;
	char *copy;

	make(&f, *state);
	copy = malloc(f.n);
	for (unsigned line = 0; line + 1 < LINES; line++) {
		size_t len = f.start[line + 1] - f.start[line];

		memcpy(copy, f.data, f.start[line]);
		memcpy(copy + f.start[line], f.data + f.start[line + 1], f.n - f.start[line + 1]);
		expect_bad(&f, copy, f.n - len, line);
	}
	free(copy);
	free(f.data);
}

static void swapped_and_doubled_lines_show(void **state)
{
	struct fixture f;
	char *copy;
	size_t one, two;

	make(&f, *state);
	copy = malloc(2 * f.n);
	one = f.start[2] - f.start[1];
	two = f.start[3] - f.start[2];
	memcpy(copy, f.data, f.n);
	memcpy(copy + f.start[1], f.data + f.start[2], two);
	memcpy(copy + f.start[1] + two, f.data + f.start[1], one);
	expect_bad(&f, copy, f.n, 1);

	memcpy(copy, f.data, f.start[2]);
	memcpy(copy + f.start[2], f.data + f.start[1], one);
	memcpy(copy + f.start[2] + one, f.data + f.start[2], f.n - f.start[2]);
	expect_bad(&f, copy, f.n + one, 2);
	free(copy);
	free(f.data);
}

static void foreign_lines_show(void **state)
{
	static const char *const foreign[] = {
		"\n", "{}\n", "{\"seq\":4}\n", "not json at all\n",
		("{\"seq\":4,\"type\":\"notice\",\"hash\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\"}\n")
	};
	struct fixture f;

	make(&f, *state);
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
		size_t len = strlen(foreign[i]);
		char *copy = malloc(f.n + len);

		memcpy(copy, f.data, f.start[3]);
		memcpy(copy + f.start[3], foreign[i], len);
		memcpy(copy + f.start[3] + len, f.data + f.start[3], f.n - f.start[3]);
		expect_bad(&f, copy, f.n + len, 3);
		free(copy);
	}
	free(f.data);
}

/* Whoever writes a line with a right hash of its own still breaks the next one. */
static void line_with_new_hash_breaks_the_next(void **state)
{
	struct fixture f;
	struct sha256_hex hash;
	char *copy, before[65];
	size_t text;

	make(&f, *state);
	copy = malloc(f.n);
	memcpy(copy, f.data, f.n);
	memcpy(before, f.data + f.start[3] - 67, 64);
	text = f.start[4] - f.start[3] - 76;
	copy[f.start[3] + text - 2] = 'X'; /* "same" becomes "samX" */
	hash = sha256_two(slice_make(before, 64), slice_make(copy + f.start[3], text));
	memcpy(copy + f.start[4] - 67, hash.s, 64);
	expect_bad(&f, copy, f.n, 4);
	free(copy);
	free(f.data);
}

static void line_number_must_fit(void **state)
{
	struct fixture f;
	struct err err = { 0 };
	struct sha256_hex hash;
	char zeros[64], line[256];
	unsigned seen = 0;
	int n;

	make(&f, *state);
	memset(zeros, '0', sizeof(zeros));
	n = snprintf(line, sizeof(line), "{\"seq\":7,\"type\":\"notice\"");
	hash = sha256_two(slice_make(zeros, 64), slice_make(line, (size_t)n));
	n += snprintf(line + n, sizeof(line) - (size_t)n, ",\"hash\":\"%s\"}\n", hash.s);
	scratch_write(&f.scratch, LOG, line, (size_t)n);
	assert_false(event_log_read(scratch_dir(&f.scratch), SLICE("s1"), count, &seen, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_int_equal(seen, 0);
	free(f.data);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, shelf_setup, shelf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_changed_byte_shows),		  TEST(removed_lines_show),
		TEST(swapped_and_doubled_lines_show),	  TEST(foreign_lines_show),
		TEST(line_with_new_hash_breaks_the_next), TEST(line_number_must_fit),
	};

	return cmocka_run_group_tests_name("store/log_tamper", tests, NULL, NULL);
}
