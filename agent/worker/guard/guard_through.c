/* guard_through.c - see guard_through.h
 *
 *   known --read, and from then on watched--> quiet --something appears in it--> dirty, read again
 *     '-no watch to be had--> its ctime is compared each time */
#include "agent/worker/guard/guard_through.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "agent/policy/protect.h"
#include "agent/sandbox/spawn.h"
#include "agent/worker/git/git_plain.h"
#include "agent/worker/view/upper.h"
#include "protocol/base/mem.h"

/* What is over these is still looked at, by its ctime. */
enum {
	FOLDERS_MAX = 200 * 1000,
	WATCHES_MAX = 16 * 1024, /* a user has few of them, and editors need some */
	EVENTS_BYTES = 64 * 1024
};

/* A folder that was seen once; it stays on the list until the runner ends, also when it is gone. */
struct through_folder {
	char *rel;
	struct timespec changed; /* its ctime when it was read; 0: it was not yet */
	ino_t ino;
	unsigned round;	     /* when it was looked at last */
	bool watched, dirty; /* dirty: something appeared since */
	bool is_protected;   /* a repository, or settings: all of it is looked at each time */
};

struct through_look {
	struct guard_through *t;
	struct guard *g;
	const struct root *root;
	const struct timespec *mark;
};

void guard_through_init(struct guard_through *t)
{
	*t = (struct guard_through){ .notify = -1 };
	map_init(&t->by_path, 0);
}

void guard_through_release(struct guard_through *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->of[i].rel);
	free(t->of);
	free(t->watched);
	if (t->notify >= 0)
		(void)close(t->notify);
	map_release(&t->by_path);
	guard_through_init(t);
}

/* A folder that is known already stays as it is. */
static struct through_folder *know(struct guard_through *t, const char *rel, bool is_protected)
{
	uintptr_t known = (uintptr_t)map_get(&t->by_path, slice_of(rel));

	if (known > 0) {
		t->of[known - 1].is_protected = t->of[known - 1].is_protected || is_protected;
		return &t->of[known - 1];
	}
	if (t->n == FOLDERS_MAX)
		return NULL;
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->of = xrealloc(t->of, t->cap * sizeof(*t->of));
	}
	t->of[t->n] = (struct through_folder){ .rel = xstrdup(rel), .is_protected = is_protected };
	t->n++;
	(void)map_put(&t->by_path, slice_of(rel), (void *)(uintptr_t)t->n);
	return &t->of[t->n - 1];
}

static bool newer(const struct stat *st, const struct timespec *mark)
{
	return st->st_ctim.tv_sec > mark->tv_sec ||
	       (st->st_ctim.tv_sec == mark->tv_sec && st->st_ctim.tv_nsec >= mark->tv_nsec);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Cheap, for each name of a folder that changed; the reason is asked of what passes. Some protected
 * names have two parts, the first of which begins with a dot. */
static bool may_be_protected(const char *folder, const char *name)
{
	const char *slash = strrchr(folder, '/');

	return protect_named(name) || strcasecmp(name, ".git") == 0 ||
	       (slash ? slash[1] : folder[0]) == '.';
}

/* Something new that is no folder. */
static void look_at_file(struct through_look *l, const char *rel, const struct stat *st)
{
	const char *reason = guard_reason(rel, st->st_mode);

	if (reason && !(protect_is_git(rel) && git_new_is_plain(l->root->fd, rel)))
		guard_take(l->g, l->root, rel, reason);
}

/* One that is older than the command and has no folders in it (its links tell, on most file systems) need
 * not be read. */
static void look_at_subfolder(struct through_look *l, const char *rel, const char *name,
			      const struct stat *st)
{
	bool is_protected = strcasecmp(name, ".git") == 0 || protect_named(name);
	struct through_folder *f = know(l->t, rel, is_protected);

	if (f && f->watched && f->ino != st->st_ino) { /* another folder in the place of that one */
		f->watched = false;
		f->dirty = true;
		f->ino = 0;
	}
	if (f && f->ino == 0 && st->st_nlink == 2 && !newer(st, l->mark)) {
		f->ino = st->st_ino;
		f->changed = st->st_ctim;
		f->round = l->t->round;
	}
}

static void look_at_name(struct through_look *l, const char *folder, int dir,
			 const struct dirent *e)
{
	char rel[LIMIT_PATH_BYTES];
	struct stat st;

	if (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN || may_be_protected(folder, e->d_name)) {
		if (snprintf(rel, sizeof(rel), "%s/%s", folder, e->d_name) >= (int)sizeof(rel) ||
		    fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return;
		if (S_ISDIR(st.st_mode))
			look_at_subfolder(l, rel, e->d_name, &st);
		else if (newer(&st, l->mark))
			look_at_file(l, rel, &st);
	}
	if (strcasecmp(e->d_name, "HEAD") == 0 && faccessat(dir, "refs", F_OK, 0) == 0)
		(void)know(l->t, folder, true); /* maybe a bare repository */
}

/* Its names only; folders in it are put on the list, and looked at in the same round. */
static void read_folder(struct through_look *l, size_t at)
{
	char rel[LIMIT_PATH_BYTES];
	struct dirent *e;
	DIR *d;
	int fd;

	(void)snprintf(rel, sizeof(rel), "%s", l->t->of[at].rel); /* the list may move */
	fd = upper_openat(l->root->fd, rel, O_RDONLY | O_DIRECTORY);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	while (d && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			look_at_name(l, rel, dirfd(d), e);
	if (d)
		(void)closedir(d);
	else if (fd >= 0)
		(void)close(fd);
}

/* --- watches --- */

/* Only what appears is asked for: what changes in a file that was there is not a matter of these folders. */
static void watch(struct through_look *l, size_t at)
{
	struct guard_through *t = l->t;
	char path[LIMIT_PATH_BYTES + 32];
	int wd;

	if (!t->tried)
		t->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	t->tried = true;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", l->root->fd, t->of[at].rel);
	wd = t->notify >= 0
		     ? inotify_add_watch(t->notify, path,
					 IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW)
		     : -1;
	if (wd <= 0 || wd > WATCHES_MAX) {
		if (wd > 0)
			(void)inotify_rm_watch(t->notify, wd);
		return;
	}
	if ((size_t)wd >= t->n_watched) {
		t->watched = xrealloc(t->watched, ((size_t)wd + 256) * sizeof(*t->watched));
		memset(t->watched + t->n_watched, 0,
		       ((size_t)wd + 256 - t->n_watched) * sizeof(*t->watched));
		t->n_watched = (size_t)wd + 256;
	}
	t->watched[wd] = at + 1;
	t->of[at].watched = true;
}

static void take_event(struct guard_through *t, const struct inotify_event *e)
{
	bool known = e->wd > 0 && (size_t)e->wd < t->n_watched && t->watched[e->wd] > 0;
	struct through_folder *f = known ? &t->of[t->watched[e->wd] - 1] : NULL;

	/* Some were lost: any folder may have changed. */
	for (size_t i = 0; (e->mask & IN_Q_OVERFLOW) != 0 && i < t->n; i++)
		t->of[i].dirty = true;
	if (!f)
		return;
	f->dirty = true;
	if (e->mask & IN_IGNORED) { /* the folder is gone */
		f->watched = false;
		t->watched[e->wd] = 0;
	}
}

/* Events are read before the folders are looked at, so what comes later makes a folder dirty for the next
 * look. */
static void take_events(struct guard_through *t)
{
	char *events = xmalloc(EVENTS_BYTES);
	ssize_t n;

	while (t->notify >= 0 && (n = read(t->notify, events, EVENTS_BYTES)) > 0) {
		const char *at = events, *end = events + n;

		while (at < end) {
			struct inotify_event e;

			memcpy(&e, at, sizeof(e));
			take_event(t, &e);
			at += sizeof(e) + e.len;
		}
	}
	free(events);
}

/* --- looking --- */

/* True: it was read, and maybe others have to be now. The path is only looked at here: what somebody put
 * in the way of it does no harm. */
static bool look_at_folder(struct through_look *l, size_t at)
{
	struct through_folder *f = &l->t->of[at];
	bool dirty = f->dirty, same;
	struct stat st;

	if (!dirty && (f->watched || f->round == l->t->round))
		return false;
	f->dirty = false;
	f->round = l->t->round;
	/* Watched before it is looked at, so that nothing is missed in between. */
	if (!f->watched && l->t->round > 1)
		watch(l, at);
	if (fstatat(l->root->fd, f->rel, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return false;
	same = !dirty && f->ino == st.st_ino && same_time(&f->changed, &st.st_ctim);
	f->ino = st.st_ino;
	f->changed = st.st_ctim;
	if (!same)
		read_folder(l, at);
	return !same;
}

/* Folders are looked at until a round finds no new ones; repositories are gone through as a whole at the
 * end. */
void guard_through_look(struct guard_through *t, struct guard *g, const struct root *r,
			const struct places *p, bool all_tools, const struct timespec *mark)
{
	struct through_look l = { t, g, r, mark };
	const char *at = p->list.data, *end = at ? at + p->list.len : at;

	for (; at < end; at += strlen(at) + 1)
		if (*at == PLACE_BIND || (all_tools && *at == PLACE_TOOLS))
			(void)know(t, at + 1, false);
	t->round++;
	take_events(t);
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < t->n; i++) /* it grows */
			again = look_at_folder(&l, i) || again;
	}
	for (size_t i = 0; i < t->n; i++)
		if (t->of[i].is_protected)
			guard_look_below(g, r, t->of[i].rel, mark);
}
