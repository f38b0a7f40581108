/* danger.c - commands that are denied whatever the mode: classic ways to lose a machine.
 *
 * The sandbox is what really protects; this catches the plain cases early, with a clear reason, and
 * holds where the user runs without a sandbox. */
#include "agent/policy/commands.h"
#include "agent/policy/rules.h"

static struct slice cut_end(struct slice s, char c)
{
	while (s.len > 0 && s.ptr[s.len - 1] == c)
		s.len--;
	return s;
}

/* The root, the home folder, a system folder, this folder or one above it; with a slash or a slash and
 * a star behind it too; or just a star. */
static bool is_everything(const struct policy *p, const struct shell_word *w)
{
	struct slice path = w->text, inside;
	bool absolute = path.len > 0 && path.ptr[0] == '/';
	size_t slashes = 0;

	if (w->flags & WORD_GLOB && slice_ends(path, SLICE("*")))
		path = slice_sub(path, 0, path.len - 1);
	path = cut_end(path, '/');
	while (slice_ends(path, SLICE("/.")))
		path = cut_end(slice_sub(path, 0, path.len - 1), '/');
	if (path.len == 0)
		return absolute || w->flags & WORD_GLOB;
	if (slice_eq_cstr(path, ".") || slice_ends(path, SLICE("..")) ||
	    slice_eq_cstr(path, "$HOME") || slice_eq_cstr(path, "$PWD"))
		return true;
	if (w->flags & WORD_TILDE && slice_find_byte(path, '/', 0) == SIZE_MAX)
		return true;
	for (size_t i = 0; i < path.len; i++)
		slashes += path.ptr[i] == '/';
	if (absolute && slice_starts(p->root, path) &&
	    (p->root.len == path.len || p->root.ptr[path.len] == '/'))
		return true; /* the workspace or a folder above it */
	switch (file_place(p, w, &inside)) {
	case PLACE_SYSTEM:
	case PLACE_LIBRARY:
	case PLACE_HOME_DOT:
		return true;
	case PLACE_OUTSIDE:
		return absolute && slashes <= 2; /* /home, /home/user */
	case PLACE_INSIDE:
	case PLACE_HARMLESS:
	case PLACE_TMP:
	case PLACE_UNKNOWN:
		break;
	}
	return false;
}

/* Of the words before this one, is any an operand that is everything, and not this name? */
static bool operand_is_everything(const struct policy *p, const struct shell_cmd *c, size_t end,
				  const char *but)
{
	for (size_t i = 1; i < end; i++) {
		if (command_is(c, "mv") && slice_eq_cstr(c->words[i - 1].text, "-t"))
			continue; /* where to */
		if (!word_is_option(&c->words[i]) && is_everything(p, &c->words[i]) &&
		    !slice_eq_cstr(c->words[i].text, but))
			return true;
	}
	return false;
}

/* "find -L / /srv -name x": where it looks ends with the first word of its expression. */
static size_t find_expression(const struct shell_cmd *c)
{
	size_t i = 1;

	while (i < c->n_words &&
	       (name_any(c->words[i].text, "-H|-L|-P") ||
		!(word_is_option(&c->words[i]) || name_any(c->words[i].text, "(|!"))))
		i++;
	return i;
}

static const char *danger_files(const struct policy *p, const struct shell_cmd *c)
{
	bool recursive = command_has_short(c, 'r') || command_has_short(c, 'R') ||
			 command_has_long(c, "--recursive");

	if (command_is(c, "rm") && recursive && operand_is_everything(p, c, c->n_words, ""))
		return "rm -r of a system folder, the home folder or the whole workspace";
	if (command_any(c, "chmod|chown|chgrp") && recursive &&
	    operand_is_everything(p, c, c->n_words, ""))
		return "chmod -R or chown -R of a system folder or the whole workspace";
	if (command_is(c, "mv") && c->n_words > 2 &&
	    operand_is_everything(p, c, c->n_words - 1, "*"))
		return "mv of a system folder or the whole workspace";
	for (size_t i = 1; command_is(c, "find") && i < c->n_words; i++) {
		if (slice_eq_cstr(c->words[i].text, "-delete") &&
		    operand_is_everything(p, c, find_expression(c), "."))
			return "find -delete over a system folder or the home folder";
	}
	return NULL;
}

/* of= is no operand that judge_operands() knows. */
static const char *danger_dd(const struct policy *p, const struct shell_cmd *c)
{
	for (size_t i = 1; command_is(c, "dd") && i < c->n_words; i++) {
		struct shell_word w = c->words[i];
		enum place place;
		struct slice inside;

		if (!slice_starts(w.text, SLICE("of=")))
			continue;
		w.text = slice_sub(w.text, 3, w.text.len);
		place = file_place(p, &w, &inside);
		if (place == PLACE_SYSTEM || place == PLACE_LIBRARY)
			return "dd onto a device or system file";
	}
	return NULL;
}

static bool fetches(const struct shell_cmd *c)
{
	return command_any(c, "curl|wget|fetch|aria2c|http|https");
}

/* "curl ... | sh", "sh -c "$(curl ...)"", "bash <(curl ...)", "source <(curl ...)". */
static const char *danger_fetch(const struct shell_script *s, size_t at)
{
	const struct shell_cmd *c = &s->cmds[at];
	size_t parent = c->parent;

	for (size_t i = 0; i < s->n && command_reads_code(c); i++) {
		if (fetches(&s->cmds[i]) && (s->cmds[i].piped_out || c->piped_in))
			return "a download that is run by a shell";
	}
	for (int hops = 0; fetches(c) && parent != SIZE_MAX && hops < SHELL_COMMANDS; hops++) {
		if (command_any(&s->cmds[parent],
				"sh|bash|dash|zsh|ksh|eval|source|.|python|python3|perl"))
			return "a download that is run by a shell";
		parent = s->cmds[parent].parent;
	}
	return NULL;
}

/* A function that calls itself through a pipe or in the background; and what would hide from the
 * person what was run. */
static const char *danger_shell(const struct shell_cmd *c)
{
	if (c->function.len > 0 && slice_eq(command_name(c), c->function) &&
	    (c->piped_in || c->piped_out || c->background))
		return "a fork bomb";
	if (command_is(c, "unset") && c->n_words > 1 &&
	    slice_starts(c->words[1].text, SLICE("HISTFILE")))
		return "tampering with the shell history";
	for (size_t i = 0; i < c->n_assigns; i++) {
		if (slice_starts(c->assigns[i].text, SLICE("HISTFILE=")))
			return "tampering with the shell history";
	}
	for (size_t i = 1;
	     command_any(c, "rm|shred|truncate|export|cp|mv|ln|tee") && i < c->n_words; i++) {
		if (slice_find(c->words[i].text, SLICE("_history"), 0) != SIZE_MAX ||
		    slice_starts(c->words[i].text, SLICE("HISTFILE=")))
			return "tampering with the shell history";
	}
	return NULL;
}

/* What the built-in rules cannot say: "+main" forces, too, and an option may stand anywhere
 * behind "push". */
static const char *danger_git(const struct shell_cmd *c)
{
	bool push = false;

	if (!command_is(c, "git"))
		return NULL;
	for (size_t i = 1; i < c->n_words; i++) {
		struct slice w = c->words[i].text;

		if (push && (slice_starts(w, SLICE("+")) || slice_eq_cstr(w, "--force") ||
			     slice_eq_cstr(w, "-f")))
			return "git push --force";
		push = push || slice_eq_cstr(w, "push");
	}
	return NULL;
}

const char *danger_of(const struct policy *p, const struct shell_script *s, size_t at)
{
	const struct shell_cmd *c = &s->cmds[at];
	const char *why = danger_files(p, c);

	why = why ? why : danger_dd(p, c);
	why = why ? why : danger_fetch(s, at);
	why = why ? why : danger_shell(c);
	return why ? why : danger_git(c);
}
