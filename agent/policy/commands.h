/* commands.h - look through commands that run commands. Internal to agent/policy. */
#ifndef EMEND_COMMANDS_H
#define EMEND_COMMANDS_H

#include "agent/policy/shell/shell.h"

/* Appends to the script what its commands wrap (sudo, env, xargs, find -exec, sh -c, ...), and sets
 * neutral, ask and unread of each. */
NODISCARD bool commands_unwrap(struct shell_script *s, struct err *err);

/* The name by which a command is judged: without its folder; empty if it is not known. */
struct slice command_name(const struct shell_cmd *c);
bool command_is(const struct shell_cmd *c, const char *name);
bool command_any(const struct shell_cmd *c, const char *names); /* names: "cp|mv|ln" */
bool name_any(struct slice name, const char *names);
/* A short option in any cluster ("-rf" has 'r'), or a long one, abbreviated or with a value. */
bool command_has_short(const struct shell_cmd *c, char letter);
bool command_has_long(const struct shell_cmd *c, const char *name); /* "--recursive" */
bool word_is_option(const struct shell_word *w);
/* A shell that reads what it runs from a pipe or a file that is not named: no -c, no script. */
bool command_reads_code(const struct shell_cmd *c);
/* Its assignments, words and files on one line, "A=1 make > log"; cut behind some 160 bytes. */
struct slice policy_command_text(const struct shell_cmd *c, struct arena *a);

#endif
