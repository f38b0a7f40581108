/* tools.c - the table of tools. What the model is told of a tool NAME stands in agent/tool/schema/NAME.txt
 * (words) and NAME.json (the JSON Schema of its arguments). Names, order and texts are part of the cached prompt prefix: they
 * are the same for every task behind one editor in one project; a mode that forbids a tool answers with an error instead
 * of removing it. Those that need a language server, or skills of the project, stand last: with and without them the
 * prefix is the same. */
#include "agent/tool/tools.h"

#include <stdio.h>

#include "agent/base/embed.h"
#include "agent/tool/names.h"
#include "protocol/base/base.h"

/* An argument as far as it is fit for one line. */
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

/* All files of the patch, as far as they are fit for one line. */
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

static struct slice say_output(struct json input, struct arena *a)
{
	return arena_printf(a, "%s the command %.*s",
			    json_is(json_get(input, "action"), "kill") ? "End" : "Look at",
			    SLICE_ARG(member(input, a, "id")));
}

static struct slice say_run(struct json input, struct arena *a)
{
	if (json_present(json_get(input, "id")))
		return say_output(input, a);
	return arena_printf(a, "Run %.*s%s", SLICE_ARG(member(input, a, "command")),
			    json_bool_or(json_get(input, "network"), false) ? " (with network)" : "");
}

static struct slice say_execute(struct json input, struct arena *a)
{
	return arena_printf(a, "Run %.*s code: %.*s", SLICE_ARG(member(input, a, "language")),
			    SLICE_ARG(member(input, a, "code")));
}

static struct slice say_ask(struct json input, struct arena *a)
{
	return arena_printf(a, "Ask: %.*s", SLICE_ARG(member(input, a, "question")));
}

static struct slice say_plan(struct json input, struct arena *a)
{
	return arena_printf(a, "Plan, %zu steps", json_len(json_get(input, "steps")));
}

static struct slice say_diagnostics(struct json input, struct arena *a)
{
	struct slice path = member(input, a, "path");

	return path.len ? arena_printf(a, "Problems in %.*s", SLICE_ARG(path)) : SLICE("Problems");
}

static struct slice say_references(struct json input, struct arena *a)
{
	return arena_printf(a, "References of %.*s", SLICE_ARG(member(input, a, "symbol")));
}

static struct slice say_definition(struct json input, struct arena *a)
{
	return arena_printf(a, "Definition of %.*s", SLICE_ARG(member(input, a, "symbol")));
}

static struct slice say_rename(struct json input, struct arena *a)
{
	return arena_printf(a, "Rename %.*s to %.*s", SLICE_ARG(member(input, a, "symbol")),
			    SLICE_ARG(member(input, a, "new_name")));
}

static struct slice say_skill(struct json input, struct arena *a)
{
	return arena_printf(a, "Load the skill %.*s", SLICE_ARG(member(input, a, "name")));
}

/* Each name has a text and a schema in agent/tool/schema/. */
static const struct tool tools[] = {
	{ "read_file", TOOL_READ, read_file_start, say_read, LOOKUP_NONE, false },
	{ "list_files", TOOL_READ, list_files_start, say_list, LOOKUP_NONE, false },
	{ "search", TOOL_READ, search_start, say_search, LOOKUP_NONE, false },
	{ "edit_file", TOOL_WRITE, edit_file_start, say_edit, LOOKUP_NONE, false },
	{ "apply_patch", TOOL_WRITE, apply_patch_start, say_patch, LOOKUP_NONE, false },
	{ "write_file", TOOL_WRITE, write_file_start, say_write, LOOKUP_NONE, false },
	{ "run_command", TOOL_EXEC, run_command_start, say_run, LOOKUP_NONE, false },
	{ "command_output", TOOL_EXEC, command_output_start, say_output, LOOKUP_NONE, false },
	{ "execute_code", TOOL_EXEC, execute_code_start, say_execute, LOOKUP_NONE, false },
	{ "update_plan", TOOL_META, update_plan_start, say_plan, LOOKUP_NONE, false },
	{ "ask_user", TOOL_META, ask_user_start, say_ask, LOOKUP_NONE, false },
	{ "diagnostics", TOOL_READ, diagnostics_start, say_diagnostics, LOOKUP_DIAGNOSTICS, false },
	{ "references", TOOL_READ, references_start, say_references, LOOKUP_REFERENCES, false },
	{ "definition", TOOL_READ, definition_start, say_definition, LOOKUP_DEFINITION, false },
	{ "rename", TOOL_WRITE, rename_start, say_rename, LOOKUP_RENAME, false },
	{ "load_skill", TOOL_READ, load_skill_start, say_skill, LOOKUP_NONE, true },
};

bool tool_is_there(const struct tool *t, struct tool_offer o)
{
	return (t->needs == LOOKUP_NONE || host_knows(o.host, t->needs)) &&
	       (o.skills || !t->of_skills);
}

struct tool_offer tool_offer_of(const struct tool_env *e)
{
	return (struct tool_offer){ &e->workspace.host, e->n_skills > 0 };
}

/* Also under the names that other agents use; ours come first. */
const struct tool *tool_find(struct slice name)
{
	const char *ours = tool_name_of(name);

	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (slice_eq_cstr(name, tools[i].name) ||
		    (ours && strcmp(ours, tools[i].name) == 0))
			return &tools[i];
	return NULL;
}

struct slice tool_list(struct tool_offer o, struct arena *a)
{
	struct slice out = SLICE("");
	size_t last = ARRAY_LEN(tools) - 1;

	while (!tool_is_there(&tools[last], o))
		last--;
	for (size_t i = 0; i <= last; i++)
		if (tool_is_there(&tools[i], o))
			out = arena_printf(a, "%.*s%s%s", SLICE_ARG(out),
					   i == 0      ? ""
					   : i == last ? " and "
						       : ", ",
					   tools[i].name);
	return out;
}

size_t tool_count(void)
{
	return ARRAY_LEN(tools);
}

/* "openai/gpt-6", "gpt-5-codex", "openrouter/openai/gpt-6": the last part of the name counts. */
/* These models were trained on the form of apply_patch; all others on exact replacement. */
static bool is_gpt(struct slice model)
{
	size_t from = 0;

	for (size_t i = 0; i < model.len; i++)
		from = model.ptr[i] == '/' ? i + 1 : from;
	model = slice_sub(model, from, model.len);
	return slice_starts(model, SLICE("gpt")) || slice_starts(model, SLICE("codex")) ||
	       slice_starts(model, SLICE("chatgpt"));
}

/* Embedded by the build: NUL-terminated, and there as long as the program. */
static const char *text_of(const char *tool, const char *suffix)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s", tool, suffix);
	return embed_find(embed_schemas, slice_of(name)).ptr;
}

static struct tool_schema schema_of(const struct tool *t)
{
	return (struct tool_schema){ .name = t->name,
				     .description = text_of(t->name, ".txt"),
				     .input_schema = text_of(t->name, ".json") };
}

size_t tool_schemas(struct slice model, struct tool_offer o, struct tool_schema *out)
{
	const char *not_for_it = is_gpt(model) ? "edit_file" : "apply_patch";
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (strcmp(tools[i].name, not_for_it) != 0 && tool_is_there(&tools[i], o))
			out[n++] = schema_of(&tools[i]);
	return n;
}
