/* generate.h - what a package installs beside the program, made from the tables of commands and options. */
#ifndef EMEND_CLI_GENERATE_H
#define EMEND_CLI_GENERATE_H

#include "agent/cli/command.h"

void generate_bash(struct term *t);
void generate_zsh(struct term *t);
void generate_fish(struct term *t);
void generate_man(struct term *t); /* mdoc(7) */

/* What may stand behind an option, for completion. */
enum value_kind { VALUE_NONE, VALUE_ANY, VALUE_FOLDER, VALUE_FILE, VALUE_WORDS };
/* words: of VALUE_WORDS, separated by blanks. */
enum value_kind value_kind(const struct option_spec *o, const char **words);

#endif
