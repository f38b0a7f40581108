/* view.c - see view.h
 *
 * Sources are taken as detached copies (open_tree) before anything is mounted, so that nothing
 * which is mounted later can stand in front of them; then they are put into an empty file system,
 * which becomes the root. Places of the workspace are named by descriptors, never by paths that
 * could change.
 *
 * The order matters and is this: make the mounts private, take all sources, mount the empty root,
 * attach the sources, write the few files that are ours, become the root, and only then hide the
 * credentials in the repository's configuration, by the paths that now count. A failure leaves a
 * process that is good for nothing: the caller exits, which undoes all of it, so nothing is undone
 * here. */
#include "agent/sandbox/view.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/sandbox/landlock.h"
#include "protocol/base/limits.h"

enum { SOURCES_MAX = 256 };
enum {
	VIEW_SAFE = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
	VIEW_READ_ONLY = VIEW_SAFE | MOUNT_ATTR_RDONLY
};
/* tmpfs is memory of the machine, so each has a limit: without one a command could fill the memory
 * with files, which the watchdog does not count: it looks at the memory of processes. */
#define TMP_SIZE "size=512m,nr_inodes=200k,mode=1777"
#define HOME_SIZE "size=256m,nr_inodes=200k,mode=700"
#define SHM_SIZE "size=64m,nr_inodes=20k,mode=1777"
/* Of code that is nobody's command: many run at once, and what they write is memory. */
#define BARE_TMP_SIZE "size=64m,nr_inodes=20k,mode=1777"
#define BARE_HOME_SIZE "size=64m,nr_inodes=20k,mode=700"
#define BARE_SHM_SIZE "size=16m,nr_inodes=2k,mode=1777"
#define CLOSED_FILE \
	"/run/closed" /* an empty one could pass for the real one, and git would commit it */
#define EMPTY_DIR "/run/none"

struct source {
	const char *path, *at; /* on the machine; in the view */
	int mount; /* detached copy; -1: a symlink */
	bool dir;
	char link[LIMIT_PATH_BYTES]; /* target of the symlink */
};

struct sources {
	struct source of[SOURCES_MAX];
	size_t n;
};

static bool fail(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_SANDBOX, "%s %s: %s.", what, path, strerror(errno));
}

/* A copy is MS_PRIVATE, or a mount that the machine makes later below it would appear in the view.
 * The attributes hold for all mounts below it: one that is writable within a read-only one would
 * stay so. */
int view_copy_tree(int at, const char *path, uint64_t attr)
{
	struct mount_attr set = { .attr_set = attr, .propagation = MS_PRIVATE };
	unsigned flags =
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | (*path ? 0u : AT_EMPTY_PATH);
	int fd = (int)syscall(SYS_open_tree, at, path, flags);

	if (fd >= 0 && syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &set,
			       sizeof(set)) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Takes one place; one that does not exist is skipped. */
static bool take(struct sources *s, const char *path, uint64_t attr, struct err *err)
{
	struct source *src = &s->of[s->n];
	struct stat st;
	ssize_t n;

	if (lstat(path, &st) < 0)
		return true;
	if (s->n == SOURCES_MAX)
		return err_set(err, ERR_SANDBOX, "More than %d folders for commands.", SOURCES_MAX);
	src->path = src->at = path;
	src->mount = -1;
	src->dir = S_ISDIR(st.st_mode);
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, src->link, sizeof(src->link) - 1);
		if (n < 0)
			return true;
		src->link[n] = 0;
		s->n++;
		return true;
	}
	src->mount = view_copy_tree(AT_FDCWD, path, attr);
	if (src->mount < 0)
		return fail(err, "cannot copy the mount of", path);
	s->n++;
	return true;
}

static bool take_all(struct sources *s, const char *const *paths, uint64_t attr, struct err *err)
{
	for (; paths && *paths; paths++) {
		if (!take(s, *paths, attr, err))
			return false;
	}
	return true;
}

/* mkdir -p of path (absolute) below the current folder; `file`: its last part is an empty file. */
static void make_place(const char *path, bool file)
{
	char rel[LIMIT_PATH_BYTES];
	int fd;

	(void)snprintf(rel, sizeof(rel), ".%s", path);
	for (char *p = rel + 2; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		(void)mkdir(rel, 0755);
		*p = '/';
	}
	if (!file) {
		(void)mkdir(rel, 0755);
		return;
	}
	fd = open(rel, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
	if (fd >= 0)
		(void)close(fd);
}

/* A symlink is made anew with the same target, which may lead nowhere in the view: /lib is a link
 * to usr/lib on most systems. */
static bool attach(const struct source *src, struct err *err)
{
	char rel[LIMIT_PATH_BYTES];

	(void)snprintf(rel, sizeof(rel), ".%s", src->at);
	if (src->mount < 0) {
		make_place(src->at, false);
		(void)rmdir(rel);
		if (symlink(src->link, rel) < 0 && errno != EEXIST)
			return fail(err, "cannot link", src->path);
		return true;
	}
	make_place(src->at, !src->dir);
	if (syscall(SYS_move_mount, src->mount, "", AT_FDCWD, rel, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail(err, "cannot mount", src->path);
	(void)close(src->mount);
	return true;
}

static bool mount_tmp(const char *path, const char *options, struct err *err)
{
	char rel[64];

	(void)snprintf(rel, sizeof(rel), ".%s", path);
	make_place(path, false);
	if (mount("tmpfs", rel, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return fail(err, "cannot mount a private", path);
	return true;
}

/* The folder that the empty root is mounted on; our mounts must not reach other namespaces.
 * NULL: errno says why there is none. */
static const char *private_place(void)
{
	static const char *const places[] = { "/proc", "/sys", "/dev", "/run", "/tmp" };
	struct stat st;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return stat("/tmp", &st) == 0 ? "/tmp" : "/usr";
	/* Inside a chroot "/" is no mount point. */
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (mount(NULL, places[i], NULL, MS_REC | MS_PRIVATE, NULL) == 0)
			return places[i];
	}
	return NULL;
}

static const char *const private_dirs[] = { "/tmp", "/var/tmp", "/dev/shm", VIEW_HOME, NULL };

static bool private_folders(bool bare, struct err *err)
{
	static const char *const sizes[][2] = { { TMP_SIZE, BARE_TMP_SIZE },
						{ TMP_SIZE, BARE_TMP_SIZE },
						{ SHM_SIZE, BARE_SHM_SIZE },
						{ HOME_SIZE, BARE_HOME_SIZE } };
	bool ok = true;

	for (size_t i = 0; ok && private_dirs[i]; i++)
		ok = mount_tmp(private_dirs[i], sizes[i][bare], err);
	return ok;
}

static bool terminals(struct err *err)
{
	return mount("devpts", "./dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		     "newinstance,ptmxmode=0666,mode=620,max=64") == 0 ||
	       fail(err, "cannot mount", "/dev/pts");
}

/* /dev/pts is an instance of its own, so that commands cannot open the user's terminals. */
static bool devices(struct err *err)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "./dev/fd" },       { "/proc/self/fd/0", "./dev/stdin" },
		{ "/proc/self/fd/1", "./dev/stdout" }, { "/proc/self/fd/2", "./dev/stderr" },
		{ "pts/ptmx", "./dev/ptmx" },
	};

	make_place("/dev/pts", false);
	if (!terminals(err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		if (symlink(links[i][0], links[i][1]) < 0)
			return fail(err, "cannot link", links[i][1]);
	}
	return true;
}

/* The current folder becomes "/", and what was there is gone. */
static bool become_root(struct err *err)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };

	if (syscall(SYS_mount_setattr, AT_FDCWD, ".", 0, &ro, sizeof(ro)) < 0)
		return fail(err, "cannot make read-only:", "the view");
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
			return fail(err, "cannot leave", "the old root");
		return true;
	}
	/* Inside a chroot: commands hold neither a capability nor a descriptor to get out again. */
	if (chroot(".") < 0 || chdir("/") < 0)
		return fail(err, "cannot enter", "the view");
	return true;
}

static bool write_text(const char *path, struct err *err, const char *fmt, ...) PRINTF(3, 4);

static bool write_text(const char *path, struct err *err, const char *fmt, ...)
{
	char rel[64];
	va_list ap;
	FILE *f;

	(void)snprintf(rel, sizeof(rel), ".%s", path);
	make_place(path, true);
	f = fopen(rel, "we");
	if (!f)
		return fail(err, "cannot write", path);
	va_start(ap, fmt);
	(void)vfprintf(f, fmt, ap);
	va_end(ap);
	return fclose(f) == 0 || fail(err, "cannot write", path);
}

/* The machine's own list of users is nobody's business; but programs fail that do not find the name
 * of their own user. */
static bool accounts(struct err *err)
{
	unsigned uid = getuid(), gid = getgid();

	return write_text("/etc/passwd", err,
			  "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n"
			  "user:x:%u:%u::" VIEW_HOME ":/bin/sh\n"
			  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
			  uid, gid) &&
	       write_text("/etc/group", err, "root:x:0:\nuser:x:%u:\nnogroup:x:65534:\n", gid) &&
	       write_text("/etc/hosts", err,
			  "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n");
}

static bool fill(struct sources *s, bool bare, const char *place, struct err *err)
{
	if (mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,mode=755") < 0 ||
	    chdir(place) < 0)
		return fail(err, "cannot mount an empty root on", place);
	if (!private_folders(bare, err))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		if (!attach(&s->of[i], err))
			return false;
	}
	make_place(CLOSED_FILE, true);
	(void)chmod("." CLOSED_FILE, 0);
	make_place(EMPTY_DIR, false);
	make_place(VIEW_LAYERS, false);
	return accounts(err) && devices(err);
}

/* Where the layers of commands lie, for the overlays. */
static bool take_layers(struct sources *s, const char *path, uint64_t attr, struct err *err)
{
	size_t n = s->n;

	if (!path)
		return true;
	if (!take(s, path, attr, err))
		return false;
	if (s->n > n)
		s->of[n].at = VIEW_LAYERS;
	return true;
}

/* A worktree's repository lies outside of the workspace, so no command hides its places (place() in
 * init.c does that for the workspace): its configuration is covered once, for the session. */
static bool clean_git_dir(const struct spawn_config *c, struct err *err)
{
	int dir = c->git_dir ? open(c->git_dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	bool ok;

	if (!c->git_dir)
		return true;
	ok = dir >= 0 ? view_clean(dir, "config", err) : fail(err, "cannot open", c->git_dir);
	if (dir >= 0)
		(void)close(dir);
	return ok;
}

bool view_build(const struct spawn_config *c, struct err *err)
{
	const uint64_t safe = VIEW_SAFE, ro = VIEW_READ_ONLY;
	struct sources *s = calloc(1, sizeof(*s));
	const char *place = private_place();
	bool ok;

	if (!s)
		abort(); /* out of memory */
	ok = place || fail(err, "no place to mount on:", "/");
	/* The machine's /proc stays below each command's own: the kernel asks for it. */
	ok = ok && take(s, "/proc", 0, err) && take_all(s, view_system_dirs, ro, err) &&
	     take_all(s, view_etc, ro, err) &&
	     take_all(s, view_devices, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err) &&
	     take_all(s, c->read_dirs, ro, err) && take_all(s, c->write_dirs, safe, err) &&
	     (!c->git_dir || take(s, c->git_dir, ro, err)) &&
	     (c->bare || take(s, c->workspace, safe, err)) && take_layers(s, c->views, safe, err) &&
	     fill(s, c->bare, place, err) && become_root(err) && clean_git_dir(c, err);
	free(s);
	return ok;
}

static bool in_private(const char *path)
{
	for (size_t i = 0; private_dirs[i]; i++) {
		size_t n = strlen(private_dirs[i]);

		if (strncmp(path, private_dirs[i], n) == 0 && path[n] == '/')
			return true;
	}
	return false;
}

/* Folders of the user's that lie below one are put into the new one as they were in the old. */
bool view_own(const struct spawn_config *c, struct err *err)
{
	struct sources *s = calloc(1, sizeof(*s));
	bool ok = true;

	if (!s)
		abort(); /* out of memory */
	for (const char *const *d = c->read_dirs; ok && d && *d; d++)
		if (in_private(*d))
			ok = take(s, *d, VIEW_READ_ONLY, err);
	ok = ok && private_folders(true, err) && terminals(err);
	for (size_t i = 0; ok && i < s->n; i++)
		ok = attach(&s->of[i], err);
	free(s);
	return ok;
}

/* Takes the descriptor of the mount and closes it, also when it fails; `target` stays the caller's. */
bool view_cover(int mount, int target, const char *name, struct err *err)
{
	bool ok = mount >= 0 && target >= 0 &&
		  syscall(SYS_move_mount, mount, "", target, "",
			  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;

	if (!ok)
		fail(err, "cannot cover", name);
	if (mount >= 0)
		(void)close(mount);
	return ok;
}

bool view_proc(bool as_root, struct err *err)
{
	static const char *const read_only[] = { "/proc/sys", "/proc/irq", "/proc/bus",
						 "/proc/fs" };
	static const char *const hidden[] = { "/proc/kcore",	     "/proc/keys",
					      "/proc/key-users",     "/proc/kmsg",
					      "/proc/sysrq-trigger", "/proc/timer_list",
					      "/proc/kallsyms",	     "/proc/kpagecount",
					      "/proc/kpageflags",    "/proc/kpagecgroup" };
	bool ok = true;

	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return fail(err, "cannot mount a private", "/proc");
	/* Their files check the owner only, and outside we are root. */
	for (size_t i = 0; as_root && ok && i < ARRAY_LEN(read_only) + ARRAY_LEN(hidden); i++) {
		bool mask = i >= ARRAY_LEN(read_only);
		const char *path = mask ? hidden[i - ARRAY_LEN(read_only)] : read_only[i];
		int target = open(path, O_PATH | O_CLOEXEC);

		if (target < 0)
			continue;
		ok = view_cover(
			view_copy_tree(AT_FDCWD, mask ? CLOSED_FILE : path, MOUNT_ATTR_RDONLY),
			target, path, err);
		(void)close(target);
	}
	return ok;
}

/* RESOLVE_BENEATH: the names come from the runner, and a command of the same session may have put a
 * link in the way. A path that leads out of the workspace is not followed. */
bool view_place(int workspace, char kind, const char *rel, struct err *err)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int target = (int)syscall(SYS_openat2, workspace, rel, &how, sizeof(how));
	uint64_t attr = kind == PLACE_PIN ? 0 : MOUNT_ATTR_RDONLY;
	struct stat st;
	bool ok;

	if (target < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EXDEV || errno == ELOOP))
		return true; /* gone, or a link to what the view does not show */
	if (target < 0 || fstat(target, &st) < 0)
		return fail(err, "cannot open", rel);
	if (kind == PLACE_MASK)
		ok = view_cover(view_copy_tree(AT_FDCWD,
					       S_ISDIR(st.st_mode) ? EMPTY_DIR : CLOSED_FILE, attr),
				target, rel, err);
	else
		ok = view_cover(view_copy_tree(target, "", attr), target, rel, err);
	(void)close(target);
	return ok;
}

static bool allow_all(struct landlock_set *set, const char *const *paths, enum landlock_access a,
		      struct err *err)
{
	for (; paths && *paths; paths++) {
		if (!landlock_allow(set, *paths, a, err))
			return false;
	}
	return true;
}

/* A second wall of another make: should a mount be wrong, or be undone by a bug in the kernel, the
 * rules still say no. They name the same places as fill(), and must be changed together with it. */
bool view_rules(const struct spawn_config *c, struct landlock_set *set, const char *tmp,
		struct err *err)
{
	static const char *const terminals[] = { "/dev/pts", "/dev/ptmx", NULL };

	if (!allow_all(set, view_system_dirs, LANDLOCK_EXECUTE, err) ||
	    !allow_all(set, view_devices, LANDLOCK_DEVICE, err) ||
	    !allow_all(set, c->read_dirs, LANDLOCK_EXECUTE, err) ||
	    !allow_all(set, c->write_dirs, LANDLOCK_WRITE, err) ||
	    (c->git_dir && !tmp && !landlock_allow(set, c->git_dir, LANDLOCK_READ, err)) ||
	    (!c->bare && !landlock_allow(set, c->workspace, LANDLOCK_WRITE, err)) ||
	    !landlock_allow(set, "/proc", LANDLOCK_READ, err))
		return false;
	if (tmp) /* no view: the machine's own folders are not for commands */
		return allow_all(set, view_etc, LANDLOCK_READ, err) &&
		       allow_all(set, view_etc_own, LANDLOCK_READ, err) &&
		       landlock_allow(set, tmp, LANDLOCK_WRITE, err);
	return landlock_allow(set, "/etc", LANDLOCK_READ, err) && /* all of it is ours */
	       allow_all(set, private_dirs, LANDLOCK_WRITE, err) &&
	       allow_all(set, terminals, LANDLOCK_DEVICE, err) &&
	       landlock_allow(set, "/", LANDLOCK_LIST, err);
}
