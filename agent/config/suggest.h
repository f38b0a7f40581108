/* suggest.h - "did you mean ...?" for a mistyped name. */
#ifndef EMEND_SUGGEST_H
#define EMEND_SUGGEST_H

#include "protocol/base/slice.h"

/* Is b close enough to a to be what was meant? The number of changed, added, dropped or swapped
 * letters, where case does not count; SIZE_MAX if that is more than a third of the word, or if a
 * word is longer than 63 bytes. */
size_t suggest_distance(struct slice a, struct slice b);
/* The nearest of n names (NULL entries are skipped), or NULL if none is near. */
const char *suggest(struct slice word, const char *const *names, size_t n);

#endif
