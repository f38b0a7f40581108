/* always.c - which rule to offer as "always allow": wide enough to be of use, never wide enough to
 * run anything. */
#include "agent/policy/commands.h"
#include "agent/policy/rules.h"

/* A rule is shown to the person, and written to a file: nothing in it may need quoting or hide
 * what it is. */
static bool is_plain(const struct shell_word *w)
{
	struct slice s = w->text;

	if (w->flags & (WORD_DYNAMIC | WORD_GLOB | WORD_TILDE) || s.len == 0 || s.len > 100)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c != '\0' && strchr("_-./:@+", c))))
			return false;
	}
	return true;
}

/* Programs whose next words say what they do. */
static size_t words_that_matter(const struct shell_cmd *c)
{
	if (command_any(c, "npm|pnpm|yarn|bun|deno") && c->n_words > 2 &&
	    name_any(c->words[1].text, "run|run-script|exec|task"))
		return 3;
	if (command_any(c, "npx|uvx|bunx|pipx|poetry|uv|bundle|rye|pdm") && c->n_words > 2 &&
	    name_any(c->words[1].text, "run|exec"))
		return 3;
	if (command_any(c, "python|python2|python3") && c->n_words > 2 &&
	    slice_eq_cstr(c->words[1].text, "-m"))
		return 3;
	if (command_any(
		    c,
		    "git|npm|pnpm|yarn|bun|deno|npx|uvx|bunx|pipx|poetry|uv|bundle|rye|pdm|cargo|go|"
		    "make|gmake|just|task|docker|podman|kubectl|pip|pip3|dotnet|gradle|mvn|rake|mix|"
		    "rustup|gh|glab|brew|systemctl|service|terraform|helm|aws|gcloud|az|apt|apt-get|"
		    "python|python2|python3|node|ruby|perl|php|lua|meson|bazel|cmake"))
		return 2;
	return 1;
}

/* To allow one of these always is to allow everything, or to lose too much at once. */
static bool never(const struct shell_cmd *c)
{
	if (command_any(
		    c,
		    "sudo|doas|su|pkexec|rm|eval|exec|source|.|env|xargs|dd|kill|killall|pkill|ssh|"
		    "sh|bash|dash|zsh|ksh|fish|chmod|chown|shred|trap|alias|export|unset|find|fd|"
		    "parallel|watch|nsenter|unshare|chroot|mount|umount|awk|gawk|mawk|sed|printenv"))
		return true;
	return command_any(c, "python|python2|python3|node|ruby|perl|php|lua|deno|bun") &&
	       (c->n_words < 2 || (word_is_option(&c->words[1]) && words_that_matter(c) < 3) ||
		slice_eq_cstr(c->words[1].text, "eval"));
}

/* Options end the rule, as what follows may be their value; `make -C dir` and `python -m pytest`
 * are worth the exception. */
struct slice always_rule(const struct shell_cmd *c, struct arena *a)
{
	struct slice out = SLICE("");
	size_t n = words_that_matter(c);

	if (command_any(c, "if|then|elif|else|fi|while|until|do|done|for|select|case|esac|function|"
			   "in|time"))
		return out; /* quoted, they are commands; as a rule they would be reserved words */
	if (command_name(c).len == 0 || c->more_args || never(c))
		return out;
	for (size_t i = 0; i < n && i < c->n_words; i++) {
		bool option = i > 0 && word_is_option(&c->words[i]);

		if (!is_plain(&c->words[i]) || (option && n < 3 && !command_is(c, "make")))
			return SLICE("");
		if (option && n < 3)
			break;
		out = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(out), i ? " " : "",
				   SLICE_ARG(c->words[i].text));
	}
	return out;
}
