/* store_path.c - see store_path.h */
#include "agent/store/store_path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "protocol/base/limits.h"

/* An id comes from the command line, from other programs and from names in folders: it is a path component,
 * so it may be neither "..", nor hidden, nor an option, nor hold a slash. */
bool session_name_ok(struct slice session)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (session.len == 0 || session.len > 64 || session.ptr[0] == '.' || session.ptr[0] == '-')
		return false;
	for (size_t i = 0; i < session.len; i++)
		if (!session.ptr[i] || !strchr(allowed, session.ptr[i]))
			return false;
	return true;
}

bool session_path(struct arena *a, struct slice state_dir, struct slice session, const char *tail,
		  struct slice *out, struct err *err)
{
	if (!session_name_ok(session))
		return err_set(
			err, ERR_INVALID,
			"\"%.*s\" is not the name of a session; `emend sessions` lists them.",
			SLICE_ARG(slice_sub(session, 0, 80)));
	*out = arena_printf(a, "%.*s/sessions/%.*s%s%s", SLICE_ARG(state_dir), SLICE_ARG(session),
			    *tail ? "/" : "", tail);
	if (out->len >= LIMIT_PATH_BYTES)
		return err_set(err, ERR_INVALID, "The path of the state folder is too long: %.*s",
			       SLICE_ARG(slice_sub(state_dir, 0, 100)));
	return true;
}

/* mkdir(2), where an existing folder is fine. */
static bool make_one(const char *path, struct err *err)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return true;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	return err_set(err, ERR_IO, "Cannot make the folder %s: %s.", path, strerror(errno));
}

bool make_folder(struct slice path, struct err *err)
{
	struct arena a;
	struct stat st;
	char *p;
	bool ok = true;

	if (stat(path.ptr, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	arena_init(&a);
	p = arena_cstr(&a, path);
	for (char *s = p + 1; ok && *s; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		if (stat(p, &st) != 0)
			ok = make_one(p, err);
		*s = '/';
	}
	ok = ok && make_one(p, err);
	arena_release(&a);
	return ok;
}

bool write_all(int fd, struct slice data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.ptr, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0) {
			errno = ENOSPC;
			return false;
		}
		data = slice_sub(data, (size_t)n, data.len);
	}
	return true;
}

bool read_whole(struct slice path, size_t max, struct arena *a, struct slice *out, struct err *err)
{
	struct stat st;
	int fd = regular_open(AT_FDCWD, path.ptr, 0, &st);
	size_t have = 0;
	char *data;
	ssize_t n = 1;

	if (fd < 0 && (errno == ENXIO || errno == EISDIR))
		return err_set(err, ERR_IO, "%s is not a regular file.", path.ptr);
	if (fd < 0)
		return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "Cannot open %s: %s.",
			       path.ptr, strerror(errno));
	if ((uint64_t)st.st_size > max) {
		(void)close(fd);
		return err_set(err, ERR_TOO_LARGE, "%s is larger than %zu bytes.", path.ptr, max);
	}
	data = arena_alloc(a, (size_t)st.st_size + 1);
	while (have < (size_t)st.st_size && n != 0) {
		n = read(fd, data + have, (size_t)st.st_size - have);
		if (n < 0 && errno != EINTR)
			break;
		have += n > 0 ? (size_t)n : 0;
	}
	(void)close(fd);
	if (n < 0)
		return err_set(err, ERR_IO, "Cannot read %s: %s.", path.ptr, strerror(errno));
	*out = slice_make(data, have);
	return true;
}
