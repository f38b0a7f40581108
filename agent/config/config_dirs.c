/* config_dirs.c - see config.h: the two folders that are ours. */
#include <stdlib.h>

#include "agent/config/config.h"
#include "agent/store/store_path.h"

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

bool state_dir(struct arena *a, struct slice *out, struct err *err)
{
	return folder(a, "XDG_STATE_HOME", ".local/state", out, err) && make_folder(*out, err);
}
