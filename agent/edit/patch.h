/* patch.h - patches in the form that GPT models write. No I/O.
 *
 *   *** Begin Patch
 *   *** Add File: PATH          then lines that start with '+'
 *   *** Update File: PATH       optionally *** Move to: PATH, then hunks: "@@ line to look for",
 *                               lines that start with ' ', '-' or '+', "*** End of File"
 *   *** Delete File: PATH
 *   *** End Patch
 *
 * There are no line numbers: the old lines of a hunk are found by the matching ladder of edit.h,
 * behind its "@@" lines and behind the hunk before. A hunk that has neither "@@" nor "*** End of
 * File" must match exactly once there. */
#ifndef EMEND_PATCH_H
#define EMEND_PATCH_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

struct patch_hunk {
	struct slice *anchors; /* the texts of its "@@" lines; none is empty */
	size_t n_anchors;
	struct slice old_text, new_text; /* whole lines, each with '\n' */
	bool at_end;			 /* its old lines are the last ones of the file */
	size_t line;			 /* of the patch, for messages */
};

enum patch_kind { PATCH_ADD, PATCH_UPDATE, PATCH_DELETE };

/* What one file section of the patch says; PATCH_UPDATE with move_to also renames. */
struct patch_file {
	enum patch_kind kind;
	struct slice path, move_to; /* as written; move_to "" = it stays where it is */
	struct slice content;	    /* PATCH_ADD */
	struct patch_hunk *hunks;   /* PATCH_UPDATE; none only with move_to */
	size_t n_hunks;
};

struct patch {
	struct patch_file *files;
	size_t n_files;
};
/* Everything in the arena, or borrowed from text. ERR_INVALID names the line; ERR_TOO_LARGE (LIMIT_PATCH_FILES,
 * LIMIT_EDITS_PER_CALL). Blank lines and a code fence around the patch are overlooked. */
NODISCARD bool patch_parse(struct arena *a, struct slice text, struct patch *out, struct err *err);

/* The text that the hunks of one file make of base; all hunks or none. *notes: which steps of the
 * ladder matched, if not the exact one. ERR_NOT_FOUND and ERR_INVALID name the hunk's line in the
 * patch; *hint may get a longer text for the model. */
NODISCARD bool patch_apply(struct arena *a, struct slice base, const struct patch_file *f,
			   struct slice *after, struct slice *notes, struct slice *hint,
			   struct err *err);

#endif
