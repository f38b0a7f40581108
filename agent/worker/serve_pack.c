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

enum { SLICE_MS = 10, UNASKED_PART = 4 };

struct pack_job {
	struct runner_job job;
	uint64_t view; /* it may be dropped between two slices */
	size_t *index, n, at;
	char *file; /* absolute */
	struct spool spool;
	bool has_kept; /* it is the one that was filled when the files were hashed */
	struct near real, layer;
	struct buf results; /* a JSON array */
	struct jw w;	    /* to it */
};

/* --- one content --- */

struct image {
	enum entry_kind kind;
	uint64_t at, len;
	struct sha256_hex hash; /* of a link's target */
};

/* Exactly as many bytes as stat() said, or it is another file by now. */
static bool take_file(struct pack_job *p, int fd, const char *rel, uint64_t size, struct err *err)
{
	uint64_t start = p->spool.bytes;
	ssize_t n = 1;

	if (size > LIMIT_READ_BYTES)
		return err_set(err, ERR_TOO_LARGE, "%s is larger than %d bytes.", rel,
			       LIMIT_READ_BYTES);
	while (p->spool.bytes - start < size && (n > 0 || (n < 0 && errno == EINTR))) {
		n = read(fd, spool_room(&p->spool), SPOOL_READ_BYTES);
		if (n > 0)
			spool_add(&p->spool, (size_t)n);
	}
	if (n < 0)
		return err_set(err, ERR_IO, "%s cannot be read: %s.", rel, strerror(errno));
	return p->spool.bytes - start == size ||
	       err_set(err, ERR_STALE, "%s was changed by another program just now.", rel);
}

static bool take_link(struct pack_job *p, int dir, const char *base, const char *rel,
		      struct image *out, struct err *err)
{
	char *target = spool_room(&p->spool);
	ssize_t n = readlinkat(dir, base, target, SPOOL_READ_BYTES);

	if (n <= 0)
		return err_set(err, ERR_IO, "%s cannot be read.", rel);
	out->kind = ENTRY_LINK;
	out->hash = sha256(slice_make(target, (size_t)n));
	spool_add(&p->spool, (size_t)n);
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

/* was: what its hash was made of; NULL: whatever is there. kept: where its bytes were put then. */
static bool take(struct pack_job *p, struct near *near, const char *rel, const struct put_was *was,
		 const struct spool_place *kept, struct image *out, struct err *err)
{
	const char *base;
	int dir, fd = -1;
	bool ok = true;

	if (p->has_kept && kept->is) {
		*out = (struct image){ .kind = ENTRY_FILE, .at = kept->at, .len = kept->len };
		return true;
	}
	dir = near_parent(near, rel, &base);
	*out = (struct image){ .kind = ENTRY_NONE, .at = p->spool.bytes };
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
	out->len = p->spool.bytes - out->at;
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
		      take(p, &p->real, c->rel, c->open < 0 ? &c->was : NULL, &c->kept_before,
			   &before, &why)) &&
		     (c->kind == UPPER_REMOVED ||
		      take(p, &p->layer, c->rel, NULL, &c->kept_after, &after, &why));
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
	struct err why;
	struct jw *w;

	if (p->spool.why.code == ERR_NONE && p->results.full)
		err_set(&p->spool.why, ERR_TOO_LARGE, "The answer is too large for a message.");
	if (p->job.req->cancelled) {
		conn_reply_cancelled(p->job.req);
	} else if (!spool_flush(&p->spool, &why)) {
		conn_reply_err(p->job.req, &why);
	} else {
		w = conn_result_begin(p->job.req);
		jw_object(w);
		jw_kcstr(w, "file", p->file);
		jw_end(&p->w);
		jw_kraw(w, "results", buf_slice(&p->results));
		jw_end(w);
		conn_result_end(p->job.req);
	}
	spool_release(&p->spool);
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
	if (!u && p->spool.why.code == ERR_NONE)
		err_set(&p->spool.why, ERR_NOT_FOUND, "The changes of the command are gone.");
	while (p->at < p->n && p->spool.why.code == ERR_NONE && !j->req->cancelled &&
	       serve_now() < now + SLICE_MS)
		pack_one(p, u, &u->change[p->index[p->at++]]);
	near_forget(&p->real);
	near_forget(&p->layer);
	if (p->at < p->n && p->spool.why.code == ERR_NONE && !j->req->cancelled)
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

/* What was put aside while the files were hashed, where it is not much more than what is asked for. It is
 * taken once. */
static struct spool spool_of(struct upper *u, const size_t *index, size_t n, bool *has_kept)
{
	struct spool out = u->spool;
	uint64_t asked = 0;

	for (size_t i = 0; i < n; i++) {
		const struct upper_change *c = &u->change[index[i]];

		asked += (c->kept_before.is ? c->kept_before.len : 0) +
			 (c->kept_after.is ? c->kept_after.len : 0);
	}
	*has_kept = asked > 0 && u->spool.dir >= 0 && u->spool.why.code == ERR_NONE &&
		    u->spool.bytes - asked <= asked / UNASKED_PART;
	if (*has_kept)
		spool_init(&u->spool, -1, 0);
	else
		spool_init(&out, u->dir, u->packs++);
	return out;
}

/* The file is made by its folder's descriptor; the server gets the path, as it has to move it. */
void serve_view_pack(struct serve *s, struct rpc_request *req)
{
	struct pack_job *p;
	struct upper *u;
	size_t *index, n, size;

	if (!s->views.path) {
		conn_reply_error(req, RPC_INVALID_PARAMS,
				 "The layers lie in memory, where no file can be taken from.");
		return;
	}
	if (!batch_begin(s, req, &u, &index, &n))
		return;
	p = xcalloc(1, sizeof(*p));
	p->view = u->id;
	p->index = index;
	p->n = n;
	p->spool = spool_of(u, index, n, &p->has_kept);
	size = strlen(s->views.path) + 64;
	p->file = xmalloc(size);
	(void)snprintf(p->file, size, "%s/%llu/%s", s->views.path, (unsigned long long)u->id,
		       p->spool.name);
	near_init(&p->real, s->root.fd);
	near_init(&p->layer, u->fd);
	buf_init(&p->results, LIMIT_MESSAGE_BYTES - 4096);
	jw_init(&p->w, &p->results);
	jw_array(&p->w);
	serve_add(s, &p->job, &pack_class, req);
}
