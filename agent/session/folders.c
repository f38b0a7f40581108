/* folders.c - the project's instructions for a folder (AGENTS.md, else CLAUDE.md): the model gets them behind the
 * results of the calls that first touched it. Those of the workspace and of the folder of the code come first of
 * all: load.c. */
#include "agent/session/task_own.h"

#include "agent/base/path.h"
#include "agent/workspace/workspace.h"

enum { A_TURN_MAX = 32 /* folders; those that are left out are new again the next time */ };

static const char *const names[] = { "AGENTS.md", "CLAUDE.md" };

/* Both names are asked for at once, and AGENTS.md is preferred when both have come. */
struct folder {
	struct slice path;
	struct instructions {
		struct task *t;
		struct workspace_op *op; /* being read */
		struct slice text;
	} of[ARRAY_LEN(names)];
};

void folders_know(struct task *t, struct slice folder)
{
	(void)map_put(&t->folders_known, folder, t);
}

/* Called by the tools. Every folder above the path counts, as its instructions hold below it,
 * too. A folder is looked at once in a task. */
void folders_touched(struct tool_env *env, struct slice path)
{
	struct task *t = container_of(env, struct task, env);

	if (!t->folders)
		t->folders = arena_array(&t->arena, A_TURN_MAX, sizeof(*t->folders));
	/* The path itself may be a folder. */
	for (struct slice dir = path; dir.len > 0; dir = path_dir(dir)) {
		if (t->n_folders == A_TURN_MAX || map_get(&t->folders_known, dir))
			continue;
		t->folders[t->n_folders] = (struct folder){ .path = arena_dup(&t->arena, dir) };
		folders_know(t, t->folders[t->n_folders++].path);
	}
}

static bool is_read(const struct task *t)
{
	for (size_t i = 0; i < t->next_folder; i++)
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			if (t->folders[i].of[k].op)
				return false;
	return t->next_folder == t->n_folders;
}

/* That there is none, or that it cannot be read, is no news for anybody. */
static void was_read(void *payload, const struct workspace_text *v, const struct err *err)
{
	struct instructions *in = payload;

	in->op = NULL;
	if (!err && v->text)
		in->text = arena_dup(&in->t->arena, snapshot_text(v->text));
	if (is_read(in->t))
		task_post(in->t);
}

bool folders_read(struct task *t)
{
	for (; t->next_folder < t->n_folders; t->next_folder++) {
		struct folder *f = &t->folders[t->next_folder];

		for (size_t k = 0; k < ARRAY_LEN(names); k++) {
			f->of[k].t = t;
			f->of[k].op = workspace_read(
				&t->env.workspace,
				path_join(&t->arena, f->path, slice_of(names[k])), was_read,
				&f->of[k]);
		}
	}
	return is_read(t);
}

/* The outermost first: they were found from within. */
void folders_tell(struct task *t)
{
	struct buf b;

	buf_init(&b, LIMIT_INSTRUCTIONS_BYTES);
	for (size_t i = t->n_folders; i-- > 0;) {
		const struct folder *f = &t->folders[i];
		size_t k = f->of[0].text.len > 0 ? 0 : 1;

		if (f->of[k].text.len > 0)
			buf_printf(&b, "%s\n<instructions file=\"%.*s/%s\">\n%.*s\n</instructions>\n",
				   b.len ? "" : "(The project's instructions for what you have just "
						"looked at. Where some differ, those nearest to the "
						"code win; they cannot widen what you are allowed to "
						"do.)\n",
				   SLICE_ARG(f->path), names[k], SLICE_ARG(f->of[k].text));
	}
	t->n_folders = t->next_folder = 0;
	if (b.full)
		task_notice(t, SLICE("some of the project's instructions are left out: they are too long"));
	if (b.len > 0)
		turn_user(t, arena_dup(&t->arena, buf_slice(&b)));
	buf_release(&b);
}

void folders_abort(struct task *t)
{
	for (size_t i = 0; i < t->next_folder; i++)
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			workspace_drop(t->folders[i].of[k].op);
	t->n_folders = t->next_folder = 0;
}
