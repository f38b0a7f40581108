/* metrics.c - see metrics.h
 *
 * The service counts where every execution passes: metrics stand in for its history and its cache,
 * count, and hand on to the real ones. All of it is memory and begins anew with the process, as
 * Prometheus expects of a counter. */
#include "agent/serve/metrics.h"

#include <time.h>
#include <uv.h>

#include "agent/net/breaker.h"
#include "protocol/base/version.h"

static const double bounds[METRICS_BUCKETS] = { 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
						1,    2.5,   5,	   10,	30,   120 };

/* Buckets are counted apart here and summed up when they are written: Prometheus wants "at most so
 * many seconds". */
static void count(struct metrics *m, const struct exec_row *r)
{
	const struct exec_language *l = exec_language_find(r->language);
	struct metrics_language *to = &m->language[l ? l - exec_language_at(0) : 0];
	double seconds = r->ms / 1000.0;
	size_t b = 0;

	m->hits += r->cached;
	for (int s = 0; s < METRICS_STATUSES; s++)
		to->of[s] += slice_eq_cstr(r->status, exec_status_name((enum exec_status)s));
	while (b < METRICS_BUCKETS && seconds > bounds[b])
		b++;
	if (b < METRICS_BUCKETS)
		to->bucket[b]++;
	to->seconds += seconds;
}

static void on_add(void *self, const struct exec_row *r)
{
	struct metrics *m = self;

	count(m, r);
	if (m->real_history)
		m->real_history->add(m->real_history->self, r);
}

static struct exec_asked *on_ask(void *self, const struct exec_rows_query *q, exec_history_cb *done,
				 void *payload)
{
	const struct metrics *m = self;

	return m->real_history->ask(m->real_history->self, q, done, payload);
}

static struct exec_lookup *on_get(void *self, struct slice key, exec_cached_cb *done, void *payload)
{
	struct metrics *m = self;

	m->lookups++;
	return m->real_cache->get(m->real_cache->self, key, done, payload);
}

static void on_put(void *self, struct slice key, const struct exec_cached *c)
{
	const struct metrics *m = self;

	m->real_cache->put(m->real_cache->self, key, c);
}

void metrics_init(struct metrics *m, const struct exec_history *h, const struct exec_cache *c)
{
	*m = (struct metrics){ .real_history = h, .real_cache = c, .started = (int64_t)time(NULL) };
	m->history =
		(struct exec_history){ .self = m, .add = on_add, .ask = on_ask, .drop = h->drop };
	m->cache = (struct exec_cache){ .self = m, .get = on_get, .put = on_put, .drop = c->drop };
}

/* A place for each status that ever came; those behind the METRICS_REPLIES-th are not counted. */
void metrics_reply(struct metrics *m, unsigned status)
{
	for (size_t i = 0; i < METRICS_REPLIES; i++) {
		if (m->reply[i].n > 0 && m->reply[i].status != status)
			continue;
		m->reply[i].status = status;
		m->reply[i].n++;
		return;
	}
}

static uint64_t of_language(const struct metrics_language *l)
{
	uint64_t n = 0;

	for (int s = 0; s < METRICS_STATUSES; s++)
		n += l->of[s];
	return n;
}

void metrics_json(const struct metrics *m, struct jw *w)
{
	static const char *const names[METRICS_STATUSES] = {
		[EXEC_SUCCESS] = "successful_executions",
		[EXEC_ERROR] = "failed_executions",
		[EXEC_TIMEOUT] = "timeout_executions",
		[EXEC_VIOLATION] = "security_violations",
	};
	uint64_t all = 0, n;

	for (size_t i = 0; i < EXEC_LANGUAGES; i++)
		all += of_language(&m->language[i]);
	jw_ki64(w, "total_executions", (int64_t)all);
	for (int s = 0; s < METRICS_STATUSES; s++) {
		n = 0;
		for (size_t i = 0; i < EXEC_LANGUAGES; i++)
			n += m->language[i].of[s];
		jw_ki64(w, names[s], (int64_t)n);
	}
	jw_ki64(w, "cache_hits", (int64_t)m->hits);
	jw_ki64(w, "cache_misses", (int64_t)(m->lookups - m->hits));
	jw_kobject(w, "language_breakdown");
	for (size_t i = 0; i < EXEC_LANGUAGES; i++)
		jw_ki64(w, exec_language_at(i)->name, (int64_t)of_language(&m->language[i]));
	jw_end(w);
}

/* --- as text --- */

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help, double value)
{
	head(out, name, type, help);
	buf_printf(out, "%s %.17g\n", name, value);
}

/* The bucket "+Inf" is all of them, also those above the last bound. */
static void write_durations(const struct metrics *m, struct buf *out)
{
	static const char name[] = "emend_execution_duration_seconds";

	head(out, name, "histogram", "How long executions took.");
	for (size_t i = 0; i < EXEC_LANGUAGES; i++) {
		const struct metrics_language *l = &m->language[i];
		const char *language = exec_language_at(i)->name;
		uint64_t n = 0, all = of_language(l);

		for (size_t b = 0; b < METRICS_BUCKETS; b++) {
			n += l->bucket[b];
			buf_printf(out, "%s_bucket{language=\"%s\",le=\"%g\"} %llu\n", name,
				   language, bounds[b], (unsigned long long)n);
		}
		buf_printf(out, "%s_bucket{language=\"%s\",le=\"+Inf\"} %llu\n", name, language,
			   (unsigned long long)all);
		buf_printf(out, "%s_sum{language=\"%s\"} %.17g\n", name, language, l->seconds);
		buf_printf(out, "%s_count{language=\"%s\"} %llu\n", name, language,
			   (unsigned long long)all);
	}
}

static void write_executions(const struct metrics *m, struct buf *out)
{
	static const char name[] = "emend_executions_total";

	head(out, name, "counter", "Executions that ended, by language and status.");
	for (size_t i = 0; i < EXEC_LANGUAGES; i++) {
		for (int s = 0; s < METRICS_STATUSES; s++)
			buf_printf(out, "%s{language=\"%s\",status=\"%s\"} %llu\n", name,
				   exec_language_at(i)->name, exec_status_name((enum exec_status)s),
				   (unsigned long long)m->language[i].of[s]);
	}
}

static void write_replies(const struct metrics *m, struct buf *out)
{
	static const char name[] = "emend_http_replies_total";

	head(out, name, "counter", "Replies over HTTP, by status; 499: the client left before.");
	for (size_t i = 0; i < METRICS_REPLIES && m->reply[i].n > 0; i++)
		buf_printf(out, "%s{status=\"%u\"} %llu\n", name, m->reply[i].status,
			   (unsigned long long)m->reply[i].n);
}

void metrics_write(const struct metrics *m, const struct exec *e, bool draining, struct buf *out)
{
	size_t rss = 0;

	(void)uv_resident_set_memory(&rss);
	head(out, "emend_build_info", "gauge", "The version that runs.");
	buf_printf(out, "emend_build_info{version=\"%s\"} 1\n", EMEND_VERSION);
	write_executions(m, out);
	write_durations(m, out);
	one(out, "emend_executions_running", "gauge", "Executions that run now.",
	    (double)exec_running(e));
	one(out, "emend_executions_queued", "gauge", "Executions that wait for a place.",
	    (double)exec_queued(e));
	one(out, "emend_cache_lookups_total", "counter", "Requests that asked the cache.",
	    (double)m->lookups);
	one(out, "emend_cache_hits_total", "counter", "Requests that the cache answered.",
	    (double)m->hits);
	write_replies(m, out);
	one(out, "emend_draining", "gauge", "1 while the service ends and takes nothing more.",
	    draining);
	one(out, "process_start_time_seconds", "gauge", "When the service began, since 1970.",
	    (double)m->started);
	one(out, "process_resident_memory_bytes", "gauge", "Its own memory, without executions.",
	    (double)rss);
}

static void write_link(const char *name, const struct breaker *b, double value, struct buf *out)
{
	buf_printf(out, "%s{server=\"%s\"} %.17g\n", name, b->name, value);
}

/* Each metric with all servers under it, as the format wants the lines of one metric together. */
void metrics_links(const struct breaker *const *links, size_t n, struct buf *out)
{
	static const struct {
		const char *name, *type, *help;
	} of[] = {
		{ "emend_connection_up", "gauge", "1 while it is connected with this server." },
		{ "emend_breaker_open", "gauge",
		  "1 while this server is not called, since it failed again and again." },
		{ "emend_connection_failures_total", "counter",
		  "Calls of this server, and connections with it, that failed." },
		{ "emend_breaker_opens_total", "counter",
		  "How often it was left alone for a minute." },
	};

	for (size_t i = 0; i < ARRAY_LEN(of) && n > 0; i++) {
		head(out, of[i].name, of[i].type, of[i].help);
		for (size_t k = 0; k < n; k++) {
			const struct breaker *b = links[k];
			double values[] = { b->connected, b->state == BREAKER_OPEN, (double)b->all,
					    (double)b->opens };

			write_link(of[i].name, b, values[i], out);
		}
	}
}
