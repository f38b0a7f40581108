/* store_path.h - where things lie below the state folder, and how its folders and files are made
 * (0700, 0600). */
#ifndef EMEND_STORE_PATH_H
#define EMEND_STORE_PATH_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

/* A session's name is part of a path: 1 to 64 of [A-Za-z0-9._-], not starting with '.' or '-'. */
bool session_name_ok(struct slice session);
/* STATE_DIR/sessions/SESSION/TAIL in the arena, NUL-terminated. ERR_INVALID if it is no name. */
NODISCARD bool session_path(struct arena *a, struct slice state_dir, struct slice session,
			    const char *tail, struct slice *out, struct err *err);
/* Makes the folder and its missing parents, 0700. path ends in NUL. */
NODISCARD bool make_folder(struct slice path, struct err *err);
/* Writes all bytes, whatever write(2) does; false with errno. */
NODISCARD bool write_all(int fd, struct slice data);
/* Reads a whole file of at most max bytes into the arena. ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO.
 * path ends in NUL. */
NODISCARD bool read_whole(struct slice path, size_t max, struct arena *a, struct slice *out,
			  struct err *err);

#endif
