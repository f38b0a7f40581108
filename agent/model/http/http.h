/* http.h - streaming POST requests on the libuv loop.
 *
 * One curl multi handle serves all requests; libcurl is loaded at the first of them. While no
 * request is in flight no timer runs and no socket is watched, so the loop is not woken (kept-alive
 * connections just lie there). */
#ifndef EMEND_HTTP_H
#define EMEND_HTTP_H

#include <uv.h>

#include "protocol/base/err.h"
#include "protocol/base/slice.h"

struct http;
struct http_request;

struct http *http_new(uv_loop_t *loop); /* loads and opens nothing yet */
void http_prepare(
	struct http
		*h); /* a request will follow: a thread loads libcurl and its thirty libraries */
/* Drops requests that still run (their done() is not called). Memory goes as the loop runs on.
 * NULL is fine. */
void http_free(struct http *h);

struct http_trust { /* which certificates are believed; all empty: libcurl's own default */
	const char *ca_file, *ca_dir; /* replace the default store */
	struct slice ca_pem;	      /* used instead of ca_file if not empty */
};

struct http_spec {
	const char *url;
	const char *const *headers; /* "Name: value" */
	size_t n_headers;
	struct slice body;		/* borrowed until done() or http_cancel() */
	uint32_t idle_ms;		/* silence of this length ends the request; 0: never */
	const struct http_trust *trust; /* borrowed like the body; NULL: default */
	bool direct;			/* use no proxy (loopback) */
};

struct http_result {
	int curl;	    /* CURLcode; 0: the response came to its end */
	long status;	    /* HTTP status; 0: none came */
	bool connected;	    /* the connection (with TLS) stood */
	int os_errno;	    /* of a failed connect; 0: unknown */
	const char *detail; /* libcurl's words about the failure; never NULL */
};

struct http_callbacks {
	/* A response header, name as it came. status: of the response that it belongs to. */
	void (*header)(void *payload, long status, struct slice name, struct slice value);
	/* A piece of the body, as it comes. false ends the request; done() follows with an error.
	 */
	bool (*body)(void *payload, long status, struct slice bytes);
	/* Exactly once unless cancelled, from the loop, never inside http_post(). */
	void (*done)(void *payload, const struct http_result *r);
};

/* NULL with *err if libcurl is missing or refuses the URL. Everything but body and trust is copied.
 */
struct http_request *http_post(struct http *h, const struct http_spec *s,
			       const struct http_callbacks *cb, void *payload, struct err *err);
/* Closes the connection at once (inside a callback of http: as soon as it returns); no callback
 * of the request comes any more. NULL is fine. */
void http_cancel(struct http_request *r);

/* Takes scheme and host out of a URL. ERR_INVALID unless it is http:// or https:// with a host and
 * without user, query and fragment. *host has no port and no brackets. */
NODISCARD bool http_split_url(struct slice url, bool *tls, struct slice *host, struct err *err);
bool http_is_loopback(struct slice host);
/* Loopback, private address ranges, single-label and .local, .internal, .lan names: plain http
 * is allowed. */
bool http_is_private(struct slice host);

#endif
