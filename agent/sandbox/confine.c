/* confine.c - see confine.h
 *
 * The order of confine_run() is that of what each step still needs: the files in the home folder
 * are written before the limits and the rules, which could refuse them; the descriptors are closed
 * before the program can inherit one; Landlock is last before execve(), because nothing that comes
 * after it needs a place that the command may not reach. The init has one thread, so its child may
 * call malloc(). */
#include "agent/sandbox/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/sandbox/landlock.h"
#include "agent/sandbox/view.h"
#include "agent/sandbox/watch.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"

/* The kernel takes 128 KiB for one string, and 2 MiB for all with a usual stack. Variables that do
 * not fit are left out without a word: they are the user's settings and the image's, and a command
 * without one of them says so itself. */
enum { ENV_MAX = 192, ENV_BYTES = 128 * 1024 };

static bool next_string(const char **at, const char *end, const char **out)
{
	const char *nul = memchr(*at, 0, (size_t)(end - *at));

	if (!nul)
		return false;
	*out = *at;
	*at = nul + 1;
	return true;
}

/* Passes over n strings. */
static bool skip_strings(const char **at, const char *end, uint32_t n)
{
	const char *skip;

	for (uint32_t i = 0; i < n; i++) {
		if (!next_string(at, end, &skip))
			return false;
	}
	return true;
}

/* The request comes from the runner, which may be under attack: each length is added in 64 bits and
 * compared with the size of the map before anything is read by it. The map is private, but the file
 * behind it is the runner's: it is sent once and never changed, and a change could only hurt the
 * command itself. */
bool confine_decode(const void *map, size_t size, struct confine_request *out, struct err *err)
{
	struct spawn_request head;
	const char *at, *end;

	if (size < sizeof(head))
		return err_set(err, ERR_INVALID, "A request for a command is cut short.");
	memcpy(&head, map, sizeof(head));
	at = (const char *)map + sizeof(head);
	end = at + head.bytes;
	if ((uint64_t)head.bytes + head.stdin_bytes + head.file_bytes > size - sizeof(head) ||
	    head.n_argv == 0 || head.n_argv >= ARRAY_LEN(out->argv) ||
	    !next_string(&at, end, &out->cwd) || !next_string(&at, end, &out->proxy) ||
	    !next_string(&at, end, &out->file_name))
		return err_set(err, ERR_INVALID, "A request for a command is malformed.");
	out->view = head.view;
	out->n_argv = head.n_argv;
	for (uint32_t i = 0; i < head.n_argv; i++) {
		if (!next_string(&at, end, &out->argv[i]))
			return err_set(err, ERR_INVALID, "A request for a command is malformed.");
	}
	out->argv[head.n_argv] = NULL;
	out->places = at;
	out->n_places = head.n_places;
	if (!skip_strings(&at, end, head.n_places))
		return err_set(err, ERR_INVALID, "A request for a command is malformed.");
	out->env = at;
	out->n_env = head.n_env;
	out->own_env = head.own_env;
	if (!skip_strings(&at, end, head.n_env))
		return err_set(err, ERR_INVALID, "A request for a command is malformed.");
	out->stdin_data = slice_make(end, head.stdin_bytes);
	out->file = slice_make(end + head.stdin_bytes, head.file_bytes);
	return true;
}

struct env {
	char *var[ENV_MAX + 1];
	size_t n, used;
	char text[ENV_BYTES];
};

/* value NULL: name is "NAME=value". */
static void env_add(struct env *e, const char *name, const char *value)
{
	size_t left = sizeof(e->text) - e->used;
	int n = snprintf(e->text + e->used, left, "%s%s%s", name, value ? "=" : "",
			 value ? value : "");

	if (n < 0 || (size_t)n >= left || e->n == ENV_MAX)
		return;
	e->var[e->n++] = e->text + e->used;
	e->used += (size_t)n + 1;
	e->var[e->n] = NULL;
}

enum { PATH_REST = 2048 /* for what comes last */ };
struct path {
	char text[16 * 1024];
	size_t n;
};

/* Only folders that exist in the view: a shell that searches a long PATH of missing folders for
 * each command is slow. */
static void path_add(struct path *p, const char *dir, const char *below)
{
	size_t left = sizeof(p->text) - PATH_REST - p->n;
	struct stat st;
	int n = snprintf(p->text + p->n, left, "%s%s", dir, below);

	if (n > 0 && (size_t)n + 1 < left && stat(p->text + p->n, &st) == 0 &&
	    S_ISDIR(st.st_mode)) {
		p->n += (size_t)n;
		p->text[p->n++] = ':';
	}
}

/* The system's folders or the image's; before them those of toolchains, in the user's order, and those below folders
 * that the settings make visible. */
static void env_path(struct env *e, const struct spawn_config *c)
{
	const char *image = c->container ? getenv("PATH") : NULL;
	struct path p = { .n = 0 };

	for (const char *const *dir = c->path; dir && *dir; dir++)
		path_add(&p, *dir, "");
	for (const char *const *dir = c->read_dirs; dir && *dir; dir++)
		path_add(&p, *dir, "/bin");
	(void)snprintf(p.text + p.n, sizeof(p.text) - p.n, "%s",
		       image ? image : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	env_add(e, "PATH", p.text);
}

static bool env_has(const struct env *e, const char *var, size_t name)
{
	for (size_t i = 0; i < e->n; i++) {
		if (strncmp(e->var[i], var, name) == 0 && e->var[i][name] == '=')
			return true;
	}
	return false;
}

/* What the image says of itself (JAVA_HOME, GOPATH, ...): in a container there is nothing else. */
static void env_image(struct env *e)
{
	for (char **v = environ; *v; v++) {
		size_t name = strcspn(*v, "=");

		if (!env_has(e, *v, name) && strncmp(*v, "LD_", 3) != 0)
			env_add(e, *v, NULL);
	}
}

/* Programs differ in which of them they read, and in the case. */
static void env_proxy(struct env *e, const char *url)
{
	static const char *const names[] = { "http_proxy",  "HTTP_PROXY", "https_proxy",
					     "HTTPS_PROXY", "all_proxy",  "ALL_PROXY" };

	if (!*url)
		return;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		env_add(e, names[i], url);
	env_add(e, "no_proxy", "localhost,127.0.0.1,::1");
	env_add(e, "NO_PROXY", "localhost,127.0.0.1,::1");
	env_add(e, "NODE_USE_ENV_PROXY", "1");
}

/* What programs cannot start without. */
static void env_least(struct env *e, const struct init_options *o)
{
	env_path(e, o->config);
	env_add(e, "HOME", init_home(o));
	env_add(e, "TMPDIR", o->tmp ? o->tmp : "/tmp");
	for (const char *const *var = o->config->env; var && *var; var++)
		env_add(e, *var, NULL);
}

/* For code that is nobody's command: what its sender gave, which goes first and so counts, and
 * nothing that tells of the user. */
static void env_own(struct env *e, const struct init_options *o, const struct confine_request *r)
{
	static const char *const fixed[] = { "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1",
					     "ASAN_OPTIONS=detect_leaks=0" };
	struct env *least = calloc(1, sizeof(*least));
	const char *at = r->env;

	if (!least)
		abort(); /* out of memory */

	for (uint32_t i = 0; i < r->n_env; i++, at += strlen(at) + 1)
		env_add(e, at, NULL);
	env_least(least, o);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		env_add(least, fixed[i], NULL);
	for (size_t i = 0; i < least->n; i++) {
		if (!env_has(e, least->var[i], strcspn(least->var[i], "=")))
			env_add(e, least->var[i], NULL);
	}
	free(least);
}

static void env_fill(struct env *e, const struct init_options *o)
{
	static const char *const fixed[][2] = {
		{ "TERM", "dumb" },
		{ "USER", "user" },
		{ "LOGNAME", "user" },
		{ "SHELL", "/bin/sh" },
		{ "CI", "1" },
		{ "PAGER", "cat" },
		{ "GIT_PAGER", "cat" },
		{ "GIT_EDITOR", "true" },
		{ "GIT_TERMINAL_PROMPT", "0" },
		{ "GIT_CONFIG_NOSYSTEM", "1" },
		/* The folder may belong to another name of the same user. */
		{ "GIT_CONFIG_COUNT", "1" },
		{ "GIT_CONFIG_KEY_0", "safe.directory" },
		{ "GIT_CONFIG_VALUE_0", "*" },
		{ "DEBIAN_FRONTEND", "noninteractive" },
		/* Python believes a compiled file by its second: an edit and a test in one
		 * second would not show. */
		{ "PYTHONDONTWRITEBYTECODE", "1" },
		/* The leak checker traces its own process, which the filter refuses. */
		{ "ASAN_OPTIONS", "detect_leaks=0" },
	};
	static const char *const passed[] = { "LANG",	    "LC_ALL",	   "LC_CTYPE",
					      "LC_COLLATE", "LC_MESSAGES", "LC_NUMERIC",
					      "LC_TIME",    "LC_MONETARY", "TZ" };

	env_least(e, o);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		env_add(e, fixed[i][0], fixed[i][1]);
	for (size_t i = 0; i < ARRAY_LEN(passed); i++) {
		const char *value = getenv(passed[i]);

		if (value)
			env_add(e, passed[i], value);
	}
	if (!getenv("LANG"))
		env_add(e, "LANG", "C.UTF-8");
	if (o->config->container)
		env_image(e);
}

/* The user's packages in the home folder that commands of the session share. A command with a network
 * fetches its own instead, and then they stay. */
static void link_packages(const struct init_options *o, bool network)
{
	for (const char *const *link = o->config->links; link && *link; link++) {
		const char *target = strchr(*link, '=');
		char at[LIMIT_PATH_BYTES], own[1];

		if (!target)
			continue;
		(void)snprintf(at, sizeof(at), "%s/%.*s", init_home(o), (int)(target - *link),
			       *link);
		for (char *p = strchr(at + 1, '/'); p; p = strchr(p + 1, '/')) {
			*p = '\0';
			(void)mkdir(at, 0700);
			*p = '/';
		}
		if (network && readlink(at, own, sizeof(own)) >= 0 && unlink(at) == 0)
			continue;
		if (network || symlink(target + 1, at) < 0)
			continue; /* it is there already */
	}
}

/* Once: what a command changes there stays for the next ones. False: errno says why it is not there. */
static bool put_in_home(const struct init_options *o, const char *name, struct slice text)
{
	char at[LIMIT_PATH_BYTES];
	bool ok;
	int fd;

	(void)snprintf(at, sizeof(at), "%s/%s", init_home(o), name);
	for (char *p = strchr(at + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(at, 0700);
		*p = '/';
	}
	fd = open(at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno == EEXIST;
	ok = write_all(fd, text);
	if (!ok)
		(void)unlink(at);
	(void)close(fd);
	return ok;
}

/* git does without, if it must. The files of a copy have other numbers than its index says. */
static void put_git(const struct init_options *o, bool on_copy)
{
	const char *config = o->config->git_config, *ignore = o->config->git_ignore;
	char *text = NULL;
	bool ok;

	if (on_copy &&
	    asprintf(&text, "%s[core]\n\tcheckStat = minimal\n", config ? config : "") < 0)
		return;
	if (text)
		config = text;
	ok = !config || !*config || put_in_home(o, ".gitconfig", slice_of(config));
	free(text);
	if (!ok)
		return;
	if (ignore && *ignore && !put_in_home(o, ".config/git/ignore", slice_of(ignore)))
		return;
}

static _Noreturn void give_up(int status, const char *what, const char *why)
{
	(void)dprintf(STDERR_FILENO, "emend: cannot run %s: %s\n", what, why);
	_exit(status);
}

/* A domain below that of the init: the command can neither signal nor trace it.
 * The rules are those of the init again. A process may signal and trace only its own domain and
 * those below, so a command cannot end the process that watches it. */
static void lock_in(const struct init_options *o)
{
	struct landlock_set set = { .fd = -1 };
	struct err err;

	if (o->mode == SANDBOX_NONE)
		return;
	if (!landlock_init(&set, o->mode == SANDBOX_REDUCED, &err) ||
	    !view_rules(o->config, &set, o->tmp, &err) || !landlock_enter(&set, &err))
		give_up(126, "the command", err.msg);
}

/* A file in memory: what is read of it needs nobody who writes at the same time.
 * A pipe would need a writer: nobody is there to feed it once the command has started. */
static int open_stdin(const struct confine_request *r)
{
	int fd;

	if (r->stdin_data.len == 0)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("stdin", MFD_CLOEXEC);
	return fd >= 0 && write_all(fd, r->stdin_data) && lseek(fd, 0, SEEK_SET) == 0 ? fd : -1;
}

/* o->life, o->status and the request go with the rest: a command that kept one could claim that it
 * ended well. */
static void descriptors(const struct init_options *o, const struct confine_request *r)
{
	int in = open_stdin(r);

	if (in < 0 || dup2(o->output, STDOUT_FILENO) < 0 || dup2(o->errors, STDERR_FILENO) < 0 ||
	    dup2(in, STDIN_FILENO) < 0)
		_exit(126);
	harden_close_from(3);
}

_Noreturn void confine_run(const struct init_options *o, const struct confine_request *r)
{
	static const int signals[] = { SIGPIPE, SIGINT,	 SIGTERM, SIGHUP, SIGQUIT,
				       SIGCHLD, SIGUSR1, SIGUSR2, SIGIO };
	struct harden_limits limits = o->config->limits;
	static const sigset_t none;
	struct env *env = calloc(1, sizeof(*env));
	char *argv[ARRAY_LEN(r->argv)];
	int error;

	if (!env)
		give_up(126, "the command", "out of memory");
	(void)setsid();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (r->own_env)
		env_own(env, o, r);
	else
		env_fill(env, o);
	env_proxy(env, r->proxy);
	if (o->mode != SANDBOX_NONE) {
		link_packages(o, *r->proxy);
		put_git(o, r->view && !o->overlay);
	}
	descriptors(o, r);
	if (*r->file_name && !put_in_home(o, r->file_name, r->file))
		give_up(126, r->file_name, strerror(errno));
	limits.processes = limits.processes > UINT32_MAX / 8
				   ? UINT32_MAX
				   : limits.processes * WATCH_THREADS;
	if (o->mode != SANDBOX_VIEW) /* then all processes of the user count */
		limits.processes = UINT32_MAX;
	harden_rlimits(&limits);
	lock_in(o);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	memcpy(argv, r->argv, sizeof(argv));
	environ = env->var;
	execvpe(argv[0], argv, env->var);
	error = errno;
	give_up(error == ENOENT ? 127 : 126, argv[0], strerror(error));
}
