/* commands.c - the table of commands. */
#include "agent/cli/command.h"
#include "agent/session/code_action.h"

static const char exit_codes[] =
	"Exit status: 0 done, 1 failed, 2 usage, 3 budget, 4 denied, 5 cancelled,\n"
	"6 sandbox unavailable, 7 provider or key.\n";

static const char code_help[] =
	"FILE may be followed by a line or a range of lines: src/a.c:12 or src/a.c:12-40.\n";

static const struct command table[] = {
	{ "do", "[OPTIONS] TASK", "one agent task in this folder", exit_codes, OPTS_TASK, cmd_do },
	{ "diff", "[TASK]", "what a task changed; the newest one of this folder if none is named",
	  NULL, OPTS_COMMON, cmd_diff },
	{ "undo", "[-y] [TASK|STEP]", "put back what a task, or one step of the newest, changed",
	  "A file is put back only where Emend's change still stands; the rest is named and left "
	  "alone.\n",
	  OPTS_COMMON | OPT_CONFIRM | OPT_JSON | OPT_NO_SANDBOX, cmd_undo },
	{ "redo", "[-y] [TASK|STEP]", "make again what undo put back",
	  "Your own changes since are kept, as with undo.\n",
	  OPTS_COMMON | OPT_CONFIRM | OPT_JSON | OPT_NO_SANDBOX, cmd_redo },
	{ "status", "", "what happened in this folder, and what was spent today", NULL,
	  OPTS_COMMON | OPT_JSON, cmd_status },
	{ "sessions", "[list | show ID | resume ID [INSTRUCTION] | rm ID...]",
	  "past sessions; go on with one",
	  "ID may be the beginning of one, as long as it is unique.\n", OPTS_TASK, cmd_sessions },
	{ "run", "[-y] [--network] [--rw DIR] [--json] -- CMD ARG...", "run a command exactly as the agent would",
	  "What it prints on either of its streams comes as one. The exit status is that of the\n"
	  "command; 124 if its time was up. Its changes become real when it has ended; none do if\n"
	  "it was stopped. Changes of files that git, an editor or an agent would execute are not\n"
	  "kept without -y; what is not kept is named. With --network it reaches the hosts of the\n"
	  "setting network.allow; each other one is asked for on a terminal, and refused without.\n",
	  OPTS_COMMON | OPT_RW | OPT_NETWORK | OPT_JSON | OPT_NO_SANDBOX | OPT_TIMEOUT |
		  OPT_CONFIRM,
	  cmd_run },
	{ "audit", "[verify | show | export] [ID]", "check and read the event logs",
	  "verify checks the hash chain and the stored contents of one session, or of all;\n"
	  "show prints a session for people; export prints its events, one JSON object a line.\n",
	  OPTS_COMMON | OPT_JSON, cmd_audit },
	{ "cost", "[--by model|day|session]", "what was spent", NULL,
	  OPTS_COMMON | OPT_BY | OPT_JSON, cmd_cost },
	{ "models", "", "which models are set up", NULL, OPTS_COMMON | OPT_MODEL | OPT_JSON,
	  cmd_models },
	{ "config", "[show | path | schema | check]", "the settings and where they come from", NULL,
	  (OPTS_TASK & ~(unsigned)OPT_NO_SANDBOX), cmd_config },
	{ "policy", "[check | test | explain -- CMD...]", "what may happen without a question, and why",
	  "explain says what would become of a command line; check reads all rules and shows "
	  "them.\n",
	  OPTS_COMMON | OPT_MODE | OPT_YES | OPT_JSON, cmd_policy },
	{ "doctor", "[--json]", "check sandbox, libraries, settings and keys on this machine",
	  "Exit status 6 if commands would be refused.\n", OPTS_COMMON | OPT_MODEL | OPT_JSON,
	  cmd_doctor },
	{ "lsp", "[--stdio]", "the language server, for editors to start", NULL, OPT_HELP, NULL },
};

/* After `do`, which stands first, come the code actions. */
size_t command_count(void)
{
	size_t n;

	(void)code_actions(&n);
	return n + ARRAY_LEN(table);
}

struct command command_at(size_t i)
{
	size_t n;
	const struct code_action *actions = code_actions(&n);

	if (i == 0)
		return table[0];
	if (i > n)
		return table[i - n];
	return (struct command){ .name = actions[i - 1].name,
				 .args = "[OPTIONS] FILE[:LINE[-LINE]] [INSTRUCTION]",
				 .doc = actions[i - 1].doc,
				 .more = code_help,
				 .options = OPTS_TASK,
				 .run = cmd_code };
}
