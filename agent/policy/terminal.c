/* terminal.c - see policy.h: programs that would wait for a person.
 *
 * Most programs see that they have no terminal, and end or go on without one. vi takes the pipe of its messages for its
 * keyboard, and waits until its time is up. */
#include "agent/policy/commands.h"
#include "agent/policy/policy.h"

/* Of the system: ./editor is some program of the project. */
static bool is_vi(const struct shell_cmd *c)
{
	struct slice name = command_name(c);

	return command_any(c, "vi|vim|view|vimdiff|rvim|rview|editor|sensible-editor") &&
	       (c->words[0].text.len == name.len ||
		slice_starts(c->words[0].text, SLICE("/usr/bin/")) ||
		slice_starts(c->words[0].text, SLICE("/bin/")));
}

/* It is told what to do: the commands of a script may end it. */
static bool has_script(const struct shell_cmd *c)
{
	for (const char *letter = "csSeEh"; *letter; letter++)
		if (command_has_short(c, *letter))
			return true;
	for (size_t i = 1; i < c->n_words; i++) {
		struct slice w = c->words[i].text;

		if (slice_starts(w, SLICE("+")) || slice_starts(w, SLICE("--")))
			return true;
	}
	return c->more_args;
}

struct slice policy_waits_for_keys(struct slice command, struct arena *a)
{
	struct shell_script s = { .arena = a };
	struct err err;

	if (!shell_parse(&s, command, SIZE_MAX, 0, &err) || !commands_unwrap(&s, &err))
		return SLICE("");
	for (size_t i = 0; i < s.n; i++)
		if (s.cmds[i].n_words > 0 && is_vi(&s.cmds[i]) && !has_script(&s.cmds[i]))
			return policy_command_text(&s.cmds[i], a);
	return SLICE("");
}
