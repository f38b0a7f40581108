/* serve_init.c - `initialize`: the runner learns its workspace and locks itself in, for good.
 *
 *   configuration --> workspace opened --> become its owner, if we are root --> folder for layers
 *     --> spawner forked --> was the sandbox tried before, here (tried.h)?
 *          yes: walls --> [files are read] --> something else is asked for: the sandbox is tried --> answered
 *          no:  the sandbox is tried --> walls --> answered
 *
 * The order matters: the workspace is opened before rights are given up, the spawner is forked before our
 * own walls are up, as it needs what they forbid, and nothing of the project is read before they are. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/sandbox/landlock.h"
#include "agent/sandbox/seccomp.h"
#include "agent/sandbox/view.h"
#include "agent/worker/git/git_dir.h"
#include "agent/worker/serve.h"
#include "agent/worker/toolchains.h"
#include "agent/worker/view/tried.h"
#include "agent/worker/wire.h"

enum { DENIED_MAX = 1024, DIRS_MAX = 64 + TOOLCHAIN_DIRS_MAX };
#define DEFAULT_FILE (UINT64_C(1) << 30)
#define DEFAULT_DISK (UINT64_C(4) << 30)

static void add_strings(struct serve *s, struct json list, const char **out, size_t *n)
{
	struct slice d;

	for (struct json_iter it = json_iter(list); *n < DIRS_MAX && json_next(&it);) {
		if (json_str(it.value, &s->arena, &d) && d.len > 1 &&
		    slice_find_byte(d, 0, 0) == SIZE_MAX)
			out[(*n)++] = arena_cstr(&s->arena, d);
	}
}

/* The strings of two lists, NULL-terminated. */
static const char *const *strings(struct serve *s, struct json list, struct json more)
{
	const char **out = arena_array(&s->arena, DIRS_MAX + 1, sizeof(*out));
	size_t n = 0;

	add_strings(s, list, out, &n);
	add_strings(s, more, out, &n);
	return out;
}

/* These, and what an image has beside the system folders that every view shows (/opt, /go, ...). */
static const char *const *image_dirs(struct serve *s, struct json list)
{
	static const char *const other[] = {
		".",	 "..",	  "bin",    "boot",	  "dev",   "etc", "home", "lib",
		"lib32", "lib64", "libx32", "lost+found", "media", "mnt", "proc", "root",
		"run",	 "sbin",  "sys",    "tmp",	  "usr",   "var",
	};
	const char **out = arena_array(&s->arena, DIRS_MAX + 1, sizeof(*out));
	DIR *d = opendir("/");
	struct dirent *e;
	size_t n = 0;

	add_strings(s, list, out, &n);
	while (d && n < DIRS_MAX && (e = readdir(d)) != NULL) {
		bool known = e->d_type != DT_DIR;

		for (size_t i = 0; i < ARRAY_LEN(other) && !known; i++)
			known = strcmp(e->d_name, other[i]) == 0;
		if (!known)
			out[n++] = arena_printf(&s->arena, "/%s", e->d_name).ptr;
	}
	if (d)
		(void)closedir(d);
	return out;
}

static bool denied_names(struct json list, struct arena *a, struct match **out, struct err *err)
{
	struct slice *names = arena_array(a, DENIED_MAX, sizeof(*names));
	size_t n = 0;

	for (struct json_iter it = json_iter(list); json_next(&it);) {
		if (n == DENIED_MAX)
			return err_set(err, ERR_TOO_LARGE, "More than %d patterns of denied files.",
				       DENIED_MAX);
		if (json_str(it.value, a, &names[n]))
			n++;
	}
	return match_new_names(names, n, out, err);
}

/* A positive number of the configuration, else the default. */
static uint64_t number(struct json v, uint64_t def)
{
	int64_t n = json_i64_or(v, 0);

	return n > 0 ? (uint64_t)n : def;
}

static const char *git_dir(struct serve *s)
{
	char path[LIMIT_PATH_BYTES];

	return git_dir_find(s->root.path, path) ? arena_cstr(&s->arena, slice_of(path)) : NULL;
}

static const char *text(struct serve *s, struct json v)
{
	return arena_cstr(&s->arena, json_str_or(v, &s->arena, ""));
}

/* Root outside is somebody else inside: for git every file would have another owner than its index says, and a reset
 * would write all of them anew. */
static const char *git_config(struct serve *s, struct json v)
{
	const char *own = getuid() == 0 ? "[core]\n\tcheckStat = minimal\n" : "";

	return arena_printf(&s->arena, "%s%s", text(s, v), own).ptr;
}

/* What the user named, as the kernel knows it: in these folders secrets are looked for. */
static const char *const *resolved(struct serve *s, struct json list)
{
	const char **out = arena_array(&s->arena, json_len(list) + 1, sizeof(*out));
	char path[PATH_MAX];
	size_t n = 0;

	for (struct json_iter it = json_iter(list); json_next(&it);)
		if (realpath(text(s, it.value), path))
			out[n++] = arena_cstr(&s->arena, slice_of(path));
	return out;
}

/* All strings are copied into s->arena: the request goes, and the spawner's configuration points at them. */
static void configure(struct serve *s, struct json p)
{
	int64_t processes = json_i64_or(json_get(p, "processes"), 0);
	int64_t cpu = json_i64_or(json_get(p, "cpuSeconds"), 0);
	bool container = json_bool_or(json_get(p, "container"), false);
	bool bare = json_bool_or(json_get(p, "bare"), false);
	struct json tools = json_get(p, "toolchains"), none = json_get(tools, "");

	s->config = (struct spawn_config){
		.workspace = s->root.path,
		.read_dirs = container
				     ? image_dirs(s, json_get(p, "readDirs"))
				     : strings(s, json_get(p, "readDirs"), json_get(tools, "dirs")),
		.write_dirs = strings(s, json_get(p, "writeDirs"), none),
		.path = strings(s, json_get(tools, "path"), none),
		.env = strings(s, json_get(tools, "env"), none),
		.links = strings(s, json_get(tools, "links"), none),
		.git_config = bare ? NULL : git_config(s, json_get(p, "gitConfig")),
		.git_ignore = text(s, json_get(p, "gitIgnore")),
		.git_dir = bare ? NULL : git_dir(s),
		.limits = { .memory_bytes = number(json_get(p, "memoryBytes"), HARDEN_MEMORY_BYTES),
			    .file_bytes = number(json_get(p, "fileBytes"), DEFAULT_FILE),
			    .disk_bytes = DEFAULT_DISK,
			    .processes = processes > 0 && processes < 65536 ? (uint32_t)processes
									    : HARDEN_PROCESSES,
			    .cpu_seconds = cpu > 0 && cpu < 86400 ? (uint32_t)cpu : 0 },
		.bare = bare,
		.reduced = container || json_bool_or(json_get(p, "reduced"), false),
		.no_sandbox = json_bool_or(json_get(p, "noSandbox"), false),
		.container = container,
		.views = s->views.path,
		.forbid = (unsigned)json_i64_or(json_get(p, "forbid"), 0),
	};
	s->places.read_dirs = bare ? NULL : resolved(s, json_get(p, "readDirs"));
	s->places.write_dirs = bare ? NULL : resolved(s, json_get(p, "writeDirs"));
}

/* Root that works for somebody else's project has no business being root. */
static bool become_owner(const struct root *r, struct err *err)
{
	const struct passwd *user;
	struct stat st;

	if (getuid() != 0 || fstat(r->fd, &st) < 0 || st.st_uid == 0)
		return true;
	user = getpwuid(st.st_uid);
	return harden_become(st.st_uid, user ? user->pw_gid : st.st_gid, err);
}

static bool may(struct landlock_set *set, const char *const *dirs, enum landlock_access access,
		struct err *err)
{
	for (; dirs && *dirs; dirs++)
		if (!landlock_allow(set, *dirs, access, err))
			return false;
	return true;
}

/* The file server's own walls. A missing one is not fatal here: files are opened beneath the
 * workspace in any case, and commands have their own, required, ones. */
static bool lock_in(struct serve *s, struct err *err)
{
	static const char *const libraries[] = { "/usr",  "/lib",     "/lib64", "/etc/ld.so.cache",
						 "/proc", WIRE_INSIDE };
	struct rlimit none = { 0, 0 };
	struct landlock_set set = { .fd = -1 };

	(void)setrlimit(RLIMIT_CORE, &none);
	if (!harden_drop_caps(err) || !harden_no_new_privs(err))
		return false;
	if (!(s->config.forbid & FORBID_LANDLOCK) && landlock_abi() > 0) {
		if (!landlock_init(&set, true, err) ||
		    !landlock_allow_fd(&set, s->root.fd, LANDLOCK_WRITE, err) ||
		    (s->views.fd >= 0 &&
		     !landlock_allow_fd(&set, s->views.fd, LANDLOCK_WRITE, err)) ||
		    (s->guard.held_fd >= 0 &&
		     !landlock_allow_fd(&set, s->guard.held_fd, LANDLOCK_WRITE, err)))
			return false;
		/* The index of a work tree says what git tracks in it. */
		if (s->config.git_dir &&
		    !landlock_allow(&set, s->config.git_dir, LANDLOCK_READ, err))
			return false;
		/* What a command makes there is moved away: outside_watch_end(). */
		if (!may(&set, s->places.read_dirs, LANDLOCK_READ, err) ||
		    !may(&set, s->places.write_dirs, LANDLOCK_WRITE, err))
			return false;
		for (size_t i = 0; i < ARRAY_LEN(libraries); i++) {
			if (!landlock_allow(&set, libraries[i], LANDLOCK_READ, err))
				return false;
		}
		if (!landlock_enter(&set, err))
			return false;
	}
	return s->config.forbid & FORBID_SECCOMP || !seccomp_offered() ||
	       seccomp_enter(SECCOMP_RUNNER, err);
}

/* A folder for the layers of commands, outside of the workspace. Without one they lie in memory. */
static void open_views(struct serve *s, struct json params, struct err *why)
{
	struct slice base = json_str_or(json_get(params, "views"), &s->arena, "");
	int64_t forbid = json_i64_or(json_get(params, "forbid"), 0);
	bool asked, inside;
	size_t n = strlen(s->root.path);

	why->code = ERR_NONE;
	asked = base.len > 0 && base.ptr[0] == '/' &&
		!json_bool_or(json_get(params, "noSandbox"), false);
	inside =
		slice_starts(base, slice_of(s->root.path)) && (base.len == n || base.ptr[n] == '/');
	if (asked && !inside)
		guard_place(&s->guard, arena_cstr(&s->arena, base));
	if (!asked)
		err_set(why, ERR_SANDBOX, "not asked for");
	else if (inside)
		err_set(why, ERR_IO, "the state folder lies in the workspace");
	else if (forbid & FORBID_DISK)
		err_set(why, ERR_IO, "a folder on the disk is forbidden by a test");
	else if (views_open(&s->views, base, why))
		why->code = ERR_NONE;
}

/* The trial has ended, or is waited for now. What failed is the answer, and the end. */
static bool finish(struct serve *s, struct err *err)
{
	int memory;
	bool works;

	if (!spawner_started(&s->config, &s->layers, &s->spawner, &memory, err))
		return false;
	works = s->layers.mode == SANDBOX_VIEW && memory < 0 &&
		s->layers.of[LAYER_OVERLAY].state == LAYER_ON;
	tried_close(s->tried, works);
	s->tried = -1;
	/* Where no command can run at all, that is told of each, as ever. */
	if (s->locked && !works && s->layers.mode == SANDBOX_VIEW)
		return err_set(
			err, ERR_SANDBOX,
			"The sandbox that was found to work here before does not work any more. "
			"Start Emend again: it then looks at all of it anew.");
	if (memory >= 0) {
		views_release(&s->views);
		s->views.fd = memory;
	}
	if (!s->locked && !lock_in(s, err))
		return false;
	s->locked = true;
	if (s->layers.of[LAYER_OVERLAY].state != LAYER_ON && !s->config.bare)
		layers_copy(&s->layers, s->views.fd >= 0 ? NULL : s->no_views.msg);
	return true;
}

static void fail(struct serve *s, struct rpc_request *req, const struct err *err)
{
	conn_reply_err(req, err);
	conn_close(&s->conn, NULL);
	s->ended = true;
}

/* Nothing to do if it was done already. */
void serve_started(struct serve *s)
{
	struct rpc_request *req = s->starting.req;
	struct err err;

	if (!req)
		return;
	s->starting.req = NULL;
	serve_remove(&s->starting);
	if (!finish(s, &err)) {
		fail(s, req, &err);
		return;
	}
	conn_reply_result(req, SLICE("{}"));
}

static uint64_t start_wait(struct runner_job *j, int fds[JOB_FDS_MAX])
{
	fds[0] = j->serve->spawner.sock;
	return fds[0] < 0 ? 0 : UINT64_MAX;
}

static bool start_step(struct runner_job *j, const bool ready[JOB_FDS_MAX], uint64_t now_ms)
{
	(void)ready;
	(void)now_ms;
	serve_started(j->serve);
	return false;
}

static void start_cancel(struct runner_job *j)
{
	(void)j; /* the end of the connection ends it */
}

/* The spawner is there, and the sandbox is tried now, or, if that can wait, our walls come first. */
static bool begin(struct serve *s, bool reads_first, struct err *err)
{
	const struct spawn_config *c = &s->config;
	bool known = false;

	s->config.views_in_memory = !c->bare;
	if (reads_first && !c->no_sandbox && !c->reduced && !c->container && !c->forbid)
		s->tried = tried_open(&s->views, &known);
	if (known)
		s->config.views_in_memory = false;
	if (!spawner_start(c, &s->layers, &s->spawner, err))
		return false;
	if (!known)
		spawner_begin(&s->spawner); /* it goes on beside us */
	views_clean(&s->views);
	s->locked = known && lock_in(s, err);
	return s->locked == known;
}

/* The job is there for a trial that ends before somebody waits for it, and for a spawner that does. */
void serve_initialize(struct serve *s, struct rpc_request *req)
{
	static const struct job_class cls = { start_wait, start_step, start_cancel };
	struct match *denied = NULL;
	struct slice workspace;
	struct err err;

	if (s->initialized) {
		conn_reply_error(req, RPC_INVALID_REQUEST, "initialize came twice.");
		return;
	}
	s->initialized = true; /* whatever happens: there is no second try */
	workspace = json_str_or(json_get(req->params, "workspace"), &s->arena, "");
	if (!denied_names(json_get(req->params, "denied"), &req->arena, &denied, &err) ||
	    !root_open(&s->root, workspace, denied, &err) ||
	    !denied_names(json_get(req->params, "deniedAlways"), &req->arena,
			  &s->root.denied_always, &err) ||
	    !denied_names(json_get(req->params, "lookInto"), &req->arena, &s->root.look_into,
			  &err) ||
	    !become_owner(&s->root, &err)) {
		fail(s, req, &err);
		return;
	}
	open_views(s, req->params, &s->no_views);
	configure(s, req->params);
	if (!begin(s, json_bool_or(json_get(req->params, "readsFirst"), false), &err)) {
		fail(s, req, &err);
		return;
	}
	serve_add(s, &s->starting, &cls, req);
}
