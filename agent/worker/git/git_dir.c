/* git_dir.c - see git_dir.h
 *
 *   worktree    .git: "gitdir: REPO/worktrees/NAME"; there `gitdir` names the workspace's .git, and
 *               `commondir` leads to REPO
 *   submodule   .git: "gitdir: REPO/modules/NAME"; the `config` there has core.worktree */
#include "agent/worker/git/git_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/sandbox/git_config.h"

/* The first line of the file, or the value of a variable in it; relative paths are those of the
 * folder. False: not there, not an ordinary file, or too long. */
static bool read_text(const char *dir, const char *name, char *out, size_t room)
{
	char path[LIMIT_PATH_BYTES];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = regular_open(AT_FDCWD, path, 0, NULL);
	if (fd >= 0) {
		n = read(fd, out, room - 1);
		(void)close(fd);
	}
	if (n < 0 || (size_t)n == room - 1)
		return false;
	out[n] = '\0';
	return strlen(out) == (size_t)n;
}

static void cut_line(char *text)
{
	text[strcspn(text, "\r\n")] = '\0';
}

/* `path`, relative to dir, without links and dots. */
static bool resolve(const char *dir, const char *path, char *out)
{
	char joined[2 * LIMIT_PATH_BYTES];

	(void)snprintf(joined, sizeof(joined), "%s%s%s", *path == '/' ? "" : dir,
		       *path == '/' ? "" : "/", path);
	return *path && strlen(joined) < LIMIT_PATH_BYTES && realpath(joined, out);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The repository must know the workspace (its `gitdir` names our `.git`), and lie around the folder that we
 * came through. */
static bool is_worktree(const char *workspace, const char *git, char *repository)
{
	char text[LIMIT_PATH_BYTES], back[LIMIT_PATH_BYTES], own[LIMIT_PATH_BYTES + 8];
	static const char below[] = "/worktrees/";
	size_t n;

	if (!read_text(git, "gitdir", text, sizeof(text)))
		return false;
	cut_line(text);
	(void)snprintf(own, sizeof(own), "%s/.git", workspace);
	if (!resolve(git, text, back) || !same_file(back, own) ||
	    !read_text(git, "commondir", text, sizeof(text)))
		return false;
	cut_line(text);
	if (!resolve(git, text, repository))
		return false;
	n = strlen(repository); /* else a project could bring a folder that names any repository */
	return strncmp(git, repository, n) == 0 && strncmp(git + n, below, sizeof(below) - 1) == 0;
}

/* The configuration of the submodule's own folder must name the workspace as its work tree. */
static bool is_submodule(const char *workspace, const char *git)
{
	static const char name[] = "worktree = ";
	char *text = malloc(GIT_CONFIG_BYTES), back[LIMIT_PATH_BYTES], *at;
	bool ok = false;

	if (text && read_text(git, "config", text, GIT_CONFIG_BYTES)) {
		at = strstr(text, name);
		if (at) {
			at += sizeof(name) - 1;
			cut_line(at);
			ok = resolve(git, at, back) && same_file(back, workspace);
		}
	}
	free(text);
	return ok;
}

/* Only the workspace's own `.git` counts, and only if it is a file; the common case, a folder, is none of
 * this. */
bool git_dir_find(const char *workspace, char *out)
{
	static const char word[] = "gitdir: ";
	char text[LIMIT_PATH_BYTES], git[LIMIT_PATH_BYTES], head[LIMIT_PATH_BYTES];
	size_t n = strlen(workspace);

	if (!read_text(workspace, ".git", text, sizeof(text)) ||
	    strncmp(text, word, sizeof(word) - 1) != 0)
		return false;
	cut_line(text);
	if (!resolve(workspace, text + sizeof(word) - 1, git))
		return false;
	if (is_submodule(workspace, git))
		(void)snprintf(out, LIMIT_PATH_BYTES, "%s", git);
	else if (!is_worktree(workspace, git, out))
		return false;
	/* A repository, and not in the workspace. */
	return read_text(out, "HEAD", head, sizeof(head)) &&
	       !(strncmp(out, workspace, n) == 0 && (out[n] == '/' || out[n] == '\0'));
}
