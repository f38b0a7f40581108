/* blob.c - see event_log.h: content-addressed bytes. A blob appears under its name only when it is
 * whole and on the disk: temporary file, fsync, rename, fsync of the folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/event_log_own.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"

static bool is_hash(struct slice s)
{
	if (s.len != 64)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!s.ptr[i] || !strchr("0123456789abcdef", s.ptr[i]))
			return false;
	return true;
}

static bool sync_folder(struct slice folder)
{
	int fd = open(folder.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static bool write_blob(struct slice temp, struct slice path, struct slice folder, struct slice data,
		       struct err *err)
{
	int fd = open(temp.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write_all(fd, data) && fsync(fd) == 0;
	int saved = errno;

	if (fd >= 0 && close(fd) != 0 && ok) {
		ok = false;
		saved = errno;
	}
	if (ok && (rename(temp.ptr, path.ptr) != 0 || !sync_folder(folder))) {
		ok = false;
		saved = errno;
	}
	if (ok)
		return true;
	if (fd >= 0)
		(void)unlink(temp.ptr);
	return err_set(err, ERR_IO, "Cannot store %zu bytes as %s: %s.", data.len, path.ptr,
		       strerror(saved));
}

bool blob_put(struct event_log *l, struct slice data, struct sha256_hex *hash, struct err *err)
{
	struct slice folder, path, temp;
	struct arena a;
	struct stat st;
	char id[13];
	bool ok;

	*hash = sha256(data);
	arena_init(&a);
	random_id(id, sizeof(id) - 1);
	folder = arena_printf(&a, "%s/blobs/%.2s", l->folder.ptr, hash->s);
	path = arena_printf(&a, "%s/%s", folder.ptr, hash->s);
	temp = arena_printf(&a, "%s/tmp-%s", folder.ptr, id);
	if (stat(path.ptr, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == data.len)
		ok = true;
	else
		ok = make_folder(folder, err) && write_blob(temp, path, folder, data, err);
	arena_release(&a);
	return ok;
}

bool blob_get(struct slice state_dir, struct slice session, struct slice hash, struct arena *a,
	      struct slice *data, struct err *err)
{
	struct slice folder, path;
	struct sha256_hex found;

	if (!is_hash(hash))
		return err_set(err, ERR_INVALID, "\"%.*s\" is not a SHA-256 hash.",
			       SLICE_ARG(slice_sub(hash, 0, 80)));
	if (!session_path(a, state_dir, session, "blobs", &folder, err))
		return false;
	path = arena_printf(a, "%s/%.2s/%.*s", folder.ptr, hash.ptr, SLICE_ARG(hash));
	if (!read_whole(path, LIMIT_DOC_BYTES, a, data, err))
		return false;
	found = sha256(*data);
	if (slice_eq_cstr(hash, found.s))
		return true;
	return err_set(err, ERR_INVALID,
		       "%s is damaged: its content does not have the hash that is its name.",
		       path.ptr);
}
