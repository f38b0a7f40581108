/* help.c - every help text, made from the tables of commands and options. */
#include "agent/cli/command.h"
#include "agent/cli/screen/flow.h"

/* Names in a column of 24, as most of them fit; the texts flow around beside it. */
static void put_options(struct term *t, uint64_t mask)
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
		(void)snprintf(name + used, sizeof(name) - (size_t)used, "%*s ",
			       used < 24 ? 24 - used : 1, "");
		flow_line(t, TERM_PLAIN, name, TERM_PLAIN, slice_of(o[i].doc));
	}
}

/* Each line as it stands, where it fits. */
static void put_lines(struct term *t, const char *text)
{
	struct slice rest = slice_of(text), line;

	while (slice_next_line(&rest, &line))
		flow_line(t, TERM_PLAIN, "", TERM_PLAIN, line);
}

void help_command(struct term *t, const struct command *c)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "emend %s%s%s", c->name, *c->args ? " " : "", c->args);
	flow_line(t, TERM_PLAIN, "usage: ", TERM_PLAIN, slice_of(text));
	(void)snprintf(text, sizeof(text), "\n%c%s.\n",
		       *c->doc >= 'a' && *c->doc <= 'z' ? *c->doc - 'a' + 'A' : *c->doc,
		       c->doc + 1);
	put_lines(t, text);
	if (c->more) {
		term_raw(t, SLICE("\n"));
		put_lines(t, c->more);
	}
	if (c->example) {
		term_printf(t, "\nFor example:\n");
		put_lines(t, c->example);
	}
	term_printf(t, "\nOptions:\n");
	put_options(t, c->options);
}

void help_all(struct term *t)
{
	put_lines(
		t,
		"usage: emend COMMAND [OPTIONS] ...\n\n"
		"An agent that edits code in your editor or here, inside a sandbox, with undo and a "
		"budget.\n\n");
	for (size_t i = 0; i < command_count(); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "  %-10s ", command_at(i).name);
		flow_line(t, TERM_PLAIN, name, TERM_PLAIN, slice_of(command_at(i).doc));
	}
	term_printf(t, "\nOptions of all commands:\n");
	put_options(t, OPTS_COMMON | OPT_VERSION);
	put_lines(t, "\nEach command has its own help: emend do --help\n");
}
