/* tool_folder.c - see tool_folder.h */
#include "agent/base/tool_folder.h"

static const char *const of_tools[] = {
	"node_modules",	 "bower_components",
	".pnpm-store",	 ".yarn",
	".venv",	 "venv",
	"env",		 ".tox",
	".nox",		 "__pycache__",
	".pytest_cache", ".mypy_cache",
	".ruff_cache",	 ".eggs",
	".hypothesis",	 "site-packages",
	"target",	 "build",
	"_build",	 "out",
	"dist",		 "bin",
	"obj",		 "Debug",
	"Release",	 "debug",
	"release",	 ".gradle",
	".build",	 "DerivedData",
	"Pods",		 ".next",
	".nuxt",	 ".svelte-kit",
	".angular",	 ".turbo",
	".parcel-cache", ".cache",
	".ccache",	 "coverage",
	".nyc_output",	 "zig-cache",
	".zig-cache",	 "zig-out",
	"dist-newstyle", ".stack-work",
	"elm-stuff",	 ".dart_tool",
	"_deps",	 "deps",
	"vendor",	 "CMakeFiles",
	"tmp",		 ".terraform",
	".bundle",
};
static const char *const of_tools_start[] = { "build-", "build_", "cmake-build-", "target-",
					      "bazel-" };

bool is_tool_folder(struct slice path)
{
	size_t at = path.len;
	struct slice name;

	while (at > 0 && path.ptr[at - 1] != '/')
		at--;
	name = slice_sub(path, at, path.len);
	for (size_t i = 0; i < ARRAY_LEN(of_tools); i++)
		if (slice_eq_cstr(name, of_tools[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(of_tools_start); i++)
		if (slice_starts(name, slice_of(of_tools_start[i])))
			return true;
	return false;
}
