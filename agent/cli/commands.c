/* commands.c - the table of commands.
 *
 * The order is that of the help. A row names the options that a command takes; one that it does not
 * name is an error, also where another command has it. */
#include "agent/cli/command.h"
#include "agent/session/code_action.h"

static const char do_help[] =
	"What is piped in goes along with the task; with - it is the task. On a terminal one can type while\n"
	"it works: Enter gives it the words with its next step, Up takes them back until then,\n"
	"and Tab completes the name of a file behind an @.\n"
	"--output-schema: the answer is one JSON value that holds to the schema, and all that stands on\n"
	"stdout; status 1 if the model does not manage it. --worktree: the task works in a new worktree of\n"
	"git on a branch of its own, beside this one.\n\n"
	"Exit status: 0 done, 1 failed, 2 usage, 3 budget, 4 denied, 5 cancelled,\n"
	"6 sandbox unavailable, 7 provider or key.\n";

static const char code_help[] =
	"FILE may be followed by a line or a range of lines: src/a.c:12 or src/a.c:12-40.\n"
	"What is piped in goes along with the instruction.\n";
static const char code_example[] = "  emend explain src/main.c\n"
				   "  emend refactor src/main.c:10-40 \"use a table\"\n";

static const char review_args[] = "[OPTIONS] [--staged | RANGE | FILE[:LINE[-LINE]]] [INSTRUCTION]";
static const char review_help[] =
	"Without a file: the changes that are not committed; --staged: those that are staged; a RANGE as\n"
	"main..topic: its commits; one commit as HEAD~3: what changed since.\n";
static const char review_example[] = "  emend review\n"
				     "  emend review --staged \"look at the error paths\"\n"
				     "  emend review origin/main..HEAD\n"
				     "  emend review src/main.c:10-40\n";

static const struct command table[] = {
	{ "do", "[OPTIONS] TASK", "one agent task in this folder", do_help,
	  OPTS_TASK | OPT_OUTPUT_SCHEMA | OPT_WORKTREE | OPT_IMAGE, -1, cmd_do,
	  "  emend do \"make the failing test pass\"\n"
	  "  emend do -y --max-usd 0.50 \"rename Widget to Gadget everywhere\"\n"
	  "  emend do --image wrong.png \"the button must not overlap the text\"\n"
	  "  make 2>&1 | emend do \"fix what the compiler says\"\n"
	  "  emend do - <task.txt\n"
	  "  emend do --worktree -y \"port the parser to C11\"\n"
	  "  emend do --mode read-only --output-schema verdict.json \"is this safe to release?\"\n" },
	{ "chat", "[OPTIONS] [MESSAGE]",
	  "a conversation in this folder; `emend` alone on a terminal is the same",
	  "What is typed while a task works goes to the model with its next step. /help lists what\n"
	  "there is to type. From a pipe each line is a message, taken when the one before is done; where\n"
	  "a MESSAGE is given, what is piped goes along with it.\n",
	  OPTS_TASK | OPT_RESUME, -1, cmd_chat,
	  "  emend chat\n"
	  "  emend chat --resume last\n"
	  "  git diff | emend chat \"is this right?\"\n" },
	{ "diff", "[TASK|SESSION|STEP]",
	  "what a task changed; the newest one of this folder if none is named",
	  "A session stands for all its tasks, a number for a step of the newest task. On a terminal what\n"
	  "is longer than the screen goes through the pager: GIT_PAGER, PAGER, else less.\n",
	  OPTS_COMMON | OPT_JSON, 1, cmd_diff, NULL },
	{ "commit", "[-m TEXT] [TASK|SESSION]",
	  "commit to git what a task changed, and nothing else",
	  "The newest task of this folder if none is named. The files are taken as they are now; what is\n"
	  "staged stays staged. Without -m the editor of git opens with the title of the task.\n",
	  OPTS_COMMON | OPT_MESSAGE | OPT_JSON, 1, cmd_commit,
	  "  emend commit\n"
	  "  emend commit -m \"Fix the sign of add()\"\n" },
	{ "undo", "[-y] [--list | --dry-run] [TASK|SESSION|STEP]",
	  "put back what a task, or one step of the newest, changed",
	  "A file is put back only where Emend's change still stands; the rest is named and left\n"
	  "alone. --list shows the tasks whose changes stand, with their steps; --dry-run the diff\n"
	  "of what would come of it.\n",
	  OPTS_COMMON | OPT_CONFIRM | OPT_JSON | OPT_NO_SANDBOX | OPT_LIST | OPT_DRY_RUN |
		  OPT_LIMIT,
	  1, cmd_undo,
	  "  emend undo        the newest task\n"
	  "  emend undo -n     what that would change\n"
	  "  emend undo -y 3   step 3 of it, without a question\n" },
	{ "redo", "[-y] [--dry-run] [TASK|SESSION|STEP]", "make again what undo put back",
	  "Your own changes since are kept, as with undo.\n",
	  OPTS_COMMON | OPT_CONFIRM | OPT_JSON | OPT_NO_SANDBOX | OPT_DRY_RUN, 1, cmd_redo, NULL },
	{ "rewind", "[-y] [--dry-run] [SESSION] [STEP]",
	  "go back to a step of a session, with its files and its conversation",
	  "Without STEP it lists the steps of the newest session of this folder: the answers of the\n"
	  "model, and what each of them did. `emend rewind STEP` goes to the end of that one; the\n"
	  "session goes on from there when it is resumed, and until then it can go forward again. Where\n"
	  "your own changes are in the way of a file, they are named and nothing is done.\n",
	  OPTS_COMMON | OPT_CONFIRM | OPT_JSON | OPT_NO_SANDBOX | OPT_DRY_RUN, 2, cmd_rewind,
	  "  emend rewind        the steps\n"
	  "  emend rewind -n 3   what going back to step 3 would change\n"
	  "  emend rewind 3\n" },
	{ "status", "[TASK|SESSION|STEP]", "what happened in this folder, and what was spent today",
	  "With the name of a task or session: what it changed, and what of it still stands. A task that\n"
	  "was broken off stands there as unfinished, with the command by which it goes on.\n",
	  OPTS_COMMON | OPT_JSON, 1, cmd_status, NULL },
	{ "sessions",
	  "[list | show ID | resume ID [INSTRUCTION] | fork ID [INSTRUCTION] | rm ID...]",
	  "past sessions; go on with one",
	  "ID may be the beginning of one, as long as it is unique, or the name of a task. list shows\n"
	  "those of this folder; --all those of all. fork begins a new session with the conversation\n"
	  "of another one, which stays as it is; changes of files stay with that one, too.\n",
	  OPTS_TASK | OPT_ALL | OPT_LIMIT, -1, cmd_sessions,
	  "  emend sessions resume 20261129-cb \"now the tests\"\n"
	  "  emend sessions fork 20261129-cb \"do it with a table instead\"\n" },
	{ "replay", "ID... | --all",
	  "a recorded session again, offline, up to the first difference",
	  "Nobody is contacted and nothing is run: the conversation is put together from the log, results of\n"
	  "tools included, and each answer read again from the bytes that came. The first difference is\n"
	  "named; exit status 1. It would be a fault of Emend, or of the log.\n",
	  OPTS_COMMON | OPT_JSON | OPT_ALL, -1, cmd_replay, "  emend replay 20261129-cbrtwptq9\n" },
	{ "tasks", "",
	  "the tasks that run in this folder, whichever terminal or editor started them", NULL,
	  OPTS_COMMON | OPT_JSON, 0, cmd_tasks, NULL },
	{ "attach", "[TASK]", "a running task live in this terminal",
	  "Its questions can be answered here, too; the first answer counts. Ctrl-C leaves, and the\n"
	  "task goes on. TASK may be left out where only one is running.\n",
	  OPTS_COMMON | OPT_JSON, 1, cmd_attach, NULL },
	{ "steer", "TASK TEXT", "tell a running task something: it hears it with its next step",
	  NULL, OPTS_COMMON | OPT_JSON | OPT_WITHDRAW, -1, cmd_steer,
	  "  emend steer t1a2b \"use pytest instead\"\n"
	  "  emend steer t1a2b --withdraw   what it has not heard yet\n" },
	{ "cancel", "[TASK]", "end a running task", NULL, OPTS_COMMON | OPT_JSON, 1, cmd_cancel,
	  NULL },
	{ "run", "[-y] [--network] [--rw DIR] [--json] -- CMD ARG...",
	  "run a command exactly as the agent would",
	  "What it prints on either of its streams comes as one. The exit status is that of the\n"
	  "command; 124 if its time was up. Its changes become real when it has ended; none do if\n"
	  "it was stopped. Changes of files that git, an editor or an agent would execute are not\n"
	  "kept without -y; what is not kept is named. `emend undo` takes back what it changed.\n"
	  "With --network it reaches the hosts of the setting network.allow; each other one is\n"
	  "asked for on a terminal, and refused without.\n",
	  OPTS_COMMON | OPT_RW | OPT_NETWORK | OPT_JSON | OPT_NO_SANDBOX | OPT_TIMEOUT |
		  OPT_CONFIRM,
	  -1, cmd_run,
	  "  emend run -- make test\n"
	  "  emend run --network -- npm install\n" },
	{ "exec",
	  "[--validate] [--language L] [--stdin FILE] [--env NAME=VALUE] [LANGUAGE] [FILE | -] | --list | --history",
	  "run code by itself in the sandbox: it sees no file, variable or network of yours",
	  "The language is what --language or the first word says, else what the suffix of the file says.\n"
	  "Without a FILE the code is piped in. The exit status is that of the code; 124 if its time (30 s,\n"
	  "--timeout) was up. What it writes is gone with it. --json: the whole answer as one object.\n",
	  OPT_CONFIG | OPT_VERBOSE | OPT_HELP | OPT_JSON | OPT_TIMEOUT | OPT_LANGUAGE | OPT_MEMORY |
		  OPT_STDIN | OPT_ENV | OPT_LIST | OPT_VALIDATE | OPT_HISTORY | OPT_STATUS |
		  OPT_LIMIT,
	  -1, cmd_exec,
	  "  echo 'print(6 * 7)' | emend exec python\n"
	  "  emend exec --stdin data.csv --timeout 5 sum.py\n"
	  "  emend exec --validate script.sh\n"
	  "  emend exec --list\n"
	  "  emend exec --history --status timeout\n" },
	{ "mcp", "",
	  "an MCP server on stdin and stdout: emend exec and your editor's buffers, for other agents",
	  "For MCP clients to start. While an editor with Emend has this folder open, they also read, edit, search and\n"
	  "run commands in it, on what is not saved yet; there you are asked, and can undo it. Both eras of the protocol\n"
	  "are spoken: initialize (to 2025-11-25), and 2026-07-28. docs/execution-service.md has the entries for the\n"
	  "clients' settings.\n",
	  OPT_DIR | OPT_CONFIG | OPT_VERBOSE | OPT_HELP, 0, cmd_mcp, NULL },
	{ "serve", "", "the execution service over HTTP: emend exec for other programs, and MCP",
	  "Listens on a unix socket of your own (serve.sock in $XDG_RUNTIME_DIR/emend), or on an address of this\n"
	  "machine, for which a token is needed. SIGTERM: what runs is finished, nothing more is taken.\n"
	  "With --nats it is a worker of a fleet, too: tasks come over NATS to whichever worker is free.\n"
	  "docs/execution-service.md has the paths and the answers.\n",
	  OPT_CONFIG | OPT_VERBOSE | OPT_QUIET | OPT_HELP | OPT_HTTP | OPT_TOKEN_FILE |
		  OPT_AT_ONCE | OPT_QUEUE | OPT_NATS | OPT_NAME | OPT_REDIS | OPT_POSTGRES,
	  0, cmd_serve,
	  "  emend serve\n"
	  "  emend serve --nats nats://127.0.0.1:4222\n"
	  "  EMEND_SERVE_TOKEN=$(openssl rand -hex 24) emend serve --http 127.0.0.1:8377\n" },
	{ "audit", "[verify | show | export] [ID]", "check and read the event logs",
	  "verify checks the hash chain and the stored contents of one session, or of all;\n"
	  "show prints a session for people; export prints its events, one JSON object a line.\n",
	  OPTS_COMMON | OPT_JSON, 2, cmd_audit, NULL },
	{ "cost", "[--by day|model|session|project|kind] [--check]", "what was spent", NULL,
	  OPTS_COMMON | OPT_BY | OPT_CHECK | OPT_JSON, 0, cmd_cost, NULL },
	{ "models", "", "which models are set up", NULL, OPTS_COMMON | OPT_MODEL | OPT_JSON, 0,
	  cmd_models, NULL },
	{ "skills", "", "the project's pages on how some work is done, which a model can load",
	  "A skill is a folder .emend/skills/NAME with a page SKILL.md: a line ---, a line\n"
	  "description: that says when to use it, a line ---, and then how to do it. Files beside the page\n"
	  "belong to it. Exit status 1 if one cannot be used; why is said.\n",
	  OPTS_COMMON | OPT_JSON, 0, cmd_skills, NULL },
	{ "config", "[show | path | schema | check]", "the settings and where they come from", NULL,
	  (OPTS_TASK & ~OPT_NO_SANDBOX), 1, cmd_config, NULL },
	{ "policy", "[check | test | explain -- CMD...]",
	  "what may happen without a question, and why",
	  "explain says what would become of a command line; check reads all rules and shows "
	  "them.\n",
	  OPTS_COMMON | OPT_MODE | OPT_YES | OPT_JSON, 1, cmd_policy, NULL },
	{ "doctor", "[--json]", "check sandbox, libraries, settings and keys on this machine",
	  "Exit status 6 if commands would be refused.\n", OPTS_COMMON | OPT_MODEL | OPT_JSON, 0,
	  cmd_doctor, NULL },
	{ "generate", "bash | zsh | fish | man",
	  "what packages install: completions of the shells, the manual page", NULL, OPT_HELP, 1,
	  cmd_generate, "  source <(emend generate bash)\n" },
	{ "lsp", "[--stdio] [--trace FILE] [--wrap -- SERVER ARG...]",
	  "the language server, for editors to start",
	  "--trace FILE records every message that comes and goes (also: EMEND_LSP_TRACE=FILE).\n"
	  "--wrap starts another language server behind this one, for editors that run one for a buffer.\n",
	  OPT_HELP, 0, NULL, NULL },
	{ "help", "[COMMAND]", "what a command does and which options it has", NULL, OPT_HELP, 1,
	  cmd_help, NULL },
	{ "version", "", "which version this is", NULL, OPT_HELP, 0, cmd_version, NULL },
};

/* After `do`, which stands first, come the code actions. */
size_t command_count(void)
{
	size_t n;

	(void)code_actions(&n);
	return n + ARRAY_LEN(table);
}

/* Borrows static texts only, so that the copy may be kept. */
struct command command_at(size_t i)
{
	size_t n;
	const struct code_action *actions = code_actions(&n);
	bool review;

	if (i == 0)
		return table[0];
	if (i > n)
		return table[i - n];
	review = strcmp(actions[i - 1].name, "review") == 0; /* it takes changes, too */
	return (struct command){ .name = actions[i - 1].name,
				 .args = review ? review_args
						: "[OPTIONS] FILE[:LINE[-LINE]] [INSTRUCTION]",
				 .doc = actions[i - 1].doc,
				 .more = review ? review_help : code_help,
				 .options = review ? OPTS_TASK | OPT_STAGED : OPTS_TASK,
				 .words = -1,
				 .run = cmd_code,
				 .example = review ? review_example : code_example };
}
