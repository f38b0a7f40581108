/* watch.c - see watch.h
 *
 * Where nobody gave us a cgroup, the numbers come from /proc. Without a pid namespace the
 * descendants are found by their parents, of which the caller, a subreaper, is the last. */
#include "agent/sandbox/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* KILL_ROUNDS: each waits a millisecond. New processes can appear while the old ones die, so it is
 * done until nobody is there; a process that cannot die (it waits for a dead disk) must not hold us
 * for ever. */
enum { PIDS_MAX = 32768, KILL_ROUNDS = 200 };

struct pid_list {
	size_t n;
	struct {
		pid_t pid, parent;
		bool ours;
	} of[PIDS_MAX];
};

static size_t read_small(int dir, const char *name, char *out, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		(void)close(fd);
	out[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

static pid_t parent_of(int proc, const char *pid)
{
	char name[48], text[512], *end;

	(void)snprintf(name, sizeof(name), "%s/stat", pid);
	if (!read_small(proc, name, text, sizeof(text)))
		return 0;
	end = strrchr(text, ')'); /* the name may hold anything */
	if (!end || strlen(end) < 5)
		return 0;
	return (pid_t)strtol(end + 4, NULL, 10);
}

/* Pages that are shared are counted half: two processes that share all of theirs count once
 * together. */
static uint64_t memory_of(int proc, const char *pid)
{
	char name[48], text[128], *at;
	unsigned long long resident, shared;

	(void)snprintf(name, sizeof(name), "%s/statm", pid);
	if (!read_small(proc, name, text, sizeof(text)))
		return 0;
	(void)strtoull(text, &at, 10);
	resident = strtoull(at, &at, 10);
	shared = strtoull(at, NULL, 10);
	return (resident - shared / 2) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A folder has two links more than folders in it; here these are the threads. */
static unsigned threads_of(int proc, const char *pid)
{
	char name[48];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%s/task", pid);
	return fstatat(proc, name, &st, 0) == 0 && st.st_nlink > 2 ? (unsigned)st.st_nlink - 2 : 1;
}

static void list_pids(const struct watch *w, DIR *d, struct pid_list *l)
{
	struct dirent *e;
	bool more = true;

	l->n = 0;
	while ((e = readdir(d)) != NULL && l->n < PIDS_MAX) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid <= 1)
			continue;
		l->of[l->n].pid = pid;
		l->of[l->n].parent = w->own_pids ? getpid() : parent_of(dirfd(d), e->d_name);
		l->of[l->n++].ours = w->own_pids;
	}
	/* A child may be listed before its parent: until nothing is added. */
	while (more && !w->own_pids) {
		more = false;
		for (size_t i = 0; i < l->n; i++) {
			bool ours = l->of[i].parent == getpid();

			for (size_t j = 0; j < l->n && !ours && !l->of[i].ours; j++)
				ours = l->of[j].ours && l->of[j].pid == l->of[i].parent;
			if (ours && !l->of[i].ours)
				l->of[i].ours = more = true;
		}
	}
}

/* Of the whole file system, as a layer or a tmpfs can be anywhere: others that write at the same
 * time count too, so the limit is generous. 0: unknown, and then nothing is found missing. */
static uint64_t disk_free(int fd)
{
	struct statvfs v;

	return fd >= 0 && fstatvfs(fd, &v) == 0 ? (uint64_t)v.f_bfree * v.f_frsize : 0;
}

void watch_init(struct watch *w, bool own_pids, int workspace, const struct harden_limits *l)
{
	*w = (struct watch){ .own_pids = own_pids, .workspace = workspace, .limits = *l };
	w->disk_free = disk_free(workspace);
}

enum spawn_limit watch_look(struct watch *w)
{
	struct pid_list *l = malloc(sizeof(*l));
	DIR *d = opendir("/proc");
	uint64_t memory = 0, now = disk_free(w->workspace);
	enum spawn_limit hit = SPAWN_LIMIT_NONE;
	uint64_t threads = 0;
	unsigned n = 0;

	if (d && l) {
		list_pids(w, d, l);
		for (size_t i = 0; i < l->n; i++) {
			char name[24];

			if (!l->of[i].ours)
				continue;
			(void)snprintf(name, sizeof(name), "%d", (int)l->of[i].pid);
			memory += memory_of(dirfd(d), name);
			threads += threads_of(dirfd(d), name);
			n++;
		}
	}
	if (memory > w->peak_bytes)
		w->peak_bytes = memory;
	/* The kernel's own limit on threads does not hold for root. */
	if (n > w->limits.processes || threads > (uint64_t)w->limits.processes * WATCH_THREADS)
		hit = SPAWN_LIMIT_PROCESSES;
	else if (memory > w->limits.memory_bytes)
		hit = SPAWN_LIMIT_MEMORY;
	else if (w->disk_free > now && w->disk_free - now > w->limits.disk_bytes)
		hit = SPAWN_LIMIT_DISK;
	if (d)
		(void)closedir(d);
	free(l);
	return hit;
}

static void kill_ours(const struct watch *w)
{
	struct pid_list *l = malloc(sizeof(*l));
	DIR *d = opendir("/proc");

	if (d && l) {
		list_pids(w, d, l);
		for (size_t i = 0; i < l->n; i++) {
			if (l->of[i].ours)
				(void)kill(l->of[i].pid, SIGKILL);
		}
	}
	if (d)
		(void)closedir(d);
	free(l);
}

/* kill(-1) in a pid namespace means everybody but ourselves; outside it would be everything of the
 * user. */
void watch_kill_all(const struct watch *w)
{
	for (int i = 0; i < KILL_ROUNDS; i++) {
		pid_t r;

		if (w->own_pids)
			(void)kill(-1, SIGKILL);
		else
			kill_ours(w);
		while ((r = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (r < 0 && errno == ECHILD)
			return;
		(void)usleep(1000);
	}
}
