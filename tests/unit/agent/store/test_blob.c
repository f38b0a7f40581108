/* test_blob.c - content-addressed bytes: stored once, verified on reading, never half there. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/agent/store/shelf.h"

static struct event_log *open_log(struct shelf *s)
{
	struct event_log *l = NULL;
	struct err err = { 0 };

	if (!event_log_open(s->store, SLICE("s1"), &l, &err))
		fail_msg("%s", err.msg);
	return l;
}

static void blob_path(const struct scratch *s, const struct sha256_hex *h, char *out, size_t size)
{
	(void)snprintf(out, size, "sessions/s1/blobs/%.2s/%s", h->s, h->s);
	(void)s;
}

static void stored_is_found(void **state)
{
	static const char binary[] = "\0\1\2\xff text\n";
	struct slice texts[] = { SLICE(""), SLICE("hello\n"), SLICE(binary) }, got;
	struct event_log *l = open_log(*state);
	struct sha256_hex h, again;
	struct err err = { 0 };
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_true(blob_put(l, texts[i], &h, &err));
		assert_string_equal(h.s, sha256(texts[i]).s);
		assert_true(blob_put(l, texts[i], &again, &err));
		assert_true(shelf_sync(*state, l, &err));
		assert_true(
			blob_get(scratch_dir(*state), SLICE("s1"), slice_of(h.s), &a, &got, &err));
		assert_true(slice_eq(got, texts[i]));
	}
	arena_release(&a);
	event_log_close(l);
}

static void absent_and_bad_names(void **state)
{
	struct sha256_hex h = sha256(SLICE("never stored"));
	struct event_log *l = open_log(*state);
	struct err err = { 0 };
	struct slice got;
	struct arena a;

	arena_init(&a);
	assert_false(blob_get(scratch_dir(*state), SLICE("s1"), slice_of(h.s), &a, &got, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_false(blob_get(scratch_dir(*state), SLICE("s1"), SLICE("../../../etc/passwd"), &a,
			      &got, &err));
	assert_int_equal(err.code, ERR_INVALID);
	arena_release(&a);
	event_log_close(l);
}

static void damaged_is_an_error_and_put_mends_a_short_one(void **state)
{
	struct event_log *l = open_log(*state);
	struct sha256_hex h;
	struct err err = { 0 };
	struct slice got;
	char path[256];
	struct arena a;

	arena_init(&a);
	assert_true(blob_put(l, SLICE("good content"), &h, &err));
	assert_true(shelf_sync(*state, l, &err));
	blob_path(*state, &h, path, sizeof(path));
	scratch_write(*state, path, "evil content", 12);
	assert_false(blob_get(scratch_dir(*state), SLICE("s1"), slice_of(h.s), &a, &got, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.msg, h.s));
	scratch_write(*state, path, "good", 4);
	assert_true(blob_put(l, SLICE("good content"), &h, &err));
	assert_true(shelf_sync(*state, l, &err));
	assert_true(blob_get(scratch_dir(*state), SLICE("s1"), slice_of(h.s), &a, &got, &err));
	arena_release(&a);
	event_log_close(l);
}

static void full_disk_leaves_nothing(void **state)
{
	struct rlimit old, small = { 0 };
	struct event_log *l = open_log(*state);
	const struct scratch *s = *state;
	char big[5000] = { 'x' }, path[256];
	struct sha256_hex h;
	struct err err = { 0 };
	struct dirent *e;
	DIR *d;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_cur = 1000;
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(blob_put(l, slice_make(big, sizeof(big)), &h, &err));
	assert_false(shelf_sync(*state, l, &err));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err.code, ERR_IO);
	(void)snprintf(path, sizeof(path), "%s/sessions/s1/blobs/%.2s", s->path, h.s);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)))
		assert_int_equal(e->d_name[0], '.');
	(void)closedir(d);
	event_log_close(l);
}

/* Two packs of contents "N of P\n", and each content is found by its hash; one that is in none is not. */
static void many_are_adopted_in_one_file(void **state)
{
	enum { PACKS = 2, EACH = 3000 };
	static struct blob_place of[EACH];
	struct event_log *l = open_log(*state);
	char text[32], *bytes = malloc(EACH * sizeof(text)), path[300], name[16];
	const struct scratch *s = *state;
	struct err err = { 0 };
	struct blob_reader r;
	struct arena a;
	struct slice got;

	arena_init(&a);
	blob_reader_init(&r);
	for (int p = 0; p < PACKS; p++) {
		size_t len = 0;

		for (int i = 0; i < EACH; i++) {
			int n = snprintf(text, sizeof(text), "%d of %d\n", i, p);

			of[i] = (struct blob_place){ sha256(slice_make(text, (size_t)n)), len,
						     (size_t)n };
			memcpy(bytes + len, text, (size_t)n);
			len += (size_t)n;
		}
		(void)snprintf(name, sizeof(name), "pack%d", p);
		scratch_write(s, name, bytes, len);
		(void)snprintf(path, sizeof(path), "%s/%s", s->path, name);
		assert_true(blob_adopt(l, slice_of(path), of, EACH, &err));
		assert_true(shelf_sync(*state, l, &err));
		assert_int_equal(access(path, F_OK), -1);
	}
	for (int k = 0; k < PACKS * EACH; k++) {
		int n = snprintf(text, sizeof(text), "%d of %d\n", k / PACKS, k % PACKS);
		struct sha256_hex h = sha256(slice_make(text, (size_t)n));

		if (!blob_get(scratch_dir(s), SLICE("s1"), slice_of(h.s), &a, &got, &err))
			fail_msg("%s: %s", text, err.msg);
		assert_true(slice_eq_cstr(got, text));
		if (!blob_reader_get(&r, scratch_dir(s), SLICE("s1"), slice_of(h.s), &a, &got,
				     &err))
			fail_msg("%s: %s", text, err.msg);
		assert_true(slice_eq_cstr(got, text));
	}
	assert_false(blob_reader_get(&r, scratch_dir(s), SLICE("s1"),
				     slice_of(sha256(SLICE("never stored")).s), &a, &got, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	blob_reader_release(&r);
	free(bytes);
	arena_release(&a);
	event_log_close(l);
}

/* What waits for the log together lies in one file then, and is found all the same. */
static void many_at_once_are_one_file(void **state)
{
	enum { MANY = 500 };
	const struct scratch *s = *state;
	struct event_log *l = open_log(*state);
	struct sha256_hex of[MANY];
	struct err err = { 0 };
	char text[64], path[300];
	struct blob_reader r;
	struct slice got;
	struct arena a;

	arena_init(&a);
	blob_reader_init(&r);
	for (int i = 0; i < MANY; i++) {
		int n = snprintf(text, sizeof(text), "content %d\n",
				 i % (MANY - 1)); /* one twice */

		assert_true(blob_put(l, slice_make(text, (size_t)n), &of[i], &err));
	}
	assert_true(shelf_sync(*state, l, &err));
	(void)snprintf(path, sizeof(path), "%s/sessions/s1/blobs/%.2s", s->path, of[0].s);
	assert_int_equal(access(path, F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s/sessions/s1/blobs/packs/new", s->path);
	assert_int_equal(access(path, F_OK), -1);
	for (int i = 0; i < MANY; i++) {
		int n = snprintf(text, sizeof(text), "content %d\n", i % (MANY - 1));

		if (!blob_reader_get(&r, scratch_dir(s), SLICE("s1"), slice_of(of[i].s), &a, &got,
				     &err))
			fail_msg("%s: %s", text, err.msg);
		assert_true(slice_eq(got, slice_make(text, (size_t)n)));
	}
	blob_reader_release(&r);
	arena_release(&a);
	event_log_close(l);
}

/* A crash left the index without its bytes, before any event named them. */
static void an_index_without_bytes_is_stepped_over(void **state)
{
	struct event_log *l = open_log(*state);
	const struct scratch *s = *state;
	struct blob_place of = { sha256(SLICE("kept")), 0, 4 };
	struct err err = { 0 };
	char path[300];
	struct arena a;
	struct slice got;

	arena_init(&a);
	for (int i = 0; i < 2; i++) {
		scratch_write(s, "pack", "kept", 4);
		(void)snprintf(path, sizeof(path), "%s/pack", s->path);
		assert_true(blob_adopt(l, slice_of(path), &of, 1, &err));
		assert_true(shelf_sync(*state, l, &err));
	}
	scratch_remove(s, "sessions/s1/blobs/packs/0.bytes");
	assert_true(blob_get(scratch_dir(s), SLICE("s1"), slice_of(of.hash.s), &a, &got, &err));
	scratch_remove(s, "sessions/s1/blobs/packs/1.bytes");
	assert_false(blob_get(scratch_dir(s), SLICE("s1"), slice_of(of.hash.s), &a, &got, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	arena_release(&a);
	event_log_close(l);
}

/* A worker that was taken over puts a link in the place of its folder, or of the file: the user's own file is not
 * moved, and not read. */
static void no_link_leads_to_a_file_of_the_user(void **state)
{
	const struct scratch *s = *state;
	struct blob_place of = { sha256(SLICE("mine")), 0, 4 };
	char views[300], mine[300], path[400];
	struct err err = { 0 };

	(void)snprintf(views, sizeof(views), "%s/views", s->path);
	(void)snprintf(mine, sizeof(mine), "%s/mine", s->path);
	assert_int_equal(mkdir(views, 0700), 0);
	assert_int_equal(mkdir(mine, 0700), 0);
	scratch_write(s, "mine/key", "mine", 4);
	(void)snprintf(path, sizeof(path), "%s/r-1", views);
	assert_int_equal(symlink("..", path), 0);
	for (int i = 0; i < 2; i++) {
		struct event_log *l = open_log(*state);

		(void)snprintf(path, sizeof(path), "%s/r-1/mine/key", views);
		if (i) { /* the folders are real, and the file is a link */
			(void)snprintf(path, sizeof(path), "%s/mine/link", s->path);
			assert_int_equal(symlink("key", path), 0);
		}
		assert_true(blob_adopt(l, slice_of(path), &of, 1, &err));
		assert_false(shelf_sync(*state, l, &err));
		event_log_close(l);
	}
	(void)snprintf(path, sizeof(path), "%s/key", mine);
	assert_int_equal(access(path, R_OK), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, shelf_setup, shelf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stored_is_found),
		TEST(absent_and_bad_names),
		TEST(damaged_is_an_error_and_put_mends_a_short_one),
		TEST(full_disk_leaves_nothing),
		TEST(many_are_adopted_in_one_file),
		TEST(many_at_once_are_one_file),
		TEST(an_index_without_bytes_is_stepped_over),
		TEST(no_link_leads_to_a_file_of_the_user),
	};

	return cmocka_run_group_tests_name("store/blob", tests, NULL, NULL);
}
