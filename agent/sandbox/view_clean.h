/* view_clean.h - a git configuration in the view, without the credentials in it. */
#ifndef EMEND_SANDBOX_VIEW_CLEAN_H
#define EMEND_SANDBOX_VIEW_CLEAN_H

#include "protocol/base/err.h"

/* Covers the file rel below the folder dir by a read-only copy without credentials (git_config.h); by
 * an empty one if it is too large to be read. True also where there is nothing to hide. Before the
 * caller gives up its capabilities. */
NODISCARD bool view_clean(int dir, const char *rel, struct err *err);

#endif
