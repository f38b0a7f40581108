/* git_lib.c - see git_lib.h
 *
 * The soname is the one of the headers that we were built with: the table's types fit no other. */
#include "agent/base/git_lib.h"

#include <dlfcn.h>
#include <pthread.h>

#include "agent/base/late_lib.h"

#define SONAME "libgit2.so." LIBGIT2_SOVERSION

/* One library in one process: the state of this file is the process's by nature. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct git_lib table;
static struct err failure; /* ERR_NONE: loaded */

static bool resolve(void *handle, const char *name, void *slot, size_t size, struct err *err)
{
	return late_lib_find(handle, name, slot, size) ||
	       err_set(err, ERR_INTERNAL,
		       "The library %s has no function %s. "
		       "Reinstall the package libgit2-%s.",
		       SONAME, name, LIBGIT2_SOVERSION);
}

static bool configure(struct err *err)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
				      GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL };

	if (table.git_libgit2_init() < 0)
		return git_lib_error(&table, err, "libgit2 does not start");
	/* The workspace is the user's choice, whoever owns it; the sandbox is what protects. */
	if (table.git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) < 0)
		return git_lib_error(&table, err, "libgit2 refuses an option");
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (table.git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "") < 0)
			return git_lib_error(&table, err, "libgit2 refuses a search path");
	}
	return true;
}

static void load(void)
{
	static const char *const names[] = { SONAME };
	void *handle = late_lib_open(names, ARRAY_LEN(names));

	if (!handle) {
		err_set(&failure, ERR_INTERNAL,
			"The library %s cannot be loaded. "
			"Install the package libgit2-%s.",
			SONAME, LIBGIT2_SOVERSION);
		return;
	}
#define X(name)                                                                 \
	if (!resolve(handle, #name, &table.name, sizeof(table.name), &failure)) \
		goto fail;
	GIT_LIB_FUNCTIONS(X)
#undef X
	if (configure(&failure))
		return;
fail:
	dlclose(handle);
}

const struct git_lib *git_lib(struct err *err)
{
	(void)pthread_once(&once, load);
	if (failure.code != ERR_NONE) {
		err_set(err, failure.code, "%s", failure.msg);
		return NULL;
	}
	return &table;
}

bool git_lib_error(const struct git_lib *git, struct err *err, const char *what)
{
	const git_error *last = git->git_error_last();

	return err_set(err, ERR_IO, "%s: %s", what,
		       last && last->message ? last->message : "no reason given");
}
