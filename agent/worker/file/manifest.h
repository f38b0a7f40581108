/* manifest.h - a list of files that a command made: so that they can be taken away together, each only
 * if it is still the one that was made.
 *
 * One line for each, "SIZE MTIME PATH", the time with nanoseconds; of a folder that was made for them
 * "folder PATH", in front of what is in it. As text, so that a person can read it in the log's blobs.
 * There is no content and no hash: what made tens of thousands of files can make them again. */
#ifndef EMEND_WORKER_MANIFEST_H
#define EMEND_WORKER_MANIFEST_H

#include <time.h>

#include "agent/worker/file/root.h"
#include "protocol/base/buf.h"

/* rel has no new line in it. */
void manifest_file(struct buf *out, const char *rel, uint64_t size,
		   const struct timespec *modified);
void manifest_folder(struct buf *out, const char *rel);

/* Removes the files that are still as the list says, and the folders, as far as they are empty then.
 * What is gone already is fine. ERR_STALE: some were changed since, and were left; the others are
 * gone. ERR_INVALID: it is no such list. */
NODISCARD bool manifest_remove(const struct root *r, struct slice list, struct err *err);

#endif
