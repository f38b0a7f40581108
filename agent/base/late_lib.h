/* late_lib.h - a shared library that is loaded when it is first needed, because what it costs at the start of the program
 * (time, memory, other libraries) is for the few who use it. The folder that may include its header has a table of its
 * functions: curl_lib.h is an example. */
#ifndef EMEND_BASE_LATE_LIB_H
#define EMEND_BASE_LATE_LIB_H

#include <stddef.h>

#include "protocol/base/base.h"

/* The first of the n names that can be loaded; NULL: none. */
void *late_lib_open(const char *const *names, size_t n);
/* Stores the function of this name in the pointer of `size` bytes at fn. False: the library has none. */
NODISCARD bool late_lib_find(void *handle, const char *name, void *fn, size_t size);

#endif
