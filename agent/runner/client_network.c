/* client_network.c - see runner.h: the socket by which commands reach the server's proxy.
 *
 * The runner is in the sandbox, so what it sends is looked at: exactly as many descriptors as were
 * asked for, each a TCP socket that listens. */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "agent/runner/client.h"
#include "protocol/base/mem.h"

static bool option_is(int fd, int option, int want)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == want;
}

bool runner_network_take(struct runner *r, uv_tcp_t *out, struct err *err)
{
	uv_os_fd_t fd = -1;

	(void)uv_tcp_init(r->pipe.loop, out);
	if (uv_pipe_pending_count(&r->pipe) > 0 &&
	    uv_accept((uv_stream_t *)&r->pipe, (uv_stream_t *)out) == 0 &&
	    uv_fileno((uv_handle_t *)out, &fd) == 0 && option_is(fd, SO_DOMAIN, AF_INET) &&
	    option_is(fd, SO_PROTOCOL, IPPROTO_TCP) && option_is(fd, SO_ACCEPTCONN, 1))
		return true;
	return err_set(err, ERR_IO,
		       "The sandboxed worker process sent no socket for the commands' network.");
}

/* Descriptors that nobody asked for would fill our table: the runner is ended for it. */
bool client_too_many(struct runner *r)
{
	int asked = 0;

	LIST_EACH (it, tmp, &r->calls)
		asked += container_of(it, struct runner_call, link)->network;
	return uv_pipe_pending_count(&r->pipe) > asked;
}

static void on_unwanted_closed(uv_handle_t *h)
{
	free(h);
}

void client_answer_network(const struct runner_call *c, const struct err *err)
{
	uv_tcp_t *unwanted;
	struct err ignored;

	if (c->on_network) {
		c->on_network(c->payload, c->runner, err);
		return;
	}
	if (err)
		return;
	unwanted = xmalloc(sizeof(*unwanted));
	(void)!runner_network_take(c->runner, unwanted, &ignored);
	uv_close((uv_handle_t *)unwanted, on_unwanted_closed);
}

struct runner_call *runner_network(struct runner *r, runner_network_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "network", payload, &w);

	c->network = true;
	c->on_network = done;
	if (w)
		jw_end(w);
	return client_end(c);
}
