/* launch.c - see launch.h */
#include "agent/runner/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* ARG_BYTES: two paths of the longest kind, and the words around them. */
enum { ERRORS_BYTES = 64 * 1024, ARG_BYTES = 3 * 4096, SAID_BYTES = 300 };

/* An argument that does not fit is counted: launch_prepare() refuses. */
static void add(struct launch *l, const char **list, size_t max, size_t *n, struct slice text)
{
	if (*n < max)
		list[*n] = arena_cstr(&l->arena, text);
	(*n)++;
}

void launch_arg(struct launch *l, const char *fmt, ...)
{
	char text[ARG_BYTES];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(l, l->argv, LAUNCH_ARGS_MAX, &l->n_args, slice_of(text));
}

void launch_env(struct launch *l, const char *fmt, ...)
{
	char text[ARG_BYTES];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(l, l->env, LAUNCH_ENV_MAX, &l->n_env, slice_of(text));
}

void launch_pass_env(struct launch *l, const char *const *names)
{
	for (; *names; names++) {
		const char *value = getenv(*names);

		if (value && strlen(value) < ARG_BYTES / 2)
			launch_env(l, "%s=%s", *names, value);
	}
}

/* Whatever the engine prints has its end: more is refused to it.
 * The engine writes to it as to a file; nobody has to read along, so it cannot block, and a sealed
 * size cannot grow. */
static int bounded_memory(struct err *err)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && ftruncate(fd, ERRORS_BYTES) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0)
		return fd;
	err_set(err, ERR_IO, "No memory for messages of the container engine: %s.",
		strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* What the runner gets of our environment: nothing that could hold a key. */
static void launch_native(const struct runner_options *o, struct launch *l)
{
	static const char *const pass[] = { "LANG",	   "LC_ALL",	 "LC_CTYPE", "LC_COLLATE",
					    "LC_MESSAGES", "LC_NUMERIC", "LC_TIME",  "LC_MONETARY",
					    "TZ",	   NULL };

	l->file = arena_cstr(&l->arena, o->program);
	launch_arg(l, "%s", l->file);
	launch_arg(l, "runner");
	launch_env(l, "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
	launch_env(l, "TERM=dumb");
	launch_pass_env(l, pass);
}

/* The worker inherits the limits of the shell. Below these it, or our own threads, would end without a
 * word. */
static bool limits_suffice(struct err *err)
{
	static const struct {
		__rlimit_resource_t which;
		rlim_t least, unit;
		const char *what, *in, *option;
	} needs[] = {
		{ RLIMIT_STACK, 256 * 1024, 1024, "stack of a process", "KiB", "s" },
		{ RLIMIT_FSIZE, 64 * 1024, 1024, "size of a file", "KiB", "f" },
		{ RLIMIT_NOFILE, 64, 1, "number of open files", "files", "n" },
		{ RLIMIT_AS, 64 * 1024 * 1024, 1024, "virtual memory of a process", "KiB", "v" },
	};

	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		struct rlimit has;

		if (getrlimit(needs[i].which, &has) != 0 || has.rlim_cur == RLIM_INFINITY ||
		    has.rlim_cur >= needs[i].least)
			continue;
		return err_set(
			err, ERR_SANDBOX,
			"The %s is limited to %llu %s here, and the sandboxed worker process "
			"needs %llu. What to do: raise the limit where Emend is started "
			"(`ulimit -%s` shows it).",
			needs[i].what, (unsigned long long)(has.rlim_cur / needs[i].unit),
			needs[i].in, (unsigned long long)(needs[i].least / needs[i].unit),
			needs[i].option);
	}
	return true;
}

bool launch_prepare(const struct runner_options *o, struct launch *l, struct err *err)
{
	bool native = o->where.len == 0 || slice_eq_cstr(o->where, "native");
	bool ok = true;

	*l = (struct launch){ .errors = -1 };
	arena_init(&l->arena);
	if (native) {
		ok = limits_suffice(err);
		launch_native(o, l);
	} else {
		ok = launch_container(o, l, err);
	}
	if (ok && (l->n_args > LAUNCH_ARGS_MAX || l->n_env > LAUNCH_ENV_MAX))
		ok = err_set(err, ERR_TOO_LARGE,
			     "The command line for %s has more than %d arguments. Name fewer "
			     "folders in readDirs and writeDirs.",
			     l->file, LAUNCH_ARGS_MAX);
	if (ok && l->engine)
		ok = (l->errors = bounded_memory(err)) >= 0;
	if (!ok)
		launch_release(l);
	return ok;
}

void launch_release(struct launch *l)
{
	if (l->errors >= 0)
		(void)close(l->errors);
	l->errors = -1;
	arena_release(&l->arena);
}

/* The line with its error, else its last line that says something.
 * Engines print warnings first and the reason last, or mark it. */
static struct slice last_words(struct slice text)
{
	static const struct slice marks[] = { { "Error: ", 7 }, { "docker: ", 8 } };
	struct slice line, last = SLICE("");

	while (slice_next_line(&text, &line)) {
		line = slice_trim(line);
		for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
			if (slice_starts(line, marks[i]))
				return slice_sub(slice_sub(line, marks[i].len, line.len), 0,
						 SAID_BYTES);
		}
		if (line.len)
			last = line;
	}
	return slice_sub(last, 0, SAID_BYTES);
}

static bool says(struct slice text, const char *what)
{
	return memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

/* How the image comes here: an own one is built, another is fetched. */
static void no_image(const struct launch *l, struct err *out)
{
	bool ours = slice_starts(l->image, SLICE("localhost/")) ||
		    slice_find_byte(l->image, '/', 0) == SIZE_MAX;

	err_set(out, ERR_SANDBOX,
		"The container image %.*s (container.image in your settings) is not on this "
		"machine, and Emend fetches nothing by itself. Type: %s pull %.*s%s",
		SLICE_ARG(l->image), l->engine, SLICE_ARG(l->image),
		ours ? " (or, for one of your own, build it with that name)" : "");
}

void launch_explain(const struct launch *l, int64_t status, int sig, bool started, struct err *out)
{
	char text[ERRORS_BYTES];
	ssize_t n = l->errors >= 0 ? pread(l->errors, text, sizeof(text), 0) : 0;
	struct slice all = slice_make(text, n > 0 ? strnlen(text, (size_t)n) : 0);
	struct slice said = last_words(all);
	char how[64];

	(void)snprintf(how, sizeof(how), sig ? "signal %d" : "status %d", sig ? sig : (int)status);
	if (started)
		err_set(out, ERR_SANDBOX, "The container of the sandboxed worker ended (%s). %.*s",
			how, SLICE_ARG(said));
	else if (says(all, "image not known") || says(all, "No such image") ||
		 says(all, "unable to find image"))
		no_image(l, out);
	else if (says(all, "cgroups in hybrid mode"))
		err_set(out, ERR_SANDBOX,
			"The container did not start: %s says: %.*s. What to do: boot with cgroup "
			"v2 alone (systemd.unified_cgroup_hierarchy=1), or leave out \"runner\" in "
			"your settings.",
			l->engine, SLICE_ARG(said));
	else
		err_set(out, ERR_SANDBOX, "The container did not start (%s). %s says: %.*s", how,
			l->engine, SLICE_ARG(said.len ? said : SLICE("nothing.")));
}
