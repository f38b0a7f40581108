/* test_granted.c - "always" holds in its workspace, for its command, and nowhere else. */
#include "agent/policy/granted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static enum verdict verdict(const struct granted *g, const char *workspace, const char *command)
{
	struct policy *p = policy_new(MODE_ASK);
	struct decision d = { 0 };
	struct arena a;

	arena_init(&a);
	granted_apply(g, slice_of(workspace), p);
	policy_command(p, slice_of(command), &a, &d);
	arena_release(&a);
	policy_free(p);
	return d.verdict;
}

static void holds_where_it_was_given(void **state)
{
	struct granted *g = granted_new(NULL);

	(void)state;
	granted_add(g, SLICE("/ws"), SLICE("make test"));
	granted_add(g, SLICE("/ws"), SLICE("make test"));
	assert_int_equal(verdict(g, "/ws", "make test"), VERDICT_ALLOW);
	assert_int_equal(verdict(g, "/ws", "make test V=1"), VERDICT_ALLOW);
	assert_int_equal(verdict(g, "/ws", "make install"), VERDICT_ASK);
	assert_int_equal(verdict(g, "/other", "make test"), VERDICT_ASK);
	assert_int_equal(verdict(g, "/ws", "make test && rm -rf /"), VERDICT_DENY);
	granted_free(g);
	granted_free(NULL);
}

static void is_bounded(void **state)
{
	struct granted *g = granted_new(NULL);
	char rule[32];

	(void)state;
	for (int i = 0; i < 400; i++) {
		rule[0] = (char)('a' + i % 26);
		rule[1] = (char)('a' + i / 26);
		rule[2] = '\0';
		granted_add(g, SLICE("/ws"), slice_of(rule));
	}
	assert_int_equal(verdict(g, "/ws", "ba"), VERDICT_ALLOW);
	assert_int_equal(verdict(g, "/ws", "jp"), VERDICT_ASK); /* the 400th */
	granted_free(g);
}

static void is_kept_for_later_runs(void **state)
{
	char file[] = "/tmp/emend-granted-XXXXXX";
	int fd = mkstemp(file);
	struct granted *g;
	struct err err;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "no json\n", 8), 8);
	(void)close(fd);
	g = granted_new(file);
	granted_add(g, SLICE("/ws"), SLICE("touch"));
	assert_true(granted_save(g, SLICE("/ws"), SLICE("make \"x\""), &err));
	assert_true(granted_save(g, SLICE("/ws"), SLICE("make test"), &err));
	granted_free(g);
	g = granted_new(file);
	assert_int_equal(verdict(g, "/ws", "make test"), VERDICT_ALLOW);
	assert_int_equal(verdict(g, "/other", "make test"), VERDICT_ASK);
	assert_int_equal(verdict(g, "/ws", "touch x"), VERDICT_ASK); /* it was for one run only */
	granted_free(g);
	(void)unlink(file);
	g = granted_new("/nowhere/at/all");
	assert_false(granted_save(g, SLICE("/ws"), SLICE("make"), &err));
	granted_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(holds_where_it_was_given),
					    cmocka_unit_test(is_bounded),
					    cmocka_unit_test(is_kept_for_later_runs) };

	return cmocka_run_group_tests_name("policy/granted", tests, NULL, NULL);
}
