/* glob.h - names against patterns with '*', '?' and '[...]'. Internal to agent/policy. */
#ifndef EMEND_GLOB_H
#define EMEND_GLOB_H

#include "protocol/base/slice.h"

/* The whole text must match; '*' matches '/' too (callers split paths). fold: ASCII case is ignored. */
bool glob_match(struct slice pattern, struct slice text, bool fold);
/* May a text that begins with this byte match? Cheap, and rather too often true. */
bool glob_begins(struct slice pattern, char first, bool fold);

#endif
