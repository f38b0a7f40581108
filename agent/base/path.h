/* path.h - paths as the model and the editor write them, brought to one form: relative to the
 * workspace, '/'-separated, without ".", ".." and doubled slashes. By text only: the kernel checks
 * where a path really leads when the runner opens it. */
#ifndef EMEND_BASE_PATH_H
#define EMEND_BASE_PATH_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

/* "src/./a.c", "./src/a.c", "/ws/src/a.c" (under root) -> "src/a.c"; the root itself -> "".
 * ERR_DENIED if it leads outside, ERR_INVALID for an empty path, a NUL or one over
 * LIMIT_PATH_BYTES. */
NODISCARD bool path_relative(struct arena *a, struct slice root, struct slice path,
			     struct slice *out, struct err *err);
struct slice path_join(struct arena *a, struct slice dir, struct slice rel); /* rel "" gives dir */
struct slice path_dir(struct slice path);  /* "src/a.c" -> "src"; "a.c" -> "" */
struct slice path_base(struct slice path); /* "src/a.c" -> "a.c" */
/* Is path the folder root, or below it? Both absolute and without "..". */
bool path_below(struct slice root, struct slice path);

#endif
