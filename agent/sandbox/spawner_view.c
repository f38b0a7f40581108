/* spawner_view.c - see spawner.h: the namespaces that last for the session.
 *
 * Order: namespaces, ids, host name, loopback, view, and then a rehearsal, which is a whole command
 * without its child. Only a rehearsal that ended well counts: kernels and containers differ in
 * which of the steps they refuse, and it is better to hear of it now than with the user's first
 * command. */
#include "agent/sandbox/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/sandbox/overlay.h"
#include "agent/sandbox/view.h"

#define HOST_NAME "sandbox"
enum { INSIDE_ID = 1000 /* what root outside is called inside */ };

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* "deny" first: the kernel lets an unprivileged process write gid_map only after it. The number
 * stays the same inside and outside, except for root, who is an ordinary user inside. */
static bool map_ids(uid_t uid, gid_t gid, struct err *err)
{
	char text[64];

	if (!write_file("/proc/self/setgroups", "deny"))
		return err_set(err, ERR_SANDBOX, "/proc/self/setgroups cannot be written: %s.",
			       strerror(errno));
	(void)snprintf(text, sizeof(text), "%u %u 1\n", uid ? (unsigned)uid : INSIDE_ID,
		       (unsigned)uid);
	if (!write_file("/proc/self/uid_map", text))
		return err_set(err, ERR_SANDBOX, "/proc/self/uid_map cannot be written: %s.",
			       strerror(errno));
	(void)snprintf(text, sizeof(text), "%u %u 1\n", gid ? (unsigned)gid : INSIDE_ID,
		       (unsigned)gid);
	if (!write_file("/proc/self/gid_map", text))
		return err_set(err, ERR_SANDBOX, "/proc/self/gid_map cannot be written: %s.",
			       strerror(errno));
	return true;
}

/* What the kernel gives a user only so many of, all programs together: half is left for the others,
 * so that a command cannot blind the user's editor. */
static void leave_half(const char *limit, const char *ours)
{
	FILE *f = fopen(limit, "re");
	char text[32] = "";
	long most;

	if (f && !fgets(text, sizeof(text), f))
		text[0] = 0;
	if (f)
		(void)fclose(f);
	most = strtol(text, NULL, 10);
	if (most < 2)
		return;
	(void)snprintf(text, sizeof(text), "%ld", most / 2);
	(void)write_file(ours, text);
}

/* No further user namespaces may be made in ours: in one a command would have all capabilities
 * again, and much of the kernel is only reached with them. */
static bool enter_namespaces(struct spawner *s, struct err *err)
{
	/* One network for the session: a command can talk to a server that another runs in the
	 * background, and nobody to anything else. Code that stands by itself has one of its own. */
	const int ours = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (unshare(CLONE_NEWUSER | ours) == 0) {
		layer_set(s->layers, LAYER_USERNS, LAYER_ON,
			  uid ? "same user inside" : "root outside is an ordinary user inside");
		if (!map_ids(uid, gid, err))
			return false;
		(void)write_file("/proc/sys/user/max_user_namespaces", "0");
		leave_half("/proc/sys/fs/inotify/max_user_instances",
			   "/proc/sys/user/max_inotify_instances");
		leave_half("/proc/sys/fs/inotify/max_user_watches",
			   "/proc/sys/user/max_inotify_watches");
		return true;
	}
	layer_set(s->layers, LAYER_USERNS, LAYER_MISSING, "unshare: %s", strerror(errno));
	if (uid != 0 || unshare(ours) < 0)
		return err_set(err, ERR_SANDBOX, "User namespaces cannot be made: %s.",
			       strerror(errno));
	layer_set(s->layers, LAYER_USERNS, LAYER_OFF,
		  "not possible here; root makes the other namespaces "
		  "without it and drops its capabilities");
	return true;
}

/* In a container, which may not set it. */
static bool named_already(void)
{
	struct utsname u;

	return uname(&u) == 0 && strcmp(u.nodename, HOST_NAME) == 0;
}

/* One command without a command: everything but the child. */
static bool rehearse(struct spawner *s, struct err *err)
{
	struct spawn_status st = { .why = { .code = ERR_NONE } };
	int p[2], fds[SPAWN_FDS] = { -1, -1, -1, -1 };
	bool ok = false;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_set(err, ERR_IO, "No pipe: %s.", strerror(errno));
	fds[SPAWN_FD_STATUS] = p[1];
	pid = spawner_clone(s, 0, fds, NULL);
	if (pid < 0)
		err_set(err, ERR_SANDBOX, "The namespaces of a command cannot be made: %s.",
			strerror(errno));
	(void)close(p[1]);
	if (pid > 0) {
		if (read(p[0], &st, sizeof(st)) != (ssize_t)sizeof(st))
			err_set(err, ERR_SANDBOX,
				"A trial of the sandbox ended without an answer.");
		else if (st.why.code != ERR_NONE)
			*err = st.why;
		else
			ok = true;
		/* The end of its namespaces takes the kernel longer than all of the above: the loop reaps it. */
		if (!ok)
			(void)waitpid(pid, NULL, 0);
	}
	(void)close(p[0]);
	return ok;
}

static bool overlay_works(struct spawner *s, struct err *err)
{
	s->overlay = overlay_prepare_trial(err);
	s->overlay = s->overlay && rehearse(s, err);
	return s->overlay;
}

/* In the place of the folder on the disk, which is there again where that does not do. */
static bool works_in_memory(struct spawner *s, struct err *err)
{
	int disk = s->config->views ? view_copy_tree(AT_FDCWD, VIEW_LAYERS, 0) : -1, target;
	struct err why;

	s->memory = overlay_in_memory(err);
	if (s->memory >= 0 && overlay_works(s, err)) {
		if (disk >= 0)
			(void)close(disk);
		return true;
	}
	if (disk < 0) /* a copy of the workspace may lie there */
		return false;
	if (s->memory >= 0)
		(void)close(s->memory);
	s->memory = -1;
	(void)umount2(VIEW_LAYERS, MNT_DETACH);
	target = open(VIEW_LAYERS, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!view_cover(disk, target, VIEW_LAYERS, &why))
		*err = why;
	if (target >= 0)
		(void)close(target);
	return false;
}

/* On the disk, else in memory, else not at all. A rehearsal with the overlay is one of the rest. */
static bool try_overlay(struct spawner *s)
{
	struct err err = { .msg = "no folder for it" };

	if (s->config->forbid & FORBID_OVERLAY) {
		layer_set(s->layers, LAYER_OVERLAY, LAYER_MISSING, "forbidden by a test");
		return false;
	}
	if (s->config->views && overlay_works(s, &err)) {
		layer_set(s->layers, LAYER_OVERLAY, LAYER_ON,
			  "a command changes nothing until it is done");
		return true;
	}
	if (s->config->views_in_memory && works_in_memory(s, &err)) {
		layer_set(s->layers, LAYER_OVERLAY, LAYER_ON,
			  "a command changes nothing until it is done; its changes lie in memory "
			  "(at most 1 GiB)");
		return true;
	}
	layer_set(s->layers, LAYER_OVERLAY, LAYER_MISSING, "%.150s", err.msg);
	return false;
}

bool spawner_enter_view(struct spawner *s, struct err *err)
{
	static const enum layer_id made[] = { LAYER_MOUNTNS, LAYER_PIDNS, LAYER_NETNS, LAYER_IPCNS,
					      LAYER_UTSNS };
	bool ok;

	if (s->config->forbid & FORBID_USERNS) {
		layer_set(s->layers, LAYER_USERNS, LAYER_MISSING, "forbidden by a test");
		return err_set(err, ERR_SANDBOX, "Namespaces are forbidden by a test.");
	}
	/* A file of /proc/self can be written only by a process that can be dumped. */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	ok = enter_namespaces(s, err);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (!ok)
		return false;
	if (!named_already() && sethostname(HOST_NAME, sizeof(HOST_NAME) - 1) < 0)
		return err_set(err, ERR_SANDBOX, "The host name cannot be set: %s.", strerror(errno));
	if (!spawner_loopback(err) || !view_build(s->config, err))
		return false;
	s->mode = SANDBOX_VIEW;
	s->clone_flags =
		CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | (s->config->bare ? CLONE_NEWNET : 0);
	if (!try_overlay(s) && !rehearse(s, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		layer_set(s->layers, made[i], LAYER_ON, "%s",
			  made[i] == LAYER_UTSNS || (made[i] == LAYER_NETNS && !s->config->bare)
				  ? "one for the session"
				  : "one for each command");
	return true;
}
