/* git_objects.c - see upper_own.h: which of the objects that a command removed exist elsewhere.
 *
 * `git gc` puts loose objects into packs and packs into one, and removes what it took them from. That is
 * fine as far as each object can be had from what is there afterwards:
 *
 *   what stood there before and stays	by its name: the command had no part in it
 *   what the command added		only if it can be read and has the content that its name says:
 *					a pack that merely claims to hold an object would destroy it
 *
 * An object that nothing refers to goes with git's own pruning; here it stays, as nobody has asked what
 * refers to it. libgit2 reads the packs, in a child: they are of the command's making, and a large
 * one takes longer than anybody should wait; others are served meanwhile. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/git_lib.h"
#include "agent/base/git_path.h"
#include "agent/sandbox/harden.h"
#include "agent/worker/view/upper_own.h"
#include "protocol/base/log.h"
#include "protocol/base/map.h"

enum { CHECK_SECONDS = 20 };

/* Of the child. `goes` is memory that it shares with the runner; all else is its own copy. */
struct check {
	const struct upper *u;
	const struct root *r;
	const struct git_lib *git;
	struct map gone; /* paths that the command removed, of objects */
	bool *goes;	 /* shared with the parent */

	/* of the folder in hand */
	struct slice folder;  /* .../objects */
	git_odb *stays, *new; /* packs that were there; packs and objects that the command added */
	struct slice pack;    /* looked at last, up to the dot of its name */
	bool pack_goes;
};

/* The path of the folder of objects that this lies in. */
static struct slice objects_folder(struct slice rel)
{
	return slice_sub(rel, 0, git_path_of(rel).rest + strlen("objects"));
}

static bool lies_in(const struct upper_change *c, struct slice folder)
{
	return c->object && slice_eq(objects_folder(slice_of(c->rel)), folder);
}

/* How libgit2 gets there: by the descriptor that we hold. */
static void path_of(char out[LIMIT_PATH_BYTES + 32], int top, struct slice rel)
{
	(void)snprintf(out, LIMIT_PATH_BYTES + 32, "/proc/self/fd/%d/%.*s", top, SLICE_ARG(rel));
}

static bool add_pack(struct check *c, git_odb *db, int top, struct slice index)
{
	char path[LIMIT_PATH_BYTES + 32];
	git_odb_backend *backend = NULL;

	path_of(path, top, index);
	return c->git->git_odb_backend_one_pack(&backend, path) == 0 &&
	       c->git->git_odb_add_backend(db, backend, 1) == 0;
}

static bool is_gone(const struct check *c, struct slice rel)
{
	return map_get(&c->gone, rel) != NULL;
}

/* Of the name in the folder of packs: a pack that was there and stays. */
static void add_staying(struct check *c, const char *name)
{
	char index[LIMIT_PATH_BYTES], pack[LIMIT_PATH_BYTES];
	size_t n = strlen(name);

	if (n < 5 || strcmp(name + n - 4, ".idx") != 0)
		return;
	(void)snprintf(index, sizeof(index), "%.*s/pack/%s", SLICE_ARG(c->folder), name);
	(void)snprintf(pack, sizeof(pack), "%.*s/pack/%.*s.pack", SLICE_ARG(c->folder),
		       (int)(n - 4), name);
	if (!is_gone(c, slice_of(index)) && !is_gone(c, slice_of(pack)) &&
	    !add_pack(c, c->stays, c->r->fd, slice_of(index)))
		log_debug("%s cannot be read as a pack", index);
}

static void open_staying(struct check *c)
{
	char rel[LIMIT_PATH_BYTES];
	struct dirent *e;
	DIR *d;
	int fd;

	(void)snprintf(rel, sizeof(rel), "%.*s/pack", SLICE_ARG(c->folder));
	fd = upper_openat(c->r->fd, rel, O_RDONLY | O_DIRECTORY);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	while (d && (e = readdir(d)) != NULL)
		add_staying(c, e->d_name);
	if (d)
		(void)closedir(d);
}

/* Loose objects that the command wrote, and packs that it added, by the layer's own folder. */
static void open_new(struct check *c)
{
	char path[LIMIT_PATH_BYTES + 32];
	git_odb_backend *loose = NULL;

	for (size_t i = 0; i < c->u->n; i++) {
		const struct upper_change *x = &c->u->change[i];

		if (x->kind == UPPER_CREATED && lies_in(x, c->folder) &&
		    slice_ends(slice_of(x->rel), SLICE(".idx")) &&
		    !add_pack(c, c->new, c->u->fd, slice_of(x->rel)))
			log_debug("%s cannot be read as a pack", x->rel);
	}
	path_of(path, c->u->fd, c->folder);
	if (c->git->git_odb_backend_loose(&loose, path, -1, 0, 0, 0) == 0 &&
	    c->git->git_odb_add_backend(c->new, loose, 1) != 0)
		log_debug("%s cannot be read", path);
}

static bool is_loose_and_stays(struct check *c, const char *hex)
{
	char rel[LIMIT_PATH_BYTES];
	struct stat st;

	(void)snprintf(rel, sizeof(rel), "%.*s/%.2s/%s", SLICE_ARG(c->folder), hex, hex + 2);
	return !is_gone(c, slice_of(rel)) && upper_lower_stat(c->r, rel, &st) &&
	       S_ISREG(st.st_mode) && st.st_size > 0;
}

/* Can the object be had from what is there afterwards? Its content is compared with its name only where the
 * command wrote it. */
static bool is_kept(struct check *c, const git_oid *id)
{
	char hex[GIT_OID_HEXSZ + 1];
	git_odb_object *object = NULL;

	c->git->git_oid_tostr(hex, sizeof(hex), id);
	if (is_loose_and_stays(c, hex) || c->git->git_odb_exists(c->stays, id))
		return true;
	if (c->git->git_odb_read(&object, c->new, id) != 0) /* compares the content with the name */
		return false;
	c->git->git_odb_object_free(object);
	return true;
}

static int one_of_pack(const git_oid *id, void *payload)
{
	return is_kept(payload, id) ? 0 : -1;
}

/* Of a pack, or of its index, which stands beside it in the list: all that it holds. */
static bool pack_may_go(struct check *c, struct slice rel)
{
	char index[LIMIT_PATH_BYTES];
	git_odb *db = NULL;

	while (rel.len > 0 && rel.ptr[rel.len - 1] != '.')
		rel.len--;
	if (c->pack.ptr && slice_eq(c->pack, rel))
		return c->pack_goes;
	c->pack = rel;
	c->pack_goes = false;
	(void)snprintf(index, sizeof(index), "%.*sidx", SLICE_ARG(rel));
	if (c->git->git_odb_new(&db) != 0)
		return false;
	c->pack_goes = add_pack(c, db, c->r->fd, slice_of(index)) &&
		       c->git->git_odb_foreach(db, one_of_pack, c) == 0;
	c->git->git_odb_free(db);
	return c->pack_goes;
}

static bool may_go(struct check *c, struct slice rel)
{
	struct slice name = slice_sub(rel, c->folder.len + 1, rel.len);
	char hex[GIT_OID_HEXSZ + 1];
	git_oid id;

	if (slice_starts(name, SLICE("pack/")))
		return pack_may_go(c, rel);
	if (name.len != GIT_OID_HEXSZ + 1)
		return false; /* names of 32 bytes: libgit2 does not know them yet */
	(void)snprintf(hex, sizeof(hex), "%.2s%.*s", name.ptr, GIT_OID_HEXSZ - 2, name.ptr + 3);
	return c->git->git_oid_fromstr(&id, hex) == 0 && is_kept(c, &id);
}

static bool is_candidate(const struct upper_change *c)
{
	return c->object && c->kind == UPPER_REMOVED && !c->done &&
	       git_path_of(slice_of(c->rel)).kind == GIT_OBJECT;
}

/* Two databases: what stays is trusted by name, what is new only by content. */
static void check_folder(struct check *c, struct slice folder)
{
	c->folder = folder;
	c->stays = c->new = NULL;
	if (c->git->git_odb_new(&c->stays) == 0 && c->git->git_odb_new(&c->new) == 0) {
		open_staying(c);
		open_new(c);
		for (size_t i = 0; i < c->u->n; i++) {
			const struct upper_change *x = &c->u->change[i];

			if (is_candidate(x) && lies_in(x, folder))
				c->goes[i] = may_go(c, slice_of(x->rel));
		}
	}
	c->git->git_odb_free(c->stays);
	c->git->git_odb_free(c->new);
}

/* Without libgit2 nothing is known, and all stays. */
static void check_all(struct check *c)
{
	struct map seen; /* folders of objects */
	struct err why;

	c->git = git_lib(&why);
	if (!c->git)
		return;
	map_init(&seen, 0);
	map_init(&c->gone, 0);
	for (size_t i = 0; i < c->u->n; i++)
		if (c->u->change[i].object && c->u->change[i].kind == UPPER_REMOVED)
			(void)map_put(&c->gone, slice_of(c->u->change[i].rel), c);
	for (size_t i = 0; i < c->u->n; i++) {
		const struct upper_change *x = &c->u->change[i];

		if (is_candidate(x) && !map_put(&seen, objects_folder(slice_of(x->rel)), c))
			check_folder(c, objects_folder(slice_of(x->rel)));
	}
}

/* Where no child can be had nothing is known, and all objects stay. */
void git_check_begin(struct git_check *k, const struct upper *u, const struct root *r)
{
	struct check c = { .u = u, .r = r };
	int p[2];

	*k = (struct git_check){ .ended = -1, .bytes = (u->n + 1) * sizeof(*k->goes) };
	/* cppcheck-suppress invalidFunctionArg ; what is in no file has -1 for its descriptor */
	k->goes = mmap(NULL, k->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (k->goes == MAP_FAILED || pipe2(p, O_CLOEXEC) < 0)
		goto none;
	c.goes = k->goes;
	k->child = fork();
	if (k->child == 0) {
		(void)harden_die_with_parent(0);
		(void)alarm(CHECK_SECONDS); /* what is not looked at by then stays */
		check_all(&c);
		_exit(0);
	}
	(void)close(p[1]);
	if (k->child > 0) {
		k->ended = p[0];
		return;
	}
	(void)close(p[0]);
none:
	k->child = 0;
	git_check_end(k, NULL);
}

/* What the child has found so far counts, also if it was ended. */
void git_check_end(struct git_check *k, bool *goes)
{
	if (k->child > 0) {
		(void)kill(k->child, SIGKILL); /* it has ended, or nobody wants to know */
		(void)waitpid(k->child, NULL, 0);
		(void)close(k->ended);
	}
	if (k->goes && k->goes != MAP_FAILED) {
		if (goes)
			memcpy(goes, k->goes, k->bytes);
		(void)munmap(k->goes, k->bytes);
	}
	*k = (struct git_check){ .ended = -1 };
}
