/* readonly_git.c - git commands that only read the repository, with options that stay harmless. */
#include "agent/policy/commands.h"
#include "agent/policy/rules.h"

/* Index of the subcommand; 0 if a global option in front of it is not harmless. */
static size_t subcommand(const struct shell_cmd *c)
{
	size_t i = 1;

	while (i < c->n_words && word_is_option(&c->words[i])) {
		if (!name_any(c->words[i].text,
			      "--no-pager|-P|--no-optional-locks|--literal-pathspecs"))
			return 0;
		i++;
	}
	return i < c->n_words ? i : 0;
}

/* All words behind the subcommand are options of this list (or start with one that ends in '='). */
static bool only(const struct shell_cmd *c, size_t from, const char *options)
{
	for (size_t i = from; i < c->n_words; i++) {
		struct slice w = c->words[i].text;
		size_t eq = slice_find_byte(w, '=', 0);

		if (!name_any(slice_sub(w, 0, eq == SIZE_MAX ? w.len : eq), options))
			return false;
	}
	return true;
}

static bool has(const struct shell_cmd *c, size_t from, const char *options)
{
	for (size_t i = from; i < c->n_words; i++) {
		struct slice w = c->words[i].text;
		size_t eq = slice_find_byte(w, '=', 0);

		if (name_any(slice_sub(w, 0, eq == SIZE_MAX ? w.len : eq), options))
			return true;
	}
	return false;
}

/* Options that write a file or run a program, abbreviations included. Looked for in all
 * commands: one that does not know the option fails. */
static bool harmless_options(const struct shell_cmd *c)
{
	return !command_has_long(c, "--output") && !command_has_long(c, "--ext-diff") &&
	       !command_has_long(c, "--textconv") &&
	       !command_has_long(c, "--open-files-in-pager") &&
	       !command_has_long(c, "--upload-pack") && !command_has_long(c, "--exec") &&
	       !command_has_long(c, "--contents") && !command_has_long(c, "--no-index");
}

/* "git config --get NAME", "git config --list", "git config NAME". */
static bool reads_config(const struct shell_cmd *c, size_t i)
{
	static const char scope[] = "--global|--local|--system|--worktree|--show-origin|"
				    "--show-scope|--name-only|--null|-z|--type|--default|--includes";
	bool asks = false, name = false; /* a name has a dot: "edit" is none */
	size_t operands = 0;

	for (i++; i < c->n_words; i++) {
		struct slice w = c->words[i].text;
		size_t eq = slice_find_byte(w, '=', 0);

		if (name_any(w, "--get|--get-all|--get-regexp|--get-urlmatch|--list|-l") ||
		    (operands == 0 && !asks && name_any(w, "get|list")))
			asks = true;
		else if (!word_is_option(&c->words[i]))
			name = operands++ == 0 && slice_find_byte(w, '.', 0) != SIZE_MAX;
		else if (!name_any(slice_sub(w, 0, eq == SIZE_MAX ? w.len : eq), scope))
			return false;
	}
	return asks || name;
}

/* These list only with certain words behind them; without them, or with a name, they create. */
static bool lists(const struct shell_cmd *c, size_t i)
{
	static const char branch[] =
		"-a|-r|-v|-vv|-q|--all|--remotes|--list|-l|--show-current|--merged|"
		"--no-merged|--contains|--no-contains|--sort|--format|--column|"
		"--no-column|--color|--no-color|--verbose|--points-at|-i|-n";
	struct slice sub = c->words[i].text;
	struct slice arg = i + 1 < c->n_words ? c->words[i + 1].text : SLICE("");

	if (slice_eq_cstr(sub, "branch"))
		return only(c, i + 1, branch) ||
		       (name_any(arg, "--list|-l|--contains|--merged|--no-merged|--points-at") &&
			!has(c, i + 1,
			     "-d|-D|-m|-M|-c|-C|-f|--delete|--move|--copy|--force|-u|"
			     "--set-upstream-to|--unset-upstream|--edit-description"));
	if (slice_eq_cstr(sub, "tag"))
		return only(c, i + 1, branch) ||
		       (name_any(arg, "-l|--list|--contains|--points-at") &&
			!has(c, i + 1, "-d|-a|-s|-f|-m|-F|--delete|--force"));
	if (slice_eq_cstr(sub, "remote"))
		return arg.len == 0 || slice_eq_cstr(arg, "get-url") ||
		       (name_any(arg, "-v|--verbose") && i + 2 == c->n_words);
	if (slice_eq_cstr(sub, "stash"))
		return name_any(arg, "list|show");
	if (slice_eq_cstr(sub, "config"))
		return reads_config(c, i);
	if (slice_eq_cstr(sub, "worktree"))
		return slice_eq_cstr(arg, "list");
	if (slice_eq_cstr(sub, "submodule"))
		return slice_eq_cstr(arg, "status");
	if (slice_eq_cstr(sub, "reflog"))
		return arg.len == 0 || slice_eq_cstr(arg, "show");
	return false;
}

bool readonly_git(const struct shell_cmd *c)
{
	static const char plain[] =
		"status|diff|log|show|blame|annotate|shortlog|describe|rev-parse|"
		"rev-list|ls-files|ls-tree|cat-file|merge-base|name-rev|"
		"count-objects|check-ignore|check-attr|diff-tree|diff-index|diff-files|"
		"for-each-ref|show-ref|show-branch|whatchanged|cherry|range-diff|version";
	size_t i = subcommand(c);

	if (i == 0 || !harmless_options(c))
		return false;
	if (slice_eq_cstr(c->words[i].text, "grep"))
		return !command_has_short(c, 'O');
	return name_any(c->words[i].text, plain) || lists(c, i);
}
