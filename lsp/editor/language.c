/* language.c - see language.h
 *
 * Only for editors that do not say the language (or files that are not open): the id tells the
 * model what it reads. */
#include "lsp/editor/language.h"

static const struct {
	const char *ending, *id;
} by_name[] = {
	{ "/CMakeLists.txt", "cmake" },
	{ "/Dockerfile", "dockerfile" },
	{ "/GNUmakefile", "makefile" },
	{ "/Makefile", "makefile" },
	{ "/makefile", "makefile" },
	{ ".bash", "shellscript" },
	{ ".c", "c" },
	{ ".cc", "cpp" },
	{ ".clj", "clojure" },
	{ ".cmake", "cmake" },
	{ ".cpp", "cpp" },
	{ ".cs", "csharp" },
	{ ".css", "css" },
	{ ".cxx", "cpp" },
	{ ".dart", "dart" },
	{ ".diff", "diff" },
	{ ".el", "emacs-lisp" },
	{ ".erl", "erlang" },
	{ ".ex", "elixir" },
	{ ".exs", "elixir" },
	{ ".fs", "fsharp" },
	{ ".go", "go" },
	{ ".h", "c" },
	{ ".hh", "cpp" },
	{ ".hpp", "cpp" },
	{ ".hs", "haskell" },
	{ ".html", "html" },
	{ ".ini", "ini" },
	{ ".java", "java" },
	{ ".jl", "julia" },
	{ ".js", "javascript" },
	{ ".json", "json" },
	{ ".jsx", "javascriptreact" },
	{ ".kt", "kotlin" },
	{ ".lua", "lua" },
	{ ".md", "markdown" },
	{ ".mjs", "javascript" },
	{ ".mk", "makefile" },
	{ ".ml", "ocaml" },
	{ ".patch", "diff" },
	{ ".php", "php" },
	{ ".pl", "perl" },
	{ ".pm", "perl" },
	{ ".proto", "proto3" },
	{ ".py", "python" },
	{ ".r", "r" },
	{ ".rb", "ruby" },
	{ ".rs", "rust" },
	{ ".scala", "scala" },
	{ ".scss", "scss" },
	{ ".sh", "shellscript" },
	{ ".sql", "sql" },
	{ ".swift", "swift" },
	{ ".tex", "latex" },
	{ ".toml", "toml" },
	{ ".ts", "typescript" },
	{ ".tsx", "typescriptreact" },
	{ ".vim", "vim" },
	{ ".vue", "vue" },
	{ ".xml", "xml" },
	{ ".yaml", "yaml" },
	{ ".yml", "yaml" },
	{ ".zig", "zig" },
	{ ".zsh", "shellscript" },
};

const char *language_of_path(struct slice path)
{
	for (size_t i = 0; i < ARRAY_LEN(by_name); i++)
		if (slice_ends(path, slice_of(by_name[i].ending)))
			return by_name[i].id;
	return "plaintext";
}
