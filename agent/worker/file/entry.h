/* entry.h - put back what stood under a name: a file, a link, nothing, or its permissions; in the
 * runner, for undo. No link is followed, neither on the way nor at the end. */
#ifndef EMEND_WORKER_ENTRY_H
#define EMEND_WORKER_ENTRY_H

#include "agent/worker/file/root.h"
#include "agent/worker/wire.h"

struct entry {
	enum entry_kind kind; /* a folder comes and goes empty, and only in the place of nothing */
	struct slice data;    /* of the file; of a link its target; of a bundle its manifest.h */
};

/* Puts `to` in place of `from`: atomic, and only if that stands there. If `to` stands there
 * already, nothing is done. A bundle can only go, as far as its files are as they were made.
 * mode: of a file. ERR_STALE, ERR_DENIED, ERR_IO, ERR_INVALID. */
NODISCARD bool entry_put(const struct root *r, struct slice path, const struct entry *from,
			 const struct entry *to, uint32_t mode, struct err *err);
/* The same for the permission bits of a regular file. */
NODISCARD bool entry_mode(const struct root *r, struct slice path, uint32_t from, uint32_t to,
			  struct err *err);

#endif
