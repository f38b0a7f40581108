/* mem.h - allocation that cannot fail: out of memory ends the program with a message.
 * Where a peer chose the size, the caller checks it against limits.h first. */
#ifndef EMEND_MEM_H
#define EMEND_MEM_H

#include "protocol/base/slice.h"

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size); /* zeroed; n * size is checked for overflow */
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *s);
char *xslicedup(struct slice s); /* NUL-terminated copy; the caller frees it */

#endif
