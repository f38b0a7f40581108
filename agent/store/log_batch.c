/* log_batch.c - see log_batch.h
 *
 * All blobs of a batch become durable by one syncfs(2) instead of an fsync(2) for each file and
 * folder: each of those is a wait for the disk's cache of its own, so 2,000 images would wait some
 * 4,000 times. The price is that what others have written to the same file system goes to the disk
 * as well. That delays the task, never the editor: this is not the loop. */
#include "agent/store/log_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/blob_pack.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

enum { PACK_FROM = 32 /* blobs: fewer are files of their own, which are found sooner */ };

struct log_batch *log_batch_new(struct event_log *l, struct log_file *file, struct slice folder)
{
	struct log_batch *b = xcalloc(1, sizeof(*b));

	b->log = l;
	b->file = file;
	b->folder = folder;
	arena_init(&b->arena);
	buf_init(&b->lines, (size_t)LIMIT_STORE_QUEUE_BYTES + LIMIT_LOG_EVENT_BYTES);
	list_init(&b->waits);
	list_init(&b->job.link);
	return b;
}

void log_batch_free(struct log_batch *b)
{
	for (size_t i = 0; i < b->n_blobs; i++)
		free(b->blobs[i].data);
	free(b->blobs);
	for (size_t i = 0; i < b->n_packs; i++) {
		free(b->packs[i].file);
		free(b->packs[i].of);
	}
	free(b->packs);
	buf_release(&b->lines);
	arena_release(&b->arena);
	free(b);
}

void log_batch_add_blob(struct log_batch *b, const struct sha256_hex *hash, struct slice data)
{
	if (b->n_blobs == b->cap_blobs) {
		b->cap_blobs = b->cap_blobs ? 2 * b->cap_blobs : 8;
		b->blobs = xrealloc(b->blobs, b->cap_blobs * sizeof(*b->blobs));
	}
	b->blobs[b->n_blobs++] = (struct batch_blob){ *hash, xslicedup(data), data.len };
	b->bytes += data.len;
}

void log_batch_add_pack(struct log_batch *b, struct slice file, const struct blob_place *of,
			size_t n)
{
	struct blob_place *copy = xcalloc(n + 1, sizeof(*copy));

	if (n > 0)
		memcpy(copy, of, n * sizeof(*copy));
	b->packs = xrealloc(b->packs, (b->n_packs + 1) * sizeof(*b->packs));
	b->packs[b->n_packs++] = (struct batch_pack){ xslicedup(file), copy, n };
	b->bytes += n * sizeof(*copy);
}

/* A blob appears under its name only when it is whole. */
static bool write_blob(struct slice temp, struct slice path, struct slice data, struct err *err)
{
	int fd = open(temp.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && write_all(fd, data);
	int saved = errno;

	if (fd >= 0 && close(fd) != 0 && ok) {
		ok = false;
		saved = errno;
	}
	if (ok && rename(temp.ptr, path.ptr) != 0) {
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

/* What is there with another size was left by a loss of power, before the log named it. */
static bool put_blob(struct log_batch *b, const struct batch_blob *blob, struct err *err)
{
	struct slice folder = arena_printf(&b->arena, "%s/blobs/%.2s", b->folder.ptr, blob->hash.s);
	struct slice path = arena_printf(&b->arena, "%s/%s", folder.ptr, blob->hash.s);
	struct slice temp = arena_printf(&b->arena, "%s/tmp-%.16s", folder.ptr, blob->hash.s);
	struct stat st;

	if (stat(path.ptr, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == blob->len)
		return true;
	return make_folder(folder, err) &&
	       write_blob(temp, path, slice_make(blob->data, blob->len), err);
}

/* Many become one file: to make, name and later sync a file for each costs more than to write it. */
static bool pack_blobs(struct log_batch *b, struct err *err)
{
	struct slice packs = arena_printf(&b->arena, "%s/blobs/packs", b->folder.ptr);
	struct slice file = arena_printf(&b->arena, "%s/new", packs.ptr);
	struct blob_place *of = arena_array(&b->arena, b->n_blobs, sizeof(*of));
	uint64_t at = 0;
	bool ok;
	int fd;

	if (!make_folder(packs, err))
		return false;
	fd = open(file.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	ok = fd >= 0;
	for (size_t i = 0; ok && i < b->n_blobs; i++) {
		const struct batch_blob *blob = &b->blobs[i];

		of[i] = (struct blob_place){ .hash = blob->hash, .at = at, .len = blob->len };
		at += blob->len;
		ok = write_all(fd, slice_make(blob->data, blob->len));
	}
	if (!ok)
		err_set(err, ERR_IO, "Cannot store what files held before as %s: %s.", file.ptr,
			strerror(errno));
	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	return ok && blob_pack_add(b->folder, file.ptr, of, b->n_blobs, err);
}

static bool put_blobs(struct log_batch *b, struct err *err)
{
	if (b->n_blobs >= PACK_FROM)
		return pack_blobs(b, err);
	for (size_t i = 0; i < b->n_blobs; i++)
		if (!put_blob(b, &b->blobs[i], err))
			return false;
	return true;
}

static bool make_mark(struct slice path, struct err *err)
{
	size_t slash = path.len;
	struct arena a;
	bool ok;
	int fd;

	while (slash > 0 && path.ptr[slash - 1] != '/')
		slash--;
	arena_init(&a);
	ok = make_folder(arena_printf(&a, "%.*s", (int)(slash ? slash - 1 : 0), path.ptr), err);
	arena_release(&a);
	if (!ok)
		return false;
	fd = open(path.ptr, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, "Cannot note in %s that files are being changed: %s.",
			       path.ptr, strerror(errno));
	(void)close(fd);
	return true;
}

static bool write_head(struct log_batch *b, struct err *err)
{
	return b->to.seq == 0 || log_head_write(b->state_dir, b->session, &b->from, &b->to, err);
}

/* The mark and the blobs, durable, and with them the head: what is to be recovered after a loss of power is
 * not to be suspected then. */
static bool prepare(struct log_batch *b, struct err *err)
{
	if (b->mark.ptr && !make_mark(b->mark, err))
		return false;
	if (b->n_blobs + b->n_packs > 0) /* what they sum up to is not known any more */
		(void)unlink(arena_printf(&b->arena, "%s/" SESSION_SIZE_FILE, b->folder.ptr).ptr);
	if (!put_blobs(b, err))
		return false;
	for (size_t i = 0; i < b->n_packs; i++)
		if (!blob_pack_add(b->folder, b->packs[i].file, b->packs[i].of, b->packs[i].n, err))
			return false;
	if (!write_head(b, err))
		return false;
	if ((b->mark.ptr || b->n_blobs + b->n_packs > 0) && syncfs(b->file->fd) != 0)
		return err_set(err, ERR_IO, "Cannot bring %s to the disk: %s.", b->folder.ptr,
			       strerror(errno));
	return true;
}

/* On the store's thread. The order is the promise of the log: the mark and the blobs are durable before a
 * line names them; the head says how far the log may go before the line is written; the mark goes only when
 * all is on the disk. After the first failure nothing of the session is written any more. */
void log_batch_write(struct log_batch *b)
{
	struct log_file *f = b->file;
	bool ok = f->why.code == ERR_NONE;

	if (!ok)
		b->why = f->why;
	else if (!prepare(b, &b->why))
		ok = false;
	else if (b->lines.len > 0 && !log_file_append(f, buf_slice(&b->lines), &b->why))
		ok = false;
	else if (b->sync && !log_file_sync(f, &b->why))
		ok = false;
	if (!ok && f->why.code == ERR_NONE)
		f->why = b->why;
	if (ok && b->unmark.ptr)
		(void)unlink(b->unmark.ptr);
}
