/* event_log.c - see event_log.h: the writing side, on the loop.
 *
 * The line under construction is in `line`; event_log_end() closes it with its hash and appends it to
 * the batch. The batch is posted to the store when somebody asks for a sync, else in the next round of
 * the loop, or, while the thread is still at an earlier one, when that is written: the thread could not
 * take it before, and each batch costs a wake-up and a new head. So what belongs together is written
 * together. A log that is closed while batches are under way lives on until they are written. */
#include "agent/store/event_log.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/store/log_batch.h"
#include "agent/store/unfinished.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

struct sync_wait {
	struct list link; /* of the batch's */
	sync_cb *done;	  /* NULL: dropped */
	void *payload;
};

struct event_log {
	struct list link; /* of the store's logs */
	struct store *store;
	struct arena arena;
	struct slice session, folder; /* NUL-terminated */
	uint64_t seq;		      /* of the last event; 0: none */
	struct sha256_hex head;	      /* hash of the last event */
	struct log_line line;	      /* the event that is being written */
	bool open;		      /* between begin and end */
	bool closing;		      /* freed when nothing is under way */
	struct err why;		      /* a write failed */
	struct log_batch *batch;      /* is being filled; NULL: empty */
	struct job seal;
	size_t under_way, bytes; /* batches, and what they hold */
	struct log_point sealed; /* where the log ends after the last of them */
	bool touched;		 /* something was written to it */
	bool mark_known, marked; /* what was asked of the mark; the thread may still be at it */
	struct log_file file;	 /* the thread's, from the first batch on */
};

static void log_free(struct event_log *l)
{
	list_remove(&l->link);
	job_drop(&l->seal);
	log_file_close(&l->file);
	log_line_release(&l->line);
	arena_release(&l->arena);
	free(l);
}

/* --- batches --- */

static void write_batch(struct store_job *j)
{
	log_batch_write(container_of(j, struct log_batch, job));
}

/* A callback may drop the next wait or end the task: each is taken off the list before it is called. */
static void tell(struct log_batch *b)
{
	while (!list_empty(&b->waits)) {
		struct sync_wait *w = container_of(b->waits.next, struct sync_wait, link);
		sync_cb *done = w->done;
		void *payload = w->payload;

		list_remove(&w->link);
		free(w);
		if (done)
			done(payload, b->why.code == ERR_NONE ? NULL : &b->why);
	}
}

static void seal(struct event_log *l);

static void written(struct store_job *j)
{
	struct log_batch *b = container_of(j, struct log_batch, job);
	struct event_log *l = b->log;

	if (l->why.code == ERR_NONE)
		l->why = b->why;
	l->bytes -= b->bytes;
	tell(b); /* while `under_way` still counts this one: the log stays */
	log_batch_free(b);
	if (--l->under_way > 0)
		return;
	if (l->batch)
		seal(l);
	else if (l->closing)
		log_free(l);
}

/* From here on the batch belongs to the thread. `from` and `to` are the chain's ends before and after it. */
static void seal(struct event_log *l)
{
	struct log_batch *b = l->batch;

	job_drop(&l->seal);
	if (!b)
		return;
	l->batch = NULL;
	l->under_way++;
	l->touched = true;
	b->state_dir = store_state_dir(l->store);
	b->session = l->session;
	b->from = l->sealed;
	b->to = l->sealed = (struct log_point){ l->seq, l->head };
	b->job.work = write_batch;
	b->job.done = written;
	store_post(l->store, &b->job);
}

static void seal_job(struct job *j)
{
	struct event_log *l = container_of(j, struct event_log, seal);

	if (l->under_way == 0)
		seal(l);
}

static struct log_batch *batch_of(struct event_log *l)
{
	if (!l->batch) {
		l->batch = log_batch_new(l, &l->file, l->folder);
		runq_post(store_runq(l->store), &l->seal);
	}
	return l->batch;
}

/* What waits is in memory: on a disk that does not keep up it must not grow without bounds. */
static bool room(struct event_log *l, size_t len, struct err *err)
{
	if (l->bytes + len <= LIMIT_STORE_QUEUE_BYTES)
		return true;
	return err_set(err, ERR_TOO_LARGE,
		       "%zu bytes of session %.*s wait to be written to the disk: it is too slow "
		       "for a change of this size.",
		       l->bytes, SLICE_ARG(l->session));
}

/* --- open and close --- */

static struct event_log *find_open(struct store *s, struct slice session)
{
	LIST_EACH (it, tmp, store_logs(s)) {
		struct event_log *l = container_of(it, struct event_log, link);

		if (slice_eq(l->session, session))
			return l;
	}
	return NULL;
}

/* It was closed, and its last batches are still being written: its lock is ours. */
static bool open_again(struct event_log *l, struct event_log **out, struct err *err)
{
	if (!l->closing)
		return err_set(err, ERR_DENIED,
			       "Session %.*s is in use by another task; end that one first.",
			       SLICE_ARG(l->session));
	if (l->why.code != ERR_NONE)
		return err_set(err, l->why.code, "%s", l->why.msg);
	l->closing = false;
	*out = l;
	return true;
}

bool event_log_open(struct store *store, struct slice session, struct event_log **out,
		    struct err *err)
{
	struct event_log *l = find_open(store, session);

	if (l)
		return open_again(l, out, err);
	l = xcalloc(1, sizeof(*l));
	l->store = store;
	arena_init(&l->arena);
	list_init(&l->link);
	job_init(&l->seal, seal_job);
	log_line_init(&l->line);
	l->file.fd = -1;
	l->session = arena_dup(&l->arena, session);
	/* First, as to open it is to lock it, and repairs what a crash left. */
	if (!log_head_check(store_state_dir(store), session, true, err) ||
	    !log_head_begin(store_state_dir(store), session, err) ||
	    !log_file_open(&l->file, store_state_dir(store), session, &l->arena, &l->seq, &l->head,
			   err)) {
		log_free(l);
		return false;
	}
	l->sealed = (struct log_point){ l->seq, l->head };
	l->folder = arena_printf(&l->arena, "%.*s/sessions/%.*s", SLICE_ARG(store_state_dir(store)),
				 SLICE_ARG(session));
	list_append(store_logs(store), &l->link);
	*out = l;
	return true;
}

struct event_log *event_log_in_use(struct store *store, struct slice session)
{
	struct event_log *l = find_open(store, session);

	return l && !l->closing ? l : NULL;
}

void event_log_close(struct event_log *l)
{
	if (!l)
		return;
	assert(!l->closing);
	l->closing = true;
	seal(l);
	if (l->touched && l->why.code == ERR_NONE) {
		(void)batch_of(l); /* an empty one: from now on its end is known for sure */
		seal(l);
	}
	if (l->under_way == 0)
		log_free(l);
}

struct slice event_log_session(const struct event_log *l)
{
	return l->session;
}

struct slice event_log_state_dir(const struct event_log *l)
{
	return store_state_dir(l->store);
}

uint64_t event_log_lines(const struct event_log *l)
{
	return l->seq;
}

/* --- events --- */

struct jw *event_log_begin(struct event_log *l, const char *type)
{
	assert(!l->open);
	l->open = true;
	return log_line_begin(&l->line, l->seq + 1, type);
}

bool event_log_end(struct event_log *l, struct err *err)
{
	struct log_batch *b;
	size_t len;

	assert(l->open && l->line.w.depth == 1);
	l->open = false;
	if (l->why.code != ERR_NONE)
		return err_set(err, l->why.code, "%s", l->why.msg);
	if (!room(l, l->line.text.len, err) || !log_line_end(&l->line, &l->head, err))
		return false;
	l->seq++;
	b = batch_of(l);
	len = l->line.text.len;
	buf_append(&b->lines, buf_slice(&l->line.text));
	b->bytes += len;
	l->bytes += len;
	return true;
}

bool blob_put(struct event_log *l, struct slice data, struct sha256_hex *hash, struct err *err)
{
	if (l->why.code != ERR_NONE)
		return err_set(err, l->why.code, "%s", l->why.msg);
	if (!room(l, data.len, err))
		return false;
	*hash = sha256(data);
	log_batch_add_blob(batch_of(l), hash, data);
	l->bytes += data.len;
	return true;
}

bool blob_adopt(struct event_log *l, struct slice file, const struct blob_place *of, size_t n,
		struct err *err)
{
	if (l->why.code != ERR_NONE)
		return err_set(err, l->why.code, "%s", l->why.msg);
	if (!room(l, n * sizeof(*of), err))
		return false;
	log_batch_add_pack(batch_of(l), file, of, n);
	l->bytes += n * sizeof(*of);
	return true;
}

struct sync_wait *event_log_sync(struct event_log *l, sync_cb *done, void *payload)
{
	struct log_batch *b = batch_of(l);
	struct sync_wait *w = NULL;

	b->sync = true;
	if (done) {
		w = xcalloc(1, sizeof(*w));
		w->done = done;
		w->payload = payload;
		list_append(&b->waits, &w->link);
	}
	seal(l);
	return w;
}

void sync_drop(struct sync_wait *w)
{
	if (w)
		w->done = NULL;
}

void event_log_mark(struct event_log *l, struct slice workspace)
{
	struct log_batch *b = batch_of(l);

	if (b->mark.ptr || b->unmark.ptr) { /* the mark comes first in a batch, and goes last */
		seal(l);
		b = batch_of(l);
	}
	l->mark_known = l->marked = true;
	b->mark = unfinished_path(&b->arena, store_state_dir(l->store), workspace, l->session);
}

void event_log_unmark(struct event_log *l, struct slice workspace)
{
	struct log_batch *b = batch_of(l);

	l->mark_known = true;
	l->marked = false;
	b->unmark = unfinished_path(&b->arena, store_state_dir(l->store), workspace, l->session);
	b->sync = true;
	seal(l);
}

bool event_log_marked(const struct event_log *l, struct slice workspace)
{
	struct arena a;
	bool marked = l->marked;

	if (l->mark_known)
		return marked;
	arena_init(&a);
	marked = access(unfinished_path(&a, store_state_dir(l->store), workspace, l->session).ptr,
			F_OK) == 0;
	arena_release(&a);
	return marked;
}
