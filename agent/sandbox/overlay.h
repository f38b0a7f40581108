/* overlay.h - the mount by which a command writes into a layer of its own instead of the
 * workspace: an overlay, or, where there is none, a copy of the workspace in its place. In the init of a
 * command, in its own mount namespace. */
#ifndef EMEND_SANDBOX_OVERLAY_H
#define EMEND_SANDBOX_OVERLAY_H

#include "agent/sandbox/confine.h"
#include "agent/sandbox/init.h"

/* The number of the layer of a rehearsal; commands count from 1. */
#define OVERLAY_TRIAL UINT64_MAX

/* Puts the layer of request r over the workspace, with the real folders of PLACE_BIND in it, and hides the
 * layers. Without a number in r the workspace is read-only but for those folders. ERR_SANDBOX. */
NODISCARD bool overlay_enter(const struct init_options *o, const struct confine_request *r,
			     struct err *err);
/* Takes this file or folder out of the overlay: programs find nothing there, so that git can neither add, stash nor
 * clean it. False: that is not possible. */
bool overlay_hide(int workspace, const char *rel);
/* In the spawner's view: a place for layers in memory, if there is none on the disk; -1: *err. */
int overlay_in_memory(struct err *err);
/* Makes the folders of the trial; removes all layers. */
NODISCARD bool overlay_prepare_trial(struct err *err);
void overlay_clean(void);

#endif
