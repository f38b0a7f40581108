/* dial.c - see dial.h
 *
 *   RESOLVING --addresses, all fine--> CALLING --connected--> DONE
 *      |                                |  ^  '--refused, late--.
 *      |                                |  '---the next address-'
 *      '--none, a local one, late-------'--none left-----------> DONE, with the reason
 *
 * A local one among the addresses ends it at once: a name that answers so is up to something. A
 * look-up under way cannot always be called back; the struct then waits for it. */
#include "agent/net/dial.h"

#include <netdb.h>
#include <stdlib.h>

#include "agent/policy/address.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum dial_state { DIAL_RESOLVING, DIAL_CALLING, DIAL_DONE };

/* Freed with its last user (put): the timer, a look-up and a connect may each come back later than
 * the answer. */
struct dial {
	enum dial_state state;
	uv_loop_t *loop;
	struct host_port to;
	bool local;
	struct sockaddr_storage address[LIMIT_NET_ADDRESSES];
	size_t n, at; /* at: the one that is called, or called next */
	struct err why;
	uv_timer_t timer;
	uv_getaddrinfo_t lookup;
	uv_connect_t connect;
	uv_tcp_t *tcp;
	bool looking, calling; /* their requests are under way */
	unsigned users;	       /* requests and handles that hold the struct */
	dial_cb *done;	       /* NULL: cancelled */
	void *payload;
};

static void call_next(struct dial *d);

static void put(struct dial *d)
{
	if (--d->users == 0)
		free(d);
}

static void on_timer_closed(uv_handle_t *h)
{
	put(h->data);
}

static void on_tcp_closed(uv_handle_t *h)
{
	free(h);
}

static void hang_up(struct dial *d)
{
	if (d->tcp)
		uv_close((uv_handle_t *)d->tcp, on_tcp_closed);
	d->tcp = NULL;
}

static void finish(struct dial *d)
{
	uv_tcp_t *tcp = d->tcp;

	d->state = DIAL_DONE;
	d->tcp = NULL;
	uv_close((uv_handle_t *)&d->timer, on_timer_closed);
	if (d->looking)
		(void)uv_cancel((uv_req_t *)&d->lookup);
	if (d->done)
		d->done(d->payload, tcp, tcp ? NULL : &d->why);
}

static void fail(struct dial *d)
{
	if (d->why.code == ERR_NONE)
		err_set(&d->why, ERR_NOT_FOUND, "it has no address");
	hang_up(d);
	finish(d);
}

/* --- calling --- */

/* `mine`: it is the handle of now, and not one that was given up, whose end is told late. */
static void on_connected(uv_connect_t *req, int status)
{
	struct dial *d = req->data;
	bool mine = d->state == DIAL_CALLING && d->tcp && req->handle == (uv_stream_t *)d->tcp;

	d->calling = false;
	if (mine && status == 0) {
		finish(d);
	} else if (d->state == DIAL_CALLING) {
		if (mine)
			err_set(&d->why, ERR_IO, "%s", uv_strerror(status));
		call_next(d);
	}
	put(d);
}

static void on_call_late(uv_timer_t *t)
{
	struct dial *d = t->data;

	err_set(&d->why, ERR_TIMEOUT, "no answer within %d s", LIMIT_NET_CONNECT_MS / 1000);
	hang_up(d); /* on_connected() follows, and goes on */
}

static void call_next(struct dial *d)
{
	int e;

	for (; d->at < d->n && !d->calling; d->at++) {
		hang_up(d);
		d->tcp = xmalloc(sizeof(*d->tcp));
		(void)uv_tcp_init(d->loop, d->tcp);
		d->connect.data = d;
		e = uv_tcp_connect(&d->connect, d->tcp, (const struct sockaddr *)&d->address[d->at],
				   on_connected);
		d->calling = e == 0;
		if (e < 0)
			err_set(&d->why, ERR_IO, "%s", uv_strerror(e));
	}
	if (!d->calling) {
		fail(d);
		return;
	}
	d->users++;
	(void)uv_timer_start(&d->timer, on_call_late, LIMIT_NET_CONNECT_MS, 0);
}

/* --- looking up --- */

/* Programs of the user may listen on the machine's own public addresses too. */
static bool is_own(const struct sockaddr *sa)
{
	uv_interface_address_t *list;
	bool found = false;
	int n;

	if (uv_interface_addresses(&list, &n) < 0)
		return false;
	for (int i = 0; i < n && !found; i++) {
		const struct sockaddr *own = (const struct sockaddr *)&list[i].address;

		if (own->sa_family != sa->sa_family)
			continue;
		if (sa->sa_family == AF_INET)
			found = memcmp(&((const struct sockaddr_in *)(const void *)sa)->sin_addr,
				       &list[i].address.address4.sin_addr, 4) == 0;
		else
			found = memcmp(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr,
				       &list[i].address.address6.sin6_addr, 16) == 0;
	}
	uv_free_interface_addresses(list, n);
	return found;
}

/* The address that is checked here is the one that is called: a name that is looked up twice may
 * lead to two places. */
static bool take_address(struct dial *d, const struct sockaddr *sa)
{
	const char *what = address_local(sa);
	char text[INET6_ADDRSTRLEN] = "";
	size_t size =
		sa->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	if (!what && is_own(sa))
		what = "this machine";
	if (what && !d->local) {
		(void)uv_ip_name(sa, text, sizeof(text));
		return err_set(&d->why, ERR_DENIED, "its address %s is that of %s", text, what);
	}
	if (d->n < LIMIT_NET_ADDRESSES)
		memcpy(&d->address[d->n++], sa, size);
	return true;
}

static void on_found(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct dial *d = req->data;
	bool fine = true;

	d->looking = false;
	if (d->state == DIAL_RESOLVING) {
		(void)uv_timer_stop(&d->timer);
		if (status < 0)
			err_set(&d->why, ERR_NOT_FOUND, "its address is not known: %s",
				uv_strerror(status));
		for (const struct addrinfo *i = status < 0 ? NULL : list; i && fine; i = i->ai_next)
			if (i->ai_family == AF_INET || i->ai_family == AF_INET6)
				fine = take_address(d, i->ai_addr);
		d->state = DIAL_CALLING;
		if (!fine)
			d->n = 0;
		call_next(d);
	}
	uv_freeaddrinfo(list);
	put(d);
}

/* An address needs no look-up; what comes of it is still told from the loop. */
static void on_literal(uv_timer_t *t)
{
	struct dial *d = t->data;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at;

	if (d->to.kind == HOST_IPV4)
		(void)uv_ip4_addr(d->to.name, d->to.port, &at.v4);
	else
		(void)uv_ip6_addr(d->to.name, d->to.port, &at.v6);
	d->state = DIAL_CALLING;
	(void)!take_address(d, &at.any);
	call_next(d);
}

static void on_lookup_late(uv_timer_t *t)
{
	struct dial *d = t->data;

	if (d->why.code == ERR_NONE)
		err_set(&d->why, ERR_TIMEOUT, "its address was not found within %d s",
			LIMIT_NET_RESOLVE_MS / 1000);
	fail(d);
}

struct dial *dial_start(uv_loop_t *loop, const struct host_port *to, bool local, dial_cb *done,
			void *payload)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM,
				  .ai_protocol = IPPROTO_TCP };
	struct dial *d = xcalloc(1, sizeof(*d));
	char service[8];
	int e;

	d->loop = loop;
	d->to = *to;
	d->local = local;
	d->done = done;
	d->payload = payload;
	(void)uv_timer_init(loop, &d->timer);
	d->timer.data = d->lookup.data = d;
	d->users = 1;
	if (to->kind != HOST_NAMED) {
		(void)uv_timer_start(&d->timer, on_literal, 0, 0);
		return d;
	}
	(void)snprintf(service, sizeof(service), "%u", (unsigned)to->port);
	e = uv_getaddrinfo(loop, &d->lookup, on_found, to->name, service, &hints);
	d->looking = e == 0;
	d->users += d->looking;
	if (e < 0)
		err_set(&d->why, ERR_NOT_FOUND, "its address is not known: %s", uv_strerror(e));
	(void)uv_timer_start(&d->timer, on_lookup_late, e < 0 ? 0 : LIMIT_NET_RESOLVE_MS, 0);
	return d;
}

void dial_cancel(struct dial *d)
{
	if (!d)
		return;
	d->done = NULL;
	fail(d);
}
