/* protect.c - see protect.h */
#include "agent/policy/protect.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "protocol/base/limits.h"

/* The order is of no meaning, but for what is told: of several names in a path, the first of the
 * table (file_protected). */
const char *const protect_names[] = {
	".vscode",
	".idea",
	".zed",
	".devcontainer",
	".nvim.lua",
	".nvimrc",
	".exrc",
	".vimrc",
	".envrc",
	".husky",
	".dir-locals.el",
	".claude",
	".codex",
	".cursor",
	".gemini",
	".emend",
	".agents",
	".mcp.json",
	".npmrc",
	".yarnrc",
	".yarnrc.yml",
	".dir-locals-2.el",
	".aider.conf.yml",
	".lvimrc",
	".direnv",
	".fleet",
	".gitmodules",
	".pnpmfile.cjs",
	".emacs",
	".bashrc",
	".bash_profile",
	".profile",
	".zshrc",
	".zshenv",
	".pre-commit-config.yaml",
	".pypirc",
	".netrc",
	".githooks",
	".hg/hgrc",
	".jj/repo/config.toml",
	"lefthook.yml",
	".lefthook.yml",
	".overcommit.yml",
	".huskyrc",
	".lintstagedrc",
	".mise.toml",
	"mise.toml",
	".gdbinit",
	".lldbinit",
	".bash_login",
	".bash_aliases",
	".zprofile",
	".zlogin",
	".devcontainer.json",
	"lefthook-local.yml",
	".lefthook-local.yml",
	"*.code-workspace",
	".gitconfig",
	".cargo/config.toml",
	".cargo/config",
	".mise",
	".config/mise",
	"mise.local.toml",
	".mise.local.toml",
	".vim",
	".local.vimrc",
	".neoconf.json",
	".run",
	"opencode.json",
	".opencode",
	".kiro",
	".roo",
	".continue",
	".windsurf",
	".windsurfrules",
	".clinerules",
	".amazonq",
	".junie",
	"mcp.json",
	".pnp.cjs",
	".pnp.loader.mjs",
	".yarn/releases",
	".yarn/plugins",
	".config/git", /* from here on: where the workspace is or holds a home folder */
	".config/autostart",
	".config/systemd",
	".config/environment.d",
	".config/fish",
	".local/bin",
	".local/share/applications",
	".config/nvim",
	".config/emacs",
	".emacs.d",
	".config/i3",
	".config/sway",
	".xprofile",
	".xinitrc",
	".xsession",
	".xsessionrc",
	".bash_logout",
	NULL,
};

const char *const protect_in_git[] = { "config",	  "config.worktree", "hooks",
				       "info/attributes", "commondir",	     "remotes",
				       "branches",	  "rebase-merge/git-rebase-todo", NULL };

/* Does the path begin with this name, as a whole component? */
static bool starts_with(const char *path, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(path, name, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/* A name of the table; one that begins with '*' is the end of a component's name. */
static bool has_name(const char *path, const char *name)
{
	size_t len = strcspn(path, "/"), n = strlen(name) - 1;

	if (*name != '*')
		return starts_with(path, name);
	return len >= n && strncasecmp(path + len - n, name + 1, n) == 0;
}

static const char *next_part(const char *at)
{
	const char *slash = strchr(at, '/');

	return slash ? slash + 1 : NULL;
}

/* Hooks that git brings as examples, and never executes by this name. */
static bool is_sample(const char *rel)
{
	size_t n = strlen(rel);

	return n > 7 && strcmp(rel + n - 7, ".sample") == 0;
}

/* `rest` lies in a git folder. */
static bool git_executes(const char *rest)
{
	for (size_t i = 0; protect_in_git[i]; i++) {
		if (starts_with(rest, protect_in_git[i]))
			return !(starts_with(rest, "hooks") && is_sample(rest));
	}
	return false;
}

/* Submodules and work trees have their repositories in here, at any depth, as their names may
 * hold slashes. gitdir says where one is. */
static bool in_own_repository(const char *rest)
{
	static const char *const inside[] = { "modules", "worktrees" };

	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		if (!starts_with(rest, inside[i]))
			continue;
		for (const char *at = next_part(rest); at; at = next_part(at)) {
			if (git_executes(at) || starts_with(at, "gitdir"))
				return true;
		}
	}
	return git_executes(rest);
}

/* rel is `.git` or lies below one; rest is what comes behind it, NULL: nothing. */
static const char *git_reason(const char *rest, enum protect_type type)
{
	if (!rest)
		return type == PROTECT_DIR ? "it is a git repository"
					   : "it says where the git repository is";
	if (type == PROTECT_LINK)
		return "it is a link inside of a git repository";
	if (type == PROTECT_DIR && (!strchr(rest, '/') && !starts_with(rest, "hooks")) &&
	    (starts_with(rest, "objects") || starts_with(rest, "refs")))
		return "it is the history of a git repository";
	return in_own_repository(rest) ? "git executes what stands there" : NULL;
}

static bool there(const struct protect_tree *t, const char *dir, size_t len, const char *name,
		  bool before)
{
	char path[LIMIT_PATH_BYTES];
	int n = snprintf(path, sizeof(path), "%.*s%s", (int)len, dir, name);

	return n > 0 && (size_t)n < sizeof(path) && t->exists(t->payload, path, before);
}

/* Does git take the first len bytes of rel ("" or ending in '/') for a repository? */
static bool is_repository(const struct protect_tree *t, const char *rel, size_t len, bool before)
{
	return there(t, rel, len, "HEAD", before) &&
	       (there(t, rel, len, "commondir", before) ||
		(there(t, rel, len, "objects", before) && there(t, rel, len, "refs", before)));
}

/* Repositories without a work tree: a folder that has the parts of one itself. A file that acts
 * makes a repository of a folder that has the rest; objects and refs are the rest, and count
 * only when they complete one that was none before. */
bool protect_bare(const struct protect_tree *t, const char *rel)
{
	for (const char *at = rel; at; at = next_part(at)) {
		size_t len = (size_t)(at - rel);
		bool acts = git_executes(at) || strcasecmp(at, "HEAD") == 0;
		bool completes = starts_with(at, "objects") || starts_with(at, "refs");

		if (len >= 5 && strncasecmp(rel + len - 5, ".git/", 5) == 0 &&
		    (len == 5 || rel[len - 6] == '/'))
			continue; /* an ordinary one: git_reason() knows */
		if ((acts && is_repository(t, rel, len, false)) ||
		    (completes && is_repository(t, rel, len, false) &&
		     !is_repository(t, rel, len, true)))
			return true;
	}
	return false;
}

/* Asked of each name in large trees, so most are told apart by their first letter. */
bool protect_named(const char *path)
{
	int first = tolower((unsigned char)*path);

	for (size_t i = 0; protect_names[i]; i++)
		if ((*protect_names[i] == first || *protect_names[i] == '*') &&
		    has_name(path, protect_names[i]))
			return true;
	return false;
}

/* Each component is a place where a name or a repository may begin. What lies in modules and
 * worktrees has been judged as a part of the repository around it. */
const char *protect_reason(const struct protect_tree *t, const char *rel, enum protect_type type)
{
	const char *reason = NULL;
	bool managed = false;

	for (const char *at = rel; at && !reason; at = next_part(at)) {
		if (protect_named(at))
			return "an editor, a tool or an agent executes what stands there";
		if (starts_with(at, ".git")) {
			const char *rest = next_part(at);

			reason = git_reason(rest, type);
			managed = rest &&
				  (starts_with(rest, "modules") || starts_with(rest, "worktrees"));
		}
	}
	if (!reason && !managed && protect_bare(t, rel))
		reason = "it makes the folder a git repository that can execute something";
	return reason;
}

bool protect_is_git(const char *rel)
{
	for (const char *at = rel; at; at = next_part(at)) {
		if (starts_with(at, ".git"))
			return true;
	}
	return false;
}
