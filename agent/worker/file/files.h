/* files.h - reading and writing single files of the workspace, in the runner. */
#ifndef EMEND_WORKER_FILES_H
#define EMEND_WORKER_FILES_H

#include "agent/base/sha256.h"
#include "agent/worker/file/near.h"
#include "agent/worker/file/root.h"
#include "protocol/base/buf.h"

struct file_info {
	struct sha256_hex sha256;
	uint64_t size;
	uint32_t mode;
};

/* The whole file into *out (initialised; its max is the limit). Opening never blocks and never
 * touches a device. ERR_NOT_FOUND, ERR_DENIED, ERR_TOO_LARGE, ERR_IO. */
NODISCARD bool file_read(const struct root *r, struct slice path, struct buf *out,
			 struct file_info *info, struct err *err);

struct file_change {
	struct slice path, data;
	struct slice expect_sha256; /* hex; "": must not exist; "*": whatever */
	bool remove, make_parents;
	bool lazy; /* not durable yet: the caller makes it so, once for many */
	uint32_t
		folders; /* remove: so many folders above it go too, from below, as far as they are empty */
	uint32_t mode; /* of a new file; 0: 0644 and the umask */
	struct near *near; /* of many: below the workspace; NULL: it is one */
};
/* All or nothing. A symlink as last component is followed to its target inside the workspace; the
 * name of a temporary file is random, and nothing is ever opened for writing in place. info: may be NULL.
 * ERR_STALE, ERR_DENIED, ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO. */
NODISCARD bool file_write(const struct root *r, const struct file_change *c, struct file_info *info,
			  struct err *err);

/* How many of the folders above this path are not there yet. */
uint32_t file_missing_folders(const struct root *r, struct slice path);

/* Removes temporary files of writes that were killed from the folder of this path. ERR_DENIED,
 * ERR_INVALID for the path. */
NODISCARD bool file_sweep(const struct root *r, struct slice path, struct err *err);

/* The hash of an open regular file, up to this size and no further: one that grew is another by then, and
 * whoever asks looks for that. ERR_IO. */
NODISCARD bool file_hash(int fd, const char *rel, uint64_t size, struct sha256_hex *out,
			 struct err *err);
/* The rest of an open regular file; reads at most out->max bytes. ERR_TOO_LARGE, ERR_IO. */
NODISCARD bool file_slurp(int fd, const char *rel, struct buf *out, struct err *err);

#endif
