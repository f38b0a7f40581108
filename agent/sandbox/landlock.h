/* landlock.h - rules on paths that the kernel checks, whatever path a program takes to a file.
 *
 * A set is filled with places and then entered for good; a child may only get less. Access bits
 * that the running kernel does not know are masked out by its ABI number, so that every error that
 * is left is a real one. */
#ifndef EMEND_SANDBOX_LANDLOCK_H
#define EMEND_SANDBOX_LANDLOCK_H

#include "protocol/base/err.h"

enum landlock_access {
	LANDLOCK_LIST,	  /* names only */
	LANDLOCK_READ,	  /* read files, list folders */
	LANDLOCK_EXECUTE, /* and execute */
	LANDLOCK_WRITE,	  /* everything except making devices */
	LANDLOCK_DEVICE,  /* read, write and ioctl one device file or the devices in a folder */
};

int landlock_abi(void); /* 0: the kernel has none, or it is switched off */

/* fd is owned; -1 before landlock_init() and after it was entered or released. */
struct landlock_set {
	int fd;
	int abi;
};

/* net: also forbid TCP bind and connect. ERR_SANDBOX. */
NODISCARD bool landlock_init(struct landlock_set *s, bool net, struct err *err);
/* The place at this path, or this open descriptor. A path that does not exist is skipped. */
NODISCARD bool landlock_allow(struct landlock_set *s, const char *path, enum landlock_access a,
			      struct err *err);
NODISCARD bool landlock_allow_fd(struct landlock_set *s, int fd, enum landlock_access a,
				 struct err *err);
/* Enters the set (needs no_new_privs) and closes it. */
NODISCARD bool landlock_enter(struct landlock_set *s, struct err *err);
void landlock_release(struct landlock_set *s);

#endif
