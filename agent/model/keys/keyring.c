/* keyring.c - see keyring.h */
#include "agent/model/keys/keyring.h"

#include <unistd.h>

#include "agent/model/provider.h"

/* The attributes by which an item is stored and found: a change of them would lose the users'
 * keys. */
#define ITEM "service emend account %s"

/* The first secret-tool of the PATH; "": none. */
static struct slice find_tool(const struct model_options *o, struct arena *a)
{
	struct slice path = model_env(o, "PATH");

	while (path.len > 0) {
		size_t end = slice_find_byte(path, ':', 0);
		struct slice dir = slice_sub(path, 0, end < path.len ? end : path.len);
		struct slice tool = arena_printf(a, "%.*s/secret-tool", SLICE_ARG(dir));

		/* Not from a folder that is meant relative to wherever the user happens to be. */
		if (slice_starts(dir, SLICE("/")) && access(tool.ptr, X_OK) == 0)
			return tool;
		path = slice_sub(path, dir.len + 1, path.len);
	}
	return SLICE("");
}

/* Without a bus secret-tool would try to start one. */
static bool has_bus(const struct model_options *o, struct arena *a)
{
	struct slice runtime = model_env(o, "XDG_RUNTIME_DIR");

	if (model_env(o, "DBUS_SESSION_BUS_ADDRESS").len > 0)
		return true;
	return runtime.len > 0 &&
	       access(arena_printf(a, "%.*s/bus", SLICE_ARG(runtime)).ptr, R_OK | W_OK) == 0;
}

/* For the shell, in single quotes: a folder of the PATH may hold any character. */
static struct slice quoted(struct arena *a, struct slice path)
{
	struct slice out = SLICE("'");

	for (size_t i = 0; i < path.len; i++)
		out = arena_printf(a, "%.*s%s%c", SLICE_ARG(out), path.ptr[i] == '\'' ? "'\\'" : "",
				   path.ptr[i]);
	return arena_printf(a, "%.*s'", SLICE_ARG(out));
}

const char *keyring_command(const struct model_options *o, const struct provider_row *row,
			    struct arena *a)
{
	struct slice tool;

	if (o->no_keyring || !row->keys[0] || !has_bus(o, a))
		return NULL;
	tool = find_tool(o, a);
	if (tool.len == 0)
		return NULL;
	return arena_printf(a, "exec %.*s lookup " ITEM, SLICE_ARG(quoted(a, tool)), row->name).ptr;
}

struct slice keyring_store_hint(const struct provider_row *row, struct arena *a)
{
	return arena_printf(a, "secret-tool store --label='Emend: %s' " ITEM, row->name, row->name);
}
