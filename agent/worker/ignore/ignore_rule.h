/* ignore_rule.h - one line of a .gitignore file, read and matched as git does it. */
#ifndef EMEND_IGNORE_RULE_H
#define EMEND_IGNORE_RULE_H

#include "protocol/base/slice.h"

/* The parts of a rule borrow the text of its file. */
struct ignore_rule {
	struct slice pattern; /* without '!', a leading and a trailing '/' */
	size_t plain;	      /* bytes at the start of the pattern without a wildcard */
	bool negated;	      /* '!': takes back what an earlier rule ignores */
	bool dirs_only;	      /* it ends in '/' */
	bool whole_path; /* a '/' inside: it is about the path below the file's folder, not a name */
	bool suffix;	 /* "*" and then no wildcard: only the end of the name counts */
};

/* Takes the next line off *rest, until one holds a rule. false: there is none left. */
bool ignore_rule_next(struct slice *rest, struct ignore_rule *out);
/* path: below the folder of the rules, without a '/' at its end. O(path * pattern) at worst. */
bool ignore_rule_match(const struct ignore_rule *r, struct slice path, struct slice name,
		       bool is_dir);

#endif
