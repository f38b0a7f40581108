/* searcher.h - one text after the other is searched for one pattern, and what is found is kept
 * until somebody fetches it. One thread, one object. */
#ifndef EMEND_WORKER_SEARCHER_H
#define EMEND_WORKER_SEARCHER_H

#include "agent/worker/file/root.h"
#include "protocol/base/buf.h"

struct search_pattern {
	struct slice text; /* a Perl-compatible regular expression, or plain text */
	bool literal, ignore_case;
	unsigned context; /* lines before and after each hit */
	size_t limit;	  /* hits that are written out; the others are counted */
};

/* One text with matches. */
struct search_hits {
	size_t name;	/* of its path, NUL-terminated, in `names` */
	size_t matches; /* lines in which a match begins */
	size_t n;	/* the first of them, that are written out */
};

/* What was found in some texts, in their order. Empty at first: { 0 }. */
struct search_found {
	struct buf
		json; /* an object a hit, without commas: {"path","line","text","before","after"} */
	size_t *ends; /* of each of them */
	size_t n_ends, cap_ends;
	struct search_hits *texts; /* only those with matches */
	size_t n_texts, cap_texts;
	struct buf names;
	struct buf skipped; /* "PATH: why" lines: text that cannot be searched; as many as fit */
	size_t n_skipped;
	size_t matches; /* of all texts; nothing is searched any more at LIMIT_SEARCH_COUNT */
};
void search_found_init(struct search_found *f);
void search_found_clear(struct search_found *f); /* the memory is kept */
void search_found_release(struct search_found *f);

/* Not shared between threads; what it finds goes into a search_found of its caller. */
struct searcher;

/* Borrows p and its text. ERR_INVALID, ERR_TOO_LARGE: the pattern. */
NODISCARD bool searcher_new(const struct search_pattern *p, struct searcher **out, struct err *err);
void searcher_free(struct searcher *s); /* NULL is fine */

/* A file of the workspace, in whatever encoding; a text, which is UTF-8. ERR_INVALID: the pattern
 * needs too much backtracking. */
NODISCARD bool searcher_file(struct searcher *s, const struct root *r, const char *rel,
			     struct search_found *out, struct err *err);
NODISCARD bool searcher_buffer(struct searcher *s, const char *rel, struct slice text,
			       struct search_found *out, struct err *err);

#endif
