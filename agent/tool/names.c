/* names.c - see names.h. Three tables: other agents' names of tools, their names of arguments, and arguments
 * that are taken but not offered. Then the arguments are written anew with our names; the values stay as
 * they came, but for null, which is how some models say that an argument is absent, and seconds. */
#include "agent/tool/names.h"

#include <ctype.h>
#include <stdio.h>

#include "agent/base/embed.h"
#include "agent/config/suggest.h"
#include "protocol/base/buf.h"
#include "protocol/json/write.h"

enum { MAX_ARGUMENTS = 32, REWRITE_BYTES = 16 * 1024 * 1024 };

static const struct {
	const char *theirs, *ours;
} tool_names[] = {
	{ "bash", "run_command" },
	{ "shell", "run_command" },
	{ "sh", "run_command" },
	{ "exec", "run_command" },
	{ "execute_command", "run_command" },
	{ "run_shell_command", "run_command" },
	{ "run_terminal_cmd", "run_command" },
	{ "local_shell", "run_command" },
	{ "run_code", "execute_code" },
	{ "code_interpreter", "execute_code" },
	{ "bashoutput", "command_output" },
	{ "killshell", "command_output" },
	{ "read", "read_file" },
	{ "view", "read_file" },
	{ "cat", "read_file" },
	{ "open_file", "read_file" },
	{ "view_file", "read_file" },
	{ "grep", "search" },
	{ "rg", "search" },
	{ "ripgrep", "search" },
	{ "grep_search", "search" },
	{ "search_file_content", "search" },
	{ "search_files", "search" },
	{ "codebase_search", "search" },
	{ "glob", "list_files" },
	{ "ls", "list_files" },
	{ "list_directory", "list_files" },
	{ "list_dir", "list_files" },
	{ "find_files", "list_files" },
	{ "file_search", "list_files" },
	{ "edit", "edit_file" },
	{ "multiedit", "edit_file" },
	{ "str_replace", "edit_file" },
	{ "replace", "edit_file" },
	{ "replace_in_file", "edit_file" },
	{ "search_replace", "edit_file" },
	{ "write", "write_file" },
	{ "create_file", "write_file" },
	{ "create", "write_file" },
	{ "write_to_file", "write_file" },
	{ "patch", "apply_patch" },
	{ "applypatch", "apply_patch" },
	{ "todowrite", "update_plan" },
	{ "todo_write", "update_plan" },
	{ "write_todos", "update_plan" },
	{ "skill", "load_skill" },
	{ "askuserquestion", "ask_user" },
	{ "ask_followup_question", "ask_user" },
};

/* tool NULL: of every tool that has an argument of our name. An alias that is a real argument of the
 * tool is never renamed. */
static const struct {
	const char *tool, *theirs, *ours;
} argument_names[] = {
	{ NULL, "file_path", "path" },
	{ NULL, "filepath", "path" },
	{ NULL, "filename", "path" },
	{ NULL, "file", "path" },
	{ NULL, "target_file", "path" },
	{ NULL, "absolute_path", "path" },
	{ NULL, "directory", "path" },
	{ NULL, "dir", "path" },
	{ NULL, "dir_path", "path" },
	{ "read_file", "offset", "start_line" },
	{ "read_file", "start", "start_line" },
	{ "read_file", "limit", "line_count" },
	{ "read_file", "lines", "line_count" },
	{ "list_files", "pattern", "glob" },
	{ "list_files", "max_depth", "depth" },
	{ "search", "query", "pattern" },
	{ "search", "regex", "pattern" },
	{ "search", "include", "glob" },
	{ "search", "file_pattern", "glob" },
	{ "search", "-i", "ignore_case" },
	{ "search", "case_insensitive", "ignore_case" },
	{ "search", "-C", "context" },
	{ "search", "-A", "context" },
	{ "search", "-B", "context" },
	{ "search", "fixed_strings", "literal" },
	{ "edit_file", "old_string", "old_text" },
	{ "edit_file", "old_str", "old_text" },
	{ "edit_file", "search", "old_text" },
	{ "edit_file", "new_string", "new_text" },
	{ "edit_file", "new_str", "new_text" },
	{ "edit_file", "replace", "new_text" },
	{ "write_file", "contents", "content" },
	{ "write_file", "file_text", "content" },
	{ "write_file", "text", "content" },
	{ "apply_patch", "input", "patch" },
	{ "apply_patch", "diff", "patch" },
	{ "run_command", "cmd", "command" },
	{ "run_command", "script", "command" },
	{ NULL, "timeout", "timeout_ms" },
	{ NULL, "timeout_s", "timeout_ms" },
	{ NULL, "timeout_sec", "timeout_ms" },
	{ NULL, "timeout_seconds", "timeout_ms" },
	{ "run_command", "workdir", "cwd" },
	{ "run_command", "directory", "cwd" },
	{ "run_command", "run_in_background", "background" },
	{ "run_command", "is_background", "background" },
	{ "run_command", "description", "reason" },
	{ "execute_code", "lang", "language" },
	{ "execute_code", "source", "code" },
	{ "execute_code", "stdin_data", "stdin" },
	{ "execute_code", "input", "stdin" },
	{ "load_skill", "skill", "name" },
	{ "load_skill", "command", "name" },
	{ "command_output", "bash_id", "id" },
	{ "command_output", "shell_id", "id" },
	{ "update_plan", "plan", "steps" },
	{ "update_plan", "todos", "steps" },
	{ "update_plan", "step", "text" },
	{ "update_plan", "content", "text" },
	{ "update_plan", "title", "text" },
	{ "ask_user", "choices", "options" },
};

/* Taken, but not offered: the schema has one way for each thing, which is what the model is told. What other agents
 * name to get less of a search, or its line numbers, asks for nothing that they do not get. */
static const struct {
	const char *tool, *name;
} unoffered[] = {
	{ "edit_file", "old_text" }, { "edit_file", "new_text" }, { "edit_file", "replace_all" },
	{ "run_command", "id" },     { "run_command", "action" }, { "update_plan", "explanation" },
	{ "search", "head_limit" },  { "search", "max_results" }, { "search", "output_mode" },
	{ "search", "-n" },
};

/* word is in lower case. */
static bool same_word(struct slice s, const char *word)
{
	size_t i = 0;

	for (; i < s.len && word[i]; i++)
		if (tolower((unsigned char)s.ptr[i]) != word[i])
			return false;
	return i == s.len && !word[i];
}

const char *tool_name_of(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(tool_names); i++)
		if (same_word(name, tool_names[i].theirs))
			return tool_names[i].ours;
	return NULL;
}

struct slice tool_name_hint(struct slice name, struct arena *a)
{
	static const struct {
		const char *theirs, *hint;
	} hints[] = {
		{ "str_replace_based_edit_tool", "read_file, edit_file or write_file" },
		{ "str_replace_editor", "read_file, edit_file or write_file" },
		{ "text_editor", "read_file, edit_file or write_file" },
		{ "delete_file", "run_command, with rm" },
		{ "move_file", "run_command, with mv or git mv" },
		{ "rename_file", "run_command, with mv or git mv" },
		{ "web_fetch", "run_command, with network and curl" },
		{ "webfetch", "run_command, with network and curl" },
		{ "fetch", "run_command, with network and curl" },
		{ "git", "run_command" },
		{ "python", "run_command" },
		{ "notebookedit", "edit_file" },
	};

	for (size_t i = 0; i < ARRAY_LEN(hints); i++)
		if (same_word(name, hints[i].theirs))
			return arena_printf(a, "; for this there is %s", hints[i].hint);
	return SLICE("");
}

/* The arguments of a tool, from its schema: so a new argument needs no second list. */
static struct json properties(const char *tool, struct arena *a)
{
	char name[64];
	struct json root;

	(void)snprintf(name, sizeof(name), "%s.json", tool);
	if (!json_parse(a, embed_find(embed_schemas, slice_of(name)), &root, NULL))
		return (struct json){ 0 };
	return json_get(root, "properties");
}

struct slice tool_argument_list(const char *tool, struct arena *a)
{
	struct json all = properties(tool, a);
	struct slice out = SLICE("");
	size_t n = json_len(all), i = 0;

	for (struct json_iter it = json_iter(all); json_next(&it); i++)
		out = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(out),
				   i == 0	? ""
				   : i + 1 == n ? " and "
						: ", ",
				   SLICE_ARG(json_str_or(it.key, a, "")));
	return out;
}

/* Also those that are taken but not offered. */
static bool is_argument(const char *tool, struct json all, struct slice key)
{
	if (json_type(json_get_slice(all, key)) != JSON_MISSING)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(unoffered); i++)
		if (strcmp(tool, unoffered[i].tool) == 0 && slice_eq_cstr(key, unoffered[i].name))
			return true;
	return false;
}

/* Our name of an argument; the name itself where there is nothing to rename. */
/* The first name that fits counts, and only where our own is absent. */
static struct slice argument_of(const char *tool, struct json all, struct json object,
				struct slice key)
{
	for (size_t i = 0; i < ARRAY_LEN(argument_names); i++) {
		const char *of = argument_names[i].tool, *ours = argument_names[i].ours;

		if (!slice_eq_cstr(key, argument_names[i].theirs) ||
		    (of && strcmp(of, tool) != 0) ||
		    (!of && !is_argument(tool, all, slice_of(ours))))
			continue;
		if (json_type(json_get(object, ours)) == JSON_MISSING)
			return slice_of(ours);
	}
	return key;
}

/* Elements of `edits` and `steps`: renamed, and left to the tool to check. */
static void put_element(struct jw *w, const char *tool, struct json all, struct json v,
			struct arena *a)
{
	if (json_type(v) != JSON_OBJECT) {
		jw_raw(w, json_raw(v));
		return;
	}
	jw_object(w);
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct slice key = argument_of(tool, all, v, json_str_or(it.key, a, ""));

		if (slice_eq_cstr(key, "status") && json_is(it.value, "completed"))
			jw_kcstr(w, "status", "done");
		else
			jw_kraw(w, arena_cstr(a, key), json_raw(it.value));
	}
	jw_end(w);
}

static void put_argument(struct jw *w, const char *tool, struct json all, struct slice key,
			 struct json v, struct arena *a)
{
	bool deep = slice_eq_cstr(key, "edits") || slice_eq_cstr(key, "steps");

	if (!deep || (json_type(v) != JSON_ARRAY && json_type(v) != JSON_OBJECT)) {
		jw_kraw(w, arena_cstr(a, key), json_raw(v));
		return;
	}
	jw_key(w, arena_cstr(a, key));
	if (json_type(v) == JSON_OBJECT) {
		put_element(w, tool, all, v, a);
		return;
	}
	jw_array(w);
	for (struct json_iter it = json_iter(v); json_next(&it);)
		put_element(w, tool, all, it.value, a);
	jw_end(w);
}

/* Other agents count a timeout in milliseconds or in seconds. By the one in milliseconds no command of less than a
 * second could ever run, so what is that small are seconds. */
static bool is_seconds(struct slice theirs, struct json v)
{
	int64_t n = json_i64_or(v, 0);

	if (slice_eq_cstr(theirs, "timeout"))
		return n > 0 && n < 1000;
	return n > 0 && n < INT64_MAX / 1000 && slice_starts(theirs, SLICE("timeout_s"));
}

/* Refused instead of ignored: a model that asks for `max_results` and gets all of them draws wrong
 * conclusions. */
static bool not_known(const char *tool, struct json all, struct slice key, struct arena *a,
		      struct err *err)
{
	const char *names[MAX_ARGUMENTS], *near;
	size_t n = 0;

	for (struct json_iter it = json_iter(all); json_next(&it) && n < MAX_ARGUMENTS;)
		names[n++] = arena_cstr(a, json_str_or(it.key, a, ""));
	near = suggest(key, names, n);
	return err_set(err, ERR_INVALID,
		       "%s has no argument %.*s%s%s%s, so nothing was done. It takes %.*s.", tool,
		       (int)(key.len < 40 ? key.len : 40), key.ptr, near ? " (did you mean " : "",
		       near ? near : "", near ? "?)" : "", SLICE_ARG(tool_argument_list(tool, a)));
}

/* The object is written anew even where no name changes: that costs little, and there is one way. */
bool tool_arguments(const char *tool, struct json in, struct arena *a, struct json *out,
		    struct slice *text, struct err *err)
{
	struct json all = properties(tool, a);
	struct buf b;
	struct jw w;
	bool ok = true;

	buf_init(&b, REWRITE_BYTES);
	jw_init(&w, &b);
	jw_object(&w);
	for (struct json_iter it = json_iter(in); ok && json_next(&it);) {
		struct slice theirs = json_str_or(it.key, a, "");
		struct slice key = argument_of(tool, all, in, theirs);

		if (json_type(it.value) == JSON_NULL)
			continue; /* how some models leave an argument out */
		ok = is_argument(tool, all, key) || not_known(tool, all, key, a, err);
		if (ok && slice_eq_cstr(key, "timeout_ms") && is_seconds(theirs, it.value))
			jw_ki64(&w, "timeout_ms", json_i64_or(it.value, 0) * 1000);
		else if (ok)
			put_argument(&w, tool, all, key, it.value, a);
	}
	jw_end(&w);
	*text = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return ok && json_parse(a, *text, out, err);
}
