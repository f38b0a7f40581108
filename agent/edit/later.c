/* later.c - see later.h. The lists are of files that well-known tools execute or take commands from: builds,
 * tests, continuous integration, editors, and the instructions of coding agents. A file more in them costs
 * the user one line above a diff, one less may cost the machine. */
#include "agent/edit/later.h"

#include "agent/edit/edit.h"

static const char *const names[] = {
	"Makefile",
	"GNUmakefile",
	"makefile",
	"package.json",
	"conftest.py",
	"setup.py",
	"setup.cfg",
	"pyproject.toml",
	"tox.ini",
	"noxfile.py",
	"CMakeLists.txt",
	"build.rs",
	"Cargo.toml",
	"build.gradle",
	"settings.gradle",
	"build.gradle.kts",
	"pom.xml",
	"Rakefile",
	"Gemfile",
	"Justfile",
	"justfile",
	".justfile",
	"Taskfile.yml",
	"Jenkinsfile",
	"Dockerfile",
	"Vagrantfile",
	"meson.build",
	"configure",
	".gitlab-ci.yml",
	".travis.yml",
	".gitattributes",
	".gitmodules",
	".pre-commit-config.yaml",
	"docker-compose.yml",
	"compose.yaml",
	"composer.json",
	"flake.nix",
	"shell.nix",
	"default.nix",
	"sitecustomize.py",
	"usercustomize.py",
	".bazelrc",
	"BUILD",
	"BUILD.bazel",
	"WORKSPACE",
	"AGENTS.md",
	"CLAUDE.md",
	"GEMINI.md",
	".cursorrules",
};
/* Before ".js" and the like. */
static const char *const configs[] = { ".config",  ".eslintrc", ".prettierrc", ".mocharc",
				       ".babelrc", "gulpfile",	"Gruntfile" };
static const char *const script_ends[] = { ".js", ".cjs", ".mjs", ".ts", ".cts", ".mts" };
/* All below these, at any depth. */
static const char *const folders[] = { ".github", ".circleci", ".cargo", ".ci", ".mvn" };
static const char *const ends[] = {
	".sh", ".bash", ".zsh", ".fish", ".mk", ".cmake", ".ps1", ".bat"
};

/* eslint.config.js and its like, which editors execute to show mistakes. */
static bool is_script_config(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(script_ends); i++) {
		struct slice end = slice_of(script_ends[i]), stem;

		if (!slice_ends(name, end))
			continue;
		stem = slice_sub(name, 0, name.len - end.len);
		for (size_t k = 0; k < ARRAY_LEN(configs); k++) {
			if (slice_ends(stem, slice_of(configs[k])))
				return true;
		}
	}
	return false;
}

static bool is_one_of(struct slice s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_eq_cstr(s, list[i]))
			return true;
	}
	return false;
}

bool later_is_script(struct slice content)
{
	return slice_starts(content, SLICE("#!")) || slice_starts(content, SLICE("\xef\xbb\xbf#!"));
}

bool later_runs(struct slice path, struct slice content)
{
	size_t at = 0, slash;

	if (later_is_script(content))
		return true;
	for (; (slash = slice_find_byte(path, '/', at)) != SIZE_MAX; at = slash + 1) {
		if (is_one_of(slice_sub(path, at, slash), folders, ARRAY_LEN(folders)))
			return true;
	}
	path = slice_sub(path, at, path.len);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (path.len > strlen(ends[i]) && slice_ends(path, slice_of(ends[i])))
			return true;
	}
	return is_one_of(path, names, ARRAY_LEN(names)) || is_script_config(path);
}

struct slice later_diff(struct arena *a, struct slice path, struct slice before, struct slice after)
{
	struct slice diff = edit_diff(a, path, before, after);

	if (diff.len == 0 || !after.ptr || !later_runs(path, after))
		return diff;
	return arena_printf(a, "# %.*s: you may execute this later\n%.*s", SLICE_ARG(path),
			    SLICE_ARG(diff));
}
