/* blob_pack.h - many contents of a session in one file; for agent/store only.
 *
 *   SESSION/blobs/packs/N.index   a line for each content, sorted: hash, where it begins, how long it is
 *   SESSION/blobs/packs/N.bytes   the contents, one behind the other
 *
 * To make, name and sync a file for each of the images of a command that changed twenty thousand files
 * costs more than the command. The worker writes them into one file, which is moved here; many blobs that are
 * written to the log at once (log_batch.c) are one, too. N counts from
 * 0 without a gap; an index whose bytes are missing was left by a crash, before the log named it. */
#ifndef EMEND_BLOB_PACK_H
#define EMEND_BLOB_PACK_H

#include "agent/store/event_log.h"

/* Moves the file to the session's folder; sorts `of`. file: absolute; neither it nor the two folders that
 * it lies in may be links. Nothing is durable yet. ERR_IO. */
NODISCARD bool blob_pack_add(struct slice folder, const char *file, struct blob_place *of, size_t n,
			     struct err *err);
/* The bytes that stand under this hash, not verified, in the arena. blobs: the session's folder of
 * them; r keeps the pack open. ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO. */
NODISCARD bool blob_pack_get(struct blob_reader *r, struct slice blobs, struct slice hash,
			     size_t max, struct arena *a, struct slice *data, struct err *err);
/* The same in the pack that is open already. ERR_NOT_FOUND also if none is. */
NODISCARD bool blob_pack_again(const struct blob_reader *r, struct slice hash, size_t max,
			       struct arena *a, struct slice *data, struct err *err);

#endif
