/* toolchains.h - the compilers and interpreters that the user keeps below the home folder.
 *
 * Commands see nothing of the home folder; but where rustup, nvm, pyenv and the like put the
 * programs there that the user works with, a project cannot be built or tested without them. So of
 * each known toolchain whose programs are on the user's own PATH, the folders of its programs and
 * packages can be read and its programs are found; what may hold settings or tokens (~/.npmrc,
 * ~/.cargo/credentials.toml) cannot. */
#ifndef EMEND_WORKER_TOOLCHAINS_H
#define EMEND_WORKER_TOOLCHAINS_H

#include "protocol/base/arena.h"

enum {
	TOOLCHAIN_DIRS_MAX = 48,
	TOOLCHAIN_PATH_MAX = 32,
	TOOLCHAIN_ENV_MAX = 16,
	TOOLCHAIN_LINKS_MAX = 8
};

struct toolchains {
	struct slice dirs[TOOLCHAIN_DIRS_MAX]; /* absolute; to be read */
	struct slice path[TOOLCHAIN_PATH_MAX]; /* absolute; before the system's, in the user's order */
	struct slice env[TOOLCHAIN_ENV_MAX];   /* "NAME=value" */
	/* "LINK=folder": packages that were fetched before, for a build without network; LINK is
	 * relative to the commands' own home folder. */
	struct slice links[TOOLCHAIN_LINKS_MAX];
	size_t n_dirs, n_path, n_env, n_links;
};

/* Looks at the folders themselves. home, path: the user's HOME and PATH; NULL or not absolute:
 * nothing is found. What lies in the workspace is left out: it is there anyway. */
void toolchains_find(struct arena *a, const char *home, const char *path, struct slice workspace,
		     struct toolchains *out);

#endif
