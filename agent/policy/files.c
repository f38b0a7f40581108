/* files.c - which files the model may not see, and where a path lies. See policy.h and rules.h */
#include "agent/base/path.h"
#include "agent/policy/commands.h"
#include "agent/policy/glob.h"
#include "agent/policy/protect.h"
#include "agent/policy/rules.h"
#include "agent/policy/secret_file.h"

/* Takes the next component off *rest; false at the end. Empty ones and "." are stepped over. */
static bool next_component(struct slice *rest, struct slice *out)
{
	while (rest->len > 0) {
		size_t slash = slice_find_byte(*rest, '/', 0);

		if (slash == SIZE_MAX)
			slash = rest->len;
		*out = slice_sub(*rest, 0, slash);
		*rest = slice_sub(*rest, slash + 1, rest->len);
		if (out->len > 0 && !slice_eq_cstr(*out, "."))
			return true;
	}
	return false;
}

/* A pattern of several components must match from this component on. */
static bool pattern_matches(struct slice pattern, struct slice at)
{
	struct slice p, c;

	while (next_component(&pattern, &p)) {
		if (!next_component(&at, &c) || !glob_match(p, c, true))
			return false;
	}
	return true;
}

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* "." is stepped over in paths, so that a pattern such as "./x" begins with what follows. */
static bool may_begin(struct slice pattern, char c)
{
	bool here = pattern.ptr[0] == '.' && (pattern.len == 1 || pattern.ptr[1] == '/');

	return here || glob_begins(pattern, c, true);
}

/* Is this one of the patterns that say so only of a file with a token in it? */
static bool file_looked_into(const struct policy *p, size_t pattern)
{
	return pattern < p->n_builtin_files && secret_file_named(p->files[pattern]);
}

/* The last pattern that matches decides, so that a user's own makes an end of looking. */
bool policy_looks_into(const struct policy *p, struct slice path)
{
	bool looks = false;

	if (!secret_file_named(path))
		return false;
	for (size_t i = 0; i < p->n_files; i++) {
		struct slice f = p->files[i];
		bool exempt = f.ptr[0] == '!';

		if (pattern_matches(slice_sub(f, exempt, f.len), path_base(path)))
			looks = !exempt && file_looked_into(p, i);
	}
	return looks;
}

char file_first(struct slice pattern)
{
	return may_begin(pattern, '\0') ? '\0' : small(pattern.ptr[0]);
}

/* Each component is held against some hundred patterns: most are told apart by their first letter. */
struct slice file_denied(const struct policy *p, struct slice path)
{
	struct slice rest = path, at, component;

	for (at = rest; next_component(&rest, &component); at = rest) {
		struct slice hit = SLICE("");
		char c = small(component.ptr[0]);

		for (size_t i = 0; i < p->n_files; i++) {
			struct slice f = p->files[i];
			bool exempt;

			if (p->first[i] != '\0' && p->first[i] != c)
				continue;
			exempt = f.ptr[0] == '!';
			if (pattern_matches(slice_sub(f, exempt, f.len), at))
				hit = exempt || file_looked_into(p, i) ? SLICE("") : f;
		}
		if (hit.len > 0)
			return hit;
	}
	return SLICE("");
}

/* The first name of the table that stands somewhere in the path; SIZE_MAX: none does. The first
 * of the table, not of the path: the answer does not depend on the depth at which it stands. */
static size_t first_protected(struct slice path)
{
	struct slice component, at = path;
	size_t first = SIZE_MAX;

	for (struct slice rest = path; next_component(&rest, &component); at = rest) {
		for (size_t i = 0; i < first && protect_names[i]; i++) {
			if (may_begin(slice_make(protect_names[i], 2), component.ptr[0]) &&
			    pattern_matches(slice_of(protect_names[i]), at))
				first = i;
		}
	}
	return first;
}

struct slice file_protected(struct slice path)
{
	struct slice component;
	size_t first;

	for (struct slice rest = path; next_component(&rest, &component);) {
		if (glob_match(SLICE(".git"), component, true))
			return SLICE(".git");
	}
	first = first_protected(path);
	return first == SIZE_MAX ? SLICE("") : slice_of(protect_names[first]);
}

static bool under(struct slice path, const char *folders)
{
	const char *f = folders;

	while (*f) {
		size_t n = strcspn(f, "|");

		if (slice_starts(path, slice_make(f, n)) && (path.len == n || path.ptr[n] == '/'))
			return true;
		f += n + (f[n] == '|');
	}
	return false;
}

/* Goes up over the top with ".."? */
static bool escapes(struct slice path)
{
	struct slice c;
	size_t depth = 0;

	while (next_component(&path, &c)) {
		if (!slice_eq_cstr(c, ".."))
			depth++;
		else if (depth-- == 0)
			return true;
	}
	return false;
}

static bool has_up(struct slice path)
{
	struct slice c;

	while (next_component(&path, &c)) {
		if (slice_eq_cstr(c, ".."))
			return true;
	}
	return false;
}

/* Absolute paths, with more than one slash in front taken as one. An absolute path with ".." in
 * it may lead anywhere: it counts as the worst. Names that begin with a dot, anywhere outside,
 * hold what programs read at their start. */
static enum place place_absolute(const struct policy *p, struct slice path, struct slice *inside)
{
	while (path.len > 1 && path.ptr[1] == '/')
		path = slice_sub(path, 1, path.len);
	if (name_any(path,
		     "/dev/null|/dev/zero|/dev/full|/dev/tty|/dev/stdin|/dev/stdout|/dev/stderr|"
		     "/dev/random|/dev/urandom"))
		return PLACE_HARMLESS;
	if (has_up(path))
		return PLACE_SYSTEM;
	if (p->root.len > 1 && slice_starts(path, p->root) &&
	    (path.len == p->root.len || path.ptr[p->root.len] == '/')) {
		*inside = slice_sub(path, p->root.len + 1, path.len);
		if (inside->len == 0)
			*inside = SLICE(".");
		return PLACE_INSIDE;
	}
	if (under(path, "/tmp|/var/tmp"))
		return PLACE_TMP;
	if (under(path, "/usr|/lib|/lib64|/bin|/sbin|/opt|/nix/store"))
		return PLACE_LIBRARY;
	if (path.len == 1 || under(path, "/etc|/boot|/dev|/proc|/sys|/root|/run|/srv|/var"))
		return PLACE_SYSTEM;
	return slice_find(path, SLICE("/."), 0) != SIZE_MAX ? PLACE_HOME_DOT : PLACE_OUTSIDE;
}

static enum place place_home(struct slice rest)
{
	return slice_find(rest, SLICE("/."), 0) != SIZE_MAX ? PLACE_HOME_DOT : PLACE_OUTSIDE;
}

/* By the text alone: no file is looked at, as what a name leads to may change before the command
 * runs. The sandbox judges that. */
enum place file_place(const struct policy *p, const struct shell_word *w, struct slice *inside)
{
	struct slice path = w->text;

	*inside = path;
	if (w->flags & WORD_TILDE)
		return place_home(path);
	if (w->flags & WORD_DYNAMIC) {
		if (slice_starts(path, SLICE("$HOME")))
			return place_home(path);
		return PLACE_UNKNOWN;
	}
	if (path.len > 0 && path.ptr[0] == '/')
		return place_absolute(p, path, inside);
	return escapes(path) ? PLACE_OUTSIDE : PLACE_INSIDE;
}
