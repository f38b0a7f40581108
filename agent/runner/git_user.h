/* git_user.h - who the user is for git, and what git shall ignore for them.
 *
 * Commands have a home folder of their own, so git would know neither name nor address there, and
 * `git add -A` would take what the user ignores everywhere. So the commands' home gets a configuration
 * of the user's settings that say something and execute nothing. It is the global one, so that the
 * settings of the repository itself still win. */
#ifndef EMEND_RUNNER_GIT_USER_H
#define EMEND_RUNNER_GIT_USER_H

#include "protocol/base/arena.h"

struct git_user {
	struct slice config; /* text of a git configuration; "": nothing is known */
	struct slice ignore; /* text of the user's global excludes; "": there are none */
};

/* Reads ~/.gitconfig and $XDG_CONFIG_HOME/git (xdg NULL: ~/.config), each within 64 KiB; what includes
 * others is not followed. home NULL or not absolute: nothing is found. */
void git_user_find(struct arena *a, const char *home, const char *xdg, struct git_user *out);

#endif
