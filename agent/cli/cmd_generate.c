/* cmd_generate.c - emend generate WHAT: completions of the shells, see generate.h
 *
 * All of it is made from the tables of commands and options when it is asked for, so that a new
 * option is completed without a word here. Only the shape of each shell's file stands here. */
#include "agent/cli/generate.h"

/* What may stand behind an option. */
enum value_kind { VALUE_NONE, VALUE_ANY, VALUE_FOLDER, VALUE_FILE, VALUE_WORDS };

/* By the name that the table gives the value; words of a fixed set are listed here, separated by
 * blanks, for VALUE_WORDS. */
static enum value_kind value_kind(const struct option_spec *o, const char **words)
{
	*words = o->id == OPT_MODE ? "read-only plan ask edit auto"
		 : o->id == OPT_BY ? "day model session project kind"
				   : NULL;
	if (!o->value)
		return VALUE_NONE;
	if (*words)
		return VALUE_WORDS;
	if (strcmp(o->value, "DIR") == 0)
		return VALUE_FOLDER;
	return strcmp(o->value, "FILE") == 0 ? VALUE_FILE : VALUE_ANY;
}

/* "--dir|-C|", of each option that this kind of value follows. */
static void put_patterns(struct term *t, enum value_kind kind)
{
	const struct option_spec *o;
	const char *words, *gap = "";
	size_t n = option_table(&o);

	for (size_t i = 0; i < n; i++) {
		if (value_kind(&o[i], &words) != kind)
			continue;
		term_printf(t, "%s%s", gap, o[i].name);
		gap = "|";
		if (o[i].letter)
			term_printf(t, "|-%c", o[i].letter);
	}
}

static void put_names(struct term *t, uint64_t mask)
{
	const struct option_spec *o;
	size_t n = option_table(&o);
	const char *gap = "";

	for (size_t i = 0; i < n; i++)
		if (o[i].id & mask) {
			term_printf(t, "%s%s", gap, o[i].name);
			gap = " ";
		}
}

/* The loop at the beginning finds the command as options_find_command() does. */
static void generate_bash(struct term *t)
{
	const struct option_spec *o;
	const char *words;
	size_t n = option_table(&o);

	term_printf(
		t,
		"# bash completion for emend, made by: emend generate bash\n"
		"_emend()\n{\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd= opts i\n"
		"\tCOMPREPLY=()\n"
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		"\t\tcase ${COMP_WORDS[i]} in\n\t\t");
	for (enum value_kind k = VALUE_ANY; k <= VALUE_WORDS; k++) {
		if (k > VALUE_ANY)
			term_printf(t, "|");
		put_patterns(t, k);
	}
	term_printf(t, ") ((i++)) ;;\n\t\t-*) ;;\n\t\t*) cmd=${COMP_WORDS[i]}; break ;;\n"
		       "\t\tesac\n\tdone\n\tcase $prev in\n");
	for (size_t i = 0; i < n; i++)
		if (value_kind(&o[i], &words) == VALUE_WORDS)
			term_printf(
				t,
				"\t%s) mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\"); return ;;\n",
				o[i].name, words);
	term_printf(t, "\t");
	put_patterns(t, VALUE_FOLDER);
	term_printf(
		t,
		") mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); compopt -o filenames; return ;;\n\t");
	put_patterns(t, VALUE_FILE);
	term_printf(t, ") return ;;\n\tesac\n\tcase $cmd in\n");
	for (size_t i = 0; i < command_count(); i++) {
		struct command c = command_at(i);

		term_printf(t, "\t%s) opts='", c.name);
		put_names(t, c.options);
		term_printf(t, "' ;;\n");
	}
	term_printf(t, "\t*) opts='");
	put_names(t, OPTS_COMMON | OPT_VERSION);
	term_printf(t, "' ;;\n\tesac\n\tif [[ $cur == -* ]]; then\n"
		       "\t\tmapfile -t COMPREPLY < <(compgen -W \"$opts\" -- \"$cur\")\n"
		       "\telif [[ -z $cmd || $cmd == help ]]; then\n"
		       "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	for (size_t i = 0; i < command_count(); i++)
		term_printf(t, "%s%s", i ? " " : "", command_at(i).name);
	term_printf(
		t, "' -- \"$cur\")\n\tfi\n}\ncomplete -o bashdefault -o default -F _emend emend\n");
}

/* For both zsh and fish: inside of '...'. The texts are ours and have no apostrophe but a few. */
static void put_quoted(struct term *t, const char *text, const char *apostrophe, const char *also)
{
	for (; *text; text++)
		if (*text == '\'')
			term_printf(t, "%s", apostrophe);
		else if (strchr(also, *text))
			term_printf(t, "\\%c", *text);
		else
			term_printf(t, "%c", *text);
}

static void zsh_option(struct term *t, const struct option_spec *o)
{
	const char *words, *again = o->id & (OPT_RW | OPT_ENV | OPT_IMAGE) ? "*" : "";
	enum value_kind kind = value_kind(o, &words);

	if (o->letter && !*again)
		term_printf(t, " '(-%c %s)'{-%c,%s}'[", o->letter, o->name, o->letter, o->name);
	else
		term_printf(t, " '%s%s[", again, o->name);
	put_quoted(t, o->doc, "'\\''", "[]");
	term_printf(t, "]");
	if (kind != VALUE_NONE)
		term_printf(t, ":%s:", o->value);
	if (kind == VALUE_WORDS)
		term_printf(t, "(%s)", words);
	else if (kind == VALUE_FOLDER || kind == VALUE_FILE)
		term_printf(t, "_files%s", kind == VALUE_FOLDER ? " -/" : "");
	term_printf(t, "'");
}

static void zsh_options(struct term *t, uint64_t mask)
{
	const struct option_spec *o;
	size_t n = option_table(&o);

	for (size_t i = 0; i < n; i++)
		if (o[i].id & mask)
			zsh_option(t, &o[i]);
}

static void generate_zsh(struct term *t)
{
	term_printf(t, "#compdef emend\n# zsh completion for emend, made by: emend generate zsh\n"
		       "_emend()\n{\n\tlocal context state line\n\ttypeset -A opt_args\n"
		       "\tlocal -a commands=(\n");
	for (size_t i = 0; i < command_count(); i++) {
		term_printf(t, "\t\t'%s:", command_at(i).name);
		put_quoted(t, command_at(i).doc, "'\\''", ":");
		term_printf(t, "'\n");
	}
	term_printf(t, "\t)\n\t_arguments -C");
	zsh_options(t, OPTS_COMMON | OPT_VERSION);
	term_printf(t,
		    " '1: :->command' '*:: :->words'\n\tcase $state in\n"
		    "\tcommand) _describe command commands ;;\n\twords)\n\t\tcase $words[1] in\n");
	for (size_t i = 0; i < command_count(); i++) {
		struct command c = command_at(i);

		term_printf(t, "\t\t%s) _arguments", c.name);
		zsh_options(t, c.options);
		term_printf(t, " '*:word:%s' ;;\n",
			    strcmp(c.name, "help") == 0 ? "->commands" : "_files");
	}
	term_printf(t, "\t\tesac\n\t\t[[ $state == commands ]] && _describe command commands ;;\n"
		       "\tesac\n}\n_emend \"$@\"\n");
}

static void fish_option(struct term *t, const struct option_spec *o, const char *when)
{
	const char *words;
	enum value_kind kind = value_kind(o, &words);

	term_printf(t, "complete -c emend -n '%s' -l %s", when, o->name + 2);
	if (o->letter)
		term_printf(t, " -s %c", o->letter);
	if (kind == VALUE_WORDS)
		term_printf(t, " -x -a '%s'", words);
	else if (kind == VALUE_FOLDER)
		term_printf(t, " -x -a '(__fish_complete_directories)'");
	else if (kind != VALUE_NONE)
		term_printf(t, kind == VALUE_FILE ? " -r -F" : " -x");
	term_printf(t, " -d '");
	put_quoted(t, o->doc, "\\'", "");
	term_printf(t, "'\n");
}

static void fish_options(struct term *t, uint64_t mask, const char *when)
{
	const struct option_spec *o;
	size_t n = option_table(&o);

	for (size_t i = 0; i < n; i++)
		if (o[i].id & mask)
			fish_option(t, &o[i], when);
}

static void generate_fish(struct term *t)
{
	term_printf(t, "# fish completion for emend, made by: emend generate fish\n"
		       "complete -c emend -n __fish_use_subcommand -f\n");
	fish_options(t, OPTS_COMMON | OPT_VERSION, "__fish_use_subcommand");
	for (size_t i = 0; i < command_count(); i++) {
		struct command c = command_at(i);
		char when[96];

		term_printf(t, "complete -c emend -n '__fish_use_subcommand' -a %s -d '", c.name);
		put_quoted(t, c.doc, "\\'", "");
		term_printf(t, "'\n");
		(void)snprintf(when, sizeof(when), "__fish_seen_subcommand_from %s", c.name);
		fish_options(t, c.options, when);
	}
}

int cmd_generate(struct cli *c)
{
	static const struct {
		const char *name;
		void (*put)(struct term *t);
	} all[] = { { "bash", generate_bash },
		    { "zsh", generate_zsh },
		    { "fish", generate_fish },
		    { "man", generate_man } };

	for (size_t i = 0; c->args.n_words > 0 && i < ARRAY_LEN(all); i++)
		if (strcmp(c->args.words[0], all[i].name) == 0) {
			all[i].put(&c->out);
			return 0;
		}
	return cli_usage(c, "What is to be printed? emend generate bash, zsh, fish or man");
}
