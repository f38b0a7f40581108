/* toolchains.c - see toolchains.h. For each folder of PATH below the home folder: which toolchain puts its
 * programs there, and what else of it must be visible for them to work? Only what is on the table is shown,
 * because the home folder holds keys and the like beside it. */
#include "agent/worker/toolchains.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/base/limits.h"

/* Below the home folder. */
struct toolchain {
	const char *on_path; /* a folder of PATH lies here */
	const char *dirs[4]; /* what is shown then, where it is there */
	const char *env[2];  /* "NAME=" and the folder that its value names */
};

static const struct toolchain known[] = {
	{ ".cargo/bin", { ".cargo/bin", ".rustup" }, { "RUSTUP_HOME=", ".rustup" } },
	{ ".pyenv", { ".pyenv" }, { "PYENV_ROOT=", ".pyenv" } },
	{ ".rbenv", { ".rbenv" }, { "RBENV_ROOT=", ".rbenv" } },
	{ ".nodenv", { ".nodenv" }, { "NODENV_ROOT=", ".nodenv" } },
	{ ".goenv", { ".goenv" }, { "GOENV_ROOT=", ".goenv" } },
	{ ".nvm/versions", { ".nvm/versions" }, { NULL } },
	{ ".local/share/fnm", { ".local/share/fnm" }, { NULL } },
	{ ".local/state/fnm_multishells", { ".local/share/fnm" }, { NULL } },
	{ ".volta", { ".volta/bin", ".volta/tools" }, { "VOLTA_HOME=", ".volta" } },
	{ ".bun/bin", { ".bun/bin" }, { NULL } },
	{ ".deno/bin", { ".deno/bin" }, { NULL } },
	{ ".asdf", { ".asdf" }, { "ASDF_DATA_DIR=", ".asdf" } },
	{ ".local/share/mise", { ".local/share/mise" }, { NULL } },
	{ ".sdkman/candidates", { ".sdkman/candidates" }, { NULL } },
	{ ".jenv", { ".jenv" }, { "JENV_ROOT=", ".jenv" } },
	{ ".ghcup/bin", { ".ghcup/bin", ".ghcup/ghc" }, { NULL } },
	{ ".opam", { ".opam" }, { "OPAMROOT=", ".opam" } },
	{ ".juliaup/bin", { ".juliaup", ".julia/juliaup" }, { NULL } },
	{ ".dotnet", { ".dotnet" }, { "DOTNET_ROOT=", ".dotnet" } },
	{ ".local/go", { ".local/go" }, { NULL } },
	{ "go/bin", { "go/bin", "sdk" }, { NULL } },
	{ "miniconda3", { "miniconda3" }, { NULL } },
	{ "miniforge3", { "miniforge3" }, { NULL } },
	{ "anaconda3", { "anaconda3" }, { NULL } },
	{ ".local/bin",
	  { ".local/bin", ".local/share/pipx", ".local/share/uv", ".local/lib" },
	  { "PYTHONUSERBASE=", ".local" } },
};

/* Packages, beside no settings. */
static const char *const packages[] = { ".cargo/registry", ".cargo/git", "go/pkg/mod",
					".m2/repository" };

/* Is path this folder, or one in it? */
static bool lies_in(struct slice path, struct slice folder)
{
	return slice_starts(path, folder) &&
	       (path.len == folder.len || path.ptr[folder.len] == '/');
}

static bool is_folder(struct arena *a, struct slice path)
{
	struct stat st;

	return stat(arena_cstr(a, path), &st) == 0 && S_ISDIR(st.st_mode);
}

static void add(struct slice *list, size_t *n, size_t max, struct slice s)
{
	for (size_t i = 0; i < *n; i++)
		if (slice_eq(list[i], s))
			return;
	if (*n < max)
		list[(*n)++] = s;
}

static void show(struct arena *a, const char *home, const struct toolchain *t,
		 struct slice workspace, struct toolchains *out)
{
	for (size_t i = 0; i < ARRAY_LEN(t->dirs) && t->dirs[i]; i++) {
		struct slice dir = arena_printf(a, "%s/%s", home, t->dirs[i]);

		if (is_folder(a, dir) && !lies_in(dir, workspace))
			add(out->dirs, &out->n_dirs, TOOLCHAIN_DIRS_MAX, dir);
	}
	if (t->env[0] && is_folder(a, arena_printf(a, "%s/%s", home, t->env[1])))
		add(out->env, &out->n_env, TOOLCHAIN_ENV_MAX,
		    arena_printf(a, "%s%s/%s", t->env[0], home, t->env[1]));
}

/* A folder may belong to two of them; each shows its own. */
static void look_at(struct arena *a, const char *home, struct slice folder, struct slice workspace,
		    struct toolchains *out)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct slice place = arena_printf(a, "%s/%s", home, known[i].on_path);

		if (!lies_in(folder, place) || !is_folder(a, folder))
			continue;
		add(out->path, &out->n_path, TOOLCHAIN_PATH_MAX, arena_dup(a, folder));
		show(a, home, &known[i], workspace, out);
	}
}

static void link_packages(struct arena *a, const char *home, struct slice workspace,
			  struct toolchains *out)
{
	for (size_t i = 0; i < ARRAY_LEN(packages); i++) {
		struct slice dir = arena_printf(a, "%s/%s", home, packages[i]);

		if (!is_folder(a, dir) || lies_in(dir, workspace))
			continue;
		add(out->dirs, &out->n_dirs, TOOLCHAIN_DIRS_MAX, dir);
		add(out->links, &out->n_links, TOOLCHAIN_LINKS_MAX,
		    arena_printf(a, "%s=%.*s", packages[i], SLICE_ARG(dir)));
	}
}

void toolchains_find(struct arena *a, const char *home, const char *path, struct slice workspace,
		     struct toolchains *out)
{
	*out = (struct toolchains){ .n_dirs = 0 };
	if (!home || home[0] != '/' || home[1] == '\0' || !path)
		return;
	for (size_t n; *path; path += n + (path[n] == ':')) {
		struct slice folder;

		n = strcspn(path, ":");
		folder = slice_make(path, n);
		while (folder.len > 1 && folder.ptr[folder.len - 1] == '/')
			folder.len--;
		if (*path == '/' && n < LIMIT_PATH_BYTES)
			look_at(a, home, folder, workspace, out);
	}
	link_packages(a, home, workspace, out);
}
