/* tools.c - the table of tools. Names, order and texts are part of the cached prompt prefix: they
 * are the same for every task; a mode that forbids a tool answers with an error instead of removing
 * it. */
#include "agent/tool/tools.h"

#include "protocol/base/base.h"

static struct slice member(struct json input, struct arena *a, const char *key)
{
	struct slice s = json_str_or(json_get(input, key), a, "");
	size_t nl = slice_find_byte(s, '\n', 0);

	return nl == SIZE_MAX ? s : arena_printf(a, "%.*s ...", (int)nl, s.ptr);
}

static struct slice with_path(const char *verb, struct json input, struct arena *a)
{
	struct slice path = member(input, a, "path");

	return arena_printf(a, "%s %.*s", verb, SLICE_ARG(path.len ? path : SLICE(".")));
}

static struct slice say_read(struct json input, struct arena *a)
{
	return with_path("Read", input, a);
}

static struct slice say_list(struct json input, struct arena *a)
{
	return with_path("List", input, a);
}

static struct slice say_edit(struct json input, struct arena *a)
{
	return with_path("Edit", input, a);
}

static struct slice say_write(struct json input, struct arena *a)
{
	return with_path("Write", input, a);
}

static struct slice say_patch(struct json input, struct arena *a)
{
	struct slice rest = json_str_or(json_get(input, "patch"), a, ""), line;
	struct slice said = SLICE("Patch");

	while (slice_next_line(&rest, &line)) {
		size_t colon = slice_find(line, SLICE(" File: "), 0);

		if (slice_starts(line, SLICE("*** ")) && colon != SIZE_MAX && said.len < 200)
			said = arena_printf(a, "%.*s %.*s", SLICE_ARG(said),
					    SLICE_ARG(slice_trim(
						    slice_sub(line, colon + 7, line.len))));
	}
	return said;
}

static struct slice say_search(struct json input, struct arena *a)
{
	return arena_printf(a, "Search %.*s", SLICE_ARG(member(input, a, "pattern")));
}

static struct slice say_run(struct json input, struct arena *a)
{
	struct slice id = member(input, a, "id");

	if (id.len > 0)
		return arena_printf(a, "%s the command %.*s",
				    json_is(json_get(input, "action"), "kill") ? "End" : "Look at",
				    SLICE_ARG(id));
	return arena_printf(a, "Run %.*s%s", SLICE_ARG(member(input, a, "command")),
			    json_bool_or(json_get(input, "network"), false) ? " (with network)" : "");
}

static struct slice say_ask(struct json input, struct arena *a)
{
	return arena_printf(a, "Ask: %.*s", SLICE_ARG(member(input, a, "question")));
}

static struct slice say_plan(struct json input, struct arena *a)
{
	return arena_printf(a, "Plan, %zu steps", json_len(json_get(input, "steps")));
}

static const struct tool tools[] = {
	{ { "read_file",
	    "Read a text file, or a range of its lines; each line comes back as its number, a tab "
	    "and its text. "
	    "What is open in the user's editor is read with their unsaved changes. Read a file "
	    "before you change it.",
	    "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"description\":"
	    "\"relative to the "
	    "workspace\"},\"start_line\":{\"type\":\"integer\",\"description\":\"first line, from "
	    "1\"},\"line_count\":"
	    "{\"type\":\"integer\",\"description\":\"default 400\"}},\"required\":[\"path\"]}" },
	  TOOL_READ,
	  read_file_start,
	  say_read },
	{ { "list_files",
	    "List files and folders below a path; what .gitignore excludes is left out. Use it, "
	    "with glob if you know "
	    "what you look for (src/**/*.c), instead of running ls or find.",
	    "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"description\":"
	    "\"default: the "
	    "workspace\"},\"glob\":{\"type\":\"string\"},\"depth\":{\"type\":\"integer\","
	    "\"description\":\"default "
	    "2\"}}}" },
	  TOOL_READ,
	  list_files_start,
	  say_list },
	{ { "search",
	    "Search the contents of files with a Perl-compatible regular expression; results are "
	    "path:line: text. Find "
	    "definitions and uses with it before you read whole files.",
	    "{\"type\":\"object\",\"properties\":{\"pattern\":{\"type\":\"string\"},\"path\":{"
	    "\"type\":\"string\"},"
	    "\"glob\":{\"type\":\"string\"},\"literal\":{\"type\":\"boolean\"},\"ignore_case\":{"
	    "\"type\":\"boolean\"},"
	    "\"context\":{\"type\":\"integer\",\"description\":\"lines before and after, at most "
	    "5\"}},\"required\":"
	    "[\"pattern\"]}" },
	  TOOL_READ,
	  search_start,
	  say_search },
	{ { "edit_file",
	    "Replace text in an existing file. old_text must be exactly what stands in the file, "
	    "white space included, "
	    "and occur once (add lines around it until it does) unless replace_all is true. All "
	    "edits are made, or none.",
	    "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"edits\":{"
	    "\"type\":\"array\",\"items\":"
	    "{\"type\":\"object\",\"properties\":{\"old_text\":{\"type\":\"string\"},\"new_text\":{"
	    "\"type\":\"string\"},"
	    "\"replace_all\":{\"type\":\"boolean\"}},\"required\":[\"old_text\",\"new_text\"]}}},"
	    "\"required\":[\"path\","
	    "\"edits\"]}" },
	  TOOL_WRITE,
	  edit_file_start,
	  say_edit },
	{ { "apply_patch",
	    "Change one or more files, all or none: *** Begin Patch, then sections *** Add File: "
	    "PATH (lines that start with +), *** Update File: PATH (optionally *** Move to: PATH), "
	    "*** Delete File: PATH, then *** End Patch. In an update, @@ with a function or class "
	    "line says where, then come about 3 lines of context around the change, each line "
	    "starting with a space, - or +; no line numbers.",
	    "{\"type\":\"object\",\"properties\":{\"patch\":{\"type\":\"string\"}},"
	    "\"required\":[\"patch\"]}" },
	  TOOL_WRITE,
	  apply_patch_start,
	  say_patch },
	{ { "write_file",
	    "Create a file, or replace everything in it. For a change of an existing file prefer "
	    "edit_file; give the "
	    "whole content, with nothing left out.",
	    "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"content\":{"
	    "\"type\":\"string\"}},"
	    "\"required\":[\"path\",\"content\"]}" },
	  TOOL_WRITE,
	  write_file_start,
	  say_write },
	{ { "run_command",
	    "Run a shell command in the workspace, in a sandbox, and get its exit "
	    "status and output "
	    "(long output is cut in the middle). For builds, tests and git. Standard input is "
	    "empty. There is no network unless network is true; then only hosts that the user allows "
	    "are reached, over https through a proxy that the environment names. "
	    "With background it goes on, such as a server to test against, and you get an id: give "
	    "the id instead of a "
	    "command to read its new output or to end it. It ends with the task.",
	    "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\"},\"cwd\":{"
	    "\"type\":\"string\"},"
	    "\"timeout_ms\":{\"type\":\"integer\",\"description\":\"default "
	    "120000; with id: how long to wait for output, default 1000\"},\"background\":{"
	    "\"type\":\"boolean\"},\"network\":{\"type\":\"boolean\",\"description\":\"the command needs "
	    "hosts on the network; each one that is not on the user's list is asked for\"},"
	    "\"id\":{\"type\":\"string\",\"description\":\"of a command in the "
	    "background\"},\"action\":{"
	    "\"type\":\"string\",\"enum\":[\"read\",\"kill\"]},\"reason\":{\"type\":"
	    "\"string\","
	    "\"description\":\"a few words for the user\"}}}" },
	  TOOL_EXEC,
	  run_command_start,
	  say_run },
	{ { "update_plan",
	    "Show your plan for a task of three or more steps, or its progress. Send the whole "
	    "list each time, with at "
	    "most one step in_progress.",
	    "{\"type\":\"object\",\"properties\":{\"steps\":{\"type\":\"array\",\"items\":{"
	    "\"type\":\"object\","
	    "\"properties\":{\"text\":{\"type\":\"string\"},\"status\":{\"type\":\"string\","
	    "\"enum\":[\"pending\","
	    "\"in_progress\",\"done\",\"dropped\"]}},\"required\":[\"text\",\"status\"]}}},"
	    "\"required\":[\"steps\"]}" },
	  TOOL_META,
	  update_plan_start,
	  say_plan },
	{ { "ask_user",
	    "Ask the user one question when you cannot go on without the answer, with 2 to 4 short "
	    "options if possible. "
	    "Never ask for permission with it: tools that need permission ask for it themselves.",
	    "{\"type\":\"object\",\"properties\":{\"question\":{\"type\":\"string\"},\"options\":{"
	    "\"type\":\"array\","
	    "\"items\":{\"type\":\"string\"}}},\"required\":[\"question\"]}" },
	  TOOL_META,
	  ask_user_start,
	  say_ask },
};

const struct tool *tool_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (slice_eq_cstr(name, tools[i].schema.name))
			return &tools[i];
	return NULL;
}

size_t tool_count(void)
{
	return ARRAY_LEN(tools);
}

/* "openai/gpt-6", "gpt-5-codex", "openrouter/openai/gpt-6": the last part of the name counts. */
static bool is_gpt(struct slice model)
{
	size_t from = 0;

	for (size_t i = 0; i < model.len; i++)
		from = model.ptr[i] == '/' ? i + 1 : from;
	model = slice_sub(model, from, model.len);
	return slice_starts(model, SLICE("gpt")) || slice_starts(model, SLICE("codex")) ||
	       slice_starts(model, SLICE("chatgpt"));
}

size_t tool_schemas(struct slice model, struct tool_schema *out)
{
	const char *not_for_it = is_gpt(model) ? "edit_file" : "apply_patch";
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (strcmp(tools[i].schema.name, not_for_it) != 0)
			out[n++] = tools[i].schema;
	return n;
}
