/* commands.c - see commands.h */
#include "lsp/commands.h"

#include "agent/session/code_action.h"

static const struct command commands[] = {
	{ "emend.action", command_action },	{ "emend.do", command_do },
	{ "emend.chat", command_chat },		{ "emend.cancel", command_cancel },
	{ "emend.steer", command_steer },	{ "emend.tasks", command_tasks },
	{ "emend.undo", command_undo },		{ "emend.diff", command_diff },
	{ "emend.acceptHunk", command_accept }, { "emend.rejectHunk", command_reject },
	{ "emend.acceptAll", command_accept },	{ "emend.rejectAll", command_reject },
	{ "emend.model", command_model },	{ "emend.status", command_status },
	{ "emend.rewind", command_rewind },	{ "emend.resume", command_resume },
};

const char *commands_name(size_t i)
{
	size_t n;
	const struct code_action *actions = code_actions(&n);

	if (i < n)
		return actions[i].command;
	return i - n < ARRAY_LEN(commands) ? commands[i - n].name : NULL;
}

bool commands_run(struct server *s, struct rpc_request *req, struct slice name, struct json arg,
		  struct json token)
{
	size_t n;
	const struct code_action *actions = code_actions(&n);

	for (size_t i = 0; i < n; i++) {
		if (!slice_eq_cstr(name, actions[i].command))
			continue;
		command_code(s, req, arg, token, &actions[i]);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (!slice_eq_cstr(name, commands[i].name))
			continue;
		commands[i].run(s, req, arg, token);
		return true;
	}
	return false;
}
