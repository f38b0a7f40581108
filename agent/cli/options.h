/* options.h - the command line: one table of all options, from which parsing and every --help are
 * made. */
#ifndef EMEND_OPTIONS_H
#define EMEND_OPTIONS_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

/* Bits, so that the options of a command are a mask. */
#define OPTION_BIT(n) (UINT64_C(1) << (n))
/* A new option gets the next bit, a row in options.c, a field in struct args and a case in
 * set(). There are 64 bits: a mask must be uint64_t wherever it is kept. */
#define OPT_DIR OPTION_BIT(0)
#define OPT_MODEL OPTION_BIT(1)
#define OPT_MODE OPTION_BIT(2)
#define OPT_YES OPTION_BIT(3)
#define OPT_MAX_USD OPTION_BIT(4)
#define OPT_MAX_TOKENS OPTION_BIT(5)
#define OPT_MAX_TURNS OPTION_BIT(6)
#define OPT_MAX_TIME OPTION_BIT(7)
#define OPT_JSON OPTION_BIT(8)
#define OPT_NO_SANDBOX OPTION_BIT(9)
#define OPT_CONFIG OPTION_BIT(10)
#define OPT_VERBOSE OPTION_BIT(11)
#define OPT_QUIET OPTION_BIT(12)
#define OPT_HELP OPTION_BIT(13)
#define OPT_VERSION OPTION_BIT(14)
#define OPT_RW OPTION_BIT(15)
#define OPT_NETWORK OPTION_BIT(16)
#define OPT_BY OPTION_BIT(17)
#define OPT_CONFIRM OPTION_BIT(18)
#define OPT_TIMEOUT OPTION_BIT(19)
#define OPT_ALL OPTION_BIT(20)
#define OPT_LIMIT OPTION_BIT(21)
#define OPT_RESUME OPTION_BIT(22)
#define OPT_STAGED OPTION_BIT(23)
#define OPT_MESSAGE OPTION_BIT(24)
#define OPT_WITHDRAW OPTION_BIT(25)
#define OPT_LANGUAGE OPTION_BIT(26)
#define OPT_MEMORY OPTION_BIT(27)
#define OPT_STDIN OPTION_BIT(28)
#define OPT_ENV OPTION_BIT(29)
#define OPT_LIST OPTION_BIT(30)
#define OPT_DRY_RUN OPTION_BIT(31)
#define OPT_OUTPUT_SCHEMA OPTION_BIT(32)
#define OPT_WORKTREE OPTION_BIT(33)
#define OPT_IMAGE OPTION_BIT(34)
#define OPT_CHECK OPTION_BIT(35)
#define OPT_HISTORY OPTION_BIT(36)
#define OPT_STATUS OPTION_BIT(37)
#define OPT_VALIDATE OPTION_BIT(38)
#define OPT_HTTP OPTION_BIT(39)
#define OPT_TOKEN_FILE OPTION_BIT(40)
#define OPT_AT_ONCE OPTION_BIT(41)
#define OPT_QUEUE OPTION_BIT(42)
#define OPT_NATS OPTION_BIT(43)
#define OPT_NAME OPTION_BIT(44)
#define OPT_REDIS OPTION_BIT(45)
#define OPT_POSTGRES OPTION_BIT(46)
/* Groups of them. */
#define OPTS_COMMON (OPT_DIR | OPT_CONFIG | OPT_VERBOSE | OPT_QUIET | OPT_HELP)
#define OPTS_TASK                                                                      \
	(OPTS_COMMON | OPT_MODEL | OPT_MODE | OPT_YES | OPT_MAX_USD | OPT_MAX_TOKENS | \
	 OPT_MAX_TURNS | OPT_MAX_TIME | OPT_JSON | OPT_NO_SANDBOX)

/* Two rows may have one name or one letter, as -m has: no command takes both. */
struct option_spec {
	uint64_t id;
	char letter;	   /* '\0': none */
	const char *name;  /* "--max-usd" */
	const char *value; /* what the value is called, "N"; NULL: a switch */
	const char *doc;
};
size_t option_table(const struct option_spec **out);

enum { RW_MAX = 16, ENV_MAX = 128, IMAGES_MAX = 10 };

struct args {		/* strings are argv's own */
	uint64_t given; /* mask of the options that were typed */
	const char *dir, *model, *mode, *config, *by, *resume, *message, *language, *in, *status,
		*http, *token_file, *nats, *name, *redis, *postgres;
	double max_usd, max_time, timeout;
	int64_t max_tokens, max_turns, limit, memory, at_once, queue;
	const char *output_schema;
	const char *rw[RW_MAX];
	size_t n_rw;
	const char *env[ENV_MAX];
	size_t n_env;
	const char *images[IMAGES_MAX];
	size_t n_images;
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
			     uint64_t allowed, struct args *out, struct err *err);

#endif
