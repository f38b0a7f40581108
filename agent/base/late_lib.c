/* late_lib.c - see late_lib.h */
#include "agent/base/late_lib.h"

#include <dlfcn.h>
#include <string.h>

void *late_lib_open(const char *const *names, size_t n)
{
	void *handle = NULL;

	/* Lazy: of the functions that the libraries behind it call of each other, few are ever called. */
	for (size_t i = 0; i < n && !handle; i++)
		handle = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
	return handle;
}

/* ISO C has no cast from an object to a function pointer; POSIX promises that the bytes agree. */
bool late_lib_find(void *handle, const char *name, void *fn, size_t size)
{
	void *symbol = dlsym(handle, name);

	if (symbol)
		memcpy(fn, &symbol, size);
	return symbol != NULL;
}
