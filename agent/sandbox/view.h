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
/* For code that stands by itself, in its own namespaces: private folders and terminals that nobody used before.
 * The caller's folder is the root. */
NODISCARD bool view_own(const struct spawn_config *c, struct err *err);
/* Hides, or makes read-only, or pins one path of the workspace. What is gone meanwhile is fine.
 * `kind` is one of PLACE_MASK, PLACE_READ_ONLY and PLACE_PIN; rel is relative to the open folder
 * `workspace`. A pin is a mount over itself: the place can be neither renamed nor removed while the
 * command runs. */
NODISCARD bool view_place(int workspace, char kind, const char *rel, struct err *err);
/* A detached copy of a mount; -1: errno. Then puts it (closing it) on an open place. */
int view_copy_tree(int at, const char *path, uint64_t attr);
bool view_cover(int mount, int target, const char *name, struct err *err);
/* What the view shows, as Landlock rules: the second wall.
 * tmp: the private folder where there is no view, else NULL; what the view replaces (/etc, /tmp) is
 * then the machine's own. */
NODISCARD bool view_rules(const struct spawn_config *c, struct landlock_set *set, const char *tmp,
			  struct err *err);
/* view_clean.c. Covers the file rel below the folder dir by a read-only copy without credentials
 * (git_config.h); by an empty one if it is too large to be read. True also where there is nothing to hide. Before
 * the caller gives up its capabilities. */
NODISCARD bool view_clean(int dir, const char *rel, struct err *err);

/* view_sources.c: which places of the machine commands may read. Folders, or symlinks in their place,
 * NULL-terminated. */
extern const char *const view_system_dirs[];
/* In /etc: what programs need and what holds no secret, NULL-terminated. */
extern const char *const view_etc[];
extern const char *const view_etc_own[]; /* ours in a view, the machine's without */
extern const char *const view_devices[];

#endif
