/* pg.c - see pg.h
 *
 * libpq is driven as its manual says for programs that do not wait: connectPoll() after each event
 * of the socket until it is OK, then flush(), consumeInput(), isBusy(), getResult(). Each failure
 * goes through fail(), which is the only way back to WAITING. */
#include "agent/fleet/pg.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { WORDS_MAX = 64 };

enum pg_state { PG_WAITING, PG_LOOKING, PG_CALLING, PG_READY, PG_BUSY };

/* Lives until the timer is closed and no look-up is under way (release). */
struct pg {
	struct pg_options o;
	enum pg_state state;
	struct arena arena;
	const char *key[WORDS_MAX], *value[WORDS_MAX]; /* of the connection, NULL-terminated */
	size_t n, host; /* host: its place; SIZE_MAX: nothing to look up */
	PGconn *conn;
	uv_poll_t *poll; /* of conn's socket; NULL: none */
	uv_timer_t timer;
	uv_getaddrinfo_t lookup;
	bool looking, closed, told_down;
	pg_result_fn *done; /* of BUSY */
	void *payload;
	PGresult *result; /* of BUSY: ours to clear; NULL: it has not come */
	char failed[200]; /* what the server said of the query; "": nothing */
};

static void wait_for_turn(struct pg *p);
static void on_socket(uv_poll_t *h, int status, int events);

/* --- the end of a connection --- */

static void on_poll_closed(uv_handle_t *h)
{
	free(h);
}

/* libpq closes the socket, so the poll goes first.
 * The poll handle is its own allocation, as libuv closes it later than libpq the socket; its data
 * is NULL then, so that an event that is on its way finds nobody. */
static void unwatch(struct pg *p)
{
	if (!p->poll)
		return;
	(void)uv_poll_stop(p->poll);
	p->poll->data = NULL;
	uv_close((uv_handle_t *)p->poll, on_poll_closed);
	p->poll = NULL;
}

static void hang_up(struct pg *p)
{
	unwatch(p);
	p->o.lib->clear(p->result); /* NULL is fine */
	p->result = NULL;
	if (p->conn)
		p->o.lib->finish(p->conn);
	p->conn = NULL;
}

/* The state first: the callbacks below may look whether it is ready. The log has one line for each
 * outage. */
static void fail(struct pg *p, const char *why)
{
	bool was_in = p->state == PG_READY || p->state == PG_BUSY;
	pg_result_fn *done = p->done;
	char text[160];

	(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(why, "\n"), why);
	p->state = PG_WAITING;
	p->done = NULL;
	p->o.breaker->connected = false;
	breaker_failed(p->o.breaker, uv_now(p->o.loop), text);
	if (!p->told_down)
		log_warn("postgres: %s", text);
	p->told_down = true;
	hang_up(p);
	wait_for_turn(p);
	if (done)
		done(p->payload, NULL, p->o.breaker->why);
	if (was_in)
		p->o.lost(p->o.owner);
}

static void on_late(uv_timer_t *t)
{
	fail(t->data, "it does not answer");
}

static void limit(struct pg *p)
{
	(void)uv_timer_start(&p->timer, on_late, PG_ANSWER_MS, 0);
}

/* --- queries --- */

static void watch(struct pg *p, int events)
{
	if (!p->poll) {
		p->poll = xmalloc(sizeof(*p->poll));
		(void)uv_poll_init(p->o.loop, p->poll, p->o.lib->socket(p->conn));
		p->poll->data = p;
	}
	(void)uv_poll_start(p->poll, events, on_socket);
}

static void ready(struct pg *p)
{
	p->state = PG_READY;
	(void)uv_timer_stop(&p->timer);
	watch(p, UV_READABLE); /* its end is noticed */
	p->o.ready(p->o.owner);
}

bool pg_is_ready(const struct pg *p)
{
	return p->state == PG_READY;
}

/* All of it is sent? Else it goes on when the socket takes more. */
static void flush(struct pg *p)
{
	int left = p->o.lib->flush(p->conn);

	if (left < 0)
		fail(p, p->o.lib->errorMessage(p->conn));
	else
		watch(p, left > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void pg_query(struct pg *p, const char *sql, const char *const *params, size_t n,
	      pg_result_fn *done, void *payload)
{
	p->state = PG_BUSY;
	p->done = done;
	p->payload = payload;
	p->failed[0] = '\0';
	limit(p);
	if (!p->o.lib->sendQueryParams(p->conn, sql, (int)n, NULL, params, NULL, NULL, 0))
		fail(p, p->o.lib->errorMessage(p->conn));
	else
		flush(p);
}

/* ready() after done(): the next query is only sent when the owner has its answer. */
static void result_is_whole(struct pg *p)
{
	PGresult *r = p->result;
	pg_result_fn *done = p->done;

	if (p->o.lib->status(p->conn) != CONNECTION_OK) {
		fail(p, p->o.lib->errorMessage(p->conn));
		return;
	}
	p->done = NULL;
	p->result = NULL;
	if (*p->failed)
		breaker_failed(p->o.breaker, uv_now(p->o.loop), p->failed);
	else
		breaker_worked(p->o.breaker);
	if (done)
		done(p->payload, r, *p->failed ? p->failed : NULL);
	p->o.lib->clear(r);
	ready(p);
}

/* A result is whole when NULL comes after it; of one query there is one. The NULL may come with a later piece of
 * what the server sends, so the result is kept until then. */
static void take_results(struct pg *p)
{
	const struct pg_lib *lib = p->o.lib;

	while (!lib->isBusy(p->conn)) {
		PGresult *r = lib->getResult(p->conn);
		ExecStatusType status;

		if (!r) {
			result_is_whole(p);
			return;
		}
		status = lib->resultStatus(r);
		/* In the state of COPY getResult() gives another one each time, without end. No query here asks for it. */
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
		    status == PGRES_COPY_BOTH) {
			lib->clear(r);
			fail(p, "it answered with COPY, which nobody asked for");
			return;
		}
		if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
			(void)snprintf(p->failed, sizeof(p->failed), "%.*s",
				       (int)strcspn(lib->errorMessage(p->conn), "\n"),
				       lib->errorMessage(p->conn));
		lib->clear(p->result);
		p->result = r;
	}
}

static void on_readable(struct pg *p)
{
	if (!p->o.lib->consumeInput(p->conn) || p->o.lib->status(p->conn) != CONNECTION_OK)
		fail(p, p->o.lib->errorMessage(p->conn));
	else if (p->state == PG_BUSY && !p->o.lib->isBusy(p->conn))
		take_results(p);
}

/* --- connecting --- */

static void on_notice(void *payload, const PGresult *r)
{
	(void)payload;
	(void)r;
}

/* The socket may be another one after each step: it tries the next address. */
static void go_on(struct pg *p)
{
	PostgresPollingStatusType s;

	unwatch(p);
	s = p->o.lib->connectPoll(p->conn);
	if (s == PGRES_POLLING_OK) {
		(void)p->o.lib->setnonblocking(p->conn, 1);
		(void)p->o.lib->setNoticeReceiver(p->conn, on_notice, NULL);
		p->o.breaker->connected = true;
		p->told_down = false;
		breaker_worked(p->o.breaker);
		ready(p);
	} else if (s == PGRES_POLLING_FAILED) {
		fail(p, p->o.lib->errorMessage(p->conn));
	} else {
		watch(p, s == PGRES_POLLING_READING ? UV_READABLE : UV_WRITABLE);
	}
}

static void on_socket(uv_poll_t *h, int status, int events)
{
	struct pg *p = h->data;

	if (!p)
		return;
	if (p->state == PG_CALLING) {
		go_on(p);
		return;
	}
	if (status < 0) {
		fail(p, uv_strerror(status));
		return;
	}
	if (events & UV_WRITABLE)
		flush(p);
	if (p->conn && (events & UV_READABLE))
		on_readable(p);
}

static void call(struct pg *p)
{
	p->state = PG_CALLING;
	p->conn = p->o.lib->connectStartParams(p->key, p->value, 0);
	if (!p->conn || p->o.lib->status(p->conn) == CONNECTION_BAD) {
		fail(p, p->conn ? p->o.lib->errorMessage(p->conn) : "no memory");
		return;
	}
	/* As PQconnectPoll() says: first as if it had said "writing". */
	watch(p, UV_WRITABLE);
}

static void release(struct pg *p)
{
	if (p->looking || !p->closed)
		return;
	arena_release(&p->arena);
	free(p);
}

static void on_found(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct pg *p = req->data;
	char text[64];

	p->looking = false;
	if (p->state == PG_LOOKING && status == 0 &&
	    getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof(text), NULL, 0,
			NI_NUMERICHOST) == 0) {
		/* hostaddr stands behind the others; it is where the name leads. */
		p->key[p->n] = "hostaddr";
		p->value[p->n] = arena_cstr(&p->arena, slice_of(text));
		p->key[p->n + 1] = NULL;
		call(p);
	} else if (p->state == PG_LOOKING) {
		fail(p, status < 0 ? uv_strerror(status) : "its address is not known");
	}
	uv_freeaddrinfo(list);
	release(p);
}

static void on_turn(uv_timer_t *t)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct pg *p = t->data;

	if (p->looking || !breaker_may(p->o.breaker, uv_now(p->o.loop))) {
		wait_for_turn(p);
		return;
	}
	limit(p);
	if (p->host == SIZE_MAX) {
		call(p);
		return;
	}
	p->state = PG_LOOKING;
	p->lookup.data = p;
	p->looking = uv_getaddrinfo(p->o.loop, &p->lookup, on_found, p->value[p->host], NULL,
				    &hints) == 0;
	if (!p->looking)
		fail(p, "its address is not known");
}

static void wait_for_turn(struct pg *p)
{
	uint64_t ms = breaker_wait(p->o.breaker, uv_now(p->o.loop));

	(void)uv_timer_start(&p->timer, on_turn, ms > 0 || !p->looking ? ms : 100, 0);
}

/* --- its life --- */

static void add(struct pg *p, const char *key, const char *value)
{
	p->key[p->n] = key;
	p->value[p->n++] = value;
}

/* Where the server is, and that nothing of the connecting waits.
 * host stays beside hostaddr: the certificate, and the password file, go by the name. */
static bool read_url(struct pg *p, struct err *err)
{
	PQconninfoOption *all;
	const char *host = NULL;
	char *why = NULL;
	bool address = false;

	all = p->o.lib->conninfoParse(arena_cstr(&p->arena, p->o.url), &why);
	if (!all) {
		err_set(err, ERR_USAGE, "--postgres: %.*s", (int)strcspn(why ? why : "", "\n"),
			why ? why : "");
		p->o.lib->freemem(why);
		return false;
	}
	p->host = SIZE_MAX;
	for (const PQconninfoOption *i = all; i->keyword && p->n < WORDS_MAX - 6; i++) {
		if (!i->val)
			continue;
		address = address || strcmp(i->keyword, "hostaddr") == 0;
		if (strcmp(i->keyword, "host") == 0) {
			p->host = p->n;
			host = arena_cstr(&p->arena, slice_of(i->val));
		}
		add(p, arena_cstr(&p->arena, slice_of(i->keyword)),
		    arena_cstr(&p->arena, slice_of(i->val)));
	}
	p->o.lib->conninfoFree(all);
	if (!host)
		add(p, "host", "/var/run/postgresql");
	if (!host || *host == '/' || address)
		p->host = SIZE_MAX;
	add(p, "gssencmode", "disable"); /* Kerberos would wait for its servers */
	add(p, "application_name", "emend");
	add(p, "client_encoding", "UTF8");
	return !host || !strchr(host, ',') ||
	       err_set(err, ERR_USAGE, "--postgres: one host, please; found %s.", host);
}

bool pg_new(const struct pg_options *o, struct pg **out, struct err *err)
{
	struct pg *p = xcalloc(1, sizeof(*p));

	p->o = *o;
	arena_init(&p->arena);
	if (!read_url(p, err)) {
		arena_release(&p->arena);
		free(p);
		return false;
	}
	(void)uv_timer_init(o->loop, &p->timer);
	p->timer.data = p;
	wait_for_turn(p);
	*out = p;
	return true;
}

static void on_timer_closed(uv_handle_t *h)
{
	struct pg *p = h->data;

	p->closed = true;
	release(p);
}

void pg_free(struct pg *p)
{
	if (!p)
		return;
	p->state = PG_WAITING;
	hang_up(p);
	if (p->looking)
		(void)uv_cancel((uv_req_t *)&p->lookup);
	uv_close((uv_handle_t *)&p->timer, on_timer_closed);
}
