/* test_peers.c - faces that end, or hold more than a message takes, while they are asked. Two faces in one loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/peers/face.h"
#include "agent/peers/peer_host.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "tests/unit/agent/worker/folder.h"

#define FILE_A "/w/a.txt"
#define FILE_B "/w/b.txt"

/* A face with these files open. Its editor makes an edit when the test says so. */
struct desk {
	struct snapshot *text; /* of both files */
	bool both;
	edit_cb *done;
	void *payload;
};

struct fixture {
	uv_loop_t loop;
	struct runq runq;
	struct folder dir;
	struct arena arena;
	struct slice folder;
	struct peers *peers;
	struct desk mine, theirs;
	struct face *face; /* of theirs */
	unsigned fresh, edited;
	enum err_code code; /* of the edit */
	size_t holders, silent, len;
};

static struct snapshot *buffer(void *self, struct slice path)
{
	struct desk *d = self;

	if (!slice_eq(path, SLICE(FILE_A)) && !(d->both && slice_eq(path, SLICE(FILE_B))))
		return NULL;
	return d->text ? snapshot_ref(d->text) : NULL;
}

static void each_buffer(void *self, struct slice root,
			void (*fn)(void *payload, struct slice path, struct snapshot *text),
			void *payload)
{
	struct desk *d = self;

	(void)root;
	if (d->text)
		fn(payload, SLICE(FILE_A), d->text);
	if (d->text && d->both)
		fn(payload, SLICE(FILE_B), d->text);
}

static struct host_ask *edit(void *self, struct task *t, const struct buffer_edit *e, edit_cb *done,
			     void *payload)
{
	struct desk *d = self;

	(void)t, (void)e;
	d->done = done;
	d->payload = payload;
	return (struct host_ask *)d;
}

static const struct host_ops ops = { .buffer = buffer, .each_buffer = each_buffer, .edit = edit };

static void write_names(void *owner, struct buf *out)
{
	(void)owner;
	buf_puts(out, "root /w\nopen " FILE_A "\nopen " FILE_B "\n");
}

static const char *no_name(void *payload)
{
	(void)payload;
	return "";
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct err err;

	folder_make(&f->dir);
	(void)setenv("XDG_RUNTIME_DIR", f->dir.path, 1);
	arena_init(&f->arena);
	if (!peers_folder(&f->arena, &f->folder, &err))
		return -1;
	(void)uv_loop_init(&f->loop);
	runq_init(&f->runq, &f->loop);
	f->peers = peers_new(
		&(struct peers_options){ .loop = &f->loop, .runq = &f->runq, .own_name = no_name });
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int left;

	face_close(f->face);
	peers_close(f->peers);
	runq_close(&f->runq);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	left = uv_loop_close(&f->loop);
	snapshot_unref(f->mine.text);
	snapshot_unref(f->theirs.text);
	arena_release(&f->arena);
	folder_free(&f->dir);
	free(f);
	return left;
}

static void open_face(struct fixture *f)
{
	f->face = face_open(&(struct face_options){ .loop = &f->loop,
						    .runq = &f->runq,
						    .host = { &ops, &f->theirs },
						    .list = write_names });
	assert_non_null(f->face);
}

static void on_fresh(void *payload)
{
	((struct fixture *)payload)->fresh++;
}

static void count(void *payload, struct peer *peer, struct peer_buffer *b)
{
	struct fixture *f = payload;

	(void)peer;
	f->holders += b && b->text;
	f->silent += !b;
	if (b && b->text)
		f->len = snapshot_text(b->text).len;
}

static void ask(struct fixture *f, const char *path, bool below)
{
	unsigned before = f->fresh;

	(void)peers_ask(f->peers, slice_of(path), below, on_fresh, f);
	while (f->fresh == before)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	f->holders = f->silent = 0;
	peers_holders(f->peers, SLICE(FILE_A), count, f);
}

/* Its number is alive, but nobody listens at its socket. */
static void two_questions_at_a_face_that_is_gone(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char name[FACE_NAME_MAX];
	struct err err;

	(void)snprintf(name, sizeof(name), "%d-abc123", (int)getpid());
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", f->folder.ptr, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	(void)close(fd);
	assert_true(peers_write_list(f->folder.ptr, name, SLICE("open " FILE_A "\n"), &err));
	(void)peers_ask(f->peers, SLICE(FILE_A), false, on_fresh, f);
	(void)peers_ask(f->peers, SLICE("/w"), true, on_fresh, f);
	while (f->fresh < 2)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(access(at.sun_path, F_OK), -1);
}

static void on_edited(void *payload, struct snapshot *now, const struct err *err)
{
	struct fixture *f = payload;

	(void)now;
	f->edited++;
	f->code = err ? err->code : ERR_NONE;
}

/* What the other face held is a file again: nobody is left to ask for the edit. */
static void a_holder_ends_during_an_edit(void **state)
{
	struct fixture *f = *state;
	struct text_change change = { .start = 0, .end = 1, .text = SLICE("y") };
	struct peer_host ph;
	struct host h = peer_host_init(&ph, (struct host){ &ops, &f->mine }, f->peers, NULL);
	struct buffer_edit e = { .path = SLICE(FILE_A),
				 .changes = &change,
				 .n_changes = 1,
				 .after = SLICE("y"),
				 .label = SLICE("test") };

	f->mine.text = snapshot_new(SLICE("x"), 0);
	f->theirs.text = snapshot_new(SLICE("x"), 0);
	open_face(f);
	while (f->holders == 0)
		ask(f, FILE_A, false);
	e.base = f->mine.text;
	(void)h.ops->edit(h.self, NULL, &e, on_edited, f);
	assert_non_null(f->mine.done);
	face_close(f->face);
	f->face = NULL;
	while (f->holders + f->silent > 0)
		ask(f, FILE_A, false);
	f->mine.done(f->mine.payload, f->mine.text, NULL);
	while (f->edited == 0)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(f->code, ERR_NONE);
}

static void a_text_is_sent_again_behind_an_answer_that_was_too_large(void **state)
{
	struct fixture *f = *state;
	size_t len = LIMIT_MESSAGE_BYTES / 2 + 1;
	char *text = xmalloc(len + 1);

	memset(text, 'x', len);
	text[len] = '\0';
	f->theirs.text = snapshot_take(text, len, 0);
	f->theirs.both = true;
	open_face(f);
	while (f->silent == 0)
		ask(f, "/w", true); /* both files: too much for one answer */
	ask(f, FILE_A, false);
	assert_int_equal(f->holders, 1);
	assert_int_equal(f->len, len);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(two_questions_at_a_face_that_is_gone),
		CASE(a_holder_ends_during_an_edit),
		CASE(a_text_is_sent_again_behind_an_answer_that_was_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
