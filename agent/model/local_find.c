/* local_find.c - see local_find.h. It is asked only where neither a model nor a key is set, so what it takes is
 * paid by those who have nothing else; a connection that is refused comes back at once. */
#include "agent/model/local_find.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/model/call/wire.h"
#include "agent/model/http/http.h"
#include "agent/model/provider.h"
#include "protocol/base/limits.h"
#include "protocol/json/json.h"

/* a server with thousands of models is not one that somebody just started */
enum { ANSWER_BYTES = 256 * 1024 };

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* One deadline for all of it, so that a server that sends a byte now and then cannot hold up the
 * start. */
static bool ready(int fd, short what, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = what };
	int64_t left = deadline - now_ms();

	return left > 0 && poll(&p, 1, (int)left) == 1;
}

static int dial(uint16_t port, int64_t deadline)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return -1;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ||
	    (errno == EINPROGRESS && ready(fd, POLLOUT, deadline) &&
	     getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0))
		return fd;
	(void)close(fd);
	return -1;
}

/* HTTP/1.0, so that the body ends with the connection. */
static bool get_models(uint16_t port, struct buf *answer, int64_t deadline)
{
	static const char request[] = "GET /v1/models HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n";
	int fd = dial(port, deadline);
	char piece[8192];
	ssize_t n;
	bool ok;

	if (fd < 0)
		return false;
	ok = send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(request) - 1;
	while (ok && ready(fd, POLLIN, deadline) && (n = read(fd, piece, sizeof(piece))) > 0)
		buf_append(answer, slice_make(piece, (size_t)n));
	(void)close(fd);
	return ok && !answer->full;
}

/* The first of the list that the server gives (GET /v1/models). Which one is loaded is not
 * asked. */
static bool first_model(struct arena *a, struct slice answer, struct slice *id)
{
	size_t at = slice_find(answer, SLICE("\r\n\r\n"), 0);
	struct json root;

	if (at == SIZE_MAX || !json_parse(a, slice_sub(answer, at + 4, answer.len), &root, NULL))
		return false;
	*id = json_str_or(json_get(json_at(json_get(root, "data"), 0), "id"), a, "");
	return id->len > 0;
}

/* Of "http://127.0.0.1:PORT"; 0: not this machine. */
static uint16_t port_of(const struct provider_row *row, const struct model_options *o)
{
	struct slice base, host;
	struct arena a;
	struct err err;
	long port = 0;
	size_t colon;
	bool tls;

	arena_init(&a);
	base = wire_base_url(row, o, &a);
	if (http_split_url(base, &tls, &host, &err) && !tls && http_is_loopback(host)) {
		colon = slice_find_byte(base, ':', 7);
		port = colon == SIZE_MAX
			       ? 80
			       : strtol(arena_cstr(&a, slice_sub(base, colon + 1, base.len)), NULL,
					10);
	}
	arena_release(&a);
	return port > 0 && port < 65536 ? (uint16_t)port : 0;
}

bool local_find(const struct model_options *o, struct arena *a, struct slice *name)
{
	static const char *const servers[] = { "ollama", "llamacpp" };
	int64_t deadline = now_ms() + LIMIT_LOCAL_FIND_MS;
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(servers) && !found; i++) {
		const struct provider_row *row = provider_find(slice_of(servers[i]));
		uint16_t port = port_of(row, o);
		struct buf answer;
		struct slice id;

		buf_init(&answer, ANSWER_BYTES);
		found = port > 0 && get_models(port, &answer, deadline) &&
			first_model(a, buf_slice(&answer), &id);
		if (found)
			*name = arena_printf(a, "%s/%.*s", servers[i], SLICE_ARG(id));
		buf_release(&answer);
	}
	return found;
}
