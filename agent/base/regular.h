/* regular.h - opening a file that must be an ordinary one.
 *
 * Whoever can write in a folder can put a FIFO, a device or a socket where we expect a file. A plain
 * open() then waits for ever, or rewinds a tape. So whatever is opened by a name that others can
 * choose is opened through here. */
#ifndef EMEND_BASE_REGULAR_H
#define EMEND_BASE_REGULAR_H

#include <sys/stat.h>

/* For reading, relative to dir (AT_FDCWD is fine); never waits. flags: O_NOFOLLOW or 0. st may be
 * NULL. -1: errno is set, EISDIR for a folder, ENXIO for what is neither file nor folder. */
int regular_open(int dir, const char *path, int flags, struct stat *st);
/* As openat() for reading, of a file that is only looked at: it keeps its time of access, where it is ours. To hash
 * thousands of files that were just written would else write each of them once more. -1: errno. */
int regular_open_unseen(int dir, const char *path, int flags);
/* The same check for a descriptor that was opened with O_NONBLOCK; -1 is passed on with its errno.
 * Takes it: closed on failure. */
int regular_only(int fd, struct stat *st);

#endif
