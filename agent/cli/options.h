/* options.h - the command line: one table of all options, from which parsing and every --help are
 * made. */
#ifndef EMEND_OPTIONS_H
#define EMEND_OPTIONS_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum option { /* bits, so that a command's options are a mask */
	      OPT_DIR = 1 << 0,
	      OPT_MODEL = 1 << 1,
	      OPT_MODE = 1 << 2,
	      OPT_YES = 1 << 3,
	      OPT_MAX_USD = 1 << 4,
	      OPT_MAX_TOKENS = 1 << 5,
	      OPT_MAX_TURNS = 1 << 6,
	      OPT_MAX_TIME = 1 << 7,
	      OPT_JSON = 1 << 8,
	      OPT_NO_SANDBOX = 1 << 9,
	      OPT_CONFIG = 1 << 10,
	      OPT_VERBOSE = 1 << 11,
	      OPT_QUIET = 1 << 12,
	      OPT_HELP = 1 << 13,
	      OPT_VERSION = 1 << 14,
	      OPT_RW = 1 << 15,
	      OPT_NETWORK = 1 << 16,
	      OPT_BY = 1 << 17,
	      OPT_CONFIRM = 1 << 18,
	      OPT_TIMEOUT = 1 << 19,
	      OPT_ALL = 1 << 20,
	      OPT_LIMIT = 1 << 21,
	      OPT_RESUME = 1 << 22,
	      OPT_STAGED = 1 << 23,
	      OPT_MESSAGE = 1 << 24,
	      OPT_WITHDRAW = 1 << 25,
	      /* groups */
	      OPTS_COMMON = OPT_DIR | OPT_CONFIG | OPT_VERBOSE | OPT_QUIET | OPT_HELP,
	      OPTS_TASK = OPTS_COMMON | OPT_MODEL | OPT_MODE | OPT_YES | OPT_MAX_USD |
			  OPT_MAX_TOKENS | OPT_MAX_TURNS | OPT_MAX_TIME | OPT_JSON | OPT_NO_SANDBOX,
};

struct option_spec {
	enum option id;
	char letter;	   /* '\0': none */
	const char *name;  /* "--max-usd" */
	const char *value; /* what the value is called, "N"; NULL: a switch */
	const char *doc;
};
size_t option_table(const struct option_spec **out);

enum { RW_MAX = 16 };

struct args {		/* strings are argv's own */
	unsigned given; /* mask of the options that were typed */
	const char *dir, *model, *mode, *config, *by, *resume, *message;
	double max_usd, max_time, timeout;
	int64_t max_tokens, max_turns, limit;
	const char *rw[RW_MAX];
	size_t n_rw;
	const char **words; /* what is no option */
	size_t n_words;
	const char **rest; /* what follows "--" */
	size_t n_rest;
};

/* args[0..n) are the words behind the program's name. The first word that is no option names the
 * command: *command, NULL if there is none. */
void options_find_command(char **args, int n, const char **command);
/* Fills *out; `command` (may be NULL) is passed over once. ERR_USAGE names the option, and what may
 * have been meant. */
NODISCARD bool options_parse(struct arena *a, char **args, int n, const char *command,
			     unsigned allowed, struct args *out, struct err *err);

#endif
