/* shell_parser.h - the state of the shell parser, shared by its files. Internal to shell*.c. */
#ifndef EMEND_SHELL_PARSER_H
#define EMEND_SHELL_PARSER_H

#include "agent/policy/shell/shell.h"
#include "agent/policy/shell/shell_scan.h"

struct shell_job {
	struct slice text;
	size_t parent;
	unsigned depth;
	struct shell_job *next;
};

enum { PARSER_HEREDOCS = 8 };

struct open {
	char kind; /* '(' subshell, '{' group, 'P' case: a pattern comes, 'c' case: commands */
	struct slice function;
};

struct parser {
	struct shell_script *script;
	struct err *err;
	struct slice text;
	size_t at;
	size_t parent;
	unsigned depth;
	size_t cur; /* index of the command in hand; SIZE_MAX: none */
	struct shell_word *words, *assigns;
	size_t cap_words, cap_assigns;
	struct open open[SHELL_NESTING];
	size_t n_open;
	struct slice function; /* a definition was just seen: its body comes */
	struct {
		struct heredoc doc;
		struct shell_redir *redir;
	} heredocs[PARSER_HEREDOCS];
	size_t n_heredocs;
	bool after_pipe;
	bool amp_redir; /* "&>" in this command: shells differ about what follows */
	char *scratch;	/* room for any word of the text */
};

bool parser_refuse(struct parser *p, const char *what); /* always false */
char parser_peek(const struct parser *p, size_t n);	/* '\0' behind the end */
void parser_skip_blanks(struct parser *p);
NODISCARD bool parser_take_word(struct parser *p,
				struct shell_word *w); /* skips blanks; refuses if none */
struct shell_cmd *parser_command(
	struct parser *p); /* the one in hand, begun if need be; NULL: too many */

/* shell_redir.c */
NODISCARD bool parser_redirection(struct parser *p); /* at '<' or '>' */
bool parser_at_number_redir(const struct parser *p); /* "2>" */
NODISCARD bool parser_heredocs(
	struct parser *p); /* at the start of a line: bodies announced before */

/* shell_compound.c */
NODISCARD bool parser_open(struct parser *p, char kind);
char parser_top(const struct parser *p); /* kind of the innermost; '\0': none */
/* A word where a command may start. *taken: it was a reserved word. */
NODISCARD bool parser_reserved(struct parser *p, const struct shell_word *w, bool *taken);
/* "WORD (" where a command may start: a subshell or (( )) behind a reserved word. */
bool parser_bracket_is_no_function(const struct parser *p, const struct shell_word *w);
NODISCARD bool parser_case_pattern(struct parser *p);
NODISCARD bool parser_function_parens(struct parser *p);

/* shell_bash.c, where script->bash. At "((": *taken: it was an arithmetic command, and p->at is behind it. */
NODISCARD bool parser_arithmetic(struct parser *p, bool *taken);
NODISCARD bool parser_test(struct parser *p);  /* behind "[[": to behind its "]]" */
NODISCARD bool parser_array(struct parser *p); /* at the '(' of "NAME=(": to behind its ')' */

/* Reads the word at p->at (there is one). Substitutions in it are queued. */
NODISCARD bool parser_word(struct parser *p, struct shell_word *out);
/* Queues every substitution in text, which is not code itself (here-document, inside of ${}). */
NODISCARD bool parser_substitutions(struct parser *p, struct slice text, bool *any);

#endif
