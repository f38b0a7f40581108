/* generate.h - what a package installs beside the program, made from the tables of commands and options. */
#ifndef EMEND_CLI_GENERATE_H
#define EMEND_CLI_GENERATE_H

#include "agent/cli/command.h"

void generate_man(struct term *t); /* mdoc(7) */

#endif
