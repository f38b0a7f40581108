/* assign.c - variables that change what later commands do. See rules.h */
#include "agent/policy/commands.h"
#include "agent/policy/rules.h"

static bool starts_any(struct slice name, const char *prefixes)
{
	while (*prefixes) {
		size_t n = strcspn(prefixes, "|");

		if (slice_starts(name, slice_make(prefixes, n)))
			return true;
		prefixes += n + (prefixes[n] == '|');
	}
	return false;
}

/* in_front: "NAME=value command" changes a program that is otherwise trusted, so only names that
 * are known to be harmless pass; a plain assignment is a shell variable unless its name is
 * special. Code in the value counts whatever the name is: a later `eval "$x"` or an array's
 * subscript would run it. */
const char *assign_risk(const struct shell_word *w, bool in_front)
{
	size_t eq = slice_find_byte(w->text, '=', 0);
	struct slice name = slice_sub(w->text, 0, eq),
		     value = slice_sub(w->text, eq + 1, w->text.len);

	if (eq > 0 && eq != SIZE_MAX && name.ptr[eq - 1] == '+')
		name.len--;
	if (!(w->flags & WORD_DYNAMIC) && (slice_find(value, SLICE("$("), 0) != SIZE_MAX ||
					   slice_find_byte(value, '`', 0) != SIZE_MAX))
		return "it keeps shell code in a variable";
	if (in_front &&
	    !name_any(name,
		      "LANG|LANGUAGE|TZ|TERM|NO_COLOR|FORCE_COLOR|CLICOLOR|CI|COLUMNS|LINES") &&
	    !slice_starts(name, SLICE("LC_")))
		return "it sets an environment variable for a command";
	if (name_any(
		    name,
		    "PATH|IFS|ENV|HOME|SHELL|SHELLOPTS|BASHOPTS|PAGER|EDITOR|VISUAL|CDPATH|PS4|FPATH|"
		    "PROMPT_COMMAND|LESSOPEN|LESSCLOSE|BROWSER|MAKEFLAGS|MANPAGER|TMPDIR|GREP_OPTIONS") ||
	    starts_any(name,
		       "LD_|DYLD_|BASH_|GIT_|PYTHON|PERL|RUBY|NODE_|npm_|RIPGREP_|JAVA_|GCONV"))
		return "it sets a variable that changes what programs do";
	return NULL;
}
