/* options.c - see options.h
 *
 * Values are checked here as far as the command line alone can say what is wrong with them: numbers
 * and their range. What a word means is for the command, or for the configuration. */
#include "agent/cli/options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/config/suggest.h"

/* The order is that of every help text. */
static const struct option_spec table[] = {
	{ OPT_DIR, 'C', "--dir", "DIR", "work in this folder instead of the current one" },
	{ OPT_MODEL, 'm', "--model", "NAME", "PROVIDER/MODEL, or scripted:FILE" },
	{ OPT_MODE, '\0', "--mode", "MODE",
	  "read-only, plan, ask, edit or auto: what may happen without a question" },
	{ OPT_YES, 'y', "--yes", NULL,
	  "the same as --mode auto: no questions, inside the sandbox" },
	{ OPT_MAX_USD, '\0', "--max-usd", "N",
	  "stop before the task costs more than N US dollars" },
	{ OPT_MAX_TOKENS, '\0', "--max-tokens", "N",
	  "stop before the task uses more than N tokens" },
	{ OPT_MAX_TURNS, '\0', "--max-turns", "N", "stop after N calls of the model" },
	{ OPT_MAX_TIME, '\0', "--max-time", "S", "stop after S seconds" },
	{ OPT_RW, '\0', "--rw", "DIR",
	  "one more folder that the command may write (may be repeated)" },
	{ OPT_NETWORK, '\0', "--network", NULL, "let it ask for hosts on the network" },
	{ OPT_TIMEOUT, '\0', "--timeout", "S", "end the command after S seconds" },
	{ OPT_IMAGE, '\0', "--image", "FILE", "show an image to the model (may be repeated)" },
	{ OPT_CHECK, '\0', "--check", NULL, "compare the ledger with the logs of the sessions" },
	{ OPT_BY, '\0', "--by", "WHAT", "day, model, session, project or kind of work" },
	{ OPT_ALL, '\0', "--all", NULL, "of all folders" },
	{ OPT_LIMIT, '\0', "--limit", "N", "at most so many, the newest first (20)" },
	{ OPT_RESUME, '\0', "--resume", "ID",
	  "go on with this session; \"last\": the newest of this folder" },
	{ OPT_STAGED, '\0', "--staged", NULL, "what is staged for the next commit" },
	{ OPT_MESSAGE, 'm', "--message", "TEXT", "the message of the commit" },
	{ OPT_WITHDRAW, '\0', "--withdraw", NULL, "take back what the task has not heard yet" },
	{ OPT_LANGUAGE, '\0', "--language", "L", "python, javascript, bash or sql" },
	{ OPT_MEMORY, '\0', "--memory", "MB", "end the code if it uses more memory (512)" },
	{ OPT_STDIN, '\0', "--stdin", "FILE", "what the code reads as its standard input" },
	{ OPT_ENV, '\0', "--env", "NAME=VALUE", "a variable of its environment (may be repeated)" },
	{ OPT_LIST, '\0', "--list", NULL, "which there are" },
	{ OPT_OUTPUT_SCHEMA, '\0', "--output-schema", "FILE",
	  "the answer is JSON that holds to the JSON Schema in this file" },
	{ OPT_WORKTREE, '\0', "--worktree", NULL,
	  "work in a new git worktree, on a branch of its own" },
	{ OPT_DRY_RUN, 'n', "--dry-run", NULL, "show what it would change, and change nothing" },
	{ OPT_VALIDATE, '\0', "--validate", NULL,
	  "say what the code does that one may want to know, and do not run it" },
	{ OPT_HISTORY, '\0', "--history", NULL, "what was executed, the newest first" },
	{ OPT_STATUS, '\0', "--status", "S", "success, error, timeout or security_violation" },
	{ OPT_HTTP, '\0', "--http", "WHERE",
	  "unix:PATH, or an address of this machine: 127.0.0.1:PORT" },
	{ OPT_TOKEN_FILE, '\0', "--token-file", "FILE",
	  "what clients must send as their token (also: EMEND_SERVE_TOKEN)" },
	{ OPT_AT_ONCE, '\0', "--at-once", "N", "executions that run at once (50)" },
	{ OPT_QUEUE, '\0', "--queue", "N",
	  "executions that wait for a place; more are refused (1000)" },
	{ OPT_NATS, '\0', "--nats", "URL",
	  "nats://HOST:PORT: take tasks from there, as one of a fleet (also: EMEND_NATS_URL)" },
	{ OPT_REDIS, '\0', "--redis", "URL",
	  "redis://HOST:PORT or unix:PATH: where answers are cached (also: EMEND_REDIS_URL)" },
	{ OPT_POSTGRES, '\0', "--postgres", "URL",
	  "postgres://HOST/DATABASE: where the history is kept (also: EMEND_POSTGRES_URL)" },
	{ OPT_NAME, '\0', "--name", "NAME", "of the fleet: tasks of agent.NAME.task (emend)" },
	{ OPT_CONFIRM, 'y', "--yes", NULL, "do not ask" },
	{ OPT_JSON, '\0', "--json", NULL,
	  "print one JSON object a line on stdout, and nothing else" },
	{ OPT_NO_SANDBOX, '\0', "--no-sandbox", NULL,
	  "run commands without the sandbox: they can do what you can do" },
	{ OPT_CONFIG, '\0', "--config", "FILE",
	  "read this file instead of the user configuration" },
	{ OPT_VERBOSE, 'v', "--verbose", NULL,
	  "say more: the output of commands, the program's own log" },
	{ OPT_QUIET, 'q', "--quiet", NULL, "say less: only the answer, and errors" },
	{ OPT_VERSION, 'V', "--version", NULL, "print the version" },
	{ OPT_HELP, 'h', "--help", NULL, "print this help" },
};

size_t option_table(const struct option_spec **out)
{
	*out = table;
	return ARRAY_LEN(table);
}

/* By name or by letter, among the options in the mask; UINT64_MAX: all. */
static const struct option_spec *find(struct slice name, char letter, uint64_t mask)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if ((table[i].id & mask) &&
		    (letter ? table[i].letter == letter : slice_eq_cstr(name, table[i].name)))
			return &table[i];
	return NULL;
}

static struct slice name_of(const char *arg)
{
	struct slice s = slice_of(arg);
	size_t equals = slice_find_byte(s, '=', 0);

	return equals == SIZE_MAX ? s : slice_sub(s, 0, equals);
}

/* Does the option in `arg` take the next word as its value? */
static bool takes_next(const char *arg)
{
	const struct option_spec *o;
	size_t len = strlen(arg);

	if (arg[1] == '-') {
		o = find(name_of(arg), '\0', UINT64_MAX);
		return o && o->value && !strchr(arg, '=');
	}
	for (size_t i = 1; i < len; i++) {
		o = find(SLICE(""), arg[i], UINT64_MAX);
		if (o && o->value)
			return i + 1 == len;
	}
	return false;
}

static bool is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

/* The command is not known yet, so options of all of them are looked at: a word that is the
 * value of one of them is not the command. */
void options_find_command(char **args, int n, const char **command)
{
	*command = NULL;
	for (int i = 0; i < n; i++) {
		if (strcmp(args[i], "--") == 0)
			return;
		if (!is_option(args[i])) {
			*command = args[i];
			return;
		}
		if (takes_next(args[i]))
			i++;
	}
}

static bool number(const char *name, const char *text, double max, double *out, struct err *err)
{
	char *end;
	double n;

	errno = 0;
	n = strtod(text, &end);
	if (end == text || *end || errno || !isfinite(n) || n <= 0 || n > max)
		return err_set(err, ERR_USAGE,
			       "%s: expected a number above 0 (at most %.15g), found \"%s\".", name,
			       max, text);
	*out = n;
	return true;
}

static bool whole(const char *name, const char *text, double max, int64_t *out, struct err *err)
{
	double n;

	if (!number(name, text, max, &n, err))
		return false;
	if (floor(n) < n)
		return err_set(err, ERR_USAGE, "%s: expected a whole number, found \"%s\".", name,
			       text);
	*out = (int64_t)n;
	return true;
}

/* Of an option that is given twice the last one holds, but for those that add up. */
static bool set(struct args *a, const struct option_spec *o, const char *value, struct err *err)
{
	a->given |= o->id;
	if (o->id == OPT_DIR)
		a->dir = value;
	else if (o->id == OPT_MODEL)
		a->model = value;
	else if (o->id == OPT_MODE)
		a->mode = value;
	else if (o->id == OPT_CONFIG)
		a->config = value;
	else if (o->id == OPT_RESUME)
		a->resume = value;
	else if (o->id == OPT_OUTPUT_SCHEMA)
		a->output_schema = value;
	else if (o->id == OPT_MESSAGE)
		a->message = value;
	else if (o->id == OPT_BY)
		a->by = value;
	else if (o->id == OPT_LANGUAGE)
		a->language = value;
	else if (o->id == OPT_STATUS)
		a->status = value;
	else if (o->id == OPT_HTTP)
		a->http = value;
	else if (o->id == OPT_TOKEN_FILE)
		a->token_file = value;
	else if (o->id == OPT_NATS)
		a->nats = value;
	else if (o->id == OPT_REDIS)
		a->redis = value;
	else if (o->id == OPT_POSTGRES)
		a->postgres = value;
	else if (o->id == OPT_NAME)
		a->name = value;
	else if (o->id == OPT_STDIN)
		a->in = value;
	else if (o->id == OPT_MAX_USD)
		return number(o->name, value, 100000, &a->max_usd, err);
	else if (o->id == OPT_MAX_TIME)
		return number(o->name, value, 1e7, &a->max_time, err);
	else if (o->id == OPT_TIMEOUT)
		return number(o->name, value, 3600, &a->timeout, err);
	else if (o->id == OPT_MAX_TOKENS)
		return whole(o->name, value, 1e12, &a->max_tokens, err);
	else if (o->id == OPT_MAX_TURNS)
		return whole(o->name, value, 100000, &a->max_turns, err);
	else if (o->id == OPT_LIMIT)
		return whole(o->name, value, 10000, &a->limit, err);
	else if (o->id == OPT_MEMORY)
		return whole(o->name, value, 2048, &a->memory, err);
	else if (o->id == OPT_AT_ONCE)
		return whole(o->name, value, 1000, &a->at_once, err);
	else if (o->id == OPT_QUEUE)
		return whole(o->name, value, 10000, &a->queue, err);
	else if (o->id == OPT_ENV && a->n_env == ENV_MAX)
		return err_set(err, ERR_USAGE, "--env can be given %d times at most.", ENV_MAX);
	else if (o->id == OPT_ENV)
		a->env[a->n_env++] = value;
	else if (o->id == OPT_RW && a->n_rw == RW_MAX)
		return err_set(err, ERR_USAGE, "--rw can be given %d times at most.", RW_MAX);
	else if (o->id == OPT_RW)
		a->rw[a->n_rw++] = value;
	else if (o->id == OPT_IMAGE && a->n_images == IMAGES_MAX)
		return err_set(err, ERR_USAGE, "--image can be given %d times at most.",
			       IMAGES_MAX);
	else if (o->id == OPT_IMAGE)
		a->images[a->n_images++] = value;
	return true;
}

static bool unknown(struct slice name, const char *command, uint64_t allowed, struct err *err)
{
	const char *names[ARRAY_LEN(table)], *meant, *where = command ? command : "";
	const char *gap = command ? " " : "";

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		names[i] = (table[i].id & allowed) ? table[i].name : NULL;
	meant = suggest(name, names, ARRAY_LEN(table));
	if (meant)
		return err_set(err, ERR_USAGE,
			       "Unknown option %.*s; did you mean %s? See: emend%s%s --help",
			       SLICE_ARG(slice_sub(name, 0, 80)), meant, gap, where);
	return err_set(err, ERR_USAGE, "Unknown option %.*s. See: emend%s%s --help",
		       SLICE_ARG(slice_sub(name, 0, 80)), gap, where);
}

struct parser {
	char **args;
	int n, at;
	const char *command;
	uint64_t allowed;
	struct args *out;
};

/* The value of the option: what follows it in the same word, or the next word. */
static bool value_of(struct parser *p, const struct option_spec *o, const char *attached,
		     struct err *err)
{
	const char *value = attached;

	if (!value && o->value) {
		if (p->at + 1 >= p->n)
			return err_set(err, ERR_USAGE, "%s wants a value: %s %s", o->name, o->name,
				       o->value);
		value = p->args[++p->at];
	}
	return set(p->out, o, value, err);
}

static bool long_option(struct parser *p, struct err *err)
{
	const char *arg = p->args[p->at], *equals = strchr(arg, '=');
	const struct option_spec *o = find(name_of(arg), '\0', p->allowed);

	if (!o)
		return unknown(name_of(arg), p->command, p->allowed, err);
	if (equals && !o->value)
		return err_set(err, ERR_USAGE, "%s takes no value.", o->name);
	return value_of(p, o, equals ? equals + 1 : NULL, err);
}

/* "-vq", "-C DIR", "-CDIR" */
static bool short_options(struct parser *p, struct err *err)
{
	const char *arg = p->args[p->at];

	for (const char *c = arg + 1; *c; c++) {
		const struct option_spec *o = find(SLICE(""), *c, p->allowed);
		char name[3] = { '-', *c, '\0' };

		if (!o)
			return unknown(slice_of(name), p->command, p->allowed, err);
		if (o->value)
			return value_of(p, o, c[1] ? c + 1 : NULL, err);
		if (!set(p->out, o, NULL, err))
			return false;
	}
	return true;
}

/* Options may stand on both sides of the command and among its words; behind "--" nothing is
 * one. */
bool options_parse(struct arena *a, char **args, int n, const char *command, uint64_t allowed,
		   struct args *out, struct err *err)
{
	struct parser p = { args, n, 0, command, allowed, out };
	bool command_seen = false;

	*out = (struct args){ 0 };
	out->words = arena_array(a, (size_t)n + 1, sizeof(*out->words));
	out->rest = arena_array(a, (size_t)n + 1, sizeof(*out->rest));
	for (; p.at < n; p.at++) {
		if (strcmp(args[p.at], "--") == 0)
			break;
		if (is_option(args[p.at])) {
			if (!(args[p.at][1] == '-' ? long_option(&p, err) : short_options(&p, err)))
				return false;
		} else if (command && !command_seen) {
			command_seen = true;
		} else {
			out->words[out->n_words++] = args[p.at];
		}
	}
	for (p.at++; p.at < n; p.at++)
		out->rest[out->n_rest++] = args[p.at];
	return true;
}
