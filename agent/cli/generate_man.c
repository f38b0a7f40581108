/* generate_man.c - the manual page, as mdoc(7): see generate.h */
#include <ctype.h>

#include "agent/cli/generate.h"
#include "protocol/base/version.h"

/* A minus must be escaped, or it becomes a hyphen that cannot be copied into a shell. */
static void put_char(struct term *t, char c)
{
	if (c == '\\' || c == '-')
		term_printf(t, c == '-' ? "\\-" : "\\e");
	else
		term_printf(t, "%c", c);
}

/* Text of ours on lines of its own: no character may be taken for an order to the formatter, and each sentence
 * begins a line. filled: an empty line separates paragraphs. */
static void put_text(struct term *t, const char *text, bool filled)
{
	char last = '\n';

	for (; *text; text++) {
		char c = *text;

		if (last == '\n' && (c == '.' || c == '\''))
			term_printf(t, "\\&");
		if (filled && c == ' ' && (last == '.' || last == '?'))
			c = '\n';
		if (filled && c == '\n' && last == '\n')
			term_printf(t, ".Pp");
		put_char(t, c);
		last = c;
	}
	if (last != '\n')
		term_printf(t, "\n");
}

static void put_options(struct term *t, uint64_t mask)
{
	const struct option_spec *o;
	size_t n = option_table(&o);

	term_printf(t, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < n; i++) {
		if (!(o[i].id & mask))
			continue;
		term_printf(t, ".It ");
		if (o[i].letter)
			term_printf(t, "Fl %c , ", o[i].letter);
		term_printf(t, "Fl \\-%s", o[i].name + 2);
		if (o[i].value)
			term_printf(t, " Ar %s", o[i].value);
		term_printf(t, "\n");
		put_text(t, o[i].doc, true);
	}
	term_printf(t, ".El\n");
}

/* The options that not every command has, by name: what they do stands once, under OPTIONS. */
static void put_own(struct term *t, uint64_t mask)
{
	const struct option_spec *o;
	size_t n = option_table(&o);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (!(o[i].id & mask & ~OPTS_COMMON))
			continue;
		term_printf(t, any ? " ,\n.Fl \\-%s" : ".Pp\nOptions:\n.Fl \\-%s", o[i].name + 2);
		any = true;
	}
	if (any)
		term_printf(t, " .\n");
}

static void put_command(struct term *t, const struct command *c)
{
	term_printf(t, ".It Cm %s", c->name);
	if (*c->args) {
		term_printf(t, " No ");
		for (const char *s = c->args; *s; s++)
			term_printf(t, *s == '-' ? "\\-" : *s == '|' ? "\\*(Ba" : "%c", *s);
	}
	term_printf(t, "\n");
	put_char(t, (char)toupper((unsigned char)*c->doc));
	for (const char *s = c->doc + 1; *s; s++)
		put_char(t, *s);
	term_printf(t, ".\n");
	if (c->more)
		put_text(t, c->more, true);
	put_own(t, c->options);
	if (c->example) {
		term_printf(t, ".Bd -literal -offset indent\n");
		put_text(t, c->example, false);
		term_printf(t, ".Ed\n");
	}
}

static const char files[] =
	".Sh FILES\n.Bl -tag -width Ds\n"
	".It Pa $XDG_CONFIG_HOME/emend/config.json\nYour settings, JSON with comments; see\n"
	".Ic emend config schema .\n"
	".It Pa .emend/config.json\nSettings of a project; they only narrow what yours allow.\n"
	".It Pa AGENTS.md\nInstructions of a project, read for the folder that is worked in.\n"
	".It Pa $XDG_STATE_HOME/emend\nSessions, earlier contents of files, what was spent.\n.El\n";

static const char environment[] =
	".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
	".It Ev ANTHROPIC_API_KEY , OPENAI_API_KEY , GEMINI_API_KEY , OPENROUTER_API_KEY\n"
	"Keys; the first that is set chooses the provider where no model is named.\n"
	".It Ev EMEND_MODEL , EMEND_MODE\nAs\n.Fl \\-model\nand\n.Fl \\-mode .\n"
	".It Ev NO_COLOR\nNo colours.\n.El\n";

static const char status[] =
	".Sh EXIT STATUS\n0 done, 1 failed, 2 usage, 3 budget, 4 denied, 5 cancelled, "
	"6 sandbox\nunavailable, 7 provider or key.\n.Ic emend run\nends as its "
	"command does.\n";

void generate_man(struct term *t)
{
	term_printf(
		t,
		".\\\" made by: emend generate man\n.Dd November 29, 2026\n.Dt EMEND 1\n.Os emend %s\n"
		".Sh NAME\n.Nm emend\n.Nd an agent that edits code in your editor or in the terminal\n"
		".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar options\n.Ar ...\n"
		".Sh DESCRIPTION\n.Nm\n"
		"changes code on your behalf: in the buffers of your editor, which starts it as a language\n"
		"server, or in the terminal.\nCommands of the model run in a sandbox, each change can be\n"
		"undone, and a budget holds.\n.Pp\nThe commands are:\n.Bl -tag -width Ds\n",
		EMEND_VERSION);
	for (size_t i = 0; i < command_count(); i++) {
		struct command c = command_at(i);

		put_command(t, &c);
	}
	term_printf(t, ".El\n.Sh OPTIONS\nAll commands have:\n");
	put_options(t, OPTS_COMMON | OPT_VERSION);
	term_printf(t, ".Pp\nOf some commands:\n");
	put_options(t, ~(OPTS_COMMON | OPT_VERSION));
	term_raw(t, slice_of(environment));
	term_raw(t, slice_of(files));
	term_raw(t, slice_of(status));
	term_printf(t, ".Sh SEE ALSO\n.Xr git 1\n.Pp\n.Pa /usr/share/doc/emend\n");
}
