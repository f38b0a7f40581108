/* later.h - files that the user is likely to execute without looking: build and test configurations,
 * scripts. Nobody can forbid a change of them, so it is marked wherever a change is shown. */
#ifndef EMEND_EDIT_LATER_H
#define EMEND_EDIT_LATER_H

#include "protocol/base/arena.h"
#include "protocol/base/slice.h"

/* Begins with "#!". */
bool later_is_script(struct slice content);
/* By its name, by a folder above it, or as a script. path: relative, with '/'. content may be empty where it
 * is not known. */
bool later_runs(struct slice path, struct slice content);
/* edit_diff() with a line in front that says so. */
struct slice later_diff(struct arena *a, struct slice path, struct slice before,
			struct slice after);

#endif
