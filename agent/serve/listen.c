/* listen.c - see listen.h */
#include "agent/serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/base/mem.h"

enum { BACKLOG = 1024, PORT_MAX = 65535 };

/* --- addresses --- */

/* All of 127.0.0.0/8 is this machine. */
static bool is_loopback4(struct slice host, struct in_addr *out)
{
	char text[INET_ADDRSTRLEN];

	if (host.len == 0 || host.len >= sizeof(text))
		return false;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	return inet_pton(AF_INET, text, out) == 1 && (ntohl(out->s_addr) >> 24) == 127;
}

/* "host:port" or "[host]:port"; without a port *port is "". */
static void split(struct slice text, struct slice *host, struct slice *port)
{
	size_t colon = slice_find_byte(text, ':', 0), bracket = slice_find_byte(text, ']', 0);

	if (bracket != SIZE_MAX)
		colon = slice_find_byte(text, ':', bracket);
	*host = slice_sub(text, 0, colon);
	*port = colon == SIZE_MAX ? SLICE("") : slice_sub(text, colon + 1, text.len);
}

static bool number_of(struct slice port, unsigned *out)
{
	unsigned n = 0;

	if (port.len == 0 || port.len > 5)
		return false;
	for (size_t i = 0; i < port.len; i++) {
		if (port.ptr[i] < '0' || port.ptr[i] > '9')
			return false;
		n = n * 10 + (unsigned)(port.ptr[i] - '0');
	}
	*out = n;
	return n <= PORT_MAX;
}

/* A page under any other name could reach us if its owner makes that name lead to 127.0.0.1. */
bool listen_is_own_host(struct slice host)
{
	struct slice name, port;
	struct in_addr at;
	unsigned n;

	split(host, &name, &port);
	return (port.len == 0 || number_of(port, &n)) &&
	       (slice_eq_cstr(name, "localhost") || slice_eq_cstr(name, "[::1]") ||
		is_loopback4(name, &at));
}

static bool address_of(struct slice text, struct sockaddr_storage *out, socklen_t *len,
		       struct err *err)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	struct slice host, port;
	unsigned n;

	split(text, &host, &port);
	if (!number_of(port, &n))
		return err_set(err, ERR_USAGE,
			       "--http: expected unix:PATH or ADDRESS:PORT, found \"%.*s\".",
			       SLICE_ARG(slice_sub(text, 0, 100)));
	memset(out, 0, sizeof(*out));
	if (slice_eq_cstr(host, "[::1]")) {
		*len = sizeof(*v6);
		v6->sin6_family = AF_INET6;
		v6->sin6_addr = in6addr_loopback;
		v6->sin6_port = htons((uint16_t)n);
		return true;
	}
	*len = sizeof(*v4);
	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v4->sin_port = htons((uint16_t)n);
	if (slice_eq_cstr(host, "localhost") || is_loopback4(host, &v4->sin_addr))
		return true;
	return err_set(err, ERR_DENIED,
		       "--http %.*s: only addresses of this machine itself are served (127.0.0.1, "
		       "[::1]), because there is no TLS here. For others, put a proxy with TLS in "
		       "front of it.",
		       SLICE_ARG(slice_sub(text, 0, 100)));
}

/* SO_REUSEADDR: a service that is started again does not wait for old connections to time out. */
static bool bind_address(struct arena *a, struct slice text, struct listen *l, struct err *err)
{
	struct sockaddr_storage at;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&at;
	socklen_t len;
	int on = 1;

	if (!address_of(text, &at, &len, err))
		return false;
	l->fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(l->fd, (struct sockaddr *)&at, len) < 0 || listen(l->fd, BACKLOG) < 0 ||
	    getsockname(l->fd, (struct sockaddr *)&at, &len) < 0)
		return err_set(err, ERR_IO, "Cannot listen on %.*s: %s.", SLICE_ARG(text),
			       strerror(errno));
	if (at.ss_family == AF_INET6)
		l->name = arena_printf(a, "[::1]:%d",
				       ntohs(((const struct sockaddr_in6 *)&at)->sin6_port));
	else
		l->name = arena_printf(a, "%s:%d", inet_ntoa(v4->sin_addr), ntohs(v4->sin_port));
	return true;
}

/* --- unix sockets --- */

/* A lock on a file beside it says that the path is in use; the socket of a service that died may be removed. */
static bool take_path(struct arena *a, struct listen *l, struct err *err)
{
	const char *lock = arena_printf(a, "%s.lock", l->path).ptr;

	l->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->lock < 0)
		return err_set(err, ERR_IO, "Cannot make %s: %s.", lock, strerror(errno));
	if (flock(l->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	(void)close(l->lock);
	l->lock = -1;
	return err_set(err, ERR_IO, "Another `emend serve` listens on %s already.", l->path);
}

/* What stands there is removed if it is a socket: it is nobody's, as we hold the lock. */
static bool remove_old(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return true;
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_IO, "%s is there already, and is no socket.", path);
	(void)unlink(path);
	return true;
}

static bool bind_path(struct arena *a, struct listen *l, struct err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	bool ok;

	if (strlen(l->path) >= sizeof(at.sun_path))
		return err_set(err, ERR_USAGE,
			       "--http: the path of a unix socket has at most %zu bytes.",
			       sizeof(at.sun_path) - 1);
	if (!take_path(a, l, err) || !remove_old(l->path, err))
		return false;
	memcpy(at.sun_path, l->path, strlen(l->path));
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Before it listens nobody can connect, so nobody else can before it is ours alone. */
	l->made = l->fd >= 0 && bind(l->fd, (struct sockaddr *)&at, sizeof(at)) == 0;
	ok = l->made && chmod(l->path, 0600) == 0 && listen(l->fd, BACKLOG) == 0;
	l->name = arena_printf(a, "unix:%s", l->path);
	return ok || err_set(err, ERR_IO, "Cannot listen on %s: %s.", l->path, strerror(errno));
}

bool listen_open(struct arena *a, struct slice text, struct listen *out, struct err *err)
{
	bool ok;

	*out = (struct listen){ .fd = -1, .lock = -1 };
	out->local = slice_starts(text, SLICE("unix:"));
	if (out->local)
		out->path = arena_cstr(a, slice_sub(text, 5, text.len));
	ok = out->local ? bind_path(a, out, err) : bind_address(a, text, out, err);
	if (!ok)
		listen_close(out);
	return ok;
}

void listen_close(struct listen *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
	if (l->made)
		(void)unlink(l->path);
	l->made = false;
	if (l->lock < 0)
		return;
	(void)close(l->lock); /* its file stays: removing it would let two of us hold a lock each */
	l->lock = -1;
}
