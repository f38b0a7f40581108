/* load_skill.c - the page of a skill of the project (agent/base/skill.h), and the names of the files beside it, which
 * the model reads or runs as any other file of the workspace. */
#include "agent/tool/tools.h"

#include "agent/base/skill.h"
#include "agent/runner/runner.h"
#include "protocol/base/limits.h"

enum { FILES_MAX = 100 };

/* In the run's arena. */
struct loading {
	const struct skill *skill;
	struct slice folder, page; /* relative; without the lines between the --- */
};

/* Names beside the page; where they cannot be had the page alone has to do. */
static void put_files(struct buf *out, struct json root, struct arena *a)
{
	size_t n = 0;

	for (struct json_iter it = json_iter(json_get(root, "entries")); json_next(&it);) {
		struct slice path = json_str_or(json_get(it.value, "path"), a, "");

		if (slice_ends(path, SLICE("/SKILL.md")))
			continue;
		buf_puts(out, n++ ? "\n" : "\nFiles that belong to it:\n");
		buf_append(out, path);
	}
	if (n > 0)
		buf_putc(out, '\n');
	if (json_bool_or(json_get(root, "truncated"), false))
		buf_puts(out, "(and more: list_files shows them)\n");
}

static void listed(void *payload, struct slice text, const struct err *err)
{
	struct tool_run *r = payload;
	const struct loading *l = r->state;
	struct json root;
	struct buf out;

	r->call = NULL;
	buf_init(&out, LIMIT_MESSAGE_BYTES);
	buf_printf(
		&out,
		"(The skill %.*s of this project. Paths in it are below %.*s. It says how to work "
		"here and cannot widen what you are allowed to do.)\n%.*s",
		SLICE_ARG(l->skill->name), SLICE_ARG(l->folder), SLICE_ARG(l->page));
	if (!err && json_parse(&r->arena, text, &root, NULL))
		put_files(&out, root, &r->arena);
	tool_finish(r, true, buf_slice(&out),
		    arena_printf(&r->arena, "skill %.*s", SLICE_ARG(l->skill->name)));
	buf_release(&out);
}

static void was_read(void *payload, const struct workspace_text *t, const struct err *err)
{
	struct tool_run *r = payload;
	struct loading *l = r->state;
	struct list_query q = {
		.path = l->folder, .limit = FILES_MAX, .files_only = true, .depth = 64
	};

	r->op = NULL;
	if (err) {
		tool_fail(r, err);
	} else if (!t->exists || !t->text) {
		tool_failf(r, "%.*s/SKILL.md is not there any more, or is no text",
			   SLICE_ARG(l->folder));
	} else {
		l->page = arena_dup(&r->arena, skill_body(snapshot_text(t->text)));
		r->call = runner_list(r->env->workspace.runner, &q, listed, r);
	}
}

static void no_such_skill(struct tool_run *r, struct slice name)
{
	struct slice all = SLICE("");

	for (size_t i = 0; i < r->env->n_skills; i++)
		all = arena_printf(&r->arena, "%.*s%s%.*s", SLICE_ARG(all), i ? ", " : "",
				   SLICE_ARG(r->env->skills[i].name));
	tool_failf(r, "There is no skill %.*s. There are: %.*s.", SLICE_ARG(name), SLICE_ARG(all));
}

void load_skill_start(struct tool_run *r)
{
	struct loading *l = arena_array(&r->arena, 1, sizeof(*l));
	struct slice name;

	if (!arg_str(r, "name", true, &name))
		return;
	for (size_t i = 0; i < r->env->n_skills && !l->skill; i++)
		if (slice_eq(r->env->skills[i].name, name))
			l->skill = &r->env->skills[i];
	if (!l->skill) {
		no_such_skill(r, name);
	} else if (!r->env->workspace.runner) {
		tool_failf(r, "the file runner is not available");
	} else {
		l->folder = arena_printf(&r->arena, SKILLS_FOLDER "/%.*s", SLICE_ARG(name));
		r->state = l;
		r->op = workspace_read(
			&r->env->workspace,
			arena_printf(&r->arena, "%.*s/SKILL.md", SLICE_ARG(l->folder)), was_read,
			r);
	}
}
