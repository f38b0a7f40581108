/* sqlite_lib.c - see sqlite_lib.h */
#include "agent/store/sqlite_lib.h"

#include <pthread.h>

#include "agent/base/late_lib.h"

/* One library in one process: the state of this file is the process's by nature. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct sqlite_lib table;
static struct err failure; /* ERR_NONE: loaded */

static bool look_up(void *handle, const char *name, void *fn, size_t size)
{
	return late_lib_find(handle, name, fn, size) ||
	       err_set(&failure, ERR_IO,
		       "The installed SQLite has no %s(); install the package libsqlite3-0 "
		       "(3.20 or newer).",
		       name);
}

static void load(void)
{
	static const char *const names[] = { "libsqlite3.so.0" };
	void *handle = late_lib_open(names, ARRAY_LEN(names));

	if (!handle) {
		err_set(&failure, ERR_IO,
			"SQLite is not installed, so there is no ledger of what is spent; install "
			"the package libsqlite3-0 (apt-get install libsqlite3-0).");
		return;
	}
#define SQLITE_LIB_LOOK_UP(name)                                                 \
	if (!look_up(handle, "sqlite3_" #name, &table.name, sizeof(table.name))) \
		return;
	SQLITE_LIB_FUNCTIONS(SQLITE_LIB_LOOK_UP)
#undef SQLITE_LIB_LOOK_UP
}

bool sqlite_lib_load(struct err *err)
{
	(void)pthread_once(&once, load);
	return failure.code == ERR_NONE || err_set(err, failure.code, "%s", failure.msg);
}

const struct sqlite_lib *sqlite(void)
{
	return &table;
}
