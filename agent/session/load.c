/* load.c - what a task reads before its first question, once what a crash left half done is put right: the
 * project's config (which may only narrow), the branch, the instructions from the workspace down to the
 * folder of the code (the nearest last: it wins; of a folder AGENTS.md, else CLAUDE.md), and the code
 * itself, as the editor shows it.
 *
 * All of it is asked for at once, and taken in this order. The sandbox is still being tried meanwhile, and nobody
 * waits for that: the first question is on its way before, and the first tool is not run until it is up. */
#include "agent/session/task_own.h"

#include "agent/base/path.h"
#include "agent/change/recover.h"
#include "agent/runner/runner.h"
#include "agent/workspace/workspace.h"
#include "protocol/base/visible.h"

/* LOAD_OTHERWISE: the same where the file before it is not there. */
enum load_kind { LOAD_CONFIG, LOAD_INSTRUCTIONS, LOAD_OTHERWISE, LOAD_HEAD, LOAD_CODE };

struct load_item {
	enum load_kind kind;
	struct slice path;
	struct task *t;
	struct workspace_op *op; /* NULL: the rest is known */
	struct snapshot *text;	 /* counted; NULL: no file, or none that is text */
	bool exists;
	struct slice binary; /* why it is not text; or "" */
	struct err err;
};

/* Folders above the code whose instructions are read; of what names the model sees at a glance. */
enum { MAX_DEPTH = 16, NAMES_BYTES = 16 * 1024 };

static void add(struct task *t, enum load_kind kind, struct slice path)
{
	t->loads[t->n_loads++] = (struct load_item){ .kind = kind, .path = path, .t = t };
}

/* The range was made by the editor for the text that it had then; a shorter file shows that this
 * text is gone. workspace_saw() notes which text the model has seen, so that an edit is made
 * against exactly that. */
static bool take_code(struct task *t, const struct load_item *it, struct err *err)
{
	struct slice text;

	if (!it->exists)
		return err_set(err, ERR_NOT_FOUND, "%.*s does not exist", SLICE_ARG(t->path));
	if (!it->text)
		return err_set(err, ERR_INVALID, "%.*s is not shown as text. %.*s",
			       SLICE_ARG(t->path), SLICE_ARG(it->binary));
	text = snapshot_text(it->text);
	if (t->range_end > text.len || t->range_start > t->range_end)
		return err_set(err, ERR_STALE, "%.*s changed: the selection is not there any more",
			       SLICE_ARG(t->path));
	if (t->has_range && t->range_end - t->range_start > LIMIT_SELECTION_BYTES)
		return err_set(err, ERR_TOO_LARGE,
			       "the selection is larger than %d bytes: select less",
			       LIMIT_SELECTION_BYTES);
	t->code = arena_dup(&t->arena, text);
	workspace_saw(&t->env.workspace, t->path, it->text);
	return true;
}

/* A buffer that is full has taken nothing of the last text, so one file is left out as a whole
 * and a shorter one behind it may still fit. */
static void take_instructions(struct task *t, const struct load_item *it, struct slice text)
{
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
}

/* The project's settings and the code must be there in a state that can be used; instructions
 * and the branch are a help, and the task begins without them. */
static bool take(struct task *t, const struct load_item *it, struct err *err)
{
	struct slice text = it->text ? snapshot_text(it->text) : (struct slice){ NULL, 0 };

	if (it->kind == LOAD_OTHERWISE && t->instructed)
		return true;
	if (it->err.code != ERR_NONE && it->kind == LOAD_HEAD)
		return true; /* a worktree, or no repository: nothing is said of a branch */
	if (it->err.code != ERR_NONE &&
	    (it->kind == LOAD_INSTRUCTIONS || it->kind == LOAD_OTHERWISE)) {
		/* too large, or not a file: the task can do without */
		task_notice(t, arena_printf(&t->arena, "%.*s is not used: %s", SLICE_ARG(it->path),
					    it->err.msg));
		return true;
	}
	if (it->err.code != ERR_NONE) {
		*err = it->err;
		return false;
	}
	switch (it->kind) {
	case LOAD_CONFIG:
		return task_use_config(t, text, err);
	case LOAD_HEAD:
		t->git_head = arena_dup(&t->arena, slice_sub(slice_trim(text), 0, 200));
		return true;
	case LOAD_INSTRUCTIONS:
	case LOAD_OTHERWISE:
		take_instructions(t, it, text);
		return true;
	case LOAD_CODE:
		return take_code(t, it, err);
	}
	return true;
}

/* The layers themselves are for others, and where commands cannot run, the task goes on without them. A runner
 * that could not lock itself in ends it. */
static void sandbox_tried(void *payload, struct slice json, const struct err *err)
{
	struct task *t = payload;

	(void)json;
	t->sandbox = NULL;
	if (err)
		task_fail(t, err);
}

void load_sandbox(struct task *t)
{
	if (!t->sandbox)
		t->sandbox = runner_layers(t->runner, sandbox_tried, t);
}

/* What has come is taken, as far as all before it has. */
static void take_due(struct task *t)
{
	struct err why = { 0 };

	while (t->why.code == ERR_NONE && t->next_load < t->n_loads && !t->loads[t->next_load].op) {
		struct load_item *it = &t->loads[t->next_load++];

		if (!take(t, it, &why))
			task_fail(t, &why);
		snapshot_unref(it->text);
		it->text = NULL;
	}
	if (t->why.code != ERR_NONE || t->next_load < t->n_loads || t->glance)
		return;
	t->loaded = true;
	task_post(t);
}

static void was_read(void *payload, const struct workspace_text *v, const struct err *err)
{
	struct load_item *it = payload;

	it->op = NULL;
	if (err) {
		it->err = *err;
	} else {
		it->exists = v->exists;
		it->binary = arena_dup(&it->t->arena, v->why);
		it->text = v->text ? snapshot_ref(v->text) : NULL;
	}
	take_due(it->t);
}

/* "a, b" of a list; n: how many there are in all. What a name holds cannot look like more than a name. */
static struct slice names_of(struct task *t, struct json list, int64_t n)
{
	struct slice name, out;
	int64_t told = 0;
	struct buf b;

	buf_init(&b, NAMES_BYTES);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		if (!json_str(it.value, &t->arena, &name))
			continue;
		buf_puts(&b, told++ ? ", " : "");
		visible_line(&b, name); /* a line feed in it is shown, too */
	}
	if (n > told)
		buf_printf(&b, " and %lld more", (long long)(n - told));
	out = arena_dup(&t->arena, buf_slice(&b));
	buf_release(&b);
	return out;
}

/* Where it fails, nothing is said of it. */
static void glanced(void *payload, struct slice json, const struct err *err)
{
	struct task *t = payload;
	struct json o, top;

	t->glance = NULL;
	if (!err && json_parse(&t->arena, arena_dup(&t->arena, json), &o, NULL)) {
		top = json_get(o, "top");
		t->top = names_of(t, top,
				  (int64_t)json_len(top) + json_i64_or(json_get(o, "more"), 0));
		if (json_present(json_get(o, "changed")))
			t->changed = names_of(t, json_get(o, "names"),
					      json_i64_or(json_get(o, "changed"), 0));
		skills_take(t, o);
	}
	take_due(t);
}

static void read_all(struct task *t)
{
	t->glance = runner_glance(t->runner, glanced, t);
	for (size_t i = 0; i < t->n_loads; i++)
		t->loads[i].op =
			workspace_read(&t->env.workspace, t->loads[i].path, was_read, &t->loads[i]);
}

/* Files are read after the recovery: before it they may hold half a change. */
static void recovered(void *payload, struct slice report, size_t restored)
{
	struct task *t = payload;

	(void)restored;
	t->recover = NULL;
	t->recovered = arena_dup(&t->arena, report);
	read_all(t);
}

/* At most the config, the branch, two names of instructions for each folder and for the root,
 * and the code. */
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
		folders_know(t, dirs[n - 1]);
		add(t, LOAD_INSTRUCTIONS, path_join(&t->arena, dirs[--n], SLICE("AGENTS.md")));
		add(t, LOAD_OTHERWISE, path_join(&t->arena, dirs[n], SLICE("CLAUDE.md")));
	}
	if (t->path.len > 0)
		add(t, LOAD_CODE, t->path);
	t->recovered = SLICE("");
	t->recover = recover_start(&t->env.workspace, agent_store(t->agent), t->env.log,
				   recovered, t);
	if (!t->recover)
		read_all(t);
}

bool load_finished(const struct task *t)
{
	return t->loaded;
}

void load_abort(struct task *t)
{
	recover_drop(t->recover);
	t->recover = NULL;
	if (t->glance)
		runner_drop(t->glance);
	t->glance = NULL;
	if (t->sandbox)
		runner_drop(t->sandbox);
	t->sandbox = NULL;
	for (size_t i = 0; i < t->n_loads; i++) {
		workspace_drop(t->loads[i].op);
		snapshot_unref(t->loads[i].text);
		t->loads[i].op = NULL;
		t->loads[i].text = NULL;
	}
}
