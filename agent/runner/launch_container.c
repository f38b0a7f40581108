/* launch_container.c - see launch.h: the runner as the one program of a container.
 *
 * The container is the outer wall, and the runner builds its own inside of it, the same as on the
 * bare machine: for that it must be able to mount a /proc of its own, hence no masked paths, and to
 * make namespaces, which it does without any privilege. Only root that works for root keeps one
 * capability until the runner has locked itself in: without CAP_SETFCAP the kernel lets nobody map
 * uid 0. Limits are also set by the runner: engines without a cgroup of their own ignore theirs.
 *
 * The container ends with the runner, the runner with its stdin, and the engine closes that when
 * its client ends, however it ends. */
#include "agent/runner/launch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/sha256.h"
#include "agent/sandbox/harden.h"
#include "agent/sandbox/watch.h"
#include "protocol/base/limits.h"

/* The limits hold for the container, in which several commands run; each has its own limits below
 * them. */
enum { OPEN_FILES = 8192, PROCESSES_MAX = 32768, COMMANDS = 2 /* of full size at a time */ };

/* Where a program of this name is, by our PATH. NULL: nowhere. */
static const char *find(struct launch *l, const char *name)
{
	const char *path = getenv("PATH");
	struct slice rest = slice_of(path ? path : "/usr/local/bin:/usr/bin:/bin");

	for (size_t at = 0; at <= rest.len;) {
		size_t colon = slice_find_byte(rest, ':', at);
		struct slice dir = slice_sub(rest, at, colon < rest.len ? colon : rest.len), full;

		at += dir.len + 1;
		if (dir.len == 0 || dir.ptr[0] != '/')
			continue;
		full = arena_printf(&l->arena, "%.*s/%s", SLICE_ARG(dir), name);
		if (access(full.ptr, X_OK) == 0)
			return full.ptr;
	}
	return NULL;
}

static bool is_podman(const struct launch *l)
{
	return strcmp(l->engine, "podman") == 0;
}

/* Each of them is one of the container's walls: no network, no other capabilities, a read-only
 * image, no way to get privileges. label=disable: SELinux would else refuse the workspace.
 * --pull=never: nothing is fetched that the user has not fetched himself. LD_PRELOAD is emptied, as
 * the loader of the image would hand it to our program. */
static void walls(struct launch *l)
{
	static const char *const podman[] = { "--read-only-tmpfs=false", "--http-proxy=false",
					      "--no-hosts", "--security-opt=unmask=ALL", NULL };
	/* Its own filter refuses the mounts that the runner needs; the runner brings a stricter one. */
	static const char *const docker[] = { "--security-opt=systempaths=unconfined",
					      "--security-opt=seccomp=unconfined",
					      "--security-opt=apparmor=unconfined", NULL };
	static const char *const both[] = {
		"--pull=never",	      "--log-driver=none",
		"--network=none",     "--ipc=private",
		"--read-only",	      "--cap-drop=ALL",
		"--workdir=/",	      "--security-opt=no-new-privileges",
		"--env=LD_PRELOAD=",  "--security-opt=label=disable",
		"--shm-size=64m",     "--tmpfs=/tmp:rw,nosuid,nodev,mode=1777,size=512m",
		"--hostname=sandbox", NULL,
	};
	const char *const *own = is_podman(l) ? podman : docker;

	for (size_t i = 0; both[i]; i++)
		launch_arg(l, "%s", both[i]);
	for (; *own; own++)
		launch_arg(l, "%s", *own);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* No limit may be above our own: an engine without privileges could not set it. */
static uint64_t allowed(__rlimit_resource_t what, uint64_t most)
{
	struct rlimit now;

	return getrlimit(what, &now) == 0 ? least(most, now.rlim_max) : most;
}

static void limits(const struct runner_options *o, struct launch *l)
{
	uint64_t memory = o->memory_bytes ? o->memory_bytes : HARDEN_MEMORY_BYTES;
	uint64_t processes = o->processes ? o->processes : HARDEN_PROCESSES;

	launch_arg(l, "--memory=%" PRIu64 "b", memory * COMMANDS);
	launch_arg(l, "--memory-swap=%" PRIu64 "b", memory * COMMANDS);
	launch_arg(l, "--pids-limit=%" PRIu64, processes * WATCH_THREADS * COMMANDS);
	if (o->cpus > 0)
		launch_arg(l, "--cpus=%.2f", o->cpus);
	launch_arg(l, "--ulimit=core=0:0");
	launch_arg(l, "--ulimit=nofile=%" PRIu64 ":%" PRIu64, allowed(RLIMIT_NOFILE, OPEN_FILES),
		   allowed(RLIMIT_NOFILE, OPEN_FILES));
	launch_arg(l, "--ulimit=nproc=%" PRIu64 ":%" PRIu64, allowed(RLIMIT_NPROC, PROCESSES_MAX),
		   allowed(RLIMIT_NPROC, PROCESSES_MAX));
}

/* The files shall belong to whom they belong now.
 * podman without root maps the user to himself inside; docker, and root, name the owner of the
 * workspace. */
static void user(struct launch *l, const struct stat *workspace)
{
	uid_t uid = getuid() ? getuid() : workspace->st_uid;
	gid_t gid = getuid() ? getgid() : workspace->st_gid;

	if (getuid() != 0 && is_podman(l)) {
		launch_arg(l, "--userns=keep-id");
		return;
	}
	launch_arg(l, "--user=%u:%u", (unsigned)uid, (unsigned)gid);
	if (uid == 0)
		launch_arg(l, "--cap-add=SETFCAP");
}

/* The same place inside; what is there already stays. */
static bool volume(struct launch *l, struct slice path, bool write, struct err *err)
{
	const char *how = !write ? "ro" : is_podman(l) ? "rw,nosuid,nodev" : "rw";
	struct slice arg =
		arena_printf(&l->arena, "--volume=%.*s:%.*s:", SLICE_ARG(path), SLICE_ARG(path));

	if (slice_find_byte(path, ':', 0) < path.len)
		return err_set(err, ERR_SANDBOX,
			       "%.*s cannot be used in a container: its name has a colon.",
			       SLICE_ARG(path));
	if (access(arena_cstr(&l->arena, path), F_OK) < 0)
		return true;
	for (size_t i = 0; i < l->n_args && i < LAUNCH_ARGS_MAX; i++) {
		if (slice_starts(slice_of(l->argv[i]), arg))
			return true;
	}
	launch_arg(l, "%s%s", arg.ptr, how);
	return true;
}

static bool volumes(const struct runner_options *o, struct launch *l, struct err *err)
{
	if (o->views.len) /* the engine mounts only what exists */
		(void)mkdir(arena_cstr(&l->arena, o->views), 0700);
	if (!volume(l, o->workspace, true, err) ||
	    (o->views.len && !volume(l, o->views, true, err)))
		return false;
	for (size_t i = 0; i < o->n_write_dirs; i++) {
		if (!volume(l, o->write_dirs[i], true, err))
			return false;
	}
	for (size_t i = 0; i < o->n_read_dirs; i++) {
		if (!volume(l, o->read_dirs[i], false, err))
			return false;
	}
	return true;
}

/* What an engine needs to find its storage and its daemon; nothing of it gets into the container. */
static void environment(struct launch *l)
{
	static const char *const pass[] = {
		"PATH",
		"HOME",
		"USER",
		"LOGNAME",
		"LANG",
		"TMPDIR",
		"XDG_RUNTIME_DIR",
		"XDG_CONFIG_HOME",
		"XDG_DATA_HOME",
		"DBUS_SESSION_BUS_ADDRESS",
		"CONTAINERS_CONF",
		"CONTAINERS_STORAGE_CONF",
		"DOCKER_HOST",
		"DOCKER_CONTEXT",
		"DOCKER_CONFIG",
		NULL,
	};

	launch_pass_env(l, pass);
}

/* An image that begins with '-' would be read by the engine as an option. */
static bool settings(const struct runner_options *o, struct launch *l, struct err *err)
{
	l->engine = arena_cstr(&l->arena, o->where);
	l->image = arena_dup(&l->arena, o->image);
	if (strcmp(l->engine, "podman") != 0 && strcmp(l->engine, "docker") != 0)
		return err_set(err, ERR_USAGE, "\"%s\" is no runner: native, podman or docker.",
			       l->engine);
	if (l->image.len == 0 || l->image.ptr[0] == '-')
		return err_set(err, ERR_USAGE,
			       "Your settings say \"runner\": \"%s\", but not in which image. Add "
			       "\"container\": {\"image\": \"NAME\"}.",
			       l->engine);
	l->file = find(l, l->engine);
	if (l->file)
		return true;
	return err_set(err, ERR_SANDBOX,
		       "Your settings say \"runner\": \"%s\", but there is no program %s in PATH. "
		       "Install it (on Debian: sudo apt install %s), or leave out \"runner\".",
		       l->engine, l->engine,
		       is_podman(l) ? "podman uidmap slirp4netns" : "docker.io");
}

bool launch_container(const struct runner_options *o, struct launch *l, struct err *err)
{
	struct stat workspace;
	uint32_t id;

	if (!settings(o, l, err))
		return false;
	if (stat(arena_cstr(&l->arena, o->workspace), &workspace) < 0)
		return err_set(err, ERR_NOT_FOUND, "The workspace %.*s cannot be opened.",
			       SLICE_ARG(o->workspace));
	random_bytes(&id, sizeof(id));
	l->name = arena_printf(&l->arena, "emend-%d-%08" PRIx32, (int)getpid(), id).ptr;
	launch_arg(l, "%s", l->file);
	launch_arg(l, "run");
	launch_arg(l, "-i");
	launch_arg(l, "--rm");
	launch_arg(l, "--name=%s", l->name);
	walls(l);
	limits(o, l);
	user(l, &workspace);
	environment(l);
	if (!volumes(o, l, err) || !launch_mount_program(l, o->program, err))
		return false;
	launch_start_program(l);
	return true;
}
