/* test_pg.c - results of a PostgreSQL server that come in pieces. The library is a fake: its table has functions of this
 * file, and each byte on a socket pair is one message of the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/fleet/pg.h"

/* What the library has read: 'R' a result, 'Z' that the server is ready for the next query. */
struct server {
	int fd[2]; /* of the client; of the test */
	bool busy;
	unsigned results, given, cleared;
	bool ready;
};
static struct server server;

static PQconninfoOption *fake_conninfoParse(const char *text, char **why)
{
	(void)text, (void)why;
	return calloc(1, sizeof(PQconninfoOption));
}

static void fake_conninfoFree(PQconninfoOption *o)
{
	free(o);
}

static PGconn *fake_connectStartParams(const char *const *keys, const char *const *values, int n)
{
	(void)keys, (void)values, (void)n;
	return (PGconn *)(void *)&server;
}

static PostgresPollingStatusType fake_connectPoll(PGconn *c)
{
	(void)c;
	return PGRES_POLLING_OK;
}

static ConnStatusType fake_status(const PGconn *c)
{
	(void)c;
	return CONNECTION_OK;
}

static int fake_socket(const PGconn *c)
{
	(void)c;
	return server.fd[0];
}

static char *fake_errorMessage(const PGconn *c)
{
	static char text[] = "an error";

	(void)c;
	return text;
}

static void fake_finish(PGconn *c)
{
	(void)c;
}

static int fake_setnonblocking(PGconn *c, int on)
{
	(void)c, (void)on;
	return 0;
}

static PQnoticeReceiver fake_setNoticeReceiver(PGconn *c, PQnoticeReceiver r, void *arg)
{
	(void)c, (void)arg;
	return r;
}

static int fake_sendQueryParams(PGconn *c, const char *sql, int n, const Oid *types,
				const char *const *values, const int *lengths, const int *formats,
				int format)
{
	(void)c, (void)sql, (void)n, (void)types, (void)values, (void)lengths, (void)formats,
		(void)format;
	server.busy = true;
	server.ready = false;
	return 1;
}

static int fake_flush(PGconn *c)
{
	(void)c;
	return 0;
}

static int fake_consumeInput(PGconn *c)
{
	char message;

	(void)c;
	if (recv(server.fd[0], &message, 1, MSG_DONTWAIT) != 1)
		return 0;
	server.results += message == 'R';
	server.ready = message == 'Z';
	return 1;
}

static int fake_isBusy(PGconn *c)
{
	(void)c;
	return server.given == server.results && !server.ready;
}

static PGresult *fake_getResult(PGconn *c)
{
	(void)c;
	if (server.given == server.results)
		return NULL;
	server.given++;
	return (PGresult *)(void *)&server.given;
}

static ExecStatusType fake_resultStatus(const PGresult *r)
{
	(void)r;
	return PGRES_TUPLES_OK;
}

static void fake_clear(PGresult *r)
{
	server.cleared += r != NULL;
}

struct fixture {
	uv_loop_t loop;
	struct pg *pg;
	bool ready, done;
	bool got; /* a result */
};

static void on_ready(void *owner)
{
	((struct fixture *)owner)->ready = true;
}

static void on_lost(void *owner)
{
	((struct fixture *)owner)->ready = false;
}

static void on_result(void *payload, const PGresult *r, const char *failed)
{
	struct fixture *f = payload;

	assert_null(failed);
	f->done = true;
	f->got = r != NULL;
}

static void send_byte(char c)
{
	assert_int_equal(write(server.fd[1], &c, 1), 1);
}

static void the_end_of_a_result_comes_later(void **state)
{
	static const struct pg_lib lib = { .conninfoParse = fake_conninfoParse,
					   .conninfoFree = fake_conninfoFree,
					   .connectStartParams = fake_connectStartParams,
					   .connectPoll = fake_connectPoll,
					   .status = fake_status,
					   .socket = fake_socket,
					   .errorMessage = fake_errorMessage,
					   .finish = fake_finish,
					   .setnonblocking = fake_setnonblocking,
					   .setNoticeReceiver = fake_setNoticeReceiver,
					   .sendQueryParams = fake_sendQueryParams,
					   .flush = fake_flush,
					   .consumeInput = fake_consumeInput,
					   .isBusy = fake_isBusy,
					   .getResult = fake_getResult,
					   .resultStatus = fake_resultStatus,
					   .clear = fake_clear };
	struct fixture f = { .ready = false };
	struct breaker breaker;
	struct err err;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, server.fd), 0);
	(void)uv_loop_init(&f.loop);
	breaker_init(&breaker, "postgres");
	assert_true(pg_new(&(struct pg_options){ .loop = &f.loop,
						 .lib = &lib,
						 .url = SLICE("postgres:///x"),
						 .breaker = &breaker,
						 .ready = on_ready,
						 .lost = on_lost,
						 .owner = &f },
			   &f.pg, &err));
	while (!f.ready)
		(void)uv_run(&f.loop, UV_RUN_ONCE);
	pg_query(f.pg, "SELECT 1", NULL, 0, on_result, &f);
	send_byte('R');
	while (server.given == 0)
		(void)uv_run(&f.loop, UV_RUN_ONCE);
	assert_false(f.done);
	send_byte('Z');
	while (!f.done)
		(void)uv_run(&f.loop, UV_RUN_ONCE);
	assert_true(f.got);
	assert_int_equal(server.cleared, 1);

	/* The connection goes in the middle of another. */
	pg_query(f.pg, "SELECT 2", NULL, 0, on_result, &f);
	send_byte('R');
	while (server.given == 1)
		(void)uv_run(&f.loop, UV_RUN_ONCE);
	pg_free(f.pg);
	assert_int_equal(server.cleared, 2);
	(void)uv_run(&f.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f.loop), 0);
	(void)close(server.fd[0]);
	(void)close(server.fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_a_result_comes_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
