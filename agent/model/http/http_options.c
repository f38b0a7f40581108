/* http_options.c - see http_options.h */
#include "agent/model/http/http_options.h"

#include "protocol/base/limits.h"

static void set_trust(const struct curl_lib *c, CURL *e, const struct http_trust *t)
{
	struct curl_blob blob = { 0 };

	if (t->ca_file || t->ca_dir) {
		(void)c->easy_setopt(e, CURLOPT_CAINFO, t->ca_file);
		(void)c->easy_setopt(e, CURLOPT_CAPATH, t->ca_dir);
	}
	if (t->ca_pem.len > 0) {
		blob.data = (void *)(uintptr_t)t->ca_pem.ptr; /* curl only reads it */
		blob.len = t->ca_pem.len;
		blob.flags = CURL_BLOB_NOCOPY;
		(void)c->easy_setopt(e, CURLOPT_CAINFO_BLOB, &blob);
	}
}

struct curl_slist *http_set_options(const struct curl_lib *c, CURL *e, const struct http_spec *s)
{
	struct curl_slist *headers =
		c->slist_append(NULL, "Expect:"); /* no 100-continue round trip */

	/* Compression holds a stream back, so none is asked for; a gateway that compresses all the same is
	 * understood. */
	headers = c->slist_append(headers, "Accept-Encoding: identity");
	(void)c->easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	for (size_t i = 0; i < s->n_headers; i++)
		headers = c->slist_append(headers, s->headers[i]);
	(void)c->easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	(void)c->easy_setopt(e, CURLOPT_POST, 1L);
	(void)c->easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->body.len);
	(void)c->easy_setopt(e, CURLOPT_POSTFIELDS, s->body.ptr);
	(void)c->easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	(void)c->easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L); /* a redirected POST leaks the key */
	(void)c->easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https,http");
	(void)c->easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	(void)c->easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* cancel does not wait for a slow DNS */
	(void)c->easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)c->easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)LIMIT_CONNECT_MS);
	/* less than a byte a second for this long: curl counts in seconds */
	if (s->idle_ms > 0) {
		(void)c->easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
		(void)c->easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)((s->idle_ms + 999) / 1000));
	}
	if (s->direct)
		(void)c->easy_setopt(e, CURLOPT_NOPROXY, "*");
	if (s->trust)
		set_trust(c, e, s->trust);
	return headers;
}
