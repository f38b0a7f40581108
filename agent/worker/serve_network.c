/* serve_network.c - `network`: a socket of the commands' network for the server.
 *
 * The descriptor travels with a byte that is written before the end of its answer, so it is there
 * when the answer is. Answers and descriptors keep their order. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/worker/serve.h"

/* Each way of running has its own reason why there is no network, and what to do about it. */
static bool may_have(const struct serve *s, struct err *err)
{
	const struct layer *userns = &s->layers.of[LAYER_USERNS];

	if (s->in != s->out)
		return err_set(
			err, ERR_SANDBOX,
			"Commands in a container can have no network: nothing but text gets out of "
			"it. Leave out the setting \"runner\", or put what is needed into the image.");
	switch (s->layers.mode) {
	case SANDBOX_VIEW:
		break;
	case SANDBOX_REFUSED:
		*err = s->layers.why;
		return false;
	case SANDBOX_NONE:
		return err_set(
			err, ERR_SANDBOX,
			"There is no choice of hosts without the sandbox: with --no-sandbox a "
			"command uses the machine's network as it is. Leave one of the two out.");
	case SANDBOX_REDUCED:
		return err_set(
			err, ERR_SANDBOX,
			"Commands can have no network here: without user namespaces (%s) "
			"there is none of their own through which Emend could let them. What "
			"to do: %s",
			userns->detail, userns->remedy);
	}
	if (s->n_pass == SERVE_PASS_MAX)
		return err_set(err, ERR_TOO_LARGE, "Too many commands ask for a network at once.");
	return true;
}

void serve_network(struct serve *s, struct rpc_request *req)
{
	struct err err;
	int fd;

	if (!may_have(s, &err) || !spawner_listener(s->spawner.sock, &fd, &err)) {
		conn_reply_err(req, &err);
		return;
	}
	s->pass[s->n_pass++] = fd;
	conn_reply_result(req, SLICE("{}"));
}

/* A descriptor goes with exactly one byte: the kernel ties it to the bytes of its message, and the next one
 * needs its own. */
ssize_t serve_send(struct serve *s, struct slice out)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec iov = { (char *)(uintptr_t)out.ptr, 1 }; /* only read */
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.space,
			      .msg_controllen = sizeof(control.space) };
	ssize_t n;

	if (s->n_pass == 0)
		return send(RUNNER_FD, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.align), &s->pass[0], sizeof(int));
	n = sendmsg(RUNNER_FD, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0) {
		(void)close(s->pass[0]);
		s->n_pass--;
		memmove(s->pass, s->pass + 1, s->n_pass * sizeof(int));
	}
	return n;
}
