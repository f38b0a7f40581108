/* config_key.c - see config_key.h */
#include "agent/config/config_key.h"

#include "protocol/base/limits.h"

#define AT(field) .at = offsetof(struct config, field)
#define LIST(field) AT(field), .at_count = offsetof(struct config, n_##field)
#define RANGE(from, to) .min = (from), .max = (to)
#define BUDGET(field) AT(budget.field), .narrow = NARROW_LOWER, .zero_is_no_limit = true

/* The order is that of `emend config show` and of the schema. The keys of a group stand
 * together: config_schema.c relies on it. Limits are what config_set.c refuses above and below. */
static const struct config_key keys[] = {
	{ "model", KEY_STRING, AT(model), .env = "EMEND_MODEL", .flag = "--model",
	  .doc = "The model: PROVIDER/MODEL, a level (simple, medium, complex) that \"models\" sets, or "
		 "scripted:FILE. Unset: the first provider whose key "
		 "is in the environment." },
	{ "mode", KEY_MODE, NARROW_LOWER, AT(mode), .max = MODE_AUTO,
	  .choices = "read-only|plan|ask|edit|auto", .def = "\"ask\"", .env = "EMEND_MODE",
	  .flag = "--mode",
	  .doc = "What the model may do by itself. read-only: change nothing; plan: nothing before you accept its "
		 "plan; ask: you are asked about each change; edit: edit files, and what commands in the sandbox "
		 "change; auto: the same, and you are asked only where a rule of yours says so. Unset: ask; edit in "
		 "an editor with Emend's plugin, where you review what was changed." },
	{ "approve", KEY_CHOICE, AT(approve), .choices = "effects|commands", .def = "\"effects\"",
	  .doc = "What the modes ask and edit ask about: effects: a command that stays in the sandbox runs "
		 "at once on a view of the workspace, and you are asked afterwards about what it changed, "
		 "with the diff; commands: each command, before it runs." },
	{ "effort", KEY_CHOICE, AT(effort), .choices = "none|minimal|low|medium|high|xhigh|max",
	  .env = "EMEND_EFFORT",
	  .doc = "How much the model thinks, where it can be told. Unset: the provider's "
		 "default." },
	{ "retries", KEY_INT, AT(retries), RANGE(0, 20), .def = "3",
	  .doc = "How often a failed call of the model is tried again." },
	{ "fallback", KEY_STRINGS, LIST(fallback),
	  .doc = "Models to go on with, in this order, when the server of the model fails, is "
		 "overloaded or cannot be reached." },
	{ "requestsPerMinute", KEY_U32, NARROW_LOWER, AT(requests_per_minute), RANGE(1, 1000000),
	  .zero_is_no_limit = true,
	  .doc = "Requests that one process may send to one provider in any minute; what is over "
		 "waits. Unset: 60, and no limit to a server on this machine." },
	{ "history.maxBytes", KEY_U64, AT(history_bytes), RANGE(0, 1e15), .def = "1073741824",
	  .doc = "Bytes of earlier file contents that are kept for undo, over all sessions. Those "
		 "of the oldest go first; the newest 8 sessions keep theirs. 0: no limit." },
	{ "budget.taskUsd", KEY_NUMBER, BUDGET(task_usd), RANGE(0, 100000), .def = "2",
	  .env = "EMEND_MAX_USD", .flag = "--max-usd",
	  .doc = "Money for one task, in US dollars. 0: no limit." },
	{ "budget.sessionUsd", KEY_NUMBER, BUDGET(session_usd), RANGE(0, 100000), .def = "5",
	  .env = "EMEND_MAX_SESSION_USD",
	  .doc = "Money for all tasks of a session, in US dollars. 0: no limit." },
	{ "budget.dayUsd", KEY_NUMBER, BUDGET(day_usd), RANGE(0, 100000), .def = "50",
	  .env = "EMEND_MAX_DAY_USD",
	  .doc = "Money for one day (UTC) over all sessions, in US dollars. 0: no limit." },
	{ "budget.tokens", KEY_U64, BUDGET(tokens), RANGE(0, 1e12), .def = "0",
	  .env = "EMEND_MAX_TOKENS", .flag = "--max-tokens",
	  .doc = "Tokens of one task, prompt and output together. 0: no limit. Where it is not set, a "
		 "model without a known price gets 2,000,000." },
	{ "budget.turns", KEY_U32, BUDGET(turns), RANGE(0, 100000), .def = "100",
	  .env = "EMEND_MAX_TURNS", .flag = "--max-turns",
	  .doc = "Calls of the model in one task. 0: no limit." },
	{ "budget.seconds", KEY_NUMBER, BUDGET(seconds), RANGE(0, 1e7), .def = "0",
	  .env = "EMEND_MAX_TIME", .flag = "--max-time",
	  .doc = "Wall-clock seconds for one task. 0: no limit." },
	{ "budget.warn", KEY_NUMBER, AT(budget.warn), RANGE(0, 1), .def = "0.8",
	  .doc = "The share of a limit at which you are warned, and the model is told to come to "
		 "an end. 0: never." },
	{ "command.timeoutMs", KEY_U64, NARROW_LOWER, AT(command_timeout_ms),
	  RANGE(1, LIMIT_COMMAND_MAX_MS), .def = "120000",
	  .doc = "Time for one command, in milliseconds, unless the model asks for less or more." },
	{ "command.idleMs", KEY_U64, NARROW_LOWER, AT(command_idle_ms),
	  RANGE(0, LIMIT_COMMAND_MAX_MS), .zero_is_no_limit = true, .def = "0",
	  .doc = "A command that prints nothing for so long is stopped, in milliseconds. 0: no "
		 "limit." },
	{ "command.memoryBytes", KEY_U64, NARROW_LOWER, AT(command_memory_bytes),
	  RANGE(16777216, 1e13), .def = "2147483648", .doc = "Memory for one command, in bytes." },
	{ "command.processes", KEY_U32, NARROW_LOWER, AT(command_processes), RANGE(1, 100000),
	  .def = "256", .doc = "Processes of one command at a time." },
	{ "runner", KEY_CHOICE, AT(runner), .choices = "native|podman|docker", .def = "\"native\"",
	  .doc = "Where files are worked on and commands run: on this machine, or in a container of "
		 "container.image." },
	{ "container.image", KEY_STRING, AT(container_image),
	  .doc = "The image of the container. It must be on this machine; nothing is fetched." },
	{ "container.cpus", KEY_NUMBER, AT(container_cpus), RANGE(0, 4096), .def = "0",
	  .doc = "How many CPUs the container gets. 0: all." },
	{ "permissions.allow", KEY_RULES, LIST(allow),
	  .doc = "Commands that run without a question: the first words of a command line, such as "
		 "\"make test\" or "
		 "\"git log *\". A rule may carry examples for `emend policy test`: "
		 "{\"rule\": \"make test\", \"match\": [\"make test -j2\"], \"noMatch\": "
		 "[\"make install\"]}." },
	{ "permissions.ask", KEY_RULES, NARROW_ADD, LIST(ask),
	  .doc = "Commands that are always asked for." },
	{ "permissions.deny", KEY_RULES, NARROW_ADD, LIST(deny),
	  .doc = "Commands that never run." },
	{ "network.allow", KEY_HOSTS, LIST(net_allow),
	  .doc = "Hosts that a command which asks for the network reaches without a question: "
		 "\"registry.npmjs.org\" (ports 443 and 80), \"host:8443\", \"*.debian.org\" (what "
		 "lies below). An address of this machine or of a private network is reached only "
		 "where a host is named with its port." },
	{ "network.deny", KEY_HOSTS, NARROW_ADD, LIST(net_deny),
	  .doc = "Hosts that no command reaches, at any port unless one is named; \"*\" is all. "
		 "Beats network.allow." },
	{ "denyFiles", KEY_STRINGS, NARROW_ADD, LIST(deny_files),
	  .doc = "Name patterns of files that the model never sees, beside the built-in ones. "
		 "\"!PATTERN\" exempts; "
		 "\"!*\" as the first entry drops the built-in list." },
	{ "maskSecrets", KEY_CHOICE, AT(mask_secrets), .choices = "on|off", .def = "\"on\"",
	  .doc = "Whether what looks like a key, a token or a password in a text is kept from the model: it "
		 "gets a placeholder, and the secret comes back where it writes that into a file." },
	{ "keyring", KEY_CHOICE, AT(keyring), .choices = "on|off", .def = "\"on\"",
	  .env = "EMEND_KEYRING",
	  .doc = "Whether the desktop's keyring is asked for a provider's key that is nowhere else: the item "
		 "with the attributes service=emend and account=PROVIDER, by secret-tool where it is "
		 "installed." },
	{ "sandbox", KEY_CHOICE, AT(sandbox), .choices = "full|reduced", .def = "\"full\"",
	  .doc = "What there must be for commands to run. reduced: where user namespaces are refused, Landlock "
		 "and seccomp alone do; then a command can change permissions, times and attributes of your "
		 "files outside of the folder too, and is no fit place for what you do not trust." },
	{ "toolchains", KEY_CHOICE, AT(toolchains), .choices = "on|off", .def = "\"on\"",
	  .doc = "Whether commands may read and find the compilers and interpreters below your home folder "
		 "that are on your PATH (rustup, nvm, pyenv, ...), and the packages they fetched." },
	{ "exec.dependencies", KEY_STRINGS, LIST(exec_dependencies),
	  .doc = "Names that code which is executed by itself (`emend exec`, `emend mcp`, `emend serve`) may list as its "
		 "dependencies: packages that you have installed for all users. Nothing is ever installed for it." },
	{ "readDirs", KEY_FOLDERS, LIST(read_dirs), .doc = "More folders that commands may read." },
	{ "writeDirs", KEY_FOLDERS, LIST(write_dirs),
	  .doc = "More folders that commands may write." },
	{ "bell", KEY_CHOICE, AT(bell), .choices = "auto|always|off", .def = "\"auto\"",
	  .doc = "Whether the terminal rings, or shows a notification if it can, when a task is done or asks: "
		 "auto is only when you have typed nothing for ten seconds." },
	{ "hunks", KEY_CHOICE, AT(hunks), .choices = "on|off", .def = "\"on\"",
	  .doc = "Whether each change of a task waits in the editor to be accepted or rejected by "
		 "itself." },
	{ "actions", KEY_ACTIONS, NARROW_ADD, LIST(actions), .doc = "Your own code actions." },
	{ "providers", KEY_PROVIDERS, LIST(providers), .doc = "Model providers by name." },
	{ "models", KEY_MODELS, LIST(models),
	  .doc = "What you know of models, by name (PROVIDER/MODEL, or MODEL alone): their price in "
		 "US dollars for a million tokens, and their limits. It beats the built-in table. And which "
		 "model a level (simple, medium, complex) or a kind of work (explain, do, ...) has." },
};

/* The members of one entry of "actions" and of "providers": each is a string. */
static const struct config_field action_fields[] = {
	{ "title", offsetof(struct config_action_text, title), true, NULL, "What the menu shows." },
	{ "kind", offsetof(struct config_action_text, kind), false, NULL,
	  "LSP code action kind, such as \"refactor\"." },
	{ "prompt", offsetof(struct config_action_text, prompt), true, NULL,
	  "What the model is told to do with the code." },
	{ "result", offsetof(struct config_action_text, result), false, "edit|show",
	  "Does it edit the code, or show a text? Default: edit." },
};

static const struct config_field provider_fields[] = {
	{ "base_url", offsetof(struct config_provider, base_url), false, NULL,
	  "Where its API is." },
	{ "dialect", offsetof(struct config_provider, dialect), false,
	  "anthropic|openai-responses|openai-chat|gemini", "Which API it speaks." },
	{ "key_env", offsetof(struct config_provider, key_env), false, NULL,
	  "The environment variable with the key." },
	{ "key_command", offsetof(struct config_provider, key_command), false, NULL,
	  "A command that prints the key." },
};

size_t config_keys(const struct config_key **out)
{
	*out = keys;
	return ARRAY_LEN(keys);
}

size_t config_action_fields(const struct config_field **out)
{
	*out = action_fields;
	return ARRAY_LEN(action_fields);
}

size_t config_provider_fields(const struct config_field **out)
{
	*out = provider_fields;
	return ARRAY_LEN(provider_fields);
}

bool config_is_choice(const char *choices, struct slice s)
{
	struct slice all = slice_of(choices);

	for (size_t from = 0; from <= all.len;) {
		size_t bar = slice_find_byte(all, '|', from);

		bar = bar < all.len ? bar : all.len;
		if (slice_eq(slice_sub(all, from, bar), s))
			return true;
		from = bar + 1;
	}
	return false;
}

const char *config_origin_name(enum config_origin o)
{
	static const char *const name[] = {
		[CONFIG_DEFAULT] = "default",	     [CONFIG_USER] = "user config",
		[CONFIG_EDITOR] = "editor settings", [CONFIG_ENV] = "environment",
		[CONFIG_FLAG] = "command line",	     [CONFIG_PROJECT] = "project config",
	};

	return name[o];
}

/* The field of struct config that a key sets; its type follows from the key's. */
#define FIELD(c, k, type) (*(type *)(void *)((char *)(c) + (k)->at))
#define CONST_FIELD(c, k, type) (*(const type *)(const void *)((const char *)(c) + (k)->at))

/* All numbers pass through a double, which holds whole numbers up to 2^53 exactly; the ranges in
 * the table stay below that. */
double config_number(const struct config *c, const struct config_key *k)
{
	if (k->type == KEY_MODE)
		return CONST_FIELD(c, k, enum mode);
	if (k->type == KEY_NUMBER)
		return CONST_FIELD(c, k, double);
	if (k->type == KEY_U64)
		return (double)CONST_FIELD(c, k, uint64_t);
	if (k->type == KEY_U32)
		return CONST_FIELD(c, k, uint32_t);
	return CONST_FIELD(c, k, int);
}

void config_put_number(struct config *c, const struct config_key *k, double n)
{
	if (k->type == KEY_MODE)
		FIELD(c, k, enum mode) = (enum mode)n;
	else if (k->type == KEY_NUMBER)
		FIELD(c, k, double) = n;
	else if (k->type == KEY_U64)
		FIELD(c, k, uint64_t) = (uint64_t)n;
	else if (k->type == KEY_U32)
		FIELD(c, k, uint32_t) = (uint32_t)n;
	else
		FIELD(c, k, int) = (int)n;
}
