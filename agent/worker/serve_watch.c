/* serve_watch.c - a secret that appears while a command runs is closed to it.
 *
 * The workspace is looked through again five times a second where that takes little, and else when the time of a
 * folder shows that something appeared, though for no more than a sixth of the time;
 * the spawner then covers what is new where the command sees it. So such a file can be read for a moment, by a
 * command that waits for it, and by a server in the background no longer. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/worker/serve.h"
#include "protocol/base/log.h"

enum { SECRET_LOOK_MS = 200, SECRET_CHEAP_MS = 40, LOOK_SHARE = 5 };

void secret_watch_begin(struct secret_watch *w, const struct serve *s, uint64_t now)
{
	bool hides = s->layers.mode == SANDBOX_VIEW && !s->config.bare;

	*w = (struct secret_watch){ .due = hides ? now + SECRET_LOOK_MS : UINT64_MAX,
				    .seen = s->places.hidden.len };
}

/* The names go to the spawner in a file in memory; on failure the command goes on, and the log says so. */
static void cover(const struct serve *s, uint64_t id, struct slice names)
{
	struct spawn_packet p = { .op = SPAWN_HIDE, .id = id };
	int fd = memfd_create("secrets", MFD_CLOEXEC);
	struct err err = { .msg = "no memory" };

	if (fd < 0 || write(fd, names.ptr, names.len) != (ssize_t)names.len ||
	    !spawner_send(s->spawner.sock, &p, (const int[SPAWN_FDS]){ fd, fd, fd, fd }, &err))
		log_warn("a new secret is not hidden from a command: %s", err.msg);
	if (fd >= 0)
		(void)close(fd);
}

void secret_watch_step(struct secret_watch *w, struct serve *s, uint64_t id, uint64_t now)
{
	struct err err;

	if (now < w->due)
		return;
	/* What a build puts into its folders may make each look a new one. */
	w->due = now + SECRET_LOOK_MS + s->places.took_ms * LOOK_SHARE;
	if (s->places.took_ms <= SECRET_CHEAP_MS)
		places_forget(&s->places);
	if (!places_refresh(&s->places, &s->root, now, &err)) {
		log_warn("new secrets are not looked for: %s", err.msg);
		w->due = UINT64_MAX;
		return;
	}
	if (s->places.hidden.len > w->seen)
		cover(s, id,
		      slice_sub(buf_slice(&s->places.hidden), w->seen, s->places.hidden.len));
	w->seen = s->places.hidden.len;
}
