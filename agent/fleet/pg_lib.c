/* pg_lib.c - see pg_lib.h */
#include "agent/fleet/pg_lib.h"

#include "agent/base/late_lib.h"

static bool look_up(void *handle, const char *name, void *fn, size_t size, struct err *err)
{
	return late_lib_find(handle, name, fn, size) ||
	       err_set(err, ERR_NOT_FOUND,
		       "The installed libpq has no %s(); install the package libpq5.", name);
}

bool pg_lib_load(struct pg_lib *lib, struct err *err)
{
	static const char *const names[] = { "libpq.so.5" };
	struct pg_lib l = { .handle = late_lib_open(names, ARRAY_LEN(names)) };

	if (!l.handle)
		return err_set(
			err, ERR_NOT_FOUND,
			"libpq is not installed, so there is no PostgreSQL; install the package libpq5 "
			"(apt-get install libpq5).");
#define PG_LIB_LOOK_UP(name)                                              \
	if (!look_up(l.handle, "PQ" #name, &l.name, sizeof(l.name), err)) \
		return false;
	PG_LIB_FUNCTIONS(PG_LIB_LOOK_UP)
#undef PG_LIB_LOOK_UP
	*lib = l;
	return true;
}
