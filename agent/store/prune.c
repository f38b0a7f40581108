/* prune.c - see prune.h
 *
 * SESSION/blobs.size holds the sum of the session's blobs; whoever writes a blob removes it first
 * (log_batch.c). So in the usual case one small read a session is all. */
#include "agent/store/prune.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/regular.h"
#include "agent/store/event_log.h"
#include "agent/store/log_file.h"
#include "agent/store/log_head.h"
#include "agent/store/store_path.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { SESSIONS_MAX = 20000 };

struct pruner {
	struct arena arena;
	struct slice state_dir;
	uint64_t deadline_ms;
	size_t keep;	   /* so many of the newest */
	struct slice *ids; /* newest first */
	uint64_t *bytes;
	size_t n;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool in_time(const struct pruner *p)
{
	return now_ms() < p->deadline_ms;
}

static uint64_t folder_bytes(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	uint64_t sum = 0;
	struct dirent *e;
	struct stat st;

	if (!d && fd >= 0)
		(void)close(fd);
	while (d && (e = readdir(d)))
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
	if (d)
		(void)closedir(d);
	return sum;
}

static uint64_t measure(struct slice blobs)
{
	DIR *d = opendir(blobs.ptr);
	uint64_t sum = 0;
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			sum += folder_bytes(dirfd(d), e->d_name);
	if (d)
		(void)closedir(d);
	return sum;
}

static void remember(struct slice path, uint64_t bytes)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRIu64 "\n", bytes);
	int fd = open(path.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return;
	if (!write_all(fd, slice_make(text, (size_t)n)))
		(void)unlink(path.ptr);
	(void)close(fd);
}

static bool remembered(struct slice path, uint64_t *bytes)
{
	char text[24] = "", *end = text;
	int fd = regular_open(AT_FDCWD, path.ptr, O_NOFOLLOW, NULL);
	ssize_t n = 0;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 1)
		return false;
	*bytes = strtoull(text, &end, 10);
	return *end == '\n';
}

static uint64_t session_bytes(struct pruner *p, struct slice session)
{
	struct slice size, blobs;
	uint64_t bytes = 0;

	if (!session_path(&p->arena, p->state_dir, session, SESSION_SIZE_FILE, &size, NULL) ||
	    !session_path(&p->arena, p->state_dir, session, "blobs", &blobs, NULL))
		return 0;
	if (remembered(size, &bytes))
		return bytes;
	bytes = measure(blobs);
	remember(size, bytes);
	return bytes;
}

/* Another process, or a crash, still needs what this session holds. */
static bool unfinished(struct pruner *p, struct slice session)
{
	struct slice folder = arena_printf(&p->arena, "%.*s/unfinished", SLICE_ARG(p->state_dir));
	DIR *d = opendir(folder.ptr);
	bool found = false;
	struct dirent *e;

	while (d && !found && (e = readdir(d)))
		found = slice_ends(slice_of(e->d_name), session);
	if (d)
		(void)closedir(d);
	return found;
}

/* Says in the log that the blobs go: durable before they do. */
static bool log_pruned(struct pruner *p, size_t i, struct log_file *log, struct log_point end,
		       struct err *err)
{
	struct log_point next = { end.seq + 1, end.hash };
	struct log_line line;
	bool ok;

	log_line_init(&line);
	jw_ki64(log_line_begin(&line, next.seq, "pruned"), "bytes", (int64_t)p->bytes[i]);
	ok = log_line_end(&line, &next.hash, err) &&
	     log_head_write(p->state_dir, p->ids[i], &end, &next, err) &&
	     log_file_append(log, buf_slice(&line.text), err) && log_file_sync(log, err) &&
	     log_head_write(p->state_dir, p->ids[i], &next, &next, err);
	log_line_release(&line);
	return ok;
}

/* A log whose end does not fit its head is left alone, with all its blobs: somebody will want to look at it. */
static bool prune_one(struct pruner *p, size_t i)
{
	struct slice size, folder;
	struct err err = { 0 };
	struct log_point end;
	struct log_file log;
	bool ok;

	if (unfinished(p, p->ids[i]) ||
	    !session_path(&p->arena, p->state_dir, p->ids[i], "", &folder, &err) ||
	    !session_path(&p->arena, p->state_dir, p->ids[i], SESSION_SIZE_FILE, &size, &err) ||
	    !log_head_check(p->state_dir, p->ids[i], true, &err) ||
	    !log_file_open(&log, p->state_dir, p->ids[i], &p->arena, &end.seq, &end.hash, &err))
		return false;
	ok = log_pruned(p, i, &log, end, &err);
	if (ok) { /* the log is locked as long as they go */
		session_remove_blobs(&p->arena, folder);
		remember(size, 0);
		log_info("history: removed %" PRIu64 " bytes of session %.*s", p->bytes[i],
			 SLICE_ARG(p->ids[i]));
	}
	log_file_close(&log);
	return ok;
}

static uint64_t prune(struct pruner *p, uint64_t max_bytes)
{
	uint64_t total = 0, removed = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!in_time(p))
			return 0; /* what was measured is remembered */
		p->bytes[i] = session_bytes(p, p->ids[i]);
		total += p->bytes[i];
	}
	for (size_t i = p->n; i-- > p->keep && total - removed > max_bytes && in_time(p);)
		if (p->bytes[i] > 0 && prune_one(p, i))
			removed += p->bytes[i];
	return removed;
}

static uint64_t prune_all(struct slice state_dir, uint64_t max_bytes, uint64_t budget_ms,
			  size_t keep)
{
	struct pruner p = { .state_dir = state_dir,
			    .deadline_ms = now_ms() + budget_ms,
			    .keep = keep };
	uint64_t removed = 0;

	if (max_bytes == 0)
		return 0;
	arena_init(&p.arena);
	p.ids = arena_array(&p.arena, SESSIONS_MAX, sizeof(*p.ids));
	p.n = session_list(state_dir, &p.arena, p.ids, SESSIONS_MAX);
	p.bytes = arena_array(&p.arena, p.n + 1, sizeof(*p.bytes));
	if (p.n > keep)
		removed = prune(&p, max_bytes);
	arena_release(&p.arena);
	return removed;
}

uint64_t history_prune(struct slice state_dir, uint64_t max_bytes, uint64_t budget_ms)
{
	return prune_all(state_dir, max_bytes, budget_ms, PRUNE_KEEP);
}

/* --- on the store's thread --- */

struct prune_job {
	struct store_job job;
	struct slice state_dir; /* the store's */
	uint64_t max_bytes;
};

static void prune_work(struct store_job *j)
{
	struct prune_job *p = container_of(j, struct prune_job, job);

	/* the session that is starting may be there already, and is none of those that are kept */
	(void)prune_all(p->state_dir, p->max_bytes, PRUNE_MS, PRUNE_KEEP + 1);
}

static void prune_done(struct store_job *j)
{
	free(container_of(j, struct prune_job, job));
}

void history_prune_start(struct store *s, uint64_t max_bytes)
{
	struct prune_job *p = xcalloc(1, sizeof(*p));

	p->job.work = prune_work;
	p->job.done = prune_done;
	p->state_dir = store_state_dir(s);
	p->max_bytes = max_bytes;
	store_post(s, &p->job);
}
