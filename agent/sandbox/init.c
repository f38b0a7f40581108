/* init.c - see init.h
 *
 *   SET UP --failed--> status says why, exit
 *      | child forked
 *   WATCH --child ended, limit passed, spawner ended, or SIGTERM--> KILL ALL --> status, exit
 *
 * In a view the namespaces make the end certain: when pid 1 exits, the kernel kills all that is
 * left. Without one the processes are found and killed one by one. The status is written when all
 * are dead. */
#include "agent/sandbox/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/sandbox/confine.h"
#include "agent/sandbox/landlock.h"
#include "agent/sandbox/overlay.h"
#include "agent/sandbox/seccomp.h"
#include "agent/sandbox/spawner.h"
#include "agent/sandbox/view.h"
#include "agent/sandbox/watch.h"
#include "protocol/base/limits.h"

/* How often the processes are counted, in milliseconds. A look reads a file of /proc for each
 * process: without a pid namespace these are all of the machine, so it is done less often. */
enum { WATCH_MS = 25, WATCH_MANY_MS = 60 };

/* A struct spawn_status is smaller than PIPE_BUF, so it is never cut; the runner takes half a
 * record for none. */
static _Noreturn void end(const struct init_options *o, const struct spawn_status *s)
{
	ssize_t n = write(o->status, s, sizeof(*s)); /* a pipe takes it whole */

	_exit(n == (ssize_t)sizeof(*s) ? 0 : 1);
}

static bool place(int workspace, char kind, const char *rel, struct err *err);

/* In a folder of the machine that commands reach beside the workspace. */
static bool place_outside(char kind, const char *path, struct err *err)
{
	int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (top < 0)
		return err_set(err, ERR_SANDBOX, "cannot open /: %s.", strerror(errno));
	ok = place(top, kind, path + 1, err);
	(void)close(top);
	return ok;
}

static bool place(int workspace, char kind, const char *rel, struct err *err)
{
	if (!kind || kind == PLACE_BIND)
		return true;
	if (rel[0] == '/')
		return place_outside(kind, rel, err);
	if (kind == PLACE_CLEAN)
		return view_clean(workspace, rel, err);
	if (kind == PLACE_HIDE && overlay_hide(workspace, rel))
		return true;
	return view_place(workspace, kind == PLACE_HIDE ? PLACE_MASK : kind, rel, err);
}

static bool places(int workspace, const struct confine_request *r, struct err *err)
{
	const char *at = r->places;

	for (uint32_t i = 0; i < r->n_places; i++, at += strlen(at) + 1) {
		if (!place(workspace, *at, at + 1, err))
			return false;
	}
	return true;
}

/* Capabilities first: Landlock and the filter need only no_new_privs, and nothing after this line
 * needs a capability. After the filter no mount can be made any more. */
static bool lock_up(const struct init_options *o, struct err *err)
{
	struct landlock_set set = { .fd = -1 };

	if (!harden_drop_caps(err) || !harden_no_new_privs(err))
		return false;
	if (o->mode == SANDBOX_NONE)
		return true;
	/* Once for the init; the child puts itself one level below. */
	return landlock_init(&set, o->mode == SANDBOX_REDUCED, err) &&
	       view_rules(o->config, &set, o->tmp, err) && landlock_enter(&set, err) &&
	       seccomp_enter(o->mode == SANDBOX_REDUCED ? SECCOMP_NO_NETWORK : SECCOMP_COMMAND,
			     err);
}

static bool go_to(int workspace, const char *cwd, struct err *err)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	long fd = syscall(SYS_openat2, workspace, *cwd ? cwd : ".", &how, sizeof(how));

	if (fd < 0 || fchdir((int)fd) < 0)
		return err_set(err, ERR_NOT_FOUND,
			       "The folder %s for the command cannot be entered: %s.",
			       *cwd ? cwd : "of the workspace", strerror(errno));
	(void)close((int)fd);
	return true;
}

const char *init_home(const struct init_options *o)
{
	return o->tmp ? o->tmp : VIEW_HOME;
}

/* Nobody else may open them, once we are locked up. Without them a secret that appears is not hidden. */
static void give_mounts(const struct init_options *o)
{
	int fd = o->mounts >= 0 ? open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC) : -1;
	char one = 0;

	if (fd >= 0 && !spawn_send_fd(o->mounts, &one, sizeof(one), fd))
		one = 1; /* the spawner has ended, and so do we */
	if (fd >= 0)
		(void)close(fd);
	if (o->mounts >= 0)
		(void)close(o->mounts);
}

/* Everything before the fork of the child.
 * The overlay before the places: a mount that covers a secret must lie on top of it. The descriptor
 * of the mounts after the places: who enters them must find them covered. */
static bool set_up(const struct init_options *o, const struct confine_request *r, int *workspace,
		   struct err *err)
{
	if (o->mode == SANDBOX_VIEW && !view_proc(o->as_root, err))
		return false;
	if (o->mode == SANDBOX_VIEW && !overlay_enter(o, r, err))
		return false;
	if (o->mode == SANDBOX_VIEW && o->config->bare &&
	    (!spawner_loopback(err) || !view_own(o->config, err)))
		return false;
	*workspace = open(o->config->bare ? init_home(o) : o->config->workspace,
			  O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*workspace < 0)
		return err_set(err, ERR_SANDBOX,
			       "The workspace cannot be opened in the sandbox: %s.",
			       strerror(errno));
	if (o->mode == SANDBOX_VIEW && !places(*workspace, r, err))
		return false;
	give_mounts(o);
	return go_to(*workspace, r->cwd, err) && lock_up(o, err);
}

/* The map is never unmapped: the strings are borrowed until the process ends or becomes the
 * command. */
static bool load_request(int fd, struct confine_request *r, struct err *err)
{
	struct stat st;
	void *map;

	if (fd < 0) {
		*r = (struct confine_request){ .view = OVERLAY_TRIAL,
					       .cwd = "",
					       .proxy = "",
					       .file_name = "",
					       .places = "",
					       .env = "" };
		return true;
	}
	if (fstat(fd, &st) < 0 || st.st_size <= 0)
		return err_set(err, ERR_INVALID, "A request for a command is empty.");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return err_set(err, ERR_IO, "A request for a command cannot be read: %s.",
			       strerror(errno));
	return confine_decode(map, (size_t)st.st_size, r, err);
}

/* Without mounts a command works in the folder of its copy; the workspace itself is then closed to it. */
struct moved {
	struct init_options o;
	struct spawn_config config;
	char path[LIMIT_PATH_BYTES];
};

static bool move_to_copy(const struct init_options **o, const struct confine_request *r,
			 struct moved *m, struct err *err)
{
	int n;

	if ((*o)->mode != SANDBOX_REDUCED || !r->view)
		return true;
	m->o = **o;
	m->config = *m->o.config;
	n = snprintf(m->path, sizeof(m->path), "%s/%llu/u", m->config.views,
		     (unsigned long long)r->view);
	if (n < 0 || n >= (int)sizeof(m->path))
		return err_set(err, ERR_SANDBOX, "The path of the copy is too long.");
	m->config.workspace = m->path;
	m->o.config = &m->config;
	*o = &m->o;
	return true;
}

/* Reaps; true when the child itself ended.
 * Everything that lost its parent is our child, too: it is reaped, and its end means nothing. */
static bool reap(pid_t child, struct spawn_status *s)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != child)
			continue;
		ended = true;
		if (WIFSIGNALED(status))
			s->term_signal = WTERMSIG(status);
		else
			s->exit_status = WEXITSTATUS(status);
	}
	return ended;
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The clock says when to look, not the silence of poll(): each orphan that ends is a signal, so a command
 * that lets one end every few milliseconds would never be looked at. */
static void watch_until_end(const struct init_options *o, struct watch *w, int signals, pid_t child,
			    struct spawn_status *s)
{
	struct pollfd p[2] = { { .fd = signals, .events = POLLIN },
			       { .fd = o->life, .events = POLLIN } };
	const int every = o->mode == SANDBOX_VIEW ? WATCH_MS : WATCH_MANY_MS;
	int64_t next = now_ms() + every;

	while (s->limit == SPAWN_LIMIT_NONE) {
		struct signalfd_siginfo info;
		int64_t wait = next - now_ms();
		int n = poll(p, 2, wait > 0 ? (int)wait : 0);

		if (p[1].revents)
			break;
		if (n > 0 && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info) &&
		    info.ssi_signo != SIGCHLD && info.ssi_pid != (uint32_t)child)
			break;
		if (reap(child, s))
			return;
		if (now_ms() < next)
			continue;
		s->limit = watch_look(w);
		next = now_ms() + every;
	}
	s->term_signal = SIGKILL;
}

/* What it used, as the kernel counted it when its processes were reaped; and whether the limit of CPU
 * time ended it: by the signal of the soft one, or by the SIGKILL of the hard one. The limit counts
 * in ticks and the usage is exact, so that on a busy machine they differ by a good part: a SIGKILL
 * behind the soft limit is taken for that of the hard one. */
static void account(const struct init_options *o, const struct watch *w, struct spawn_status *s)
{
	const uint64_t second = 1000000, cpu = o->config->limits.cpu_seconds;
	struct rusage u;

	if (getrusage(RUSAGE_CHILDREN, &u) < 0)
		return;
	s->cpu_us = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * second +
		    (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
	s->peak_bytes = (uint64_t)u.ru_maxrss * 1024;
	if (s->peak_bytes < w->peak_bytes)
		s->peak_bytes = w->peak_bytes;
	if (s->limit == SPAWN_LIMIT_NONE && cpu &&
	    (s->term_signal == SIGXCPU || (s->term_signal == SIGKILL && s->cpu_us >= cpu * second)))
		s->limit = SPAWN_LIMIT_CPU;
}

/* Signals are blocked before the child is forked: its end cannot be missed between fork() and
 * poll(). The child unblocks them for itself. A request of -1 is a trial: all is set up, and then
 * reported. */
_Noreturn void init_run(const struct init_options *o)
{
	struct spawn_status s = { .why = { .code = ERR_NONE } };
	struct confine_request *r = calloc(1, sizeof(*r));
	struct moved moved;
	struct watch w;
	sigset_t set;
	int signals, workspace = -1;
	pid_t child;

	if (o->mode == SANDBOX_VIEW)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (!r || signals < 0 || !load_request(o->request, r, &s.why) ||
	    !move_to_copy(&o, r, &moved, &s.why) || !set_up(o, r, &workspace, &s.why) ||
	    o->request < 0)
		end(o, &s);
	watch_init(&w, o->mode == SANDBOX_VIEW, workspace, &o->config->limits);
	child = fork();
	if (child == 0)
		confine_run(o, r);
	(void)close(o->output);
	(void)close(o->errors);
	if (child < 0)
		err_set(&s.why, ERR_IO, "No process for the command: %s.", strerror(errno));
	else
		watch_until_end(o, &w, signals, child, &s);
	watch_kill_all(&w);
	account(o, &w, &s);
	end(o, &s);
}
