/* git_index.h - reads git's index, the list of the files that it tracks, out of its bytes.
 *
 * libgit2 reads an index only from a path and refuses the newer kinds (sparse, split). Here the bytes
 * come from a command's layer, from a blob or through a descriptor that follows no link. Versions 2
 * to 4, names of 20 and 32 bytes. Pure: no I/O. */
#ifndef EMEND_BASE_GIT_INDEX_H
#define EMEND_BASE_GIT_INDEX_H

#include "agent/base/sha256.h"
#include "protocol/base/buf.h"

/* Two indexes with the same digest say the same: the same paths, contents, modes, stages and marks. What
 * git notes of a file on the disk (times, inode), and may write anew whenever somebody looks at the
 * status, does not count. False: it is no index that we understand, or one that lies in several
 * files. */
NODISCARD bool git_index_digest(struct slice index, struct sha256_hex *out);

/* What git noted of a file of its work tree when it last looked. */
struct git_noted {
	const char *path;	    /* NUL-terminated, valid until the next one */
	uint32_t mtime_s, mtime_ns; /* of stat(2), cut to 32 bits */
	uint32_t mode, size;	    /* the same */
	unsigned stage;		    /* not 0: of an unsettled merge */
};
typedef void git_noted_fn(void *payload, const struct git_noted *n);
/* In git's order. False: it is no index that we understand; some may have been told before. */
NODISCARD bool git_index_each(struct slice index, git_noted_fn *fn, void *payload);

/* The paths of an index, in git's order. */
struct git_tracked {
	struct buf text; /* the paths, each with a NUL */
	uint32_t *at;	 /* where each begins */
	size_t n, cap;
	bool all; /* it cannot be read: take every path for tracked, as that hides nothing */
};
void git_tracked_init(struct git_tracked *t);
void git_tracked_release(struct git_tracked *t);
/* Reads them; ends with `all` where it does not understand the index. */
void git_tracked_read(struct git_tracked *t, struct slice index);
/* Does git track this file? O(log n) */
bool git_tracks(const struct git_tracked *t, const char *path);
/* The same, and false where the index does not say so: for what is hidden unless git tracks it. */
bool git_tracks_surely(const struct git_tracked *t, const char *path);
/* Does git track something in this folder? O(log n) */
bool git_tracks_below(const struct git_tracked *t, const char *folder);

#endif
