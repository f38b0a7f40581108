/* tree.h - removing a whole folder of which somebody else made the contents. */
#ifndef EMEND_SANDBOX_TREE_H
#define EMEND_SANDBOX_TREE_H

#include <sys/types.h>

#include "protocol/base/base.h"

/* Removes dir/name and everything in it, however deep, closed or odd; never follows a link and
 * never leaves the file system of `dir`. False: something is left. */
bool tree_remove(int dir, const char *name);

/* Gives dir/name these permissions, whatever they were, but never through a link: somebody may put
 * one there at any moment. False: errno says why not. */
bool tree_chmod(int dir, const char *name, mode_t mode);

#endif
