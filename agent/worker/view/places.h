/* places.h - which paths of the workspace a command must not see or change: secrets, and files that
 * somebody's git or editor executes later; and which are folders of build tools that the project
 * ignores. These lie on the layer of a command like all others, but what changes in them is not listed.
 * One that a layer cannot hold is used directly, past the overlay. */
#ifndef EMEND_WORKER_PLACES_H
#define EMEND_WORKER_PLACES_H

#include "agent/worker/file/root.h"
#include "agent/worker/git/tracked.h"
#include "agent/worker/view/places_dirs.h"
#include "protocol/base/buf.h"

/* Found by going through the workspace, again after each command and each write, when the time of a
 * folder shows that something appeared in it, and otherwise when it costs little: at most a fiftieth
 * of the time. Folders of other people's packages (node_modules, site-packages) are not looked
 * through. */
struct places {
	struct buf list; /* "h.env" NUL "p.git" NUL ...: see spawn.h; a pin before its content */
	/* All that was hidden since the start, each with a NUL. It stays so: what a command makes git
	 * track does not come to light by that. */
	struct buf hidden;
	uint32_t n, secrets, n_tools, n_bound;
	bool valid;
	uint64_t at_ms, took_ms;
	struct places_dirs dirs;	    /* the folders that were gone through */
	uint64_t checked_ms, check_took_ms; /* when their times were looked at last */
	/* Once somebody changed the ignore rules, only what was a folder of tools at the start is: else
	 * a command could make a folder of sources one whose changes nobody is shown. */
	bool rules_changed;
	struct timespec born; /* the time of the first look; 0: there was none */
	struct buf first;     /* the folders of then, each with a NUL */
	/* Folders outside of the workspace that the user lets commands reach. What is found there is told by its
	 * absolute path, and holds for commands with and without a layer. */
	const char *const *read_dirs,
		*const *write_dirs; /* NULL-terminated, borrowed; NULL: none */
	struct tracked tracked_outside;
	/* A folder with files that git tracks is never used directly, and a file that git tracks is
	 * not hidden: it stands in the history anyway, and builds and commits would break. */
	struct tracked tracked;
};

void places_init(struct places *p);
void places_release(struct places *p);
/* ERR_SANDBOX if there is too much to hide or to look through. */
NODISCARD bool places_refresh(struct places *p, const struct root *r, uint64_t now_ms,
			      struct err *err);
/* Does this path lie in (or is it) a folder of build tools? */
bool places_tools(const struct places *p, const char *rel);
/* And in one that commands reach directly? */
bool places_bound(const struct places *p, const char *rel);
/* Is this file or folder kept from commands, or does it lie in such a folder? */
bool places_hide(const struct places *p, const char *rel);
/* Is something in this folder? */
bool places_hide_below(const struct places *p, const char *folder);
void places_forget(struct places *p); /* something was written: look again */

#endif
