/* load.c - what a task reads before its first question, one after the other, once what a crash left
 * half done is put right: the project's config
 * (which may only narrow), the branch, the instructions from the workspace down to the folder of the code (the
 * nearest last: it wins; of a folder AGENTS.md, else CLAUDE.md), and the code itself, as the editor shows it. */
#include "agent/session/task_own.h"

#include "agent/base/path.h"
#include "agent/change/recover.h"
#include "agent/workspace/workspace.h"

/* LOAD_OTHERWISE: the same where the file before it is not there. */
enum load_kind { LOAD_CONFIG, LOAD_INSTRUCTIONS, LOAD_OTHERWISE, LOAD_HEAD, LOAD_CODE };

struct load_item {
	enum load_kind kind;
	struct slice path;
};

enum { MAX_DEPTH = 16 };

static void next(struct task *t);

static void add(struct task *t, enum load_kind kind, struct slice path)
{
	t->loads[t->n_loads++] = (struct load_item){ kind, path };
}

static bool take_code(struct task *t, const struct workspace_text *v, struct err *err)
{
	struct slice text;

	if (!v->exists)
		return err_set(err, ERR_NOT_FOUND, "%.*s does not exist", SLICE_ARG(t->path));
	if (v->binary)
		return err_set(err, ERR_INVALID, "%.*s is not shown as text. %.*s",
			       SLICE_ARG(t->path), SLICE_ARG(v->why));
	text = snapshot_text(v->text);
	if (t->range_end > text.len || t->range_start > t->range_end)
		return err_set(err, ERR_STALE, "%.*s changed: the selection is not there any more",
			       SLICE_ARG(t->path));
	if (t->has_range && t->range_end - t->range_start > LIMIT_SELECTION_BYTES)
		return err_set(err, ERR_TOO_LARGE,
			       "the selection is larger than %d bytes: select less",
			       LIMIT_SELECTION_BYTES);
	t->code = arena_dup(&t->arena, text);
	workspace_saw(&t->env.workspace, t->path, v->text);
	return true;
}

static bool take(struct task *t, const struct load_item *it, const struct workspace_text *v,
		 struct err *err)
{
	struct slice text = v->text ? snapshot_text(v->text) : (struct slice){ NULL, 0 };

	switch (it->kind) {
	case LOAD_CONFIG:
		return task_use_config(t, text, err);
	case LOAD_HEAD:
		t->git_head = arena_dup(&t->arena, slice_sub(slice_trim(text), 0, 200));
		return true;
	case LOAD_INSTRUCTIONS:
	case LOAD_OTHERWISE:
		t->instructed = text.len > 0;
		if (text.len > 0)
			buf_printf(&t->instructions,
				   "\n<instructions file=\"%.*s\">\n%.*s\n</instructions>\n",
				   SLICE_ARG(it->path), SLICE_ARG(text));
		if (t->instructions.full) {
			task_notice(t, arena_printf(&t->arena,
						    "%.*s is left out: the project's instructions "
						    "are longer than %d bytes",
						    SLICE_ARG(it->path), LIMIT_INSTRUCTIONS_BYTES));
			t->instructions.full = false;
		}
		return true;
	case LOAD_CODE:
		return take_code(t, v, err);
	}
	return true;
}

static void was_read(void *payload, const struct workspace_text *v, const struct err *err)
{
	struct task *t = payload;
	const struct load_item *it = &t->loads[t->next_load];
	struct err why = { 0 };

	t->loading = NULL;
	if (err && it->kind == LOAD_HEAD) {
		/* a worktree, or no repository: nothing is said of a branch */
	} else if (err && (it->kind == LOAD_INSTRUCTIONS ||
			   it->kind == LOAD_OTHERWISE)) { /* too large, or not a file: the task can do without */
		task_notice(t, arena_printf(&t->arena, "%.*s is not used: %s", SLICE_ARG(it->path),
					    err->msg));
	} else if (err || !take(t, it, v, &why)) {
		task_fail(t, err ? err : &why);
		return;
	}
	t->next_load++;
	next(t);
}

static void next(struct task *t)
{
	if (!load_finished(t) && t->loads[t->next_load].kind == LOAD_OTHERWISE && t->instructed)
		t->next_load++;
	if (load_finished(t))
		task_post(t);
	else
		t->loading =
			workspace_read(&t->env.workspace, t->loads[t->next_load].path, was_read, t);
}

static void recovered(void *payload, struct slice report, size_t restored)
{
	struct task *t = payload;

	(void)restored;
	t->recover = NULL;
	t->recovered = arena_dup(&t->arena, report);
	next(t);
}

void load_start(struct task *t)
{
	struct slice dirs[MAX_DEPTH], dir = path_dir(t->path);
	size_t n = 0;

	for (; dir.len > 0 && n < MAX_DEPTH; dir = path_dir(dir))
		dirs[n++] = dir;
	t->loads = arena_array(&t->arena, 2 * n + 5, sizeof(*t->loads));
	add(t, LOAD_CONFIG, SLICE(".emend/config.json"));
	add(t, LOAD_HEAD, SLICE(".git/HEAD"));
	add(t, LOAD_INSTRUCTIONS, SLICE("AGENTS.md"));
	add(t, LOAD_OTHERWISE, SLICE("CLAUDE.md"));
	while (n > 0) {
		add(t, LOAD_INSTRUCTIONS, path_join(&t->arena, dirs[--n], SLICE("AGENTS.md")));
		add(t, LOAD_OTHERWISE, path_join(&t->arena, dirs[n], SLICE("CLAUDE.md")));
	}
	if (t->path.len > 0)
		add(t, LOAD_CODE, t->path);
	t->recovered = SLICE("");
	t->recover = recover_start(&t->env.workspace, agent_store(t->agent), t->env.log,
				   recovered, t);
	if (!t->recover)
		next(t);
}

bool load_finished(const struct task *t)
{
	return !t->recover && t->next_load == t->n_loads;
}

void load_abort(struct task *t)
{
	recover_drop(t->recover);
	t->recover = NULL;
	workspace_drop(t->loading);
	t->loading = NULL;
}
