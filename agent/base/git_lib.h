/* git_lib.h - libgit2, loaded on first use, so that an idle server does not carry it (3 MB).
 *
 * Only agent/edit and agent/worker include <git2.h>, through this header, and they call the
 * library through the table below: `git->git_ignore_path_is_ignored(...)`, never directly.
 *
 * The library is set up so that nothing outside of the repository is read (no system, user or XDG
 * configuration). Any thread may call git_lib(); libgit2 objects belong to one thread at a time. */
#ifndef EMEND_BASE_GIT_LIB_H
#define EMEND_BASE_GIT_LIB_H

#include <git2.h>

#include "protocol/base/err.h"

#define GIT_LIB_FUNCTIONS(X)        \
	X(git_libgit2_init)         \
	X(git_libgit2_opts)         \
	X(git_error_last)           \
	X(git_diff_options_init)    \
	X(git_patch_from_buffers)   \
	X(git_patch_num_hunks)      \
	X(git_patch_get_hunk)       \
	X(git_patch_free)           \
	X(git_odb_new)              \
	X(git_odb_free)             \
	X(git_odb_add_backend)      \
	X(git_odb_backend_one_pack) \
	X(git_odb_backend_loose)    \
	X(git_odb_exists)           \
	X(git_odb_read)             \
	X(git_odb_object_free)      \
	X(git_odb_foreach)          \
	X(git_oid_fromstr)          \
	X(git_oid_tostr)

struct git_lib {
#define X(name) __typeof__(name) *name;
	GIT_LIB_FUNCTIONS(X)
#undef X
};

/* Loads the library once for the whole process; it stays loaded until exit. NULL: *err
 * (ERR_INTERNAL) names the package to install. Later calls give the same answer at once. */
const struct git_lib *git_lib(struct err *err);

/* Fills *err (ERR_IO) from the library's last error in this thread: "WHAT: REASON". Always false.
 */
bool git_lib_error(const struct git_lib *git, struct err *err, const char *what);

#endif
