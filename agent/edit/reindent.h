/* reindent.h - a uniform difference of indentation between two runs of lines. Internal to agent/edit. */
#ifndef EMEND_REINDENT_H
#define EMEND_REINDENT_H

#include "agent/edit/lines.h"

/* How the file's indentation comes from that of the model's text; prefix is borrowed from one of the two. */
struct reindent {
	enum {
		REINDENT_NONE,
		REINDENT_ADD,	 /* the file has `prefix` more than the model wrote */
		REINDENT_REMOVE, /* the file has `prefix` less */
		REINDENT_TABS,	 /* the file has one tab for each `width` blanks */
		REINDENT_BLANKS, /* the file has `width` blanks for each tab */
	} kind;
	struct slice prefix;
	size_t width;
};

/* Do lines [i, i + want->n) of `have` equal `want` but for one uniform rule? White lines match
 * white lines. */
bool reindent_between(const struct lines *have, size_t i, const struct lines *want,
		      struct reindent *rule);
/* Applies the rule to one line of the model's new text. */
struct slice reindent_line(struct arena *a, const struct reindent *rule, struct slice line);

#endif
