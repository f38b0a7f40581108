/* rules.h - the policy itself: its rules and its file patterns. Internal to agent/policy. */
#ifndef EMEND_RULES_H
#define EMEND_RULES_H

#include "agent/policy/policy.h"
#include "agent/policy/shell/shell.h"

enum rule_origin {
	RULE_USER,
	RULE_BUILTIN,
	RULE_HELD, /* built in, and about what can do no harm on a view that is dropped or undone */
};

struct rule {
	enum verdict verdict;
	enum rule_origin origin;
	struct slice text; /* as written */
	const struct shell_word *words;
	size_t n;
};

struct policy {
	enum mode mode;
	struct arena arena; /* all texts */
	struct rule *rules;
	size_t n_rules, cap_rules;
	struct slice *files;
	char *first; /* of each of them: file_first() */
	size_t n_files, cap_files;
	size_t n_builtin_files; /* the first of them */
	struct slice root;	/* absolute path of the workspace; empty: not known */
};

NODISCARD bool rules_add(struct policy *p, enum verdict v, enum rule_origin origin,
			 struct slice text, struct err *err);
/* The first rule of this verdict that matches, of the user's or of ours; NULL if none does. */
const struct rule *rules_find(const struct policy *p, enum verdict v, bool builtin,
			      const struct shell_cmd *c);

void defaults_rules(struct policy *p);
void defaults_files(struct policy *p);

/* files.c */
enum place {
	PLACE_INSIDE,	/* the workspace */
	PLACE_HARMLESS, /* /dev/null and the like */
	PLACE_TMP,
	PLACE_LIBRARY,	/* /usr and the like: may be read */
	PLACE_SYSTEM,	/* /etc, devices, ... */
	PLACE_HOME_DOT, /* what the user's programs read at start */
	PLACE_OUTSIDE,
	PLACE_UNKNOWN, /* decided at run time */
};
/* *inside: the path relative to the workspace, if the place is PLACE_INSIDE. */
enum place file_place(const struct policy *p, const struct shell_word *w, struct slice *inside);
/* The letter, a small one, with which a name begins that the pattern matches; 0: any. */
char file_first(struct slice pattern);
/* The pattern that denies this path, empty if none does. */
struct slice file_denied(const struct policy *p, struct slice path);
/* path.c: does the sandbox hide what has this name, unless git tracks it? Not what is protected for
 * another reason. */
bool file_is_hidden_by_name(struct slice pattern);
/* Why the model does not get at such a file, as the end of a sentence. */
const char *file_not_for_model(struct slice pattern);
struct slice file_protected(struct slice path); /* the name that asks on a write; empty if none */

/* danger.c: the built-in rule that denies this command outright; NULL if none does. */
const char *danger_of(const struct policy *p, const struct shell_script *s, size_t at);

/* readonly.c: only reads, by its name and options. */
bool readonly_command(const struct policy *p, const struct shell_cmd *c);
bool readonly_git(const struct shell_cmd *c); /* readonly_git.c */
size_t readonly_first_file(
	const struct shell_cmd *c); /* index of the first operand that is a file */

/* assign.c: why this assignment must be asked; NULL if it is harmless. */
const char *assign_risk(const struct shell_word *w, bool in_front);

/* always.c: the rule that "always allow" would add for this command; empty: none. */
struct slice always_rule(const struct shell_cmd *c, struct arena *a);

#endif
