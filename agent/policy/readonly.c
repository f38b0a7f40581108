/* readonly.c - commands that only read, so that they need no permission in any mode.
 *
 * `bad` lists the options that make a command write or run something: "-o" is looked for in every
 * cluster of short options, "--output" with abbreviations, "=-exec" as this very word. */
#include "agent/policy/commands.h"
#include "agent/policy/rules.h"

enum {
	ANY_ARGS = 1,	/* arguments that are only known at run time are harmless */
	FILES = 2,	/* operands are files that it reads */
	PATTERN = 4,	/* the first operand is a pattern, not a file */
	ONE_FILE = 8,	/* a second operand would be written */
	PLUS_ONLY = 16, /* operands must start with '+' */
	NO_OPERAND = 32,
};

struct reader {
	const char *names;
	unsigned flags;
	const char *bad;
};

/* Programs that do nothing but write to their output, with the options that make an exception. A
 * program that can run another by a word of its script (awk, less, vi) is not here. */
static const struct reader readers[] = {
	{ "true|false|:|echo|exit|return|break|continue|shift|wait|sleep|basename|dirname|seq|pwd",
	  ANY_ARGS, "" },
	{ "printf", ANY_ARGS, "-v" },
	{ "test|[", ANY_ARGS, "=-v" },
	{ "[[", ANY_ARGS, "=-v =-eq =-ne =-lt =-gt =-le =-ge" },
	{ "cat|head|nl|tac|rev|cut|paste|tr|fold|expand|unexpand|column|comm|cmp|wc|strings|od|hexdump",
	  FILES, "" },
	{ "diff|diff3|md5sum|sha1sum|sha224sum|sha256sum|sha384sum|sha512sum|b2sum|cksum|sum|base64|base32",
	  FILES, "" },
	{ "tail", FILES, "" },
	{ "sort", FILES, "-o --output -T --temporary-directory --compress-program --files0-from" },
	{ "uniq|xxd", FILES | ONE_FILE, "" },
	{ "grep|egrep|fgrep|zgrep", FILES | PATTERN, "" },
	{ "rg", FILES | PATTERN, "--pre --hostname-bin -z" },
	{ "jq", FILES | PATTERN, "" },
	{ "file", FILES, "-C --compile" },
	{ "ls|dir|stat|du|df|realpath|readlink", 0, "" },
	{ "tree", 0, "-o -R" },
	{ "find", 0, "=-delete =-fprint =-fprint0 =-fprintf =-fls =-ok =-okdir" },
	{ "fd|fdfind", 0, "-x -X --exec --exec-batch" },
	{ "which|whereis|type|command", 0, "" },
	{ "hash", 0, "-p -d -r" }, /* -p makes another program answer to the name */
	{ "date", PLUS_ONLY, "-s --set -f --file -r --reference" },
	{ "whoami|id|groups|uname|arch|nproc|tty|locale|getconf|uptime|free|lscpu|ps|logname", 0,
	  "" },
	{ "hostname", NO_OPERAND, "-F --file -b --boot" },
	{ "set", 0, "" },
};

static const struct reader *reader_of(const struct shell_cmd *c)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		if (command_any(c, readers[i].names))
			return &readers[i];
	}
	return NULL;
}

static bool word_is_bad(const struct shell_cmd *c, const char *bad, size_t len)
{
	char name[64];

	if (len >= sizeof(name))
		return true;
	memcpy(name, bad, len);
	name[len] = '\0';
	if (name[0] == '-' && name[1] == '-')
		return command_has_long(c, name);
	if (name[0] == '-')
		return command_has_short(c, name[1]);
	for (size_t i = 1; i < c->n_words; i++) {
		if (slice_eq_cstr(c->words[i].text, name + 1))
			return true;
	}
	return false;
}

static bool has_bad(const struct shell_cmd *c, const char *bad)
{
	while (*bad) {
		size_t n = strcspn(bad, " ");

		if (word_is_bad(c, bad, n))
			return true;
		bad += n + (bad[n] == ' ');
	}
	return false;
}

static bool operands_fit(const struct shell_cmd *c, unsigned flags)
{
	size_t operands = 0;

	for (size_t i = 1; i < c->n_words; i++) {
		if (word_is_option(&c->words[i]))
			continue;
		operands++;
		if (flags & PLUS_ONLY && !slice_starts(c->words[i].text, SLICE("+")))
			return false;
	}
	return !(flags & ONE_FILE && operands > 1) && !(flags & NO_OPERAND && operands > 0);
}

/* Names that a shell builtin evaluates as array subscripts may hide a command. */
static bool hides_code(const struct shell_cmd *c)
{
	for (size_t i = 1; i < c->n_words; i++) {
		struct slice w = c->words[i].text;

		if (!(c->words[i].flags & WORD_DYNAMIC) && slice_find_byte(w, '[', 0) != SIZE_MAX &&
		    (slice_find(w, SLICE("$("), 0) != SIZE_MAX ||
		     slice_find_byte(w, '`', 0) != SIZE_MAX))
			return true;
	}
	return false;
}

/* "sed -n 1,20p FILE": a script of addresses and prints only. */
static bool sed_prints(const struct shell_cmd *c)
{
	struct slice script;

	if (!command_is(c, "sed") || c->n_words < 3 || !slice_eq_cstr(c->words[1].text, "-n"))
		return false;
	script = c->words[2].text;
	for (size_t i = 0; i < script.len; i++) {
		if (script.ptr[i] == '\0' || !strchr("0123456789,$;p= ", script.ptr[i]))
			return false;
	}
	for (size_t i = 2; i < c->n_words; i++) {
		if (c->words[i].flags & WORD_DYNAMIC || word_is_option(&c->words[i]))
			return false;
	}
	return script.len > 0;
}

/* Of a program that the PATH finds: one that is named by its folder may be anything. */
static bool asks_version(const struct shell_cmd *c)
{
	return c->n_words == 2 && slice_find_byte(c->words[0].text, '/', 0) == SIZE_MAX &&
	       name_any(c->words[1].text, "--version|-version|-V|--help");
}

static bool lists_packages(const struct shell_cmd *c)
{
	if (c->n_words < 2)
		return false;
	if (command_any(c, "pip|pip3"))
		return name_any(c->words[1].text, "list|show|freeze");
	if (command_is(c, "npm"))
		return name_any(c->words[1].text, "ls|list");
	return command_is(c, "go") && slice_eq_cstr(c->words[1].text, "version");
}

/* cd runs nothing, but outside of the workspace the names behind it would mean other files. */
static bool enters_inside(const struct policy *p, const struct shell_cmd *c)
{
	struct slice inside;

	return command_is(c, "cd") && c->n_words == 2 && !(c->words[1].flags & WORD_DYNAMIC) &&
	       !word_is_option(&c->words[1]) && !slice_eq_cstr(c->words[1].text, "-") &&
	       file_place(p, &c->words[1], &inside) == PLACE_INSIDE;
}

/* Every word that may be a path must lie where the model may look. */
static bool paths_readable(const struct policy *p, const struct shell_cmd *c)
{
	for (size_t i = readonly_first_file(c); i < c->n_words; i++) {
		struct slice inside;

		if (word_is_option(&c->words[i]))
			continue;
		switch (file_place(p, &c->words[i], &inside)) {
		case PLACE_INSIDE:
		case PLACE_HARMLESS:
		case PLACE_TMP:
		case PLACE_LIBRARY:
		case PLACE_UNKNOWN: /* run-time words were judged before */
			break;
		case PLACE_SYSTEM:
		case PLACE_HOME_DOT:
		case PLACE_OUTSIDE:
			if (!name_any(c->words[i].text,
				      "/proc/cpuinfo|/proc/meminfo|/etc/os-release"))
				return false;
		}
	}
	return true;
}

/* ./ls is not ls. */
static bool standard_program(const struct shell_cmd *c)
{
	struct slice full = c->words[0].text, name = command_name(c);

	return name.len > 0 &&
	       (full.len == name.len || name_any(slice_sub(full, 0, full.len - name.len),
						 "/bin/|/usr/bin/|/usr/local/bin/"));
}

/* 1 where all words may be files: with -e or -f the pattern is the value of an option. */
size_t readonly_first_file(const struct shell_cmd *c)
{
	const struct reader *r = reader_of(c);
	bool given = command_has_short(c, 'e') || command_has_short(c, 'f') ||
		     command_has_long(c, "--regexp") || command_has_long(c, "--file");
	size_t i = 1;

	if (!((r && r->flags & PATTERN) || command_any(c, "sed|awk|gawk|mawk")) || given)
		return 1;
	while (i < c->n_words && word_is_option(&c->words[i]))
		i++;
	return i + 1;
}

/* "xargs wc", "find -exec grep x {}": the names that come are files that were found. */
static bool found_files_only(const struct shell_cmd *c, const struct reader *r)
{
	for (size_t i = 1; i < c->n_words; i++) {
		if (c->words[i].flags & WORD_DYNAMIC)
			return false;
	}
	return c->more_args && r->flags & FILES && !(r->flags & ONE_FILE) && r->bad[0] == '\0';
}

/* Words that are known only at run time may be options; a program of the table without bad ones
 * takes them where it only gets names of files. */
bool readonly_command(const struct policy *p, const struct shell_cmd *c)
{
	const struct reader *r = reader_of(c);
	bool dynamic = c->more_args;

	if (c->n_words == 0)
		return true; /* only assignments or redirections: judged by those */
	if (!standard_program(c))
		return false;
	for (size_t i = 1; i < c->n_words; i++)
		dynamic = dynamic || c->words[i].flags & WORD_DYNAMIC;
	if (asks_version(c) || sed_prints(c) || lists_packages(c) || enters_inside(p, c))
		return !dynamic && paths_readable(p, c);
	if (command_is(c, "git"))
		return !dynamic && readonly_git(c);
	if (!r || has_bad(c, r->bad) || !operands_fit(c, r->flags) || hides_code(c))
		return false;
	if (r->flags & ANY_ARGS)
		return true;
	if (command_is(c, "set") && c->n_words < 2)
		return false; /* prints all variables */
	if (dynamic && !found_files_only(c, r))
		return false;
	return paths_readable(p, c);
}
