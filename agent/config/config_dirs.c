/* config_dirs.c - see config.h: the two folders that are ours. */
#include <limits.h>
#include <stdlib.h>

#include "agent/config/config.h"
#include "agent/store/store_path.h"
#include "protocol/base/log.h"

/* $VARIABLE/emend, or $HOME/DEFAULT/emend. A relative path in the variable is passed over, as XDG
 * wants it. */
static bool folder(struct arena *a, const char *variable, const char *standard, struct slice *out,
		   struct err *err)
{
	const char *base = getenv(variable), *home = getenv("HOME");

	if (base && base[0] == '/')
		*out = arena_printf(a, "%s/emend", base);
	else if (home && home[0] == '/')
		*out = arena_printf(a, "%s/%s/emend", home, standard);
	else
		return err_set(
			err, ERR_USAGE,
			"Neither %s nor HOME is set to an absolute path: set one of them, so that "
			"emend knows where its files are.",
			variable);
	return true;
}

bool config_dir(struct arena *a, struct slice *out, struct err *err)
{
	return folder(a, "XDG_CONFIG_HOME", ".config", out, err);
}

/* Made with mode 0700: it holds logs, and what files held before they were changed. */
bool state_dir(struct arena *a, struct slice *out, struct err *err)
{
	return folder(a, "XDG_STATE_HOME", ".local/state", out, err) && make_folder(*out, err);
}

/* Three cases: the workspace is the folder or lies in it, so that all of it is denied; the
 * folder lies in the workspace, and is denied by its relative path; or they have nothing in
 * common. The model would else find keys, its own log, and the rules that bind it. */
static void deny_one(struct policy *p, struct arena *a, struct slice root, struct slice dir)
{
	char resolved[PATH_MAX];
	struct slice inside;
	struct err err;
	bool ok;

	if (realpath(dir.ptr, resolved))
		dir = slice_of(resolved);
	inside = slice_sub(dir, root.len + (root.len > 1), dir.len);
	if (slice_eq(dir, root) ||
	    (slice_starts(root, dir) && root.len > dir.len && root.ptr[dir.len] == '/'))
		ok = policy_deny_file(p, SLICE("*"), &err);
	else if (slice_starts(dir, root) && (root.len == 1 || dir.ptr[root.len] == '/'))
		ok = policy_deny_file(p, arena_dup(a, inside), &err);
	else
		return;
	if (!ok)
		log_warn("%s", err.msg);
}

void config_deny_own(struct policy *p, struct slice root)
{
	struct slice dir;
	struct arena a;
	struct err err;

	arena_init(&a);
	if (config_dir(&a, &dir, &err))
		deny_one(p, &a, root, dir);
	if (state_dir(&a, &dir, &err))
		deny_one(p, &a, root, dir);
	arena_release(&a);
}
