/* test_client_network.c - a worker that sends other descriptors than it was asked for
 *
 * This program is its own worker: the workspace's name says what it sends. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "agent/base/runq.h"
#include "agent/runner/runner.h"

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0"; /* the worker is killed */
}

/* --- the worker --- */

enum { SERVER = 3, FDS_MAX = 2 };

static int tcp(bool bound, bool listening)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if ((bound && bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) ||
	    (listening && listen(fd, 1) < 0))
		exit(1);
	return fd;
}

static int unix_listener(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX }; /* autobind */
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (const struct sockaddr *)&at, sizeof(at.sun_family)) < 0 || listen(fd, 1) < 0)
		exit(1);
	return fd;
}

static size_t descriptors(const char *what, int fds[FDS_MAX])
{
	fds[0] = fds[1] = -1;
	if (strstr(what, "none"))
		return 0;
	if (strstr(what, "file"))
		fds[0] = dup(SERVER);
	else if (strstr(what, "pipe") && pipe(fds) == 0)
		return 1;
	else if (strstr(what, "udp"))
		fds[0] = socket(AF_INET, SOCK_DGRAM, 0);
	else if (strstr(what, "unix"))
		fds[0] = unix_listener();
	else if (strstr(what, "bound"))
		fds[0] = tcp(true, false);
	else
		fds[0] = tcp(true, true);
	if (!strstr(what, "two"))
		return 1;
	fds[1] = tcp(true, true);
	return 2;
}

static void answer(const char *id, size_t id_len, const int *fds, size_t n)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = { .space = { 0 } };
	char body[256], text[400];
	struct iovec iov = { .iov_base = text };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int len = snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":{}}",
			   (int)id_len, id);

	iov.iov_len =
		(size_t)snprintf(text, sizeof(text), "Content-Length: %d\r\n\r\n%s", len, body);
	if (n > 0) {
		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
	}
	if (sendmsg(SERVER, &msg, 0) < 0)
		exit(1);
}

/* One message, cut out. */
static void serve(const char *text, char *what, size_t size)
{
	const char *id = strstr(text, "\"id\":"), *workspace = strstr(text, "\"workspace\":\"");
	int fds[FDS_MAX];
	size_t n = 0;

	if (!id)
		return;
	if (workspace)
		(void)snprintf(what, size, "%.*s", (int)strcspn(workspace + 13, "\""),
			       workspace + 13);
	if (!workspace || strstr(what, "unasked"))
		n = descriptors(what, fds);
	answer(id + 5, strcspn(id + 5, ",}"), fds, n);
}

static int worker(void)
{
	char text[65536], what[64] = "", *end, *body;
	size_t n = 0, bytes;
	ssize_t got;

	while ((got = read(SERVER, text + n, sizeof(text) - 1 - n)) > 0) {
		n += (size_t)got;
		text[n] = 0;
		while ((body = strstr(text, "\r\n\r\n")) != NULL) {
			char message[8192];

			body += 4;
			bytes = strtoul(text + strlen("Content-Length: "), NULL, 10);
			if ((size_t)(text + n - body) < bytes)
				break;
			end = body + bytes;
			(void)snprintf(message, sizeof(message), "%.*s", (int)bytes, body);
			serve(message, what, sizeof(what));
			n -= (size_t)(end - text);
			memmove(text, end, n + 1);
		}
	}
	return 0;
}

/* --- the server --- */

struct fixture {
	uv_loop_t loop;
	struct runq runq;
	struct runner *runner;
	uv_tcp_t listener;
	int answers;
	bool taken, lost;
	struct err err, why;
};

static void stop(struct fixture *f)
{
	runner_stop(f->runner);
	runq_close(&f->runq);
}

static void on_lost(void *payload, const struct err *why)
{
	struct fixture *f = payload;

	f->lost = true;
	f->why = *why;
	if (f->answers == 0) /* else the answer stops it */
		stop(f);
}

static void on_network(void *payload, struct runner *r, const struct err *err)
{
	struct fixture *f = payload;

	f->answers++;
	if (err) {
		f->err = *err;
	} else {
		f->taken = runner_network_take(r, &f->listener, &f->err);
		uv_close((uv_handle_t *)&f->listener, NULL);
	}
	stop(f);
}

static void start(struct fixture *f, const char *what)
{
	static char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct runner_options o = { .workspace = slice_of(what), .lost = on_lost, .payload = f };

	*f = (struct fixture){ .answers = 0 };
	o.program = slice_make(self, n > 0 ? (size_t)n : 0);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	runq_init(&f->runq, &f->loop);
	o.loop = &f->loop;
	o.runq = &f->runq;
	assert_true(runner_start(&o, &f->runner, &f->err));
}

static void run(struct fixture *f)
{
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

static void a_socket_that_listens_is_taken(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "/good");
	(void)runner_network(f.runner, on_network, &f);
	run(&f);
	assert_true(f.taken && f.answers == 1 && !f.lost);
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = { "/none", "/file", "/pipe", "/udp", "/unix", "/bound" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fixture f;

		start(&f, bad[i]);
		(void)runner_network(f.runner, on_network, &f);
		run(&f);
		if (f.taken || f.answers != 1 || f.err.code != ERR_IO)
			fail_msg("%s: %d %d", bad[i], f.taken, f.answers);
	}
}

static void more_than_was_asked_for_ends_it(void **state)
{
	static const char *const bad[] = { "/two", "/unasked", "/unasked two" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fixture f;

		start(&f, bad[i]);
		if (i == 0)
			(void)runner_network(f.runner, on_network, &f);
		run(&f);
		if (f.taken || !strstr(i == 0 ? f.err.msg : f.why.msg, "nobody asked"))
			fail_msg("%s: %s", bad[i], f.why.msg);
	}
}

/* What a call brings that nobody waits for any more is closed, and the next one gets its own. */
static void a_dropped_call_leaves_nothing(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "/good");
	runner_drop(runner_network(f.runner, on_network, &f));
	(void)runner_network(f.runner, on_network, &f);
	run(&f);
	assert_true(f.taken && f.answers == 1 && !f.lost);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_socket_that_listens_is_taken),
					    cmocka_unit_test(anything_else_is_refused),
					    cmocka_unit_test(more_than_was_asked_for_ends_it),
					    cmocka_unit_test(a_dropped_call_leaves_nothing) };

	if (argc == 2 && strcmp(argv[1], "runner") == 0)
		return worker();
	return cmocka_run_group_tests_name("runner/client_network", tests, NULL, NULL);
}
