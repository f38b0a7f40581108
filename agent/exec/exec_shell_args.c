/* exec_shell_args.c - commands of a shell script of which the arguments tell what they do: code of another language in a
 * string, a subcommand, a path of the system, a variable that makes other programs run something.
 *
 * Lists of names are texts with '|' between two, as name_any() reads them. They err on the side of
 * a finding: it costs the reader a glance, and nothing is refused by it. */
#include <ctype.h>

#include "agent/exec/exec_findings.h"

/* Whole words only; arg_has() looks for parts of words. */
static bool arg_any(const struct shell_cmd *c, const char *names)
{
	for (size_t i = 1; i < c->n_words; i++)
		if (name_any(c->words[i].text, names))
			return true;
	return false;
}

static bool arg_has(const struct shell_cmd *c, const char *const *parts, size_t n)
{
	for (size_t i = 1; i < c->n_words; i++)
		for (size_t k = 0; k < n; k++)
			if (slice_find(c->words[i].text, slice_of(parts[k]), 0) != SIZE_MAX)
				return true;
	return false;
}

/* Of the system or of the user's home: nothing that a script for itself would write. */
static bool outside(const struct shell_word *w)
{
	struct slice t = w->text;

	return (w->flags & WORD_TILDE) || slice_starts(t, SLICE("$HOME")) ||
	       (slice_starts(t, SLICE("/")) && !slice_starts(t, SLICE("/tmp")) &&
		!slice_starts(t, SLICE("/dev/null")) && !slice_starts(t, SLICE("/dev/std")) &&
		!slice_starts(t, SLICE("/dev/fd")));
}

/* What commands look at or write by their place. */
static void look_at_paths(struct findings *f, const struct shell_cmd *c, int64_t line,
			  int64_t column)
{
	static const char *const secrets[] = {
		"/etc/shadow", ".ssh",	     ".aws",   ".gnupg",
		"id_rsa",      "id_ed25519", ".netrc", ".kube/config"
	};
	bool last_only = command_any(c, "cp|mv|ln|install");
	bool writes = last_only || command_any(c, "tee|mkdir|touch|rmdir|chmod|patch") ||
		      (command_is(c, "sed") &&
		       (command_has_short(c, 'i') || command_has_long(c, "--in-place")));

	if (arg_has(c, secrets, ARRAY_LEN(secrets)))
		findings_add(f, SLICE("file"), line, column, SLICE("names the user's credentials"));
	for (size_t i = 1; writes && i < c->n_words; i++) {
		if ((last_only && i + 1 < c->n_words) || !outside(&c->words[i]))
			continue;
		findings_add(f, SLICE("file"), line, column,
			     arena_printf(f->arena, "changes %.*s",
					  SLICE_ARG(slice_sub(c->words[i].text, 0, 80))));
		return;
	}
	for (const struct shell_redir *r = c->redirs; r; r = r->next)
		if (r->kind == REDIR_WRITE && ((r->target.flags & WORD_TILDE) ||
					       slice_starts(r->target.text, SLICE("$HOME"))))
			findings_add(f, SLICE("file"), line, column,
				     SLICE("writes to the home folder"));
}

/* "s/a/b/e", "1e id": the flag and the command of sed that run something. */
static bool sed_runs(struct slice script)
{
	size_t at = 0;

	if (script.len > 3 && script.ptr[0] == 's' && ispunct((unsigned char)script.ptr[1]))
		return script.ptr[script.len - 1] == 'e' &&
		       script.ptr[script.len - 2] == script.ptr[1];
	while (at < script.len && (isdigit((unsigned char)script.ptr[at]) || script.ptr[at] == '$'))
		at++;
	return at < script.len && script.ptr[at] == 'e' &&
	       (at + 1 == script.len || script.ptr[at + 1] == ' ');
}

/* Programs whose argument is a program. Of another language only what stands out is seen. */
static bool runs_argument(const struct shell_cmd *c)
{
	static const char *const telling[] = { "system", "exec",   "popen", "subprocess",
					       "socket", "unlink", "eval",  "child_process" };
	static const char *const awk[] = { "system(", "| getline", "|getline", "\" | \"",
					   "| \"sh" };
	static const char *const tar[] = { "--checkpoint-action", "--to-command",
					   "--use-compress-program" };

	if (command_any(c, "python|python2|python3|perl|ruby|node|php|lua|tclsh"))
		return (command_has_short(c, 'c') || command_has_short(c, 'e') ||
			command_has_short(c, 'r')) &&
		       arg_has(c, telling, ARRAY_LEN(telling));
	if (command_any(c, "awk|gawk|mawk"))
		return arg_has(c, awk, ARRAY_LEN(awk));
	if (command_is(c, "tar"))
		return arg_has(c, tar, ARRAY_LEN(tar));
	if (command_is(c, "man"))
		return command_has_short(c, 'P');
	if (command_is(c, "enable"))
		return command_has_short(c, 'f');
	if (command_any(c, "vi|vim|ex|nvim"))
		return command_has_short(c, 'c');
	for (size_t i = 1; i < c->n_words; i++) {
		struct slice w = c->words[i].text;

		if ((command_is(c, "sed") && sed_runs(w)) ||
		    (command_is(c, "less") && slice_starts(w, SLICE("+!"))) ||
		    (command_is(c, "git") && slice_eq_cstr(w, "-c")) ||
		    (command_any(c, "sh|bash|dash|zsh|ksh") && (c->words[i].flags & WORD_DYNAMIC)))
			return true;
	}
	return false;
}

static const char *network_use(const struct shell_cmd *c)
{
	if (command_is(c, "git") && arg_any(c, "clone|push|pull|fetch|ls-remote|submodule"))
		return "git talks to another machine";
	if (command_any(c, "cargo|gem|go|pip|pip3|npm|yarn|pnpm|apt|apt-get|dnf|yum|apk|brew") &&
	    arg_any(c, "install|add|get|i|ci|download|update|upgrade|publish|push"))
		return "installs over the network";
	if (command_any(c, "docker|podman|kubectl|aws|gcloud|az|gh|npx"))
		return "talks to other machines";
	return NULL;
}

/* Only what takes away work that cannot be made again. */
static const char *destroys(const struct shell_cmd *c)
{
	if (command_is(c, "find") && arg_any(c, "-delete"))
		return "find -delete removes what it finds";
	if (command_is(c, "git") && (arg_any(c, "clean|--force|--hard") ||
				     (arg_any(c, "checkout|restore") && arg_any(c, "--|."))))
		return "git throws work away";
	return NULL;
}

/* A variable that another program reads is a way to run code that stands nowhere as a command. */
static bool arms_others(struct slice assign)
{
	size_t eq = slice_find_byte(assign, '=', 0);

	return eq != SIZE_MAX &&
	       name_any(slice_sub(assign, 0, eq),
			"LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT|BASH_ENV|ENV|PATH|PROMPT_COMMAND|PS4|"
			"GIT_SSH_COMMAND|PAGER|MANPAGER|PYTHONPATH|NODE_OPTIONS|PERL5LIB");
}

void findings_of_arguments(struct findings *f, const struct shell_cmd *c, int64_t line,
			   int64_t column)
{
	const char *network = network_use(c), *harm = destroys(c);

	if (network)
		findings_add(f, SLICE("network"), line, column, slice_of(network));
	if (harm)
		findings_add(f, SLICE("destructive"), line, column, slice_of(harm));
	if (runs_argument(c))
		findings_add(f, SLICE("dynamic"), line, column,
			     SLICE("runs what stands in its arguments"));
	if (command_is(c, "find") && arg_any(c, "-fprintf|-fprint|-fls|-fprint0"))
		findings_add(f, SLICE("file"), line, column, SLICE("find writes a file"));
	for (size_t i = 0; i < c->n_assigns; i++)
		if (arms_others(c->assigns[i].text))
			findings_add(f, SLICE("dynamic"), line, column,
				     SLICE("sets what makes other programs run something"));
	if (c->function.len > 0 && c->n_words > 0 && slice_eq(c->words[0].text, c->function) &&
	    (c->background || c->piped_in || c->piped_out))
		findings_add(f, SLICE("process"), line, column,
			     SLICE("a function that starts itself again and again"));
	look_at_paths(f, c, line, column);
}
