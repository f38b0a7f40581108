/* spawner_net.c - see spawner.h: the one door of the commands' network.
 *
 * A socket belongs to the network in which it was made. So this one is made here, where there is
 * nothing but loopback, and handed to the server, which serves it from its own network: commands
 * reach a proxy, and still have no route. */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/sandbox/spawner.h"

/* Connections that wait to be accepted; a package manager opens some tens at a time. */
enum { BACKLOG = 64 };

bool spawner_loopback(struct err *err)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;

	if (!ok)
		err_set(err, ERR_SANDBOX, "The loopback network cannot be started: %s.",
			strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static int listener(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 &&
	    (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0)) {
		int error = errno;

		(void)close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

void spawner_listen(const struct spawner *s)
{
	struct spawn_status st = { .why = { .code = ERR_NONE } };
	int fd = -1;

	if (s->mode != SANDBOX_VIEW)
		err_set(&st.why, ERR_SANDBOX, "Commands have no network of their own here.");
	else if ((fd = listener()) < 0)
		err_set(&st.why, ERR_SANDBOX, "No socket in the commands' network: %s.",
			strerror(errno));
	if (!spawn_send_fd(s->sock, &st, sizeof(st), fd) && fd < 0)
		return; /* the runner has ended, which the loop sees */
	if (fd >= 0)
		(void)close(fd);
}
