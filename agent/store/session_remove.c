/* session_remove.c - delete one session with its blobs. The log goes last and under its lock, so
 * that a session is either there and whole enough to be removed again, or gone. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/event_log.h"
#include "agent/store/log_file.h"
#include "agent/store/log_head.h"
#include "agent/store/store_path.h"

/* Unlinks the files of one folder (not those below it), then the folder. */
static void remove_flat(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		(void)closedir(d);
	(void)rmdir(path);
}

void session_remove_blobs(struct arena *a, struct slice folder)
{
	struct slice blobs = arena_printf(a, "%.*s/blobs", SLICE_ARG(folder));
	DIR *d = opendir(blobs.ptr);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove_flat(arena_printf(a, "%s/%s", blobs.ptr, e->d_name).ptr);
	if (d)
		(void)closedir(d);
	remove_flat(blobs.ptr);
}

/* The log is unlinked while it is locked: an emend that waits for it sees a file without a name and makes a
 * new one (log_file.c). */
static bool remove_locked(struct arena *a, struct slice session, struct slice folder,
			  struct slice path, struct err *err)
{
	int fd = open(path.ptr, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	bool ok = false;

	if (fd < 0)
		return err_set(
			err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
			"Cannot open session %.*s: %s. `emend sessions` lists what is there.",
			SLICE_ARG(session), strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		err_set(err, ERR_DENIED,
			"Session %.*s is open in another emend; end that one first.",
			SLICE_ARG(session));
	} else {
		session_remove_blobs(a, folder);
		ok = unlink(path.ptr) == 0;
		if (!ok)
			err_set(err, ERR_IO, "Cannot remove %s: %s.", path.ptr, strerror(errno));
		remove_flat(folder.ptr);
	}
	(void)close(fd);
	return ok;
}

bool session_remove(struct slice state_dir, struct slice session, struct err *err)
{
	struct slice folder, path;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = session_path(&a, state_dir, session, "", &folder, err) &&
	     session_path(&a, state_dir, session, "log.jsonl", &path, err) &&
	     remove_locked(&a, session, folder, path, err);
	if (ok)
		log_head_remove(state_dir, session);
	arena_release(&a);
	return ok;
}
