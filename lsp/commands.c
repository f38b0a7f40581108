/* commands.c - see commands.h */
#include "lsp/commands.h"

const struct command commands[] = {
	{ "emend.explain", command_explain },	 { "emend.refactor", command_refactor },
	{ "emend.addTests", command_add_tests }, { "emend.fix", command_fix },
	{ "emend.addDocs", command_add_docs },	 { "emend.review", command_review },
	{ "emend.action", command_action },	 { "emend.do", command_do },
	{ "emend.chat", command_chat },
	{ "emend.cancel", command_cancel },	 { "emend.tasks", command_tasks },
	{ "emend.undo", command_undo },		 { "emend.diff", command_diff },
	{ "emend.acceptHunk", command_accept },	 { "emend.rejectHunk", command_reject },
	{ "emend.acceptAll", command_accept },	 { "emend.rejectAll", command_reject },
	{ "emend.status", command_status },
};
const unsigned commands_n = ARRAY_LEN(commands);
