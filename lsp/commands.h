/* commands.h - the commands of workspace/executeCommand: their names, and what each does.
 *
 * Every command that exists is announced: editors refuse the others. Each answers at once. */
#ifndef EMEND_LSP_COMMANDS_H
#define EMEND_LSP_COMMANDS_H

#include "protocol/rpc/conn.h"

struct server;

/* arg: arguments[0], may be missing; token: the client's workDoneToken, may be missing. */
typedef void command_fn(struct server *s, struct rpc_request *req, struct json arg,
			struct json token);

struct command {
	const char *name;
	command_fn *run;
};

extern const struct command commands[];
extern const unsigned commands_n;

/* One for each kind of task about code; on/code_command.c. */
command_fn command_explain, command_refactor, command_add_tests, command_fix, command_add_docs,
	command_review, command_action;
/* on/task_command.c */
command_fn command_do, command_chat, command_cancel, command_tasks, command_undo, command_diff;
/* on/hunk_command.c: {id}, {uri}, {task}, or nothing for all */
command_fn command_accept, command_reject;
/* on/emend_server_status.c */
command_fn command_status;

#endif
