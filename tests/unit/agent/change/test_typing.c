/* test_typing.c - what must hold whenever a user types while the model edits, for random documents,
 * edits, delays and versions, in all position encodings and line ends, with and without byte order
 * mark, with an editor that refuses edits or does not answer: no character of the user's is ever
 * lost or moved, the server's copy is the buffer, a patch of two files is made in both or in
 * neither, and undo, of the whole task or step by step, takes exactly the model's changes away; so do
 * redo and rejected hunks, at any time.
 * usage: test_typing [CASES [SEED]] */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <ftw.h>

#include "agent/config/config.h"
#include "agent/change/hunk_reject.h"
#include "agent/change/rollback.h"
#include "agent/change/undo.h"
#include "agent/store/store.h"
#include "agent/tool/tool.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "tests/unit/agent/change/editor.h"

#ifdef __SANITIZE_ADDRESS__
enum { CASES = 20000 };
#else
enum { CASES = 200000 };
#endif
enum { CALLS_PER_DOCUMENT = 24 };

static long wanted = CASES;
static uint32_t first_seed = 20261121;

struct world {
	uv_loop_t loop;
	struct runq q;
	struct arena arena;
	struct editor editor;
	struct tool_env env;
	struct config config;
	struct tool_run run;
	struct store *store;
	char dir[64];
	int sessions, tasks;
	bool done;
	struct hunks hunks;
	long cases, made, refused, merged, exact, conflicts, multi, redone, rejected, kept;
	unsigned tokens; /* made so far: each text of the model's is another */
	struct buf first[EDITOR_FILES];
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st, (void)type, (void)w;
	return remove(path);
}

static void new_log(struct world *w)
{
	char id[32];
	struct jw *j;

	event_log_close(w->env.log);
	w->env.log = NULL;
	(void)uv_run(&w->loop, UV_RUN_DEFAULT);
	(void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)snprintf(id, sizeof(id), "20260101-%06d", w->sessions++);
	assert_true(event_log_open(w->store, slice_of(id), &w->env.log, NULL));
	j = event_log_begin(w->env.log, "session");
	jw_kcstr(j, "workspace", "/ws");
	assert_true(event_log_end(w->env.log, NULL));
}

/* --- the hunks, as the language server keeps them --- */

static struct snapshot *hunk_buffer(void *owner, struct slice path)
{
	struct world *w = owner;

	return editor_buffer(&w->editor, path);
}

static void hunks_changed(void *owner, struct hunk_file *f)
{
	(void)owner, (void)f;
}

static const char *const absolute[EDITOR_FILES] = { "/ws/a.txt", "/ws/b.txt" };

static bool listens(void *owner, int file)
{
	struct world *w = owner;

	return hunks_file(&w->hunks, slice_of(absolute[file])) != NULL;
}

static void heard(void *owner, int file, struct slice before, struct slice now)
{
	struct world *w = owner;

	hunks_replaced(&w->hunks, hunks_file(&w->hunks, slice_of(absolute[file])), before, now);
}

static void world_init(struct world *w)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	(void)snprintf(w->dir, sizeof(w->dir), "%s/emend-typing-XXXXXX", base);
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(uv_loop_init(&w->loop), 0);
	runq_init(&w->q, &w->loop);
	w->store = store_new(&w->loop, &w->q, slice_of(w->dir));
	editor_init(&w->editor, &w->q, first_seed);
	w->editor.listens = listens;
	w->editor.heard = heard;
	w->editor.owner = w;
	hunks_init(&w->hunks, &(struct hunks_options){ .runq = &w->q,
						       .state_dir = slice_of(w->dir),
						       .buffer = hunk_buffer,
						       .changed = hunks_changed,
						       .owner = w });
	w->env.arena = &w->arena;
	w->env.task_id = SLICE("t1");
	w->env.next_step = 1;
	w->env.config = &w->config;
	for (int f = 0; f < EDITOR_FILES; f++)
		buf_init(&w->first[f], 1 << 20);
}

static void world_release(struct world *w)
{
	tool_release(&w->run);
	workspace_release(&w->env.workspace);
	map_release(&w->env.known_files);
	policy_free(w->env.policy);
	event_log_close(w->env.log);
	hunks_release(&w->hunks);
	editor_release(&w->editor);
	arena_release(&w->arena);
	for (int f = 0; f < EDITOR_FILES; f++)
		buf_release(&w->first[f]);
	(void)uv_run(&w->loop, UV_RUN_DEFAULT);
	store_close(w->store, NULL, NULL);
	runq_close(&w->q);
	(void)uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	(void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- documents --- */

static void new_document(struct world *w, int file)
{
	struct editor *e = &w->editor;
	struct buf *b = &w->first[file];

	buf_clear(b);
	if (editor_random(e, 6) == 0)
		buf_puts(b, "\xef\xbb\xbf");
	for (uint32_t n = 2 + editor_random(e, 14); n > 0; n--) {
		for (uint32_t k = editor_random(e, 3); k > 0; k--)
			buf_puts(b, "\t");
		for (uint32_t k = 1 + editor_random(e, 3); k > 0; k--)
			buf_printf(b, "w%u. ", ++w->tokens);
		if (n > 1 || editor_random(e, 2) == 0)
			buf_puts(b, editor_eol(e));
	}
	editor_open(e, file, buf_slice(b));
}

static void new_documents(struct world *w)
{
	static const char *const eols[] = { "\n", "\r\n", "\r", NULL };
	struct editor *e = &w->editor;

	arena_release(&w->arena);
	arena_init(&w->arena);
	e->encoding = (enum position_encoding)editor_random(e, 3);
	e->eol = eols[editor_random(e, 4)];
	hunks_clear(&w->hunks);
	for (int f = 0; f < EDITOR_FILES; f++)
		new_document(w, f);
	workspace_release(&w->env.workspace);
	map_release(&w->env.known_files);
	workspace_init(&w->env.workspace, &w->q, &(struct host){ &editor_ops, e }, NULL, SLICE("/ws"));
	policy_free(w->env.policy);
	w->env.policy = policy_new(editor_random(e, 4) == 0 ? MODE_ASK : MODE_EDIT);
	w->env.files = NULL;
	w->env.n_files = w->env.cap_files = 0;
	w->env.unfinished = false;
}

/* --- the model --- */

static void on_done(struct tool_run *r)
{
	struct world *w = r->payload;

	w->done = true;
}

static void call(struct world *w, const char *tool, struct slice input)
{
	tool_release(&w->run);
	w->run = (struct tool_run){ .env = &w->env,
				    .id = SLICE("c1"),
				    .name = slice_of(tool),
				    .input_text = input,
				    .on_done = on_done,
				    .payload = w };
	w->done = false;
	tool_start(&w->run);
	(void)uv_run(&w->loop, UV_RUN_DEFAULT);
	editor_must(&w->editor, w->done, "a call that never ends");
	w->cases++;
}

/* A word of the model's in what the server knows of the file: "w17." */
static bool pick_word(struct world *w, int file, char out[24])
{
	struct document *doc = editor_document(&w->editor, file);
	char *text = text_copy(&doc->text);
	size_t len = doc->text.len, at = len ? editor_random(&w->editor, (uint32_t)len) : 0;
	bool found = false;

	for (size_t tries = 0; tries < len && !found; tries++, at = (at + 1) % len) {
		size_t n = 1;

		while (text[at] == 'w' && at + n < len && text[at + n] >= '0' && text[at + n] <= '9')
			n++;
		found = text[at] == 'w' && n > 1 && n < 20 && text[at + n] == '.';
		if (found)
			(void)snprintf(out, 24, "%.*s.", (int)n, text + at);
	}
	free(text);
	return found;
}

static bool holds(struct world *w, int file, const char *word)
{
	const struct buf *b = &w->editor.text[file];

	return slice_find(buf_slice(b), slice_of(word), 0) != SIZE_MAX;
}

static const char *const paths[EDITOR_FILES] = { "a.txt", "b.txt" };

static void read_file(struct world *w, int file)
{
	call(w, "read_file", arena_printf(&w->arena, "{\"path\":\"%s\"}", paths[file]));
	editor_must(&w->editor, w->run.ok, "a file that cannot be read");
}

/* What a result says must stand there, unless the user types over it, or the editor keeps it to
 * itself whether it made an edit. */
static void check_result(struct world *w, int file, const char *new_word, uint64_t silent)
{
	bool there = holds(w, file, new_word);

	w->made += w->run.ok;
	w->refused += !w->run.ok;
	w->merged += slice_find(w->run.result, SLICE("merged with theirs"), 0) != SIZE_MAX;
	if (w->run.ok)
		editor_must(&w->editor, there || !w->editor.idle, "done, but not there");
	else if (w->editor.silent == silent &&
		 slice_find(w->run.result, SLICE("The change was taken back, but"), 0) == SIZE_MAX)
		editor_must(&w->editor, !there, "refused, but there");
}

static void put_json(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\t')
			buf_puts(b, "\\t");
		else if (s.ptr[i] == '\r' && i + 1 < s.len && s.ptr[i + 1] == '\n')
			continue; /* a model writes "\n" */
		else if (s.ptr[i] == '\r')
			buf_puts(b, "\\r");
		else if (s.ptr[i] == '\n')
			buf_puts(b, "\\n");
		else
			buf_putc(b, s.ptr[i]);
	}
}

/* Up to three lines around the word, as the server knows them; false if it is not there. */
static bool lines_with(struct world *w, int file, const char *word, int before, int behind,
		       struct slice *out)
{
	struct document *doc = editor_document(&w->editor, file);
	char *copy = text_copy(&doc->text);
	struct slice text = arena_dup(&w->arena, slice_make(copy, doc->text.len));
	size_t at = slice_find(text, slice_of(word), 0), start = at, end = at;

	free(copy);
	if (at == SIZE_MAX)
		return false;
	for (; start > 0; start--)
		if ((text.ptr[start - 1] == '\n' ||
		     (text.ptr[start - 1] == '\r' && text.ptr[start] != '\n')) &&
		    before-- == 0)
			break;
	for (; end < text.len; end++)
		if ((text.ptr[end] == '\r' || (text.ptr[end] == '\n' && text.ptr[end - 1] != '\r')) &&
		    behind-- == 0)
			break;
	if (start == 0 && slice_starts(text, SLICE("\xef\xbb\xbf")))
		start = 3; /* the model never sees it */
	*out = slice_sub(text, start, end);
	return true;
}

/* A word, or a word within whole lines. */
static void edit_one(struct world *w)
{
	struct editor *e = &w->editor;
	int file = (int)editor_random(e, EDITOR_FILES);
	int before = (int)editor_random(e, 2), behind = (int)editor_random(e, 2);
	char old[24], word[40];
	struct slice whole;
	uint64_t silent = e->silent;
	struct buf b;
	size_t at;

	if (!pick_word(w, file, old))
		return;
	whole = slice_of(old);
	if (editor_random(e, 3) == 0)
		(void)lines_with(w, file, old, before, behind, &whole);
	w->multi += slice_find_byte(whole, '\n', 0) != SIZE_MAX;
	at = slice_find(whole, slice_of(old), 0);
	(void)snprintf(word, sizeof(word), "w%u.", ++w->tokens);
	buf_init(&b, 1 << 20);
	buf_printf(&b, "{\"path\":\"%s\",\"edits\":[{\"old_text\":\"", paths[file]);
	put_json(&b, whole);
	buf_puts(&b, "\",\"new_text\":\"");
	put_json(&b, slice_sub(whole, 0, at));
	buf_printf(&b, "%s%s", word, editor_random(e, 4) == 0 ? "\\nmore\\n" : "");
	put_json(&b, slice_sub(whole, at + strlen(old), whole.len));
	buf_puts(&b, "\"}]}");
	call(w, "edit_file", arena_dup(&w->arena, buf_slice(&b)));
	buf_release(&b);
	check_result(w, file, word, silent);
}

/* One word in each file. Patches are whole lines. */
static bool put_section(struct world *w, struct buf *b, int file, const char *new_word)
{
	struct slice line;
	char old[24];
	size_t at;

	if (!pick_word(w, file, old) || !lines_with(w, file, old, 0, 0, &line))
		return false;
	at = slice_find(line, slice_of(old), 0);
	buf_printf(b, "*** Update File: %s\\n@@\\n-", paths[file]);
	put_json(b, line);
	buf_puts(b, "\\n+");
	put_json(b, slice_sub(line, 0, at));
	buf_puts(b, new_word);
	put_json(b, slice_sub(line, at + strlen(old), line.len));
	buf_puts(b, "\\n");
	return true;
}

static void patch_both(struct world *w)
{
	char word[40];
	uint64_t silent = w->editor.silent;
	struct buf b;
	bool ok = true;

	(void)snprintf(word, sizeof(word), "w%u.", ++w->tokens);
	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\"patch\":\"*** Begin Patch\\n");
	for (int f = 0; f < EDITOR_FILES; f++)
		ok = ok && put_section(w, &b, f, word);
	buf_puts(&b, "*** End Patch\\n\"}");
	if (ok) {
		call(w, "apply_patch", arena_dup(&w->arena, buf_slice(&b)));
		for (int f = 0; f < EDITOR_FILES; f++)
			check_result(w, f, word, silent);
	}
	buf_release(&b);
}

/* --- what must hold at any time --- */

/* A document of one kind of line ends keeps it, as long as there is one. */
static bool keeps_eol(const struct editor *e, int file)
{
	const struct buf *b = &e->text[file];

	for (size_t i = 0; e->eol && !e->bare[file] && i < b->len; i++) {
		if (b->data[i] != '\n' && b->data[i] != '\r')
			continue;
		if (!slice_starts(slice_sub(buf_slice(b), i, b->len), slice_of(e->eol)))
			return false;
		i += strlen(e->eol) - 1;
	}
	return true;
}

static void check(struct world *w)
{
	struct editor *e = &w->editor;
	struct buf typed;

	buf_init(&typed, 1 << 20);
	editor_typed(e, &typed);
	editor_must(e, slice_eq(buf_slice(&typed), buf_slice(&e->typed)),
		    "characters of the user's were lost or moved");
	buf_release(&typed);
	editor_tell_all(e);
	for (int f = 0; f < EDITOR_FILES; f++) {
		editor_must(e,
			    !editor_document(e, f)->lost &&
				    text_equals(&editor_document(e, f)->text,
						buf_slice(&e->text[f])),
			    "the server's copy is not the buffer");
		editor_must(e, keeps_eol(e, f), "a line end of another kind");
	}
	if (e->failed)
		fail_msg("case %ld (seed %u): %s", w->cases, first_seed, e->why);
}

/* --- undo and redo, as the program does them --- */

struct undo {
	struct world *w;
	struct history history;
	bool done, ok;
};

static void read_history(struct undo *u)
{
	struct world *w = u->w;

	assert_true(history_read(&w->arena, slice_of(w->dir), event_log_session(w->env.log),
				 &u->history, NULL));
}

/* What a refused or unanswered rollback left; the end of a task does it. */
static void rolled_back(void *payload, const struct rollback_result *r, const struct err *err)
{
	struct undo *u = payload;

	u->done = true;
	u->ok = !err && r->left == 0;
}

static void end_task(struct world *w)
{
	struct undo u = { .w = w };
	bool honest = w->editor.honest;

	w->editor.honest = true;
	(void)editor_make(&w->editor, &w->editor.later);
	editor_tell_all(&w->editor);
	if (w->env.unfinished) {
		(void)rollback_start(&w->env.workspace, w->env.log, rolled_back, &u);
		(void)uv_run(&w->loop, UV_RUN_DEFAULT);
		editor_must(&w->editor, u.done, "a rollback that never ends");
		w->env.unfinished = false;
		check(w);
	}
	w->editor.honest = honest;
}

static void turned(void *payload, const struct change_undo_result *r, const struct err *err)
{
	struct undo *u = payload;

	u->done = true;
	u->ok = !err && r->refused == 0;
}

/* True: nothing conflicted. */
static bool turn(struct undo *u, struct slice task, int64_t only, bool redo)
{
	struct world *w = u->w;
	struct change_env env = { &w->env.workspace, w->env.log, SLICE("undo") };
	struct change_undo_spec spec = {
		.history = &u->history, .task = task, .only = only, .redo = redo
	};

	read_history(u);
	u->done = false;
	(void)change_undo_start(&env, &spec, turned, u);
	(void)uv_run(&w->loop, UV_RUN_DEFAULT);
	editor_must(&w->editor, u->done, "an undo that never ends");
	w->cases++;
	w->redone += redo;
	check(w);
	return u->ok;
}

/* Every step of every task, the newest first. */
static bool undo_steps(struct undo *u)
{
	bool ok = true;

	read_history(u);
	for (size_t i = u->history.n; i-- > 0;) {
		struct past_edit p = u->history.edits[i];

		if (!p.failed && !p.undone)
			ok = turn(u, p.task, p.step, false) && ok;
	}
	return ok;
}

/* The text without the lines that a tidy user added. */
static struct slice without_mine(struct world *w, struct slice text)
{
	const char *eol = w->editor.eol ? w->editor.eol : "\n";
	struct slice mine = arena_printf(&w->arena, "MINE%s", eol), out;
	struct buf b;
	size_t at;

	buf_init(&b, 1 << 20);
	while ((at = slice_find(text, mine, 0)) != SIZE_MAX) {
		buf_append(&b, slice_sub(text, 0, at));
		text = slice_sub(text, at + mine.len, text.len);
	}
	buf_append(&b, text);
	out = arena_dup(&w->arena, buf_slice(&b));
	buf_release(&b);
	return out;
}

/* Of an edit that was not answered only the text tells whether it was made: where the user has
 * typed all around it, that is no proof. */
static bool all_known(const struct undo *u, int file)
{
	for (size_t i = 0; i < u->history.n; i++) {
		const struct past_edit *p = &u->history.edits[i];

		if (!p->made && !p->failed && slice_eq_cstr(p->path, paths[file]))
			return false;
	}
	return true;
}

/* What there was to undo, for people who look for the reason. */
static void explain(const struct undo *u, int file, const char *how)
{
	struct world *w = u->w;

	print_message("# %s of %s\n", how, paths[file]);
	for (size_t i = 0; i < u->history.n; i++) {
		const struct past_edit *p = &u->history.edits[i];

		if (slice_eq_cstr(p->path, paths[file]))
			print_message("#   step %d %.6s -> %.6s%s%s%s\n", (int)p->step, p->before.ptr,
				      p->after.ptr, p->made ? " made" : "",
				      p->failed ? " failed" : "", p->unknown ? " unknown" : "");
	}
	print_message("first:\n%.*s\nnow:\n%.*s\n", SLICE_ARG(buf_slice(&w->first[file])),
		      SLICE_ARG(buf_slice(&w->editor.text[file])));
}

/* Nobody types: what was undone comes back to the byte. */
static void redo_all(struct undo *u, const struct slice *before)
{
	struct editor *e = &u->w->editor;
	bool ok = turn(u, u->w->env.task_id, -1, true);

	for (int f = 0; f < EDITOR_FILES; f++)
		editor_must(e, !ok || slice_eq(before[f], buf_slice(&e->text[f])),
			    "redo did not bring back what was undone");
	(void)turn(u, u->w->env.task_id, -1, false);
}

static void undo_all(struct world *w, bool quiet)
{
	struct undo u = { .w = w };
	struct editor *e = &w->editor;
	bool whole = editor_random(e, 2) == 0, ok;
	struct slice before[EDITOR_FILES];

	for (int f = 0; f < EDITOR_FILES; f++)
		before[f] = arena_dup(&w->arena, buf_slice(&e->text[f]));
	ok = whole ? turn(&u, w->env.task_id, -1, false) : undo_steps(&u);
	if (quiet && ok)
		redo_all(&u, before);
	w->conflicts += !ok;
	editor_must(e, ok || !quiet, "an undo that conflicts with nothing");
	read_history(&u);
	for (int f = 0; f < EDITOR_FILES; f++) {
		bool known = all_known(&u, f);

		if (ok && (quiet || (e->tidy && known)))
			editor_must(e,
				    slice_eq(buf_slice(&w->first[f]),
					     without_mine(w, buf_slice(&e->text[f]))),
				    "undo did not restore the first text");
		w->exact += ok && e->tidy && !quiet && known;
		if (!e->failed)
			continue;
		explain(&u, f, whole ? "undo of the task" : "undo step by step");
		break;
	}
	check(w);
}

/* Undo or redo of a task, or of a step, while the user types and the editor refuses, lies and
 * forgets: only the user's characters count here, and turn() counts them. */
static void undo_something(struct world *w)
{
	struct undo u = { .w = w };
	struct past_edit p;
	bool step = editor_random(&w->editor, 2) == 0, redo = editor_random(&w->editor, 3) == 0;

	end_task(w);
	read_history(&u);
	if (u.history.n == 0)
		return;
	p = u.history.edits[editor_random(&w->editor, (uint32_t)u.history.n)];
	w->conflicts += !turn(&u, p.task, step ? p.step : -1, redo);
	hunks_reload_all(&w->hunks);
}

/* --- hunks --- */

static void new_task(struct world *w)
{
	end_task(w);
	w->env.task_id = arena_printf(&w->arena, "t%d", ++w->tasks);
}

/* The task is over: what it did waits as hunks from now on. */
static void next_task(struct world *w)
{
	new_task(w);
	hunks_reload(&w->hunks, event_log_session(w->env.log), w->env.workspace.root);
}

/* Each of the hunks that wait, or some. */
static size_t choose_hunks(struct world *w, bool all, struct slice **ids)
{
	size_t n = 0;

	*ids = arena_array(&w->arena, LIMIT_HUNKS, sizeof(**ids));
	LIST_EACH (it, tmp, &w->hunks.files) {
		struct hunk_file *f = container_of(it, struct hunk_file, link);

		for (size_t i = 0; i < f->list.n; i++)
			if (all || editor_random(&w->editor, 2) == 0)
				(*ids)[n++] = arena_dup(&w->arena, slice_of(f->list.items[i].id));
	}
	return n;
}

static void rejected(void *payload, const struct change_reject_result *r, const struct err *err)
{
	struct undo *u = payload;

	u->done = true;
	u->ok = !err && r->refused == 0;
	u->w->rejected += (long)r->rejected;
	u->w->kept += (long)r->refused;
}

/* True: none was refused. */
static bool reject(struct world *w, bool all)
{
	struct change_env env = { &w->env.workspace, w->env.log, SLICE("reject") };
	struct change_reject_spec spec = { .hunks = &w->hunks };
	struct undo u = { .w = w };
	struct slice *ids;

	spec.n_ids = choose_hunks(w, all, &ids);
	spec.ids = ids;
	(void)change_reject_start(&env, &spec, rejected, &u);
	(void)uv_run(&w->loop, UV_RUN_DEFAULT);
	editor_must(&w->editor, u.done, "a rejection that never ends");
	editor_tell_all(&w->editor);
	w->cases++;
	check(w);
	return u.ok;
}

/* Some are rejected or kept, while the user types and the editor refuses, lies and forgets. */
static void judge_something(struct world *w)
{
	struct err err = { 0 };
	struct slice *ids;
	size_t n;

	if (w->env.unfinished || editor_random(&w->editor, 2) == 0)
		next_task(w);
	if (editor_random(&w->editor, 4) == 0) {
		n = choose_hunks(w, false, &ids);
		editor_must(&w->editor, hunks_accept(&w->hunks, w->store, ids, n, &err), err.msg);
	} else {
		w->conflicts += !reject(w, editor_random(&w->editor, 4) == 0);
	}
}

/* Nobody types: without its hunks the text is the first one to the byte, as far as the log knows what
 * was made. Undo of what was rejected comes to the same. */
static void reject_all(struct world *w)
{
	struct undo u = { .w = w };
	bool ok;

	next_task(w);
	ok = reject(w, true);
	read_history(&u);
	editor_must(&w->editor, ok || !all_known(&u, 0) || !all_known(&u, 1),
		    "a rejection that conflicts with nothing");
	for (int f = 0; f < EDITOR_FILES; f++) {
		if (!all_known(&u, f))
			continue;
		editor_must(&w->editor,
			    slice_eq(buf_slice(&w->first[f]), buf_slice(&w->editor.text[f])),
			    "rejections did not restore the first text");
		if (w->editor.failed)
			explain(&u, f, "rejection");
	}
	check(w);
	w->env.task_id = SLICE("t1");
}

/* --- the run --- */

static void one_call(struct world *w)
{
	uint32_t what = editor_random(&w->editor, 10);

	editor_live(&w->editor);
	if (what < 2)
		read_file(w, (int)editor_random(&w->editor, EDITOR_FILES));
	else if (what < 7)
		edit_one(w);
	else
		patch_both(w);
	check(w);
}

static void one_document(struct world *w)
{
	struct editor *e = &w->editor;
	bool quiet = false, wild = editor_random(e, 2) == 0; /* undo in between, several tasks */

	new_documents(w);
	w->tasks = 1;
	e->honest = editor_random(e, 2) == 0;
	e->tidy = editor_random(e, 3) == 0;
	quiet = e->idle = editor_random(e, 4) == 0; /* then undo must restore to the byte */
	for (int i = 0; i < CALLS_PER_DOCUMENT; i++) {
		one_call(w);
		if (wild && editor_random(e, 4) == 0)
			undo_something(w);
		if (wild && editor_random(e, 8) == 0)
			judge_something(w);
		if (wild && editor_random(e, 8) == 0)
			new_task(w);
	}
	w->cases += (long)e->keys;
	e->keys = 0;
	end_task(w);
	e->honest = e->idle = true;
	if (quiet && !wild && editor_random(e, 2) == 0)
		reject_all(w);
	if (!wild)
		undo_all(w, quiet);
	w->env.task_id = SLICE("t1");
}

static void typing(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct editor *e;

	(void)state;
	world_init(w);
	e = &w->editor;
	for (int n = 0; w->cases < wanted; n++) {
		new_log(w);
		w->env.next_step = 1;
		one_document(w);
	}
	print_message("# %ld cases from seed %u: %ld edits made, %ld refused, %ld merged, %ld of "
		      "several lines, %llu found another version, %llu asked; the editor refused "
		      "%llu, did not answer %llu, made %llu of them late; undo went exactly around "
		      "the user %ld times and conflicted %ld times; %ld redos; %ld hunks rejected, "
		      "%ld rejections refused\n",
		      w->cases, first_seed, w->made, w->refused, w->merged, w->multi,
		      (unsigned long long)e->stale, (unsigned long long)e->asks,
		      (unsigned long long)e->refused, (unsigned long long)e->silent,
		      (unsigned long long)e->late, w->exact, w->conflicts, w->redone, w->rejected,
		      w->kept);
	assert_true(w->made > 100 && w->refused > 10 && w->merged > 10 && w->multi > 10);
	assert_true(e->stale > 10 && e->refused > 10 && e->silent > 10 && e->late > 3);
	assert_true(w->exact > 0 && w->conflicts > 10 && w->redone > 10);
	assert_true(w->rejected > 100 && w->kept > 10);
	world_release(w);
	free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(typing) };

	if (argc > 1)
		wanted = strtol(argv[1], NULL, 10);
	if (argc > 2)
		first_seed = (uint32_t)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests_name("change/typing", tests, NULL, NULL);
}
