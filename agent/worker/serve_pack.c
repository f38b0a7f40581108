/* serve_pack.c - `viewPack`: what many files held before a command and what they hold after it, in one file.
 *
 *   PACKING --each slice of time: some files--> answered, freed
 *
 * For undo. The contents of twenty thousand files would else travel as text through a socket, and be
 * written as twenty thousand files. The file lies in the layer's folder, where no command can reach it;
 * the server moves it from there to the session. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/worker/file/files.h"
#include "agent/worker/serve.h"
#include "agent/worker/wire.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { SLICE_MS = 10, PIECE_BYTES = 1024 * 1024, READ_BYTES = 64 * 1024 };

/* The file is filled through `piece`, in large writes; places in it are counted in `bytes`. */
struct pack_job {
	struct runner_job job;
	uint64_t view; /* it may be dropped between two slices */
	size_t *index, n, at;
	char *file; /* absolute */
	int fd;
	char *piece; /* not yet written: less than PIECE_BYTES, and room for READ_BYTES more */
	size_t len;
	struct near real, layer;
	uint64_t bytes;	    /* of the file so far, with the piece */
	struct buf results; /* a JSON array */
	struct jw w;	    /* to it */
	struct err why;	    /* of the file itself */
};

/* After a failure nothing more is written, and the answer is the error. */
static bool flush(struct pack_job *p)
{
	off_t at = (off_t)(p->bytes - p->len), size = (off_t)p->len;
	struct slice left = slice_make(p->piece, p->len);

	p->len = 0;
	while (left.len > 0) {
		ssize_t n = write(p->fd, left.ptr, left.len);

		if (n < 0 && errno != EINTR)
			return err_set(&p->why, ERR_IO,
				       "What the files held before cannot be kept: %s.",
				       strerror(errno));
		if (n > 0)
			left = slice_sub(left, (size_t)n, left.len);
	}
	/* On its way to the disk from now on: the server waits for all of it before a file is changed. */
	(void)sync_file_range(p->fd, at, size, SYNC_FILE_RANGE_WRITE);
	return true;
}

/* --- one content --- */

struct image {
	enum entry_kind kind;
	uint64_t at, len;
	struct sha256_hex hash; /* of a link's target */
};

/* So many bytes were put behind the piece. */
static void add(struct pack_job *p, size_t n)
{
	p->len += n;
	p->bytes += n;
	if (p->len >= PIECE_BYTES && !flush(p))
		log_warn("%s", p->why.msg); /* said at the end */
}

/* Exactly as many bytes as stat() said, or it is another file by now. */
static bool take_file(struct pack_job *p, int fd, const char *rel, uint64_t size, struct err *err)
{
	uint64_t start = p->bytes;
	ssize_t n = 1;

	if (size > LIMIT_READ_BYTES)
		return err_set(err, ERR_TOO_LARGE, "%s is larger than %d bytes.", rel,
			       LIMIT_READ_BYTES);
	while (p->bytes - start < size && (n > 0 || (n < 0 && errno == EINTR))) {
		n = read(fd, p->piece + p->len, READ_BYTES);
		if (n > 0)
			add(p, (size_t)n);
	}
	if (n < 0)
		return err_set(err, ERR_IO, "%s cannot be read: %s.", rel, strerror(errno));
	return p->bytes - start == size ||
	       err_set(err, ERR_STALE, "%s was changed by another program just now.", rel);
}

static bool take_link(struct pack_job *p, int dir, const char *base, const char *rel,
		      struct image *out, struct err *err)
{
	char *target = p->piece + p->len;
	ssize_t n = readlinkat(dir, base, target, READ_BYTES);

	if (n <= 0)
		return err_set(err, ERR_IO, "%s cannot be read.", rel);
	out->kind = ENTRY_LINK;
	out->hash = sha256(slice_make(target, (size_t)n));
	add(p, (size_t)n);
	return true;
}

/* The stat of the open file is compared with what was hashed: else the pack could hold another text under
 * that hash. */
static bool take_open(struct pack_job *p, int fd, const char *rel, const struct put_was *was,
		      struct image *out, struct err *err)
{
	struct stat st = { 0 };
	struct put_was now = put_was_of(fstat(fd, &st) == 0 ? &st : NULL);

	if (was && !put_was_same(&now, was))
		return err_set(err, ERR_STALE, "%s was changed by another program just now.", rel);
	if (!S_ISREG(st.st_mode))
		return true;
	out->kind = ENTRY_FILE;
	return take_file(p, fd, rel, (uint64_t)st.st_size, err);
}

/* was: what its hash was made of; NULL: whatever is there. */
static bool take(struct pack_job *p, struct near *near, const char *rel, const struct put_was *was,
		 struct image *out, struct err *err)
{
	const char *base;
	int dir = near_parent(near, rel, &base), fd = -1;
	bool ok = true;

	*out = (struct image){ .kind = ENTRY_NONE, .at = p->bytes };
	if (dir >= 0)
		fd = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0) {
		ok = take_open(p, fd, rel, was, out, err);
		(void)close(fd);
	} else if (dir >= 0 && errno == ELOOP) {
		ok = take_link(p, dir, base, rel, out, err);
	} else if (errno != ENOENT && errno != ENOTDIR) {
		return err_set(err, ERR_IO, "%s cannot be read: %s.", rel, strerror(errno));
	}
	out->len = p->bytes - out->at;
	return ok;
}

/* --- one change --- */

static void write_image(struct jw *w, const char *key, const struct image *i)
{
	jw_karray(w, key);
	jw_i64(w, i->kind);
	jw_i64(w, (int64_t)i->at);
	jw_i64(w, (int64_t)i->len);
	if (i->kind == ENTRY_LINK)
		jw_cstr(w, i->hash.s);
	jw_end(w);
}

/* A change of permissions has no content, only its kinds. */
static void pack_one(struct pack_job *p, const struct upper *u, const struct upper_change *c)
{
	const struct root *r = &p->job.serve->root;
	struct image before = { .kind = ENTRY_NONE }, after = { .kind = ENTRY_NONE };
	struct err why = { .code = ERR_NONE };
	bool ok =
		c->class != UPPER_NEVER || err_set(&why, ERR_DENIED, "%s: %s.", c->rel, c->reason);

	if (ok && c->kind == UPPER_MODE)
		before.kind = after.kind = ENTRY_FILE;
	else if (ok)
		ok = (c->kind == UPPER_CREATED ||
		      take(p, &p->real, c->rel, c->open < 0 ? &c->was : NULL, &before, &why)) &&
		     (c->kind == UPPER_REMOVED || take(p, &p->layer, c->rel, NULL, &after, &why));
	jw_object(&p->w);
	jw_ki64(&p->w, "index", c - u->change);
	if (ok) {
		write_image(&p->w, "was", &before);
		write_image(&p->w, "is", &after);
		if (before.kind == ENTRY_NONE)
			jw_ki64(&p->w, "folders", file_missing_folders(r, slice_of(c->rel)));
	} else {
		jw_kcstr(&p->w, "code", err_name(why.code));
		jw_kcstr(&p->w, "why", why.msg);
	}
	jw_end(&p->w);
}

/* --- the job --- */

/* Also after a cancel: the file is closed, and goes with the layer. */
static void answer(struct pack_job *p)
{
	struct jw *w;

	if (p->why.code == ERR_NONE && p->results.full)
		err_set(&p->why, ERR_TOO_LARGE, "The answer is too large for a message.");
	if (p->job.req->cancelled) {
		conn_reply_cancelled(p->job.req);
	} else if (p->why.code != ERR_NONE || !flush(p)) {
		conn_reply_err(p->job.req, &p->why);
	} else {
		w = conn_result_begin(p->job.req);
		jw_object(w);
		jw_kcstr(w, "file", p->file);
		jw_end(&p->w);
		jw_kraw(w, "results", buf_slice(&p->results));
		jw_end(w);
		conn_result_end(p->job.req);
	}
	(void)close(p->fd);
	free(p->piece);
	buf_release(&p->results);
	serve_remove(&p->job);
	free(p->file);
	free(p->index);
	free(p);
}

static uint64_t pack_wait(struct runner_job *j, int fds[JOB_FDS_MAX])
{
	(void)j;
	fds[0] = fds[1] = -1;
	return 0;
}

static bool pack_step(struct runner_job *j, const bool ready[JOB_FDS_MAX], uint64_t now)
{
	struct pack_job *p = container_of(j, struct pack_job, job);
	struct upper *u = batch_layer(j->serve, p->view);

	(void)ready;
	if (!u && p->why.code == ERR_NONE)
		err_set(&p->why, ERR_NOT_FOUND, "The changes of the command are gone.");
	while (p->at < p->n && p->why.code == ERR_NONE && !j->req->cancelled &&
	       serve_now() < now + SLICE_MS)
		pack_one(p, u, &u->change[p->index[p->at++]]);
	near_forget(&p->real);
	near_forget(&p->layer);
	if (p->at < p->n && p->why.code == ERR_NONE && !j->req->cancelled)
		return true;
	answer(p);
	return false;
}

/* The next step sees it. */
static void pack_cancel(struct runner_job *j)
{
	(void)j;
}

static const struct job_class pack_class = { pack_wait, pack_step, pack_cancel };

/* The file is opened by its folder's descriptor; the server gets the path, as it has to move it. */
void serve_view_pack(struct serve *s, struct rpc_request *req)
{
	struct pack_job *p;
	struct upper *u;
	size_t *index, n, size;
	char name[32];
	int fd;

	if (!batch_begin(s, req, &u, &index, &n))
		return;
	(void)snprintf(name, sizeof(name), "pack%zu", u->packs++);
	fd = openat(u->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		conn_reply_error(req, RPC_REQUEST_FAILED,
				 "What the files held before cannot be kept: %s.", strerror(errno));
		free(index);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->view = u->id;
	p->index = index;
	p->n = n;
	p->fd = fd;
	size = strlen(s->views.path) + 64;
	p->file = xmalloc(size);
	(void)snprintf(p->file, size, "%s/%llu/%s", s->views.path, (unsigned long long)u->id, name);
	p->piece = xmalloc(PIECE_BYTES + READ_BYTES);
	near_init(&p->real, s->root.fd);
	near_init(&p->layer, u->fd);
	buf_init(&p->results, LIMIT_MESSAGE_BYTES - 4096);
	jw_init(&p->w, &p->results);
	jw_array(&p->w);
	serve_add(s, &p->job, &pack_class, req);
}
