/* serve.c - see serve.h: who may ask, and for what.
 *
 * A request goes through on_head() when its head is there: who asks (may_ask), for what
 * (find_route), and whether its body can be taken (check_body). What is refused there is refused
 * before a byte of the body is kept. on_request() runs the route, on_ended() forgets the call,
 * however it ended. */
#include "agent/serve/serve.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/serve/listen.h"
#include "agent/serve/serve_own.h"
#include "protocol/base/mem.h"

#define JSON_TYPE "application/json"

/* nginx's number for it; it appears in logs and metrics only, as nobody is there to read it. */
enum { LEFT = 499 /* the client did, before it was answered */ };

/* --- answers --- */

void serve_json(struct serve_call *c, unsigned status, struct slice json)
{
	web_add_header(c->req, "X-Correlation-Id", c->correlation);
	web_answer(c->req, status, JSON_TYPE, json);
}

void serve_error(struct serve_call *c, unsigned status, const char *code, const char *fmt, ...)
{
	struct err text;
	struct buf b;
	struct jw w;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text.msg, sizeof(text.msg), fmt, ap);
	va_end(ap);
	buf_init(&b, 8 * 1024);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kobject(&w, "error");
	jw_kcstr(&w, "code", code);
	jw_kcstr(&w, "message", text.msg);
	jw_end(&w);
	jw_end(&w);
	if (status == 429 || status == 503)
		web_add_header(c->req, "Retry-After", SLICE("1"));
	serve_json(c, status, buf_slice(&b));
	buf_release(&b);
}

/* The same reasons at every door; here they become statuses of HTTP. 429 asks the client to come
 * again. */
void serve_fail(struct serve_call *c, const struct err *err)
{
	unsigned status =
		err->code == ERR_TOO_LARGE ? 429
		: err->code == ERR_INVALID ? 400
		: err->code == ERR_NOT_FOUND || err->code == ERR_SANDBOX || err->code == ERR_IO
			? 503
			: 500;

	serve_error(c, status, exec_error_name(err->code), "%s", err->msg);
}

/* --- health --- */

static void on_healthz(struct serve_call *c)
{
	serve_json(c, 200, SLICE("{\"status\":\"ok\"}"));
}

/* A server that is away makes the service less, not unready: what it does without is in docs/execution-service.md. */
static void put_ready(struct serve_call *c)
{
	struct buf b;
	struct jw w;

	buf_init(&b, 4 * 1024);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kcstr(&w, "status", "ready");
	serve_links_json(c->serve, &w);
	jw_end(&w);
	serve_json(c, 200, buf_slice(&b));
	buf_release(&b);
}

static void on_readyz(struct serve_call *c)
{
	const struct serve *s = c->serve;

	if (s->draining)
		serve_error(c, 503, "draining", "The service ends; it takes nothing more.");
	else if (!s->probed)
		serve_error(c, 503, "starting", "The service looks at its sandbox.");
	else if (*s->sandbox)
		serve_error(c, 503, "sandbox", "%s", s->sandbox);
	else if (exec_queued(s->o.exec) >= s->o.queue)
		serve_error(c, 503, "overloaded", "The queue is full.");
	else
		put_ready(c);
}

/* Ready is who can run at least one language.
 * `found` holds a reason for each language; if there is none at all it is the sandbox's, the same
 * for each. */
static void on_found(void *payload, const struct exec_found found[EXEC_LANGUAGES])
{
	struct serve *s = payload;
	bool any = false;

	s->probe = NULL;
	s->probed = true;
	for (size_t i = 0; i < EXEC_LANGUAGES; i++)
		any = any || found[i].available;
	if (!any)
		(void)snprintf(s->sandbox, sizeof(s->sandbox), "%.*s", SLICE_ARG(found[0].reason));
	else if (s->o.ready)
		s->o.ready(s->o.owner);
}

/* --- routes --- */

/* The one list of what the service answers; docs/execution-service.md describes each. */
static const struct serve_route {
	const char *method, *path;
	void (*run)(struct serve_call *c);
	enum {
		ROUTE_ANY,
		ROUTE_OPEN,  /* without a token: for probes, which tell nothing */
		ROUTE_WORKS, /* not while the service ends */
	} kind;
} routes[] = {
	{ "GET", "/healthz", on_healthz, ROUTE_OPEN },
	{ "GET", "/readyz", on_readyz, ROUTE_OPEN },
	{ "GET", "/metrics", serve_metrics, ROUTE_ANY },
	{ "POST", "/v1/execute", serve_execute, ROUTE_WORKS },
	{ "POST", "/v1/validate", serve_validate, ROUTE_WORKS },
	{ "GET", "/v1/languages", serve_languages, ROUTE_WORKS },
	{ "GET", "/v1/history", serve_history, ROUTE_ANY },
	{ "GET", "/v1/status", serve_status, ROUTE_ANY },
	{ "POST", "/v1/cancel", serve_cancel, ROUTE_ANY },
	{ "POST", "/mcp", serve_mcp_post, ROUTE_WORKS },
	{ "DELETE", "/mcp", serve_mcp_delete, ROUTE_ANY },
};

/* *methods: those of the path, if it is one of ours; else "". */
static const struct serve_route *find_route(struct serve_call *c, struct slice *methods)
{
	const struct serve_route *found = NULL;

	*methods = SLICE("");
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const struct serve_route *r = &routes[i];

		if (!slice_eq_cstr(web_path(c->req), r->path))
			continue;
		*methods = arena_printf(web_arena(c->req), "%.*s%s%s", SLICE_ARG(*methods),
					methods->len ? ", " : "", r->method);
		if (slice_eq_cstr(web_method(c->req), r->method))
			found = r;
	}
	return found;
}

/* --- who asks --- */

/* The kernel's word about the other end at the time of its connect(): root may do anything anyway.
 */
static bool is_same_user(const struct web_request *r)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(web_socket(r), SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

/* The hashes are compared, so the time that it takes tells nothing of the token. */
static bool has_token(const struct serve *s, const struct web_request *r)
{
	struct slice given = web_header(r, "Authorization");
	struct sha256_hex hash;

	if (given.len < 7 || strncasecmp(given.ptr, "Bearer ", 7) != 0)
		return false;
	hash = sha256(slice_trim(slice_sub(given, 7, given.len)));
	return slice_eq(slice_of(hash.s), slice_of(s->token.s));
}

/* A web page reaches us only through its reader's browser, which says where it is from; and by a name that its owner made
 * to lead here, which the browser says, too.
 * Host is checked where a name can lead to us at all: a unix socket has none. */
static bool is_of_a_page(const struct serve *s, const struct web_request *r)
{
	struct slice origin = web_header(r, "Origin"), host = web_header(r, "Host");

	if (!s->o.local && !listen_is_own_host(host))
		return true;
	return origin.len > 0 && !(slice_starts(origin, SLICE("http://")) && host.len > 0 &&
				   slice_eq(slice_sub(origin, 7, origin.len), host));
}

/* The order matters: a page learns nothing of tokens, and a probe needs none. */
static bool may_ask(struct serve_call *c)
{
	const struct serve *s = c->serve;

	if (is_of_a_page(s, c->req))
		serve_error(
			c, 403, "denied",
			"Requests from web pages, and for other names than localhost, are refused.");
	else if (s->o.local && !is_same_user(c->req))
		serve_error(c, 403, "denied", "This socket serves the user who started it only.");
	else if (s->o.token.len > 0 && !(c->route && c->route->kind == ROUTE_OPEN) &&
		 !has_token(s, c->req)) {
		web_add_header(c->req, "WWW-Authenticate", SLICE("Bearer"));
		serve_error(
			c, 401, "denied",
			"The header \"Authorization: Bearer TOKEN\" is missing, or its token is "
			"another.");
	}
	return web_status(c->req) == 0;
}

static bool is_json(struct slice type)
{
	size_t end = slice_find_byte(type, ';', 0);
	struct slice name = slice_trim(slice_sub(type, 0, end));

	return name.len == strlen(JSON_TYPE) && strncasecmp(name.ptr, JSON_TYPE, name.len) == 0;
}

/* A body can be taken. One without a length is measured while it comes. */
static void check_body(struct serve_call *c)
{
	struct slice length = web_header(c->req, "Content-Length");
	unsigned long long n = length.len ? strtoull(length.ptr, NULL, 10) : 0;

	if (slice_eq_cstr(web_method(c->req), "POST") &&
	    !is_json(web_header(c->req, "Content-Type")))
		serve_error(c, 415, "invalid", "Expected \"Content-Type: " JSON_TYPE "\".");
	else if (n > SERVE_BODY_MAX)
		serve_error(c, 413, "too_large", "The request is larger than %d bytes.",
			    SERVE_BODY_MAX);
	else if (n > web_room(c->req))
		serve_error(c, 503, "overloaded",
			    "Too many large requests are under way. Try again later.");
}

static void on_head(void *owner, struct web_request *r)
{
	struct serve *s = owner;
	struct serve_call *c = xcalloc(1, sizeof(*c));
	struct slice given = web_header(r, "X-Correlation-Id"), methods;
	char id[33];

	random_id(id, sizeof(id) - 1);
	c->serve = s;
	c->req = r;
	c->correlation = arena_dup(
		web_arena(r), given.len > 0 && given.len <= EXEC_ID_MAX ? given : slice_of(id));
	c->trace = arena_dup(web_arena(r), web_header(r, "traceparent"));
	c->route = find_route(c, &methods);
	list_append(&s->calls, &c->link);
	web_set(r, c);
	if (!may_ask(c))
		return;
	if (c->route && s->draining && c->route->kind == ROUTE_WORKS) {
		serve_error(c, 503, "draining", "The service ends; it takes nothing more.");
	} else if (c->route) {
		check_body(c);
	} else if (methods.len > 0) {
		web_add_header(r, "Allow", methods);
		serve_error(c, 405, "invalid", "This path takes %.*s only.", SLICE_ARG(methods));
	} else {
		serve_error(c, 404, "not_found", "There is nothing at %.*s.",
			    SLICE_ARG(slice_sub(web_path(r), 0, 100)));
	}
}

static void on_request(void *owner, struct web_request *r)
{
	struct serve_call *c = web_get(r);

	(void)owner;
	if (web_too_large(r))
		serve_error(c, 413, "too_large", "The request is larger than %d bytes.",
			    SERVE_BODY_MAX);
	else
		c->route->run(c);
}

/* --- the end of a request --- */

/* One line for each request, with what finds it again in the logs of its sender. */
static void write_log(const struct serve_call *c, unsigned status)
{
	struct buf b;
	struct jw w;

	line_log_begin(&w, &b, status >= 500 ? "error" : status >= 400 ? "warn" : "info");
	jw_kstr(&w, "method", web_method(c->req));
	jw_kstr(&w, "path", slice_sub(web_path(c->req), 0, 200));
	jw_ki64(&w, "status", status);
	jw_ki64(&w, "ms", (int64_t)(uv_now(c->serve->o.loop) - web_began_ms(c->req)));
	jw_kstr(&w, "correlation_id", c->correlation);
	if (c->trace.len > 0)
		jw_kstr(&w, "traceparent", slice_sub(c->trace, 0, 100));
	line_log_end(c->serve->o.log, &w, &b);
}

static void tell_drained(struct serve *s)
{
	if (s->draining && s->drained && list_empty(&s->calls))
		runq_post(s->o.runq, &s->late);
}

/* What runs for a client that left is ended with it: nobody would read its answer. */
static void on_ended(void *owner, struct web_request *r, bool sent)
{
	struct serve *s = owner;
	struct serve_call *c = web_get(r);
	unsigned status = sent ? web_status(r) : LEFT;

	exec_task_drop(c->task);
	serve_mcp_drop(c->mcp);
	metrics_reply(s->o.metrics, status);
	if (!(c->route && c->route->kind == ROUTE_OPEN &&
	      status == 200)) /* probes come all the time */
		write_log(c, status);
	buf_release(&c->tail[0]);
	buf_release(&c->tail[1]);
	list_remove(&c->link);
	free(c);
	tell_drained(s);
}

/* --- its life --- */

static void on_late(struct job *j)
{
	struct serve *s = container_of(j, struct serve, late);
	void (*drained)(void *payload) = s->drained;

	s->drained = NULL;
	if (drained)
		drained(s->payload);
}

/* The probe runs while requests are taken already; until it is done /readyz says "starting". */
bool serve_start(const struct serve_options *o, struct serve **out, struct err *err)
{
	struct serve *s = xcalloc(1, sizeof(*s));
	struct web_options w = {
		.loop = o->loop,
		.listener = o->listener,
		.connections = (unsigned)(o->at_once + o->queue + SERVE_SPARE),
		.body_max = SERVE_BODY_MAX,
		.all_bodies_max = SERVE_BODIES_MAX,
		.head = on_head,
		.request = on_request,
		.ended = on_ended,
		.owner = s,
	};

	s->o = *o;
	s->token = sha256(o->token);
	s->started = uv_now(o->loop);
	random_bytes(&s->seed, sizeof(s->seed));
	list_init(&s->calls);
	list_init(&s->sessions);
	job_init(&s->late, on_late);
	if (!web_start(&w, &s->web, err)) {
		free(s);
		return false;
	}
	if (!exec_probe(o->exec, on_found, s, &s->probe, err)) {
		web_stop(s->web);
		free(s);
		return false;
	}
	*out = s;
	return true;
}

void serve_drain(struct serve *s, void (*drained)(void *payload), void *payload)
{
	s->draining = true;
	s->drained = drained;
	s->payload = payload;
	tell_drained(s);
}

void serve_stop(struct serve *s)
{
	if (!s)
		return;
	s->drained = NULL;
	exec_probe_drop(s->probe);
	web_stop(s->web); /* every call ends inside */
	serve_mcp_end(s);
	job_drop(&s->late);
	free(s);
}
