/* match.h - find the text that the model meant. Internal to agent/edit.
 *
 * The ladder, from strict to lenient; a step is tried only where no stricter one matched at all. */
#ifndef EMEND_MATCH_H
#define EMEND_MATCH_H

#include "agent/edit/edit.h"
#include "agent/edit/fold.h"
#include "agent/edit/reindent.h"

/* Each step does all that the ones above it do as well; MATCH_TYPO does not allow another indentation. */
enum match_step {
	MATCH_EXACT,
	MATCH_EOL,    /* line ends, and a final newline that the file lacks */
	MATCH_TRAIL,  /* blanks at the end of lines */
	MATCH_INDENT, /* every line moved by the same indentation */
	MATCH_TYPO,   /* typographic quotes and dashes */
	MATCH_STEPS,
};

/* A place where old was found, in bytes of the file, and how the new lines have to be indented there. */
struct span {
	size_t start, end; /* bytes of the base text */
	struct reindent indent;
};

/* The base text, folded once for each step on first use. */
struct match_base {
	struct arena *arena;
	struct slice text;
	struct text_style style;
	struct fold fold[MATCH_STEPS];
	bool folded[MATCH_STEPS];
};
void match_base_init(struct match_base *b, struct arena *a, struct slice text);

/* All places on the first step that has any. In the arena of the base. */
struct match {
	enum match_step step;
	struct span *spans; /* in order; they may overlap unless `apart` was asked for */
	size_t n;	    /* 0: nothing matches on any step */
	bool drop_newline;  /* the file ends without the final newline that old has */
};
/* apart: matches must not overlap, since all of them will be replaced. */
void match_ladder(struct match_base *b, struct slice old, bool apart, struct match *out);

const char *match_step_note(enum match_step step); /* "trailing white space", ... */

#endif
