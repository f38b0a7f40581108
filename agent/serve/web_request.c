/* web_request.c - a request of web.h, from its head to the last byte of its answer.
 *
 * The library calls web_on_access() for the head, for each piece of the body, and once more when all is there. If the
 * answer is not known then, the request is suspended: the library calls again after web_request_wake(). The same holds for
 * a stream that has nothing to send. */
#include <stdlib.h>

#include "agent/serve/web_own.h"
#include "protocol/base/mem.h"

enum {
	STREAM_PIECE = 16 * 1024,
	STREAM_MAX = 256 * 1024 * 1024,
	TAKEN_MAX = 1024 * 1024,
	HEADERS_MAX = 8
};

/* Freed in web_on_completed(), which the library calls exactly once for each request, also at its
 * end. */
struct web_request {
	struct web *web;
	struct web_conn *conn;
	struct MHD_Connection *mhd;
	void *payload;
	struct arena arena;
	struct slice method, path;
	uint64_t began;
	struct buf body;
	bool refused; /* by its head: the body is read and thrown away, so that the client reads the answer */
	bool too_large, whole, suspended, queued, finished;
	struct {
		const char *name, *value;
	} header[HEADERS_MAX];
	size_t n_headers;
	unsigned status;	       /* 0: not answered */
	struct MHD_Response *response; /* held until the request ends */
	/* of a stream */
	bool stream, stream_ended;
	struct buf events;
	size_t taken; /* of the events, from the beginning; they go when all are taken */
	uint64_t last_event;
};

/* --- what the owner may read --- */

struct slice web_method(const struct web_request *r)
{
	return r->method;
}

struct slice web_path(const struct web_request *r)
{
	return r->path;
}

struct slice web_body(const struct web_request *r)
{
	return buf_slice(&r->body);
}

bool web_too_large(const struct web_request *r)
{
	return r->too_large;
}

size_t web_room(const struct web_request *r)
{
	const struct web *w = r->web;

	return w->bodies < w->o.all_bodies_max ? w->o.all_bodies_max - w->bodies : 0;
}

struct arena *web_arena(struct web_request *r)
{
	return &r->arena;
}

int web_socket(const struct web_request *r)
{
	return r->conn->fd;
}

uint64_t web_began_ms(const struct web_request *r)
{
	return r->began;
}

unsigned web_status(const struct web_request *r)
{
	return r->status;
}

void web_set(struct web_request *r, void *payload)
{
	r->payload = payload;
}

void *web_get(const struct web_request *r)
{
	return r->payload;
}

struct slice web_header(const struct web_request *r, const char *name)
{
	return slice_of(r->web->lib.lookup_connection_value(r->mhd, MHD_HEADER_KIND, name));
}

struct each {
	void (*fn)(void *payload, struct slice name, struct slice value);
	void *payload;
};

static enum MHD_Result on_query(void *cls, enum MHD_ValueKind kind, const char *name,
				const char *value)
{
	const struct each *e = cls;

	(void)kind;
	e->fn(e->payload, slice_of(name), slice_of(value));
	return MHD_YES;
}

void web_each_query(const struct web_request *r,
		    void (*fn)(void *payload, struct slice name, struct slice value), void *payload)
{
	struct each e = { fn, payload };

	(void)r->web->lib.get_connection_values(r->mhd, MHD_GET_ARGUMENT_KIND, on_query, &e);
}

/* --- the answer --- */

/* Harmless where it is not suspended: callbacks need not know. */
void web_request_wake(struct web_request *r)
{
	if (!r->suspended)
		return;
	r->suspended = false;
	r->web->lib.resume_connection(r->mhd); /* takes effect in the next round of the loop */
	web_wake(r->web);
}

/* A connection that is gone must not be suspended: the library would never see its end. */
static enum MHD_Result suspend(struct web_request *r)
{
	if (r->conn->left) /* nothing would wake it */
		return MHD_NO;
	r->suspended = true;
	r->web->lib.suspend_connection(r->mhd);
	return MHD_YES;
}

void web_add_header(struct web_request *r, const char *name, struct slice value)
{
	if (r->n_headers == HEADERS_MAX || r->status || value.len == 0)
		return;
	for (size_t i = 0; i < value.len; i++) {
		if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f)
			return;
	}
	r->header[r->n_headers].name = name;
	r->header[r->n_headers++].value = arena_cstr(&r->arena, value);
}

/* no-store, nosniff: an answer may hold what a user printed, which no cache and no browser should
 * interpret. */
static void begin_answer(struct web_request *r, unsigned status, const char *type)
{
	const struct mhd_lib *lib = &r->web->lib;

	r->status = status;
	if (*type)
		(void)lib->add_response_header(r->response, "Content-Type", type);
	(void)lib->add_response_header(r->response, "Cache-Control", "no-store");
	(void)lib->add_response_header(r->response, "X-Content-Type-Options", "nosniff");
	for (size_t i = 0; i < r->n_headers; i++)
		(void)lib->add_response_header(r->response, r->header[i].name, r->header[i].value);
	web_request_wake(r);
}

void web_answer(struct web_request *r, unsigned status, const char *type, struct slice body)
{
	if (r->status)
		return;
	/* It copies the bytes and never changes them; its parameter is older than const. */
	r->response = r->web->lib.create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr,
							      MHD_RESPMEM_MUST_COPY);
	begin_answer(r, status, type);
}

/* Called by the library whenever the client takes more; 0 means that it is suspended until there is
 * an event. */
static ssize_t read_events(void *cls, uint64_t at, char *out, size_t max)
{
	struct web_request *r = cls;
	size_t left = r->events.len - r->taken, n = left < max ? left : max;

	(void)at;
	if (r->conn->left)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n > 0) {
		memcpy(out, r->events.data + r->taken, n);
		r->taken += n;
		if (r->taken == r->events.len || r->taken >= TAKEN_MAX) {
			buf_consume(&r->events, r->taken);
			r->taken = 0;
		}
		return (ssize_t)n;
	}
	if (r->stream_ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	(void)suspend(r);
	return 0;
}

void web_stream(struct web_request *r)
{
	if (r->status)
		return;
	r->stream = true;
	r->last_event = uv_now(r->web->o.loop);
	buf_init(&r->events, STREAM_MAX);
	r->response = r->web->lib.create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_PIECE,
								read_events, r, NULL);
	begin_answer(r, MHD_HTTP_OK, "text/event-stream");
}

void web_event(struct web_request *r, const char *name, struct slice json)
{
	buf_printf(&r->events, "event: %s\ndata: ", name);
	buf_append(&r->events, json);
	buf_puts(&r->events, "\n\n");
	r->last_event = uv_now(r->web->o.loop);
	web_request_wake(r);
}

void web_stream_end(struct web_request *r)
{
	r->stream_ended = true;
	web_conn_goto(r->conn, WEB_SENDING);
	web_request_wake(r);
}

/* A comment of the stream keeps whatever stands between the two from closing it. */
void web_request_tick(struct web_request *r, uint64_t now)
{
	if (!r->stream || r->stream_ended || now - r->last_event < WEB_EVENT_MS)
		return;
	if (r->events.len == 0)
		buf_puts(&r->events, ":\n\n");
	r->last_event = now;
	web_request_wake(r);
}

/* --- the library's side --- */

/* The library's context of the socket is our web_conn; it is missing where that could not be made.
 */
static struct web_request *request_new(struct web *w, struct MHD_Connection *mhd,
				       const char *method, const char *url)
{
	const union MHD_ConnectionInfo *info =
		w->lib.get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct web_request *r;

	if (!info->socket_context)
		return NULL; /* it could not be watched */
	r = xcalloc(1, sizeof(*r));
	r->web = w;
	r->conn = info->socket_context;
	r->mhd = mhd;
	r->began = uv_now(w->o.loop);
	arena_init(&r->arena);
	buf_init(&r->body, w->o.body_max);
	r->method = arena_dup(&r->arena, slice_of(method));
	r->path = arena_dup(&r->arena, slice_of(url));
	r->conn->request = r;
	return r;
}

static enum MHD_Result send_answer(struct web_request *r)
{
	if (r->queued)
		return MHD_YES;
	r->queued = true;
	/* An early answer ends the connection, as the body behind it is not read. */
	web_conn_goto(r->conn, r->stream && !r->stream_ended ? WEB_WAITING : WEB_SENDING);
	return r->web->lib.queue_response(r->mhd, r->status, r->response);
}

/* A long body is not read to its end only to be thrown away. */
static bool body_is_long(struct web_request *r)
{
	struct slice length = web_header(r, "Content-Length");

	return length.len > 6 || web_header(r, "Expect").len > 0;
}

/* A short body of a refused request is still read, so that the connection can be used again. */
static enum MHD_Result on_head(struct web_request *r)
{
	r->web->o.head(r->web->o.owner, r);
	r->refused = r->status != 0;
	return r->refused && body_is_long(r) ? send_answer(r) : MHD_YES;
}

/* What is refused is read all the same, until the deadline of the connection: so its client reads the answer. */
static void on_piece(struct web_request *r, struct slice piece)
{
	struct web *w = r->web;

	if (r->refused || r->too_large)
		return;
	buf_append(&r->body, piece);
	w->bodies += r->body.full ? 0 : piece.len;
	r->too_large = r->body.full || w->bodies > w->o.all_bodies_max;
	if (!r->too_large)
		return;
	w->bodies -= r->body.len;
	buf_release(&r->body);
	buf_init(&r->body, w->o.body_max);
}

enum MHD_Result web_on_access(void *cls, struct MHD_Connection *mhd, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *size, void **context)
{
	struct web *w = cls;
	struct web_request *r = *context;
	size_t n = *size;

	(void)version;
	if (!r) {
		*context = r = request_new(w, mhd, method, url);
		return r ? on_head(r) : MHD_NO;
	}
	if (r->conn->left)
		return MHD_NO;
	if (n > 0) {
		*size = 0;
		on_piece(r, slice_make(data, n));
		return MHD_YES;
	}
	if (!r->whole) {
		r->whole = true;
		web_conn_goto(r->conn, WEB_WAITING);
		if (!r->status)
			w->o.request(w->o.owner, r);
	}
	return r->status ? send_answer(r) : suspend(r);
}

void web_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
		      enum MHD_RequestTerminationCode how)
{
	struct web *w = cls;
	struct web_request *r = *context;

	(void)mhd;
	*context = NULL;
	if (!r)
		return;
	r->conn->request = NULL;
	w->o.ended(w->o.owner, r, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	web_conn_goto(r->conn, WEB_READING);
	if (r->response)
		w->lib.destroy_response(r->response);
	w->bodies -= r->body.len;
	buf_release(&r->body);
	if (r->stream)
		buf_release(&r->events);
	arena_release(&r->arena);
	free(r);
}
