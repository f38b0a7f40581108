/* parent.c - see parent.h
 *
 * By a descriptor of the process, not by asking for its number now and then: a number may be
 * another process's by then, and an idle server would have to wake up. */
#include "lsp/parent.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "protocol/base/log.h"

void parent_init(struct parent *p, void (*died)(void *owner), void *owner)
{
	*p = (struct parent){ .fd = -1, .died = died, .owner = owner };
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct parent *p = poll->data;

	(void)events;
	(void)uv_poll_stop(poll);
	if (status == 0)
		p->died(p->owner);
}

void parent_watch(struct parent *p, uv_loop_t *loop, int64_t pid)
{
	if (pid <= 1 || pid > INT32_MAX || p->opened)
		return;
	p->fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (p->fd < 0 || uv_poll_init(loop, &p->poll, p->fd) != 0) {
		log_warn("cannot watch the editor's process %lld", (long long)pid);
		if (p->fd >= 0)
			(void)close(p->fd);
		p->fd = -1;
		return;
	}
	p->opened = true;
	p->poll.data = p;
	(void)uv_poll_start(&p->poll, UV_READABLE, on_poll);
}

static void on_closed(uv_handle_t *h)
{
	struct parent *p = h->data;

	(void)close(p->fd);
	p->fd = -1;
}

void parent_close(struct parent *p)
{
	if (p->fd >= 0 && !uv_is_closing((uv_handle_t *)&p->poll))
		uv_close((uv_handle_t *)&p->poll, on_closed);
}
