/* arena.h - memory that is freed as a whole: one arena per message, per task, per parse.
 *
 * Blocks come zeroed and aligned for any type. There is no free of a single object and no
 * destructor: what must be closed does not live in an arena. */
#ifndef EMEND_ARENA_H
#define EMEND_ARENA_H

#include "protocol/base/slice.h"

struct arena {
	struct arena_block *head;
	size_t total; /* bytes handed out since init or reset */
};

void arena_init(struct arena *a); /* allocates nothing yet */
void arena_release(struct arena *a);
void *arena_alloc(struct arena *a, size_t size); /* zeroed; never NULL */
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_cstr(struct arena *a, struct slice s); /* NUL-terminated copy */
struct slice arena_dup(struct arena *a, struct slice s);
/* NUL-terminated too. */
struct slice arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

#endif
