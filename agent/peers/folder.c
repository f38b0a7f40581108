/* folder.c - see folder.h */
#include "agent/peers/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

/* The address of a socket has room for 107 bytes: folder, slash and name. */
enum { FOLDER_MAX = 107 - FACE_NAME_MAX - 1 };

static bool is_ours(const char *path, bool alone)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & (alone ? 0077 : 0022)) == 0;
}

/* The folder below a parent that the system keeps for this user. */
static bool below(struct arena *a, const char *parent, struct slice *out)
{
	*out = arena_printf(a, "%s/emend", parent);
	return parent[0] == '/' && out->len <= FOLDER_MAX && is_ours(parent, false);
}

bool peers_folder(struct arena *a, struct slice *out, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	unsigned long uid = (unsigned long)geteuid();

	if (!(runtime && below(a, runtime, out)) &&
	    !below(a, arena_printf(a, "/run/user/%lu", uid).ptr, out))
		*out = arena_printf(a, "/tmp/emend-%lu", uid);
	if (mkdir(out->ptr, 0700) < 0 && errno != EEXIST)
		return err_set(err, ERR_IO,
			       "Emend in the terminal and in editors cannot find each other: %s "
			       "cannot be made: %s.",
			       out->ptr, strerror(errno));
	if (!is_ours(out->ptr, true))
		return err_set(err, ERR_DENIED,
			       "Emend in the terminal and in editors cannot find each other: %s "
			       "does not belong to you alone. Remove it, or take its permissions "
			       "from others (chmod 700).",
			       out->ptr);
	return true;
}

/* --- the files of a face --- */

/* Nothing else in the folder is touched: the names that we remove are names that we could have
 * made. */
static bool is_face(const char *name)
{
	size_t digits = strspn(name, "0123456789"), len = strlen(name);

	return digits > 0 && digits < 12 && name[digits] == '-' && len < FACE_NAME_MAX &&
	       strspn(name + digits + 1, "0123456789abcdef") == len - digits - 1;
}

/* O_NONBLOCK and the checks behind it: whoever of the same user puts a pipe there must not stop us.
 */
static struct slice read_list(struct arena *a, int dir, const char *name)
{
	char path[FACE_NAME_MAX + 8];
	struct slice out = SLICE("");
	struct stat st;
	ssize_t n;
	char *text;
	int fd;

	(void)snprintf(path, sizeof(path), "%s.open", name);
	fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return out;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    st.st_size > 0 && st.st_size <= LIMIT_PEER_LIST_BYTES) {
		text = arena_alloc(a, (size_t)st.st_size + 1);
		n = read(fd, text, (size_t)st.st_size);
		if (n > 0)
			out = slice_make(text, (size_t)n);
	}
	(void)close(fd);
	return out;
}

/* Nobody has this number, and nobody listens. The number alone proves nothing: the process may live in
 * another namespace that shares the folder. */
static bool is_dead(const char *folder, const struct found_face *f)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	bool refused;
	int fd;

	if (kill(f->pid, 0) == 0 || errno != ESRCH)
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", folder, f->name);
	refused = connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 && errno == ECONNREFUSED;
	(void)close(fd);
	return refused;
}

size_t peers_scan(struct arena *a, const char *folder, const char *own, struct found_face **out)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t n = 0;

	*out = arena_array(a, LIMIT_PEERS, sizeof(**out));
	while (d && n < LIMIT_PEERS && (e = readdir(d)) != NULL) {
		struct found_face *f = &(*out)[n];

		if (!is_face(e->d_name) || strcmp(e->d_name, own) == 0)
			continue;
		(void)snprintf(f->name, sizeof(f->name), "%.*s", FACE_NAME_MAX - 1, e->d_name);
		f->pid = (int)strtol(e->d_name, NULL, 10);
		if (is_dead(folder, f)) {
			peers_remove(folder, f->name);
			continue;
		}
		f->list = read_list(a, dirfd(d), f->name);
		n++;
	}
	if (d)
		(void)closedir(d);
	return n;
}

/* Written beside it and renamed: a reader sees the old list or the new one. No sync: after a crash
 * of the machine no face is left that it would speak of. */
bool peers_write_list(const char *folder, const char *name, struct slice text, struct err *err)
{
	char path[256], temporary[256];
	FILE *file;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/%s.open", folder, name);
	(void)snprintf(temporary, sizeof(temporary), "%s/%s.new", folder, name);
	file = fopen(temporary, "we");
	ok = file && fwrite(text.ptr, 1, text.len, file) == text.len;
	if (file)
		ok = fclose(file) == 0 && ok;
	if (ok && rename(temporary, path) == 0)
		return true;
	return err_set(err, ERR_IO, "%s cannot be written: %s.", path, strerror(errno));
}

void peers_remove(const char *folder, const char *name)
{
	static const char *const ends[] = { "", ".open", ".new" };
	char path[256];

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s%s", folder, name, ends[i]);
		(void)unlink(path);
	}
}

void peers_each_line(struct slice list,
		     void (*fn)(void *payload, enum face_line kind, struct slice path),
		     void *payload)
{
	static const char *const words[] = { "root /", "open /", "task /" };
	struct slice line;

	while (slice_next_line(&list, &line))
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (slice_starts(line, slice_of(words[i])))
				fn(payload, (enum face_line)i, slice_sub(line, 5, line.len));
}
