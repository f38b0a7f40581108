/* serve_guard.c - see guard.h: when the runner looks at what commands left, and what it tells of it. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/worker/serve.h"

enum { LAST_MS = 4000 /* the spawner takes half of it at most */ };

/* The death of the server must not kill us at once then. */
static void outlive(bool yes)
{
	struct sigaction act = { .sa_handler = yes ? SIG_IGN : SIG_DFL };

	(void)sigaction(SIGTERM, &act, NULL);
	(void)prctl(PR_SET_PDEATHSIG, yes ? 0 : SIGKILL, 0, 0, 0);
}

void serve_guard_direct(struct serve *s, bool begins)
{
	if (begins && s->direct++ == 0) {
		(void)clock_gettime(CLOCK_REALTIME_COARSE, &s->direct_since);
		outlive(true);
	} else if (!begins && --s->direct == 0) {
		outlive(false);
	}
}

/* The commands have to be dead before: a moment is waited for that, and no longer. */
void serve_guard_last(struct serve *s)
{
	if (s->direct == 0)
		return;
	(void)close(s->spawner.sock); /* it ends every command, and then itself */
	s->spawner.sock = -1;
	for (int ms = 0; ms < LAST_MS && (waitpid(-1, NULL, WNOHANG) >= 0 || errno == EINTR);
	     ms += 2)
		(void)usleep(2000);
	serve_guard_through(s, true, &s->direct_since);
}

static void tell(const struct guard *g, struct jw *w)
{
	static const char *const deeds[] = { "moved", "removed", "left" };

	jw_kobject(w, "held");
	jw_kcstr(w, "folder", g->folder ? g->folder : "");
	jw_ki64(w, "more", (int64_t)g->more);
	jw_karray(w, "files");
	for (size_t i = 0; i < g->n_found; i++) {
		jw_object(w);
		jw_kcstr(w, "path", g->found[i].rel);
		jw_kcstr(w, "deed", deeds[g->found[i].deed]);
		jw_kcstr(w, "reason", g->found[i].reason);
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
}

void serve_guard_tell(struct serve *s, struct jw *w)
{
	if (s->guard.n_found == 0)
		return;
	tell(&s->guard, w);
	guard_forget(&s->guard);
}

void serve_guard_through(struct serve *s, bool all_tools, const struct timespec *mark)
{
	guard_through_look(&s->through, &s->guard, &s->root, &s->places, all_tools, mark);
	if (s->guard.n_found > 0)
		places_forget(&s->places);
}

void outside_watch_begin(struct outside_watch *o, const struct serve *s)
{
	const struct places *p = &s->places;

	buf_init(&o->before, p->list.max);
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &o->mark);
	o->on = p->write_dirs && *p->write_dirs && s->layers.mode != SANDBOX_NONE;
	if (o->on)
		buf_append(&o->before, buf_slice(&p->list));
}

void outside_watch_end(struct outside_watch *o, struct serve *s)
{
	const char *const *dir = o->on ? s->places.write_dirs : NULL;

	for (; dir && *dir; dir++)
		guard_look_outside(&s->guard, &s->root, *dir, &o->before, &o->mark);
	buf_release(&o->before);
}
