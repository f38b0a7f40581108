/* cli.c - see cli.h: find the command, parse its options, run it.
 *
 *   argv --find the command--> parse with its options --> --help, or run() --> flush, exit status
 *
 * Which options there are depends on the command, so that it must be found first: the first word
 * that is no option, where the value of an option is passed over. */
#include "agent/cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include "agent/cli/command.h"
#include "agent/config/suggest.h"
#include "protocol/base/log.h"
#include "protocol/base/version.h"
#include "protocol/json/write.h"

enum { NAMES_MAX = 64, FAIL_MAX_BYTES = 8192 };

bool cli_given(const struct cli *c, uint64_t option)
{
	return (c->args.given & option) != 0;
}

/* With --json the error goes to both: programs read stdout, people stderr. */
int cli_fail(struct cli *c, const struct err *err)
{
	if (cli_given(c, OPT_JSON)) {
		struct buf b;
		struct jw w;

		buf_init(&b, FAIL_MAX_BYTES);
		jw_init(&w, &b);
		jw_object(&w);
		jw_kcstr(&w, "type", "error");
		jw_kcstr(&w, "code", err_name(err->code));
		jw_kcstr(&w, "message", err->msg);
		jw_end(&w);
		buf_putc(&b, '\n');
		term_raw(&c->out, buf_slice(&b));
		buf_release(&b);
	}
	term_error(&c->log, err->msg);
	return err_exit_code(err->code);
}

int cli_usage(struct cli *c, const char *fmt, ...)
{
	struct err err = { .code = ERR_USAGE };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err.msg, sizeof(err.msg), fmt, ap);
	va_end(ap);
	return cli_fail(c, &err);
}

/* By value, as the rows of code actions are made when they are asked for. */
static struct command find(const char *name)
{
	for (size_t i = 0; i < command_count(); i++)
		if (strcmp(command_at(i).name, name) == 0)
			return command_at(i);
	return (struct command){ .name = NULL };
}

static int unknown_command(struct cli *c, const char *name)
{
	const char *names[NAMES_MAX], *meant;
	size_t n = 0;

	for (; n < command_count() && n < NAMES_MAX; n++)
		names[n] = command_at(n).name;
	meant = suggest(slice_of(name), names, n);
	if (meant)
		return cli_usage(
			c, "There is no command \"%.80s\"; did you mean \"%s\"? See: emend --help",
			name, meant);
	return cli_usage(c, "There is no command \"%.80s\". See: emend --help", name);
}

/* Without a command: --help, --version, `help [COMMAND]`, or a mistake. */
static int no_command(struct cli *c, char **args, int n)
{
	struct err err = { 0 };

	if (!options_parse(&c->arena, args, n, NULL, OPTS_COMMON | OPT_VERSION, &c->args, &err))
		return cli_fail(c, &err);
	if (cli_given(c, OPT_VERSION))
		return cmd_version(c);
	if (cli_given(c, OPT_HELP)) {
		help_all(&c->out);
		return 0;
	}
	help_all(&c->log);
	return 2;
}

/* `emend` alone in front of a person is the conversation. */
static bool is_chat(char **args, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(args[i], "--help") == 0 || strcmp(args[i], "-h") == 0 ||
		    strcmp(args[i], "--version") == 0 || strcmp(args[i], "-V") == 0)
			return false;
	return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

int cmd_version(struct cli *c)
{
	term_printf(&c->out, "emend %s\n", EMEND_VERSION);
	return 0;
}

int cmd_help(struct cli *c)
{
	struct command about;

	if (c->args.n_words == 0) {
		help_all(&c->out);
		return 0;
	}
	about = find(c->args.words[0]);
	if (!about.name)
		return unknown_command(c, c->args.words[0]);
	help_command(&c->out, &about);
	return 0;
}

/* What a command would pass over may have been meant to change what it does. */
static int too_much(struct cli *c)
{
	const struct command *k = &c->command;

	if (k->words >= 0 && c->args.n_words > (size_t)k->words)
		return cli_usage(c, "`emend %s` takes %s; \"%.80s\" is too much: emend %s%s%s",
				 k->name,
				 k->words == 0	 ? "no words"
				 : k->words == 1 ? "one word"
						 : "two words",
				 c->args.words[k->words], k->name, *k->args ? " " : "", k->args);
	return 0;
}

/* The command is looked for before its options are read, as it says which of them it takes. */
static int run(struct cli *c, char **args, int n)
{
	const char *name;
	struct err err = { 0 };
	int status;

	options_find_command(args, n, &name);
	if (!name && !is_chat(args, n))
		return no_command(c, args, n);
	c->command = find(name ? name : "chat");
	if (!c->command.name)
		return unknown_command(c, name);
	if (!options_parse(&c->arena, args, n, name, c->command.options, &c->args, &err))
		return cli_fail(c, &err);
	if (cli_given(c, OPT_HELP)) {
		help_command(&c->out, &c->command);
		return 0;
	}
	status = too_much(c);
	if (status != 0)
		return status;
	if (cli_given(c, OPT_VERBOSE))
		log_to(stderr, LOG_INFO);
	if (!c->command.run)
		return cli_usage(c, "`emend %s` must be the first word of the command line.", name);
	return c->command.run(c);
}

/* A closed pipe and a full file are errors of a write, not the end of the program. */
static void ignore_signals(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGXFSZ, &ignore, NULL);
}

/* What was printed is flushed before the status is decided: a full disk must not look like
 * success. */
int cli_main(int argc, char **argv)
{
	struct cli c = { .command = { .name = NULL } };
	int status;

	ignore_signals();
	arena_init(&c.arena);
	term_init(&c.out, stdout);
	term_init(&c.log, stderr);
	status = run(&c, argc > 0 ? argv + 1 : argv, argc > 0 ? argc - 1 : 0);
	/* A reader that has seen enough (`| head`) is no failure. */
	if (!term_flush(&c.out) && !c.out.gone && status == 0) {
		term_error(&c.log, "Cannot write to the standard output.");
		status = 1;
	}
	arena_release(&c.arena);
	return status;
}
