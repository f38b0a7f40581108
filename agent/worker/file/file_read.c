/* file_read.c - see files.h */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/worker/file/files.h"

bool file_slurp(int fd, const char *rel, struct buf *out, struct err *err)
{
	char piece[64 * 1024];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return root_errno(err, "read", rel);
		if (n == 0)
			return true;
		buf_append(out, slice_make(piece, (size_t)n));
		if (out->full)
			return err_set(err, ERR_TOO_LARGE, "%s is larger than %zu bytes.", rel,
				       out->max);
	}
}

bool file_hash(int fd, const char *rel, uint64_t size, struct sha256_hex *out, struct err *err)
{
	char piece[64 * 1024];
	ssize_t n = read(fd, piece, sizeof(piece));
	struct sha256_sum *sum;
	uint64_t seen;

	if (n >= 0 && (uint64_t)n == size && size < sizeof(piece)) {
		*out = sha256(slice_make(piece, (size_t)n));
		return true;
	}
	sum = sha256_begin();
	for (seen = 0; n > 0 || (n < 0 && errno == EINTR); n = read(fd, piece, sizeof(piece))) {
		if (n < 0)
			continue;
		sha256_add(sum, slice_make(piece, (size_t)n));
		seen += (uint64_t)n;
		if (seen >= size)
			break;
	}
	*out = sha256_end(sum);
	return n >= 0 || err_set(err, ERR_IO, "%s cannot be read: %s.", rel, strerror(errno));
}

bool file_read(const struct root *r, struct slice path, struct buf *out, struct file_info *info,
	       struct err *err)
{
	char rel[LIMIT_PATH_BYTES], place[LIMIT_PATH_BYTES];
	struct stat st;
	bool ok = false;
	int fd;

	if (!root_clean(r, path, rel, err))
		return false;
	fd = root_open_file(r, rel, false, &st);
	if (fd < 0 && errno == EISDIR)
		return err_set(err, ERR_DENIED,
			       "%s is a folder. Read a file in it; list_files shows them.",
			       *rel ? rel : "The workspace");
	if (fd < 0 && errno == ENXIO)
		return err_set(err, ERR_DENIED, "%s is not a regular file.", rel);
	if (fd < 0)
		return root_errno(err, "opened", rel);
	if (!root_place(r, fd, place, err))
		goto out;
	if (st.st_size > 0 && (uint64_t)st.st_size > out->max) {
		err_set(err, ERR_TOO_LARGE, "%s has %lld bytes; at most %zu are read.", rel,
			(long long)st.st_size, out->max);
		goto out;
	}
	if (!file_slurp(fd, rel, out, err))
		goto out;
	info->sha256 = sha256(buf_slice(out));
	info->size = out->len;
	info->mode = st.st_mode & 07777;
	ok = true;
out:
	(void)close(fd);
	return ok;
}
