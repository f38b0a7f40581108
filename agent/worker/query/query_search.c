/* query_search.c - see query.h
 *
 * All threads do the same: take the next few files, search them, hand over what was found. Only one
 * at a time walks (the finder is not shared) and only one hands over, both under one lock; a walk of
 * some files takes a tenth of the time that searching them does. What is found is merged in the
 * order in which the files were taken, which is that of their paths, so the result is the same for
 * any number of threads. At the cap nobody takes any more.
 *
 *   taken -> searching -> found -> merged         each of the ROUNDS places of the ring, in turn
 *
 * A thread that is far ahead of a slow one waits: the ring bounds what lies about unmerged. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "agent/worker/query/find.h"
#include "agent/worker/query/query.h"
#include "agent/worker/query/searcher.h"
#include "protocol/base/mem.h"

/* THREADS_MAX: more than the processors of most desks gain nothing, as the disk's cache is shared. RING:
 * batches that may be unmerged at a time. */
enum {
	THREADS_MAX = 4,
	BATCH_FILES = 32,
	RING = 64,
	CONTEXT_MAX = 20,
	SKIPPED_BYTES = 4096,
	REST_TEXTS = 50,  /* with matches that are not shown, and are named */
	JSON_ESCAPED = 6, /* bytes at most that one byte of a name becomes */
};

/* A text of the user's editor, which hides the file of this name. */
struct open_text {
	const char *rel;
	struct slice text;
};

/* Files of one turn. While it is being searched it belongs to its thread; otherwise to whoever holds the
 * lock. */
struct batch {
	struct {
		size_t name;	   /* in names */
		struct slice text; /* of an open buffer; ptr NULL: a file */
	} items[BATCH_FILES];
	size_t n;
	struct buf names;
	struct search_found found;
	struct err err; /* ERR_NONE: all went well */
	bool done;
};

/* One search. Above the lock is what nobody changes once the threads run. */
struct search {
	const struct root *root;
	struct search_pattern pattern;
	struct open_text *texts; /* sorted */
	size_t n_texts, next_text;
	bool texts_only;

	pthread_mutex_t lock; /* for all that follows */
	pthread_cond_t moved;
	struct finder *finder;
	struct found ahead;   /* the next file; rel NULL: not fetched yet */
	bool end;	      /* nobody takes any more */
	size_t taken, merged; /* batches */
	struct batch ring[RING];
	struct err err;

	struct jw w;
	struct buf rest; /* texts with matches that are not shown, as an array */
	struct jw rest_w;
	size_t n_rest;
	struct buf skipped;
	size_t n_skipped, hits, matches, files;
};

/* The next file or text, in the order of their paths. */
/* An open text comes in the place of its file, or between two files where there is none. */
static bool next_source(struct search *s, const char **rel, struct slice *text)
{
	const struct open_text *t = s->next_text < s->n_texts ? &s->texts[s->next_text] : NULL;
	int order;

	while (!s->texts_only && !s->ahead.rel && finder_next(s->finder, &s->ahead)) {
		if (s->ahead.kind != FOUND_FILE)
			s->ahead.rel = NULL;
	}
	if (!t && !s->ahead.rel)
		return false;
	order = !t ? -1 : !s->ahead.rel ? 1 : strcmp(s->ahead.rel, t->rel);
	*rel = order < 0 ? s->ahead.rel : t->rel;
	*text = order < 0 ? (struct slice){ NULL, 0 } : t->text;
	s->next_text += order >= 0;
	if (order <= 0)
		s->ahead.rel = NULL;
	return true;
}

/* Under the lock. NULL: there is nothing left to do. */
static struct batch *take(struct search *s)
{
	struct batch *b;
	const char *rel;
	struct slice text;

	while (!s->end && s->taken - s->merged == RING)
		(void)pthread_cond_wait(&s->moved, &s->lock);
	if (s->end)
		return NULL;
	b = &s->ring[s->taken % RING];
	b->n = 0;
	b->done = false;
	b->err.code = ERR_NONE;
	buf_clear(&b->names);
	while (b->n < BATCH_FILES && next_source(s, &rel, &text)) {
		b->items[b->n].name = b->names.len;
		b->items[b->n++].text = text;
		buf_puts(&b->names, rel);
		buf_putc(&b->names, '\0');
	}
	s->end = b->n < BATCH_FILES;
	s->taken += b->n > 0;
	return b->n > 0 ? b : NULL;
}

/* Without the lock: the batch, the searcher and the pattern are enough. */
static void search_batch(const struct search *s, struct searcher *searcher, struct batch *b)
{
	bool ok = true;

	search_found_clear(&b->found);
	for (size_t i = 0; i < b->n && ok && b->found.matches < LIMIT_SEARCH_COUNT; i++) {
		const char *rel = b->names.data + b->items[i].name;

		if (b->items[i].text.ptr)
			ok = searcher_buffer(searcher, rel, b->items[i].text, &b->found, &b->err);
		else
			ok = searcher_file(searcher, s->root, rel, &b->found, &b->err);
	}
}

/* The hits of one text go into the answer as far as the limit; the rest of its matches is counted. */
static void merge_text(struct search *s, const struct search_found *f, const struct search_hits *h,
		       size_t *hit)
{
	const char *rel = f->names.data + h->name;
	size_t shown = 0, counted = h->matches, left = LIMIT_SEARCH_COUNT - s->matches;

	for (size_t i = 0; i < h->n; i++, ++*hit) {
		size_t from = *hit ? f->ends[*hit - 1] : 0;

		if (s->hits == s->pattern.limit)
			continue;
		jw_raw(&s->w, slice_sub(buf_slice(&f->json), from, f->ends[*hit]));
		s->hits++;
		shown++;
	}
	if (counted > left)
		counted = left;
	s->files++;
	s->matches += counted;
	if (counted > shown && s->n_rest++ < REST_TEXTS) {
		jw_object(&s->rest_w);
		jw_kcstr(&s->rest_w, "path", rel);
		jw_ki64(&s->rest_w, "matches", (int64_t)(counted - shown));
		jw_end(&s->rest_w);
	}
}

/* An error of a batch ends the search, unless the count had ended before it: then a search by one thread
 * would never have come to that file. */
static void merge(struct search *s, const struct batch *b)
{
	struct slice skipped = buf_slice(&b->found.skipped), line;
	size_t hit = 0;

	for (size_t i = 0; i < b->found.n_texts && s->matches < LIMIT_SEARCH_COUNT; i++)
		merge_text(s, &b->found, &b->found.texts[i], &hit);
	s->n_skipped += b->found.n_skipped;
	while (slice_next_line(&skipped, &line)) {
		if (s->skipped.len + line.len + 1 <= s->skipped.max)
			buf_printf(&s->skipped, "%.*s\n", SLICE_ARG(line));
	}
	if (b->err.code != ERR_NONE && s->matches < LIMIT_SEARCH_COUNT)
		s->err = b->err;
	s->end = s->end || s->err.code != ERR_NONE || s->matches == LIMIT_SEARCH_COUNT;
}

/* Under the lock: merges what is complete, as far as nothing in front of it is missing. */
static void hand_over(struct search *s)
{
	while (s->merged < s->taken && s->ring[s->merged % RING].done) {
		if (s->err.code == ERR_NONE && s->matches < LIMIT_SEARCH_COUNT)
			merge(s, &s->ring[s->merged % RING]);
		s->merged++;
	}
	(void)pthread_cond_broadcast(&s->moved);
}

/* A searcher of its own, because a compiled pattern has memory for one match at a time. */
static void *work(void *payload)
{
	struct search *s = payload;
	struct searcher *searcher;
	struct err err;
	struct batch *b;

	if (!searcher_new(&s->pattern, &searcher, &err))
		return NULL; /* the pattern was tried before; so this cannot be */
	(void)pthread_mutex_lock(&s->lock);
	while ((b = take(s)) != NULL) {
		(void)pthread_mutex_unlock(&s->lock);
		search_batch(s, searcher, b);
		(void)pthread_mutex_lock(&s->lock);
		b->done = true;
		hand_over(s);
	}
	(void)pthread_mutex_unlock(&s->lock);
	searcher_free(searcher);
	return NULL;
}

/* This thread, and others where there are processors and the sandbox lets us. */
static void search_all(struct search *s)
{
	pthread_t others[THREADS_MAX];
	cpu_set_t cpus;
	int n = 0, want = 1;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		want = CPU_COUNT(&cpus);
	while (n + 1 < want && n + 1 < THREADS_MAX &&
	       pthread_create(&others[n], NULL, work, s) == 0)
		n++;
	(void)work(s);
	while (n > 0)
		(void)pthread_join(others[--n], NULL);
}

/* The counts are exact as far as `truncated` is false. */
static void write_totals(struct search *s)
{
	jw_ki64(&s->w, "files", (int64_t)s->files);
	jw_ki64(&s->w, "matches", (int64_t)s->matches);
	jw_kbool(&s->w, "truncated", s->matches == LIMIT_SEARCH_COUNT);
	jw_kbool(&s->w, "cut", finder_cut(s->finder));
	if (s->n_rest > 0) {
		jw_ki64(&s->w, "restFiles", (int64_t)s->n_rest);
		jw_end(&s->rest_w);
		jw_kraw(&s->w, "rest", buf_slice(&s->rest));
	}
	if (s->n_skipped > 0) {
		jw_ki64(&s->w, "skippedFiles", (int64_t)s->n_skipped);
		jw_kstr(&s->w, "skipped", buf_slice(&s->skipped));
	}
	jw_end(&s->w);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct open_text *)a)->rel, ((const struct open_text *)b)->rel);
}

/* Those that lie below `path` and match the glob: for them, the rules for what is ignored do not
 * count, as the user has them open. */
/* Sorted by path, because next_source() merges them with the files. */
static bool read_texts(struct search *s, const struct find_options *o, struct json list,
		       struct arena *a, struct err *err)
{
	char start[LIMIT_PATH_BYTES];
	struct match *glob = NULL;
	struct slice path, text;
	size_t n;

	if (!root_clean(s->root, o->path, start, err) ||
	    (o->glob.len && !match_new_glob(o->glob, &glob, err)))
		return false;
	n = strlen(start);
	s->texts = arena_array(a, json_len(list) + 1, sizeof(*s->texts));
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		path = json_str_or(json_get(it.value, "path"), a, "");
		text = json_str_or(json_get(it.value, "text"), a, "");
		if (path.len == 0 || root_denied(s->root, path) ||
		    (glob && !match_is(glob, path)) || !slice_starts(path, slice_of(start)) ||
		    (n > 0 && path.len > n && path.ptr[n] != '/'))
			continue;
		s->texts[s->n_texts++] = (struct open_text){ arena_cstr(a, path), text };
	}
	match_free(glob);
	if (s->n_texts)
		qsort(s->texts, s->n_texts, sizeof(*s->texts), by_path);
	return true;
}

static void read_pattern(struct search_pattern *p, struct json params, struct arena *a)
{
	p->text = json_str_or(json_get(params, "pattern"), a, "");
	p->literal = json_bool_or(json_get(params, "literal"), false);
	p->ignore_case = json_bool_or(json_get(params, "ignoreCase"), false);
	p->context = (unsigned)json_i64_or(json_get(params, "context"), 0);
	p->limit = (size_t)json_i64_or(json_get(params, "limit"), 0);
	if (p->limit == 0 || p->limit > LIMIT_SEARCH_HITS)
		p->limit = LIMIT_SEARCH_HITS;
	if (p->context > CONTEXT_MAX)
		p->context = CONTEXT_MAX;
}

/* Hits are written while they are merged, so the object is begun before and ended after the threads. */
static void run(struct search *s, struct buf *out)
{
	jw_init(&s->w, out);
	jw_object(&s->w);
	jw_karray(&s->w, "hits");
	search_all(s);
	jw_end(&s->w);
	write_totals(s);
}

static struct search *search_new(const struct root *r)
{
	struct search *s = xcalloc(1, sizeof(*s));

	s->root = r;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->moved, NULL);
	buf_init(&s->rest, REST_TEXTS * (JSON_ESCAPED * LIMIT_PATH_BYTES + 64));
	jw_init(&s->rest_w, &s->rest);
	jw_array(&s->rest_w);
	buf_init(&s->skipped, SKIPPED_BYTES);
	for (size_t i = 0; i < RING; i++) {
		buf_init(&s->ring[i].names, BATCH_FILES * LIMIT_PATH_BYTES);
		search_found_init(&s->ring[i].found);
	}
	return s;
}

static void search_free(struct search *s)
{
	for (size_t i = 0; i < RING; i++) {
		buf_release(&s->ring[i].names);
		search_found_release(&s->ring[i].found);
	}
	finder_free(s->finder);
	buf_release(&s->rest);
	buf_release(&s->skipped);
	(void)pthread_cond_destroy(&s->moved);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

/* The pattern is compiled once here first: so its errors are told before any thread is started. */
bool query_search(const struct root *r, struct json params, struct buf *out, struct err *err)
{
	struct search *s = search_new(r);
	struct find_options o = { .files_only = true };
	struct searcher *try = NULL;
	struct arena a;
	bool ok;

	arena_init(&a);
	read_pattern(&s->pattern, params, &a);
	s->texts_only = json_bool_or(json_get(params, "textsOnly"), false);
	o.path = json_str_or(json_get(params, "path"), &a, "");
	o.glob = json_str_or(json_get(params, "glob"), &a, "");
	ok = searcher_new(&s->pattern, &try, err) && finder_new(r, &o, &s->finder, err) &&
	     read_texts(s, &o, json_get(params, "texts"), &a, err);
	searcher_free(try);
	if (ok) {
		run(s, out);
		ok = s->err.code == ERR_NONE;
		if (!ok)
			*err = s->err;
	}
	search_free(s);
	arena_release(&a);
	return ok;
}
