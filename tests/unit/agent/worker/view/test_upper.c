/* test_upper.c - from an overlay's layer to a list of changes, and to the real tree */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "agent/sandbox/tree.h"
#include "agent/worker/file/files.h"
#include "agent/worker/file/manifest.h"
#include "agent/worker/view/upper.h"
#include "protocol/base/mem.h"
#include "tests/unit/agent/worker/folder.h"

#define OBJECT ".git/objects/ab/0123456789012345678901234567890123456a"

struct fixture {
	struct folder real, base, layer; /* layer: the upper's folder */
	struct root root;
	struct places places;
	struct views views;
	struct upper *u;
};

static int setup(void **state)
{
	static const struct slice names[] = { { ".env*", 5 } };
	struct fixture *f = calloc(1, sizeof(*f));
	struct match *denied = NULL;
	struct err err;

	if (!f || !match_new_names(names, 1, &denied, &err))
		return -1;
	folder_make(&f->real);
	folder_make(&f->base);
	folder_put(&f->real, "a.txt", "hello\n");
	folder_put(&f->real, "sub/b.txt", "b\n");
	folder_put(&f->real, "sub/deep/c.txt", "c\n");
	folder_put(&f->real, ".git/HEAD", "ref\n");
	folder_put(&f->real, ".git/config", "[core]\n");
	folder_put(&f->real, ".gitignore", "*.o\nout/\n");
	if (!root_open(&f->root, slice_of(f->real.path), denied, &err) ||
	    !views_open(&f->views, slice_of(f->base.path), &err) ||
	    !upper_new(&f->views, 1, &f->u, &err))
		return -1;
	places_init(&f->places);
	(void)snprintf(f->layer.path, sizeof(f->layer.path), "/proc/self/fd/%d", f->u->fd);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	upper_free(&f->views, f->u);
	views_release(&f->views);
	places_release(&f->places);
	root_release(&f->root);
	folder_free(&f->real);
	assert_int_equal(rmdir(f->base.path), 0); /* nothing is left */
	free(f);
	return 0;
}

static void walk(struct fixture *f)
{
	struct err err = { .msg = "" };

	if (!upper_walk(f->u, &f->root, &err))
		fail_msg("%s", err.msg);
	if (f->u->check.ended >= 0) {
		struct pollfd p = { .fd = f->u->check.ended };

		assert_int_equal(poll(&p, 1, 60 * 1000), 1);
	}
	if (!upper_settle(f->u, &err))
		fail_msg("%s", err.msg);
}

static struct upper_change *find(struct fixture *f, const char *rel)
{
	for (size_t i = 0; i < f->u->n; i++) {
		if (strcmp(f->u->change[i].rel, rel) == 0)
			return &f->u->change[i];
	}
	return NULL;
}

static bool whiteout(struct fixture *f, const char *rel)
{
	return mknod(folder_at(&f->layer, rel), S_IFCHR, makedev(0, 0)) == 0;
}

static bool opaque(struct fixture *f, const char *rel)
{
	return setxattr(folder_at(&f->layer, rel), "user.overlay.opaque", "y", 1, 0) == 0;
}

static void set_time(const struct folder *in, const char *rel, time_t seconds)
{
	struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(AT_FDCWD, folder_at(in, rel), times, 0), 0);
}

/* Another layer: the command starts now. */
static void again(struct fixture *f)
{
	struct err err;

	upper_free(&f->views, f->u);
	assert_true(upper_new(&f->views, 2, &f->u, &err));
	(void)snprintf(f->layer.path, sizeof(f->layer.path), "/proc/self/fd/%d", f->u->fd);
}

static void test_nothing(void **state)
{
	struct fixture *f = *state;

	folder_put(&f->layer, "a.txt", "hello\n"); /* copied up, not changed */
	assert_int_equal(chmod(folder_at(&f->layer, "a.txt"), 0644), 0);
	assert_int_equal(chmod(folder_at(&f->real, "a.txt"), 0644), 0);
	(void)mkdir(folder_at(&f->layer, "sub"), 0755);
	set_time(&f->layer, "a.txt", 1000);
	set_time(&f->real, "a.txt", 1000);
	walk(f);
	assert_int_equal(f->u->n, 0);
}

/* Nobody is shown a `touch`, but make wants it. */
static void test_touched(void **state)
{
	struct fixture *f = *state;
	size_t done, failed;
	struct stat st;
	struct err err;

	set_time(&f->real, "a.txt", 1000);
	again(f);
	folder_put(&f->layer, "a.txt", "hello\n");
	assert_int_equal(stat(folder_at(&f->real, "a.txt"), &st), 0);
	assert_int_equal(chmod(folder_at(&f->layer, "a.txt"), st.st_mode & 0777), 0);
	set_time(&f->layer, "a.txt", 2000);
	walk(f);
	assert_int_equal(f->u->shown, 0);
	assert_int_equal(find(f, "a.txt")->kind, UPPER_TIME);
	upper_apply_quiet(f->u, &f->root, &done, &failed, &err);
	assert_int_equal(failed, 0);
	assert_int_equal(stat(folder_at(&f->real, "a.txt"), &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 2000);
}

static void test_kinds(void **state)
{
	struct fixture *f = *state;
	struct upper_change *c;

	folder_put(&f->layer, "a.txt", "other\n");
	folder_put(&f->layer, "new/x", "x");
	folder_put(&f->layer, "new/y.o", "object");
	folder_put(&f->layer, OBJECT, "o");
	if (symlink("a.txt", folder_at(&f->layer, "link")) < 0)
		fail();
	walk(f);
	c = find(f, "a.txt");
	assert_true(c && c->kind == UPPER_CHANGED && c->class == UPPER_ORDINARY && !c->stale);
	assert_string_equal(c->before.s, sha256(SLICE("hello\n")).s);
	assert_string_equal(c->after.s, sha256(SLICE("other\n")).s);
	c = find(f, "new/x");
	assert_true(c && c->kind == UPPER_CREATED && c->class == UPPER_ORDINARY && !c->before.s[0]);
	c = find(f, OBJECT);
	assert_true(c && c->class == UPPER_QUIET && c->git && c->object);
	c = find(f, "link");
	assert_true(c && c->type == UPPER_SYMLINK && c->class == UPPER_ORDINARY);
	assert_null(find(f, "new"));
}

/* What the walk put aside at this place. */
static bool kept(struct fixture *f, struct spool_place at, const char *text)
{
	char got[64] = "";
	struct err err;
	int fd;

	assert_true(spool_flush(&f->u->spool, &err));
	fd = openat(f->u->dir, f->u->spool.name, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && at.len < sizeof(got));
	assert_int_equal(pread(fd, got, at.len, (off_t)at.at), at.len);
	(void)close(fd);
	return at.is && strcmp(got, text) == 0;
}

/* One read of a small file is for its hash and for undo; what is no change of content leaves nothing behind. */
static void test_bytes_kept(void **state)
{
	struct fixture *f = *state;
	char *large = calloc(1, SPOOL_SMALL_BYTES + 2);
	struct upper_change *c;

	assert_non_null(large);
	memset(large, 'x', SPOOL_SMALL_BYTES + 1);
	folder_put(&f->real, "same.txt", "same\n");
	folder_put(&f->real, "mode.txt", "mode\n");
	again(f);
	folder_put(&f->layer, "same.txt", "same\n"); /* touched */
	folder_put(&f->layer, "mode.txt", "mode\n");
	assert_int_equal(chmod(folder_at(&f->layer, "mode.txt"), 0751), 0);
	folder_put(&f->layer, "a.txt", "other\n");
	folder_put(&f->layer, "new.txt", "new\n");
	folder_put(&f->layer, "large.txt", large);
	folder_put(&f->layer, ".env", "secret\n");
	(void)mkdir(folder_at(&f->layer, "sub"), 0755);
	assert_true(whiteout(f, "sub/b.txt"));
	walk(f);
	c = find(f, "a.txt");
	assert_true(c && kept(f, c->kept_before, "hello\n") && kept(f, c->kept_after, "other\n"));
	c = find(f, "new.txt");
	assert_true(c && !c->kept_before.is && kept(f, c->kept_after, "new\n"));
	c = find(f, "sub/b.txt");
	assert_true(c && !c->kept_after.is && kept(f, c->kept_before, "b\n"));
	c = find(f, "large.txt");
	assert_true(c && c->class == UPPER_ORDINARY && !c->kept_after.is);
	assert_int_equal(find(f, "mode.txt")->kind, UPPER_MODE);
	assert_int_equal(f->u->spool.bytes, strlen("hello\nother\nnew\nb\n"));
	free(large);
}

enum { MANY = 200, MANY_BYTES = 15000 };

static struct slice many_text(char *text, size_t i, char fill)
{
	memset(text, fill, MANY_BYTES);
	(void)snprintf(text, 16, "%zu", i);
	text[strlen(text)] = fill;
	text[MANY_BYTES] = 0;
	return slice_make(text, MANY_BYTES);
}

static bool lies_at(struct fixture *f, const struct spool_place *at, struct slice text)
{
	char *got = calloc(1, MANY_BYTES);
	int fd = openat(f->u->dir, f->u->spool.name, O_RDONLY | O_CLOEXEC);
	bool ok;

	assert_true(got && fd >= 0);
	ok = at->is && at->len == text.len &&
	     pread(fd, got, at->len, (off_t)at->at) == (ssize_t)at->len &&
	     memcmp(got, text.ptr, text.len) == 0;
	(void)close(fd);
	free(got);
	return ok;
}

/* More than one piece of them, so a second thread hashes and writes; every fourth did not change. */
static void test_many_kept(void **state)
{
	struct fixture *f = *state;
	char *text = malloc(MANY_BYTES + 1), name[32];
	size_t changed = 0;
	struct err err;

	assert_non_null(text);
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "many/%zu.txt", i);
		(void)many_text(text, i, 'a');
		folder_put(&f->real, name, text);
	}
	again(f);
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "many/%zu.txt", i);
		(void)many_text(text, i, i % 4 ? 'b' : 'a');
		folder_put(&f->layer, name, text);
	}
	walk(f);
	assert_true(spool_flush(&f->u->spool, &err));
	for (size_t i = 0; i < MANY; i++) {
		struct upper_change *c;
		struct slice s;

		(void)snprintf(name, sizeof(name), "many/%zu.txt", i);
		c = find(f, name);
		assert_non_null(c);
		assert_int_equal(c->kind == UPPER_CHANGED, i % 4 != 0);
		if (i % 4 == 0)
			continue; /* its time only */
		changed++;
		s = many_text(text, i, 'a');
		assert_string_equal(c->before.s, sha256(s).s);
		assert_true(lies_at(f, &c->kept_before, s));
		s = many_text(text, i, 'b');
		assert_string_equal(c->after.s, sha256(s).s);
		assert_true(lies_at(f, &c->kept_after, s));
	}
	assert_int_equal(f->u->spool.bytes, changed * 2 * MANY_BYTES);
	free(text);
}

static void test_removed(void **state)
{
	struct fixture *f = *state;
	struct upper_change *c;

	if (!whiteout(f, "sub"))
		skip();
	walk(f);
	assert_int_equal(f->u->n, 4); /* two folders, two files, the deepest first */
	assert_string_equal(f->u->change[0].rel, "sub/deep/c.txt");
	c = find(f, "sub/b.txt");
	assert_true(c && c->kind == UPPER_REMOVED && c->class == UPPER_ORDINARY);
	c = find(f, "sub/deep");
	assert_true(c && c->type == UPPER_DIR && c->class == UPPER_QUIET);
}

static void test_opaque(void **state)
{
	struct fixture *f = *state;

	folder_put(&f->layer, "sub/b.txt", "b\n");
	folder_put(&f->layer, "sub/n", "n\n");
	if (!opaque(f, "sub"))
		skip();
	walk(f);
	assert_non_null(find(f, "sub/deep/c.txt"));
	assert_int_equal(find(f, "sub/deep/c.txt")->kind, UPPER_REMOVED);
	assert_int_equal(find(f, "sub/n")->kind, UPPER_CREATED);
	assert_true(!find(f, "sub/b.txt") || find(f, "sub/b.txt")->kind >= UPPER_MODE);
}

static void test_git_replaced(void **state)
{
	struct fixture *f = *state;
	size_t done, failed;
	struct err err;

	folder_put(&f->layer, ".git/HEAD", "other\n");
	if (!opaque(f, ".git"))
		skip();
	walk(f);
	assert_int_equal(find(f, ".git")->class, UPPER_PROTECTED);
	assert_null(find(f, ".git/config"));
	assert_int_equal(find(f, ".git/HEAD")->class, UPPER_PROTECTED); /* with the rest, or not */
	upper_apply_quiet(f->u, &f->root, &done, &failed, &err);
	assert_string_equal(folder_get(&f->real, ".git/HEAD"), "ref\n");
	assert_int_equal(done + failed, 0);
}

/* `git init` in a new folder says nothing yet; another configuration does. */
static void test_git_made(void **state)
{
	struct fixture *f = *state;

	folder_put(&f->layer, "new/.git/config", "[core]\n\tbare = false\n");
	folder_put(&f->layer, "evil/.git/config", "[core]\n\tfsmonitor = x\n");
	folder_put(&f->layer, "evil/.git/hooks/update", "x\n");
	folder_put(&f->layer, "evil/.git/hooks/update.sample", "x\n");
	folder_put(&f->layer, ".git/config", "[core]\n\tbare = false\n");
	walk(f);
	assert_int_equal(find(f, "new/.git/config")->class, UPPER_ORDINARY);
	assert_int_equal(find(f, "evil/.git/config")->class, UPPER_PROTECTED);
	assert_int_equal(find(f, "evil/.git/hooks/update")->class, UPPER_PROTECTED);
	assert_int_equal(find(f, "evil/.git/hooks/update.sample")->class, UPPER_ORDINARY);
	assert_int_equal(find(f, ".git/config")->class, UPPER_PROTECTED);
}

/* What git does is a change like any other; only objects come without a word. */
static void test_git_data(void **state)
{
	static const char *const listed[] = { ".git/refs/heads/main", ".git/logs/HEAD",
					      ".git/info/exclude", ".git/objects/info/alternates",
					      ".git/refs/heads/objects/ab" };
	struct fixture *f = *state;
	struct upper_change *c;

	for (size_t i = 0; i < ARRAY_LEN(listed); i++)
		folder_put(&f->layer, listed[i], "x\n");
	folder_put(&f->layer, OBJECT, "o\n");
	walk(f);
	for (size_t i = 0; i < ARRAY_LEN(listed); i++) {
		c = find(f, listed[i]);
		assert_true(c && c->class == UPPER_ORDINARY && c->git && !c->object);
	}
	assert_true(upper_is_new_object(find(f, OBJECT)));
	assert_int_equal(f->u->objects.added, 1);
}

static void test_git_head(void **state)
{
	struct fixture *f = *state;

	folder_put(&f->real, ".git/HEAD", "ref: refs/heads/main\n");
	again(f);
	folder_put(&f->layer, ".git/HEAD", "");
	walk(f);
	assert_int_equal(find(f, ".git/HEAD")->class, UPPER_NEVER);
	again(f);
	folder_put(&f->layer, ".git/HEAD", "ref: refs/heads/other\n");
	walk(f);
	assert_int_equal(find(f, ".git/HEAD")->class, UPPER_ORDINARY);
}

/* Somebody's git wrote one of the files meanwhile: then nothing of this repository is kept. */
static void test_git_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct upper_change *c;

	folder_put(&f->layer, ".git/refs/heads/main", "theirs\n");
	folder_put(&f->layer, ".git/logs/HEAD", "theirs\n");
	folder_put(&f->layer, "other/.git/logs/HEAD", "theirs\n");
	folder_put(&f->layer, "a.txt", "theirs\n");
	folder_put(&f->layer, OBJECT, "o\n");
	folder_put(&f->real, ".git/refs/heads/main", "mine\n");
	walk(f);
	c = find(f, ".git/logs/HEAD");
	assert_true(c->class == UPPER_NEVER && strstr(c->reason, "was changed while"));
	assert_int_equal(find(f, ".git/refs/heads/main")->class, UPPER_NEVER);
	assert_false(upper_is_new_object(find(f, OBJECT)));
	assert_int_equal(find(f, "other/.git/logs/HEAD")->class, UPPER_ORDINARY);
	assert_int_equal(find(f, "a.txt")->class, UPPER_ORDINARY);
}

/* What an object holds is in its name: it is neither changed nor, if nothing else has it, removed. */
static void test_git_objects(void **state)
{
	struct fixture *f = *state;
	size_t done, failed;
	struct err err;

	folder_put(&f->real, OBJECT, "o\n");
	folder_put(&f->real, ".git/objects/ab/0123456789012345678901234567890123456b", "o\n");
	again(f);
	folder_put(&f->layer, OBJECT, "other\n");
	if (!whiteout(f, ".git/objects/ab/0123456789012345678901234567890123456b"))
		skip();
	walk(f);
	assert_int_equal(f->u->objects.held, 2);
	upper_apply_quiet(f->u, &f->root, &done, &failed, &err);
	assert_int_equal(failed, 0);
	assert_string_equal(folder_get(&f->real, OBJECT), "o\n");
	assert_int_equal(access(folder_at(&f->real,
					  ".git/objects/ab/0123456789012345678901234567890123456b"),
				F_OK),
			 0);
}

/* A child looks for the objects elsewhere; until it has ended nothing is settled. */
static void test_git_objects_later(void **state)
{
	struct fixture *f = *state;
	struct err err;
	pid_t child;

	folder_put(&f->real, OBJECT, "o\n");
	again(f);
	folder_put(&f->layer, ".git/objects/ab/0123456789012345678901234567890123456b", "o\n");
	if (!whiteout(f, OBJECT))
		skip();
	assert_true(upper_walk(f->u, &f->root, &err));
	child = f->u->check.child;
	assert_true(child > 0 && f->u->check.ended >= 0);
	assert_int_equal(f->u->objects.held, 0);
	assert_false(find(f, OBJECT)->done);
	assert_true(upper_settle(f->u, &err));
	assert_int_equal(f->u->check.child, 0);
	assert_int_equal(f->u->objects.held, 1);
	assert_true(find(f, OBJECT)->done);
	assert_int_equal(kill(child, 0), -1);
}

static void test_never(void **state)
{
	static const char *const rels[] = { "fifo", "sock", "out", "up", "climb", ".env", "abs" };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct fixture *f = *state;
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct err err;

	assert_int_equal(mkfifo(folder_at(&f->layer, "fifo"), 0600), 0);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", folder_at(&f->layer, "sock"));
	assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof(at)), 0);
	(void)close(s);
	if (symlink("/etc/passwd", folder_at(&f->layer, "out")) < 0 ||
	    symlink("../x", folder_at(&f->layer, "up")) < 0 ||
	    symlink("sub/../../x", folder_at(&f->layer, "climb")) < 0 ||
	    symlink("/home", folder_at(&f->layer, "abs")) < 0 ||
	    symlink("/usr/bin/env", folder_at(&f->layer, "system")) < 0)
		fail();
	folder_put(&f->layer, ".env", "KEY\n");
	walk(f);
	for (size_t i = 0; i < ARRAY_LEN(rels); i++) {
		struct upper_change *c = find(f, rels[i]);

		assert_true(c && c->class == UPPER_NEVER && c->reason);
		assert_false(upper_apply(f->u, &f->root, c, &err));
		assert_int_not_equal(access(folder_at(&f->real, rels[i]), F_OK), 0);
	}
	assert_int_equal(find(f, "system")->class, UPPER_ORDINARY);
}

static void test_type_changes(void **state)
{
	struct fixture *f = *state;
	struct err err;

	folder_put(&f->layer, "a.txt/inside", "x\n");
	walk(f);
	assert_int_equal(find(f, "a.txt")->kind, UPPER_REMOVED);
	assert_int_equal(find(f, "a.txt/inside")->kind, UPPER_CREATED);
	assert_string_equal(f->u->change[0].rel, "a.txt");
	for (size_t i = 0; i < f->u->n; i++)
		assert_true(upper_apply(f->u, &f->root, &f->u->change[i], &err));
	assert_string_equal(folder_get(&f->real, "a.txt/inside"), "x\n");
}

static void test_commit(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	struct err err;

	assert_int_equal(chmod(folder_at(&f->real, "a.txt"), 0640), 0);
	folder_put(&f->layer, "a.txt", "other\n");
	assert_int_equal(chmod(folder_at(&f->layer, "a.txt"), 04600), 0);
	walk(f);
	find(f, "a.txt")->stale = false; /* the permissions were changed after the mark */
	assert_true(upper_apply(f->u, &f->root, find(f, "a.txt"), &err));
	assert_string_equal(folder_get(&f->real, "a.txt"), "other\n");
	assert_int_equal(stat(folder_at(&f->real, "a.txt"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_false(upper_apply(f->u, &f->root, find(f, "a.txt"), &err)); /* once */
}

/* The layer's file itself becomes the real one: attributes, time and other names stay. */
static void test_moved(void **state)
{
	struct fixture *f = *state;
	char value[8] = "";
	struct stat a, b;
	struct err err;

	folder_put(&f->layer, "a.txt", "other\n");
	folder_put(&f->layer, "one", "linked\n");
	assert_int_equal(link(folder_at(&f->layer, "one"), folder_at(&f->layer, "two")), 0);
	if (setxattr(folder_at(&f->layer, "a.txt"), "user.note", "kept", 4, 0) < 0 ||
	    setxattr(folder_at(&f->layer, "a.txt"), "user.overlay.origin", "", 0, 0) < 0)
		skip();
	set_time(&f->layer, "a.txt", 3000);
	walk(f);
	for (size_t i = 0; i < f->u->n; i++)
		assert_true(upper_apply(f->u, &f->root, &f->u->change[i], &err));
	assert_int_equal(getxattr(folder_at(&f->real, "a.txt"), "user.note", value, 8), 4);
	assert_string_equal(value, "kept");
	assert_true(getxattr(folder_at(&f->real, "a.txt"), "user.overlay.origin", value, 8) < 0);
	assert_int_equal(stat(folder_at(&f->real, "a.txt"), &a), 0);
	assert_int_equal(a.st_mtim.tv_sec, 3000);
	assert_int_equal(stat(folder_at(&f->real, "one"), &a), 0);
	assert_int_equal(stat(folder_at(&f->real, "two"), &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
}

/* The hash of a file with holes is that of the bytes that a reader gets. */
static void hash_as_read(int fd, size_t size)
{
	char *all = xmalloc(size);
	struct sha256_hex hash, want;
	struct err err = { 0 };

	assert_int_equal(pread(fd, all, size, 0), size);
	want = sha256(slice_make(all, size));
	free(all);
	assert_true(file_hash(fd, "sparse", size, &hash, &err));
	assert_string_equal(hash.s, want.s);
}

/* A copy, as between two file systems, keeps them as well, and takes no more room; their hash is taken
 * without reading them. */
static void test_holes(void **state)
{
	struct fixture *f = *state;
	int from = open(folder_at(&f->layer, "sparse"), O_RDWR | O_CREAT, 0600);
	int dir = open(f->real.path, O_RDONLY | O_DIRECTORY);
	struct put p;
	struct stat st;
	char byte = 0;

	assert_true(from >= 0 && dir >= 0);
	assert_int_equal(ftruncate(from, 64 * 1024 * 1024), 0);
	assert_int_equal(pwrite(from, "x", 1, 32 * 1024 * 1024), 1);
	assert_true(put_open(&p, dir, 0600));
	assert_true(put_copy(&p, from));
	assert_int_equal(fstat(p.fd, &st), 0);
	assert_int_equal(st.st_size, 64 * 1024 * 1024);
	assert_true(st.st_blocks * 512 < 4 * 1024 * 1024);
	assert_int_equal(pread(p.fd, &byte, 1, 32 * 1024 * 1024), 1);
	assert_int_equal(byte, 'x');
	hash_as_read(from, 64 * 1024 * 1024);
	assert_int_equal(ftruncate(from, 64 * 1024 * 1024 - 5), 0);
	assert_int_equal(pwrite(from, "end", 3, 64 * 1024 * 1024 - 8), 3);
	hash_as_read(from, 64 * 1024 * 1024 - 5);
	put_end(&p);
	(void)close(dir);
	(void)close(from);
}

/* What a file occupies counts, not how far it goes, and one file too much is all too much. */
static void test_too_large(void **state)
{
	struct fixture *f = *state;
	char bytes[64 * 1024];
	int fd = open(folder_at(&f->layer, "sparse"), O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 64 * 1024 * 1024), 0);
	(void)close(fd);
	f->u->max_bytes = 1024 * 1024;
	walk(f);
	assert_false(f->u->too_large);
	assert_int_equal(find(f, "sparse")->size, 64 * 1024 * 1024);
	again(f);
	f->u->max_bytes = 1024 * 1024;
	fd = open(folder_at(&f->layer, "large"), O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	for (int i = 0; i < 20; i++) {
		random_bytes(bytes, sizeof(bytes));
		assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	}
	assert_int_equal(fsync(fd), 0);
	(void)close(fd);
	walk(f);
	assert_true(f->u->too_large);
}

/* Saves that no look at the content finds: one that is about to be written, one of the same length. */
static void test_saved_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct err err;
	int fd;

	folder_put(&f->layer, "a.txt", "other\n");
	folder_put(&f->layer, "sub/b.txt", "x\n");
	walk(f);
	fd = open(folder_at(&f->real, "a.txt"), O_WRONLY);
	assert_true(fd >= 0);
	assert_false(upper_apply(f->u, &f->root, find(f, "a.txt"), &err));
	assert_int_equal(err.code, ERR_STALE);
	assert_int_equal(pwrite(fd, "H", 1, 0), 1);
	(void)close(fd);
	assert_string_equal(folder_get(&f->real, "a.txt"), "Hello\n");
	assert_true(upper_apply(f->u, &f->root, find(f, "sub/b.txt"), &err));
	assert_string_equal(folder_get(&f->real, "sub/b.txt"), "x\n");
}

static void test_commit_is_conditional(void **state)
{
	struct fixture *f = *state;
	struct err err;

	folder_put(&f->layer, "a.txt", "other\n");
	folder_put(&f->layer, "new", "theirs\n");
	walk(f);
	folder_put(&f->real, "a.txt", "meanwhile\n");
	folder_put(&f->real, "new", "mine\n");
	assert_false(upper_apply(f->u, &f->root, find(f, "a.txt"), &err));
	assert_int_equal(err.code, ERR_STALE);
	assert_false(upper_apply(f->u, &f->root, find(f, "new"), &err));
	assert_int_equal(err.code, ERR_STALE);
	assert_string_equal(folder_get(&f->real, "a.txt"), "meanwhile\n");
	assert_string_equal(folder_get(&f->real, "new"), "mine\n");
}

static void test_swapped_parent(void **state)
{
	struct fixture *f = *state;
	struct folder out;
	struct err err;

	folder_make(&out);
	folder_put(&f->layer, "sub/n", "n\n");
	walk(f);
	assert_int_equal(rename(folder_at(&f->real, "sub"), folder_at(&f->real, "moved")), 0);
	if (symlink(out.path, folder_at(&f->real, "sub")) < 0)
		fail();
	assert_false(upper_apply(f->u, &f->root, find(f, "sub/n"), &err));
	assert_int_not_equal(access(folder_at(&out, "n"), F_OK), 0);
	folder_free(&out);
}

static void test_unsaved(void **state)
{
	struct fixture *f = *state;
	struct err err;

	folder_put(&f->real, "crlf", "one\r\ntwo\r\n");
	assert_true(
		upper_place(f->u, &f->root, &f->places, SLICE("a.txt"), SLICE("typed\n"), &err));
	assert_true(
		upper_place(f->u, &f->root, &f->places, SLICE("sub/b.txt"), SLICE("b\n"), &err));
	assert_true(upper_place(f->u, &f->root, &f->places, SLICE("crlf"), SLICE("1\n2\n"), &err));
	assert_true(upper_place(f->u, &f->root, &f->places, SLICE("x/new"), SLICE("n\n"), &err));
	assert_true(upper_place(f->u, &f->root, &f->places, SLICE(".env"), SLICE("n\n"), &err));
	assert_true(upper_place(f->u, &f->root, &f->places, SLICE("../out"), SLICE("n\n"), &err));
	assert_string_equal(folder_get(&f->layer, "a.txt"), "typed\n");
	assert_string_equal(folder_get(&f->layer, "sub/b.txt"), "(no file)"); /* it is the same */
	assert_string_equal(folder_get(&f->layer, "crlf"), "1\r\n2\r\n");
	assert_null(f->u->open[4].rel);
	assert_null(f->u->open[5].rel);
	assert_int_equal(unlink(folder_at(&f->layer, "x/new")), 0); /* the command removed it */
	folder_put(&f->layer, "crlf", "1\r\n3\r\n");
	walk(f);
	assert_null(find(f, "a.txt"));
	assert_int_equal(find(f, "crlf")->open, 2);
	assert_string_equal(find(f, "crlf")->before.s, sha256(SLICE("1\r\n2\r\n")).s);
	assert_int_equal(find(f, "x/new")->kind, UPPER_REMOVED);
}

static bool stands(struct fixture *f, const char *rel)
{
	return access(folder_at(&f->real, rel), F_OK) == 0;
}

static struct upper_change *bundle(struct fixture *f, const char *rel)
{
	for (size_t i = 0; i < f->u->n; i++)
		if (f->u->change[i].type == UPPER_BUNDLE && strcmp(f->u->change[i].rel, rel) == 0)
			return &f->u->change[i];
	return NULL;
}

/* New files that a rule names are seen: few by their names, many and those of tools as one. */
static void test_ignored(void **state)
{
	struct fixture *f = *state;
	struct upper_change *c;
	struct err err = { .msg = "" };
	struct buf list;
	char name[40];

	folder_put(&f->layer, "a.o", "a\n");
	folder_put(&f->layer, "out/x/y", "y\n");
	folder_put(&f->layer, "out/Makefile", "all:\n");
	for (int i = 0; i < 21; i++) {
		(void)snprintf(name, sizeof(name), "sub/n/%d.o", i);
		folder_put(&f->layer, name, "o\n");
	}
	folder_put(&f->layer, "sub/n/run.sh.o", "#!/bin/sh\n");
	assert_int_equal(chmod(folder_at(&f->layer, "sub/n/run.sh.o"), 0755), 0);
	walk(f);
	c = find(f, "a.o");
	assert_true(c && c->class == UPPER_ORDINARY && c->after.s[0]);
	c = find(f, "sub/n/run.sh.o"); /* a script is told by its name */
	assert_true(c && c->class == UPPER_ORDINARY && c->after.s[0]);
	assert_int_equal(f->u->shown, 4);
	c = bundle(f, "out");
	assert_true(c && c->class == UPPER_ORDINARY && c->files == 2);
	c = bundle(f, "sub");
	assert_true(c && c->files == 21);
	buf_init(&list, 64 * 1024);
	assert_true(upper_bundle_list(f->u, &f->root, c, &list));
	assert_true(slice_starts(buf_slice(&list), SLICE("folder sub/n\n2 ")));
	assert_true(upper_apply(f->u, &f->root, c, &err));
	assert_string_equal(folder_get(&f->real, "sub/n/7.o"), "o\n");
	assert_false(stands(f, "out/x/y")); /* it was not asked for */

	/* All go again, but not what somebody changed since. */
	folder_put(&f->real, "sub/n/7.o", "mine\n");
	assert_false(manifest_remove(&f->root, buf_slice(&list), &err));
	assert_int_equal(err.code, ERR_STALE);
	assert_string_equal(err.msg, "1 of its 21 files was changed since, and is left");
	assert_string_equal(folder_get(&f->real, "sub/n/7.o"), "mine\n");
	assert_false(stands(f, "sub/n/8.o"));
	assert_int_equal(unlink(folder_at(&f->real, "sub/n/7.o")), 0);
	assert_true(manifest_remove(&f->root, buf_slice(&list), &err));
	assert_false(stands(f, "sub/n"));
	assert_true(stands(f, "sub/b.txt"));
	assert_false(manifest_remove(&f->root, SLICE("no list\n"), &err));
	assert_int_equal(err.code, ERR_INVALID);
	buf_release(&list);
}

static ino_t inode_of(const struct folder *in, const char *rel)
{
	struct stat st;

	assert_int_equal(lstat(folder_at(in, rel), &st), 0);
	return st.st_ino;
}

/* A new folder of tools becomes real by one rename, unless something in it must not, or not as it is. */
static void test_folder_at_once(void **state)
{
	struct fixture *f = *state;
	struct err err = { .msg = "" };
	size_t done, failed;
	char value[8];
	ino_t was;

	folder_put(&f->layer, "out/x/y", "y\n");
	folder_put(&f->layer, "out/z", "z\n");
	(void)mkdir(folder_at(&f->layer, "out/empty"), 0755);
	assert_true(opaque(f, "out"));
	was = inode_of(&f->layer, "out");
	walk(f);
	assert_int_equal(f->u->n_durable, 1); /* the empty folder */
	assert_true(upper_apply(f->u, &f->root, bundle(f, "out"), &err));
	assert_int_equal(inode_of(&f->real, "out"), was);
	assert_string_equal(folder_get(&f->real, "out/x/y"), "y\n");
	assert_true(getxattr(folder_at(&f->real, "out"), "user.overlay.opaque", value, 8) < 0);
	upper_apply_quiet(f->u, &f->root, &done, &failed, &err);
	assert_int_equal(failed, 0);

	again(f); /* there is one already */
	folder_put(&f->layer, "out/x/more", "m\n");
	walk(f);
	assert_true(upper_apply(f->u, &f->root, bundle(f, "out"), &err));
	assert_int_equal(inode_of(&f->real, "out"), was);
	assert_string_equal(folder_get(&f->real, "out/x/more"), "m\n");
	assert_string_equal(folder_get(&f->real, "out/x/y"), "y\n");

	again(f); /* a file with two names */
	folder_put(&f->layer, "sub/out/a", "a\n");
	assert_int_equal(link(folder_at(&f->layer, "sub/out/a"), folder_at(&f->layer, "b.o")), 0);
	was = inode_of(&f->layer, "sub/out");
	walk(f);
	assert_true(upper_apply(f->u, &f->root, bundle(f, "sub/out"), &err));
	assert_true(inode_of(&f->real, "sub/out") != was);
	assert_string_equal(folder_get(&f->real, "sub/out/a"), "a\n");

	again(f); /* what has the name of a secret stays behind */
	folder_put(&f->layer, "sub/deep/out/a", "a\n");
	folder_put(&f->layer, "sub/deep/out/.env", "KEY=1\n");
	walk(f);
	assert_true(upper_apply(f->u, &f->root, bundle(f, "sub/deep/out"), &err));
	assert_true(stands(f, "sub/deep/out/a"));
	assert_false(stands(f, "sub/deep/out/.env"));
}

/* Rules of this session do not make many files one, as a command may have written them. */
static void test_ignored_by_new_rules(void **state)
{
	struct fixture *f = *state;
	char name[40];

	for (int i = 0; i < 30; i++) {
		(void)snprintf(name, sizeof(name), "sub/%d.o", i);
		folder_put(&f->layer, name, "o\n");
	}
	folder_put(&f->layer, "out/y", "y\n");
	f->u->rules_changed = true;
	walk(f);
	assert_false(bundle(f, "sub"));
	assert_int_equal(find(f, "sub/7.o")->class, UPPER_ORDINARY);
	assert_true(bundle(f, "out"));
}

/* With very many folders, those of the workspace are told as a whole. */
static void test_ignored_folders(void **state)
{
	struct fixture *f = *state;
	char name[40];

	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "sub/%d/out/x", i);
		folder_put(&f->layer, name, "o\n");
	}
	walk(f);
	assert_int_equal(f->u->shown, 1);
	assert_int_equal(bundle(f, "sub")->files, 40);
}

static void test_quiet(void **state)
{
	struct fixture *f = *state;
	size_t done, failed;
	struct err err;

	folder_put(&f->layer, "out/x/y", "y\n");
	folder_put(&f->layer, OBJECT, "o\n");
	(void)mkdir(folder_at(&f->layer, "empty"), 0755);
	walk(f);
	assert_int_equal(find(f, "out/x/y")->class, UPPER_QUIET);
	upper_apply_quiet(f->u, &f->root, &done, &failed, &err);
	assert_int_equal(failed, 0);
	assert_string_equal(folder_get(&f->real, "out/x/y"), "y\n");
	assert_string_equal(folder_get(&f->real, OBJECT), "o\n");
	assert_int_equal(access(folder_at(&f->real, "empty"), F_OK), 0);
}

static void test_tree_chmod(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	int dir = open(f->real.path, O_RDONLY | O_DIRECTORY);

	assert_true(dir >= 0);
	assert_int_equal(chmod(folder_at(&f->real, "a.txt"), 0), 0);
	assert_true(tree_chmod(dir, "a.txt", 0640));
	assert_int_equal(symlink("a.txt", folder_at(&f->real, "link")), 0);
	assert_false(tree_chmod(dir, "link", 0600));
	assert_int_equal(stat(folder_at(&f->real, "a.txt"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_false(tree_chmod(dir, "none", 0600));
	(void)close(dir);
}

static void test_tree_remove(void **state)
{
	struct fixture *f = *state;
	int at = open(f->base.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int dir = at;

	assert_int_equal(mkdirat(at, "deep", 0700), 0);
	dir = openat(at, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 3000; i++) { /* deeper than any path can say */
		int next;

		assert_int_equal(mkdirat(dir, "d", 0700), 0);
		next = openat(dir, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)fchmod(dir, i % 7 ? 0700 : 0);
		(void)close(dir);
		dir = next;
	}
	(void)close(dir);
	assert_true(tree_remove(at, "deep"));
	assert_int_not_equal(faccessat(at, "deep", F_OK, 0), 0);
	(void)close(at);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH(test_nothing),
		WITH(test_touched),
		WITH(test_moved),
		WITH(test_holes),
		WITH(test_too_large),
		WITH(test_saved_meanwhile),
		WITH(test_kinds),
		WITH(test_bytes_kept),
		WITH(test_many_kept),
		WITH(test_removed),
		WITH(test_opaque),
		WITH(test_git_replaced),
		WITH(test_git_made),
		WITH(test_git_data),
		WITH(test_git_head),
		WITH(test_git_meanwhile),
		WITH(test_git_objects),
		WITH(test_git_objects_later),
		WITH(test_never),
		WITH(test_type_changes),
		WITH(test_commit),
		WITH(test_commit_is_conditional),
		WITH(test_swapped_parent),
		WITH(test_unsaved),
		WITH(test_ignored),
		WITH(test_folder_at_once),
		WITH(test_ignored_by_new_rules),
		WITH(test_ignored_folders),
		WITH(test_quiet),
		WITH(test_tree_chmod),
		WITH(test_tree_remove),
	};

	return cmocka_run_group_tests_name("upper", tests, NULL, NULL);
}
