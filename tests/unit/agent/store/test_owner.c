/* test_owner.c - a process is told from a later one with the same pid, and from one of another machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/store/owner.h"

static void the_living_and_the_dead(void **state)
{
	struct slice self, child;
	struct arena a;
	int to[2];
	char text[512];
	ssize_t n;
	pid_t pid;

	(void)state;
	arena_init(&a);
	self = owner_self(&a);
	assert_int_equal(owner_look(self), OWNER_RUNS);
	assert_int_equal(pipe(to), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		child = owner_self(&a);
		_exit(write(to[1], child.ptr, child.len) != (ssize_t)child.len);
	}
	n = read(to[0], text, sizeof(text));
	assert_true(n > 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	child = slice_make(text, (size_t)n);
	assert_false(slice_eq(child, self));
	assert_int_equal(owner_look(child), OWNER_GONE);
	/* the same pid, started at another time */
	assert_int_equal(owner_look(arena_printf(&a, "%.*s9", SLICE_ARG(self))), OWNER_GONE);
	assert_int_equal(owner_look(arena_printf(&a, "far%.*s", SLICE_ARG(self))), OWNER_ELSEWHERE);
	assert_int_equal(owner_look(SLICE("")), OWNER_ELSEWHERE);
	(void)close(to[0]);
	(void)close(to[1]);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_living_and_the_dead) };

	return cmocka_run_group_tests_name("store/owner", tests, NULL, NULL);
}
