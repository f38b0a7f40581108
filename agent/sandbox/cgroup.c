/* cgroup.c - see cgroup.h
 *
 * Needs a delegated cgroup of version 2 (systemd does that for a user's services), and cgroup.kill,
 * which is the reason for all of this: it ends a tree that forks faster than anybody can list it. A
 * failure is never an error of a command: it then runs without. */
#include "agent/sandbox/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/base/limits.h"
#include "protocol/base/log.h"

#define PREFIX "emend-"

static void leaf_name(const struct cgroup *g, uint64_t id, const char *file, char *out, size_t size)
{
	(void)snprintf(out, size, PREFIX "%d-%llu%s%s", g->tag, (unsigned long long)id,
		       *file ? "/" : "", file);
}

static bool put(int own, const char *path, const char *text)
{
	int fd = openat(own, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* "0::/PATH" of /proc/self/cgroup. */
static bool own_path(char *out, size_t size)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[LIMIT_PATH_BYTES];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		found = strncmp(line, "0::/", 4) == 0;
		line[strcspn(line, "\n")] = 0;
	}
	if (f)
		(void)fclose(f);
	return found && snprintf(out, size, "%s", line + 3) < (int)size;
}

/* Where version 2 is mounted: "... MOUNT_POINT ... - cgroup2 ..." */
static bool mounted_at(char *out, size_t size)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[2 * LIMIT_PATH_BYTES], root[LIMIT_PATH_BYTES], at[LIMIT_PATH_BYTES];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, " - cgroup2 ") &&
			sscanf(line, "%*d %*d %*s %4095s %4095s", root, at) == 2 &&
			strcmp(root, "/") == 0;
	if (f)
		(void)fclose(f);
	return found && snprintf(out, size, "%s", at) < (int)size;
}

/* Those of spawners that were killed before they could clean up. One that lives in it keeps it:
 * rmdir fails. */
static void remove_dead(int own)
{
	int copy = openat(own, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, PREFIX, sizeof(PREFIX) - 1) == 0)
			(void)unlinkat(own, e->d_name,
				       AT_REMOVEDIR); /* not while one lives in it */
	}
	if (d)
		(void)closedir(d);
	else if (copy >= 0)
		(void)close(copy);
}

/* Number 0 is a trial: whether the kernel lets us make one, and has cgroup.kill in it. */
void cgroup_open(struct cgroup *g)
{
	char at[LIMIT_PATH_BYTES], own[LIMIT_PATH_BYTES], path[2 * LIMIT_PATH_BYTES], kill[64];
	struct stat st;
	bool ok = false;

	*g = (struct cgroup){ .own = -1, .tag = getpid() };
	if (!own_path(own, sizeof(own)) || strcmp(own, "/") == 0 || !mounted_at(at, sizeof(at)))
		return; /* the top is nobody's to delegate */
	(void)snprintf(path, sizeof(path), "%s%s", at, own);
	g->own = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (g->own < 0)
		return;
	remove_dead(g->own);
	if (faccessat(g->own, "cgroup.procs", W_OK, AT_EACCESS) == 0) {
		cgroup_make(g, 0);
		leaf_name(g, 0, "cgroup.kill", kill, sizeof(kill));
		ok = fstatat(g->own, kill, &st, 0) == 0; /* Linux 5.14 */
		ok = cgroup_remove(g, 0) && ok;
	}
	if (!ok) {
		(void)close(g->own);
		g->own = -1;
	}
}

void cgroup_make(const struct cgroup *g, uint64_t id)
{
	char name[64];

	leaf_name(g, id, "", name, sizeof(name));
	if (g->own >= 0 && mkdirat(g->own, name, 0755) < 0)
		log_debug("no cgroup for a command: %s", strerror(errno));
}

void cgroup_enter(const struct cgroup *g, uint64_t id)
{
	char name[64];

	leaf_name(g, id, "cgroup.procs", name, sizeof(name));
	if (g->own >= 0 && !put(g->own, name, "0"))
		log_debug("a command does without its cgroup: %s", strerror(errno));
}

void cgroup_kill(const struct cgroup *g, uint64_t id)
{
	char name[64];

	leaf_name(g, id, "cgroup.kill", name, sizeof(name));
	if (g->own >= 0)
		(void)put(g->own, name, "1");
}

bool cgroup_remove(const struct cgroup *g, uint64_t id)
{
	char name[64];

	leaf_name(g, id, "", name, sizeof(name));
	if (g->own < 0 || unlinkat(g->own, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return true;
	cgroup_kill(g, id);
	return false;
}
