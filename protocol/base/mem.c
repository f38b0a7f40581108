/* mem.c - see mem.h
 *
 * Out of memory ends the program: with limits on everything that a peer can make grow, it means
 * that the machine is at its end, and no path behind it would be tested. */
#include "protocol/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static void *check(void *p, size_t size)
{
	if (p || size == 0)
		return p;
	(void)fprintf(stderr, "emend: out of memory (%zu bytes)\n", size);
	abort();
}

void *xmalloc(size_t size)
{
	return check(malloc(size ? size : 1), size);
}

void *xcalloc(size_t n, size_t size)
{
	return check(calloc(n ? n : 1, size ? size : 1), n);
}

void *xrealloc(void *old, size_t size)
{
	return check(realloc(old, size ? size : 1), size);
}

char *xstrdup(const char *s)
{
	return xslicedup(slice_of(s));
}

char *xslicedup(struct slice s)
{
	char *p = xmalloc(s.len + 1);

	if (s.len)
		memcpy(p, s.ptr, s.len);
	p[s.len] = '\0';
	return p;
}
