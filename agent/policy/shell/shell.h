/* shell.h - a shell command line as a flat list of the simple commands that it may run.
 *
 * This is a parser for judging, not for running. Where shells differ (dash, bash, zsh), or where a
 * construct is rare, it refuses; what it refuses is asked. Everything that some shell would run as
 * a command must be in the list: better one too many than one too few. For agent/policy, and for
 * the checks of agent/exec. */
#ifndef EMEND_SHELL_H
#define EMEND_SHELL_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum {
	WORD_DYNAMIC =
		1,     /* an expansion decides what it is; text has "$NAME" or "$()" in its place */
	WORD_GLOB = 2, /* unquoted '*', '?' or '[' */
	WORD_TILDE = 4,	 /* an unquoted '~' in front */
	WORD_QUOTED = 8, /* some part was quoted: never a reserved word */
};
struct shell_word {
	struct slice text; /* without quotes and escapes */
	unsigned flags;
};

struct shell_redir {
	enum { REDIR_READ, REDIR_WRITE, REDIR_TEXT, REDIR_DUP } kind;
	struct shell_word target; /* REDIR_TEXT: the text itself (here-document, here-string) */
	struct shell_redir *next;
};

struct shell_cmd {
	const struct shell_word *words;	  /* the argv */
	const struct shell_word *assigns; /* NAME=value in front of it */
	size_t n_words, n_assigns;
	struct shell_redir *redirs;
	struct slice function; /* the function in whose body it stands; or empty */
	size_t parent;	/* index of the command that contains it or wraps it; SIZE_MAX: none */
	unsigned depth; /* substitutions and sh -c around it */
	bool piped_in, piped_out, background;
	bool more_args; /* further arguments come at run time (xargs, find -exec) */
	/* set by commands_unwrap() */
	bool neutral;	 /* only a wrapper: it is as good or bad as what it wraps */
	const char *ask; /* why it must be asked whatever it wraps; NULL: nothing */
	bool unread;	 /* it runs commands that are not in the list, as only the run tells them */
};

enum {
	SHELL_DEPTH = 16,      /* nested substitutions */
	SHELL_NESTING = 64,    /* nested compound commands, quotes, braces */
	SHELL_COMMANDS = 2000, /* in one command line */
};

struct shell_script {
	struct arena *arena;
	struct shell_cmd *cmds;
	size_t n, cap;
	struct shell_job *jobs; /* texts that are still to be parsed */
	/* It is known that bash reads it: (( )), [[ ]] and arrays are then no commands. For the texts of `sh -c` that
	 * commands_unwrap() finds it is not. */
	bool bash;
};

/* Parses text and everything nested in it; appends to *s (zeroed but for the arena before the first
 * call). false: ERR_INVALID says what is not understood; *s must not be relied on. */
NODISCARD bool shell_parse(struct shell_script *s, struct slice text, size_t parent, unsigned depth,
			   struct err *err);
struct shell_cmd *shell_add(struct shell_script *s, struct err *err); /* NULL: too many */

#endif
