/* help.c - every help text, made from the tables of commands and options. */
#include "agent/cli/command.h"

static void put_options(struct term *t, unsigned mask)
{
	const struct option_spec *o;
	size_t n = option_table(&o);

	for (size_t i = 0; i < n; i++) {
		char name[64];
		int used;

		if (!(o[i].id & mask))
			continue;
		used = snprintf(name, sizeof(name), "  %c%c%s %s%s%s", o[i].letter ? '-' : ' ',
				o[i].letter ? o[i].letter : ' ', o[i].letter ? "," : " ", o[i].name,
				o[i].value ? " " : "", o[i].value ? o[i].value : "");
		term_printf(t, "%s%*s %s\n", name, used < 24 ? 24 - used : 1, "", o[i].doc);
	}
}

void help_command(struct term *t, const struct command *c)
{
	term_printf(t, "usage: emend %s%s%s\n\n%c%s.\n", c->name, *c->args ? " " : "", c->args,
		    *c->doc >= 'a' && *c->doc <= 'z' ? *c->doc - 'a' + 'A' : *c->doc, c->doc + 1);
	if (c->more)
		term_printf(t, "\n%s", c->more);
	term_printf(t, "\nOptions:\n");
	put_options(t, c->options);
}

void help_all(struct term *t)
{
	term_printf(t, "usage: emend COMMAND [OPTIONS] ...\n\n"
		       "An agent that edits code in your editor or here, inside a sandbox, with "
		       "undo and a budget.\n\n");
	for (size_t i = 0; i < command_count(); i++)
		term_printf(t, "  %-10s %s\n", command_at(i).name, command_at(i).doc);
	term_printf(t, "\nOptions of all commands:\n");
	put_options(t, OPTS_COMMON | OPT_VERSION);
	term_printf(t, "\nEach command has its own help: emend do --help\n");
}
