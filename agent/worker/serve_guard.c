/* serve_guard.c - see guard.h: when the runner guards the workspace, and what it tells of it.
 *
 * Meanwhile the runner does not end with the server, but ends everything itself first. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/worker/serve.h"

enum { LAST_MS = 4000 /* the spawner takes half of it at most */ };

/* As long as commands change real files, the death of the server must not kill us at once: the protected
 * files have to be put back first. */
static void outlive(bool yes)
{
	struct sigaction act = { .sa_handler = yes ? SIG_IGN : SIG_DFL };

	(void)sigaction(SIGTERM, &act, NULL);
	(void)prctl(PR_SET_PDEATHSIG, yes ? 0 : SIGKILL, 0, 0, 0);
}

bool serve_guard_begin(struct serve *s, struct err *err)
{
	bool reduced = s->layers.mode == SANDBOX_REDUCED;

	if (!guard_begin(&s->guard, &s->root, &s->places, reduced, err))
		return false;
	outlive(true);
	return true;
}

static void tell(const struct guard *g, struct jw *w)
{
	static const char *const deeds[] = { "moved", "removed", "restored", "left" };

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

void serve_guard_end(struct serve *s, struct jw *w)
{
	if (w)
		serve_guard_tell(s, w);
	guard_end(&s->guard);
	if (s->guard.commands > 0)
		return;
	guard_forget(&s->guard); /* nobody is left to tell */
	outlive(false);
}

void serve_guard_through(struct serve *s, bool on_files, const struct timespec *mark)
{
	guard_through_look(&s->through, &s->guard, &s->root, &s->places, on_files, mark);
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

/* The commands have to be dead before the last look: a moment is waited for that, and no longer. */
void serve_guard_last(struct serve *s)
{
	if (s->guard.commands == 0)
		return;
	(void)close(s->spawner.sock); /* it ends every command, and then itself */
	s->spawner.sock = -1;
	for (int ms = 0; ms < LAST_MS && (waitpid(-1, NULL, WNOHANG) >= 0 || errno == EINTR);
	     ms += 2)
		(void)usleep(2000);
	guard_look(&s->guard, &s->root);
}
