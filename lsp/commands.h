/* commands.h - the commands of workspace/executeCommand: their names, and what each does.
 *
 * Every command that exists is announced: editors refuse the others. Each answers at once. */
#ifndef EMEND_LSP_COMMANDS_H
#define EMEND_LSP_COMMANDS_H

#include "protocol/rpc/conn.h"

struct server;
struct tracked;
struct code_action;

/* arg: arguments[0], may be missing; token: the client's workDoneToken, may be missing. */
typedef void command_fn(struct server *s, struct rpc_request *req, struct json arg,
			struct json token);

struct command {
	const char *name;
	command_fn *run;
};

/* The i-th of all names, the code actions' first (agent/session/actions.def); NULL after the last. */
const char *commands_name(size_t i);
/* False: there is no command of this name, and nothing was answered. */
NODISCARD bool commands_run(struct server *s, struct rpc_request *req, struct slice name,
			   struct json arg, struct json token);

/* on/code_command.c; action NULL: one of the user's own, by its title. */
void command_code(struct server *s, struct rpc_request *req, struct json arg, struct json token,
		  const struct code_action *action);
command_fn command_action;
/* on/task_command.c */
command_fn command_do, command_chat, command_resume, command_undo, command_rewind, command_diff;
/* on/others_command.c: those that may be about a task of another face */
command_fn command_steer, command_cancel, command_tasks;
/* on/hunk_command.c: {id}, {uri}, {task}, or nothing for all */
command_fn command_accept, command_reject;
/* on/emend.c */
command_fn command_status;
/* on/models.c: {model}, "" or nothing for the one of the settings */
command_fn command_model;

/* For the handlers. What the argument says under this key, or the argument itself. */
struct slice command_text(struct rpc_request *req, struct json arg, const char *key);
/* The folder that a command is about: of its {uri}, else of the task (may be NULL), else the first. */
struct slice command_workspace(struct server *s, struct rpc_request *req, struct json arg,
			       const struct tracked *task);
void command_failed(struct rpc_request *req, const struct err *err);

#endif
