/* test_typing.c - what must hold whenever a user types while the model edits, for random documents,
 * edits, delays and versions, in all position encodings and line ends: no character of the user's
 * is ever lost or moved, the server's copy is the buffer, a patch of two files is made in both or
 * in neither, and undo restores. usage: test_typing [CASES [SEED]] */
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
#include "agent/tool/tool.h"
#include "agent/workspace/restore.h"
#include "protocol/base/mem.h"
#include "tests/unit/agent/tool/editor.h"

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
	char dir[64];
	int sessions;
	bool done;
	long cases, made, refused, merged;
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

	event_log_close(w->env.log);
	w->env.log = NULL;
	(void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)snprintf(id, sizeof(id), "20260101-%06d", w->sessions++);
	assert_true(event_log_open(slice_of(w->dir), slice_of(id), &w->env.log, NULL));
}

static void world_init(struct world *w)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	(void)snprintf(w->dir, sizeof(w->dir), "%s/emend-typing-XXXXXX", base);
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(uv_loop_init(&w->loop), 0);
	runq_init(&w->q, &w->loop);
	editor_init(&w->editor, &w->q, first_seed);
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
	view_release(&w->env.view);
	policy_free(w->env.policy);
	event_log_close(w->env.log);
	editor_release(&w->editor);
	arena_release(&w->arena);
	for (int f = 0; f < EDITOR_FILES; f++)
		buf_release(&w->first[f]);
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
	for (uint32_t n = 2 + editor_random(e, 14); n > 0; n--) {
		for (uint32_t k = editor_random(e, 3); k > 0; k--)
			buf_puts(b, "\t");
		for (uint32_t k = 1 + editor_random(e, 3); k > 0; k--)
			buf_printf(b, "w%u. ", ++w->tokens);
		if (n > 1 || editor_random(e, 2) == 0)
			buf_puts(b, e->eol);
	}
	editor_open(e, file, buf_slice(b));
}

static void new_documents(struct world *w)
{
	static const char *const eols[] = { "\n", "\r\n", "\r" };
	struct editor *e = &w->editor;

	arena_release(&w->arena);
	arena_init(&w->arena);
	e->encoding = (enum position_encoding)editor_random(e, 3);
	e->eol = eols[editor_random(e, 3)];
	for (int f = 0; f < EDITOR_FILES; f++)
		new_document(w, f);
	view_release(&w->env.view);
	view_init(&w->env.view, &w->q, &(struct host){ &editor_ops, e }, NULL, SLICE("/ws"));
	policy_free(w->env.policy);
	w->env.policy = policy_new(editor_random(e, 4) == 0 ? MODE_ASK : MODE_EDIT);
	w->env.files = NULL;
	w->env.n_files = w->env.cap_files = 0;
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

static void count_result(struct world *w)
{
	w->made += w->run.ok;
	w->refused += !w->run.ok;
	w->merged += slice_find(w->run.result, SLICE("merged with theirs"), 0) != SIZE_MAX;
}

static void edit_one(struct world *w)
{
	int file = (int)editor_random(&w->editor, EDITOR_FILES);
	char old[24], new_word[40];

	if (!pick_word(w, file, old))
		return;
	(void)snprintf(new_word, sizeof(new_word), "w%u.", ++w->tokens);
	call(w, "edit_file",
	     arena_printf(&w->arena,
			  "{\"path\":\"%s\",\"edits\":[{\"old_text\":\"%s\",\"new_text\":\"%s%s\"}]}",
			  paths[file], old, new_word,
			  editor_random(&w->editor, 4) == 0 ? "\\nmore\\n" : ""));
	count_result(w);
	editor_must(&w->editor, w->run.ok == holds(w, file, new_word) || !w->editor.idle,
		    "the result does not tell what stands in the buffer");
	if (!w->run.ok)
		editor_must(&w->editor, !holds(w, file, new_word), "refused, but made");
}

/* One word in each file. Patches are whole lines, so the line is taken as the server knows it. */
static bool line_with(struct world *w, int file, const char *word, struct slice *line)
{
	struct document *doc = editor_document(&w->editor, file);
	char *copy = text_copy(&doc->text);
	struct slice text = arena_dup(&w->arena, slice_make(copy, doc->text.len));
	size_t at = slice_find(text, slice_of(word), 0), start = at, end = at;

	free(copy);
	if (at == SIZE_MAX)
		return false;
	while (start > 0 && text.ptr[start - 1] != '\n' && text.ptr[start - 1] != '\r')
		start--;
	while (end < text.len && text.ptr[end] != '\n' && text.ptr[end] != '\r')
		end++;
	*line = slice_sub(text, start, end);
	return true;
}

static void put_json(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\t')
			buf_puts(b, "\\t");
		else
			buf_putc(b, s.ptr[i]);
	}
}

static bool put_section(struct world *w, struct buf *b, int file, const char *new_word)
{
	struct slice line;
	char old[24];
	size_t at;

	if (!pick_word(w, file, old) || !line_with(w, file, old, &line))
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
	struct buf b;
	bool ok = true, both, none;

	(void)snprintf(word, sizeof(word), "w%u.", ++w->tokens);
	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\"patch\":\"*** Begin Patch\\n");
	for (int f = 0; f < EDITOR_FILES; f++)
		ok = ok && put_section(w, &b, f, word);
	buf_puts(&b, "*** End Patch\\n\"}");
	if (ok) {
		call(w, "apply_patch", arena_dup(&w->arena, buf_slice(&b)));
		count_result(w);
		both = holds(w, 0, word) && holds(w, 1, word);
		none = !holds(w, 0, word) && !holds(w, 1, word);
		if (w->run.ok)
			editor_must(&w->editor, both || !w->editor.idle, "a patch made by half");
		else
			editor_must(&w->editor,
				    none || slice_find(w->run.result, SLICE("Nothing else stands"),
						       0) != SIZE_MAX,
				    "a patch that was refused stands by half");
	}
	buf_release(&b);
}

/* --- what must hold at any time --- */

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
	for (int f = 0; f < EDITOR_FILES; f++)
		editor_must(e,
			    !editor_document(e, f)->lost &&
				    text_equals(&editor_document(e, f)->text,
						buf_slice(&e->text[f])),
			    "the server's copy is not the buffer");
	if (e->failed)
		fail_msg("case %ld (seed %u): %s", w->cases, first_seed, e->why);
}

/* --- undo: every edit of the log, the newest first, as `emend undo` does it --- */

struct past {
	struct slice path, before, after;
	bool made;
};

struct undo {
	struct world *w;
	struct past *edits;
	size_t n, from;
	bool done, ok;
};

static bool take(void *payload, struct json ev, struct err *err)
{
	struct undo *u = payload;
	struct arena *a = &u->w->arena;
	struct past *p = u->n ? &u->edits[u->n - 1] : NULL;

	(void)err;
	if (json_is(json_get(ev, "type"), "edit")) {
		u->edits = xrealloc(u->edits, (u->n + 1) * sizeof(*p));
		u->edits[u->n++] = (struct past){
			.path = arena_dup(a, json_str_or(json_get(ev, "path"), a, "")),
			.before = arena_dup(a, json_str_or(json_get(ev, "before"), a, "")),
			.after = arena_dup(a, json_str_or(json_get(ev, "after"), a, "")),
		};
	} else if (json_is(json_get(ev, "type"), "edited")) {
		int64_t step = json_i64_or(json_get(ev, "step"), 0);

		if (step - 1 >= 0 && (size_t)(step - (int64_t)u->from) < u->n)
			u->edits[step - (int64_t)u->from].made =
				json_bool_or(json_get(ev, "ok"), false);
	}
	return true;
}

static void put_back(void *payload, const struct restored *r, const struct err *err)
{
	struct undo *u = payload;

	(void)r;
	u->done = true;
	u->ok = !err;
}

static void undo_all(struct world *w, int64_t first_step, bool exact)
{
	struct undo u = { .w = w, .from = (size_t)first_step };
	struct slice state = slice_of(w->dir), session = event_log_session(w->env.log);
	struct err err = { 0 };

	assert_true(event_log_read(state, session, take, &u, &err));
	for (size_t i = u.n; i-- > 0;) {
		struct restore_spec spec = { .path = u.edits[i].path, .label = SLICE("undo") };

		if (!u.edits[i].made)
			continue;
		assert_true(blob_get(state, session, u.edits[i].before, &w->arena, &spec.before,
				     &err));
		assert_true(blob_get(state, session, u.edits[i].after, &w->arena, &spec.left, &err));
		u.done = false;
		(void)restore_start(&w->env.view, &spec, put_back, &u);
		(void)uv_run(&w->loop, UV_RUN_DEFAULT);
		editor_must(&w->editor, u.done && (u.ok || !exact), "an undo that does not end well");
		w->cases++;
		check(w);
	}
	for (int f = 0; exact && f < EDITOR_FILES; f++)
		editor_must(&w->editor,
			    slice_eq(buf_slice(&w->first[f]), buf_slice(&w->editor.text[f])),
			    "undo did not restore the first text");
	free(u.edits);
	check(w);
}

/* --- the run --- */

static void one_document(struct world *w)
{
	struct editor *e = &w->editor;
	bool quiet = false;

	new_documents(w);
	quiet = e->idle = editor_random(e, 4) == 0; /* then undo must restore to the byte */
	for (int i = 0; i < CALLS_PER_DOCUMENT; i++) {
		uint32_t what = editor_random(e, 10);

		editor_live(e);
		if (what < 2)
			read_file(w, (int)editor_random(e, EDITOR_FILES));
		else if (what < 7)
			edit_one(w);
		else
			patch_both(w);
		check(w);
	}
	w->cases += (long)e->keys;
	e->keys = 0;
	e->idle = true;
	undo_all(w, 1, quiet);
}

static void typing(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	(void)state;
	world_init(w);
	for (int n = 0; w->cases < wanted; n++) {
		new_log(w);
		w->env.next_step = 1;
		one_document(w);
	}
	print_message("# %ld cases: %ld edits made, %ld refused, %ld merged, %llu found another "
		      "version, %llu asked\n",
		      w->cases, w->made, w->refused, w->merged,
		      (unsigned long long)w->editor.stale, (unsigned long long)w->editor.asks);
	assert_true(w->made > 100 && w->refused > 10 && w->merged > 10 && w->editor.stale > 10);
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
	return cmocka_run_group_tests_name("tool/typing", tests, NULL, NULL);
}
