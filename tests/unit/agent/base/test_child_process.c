/* test_child_process.c - real processes: how they end, and what they are given */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/child_process.h"

struct fixture {
	uv_loop_t loop;
	struct child_process child;
	int ends, status, sig;
};

static void ended(struct child_process *c, int status, int sig)
{
	struct fixture *f = c->watch.data;

	f->ends++;
	f->status = status;
	f->sig = sig;
	uv_close((uv_handle_t *)&c->watch, NULL);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	if (!f || uv_loop_init(&f->loop) < 0)
		return -1;
	f->child.ended = ended;
	f->child.watch.data = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int rc = uv_loop_close(&f->loop);

	free(f);
	return rc;
}

static int start(struct fixture *f, const char *file, const char *script, const int *fds)
{
	static const int none[CHILD_FDS] = { -1, -1, -1, -1 };
	const char *argv[] = { file, "-c", script, NULL }, *env[] = { "ONLY=this", NULL };

	return child_process_start(&f->child, &f->loop, file, argv, env, fds ? fds : none);
}

static void tells_how_it_ended(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "/bin/sh", "exit 7", NULL), 0);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->status, 7);
	assert_int_equal(f->sig, 0);
	child_process_kill(&f->child, SIGKILL); /* nobody is hit */
}

static void is_killed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "/bin/sh", "while :; do sleep 60; done", NULL), 0);
	child_process_kill(&f->child, SIGKILL);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->sig, SIGKILL);
}

/* The end of another child is a signal too. */
static void two_are_told_apart(void **state)
{
	struct fixture *f = *state, other = { .child = { .ended = ended } };

	other.child.watch.data = &other;
	assert_int_equal(start(f, "/bin/sh", "read line; exit 1", NULL), 0);
	{
		const char *argv[] = { "/bin/sh", "-c", "exit 2", NULL }, *env[] = { NULL };
		const int none[CHILD_FDS] = { -1, -1, -1, -1 };

		assert_int_equal(
			child_process_start(&other.child, &f->loop, argv[0], argv, env, none), 0);
	}
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->status, 1);
	assert_int_equal(other.ends, 1);
	assert_int_equal(other.status, 2);
}

static void what_cannot_be_started_is_said(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start(f, "/nowhere/sh", "", NULL), -ENOENT);
	uv_close((uv_handle_t *)&f->child.watch, NULL);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->ends, 0);
}

/* Signals that we ignore or block are as they are for a new program. (The C library leaves its own two ignored.) */
static void starts_clean(void **state)
{
	struct fixture *f = *state;
	int pair[2];
	char got[256] = "";
	sigset_t term;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(start(f, "/bin/sh",
			       "exec >&3; pwd; env | grep -c ONLY=this; read -r a b c d e sid f "
			       "</proc/$$/stat; echo $((sid - $$)); "
			       "exec grep -cE 'Sig(Blk|Ign):.*0{7}$' /proc/self/status",
			       (const int[CHILD_FDS]){ -1, -1, -1, pair[1] }),
			 0);
	(void)close(pair[1]);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	for (size_t n = 0; n < sizeof(got) - 1;) {
		ssize_t r = read(pair[0], got + n, sizeof(got) - 1 - n);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	(void)close(pair[0]);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_UNBLOCK, &term, NULL);
	assert_string_equal(got, "/\n1\n0\n2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_how_it_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(is_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(two_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_started_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(starts_clean, setup, teardown),
	};

	return cmocka_run_group_tests_name("base/child_process", tests, NULL, NULL);
}
