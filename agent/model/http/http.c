/* http.c - see http.h. curl_multi_socket_action() driven by uv_poll_t handles and one timer.
 *
 *   http_post() -> in `running` -> (curl says DONE) -> in `finished` -> done(), freed
 *                       \-> http_cancel(): removed and freed at once, or, while curl is on the
 *                           stack (`in_curl`), marked dead and swept when curl has returned
 *
 * Callbacks of the user run at two places only: in the header and body callbacks (in_curl) and in
 * deliver(). `depth` counts the frames of ours that still need *h: http_free() inside a callback
 * takes effect when the outermost returns. A poll context is freed only in its close callback. */
#include "agent/model/http/http.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/model/http/http_options.h"
#include "protocol/base/list.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* Requests in `running` belong to curl, those in `finished` wait for their done(). All memory is
 * freed on the loop's thread; the loader thread writes `curl` and nothing else, until it is
 * joined. */
struct http {
	uv_loop_t *loop;
	struct curl_lib curl;
	CURLM *multi; /* NULL: nothing was sent yet; then the timer is not initialised either */
	uv_timer_t timer;
	struct list running, finished;
	unsigned depth;
	bool in_curl, freed;
	bool loading; /* the thread runs, and has `curl` */
	uv_thread_t loader;
};

struct http_request {
	struct list link;
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	struct http_callbacks cb;
	void *payload;
	long status;
	enum { RUNNING, FINISHED, DELIVERING } where;
	bool dead; /* cancelled while it cannot be freed: no callback any more */
	CURLcode code;
	char detail[CURL_ERROR_SIZE];
};

/* One socket that curl waits for. It belongs to curl until CURL_POLL_REMOVE, and then to its
 * close callback. */
struct socket_watch {
	uv_poll_t poll;
	struct http *http;
	curl_socket_t fd;
};

static void release_request(struct http_request *r)
{
	struct http *h = r->http;

	list_remove(&r->link);
	if (r->easy)
		h->curl.easy_cleanup(r->easy);
	h->curl.slist_free_all(r->headers);
	free(r);
}

/* Takes a running request away from curl: this closes its connection if it was in use. */
static void drop_running(struct http_request *r)
{
	struct http *h = r->http;

	h->in_curl = true;
	(void)h->curl.multi_remove_handle(h->multi, r->easy);
	h->in_curl = false;
	release_request(r);
}

static void on_timer_closed(uv_handle_t *t)
{
	free(t->data);
}

/* Must come before anything reads `curl` that the thread may still write. */
static void loaded(struct http *h)
{
	if (h->loading)
		(void)uv_thread_join(&h->loader);
	h->loading = false;
}

/* curl's cleanup calls on_curl_socket() once more for kept connections, so *h must live until
 * the timer, which is closed last, has gone. */
static void destroy(struct http *h)
{
	loaded(h);
	if (!h->multi) {
		free(h);
		return;
	}
	LIST_EACH (it, tmp, &h->running)
		drop_running(container_of(it, struct http_request, link));
	LIST_EACH (it, tmp, &h->finished)
		release_request(container_of(it, struct http_request, link));
	h->in_curl = true;
	(void)h->curl.multi_cleanup(h->multi); /* closes kept connections, and so their watches */
	h->multi = NULL;
	uv_close((uv_handle_t *)&h->timer, on_timer_closed);
}

static void enter(struct http *h)
{
	h->depth++;
}

static void leave(struct http *h)
{
	if (--h->depth == 0 && h->freed)
		destroy(h);
}

/* Moves what curl has finished, and drops what was cancelled while curl was on the stack. */
static void collect(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = h->curl.multi_info_read(h->multi, &left)) != NULL) {
		struct http_request *r = NULL;
		char *private = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)h->curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
		r = (struct http_request *)(void *)private;
		r->code = m->data.result;
		list_remove(&r->link);
		list_append(&h->finished, &r->link);
		r->where = FINISHED;
		h->in_curl = true;
		(void)h->curl.multi_remove_handle(h->multi, r->easy);
		h->in_curl = false;
	}
	LIST_EACH (it, tmp, &h->running) {
		struct http_request *r = container_of(it, struct http_request, link);

		if (r->dead)
			drop_running(r);
	}
}

/* A request is taken out of its list before done() is called, for done() may start, cancel or
 * free others; the loop looks at the list anew each time. */
static void deliver(struct http *h)
{
	while (!list_empty(&h->finished) && !h->freed) {
		struct http_request *r = container_of(h->finished.next, struct http_request, link);
		struct http_result res = { .curl = (int)r->code, .detail = r->detail };
		double connect = 0;
		long os_errno = 0;

		list_remove(&r->link);
		r->where = DELIVERING;
		if (!r->dead) {
			(void)h->curl.easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &res.status);
			(void)h->curl.easy_getinfo(r->easy, CURLINFO_PRETRANSFER_TIME, &connect);
			(void)h->curl.easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &os_errno);
			res.connected = connect > 0;
			res.os_errno = (int)os_errno;
			if (!r->detail[0])
				(void)snprintf(r->detail, sizeof(r->detail), "%s",
					       h->curl.easy_strerror(r->code));
			r->cb.done(r->payload, &res);
		}
		release_request(r);
	}
}

static void on_timeout(uv_timer_t *t);

static void start_timer(struct http *h, long ms)
{
	uv_update_time(h->loop);
	/* curl does not ask again for a timeout that we report too early: better a millisecond
	 * late. */
	(void)uv_timer_start(&h->timer, on_timeout, ms > 0 ? (uint64_t)ms + 1 : 0, 0);
}

/* Every way into curl that may finish a request leads through here. What it finished is
 * collected while curl is not on the stack any more, and only then are users called. */
static void action(struct http *h, curl_socket_t fd, int events)
{
	int running = 0;
	long ms = -1;
	CURLMcode code;

	enter(h);
	h->in_curl = true;
	code = h->curl.multi_socket_action(h->multi, fd, events, &running);
	h->in_curl = false;
	if (code != CURLM_OK)
		log_warn("http: curl_multi_socket_action: %s", h->curl.multi_strerror(code));
	collect(h);
	if (!list_empty(&h->running) && !uv_is_active((uv_handle_t *)&h->timer)) {
		(void)h->curl.multi_timeout(h->multi, &ms);
		if (ms >= 0)
			start_timer(h, ms);
	}
	deliver(h);
	leave(h);
}

static void on_timeout(uv_timer_t *t)
{
	action(t->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct socket_watch *w = p->data;
	int flags = 0;

	if (status < 0)
		flags |= CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	action(w->http, w->fd, flags);
}

static void on_watch_closed(uv_handle_t *h)
{
	free(h->data);
}

/* curl: what to wait for on a socket, or CURL_POLL_REMOVE just before it is closed or kept. */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *userp, void *socketp)
{
	struct http *h = userp;
	struct socket_watch *w = socketp;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			uv_close((uv_handle_t *)&w->poll, on_watch_closed);
		(void)h->curl.multi_assign(h->multi, fd, NULL);
		return 0;
	}
	if (!w) {
		w = xcalloc(1, sizeof(*w));
		w->http = h;
		w->fd = fd;
		w->poll.data = w;
		if (uv_poll_init_socket(h->loop, &w->poll, fd) != 0) {
			free(w); /* a failed init leaves no handle behind */
			return -1;
		}
		(void)h->curl.multi_assign(h->multi, fd, w);
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= UV_READABLE;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= UV_WRITABLE;
	return uv_poll_start(&w->poll, events, on_poll) == 0 ? 0 : -1;
}

static int on_curl_timer(CURLM *multi, long ms, void *userp)
{
	struct http *h = userp;

	(void)multi;
	if (ms < 0)
		(void)uv_timer_stop(&h->timer);
	else
		start_timer(h, ms); /* 0 too: never call back into curl from here */
	return 0;
}

/* "HTTP/1.1 200 OK", "HTTP/2 200" */
static long status_of(struct slice line)
{
	size_t at = slice_find_byte(line, ' ', 0);
	long status = 0;

	for (size_t i = at + 1; at != SIZE_MAX && i < line.len && i <= at + 3; i++)
		if (line.ptr[i] >= '0' && line.ptr[i] <= '9')
			status = status * 10 + (line.ptr[i] - '0');
	return status;
}

/* A status line begins each response, also an interim one (100, 103) or that of a proxy; the
 * last one counts. */
static size_t on_curl_header(char *data, size_t size, size_t n, void *userp)
{
	struct http_request *r = userp;
	struct slice line = slice_trim(slice_make(data, size * n));
	size_t colon = slice_find_byte(line, ':', 0);

	if (r->dead)
		return 0;
	if (slice_starts(line, SLICE("HTTP/")))
		r->status = status_of(line);
	else if (colon != SIZE_MAX)
		r->cb.header(r->payload, r->status, slice_sub(line, 0, colon),
			     slice_trim(slice_sub(line, colon + 1, line.len)));
	return r->dead ? 0 : size * n;
}

static size_t on_curl_body(char *data, size_t size, size_t n, void *userp)
{
	struct http_request *r = userp;

	if (r->dead || !r->cb.body(r->payload, r->status, slice_make(data, size * n)) || r->dead)
		return 0; /* any other number than was given ends the transfer */
	return size * n;
}

struct http *http_new(uv_loop_t *loop)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = loop;
	list_init(&h->running);
	list_init(&h->finished);
	return h;
}

void http_free(struct http *h)
{
	if (!h || h->freed)
		return;
	h->freed = true;
	if (h->depth == 0)
		destroy(h);
}

static void load(void *arg)
{
	struct http *h = arg;
	struct err why;

	if (!curl_lib_load(&h->curl, &why))
		h->curl.handle = NULL; /* it is tried again, and told, when it is needed */
}

void http_prepare(struct http *h)
{
	if (!h->loading && !h->curl.handle) /* the thread writes `curl`: not read while it runs */
		h->loading = uv_thread_create(&h->loader, load, h) == 0;
}

/* What the thread has not done yet is waited for: it would else be done here, from its beginning. */
static bool start_multi(struct http *h, struct err *err)
{
	loaded(h);
	if (h->multi)
		return true;
	if (!curl_lib_load(&h->curl, err))
		return false;
	h->multi = h->curl.multi_init();
	if (!h->multi)
		return err_set(err, ERR_PROVIDER, "libcurl has no memory for a connection.");
	(void)h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	(void)h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	(void)h->curl.multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	(void)h->curl.multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	(void)uv_timer_init(h->loop, &h->timer);
	h->timer.data = h;
	return true;
}

static void set_callbacks(struct http_request *r)
{
	const struct curl_lib *c = &r->http->curl;

	(void)c->easy_setopt(r->easy, CURLOPT_PRIVATE, r);
	(void)c->easy_setopt(r->easy, CURLOPT_ERRORBUFFER, r->detail);
	(void)c->easy_setopt(r->easy, CURLOPT_HEADERFUNCTION, on_curl_header);
	(void)c->easy_setopt(r->easy, CURLOPT_HEADERDATA, r);
	(void)c->easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, on_curl_body);
	(void)c->easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
}

struct http_request *http_post(struct http *h, const struct http_spec *s,
			       const struct http_callbacks *cb, void *payload, struct err *err)
{
	struct http_request *r;
	CURLMcode code = CURLM_OUT_OF_MEMORY;

	if (!start_multi(h, err))
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->http = h;
	r->cb = *cb;
	r->payload = payload;
	list_init(&r->link);
	r->easy = h->curl.easy_init();
	if (r->easy && h->curl.easy_setopt(r->easy, CURLOPT_URL, s->url) == CURLE_OK) {
		r->headers = http_set_options(&h->curl, r->easy, s);
		set_callbacks(r);
		code = h->curl.multi_add_handle(h->multi, r->easy);
	}
	if (code != CURLM_OK) {
		(void)err_set(err, ERR_PROVIDER, "libcurl cannot send to %s: %s.", s->url,
			      h->curl.multi_strerror(code));
		release_request(r);
		return NULL;
	}
	list_append(&h->running, &r->link);
	return r;
}

void http_cancel(struct http_request *r)
{
	if (!r || r->dead)
		return;
	r->dead = true;
	if (r->where == RUNNING && !r->http->in_curl)
		drop_running(r);
	/* else collect() or deliver() frees it, without a callback */
}
