/* match.h - regular expressions and globs: the one file that uses PCRE2. All work is bounded. */
#ifndef EMEND_WORKER_MATCH_H
#define EMEND_WORKER_MATCH_H

#include "protocol/base/err.h"
#include "protocol/base/slice.h"

struct match;

enum match_flags { MATCH_IGNORE_CASE = 1, MATCH_LITERAL = 2, MATCH_BYTES = 4 /* no UTF-8 */ };

/* `^` and `$` are those of a line. ERR_INVALID names the offset. */
NODISCARD bool match_new(struct slice pattern, unsigned flags, struct match **out, struct err *err);
/* **, *, ?, [..], {a,b} on a whole path; one without '/' matches the last component anywhere. */
NODISCARD bool match_new_glob(struct slice glob, struct match **out, struct err *err);
/* Secret names: gitignore-like, without case. A pattern without '/' stands for one component
 * anywhere; '!' exempts. A path matches if one of its components, or a run of them, does. n may
 * be 0. */
NODISCARD bool match_new_names(const struct slice *patterns, size_t n, struct match **out,
			       struct err *err);
void match_free(struct match *m); /* NULL is fine */

/* MATCH_LIMIT is neither yes nor no: each caller says what it takes it for. */
enum match_answer { MATCH_NO, MATCH_YES, MATCH_LIMIT /* too much backtracking */ };
/* The first match at or after `from`. */
enum match_answer match_find(struct match *m, struct slice text, size_t from, size_t *start,
			     size_t *end);
bool match_is(struct match *m, struct slice text); /* MATCH_LIMIT counts as yes: safe for secrets */

#endif
