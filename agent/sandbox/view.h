/* view.h - the file system that commands see: system folders read-only, the workspace, private
 * temporary folders, a minimal /dev, and nothing else.
 *
 * Built once per session in the spawner's mount namespace; each command gets a copy of it with
 * its own /proc and with the secrets of the workspace hidden. */
#ifndef EMEND_SANDBOX_VIEW_H
#define EMEND_SANDBOX_VIEW_H

#include "agent/sandbox/spawn.h"

#define VIEW_HOME "/home/sandbox"
#define VIEW_LAYERS "/run/views" /* not seen by commands: unmounted before they start */

struct landlock_set;

/* Makes the caller's root the view. Needs its own mount namespace and CAP_SYS_ADMIN in it. */
NODISCARD bool view_build(const struct spawn_config *c, struct err *err);
/* In the command's own namespaces: /proc, and for a caller who is root outside: its dangerous parts
 * hidden. */
NODISCARD bool view_proc(bool as_root, struct err *err);
/* Hides, or makes read-only, or pins one path of the workspace. What is gone meanwhile is fine. */
NODISCARD bool view_place(int workspace, char kind, const char *rel, struct err *err);
/* A detached copy of a mount; -1: errno. Then puts it (closing it) on an open place. */
int view_copy_tree(int at, const char *path, uint64_t attr);
bool view_cover(int mount, int target, const char *name, struct err *err);
/* What the view shows, as Landlock rules: the second wall. */
NODISCARD bool view_rules(const struct spawn_config *c, struct landlock_set *set, const char *tmp,
			  struct err *err);

#endif
