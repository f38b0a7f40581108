/* command.h - what a command of the terminal is, and what all of them share.
 *
 * Each command is a function that gets the parsed options, prints to `out` and `log`, and returns
 * the exit status. It runs to its end before main() goes on: a command that waits for something
 * makes an event loop of its own (loop.h), and nothing of one command is seen by another. */
#ifndef EMEND_COMMAND_H
#define EMEND_COMMAND_H

#include "agent/cli/options.h"
#include "agent/cli/screen/term.h"
#include "agent/config/config.h"

struct cli;

/* One row of the table in commands.c. All texts are static. */
struct command {
	const char *name, *args, *doc; /* args and doc for the help */
	const char *more;	       /* lines below the options; may be NULL */
	uint64_t options;
	int words;		   /* how many may follow, at most; -1: any number */
	int (*run)(struct cli *c); /* the exit status; NULL: main() itself handles it */
	const char *example;	   /* lines; may be NULL */
};

/* Lives on the stack of cli_main() for the time of the command. */
struct cli {
	struct arena arena;	/* lives as long as the command */
	struct command command; /* name NULL: none was found */
	struct args args;
	struct term out; /* stdout */
	struct term log; /* stderr: progress, notes, errors */
};

/* All there are, in the order of the help. The code actions are among them (agent/session/actions.def). */
size_t command_count(void);
struct command command_at(size_t i);

void help_all(struct term *t);
void help_command(struct term *t, const struct command *c);

/* Prints the error (with --json on stdout too, as an object) and gives its exit status. */
int cli_fail(struct cli *c, const struct err *err);
/* A mistake in the words of the command line. */
int cli_usage(struct cli *c, const char *fmt, ...) PRINTF(2, 3);
bool cli_given(const struct cli *c, uint64_t option);

/* The commands, each in its own file: cmd_NAME.c, or in the folder that its mechanism fills. */
int cmd_help(struct cli *c);
int cmd_version(struct cli *c);
int cmd_do(struct cli *c);
int cmd_chat(struct cli *c);
int cmd_code(struct cli *c); /* the code actions */
/* Is it a review, and its first word no file? Then it is one of changes. */
bool review_is_of_changes(struct cli *c);
int cmd_review(struct cli *c);
int cmd_run(struct cli *c);
int cmd_exec(struct cli *c); /* exec/ */
int cmd_mcp(struct cli *c);
int cmd_serve(struct cli *c);
int cmd_commit(struct cli *c);
int cmd_status(struct cli *c);
int cmd_diff(struct cli *c);
int cmd_undo(struct cli *c);
int cmd_redo(struct cli *c);
int cmd_rewind(struct cli *c);
int cmd_sessions(struct cli *c);
int cmd_replay(struct cli *c);
int cmd_tasks(struct cli *c);
int cmd_attach(struct cli *c);
int cmd_steer(struct cli *c);
int cmd_cancel(struct cli *c);
int cmd_audit(struct cli *c);
int cmd_doctor(struct cli *c);
int cmd_config(struct cli *c);
int cmd_policy(struct cli *c);
int cmd_cost(struct cli *c);
int cmd_models(struct cli *c);
int cmd_skills(struct cli *c);
int cmd_generate(struct cli *c);

#endif
