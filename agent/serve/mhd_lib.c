/* mhd_lib.c - see mhd_lib.h */
#include "agent/serve/mhd_lib.h"

#include "agent/base/late_lib.h"

static bool look_up(void *handle, const char *name, void *fn, size_t size, struct err *err)
{
	return late_lib_find(handle, name, fn, size) ||
	       err_set(err, ERR_NOT_FOUND,
		       "The installed libmicrohttpd has no %s(); install the package libmicrohttpd12.",
		       name);
}

bool mhd_lib_load(struct mhd_lib *lib, struct err *err)
{
	static const char *const names[] = { "libmicrohttpd.so.12" };
	struct mhd_lib l = { .handle = late_lib_open(names, ARRAY_LEN(names)) };

	if (!l.handle)
		return err_set(
			err, ERR_NOT_FOUND,
			"libmicrohttpd is not installed, so there is no HTTP; install the package "
			"libmicrohttpd12 (apt-get install libmicrohttpd12).");
#define MHD_LIB_LOOK_UP(name)                                               \
	if (!look_up(l.handle, "MHD_" #name, &l.name, sizeof(l.name), err)) \
		return false;
	MHD_LIB_FUNCTIONS(MHD_LIB_LOOK_UP)
#undef MHD_LIB_LOOK_UP
	*lib = l;
	return true;
}
