/* edit.h - turn the model's wish into exact changes of an exact text. No I/O.
 *
 * Matching ladder: exact; end of line; trailing white space; uniform re-indent; typographic quotes and
 * dashes. Each step must match exactly once (or replace_all); the step used is reported; never edit distance.
 * Untouched bytes stay as they are; inserted text takes the end-of-line style of the file. */
#ifndef EMEND_EDIT_H
#define EMEND_EDIT_H

#include "agent/edit/change.h"
#include "protocol/base/arena.h"
#include "protocol/base/err.h"

/* One wish of the model: every place, or the only one, where old_text stands becomes new_text. */
struct replace_edit {
	struct slice old_text, new_text;
	bool replace_all;
};

struct edit_plan {
	struct text_change *changes; /* sorted, of the base text */
	size_t n_changes;
	struct slice after; /* the whole text that results */
	struct slice
		notes; /* which step matched, if not the exact one; lines of text, may be empty */
};
/* All edits are applied, or none; each edit matches the base text (not the result of the one before).
 * Everything in *out lives in the arena. ERR_INVALID with "edits[1].old_text: 3 matches at lines 12, 40, 88",
 * ERR_NOT_FOUND with the nearest lines and their numbers (a longer text than an err holds: *hint, in the arena). */
NODISCARD bool edit_plan(struct arena *a, struct slice base, const struct replace_edit *edits,
			 size_t n, struct edit_plan *out, struct slice *hint, struct err *err);

/* The changes that turn base into after: line-wise, common head and tail trimmed, so that an editor keeps
 * cursors and folds. Their texts are borrowed from `after`. */
void edit_changes(struct arena *a, struct slice base, struct slice after, struct text_change **out,
		  size_t *n);

/* A unified diff with 3 lines of context ("--- a/PATH", "+++ b/PATH", "\ No newline at end of file"); empty if equal.
 * before or after NULL-pointer slices mean that the file does not exist (/dev/null). */
struct slice edit_diff(struct arena *a, struct slice path, struct slice before, struct slice after);
/* The diff of this one file without its heading, for where the name stands already. Any other diff as it is. */
struct slice edit_diff_body(struct slice diff, struct slice path);
void edit_diff_stat(struct slice diff, size_t *added, size_t *removed);

/* Three-way merge by lines: base = what the model saw, mine = what stands there now, theirs = the model's.
 * true: *out is the merge (it may be one of the three texts itself). false (ERR_STALE): they
 * conflict; the message names the lines. */
NODISCARD bool edit_merge(struct arena *a, struct slice base, struct slice mine,
			  struct slice theirs, struct slice *out, struct err *err);

/* The same, to take back a change of ours: what was written since right above or below it is kept
 * there and is no conflict, as it would be for new code, that may depend on its neighbours. A
 * conflict is told by the lines of `mine` that are in the way, from 1. */
struct merge_conflict {
	size_t first, last; /* last < first: nothing of `mine`: it removed what stood there */
};
NODISCARD bool edit_merge_beside(struct arena *a, struct slice base, struct slice mine,
				 struct slice theirs, struct slice *out, struct merge_conflict *c);

/* What ends a line; EOL_CR as on old Macintosh systems. */
enum eol { EOL_LF, EOL_CRLF, EOL_CR };
struct text_style {
	enum eol eol; /* the most frequent; EOL_LF for a text without line ends */
	bool mixed_eol, bom, final_newline;
};
void text_style(struct slice text, struct text_style *out);
/* text with every line end turned into `eol`. */
struct slice text_with_eol(struct arena *a, struct slice text, enum eol eol);

#endif
