/* exec_language.c - the languages, as one table: what else stands somewhere about a language is made
 * from it. */
#include <strings.h>

#include "agent/exec/exec.h"

/* Python and bash print at once (-u), so that what was printed before a time-out is not lost. The shell
 * of SQLite is in its safe mode: no .shell, no files, no extensions; its database is in memory. */
static const struct exec_language table[EXEC_LANGUAGES] = {
	{ "python",
	  "python3 py",
	  { "python3", "-u", "main.py" },
	  "main.py",
	  { "python3", "--version" },
	  "python3" },
	{ "javascript",
	  "js node nodejs",
	  { "node", "main.js" },
	  "main.js",
	  { "node", "--version" },
	  "nodejs" },
	{ "bash", "sh shell", { "bash", "main.sh" }, "main.sh", { "bash", "--version" }, "bash" },
	{ "sql",
	  "sqlite sqlite3",
	  { "sqlite3", "-batch", "-bail", "-header", "-safe", ":memory:" },
	  NULL,
	  { "sqlite3", "--version" },
	  "sqlite3" },
};

const struct exec_language *exec_language_at(size_t i)
{
	return &table[i];
}

static bool is_word(const char *words, struct slice name)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		if (n == name.len && strncasecmp(words, name.ptr, n) == 0)
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

/* In any case, as people write "Python" and "SQL". */
const struct exec_language *exec_language_find(struct slice name)
{
	for (size_t i = 0; i < EXEC_LANGUAGES && name.len > 0; i++) {
		if (is_word(table[i].name, name) || is_word(table[i].aliases, name))
			return &table[i];
	}
	return NULL;
}

const struct exec_language *exec_language_of_file(struct slice path)
{
	static const char *const suffixes[][2] = {
		{ ".py", "python" }, { ".js", "javascript" }, { ".cjs", "javascript" },
		{ ".sh", "bash" },   { ".bash", "bash" },     { ".sql", "sql" }
	};

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		if (slice_ends(path, slice_of(suffixes[i][0])))
			return exec_language_find(slice_of(suffixes[i][1]));
	}
	return NULL;
}
