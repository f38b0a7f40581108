/* policy.h - may the model do this? Decided on parsed input, never on the raw string.
 *
 * Precedence: a deny rule beats an ask rule beats an allow rule beats the mode's default. A command line is
 * split into its simple commands (pipes, lists, substitutions, wrappers such as sudo, env, xargs, sh -c);
 * the strictest verdict of all of them holds. What cannot be parsed is asked. A user's allow rule beats a
 * built-in ask rule, but never a built-in deny. */
#ifndef EMEND_POLICY_H
#define EMEND_POLICY_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum mode {
	MODE_READ_ONLY, /* reads only: edits are denied, and commands, except those that an allow rule names */
	MODE_PLAN, /* the same, until the user has accepted the model's plan */
	MODE_ASK,  /* reads allowed; edits and commands ask unless a rule allows */
	MODE_EDIT, /* edits allowed; commands ask unless a rule allows */
	MODE_AUTO, /* edits and commands allowed inside the sandbox, unless a rule denies or asks */
};
const char *mode_name(enum mode m); /* "read-only", "plan", "ask", "edit", "auto" */
NODISCARD bool mode_parse(struct slice name, enum mode *out);

/* Nothing is changed: edits are denied, and what commands change is dropped. */
static inline bool mode_reads_only(enum mode m)
{
	return m == MODE_READ_ONLY || m == MODE_PLAN;
}

enum verdict { VERDICT_ALLOW, VERDICT_ASK, VERDICT_DENY };
const char *verdict_name(enum verdict v);

/* One simple command of a line. */
struct decision_part {
	struct slice text; /* on one line, cut where it is long */
	enum verdict verdict;
	struct slice rule;   /* what decided about it */
	struct slice always; /* the rule that would allow it; empty: none is offered */
};

struct decision {
	enum verdict verdict;
	struct slice rule; /* what decided, as written: "deny: git push --force", "mode: ask" */
	struct slice why; /* one sentence for people and the model */
	/* The rule that "always allow" would add, "make test"; empty: never offered. */
	struct slice always;
	/* Of a command line: the simple command that decided; and all of them, no more than DECISION_PARTS:
	 * those of wrappers (env, time, sh -c) stand last, in place of the wrapper. Empty where
	 * that is not known. */
	struct slice part;
	const struct decision_part *parts;
	size_t n_parts;
	/* Of a command line, for commands whose effect can be dropped (agent/tool/command/run_command.c): */
	bool beforehand; /* its question may not wait for the effect: a rule of the user, or a place outside */
	bool by_user; /* a user's allow rule speaks of it */
	/* Nothing in it asks but what could do no harm on a view of the files, in its own processes and without a
	 * network: it can be undone. */
	bool held;
	/* Files that have the names of secrets, as the line names them: that is why it is denied, and
	 * policy_command_shown() says what holds where a command may see them. None: that cannot help. */
	const struct slice *names;
	size_t n_names;
};

enum { DECISION_PARTS = 32, DECISION_NAMES = 16 };

/* Another mode would allow all of it: nothing but the mode asks. */
bool decision_asks_mode_alone(const struct decision *d);

struct policy;
struct policy *policy_new(enum mode mode); /* with the built-in rules */
void policy_free(struct policy *p);
enum mode policy_mode(const struct policy *p);
struct policy *policy_clone(const struct policy *p, enum mode mode);
/* The absolute path of the workspace, so that absolute paths into it are known as inside. */
void policy_set_root(struct policy *p, struct slice root);
/* A rule is an argv prefix in shell words: "npm run test", "git push *". ERR_INVALID if it does not parse. */
NODISCARD bool policy_add(struct policy *p, enum verdict v, struct slice rule, struct err *err);
/* Is this command line a matter of this rule alone? An allow rule must name each of its commands, the
 * others any. ERR_INVALID if one of the two does not parse. */
NODISCARD bool policy_covers(enum verdict v, struct slice rule, struct slice command, bool *out,
			     struct err *err);
/* Name patterns of files that are denied whatever the mode (gitignore-like: no '/', matches any component;
 * '!' exempts). The built-in list is there already; clear drops it (user config only). */
void policy_deny_files_clear(struct policy *p);
NODISCARD bool policy_deny_file(struct policy *p, struct slice pattern, struct err *err);
/* The first *n_builtin of them (NULL is fine) are our own: commands see such a file where git tracks it. */
size_t policy_denied_files(const struct policy *p, const struct slice **out, /* borrowed */
			   size_t *n_builtin);

/* Is this file a secret if its text is one (secret_file.h)? policy_path() does not deny it. */
bool policy_looks_into(const struct policy *p, struct slice path);

enum access {
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_SCRIPT, /* a whole new content that begins with "#!": asked in mode edit, too */
	/* What a command changed: the worker has judged names of secrets, as it knows what git tracks. */
	ACCESS_COMMAND,
};
/* Is this pattern of denied files about Emend's own settings? The worker does not know it: the server reads them
 * through the worker. */
bool policy_is_own_pattern(struct slice pattern);
/* path: relative to the workspace. Texts of *out live in the arena. */
void policy_path(const struct policy *p, enum access access, struct slice path, struct arena *a,
		 struct decision *out);
void policy_command(const struct policy *p, struct slice command, struct arena *a,
		    struct decision *out);
/* The same where the sandbox hides what a command must not see, and none of the names that were found
 * (see struct decision) is of a hidden file: git tracks it, or it does not exist. */
void policy_command_shown(const struct policy *p, struct slice command, struct arena *a,
			  struct decision *out);
/* The part of the line that would wait for somebody's keys, as commands have no terminal; in the arena. Empty:
 * none is known, also where the line is not understood. */
struct slice policy_waits_for_keys(struct slice command, struct arena *a);

#endif
