/* overlay.c - see overlay.h
 *
 * The lower layer is the workspace as the view shows it. `volatile`: nothing is synced when it is
 * unmounted, because what is to stay is copied and synced by the commit. `userxattr`: an ordinary
 * user can make the marks. Files keep their real numbers and nothing is looked up by handle. */
#include "agent/sandbox/overlay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "agent/sandbox/tree.h"
#include "agent/sandbox/view.h"
#include "protocol/base/limits.h"

enum { THROUGH_MAX = 256 };
#define TRIAL VIEW_LAYERS "/trial"
/* All commands of the session share it, and it counts as nobody's memory: hence a size of its own.
 */
#define MEMORY "size=1g,nr_inodes=200k,mode=700"

struct through {
	const char *rel;
	int mount;
};

static bool fail(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_SANDBOX, "%s %s: %s.", what, path, strerror(errno));
}

/* No links at all: these are folders whose real contents the command is to change, and a link that
 * another command put there could name any folder. */
static int open_below(int top, const char *rel)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };

	return (int)syscall(SYS_openat2, top, rel, &how, sizeof(how));
}

/* Copies of the real folders, before the overlay hides them. */
static size_t take_through(const struct confine_request *r, int workspace, struct through *out)
{
	const char *at = r->places;
	size_t n = 0;

	for (uint32_t i = 0; i < r->n_places && n < THROUGH_MAX; i++, at += strlen(at) + 1) {
		int dir = *at == PLACE_BIND ? open_below(workspace, at + 1) : -1;

		if (dir < 0)
			continue;
		out[n] = (struct through){ at + 1, view_copy_tree(dir, "", 0) };
		n += out[n].mount >= 0;
		(void)close(dir);
	}
	return n;
}

static bool put_through(struct through *t, size_t n, const char *workspace, struct err *err)
{
	int top = open(workspace, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = top >= 0 || fail(err, "cannot open", workspace);

	for (size_t i = 0; i < n; i++) {
		int target = ok ? open_below(top, t[i].rel) : -1;

		if (target >= 0) {
			ok = view_cover(t[i].mount, target, t[i].rel, err);
			(void)close(target);
		} else {
			(void)close(t[i].mount);
		}
	}
	if (top >= 0)
		(void)close(top);
	return ok;
}

static bool mount_overlay(const char *workspace, uint64_t view, struct err *err)
{
	char options[512], name[32];

	(void)snprintf(name, sizeof(name), "%llu", (unsigned long long)view);
	(void)snprintf(options, sizeof(options),
		       "userxattr,volatile,xino=off,index=off,metacopy=off,lowerdir=.,"
		       "upperdir=" VIEW_LAYERS "/%s/u,workdir=" VIEW_LAYERS "/%s/w",
		       view == OVERLAY_TRIAL ? "trial" : name,
		       view == OVERLAY_TRIAL ? "trial" : name);
	/* "." because a path may hold what separates options. */
	if (chdir(workspace) < 0 ||
	    mount("overlay", workspace, "overlay", MS_NOSUID | MS_NODEV, options) < 0)
		return fail(err, "cannot mount an overlay on", workspace);
	return true;
}

/* By a mount of the copy, or by one of itself that is read-only. */
static bool cover(const char *workspace, uint64_t view, struct err *err)
{
	int target = open(workspace, O_PATH | O_DIRECTORY | O_CLOEXEC), tree;
	char copy[64];
	bool ok;

	(void)snprintf(copy, sizeof(copy), VIEW_LAYERS "/%llu/u", (unsigned long long)view);
	tree = view ? view_copy_tree(AT_FDCWD, copy, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
		    : view_copy_tree(AT_FDCWD, workspace, MOUNT_ATTR_RDONLY);
	ok = view_cover(tree, target, workspace, err);
	if (target >= 0)
		(void)close(target);
	return ok;
}

bool overlay_enter(const struct init_options *o, const struct confine_request *r, struct err *err)
{
	struct through through[THROUGH_MAX];
	const char *workspace = o->config->workspace;
	size_t n;
	int top;

	/* A trial without an overlay has nothing to try here. */
	if (!o->config->bare && (o->overlay || r->view != OVERLAY_TRIAL)) {
		top = open(workspace, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (top < 0)
			return fail(err, "cannot open", workspace);
		n = take_through(r, top, through);
		(void)close(top);
		if (!(o->overlay && r->view ? mount_overlay(workspace, r->view, err)
					    : cover(workspace, r->view, err)) ||
		    !put_through(through, n, workspace, err))
			return false;
	}
	if (chdir("/") < 0 || (umount2(VIEW_LAYERS, MNT_DETACH) < 0 && errno != EINVAL))
		return fail(err, "cannot hide", VIEW_LAYERS);
	return true;
}

/* Removed in the command's layer, so the real file stays; the runner, which knows that the
 * file was hidden, does not commit the removal. */
bool overlay_hide(int workspace, const char *rel)
{
	char folder[LIMIT_PATH_BYTES];
	const char *slash = strrchr(rel, '/');
	int dir;
	bool ok;

	(void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - rel) : 1,
		       slash ? rel : ".");
	dir = open_below(workspace, folder);
	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR; /* gone meanwhile */
	ok = tree_remove(dir, slash ? slash + 1 : rel);
	(void)close(dir);
	return ok;
}

int overlay_in_memory(struct err *err)
{
	int fd;

	(void)umount2(VIEW_LAYERS, MNT_DETACH);
	if (mount("tmpfs", VIEW_LAYERS, "tmpfs", MS_NOSUID | MS_NODEV, MEMORY) < 0) {
		fail(err, "cannot mount a private", VIEW_LAYERS);
		return -1;
	}
	fd = open(VIEW_LAYERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fail(err, "cannot open", VIEW_LAYERS);
	return fd;
}

bool overlay_prepare_trial(struct err *err)
{
	if (mkdir(TRIAL, 0700) < 0 || mkdir(TRIAL "/u", 0700) < 0 || mkdir(TRIAL "/w", 0700) < 0)
		return fail(err, "cannot write in", VIEW_LAYERS);
	/* Without these marks a removed folder would come back. */
	return setxattr(TRIAL "/u", "user.emend", "y", 1, 0) == 0 ||
	       fail(err, "no user attributes in", VIEW_LAYERS);
}

/* At the end of the session, when all commands are dead: layers are the runner's to commit, and it
 * is gone. */
void overlay_clean(void)
{
	int top = open(VIEW_LAYERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = top >= 0 ? fdopendir(top) : NULL;
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)tree_remove(top, e->d_name);
	}
	if (d)
		(void)closedir(d);
}
