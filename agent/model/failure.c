/* failure.c - see failure.h
 *
 * Two texts for each kind: a sentence for the end of a task, which says what to do, and a few words
 * for a notice that it is tried again. Both tables are indexed by enum fail_kind, and every kind
 * must have its row in each. */
#include "agent/model/failure.h"

#include <curl/curl.h>
#include <strings.h>

#include "protocol/base/utf8.h"

/* a wait that the user should hear of */
enum { LONG_WAIT_MS = 30 * 1000 };

/* At most size - 1 bytes of s, cut between code points, control characters as spaces. */
static void copy_line(char *out, size_t size, struct slice s)
{
	struct buf clean;
	struct slice t;

	buf_init(&clean, 4 * size + 16);
	utf8_sanitize(&clean, slice_sub(s, 0, size));
	t = slice_trim(buf_slice(&clean));
	if (t.len >= size)
		t = slice_sub(t, 0, size - 1);
	t = slice_sub(t, 0, utf8_complete_prefix(t));
	memcpy(out, t.ptr, t.len);
	out[t.len] = '\0';
	for (size_t i = 0; i < t.len; i++)
		if ((unsigned char)out[i] < ' ')
			out[i] = ' ';
	buf_release(&clean);
}

bool fail_set(struct failure *f, enum fail_kind kind, struct slice detail)
{
	f->kind = kind;
	copy_line(f->detail, sizeof(f->detail), detail);
	return false;
}

enum fail_kind fail_kind_of_status(long status)
{
	switch (status) {
	case 401:
		return FAIL_AUTH;
	case 402:
		return FAIL_BILLING;
	case 403:
		return FAIL_FORBIDDEN;
	case 404:
		return FAIL_NOT_FOUND;
	case 407:
		return FAIL_PROXY;
	case 408:
	case 504:
		return FAIL_SERVER;
	case 409:
		return FAIL_SERVER; /* a conflict on their side: worth another try */
	case 413:
		return FAIL_OVERFLOW;
	case 429:
		return FAIL_RATE;
	case 529:
		return FAIL_OVERLOADED;
	default:
		return status >= 500 ? FAIL_SERVER : status >= 400 ? FAIL_REQUEST : FAIL_FOREIGN;
	}
}

static bool contains(struct slice text, const char *lower)
{
	size_t n = strlen(lower);

	for (size_t i = 0; i + n <= text.len; i++)
		if (strncasecmp(text.ptr + i, lower, n) == 0)
			return true;
	return false;
}

/* There is no code for this that all servers use, so their words are looked for; a new wording
 * is added here. A limit of tokens in a minute is worded alike, and is no overflow. */
bool fail_is_overflow(struct slice text)
{
	static const char *const phrases[] = {
		"prompt is too long",
		"request_too_large",
		"exceeds the context window",
		"maximum context length",
		"maximum prompt length is",
		"reduce the length of the messages",
		"exceeds the available context size",
		"greater than the context length",
		"too many tokens",
		"exceed context limit",
	};

	if (contains(text, "rate limit") || contains(text, "too many requests"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		if (contains(text, phrases[i]))
			return true;
	return contains(text, "input token count") && contains(text, "exceeds");
}

/* libcurl's codes, libcurl-errors(3). The same code means another thing before the connection
 * was made than after it. */
void fail_of_curl(struct failure *f, int curl, bool connected, int os_errno, const char *detail)
{
	enum fail_kind kind = FAIL_CONNECTION;

	switch (curl) {
	case CURLE_COULDNT_RESOLVE_HOST:
		kind = FAIL_RESOLVE;
		break;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PROXY:
		kind = FAIL_PROXY;
		break;
	case CURLE_COULDNT_CONNECT:
		kind = FAIL_CONNECT;
		break;
	case CURLE_OPERATION_TIMEDOUT:
		kind = connected ? FAIL_TIMEOUT : FAIL_CONNECT;
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		kind = FAIL_TRUST;
		break;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_HTTP2_STREAM:
	case CURLE_HTTP2:
		kind = FAIL_CUT;
		break;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		kind = connected ? FAIL_CUT : FAIL_CONNECTION;
		break;
	case CURLE_SSL_CONNECT_ERROR:
		kind = FAIL_CONNECTION;
		break;
	default:
		break;
	}
	if (!connected && contains(slice_of(detail), "connect tunnel failed"))
		kind = FAIL_PROXY;
	(void)fail_set(f, kind,
		       os_errno && !connected ? slice_of(strerror(os_errno)) : slice_of(detail));
}

/* {h} host, {p} provider, {k} where the key came from, {m} model, {u} page of keys, {b} of billing, {a} API.
 */
static const char *const sentences[] = {
	[FAIL_NONE] = "",
	[FAIL_RESOLVE] =
		"The host {h} was not found. Check the network, the spelling of the base URL, "
		"and HTTPS_PROXY if you need a proxy",
	[FAIL_CONNECT] =
		"{h} does not answer. Check that the server runs, the network, the base URL, "
		"and HTTPS_PROXY if you need a proxy",
	[FAIL_CONNECTION] = "The connection to {h} failed. Check the network, and try again",
	[FAIL_TIMEOUT] = "{h} said nothing for too long. Try again; if it stays so, look at the "
			 "provider's status page",
	[FAIL_PROXY] =
		"The proxy on the way to {h} refused or failed. Check HTTPS_PROXY and NO_PROXY, "
		"with user name and password",
	[FAIL_TRUST] =
		"The certificate of {h} is not trusted. If your network inspects TLS, name its "
		"CA file (PEM) in NODE_EXTRA_CA_CERTS, or a whole CA bundle in SSL_CERT_FILE",
	[FAIL_AUTH] =
		"{p} refused the API key from {k}. Check that it is whole and not revoked, or get "
		"a new one: {u}",
	[FAIL_BILLING] = "{p} does not serve this account: no credit is left or a spend limit is "
			 "reached. See {b}",
	[FAIL_FORBIDDEN] =
		"The API key from {k} may not use {m} at {p}. Use another key or model, or "
		"ask who manages the account",
	[FAIL_NOT_FOUND] =
		"{h} knows no model {m}. Check --model, \"model\" in the configuration, and "
		"the base URL",
	[FAIL_REQUEST] = "{h} refused the request to {m}",
	[FAIL_OVERFLOW] =
		"The conversation is too long for {m}. Start a new session, or ask for less "
		"at once",
	[FAIL_RATE] =
		"{p} limits the rate of requests of this account. Wait a while, or use another "
		"model",
	[FAIL_OVERLOADED] = "{p} is overloaded. Wait a while, or use another model",
	[FAIL_SERVER] = "{h} has an internal fault. Wait a while; see the provider's status page",
	[FAIL_CUT] =
		"The answer of {h} was cut off in the middle. Check the network, and proxies on "
		"the way",
	[FAIL_PROTOCOL] =
		"{h} did not answer as the API promises. Check that the base URL is one of "
		"the {a} API",
	[FAIL_FOREIGN] =
		"{h} did not answer like a model API; perhaps a proxy or login page stands in "
		"between. Check the base URL and the proxy",
	[FAIL_LIMIT] = "The model said more than Emend accepts in one turn. Ask for smaller steps",
};

const char *fail_words(enum fail_kind kind)
{
	static const char *const words[] = {
		[FAIL_NONE] = "nothing",
		[FAIL_RESOLVE] = "the host was not found",
		[FAIL_CONNECT] = "no connection",
		[FAIL_CONNECTION] = "the connection failed",
		[FAIL_TIMEOUT] = "the server is silent",
		[FAIL_PROXY] = "the proxy refused",
		[FAIL_TRUST] = "the certificate is not trusted",
		[FAIL_AUTH] = "the key was refused",
		[FAIL_BILLING] = "no credit",
		[FAIL_FORBIDDEN] = "not permitted",
		[FAIL_NOT_FOUND] = "unknown model",
		[FAIL_REQUEST] = "the request was refused",
		[FAIL_OVERFLOW] = "the conversation is too long",
		[FAIL_RATE] = "rate limit",
		[FAIL_OVERLOADED] = "the provider is overloaded",
		[FAIL_SERVER] = "the provider has an internal fault",
		[FAIL_CUT] = "the answer was cut off",
		[FAIL_PROTOCOL] = "the answer cannot be read",
		[FAIL_FOREIGN] = "the answer is not of a model",
		[FAIL_LIMIT] = "the answer is too long",
	};

	return words[kind];
}

static struct slice filled_in(char c, const struct failure_where *w)
{
	switch (c) {
	case 'h':
		return slice_of(w->host);
	case 'p':
		return slice_of(w->provider);
	case 'k':
		return slice_of(w->key_source);
	case 'u':
		return slice_of(w->keys_url);
	case 'a':
		return slice_of(w->api ? w->api : "model's");
	case 'b':
		return slice_of(w->billing_url);
	default:
		return slice_sub(w->model, 0, 80);
	}
}

static void sentence(const struct failure *f, const struct failure_where *w, struct buf *out)
{
	struct slice t = slice_of(sentences[f->kind]);
	size_t brace, at = 0;

	while ((brace = slice_find_byte(t, '{', at)) != SIZE_MAX) {
		buf_append(out, slice_sub(t, at, brace));
		buf_append(out, filled_in(t.ptr[brace + 1], w));
		at = brace + 3;
	}
	buf_append(out, slice_sub(t, at, t.len));
}

/* The server's own words come last and in brackets: they are not trusted to make sense, and are
 * often what support wants to see. */
void fail_message(const struct failure *f, const struct failure_where *w, struct err *err)
{
	struct buf text;

	buf_init(&text, 4096);
	sentence(f, w, &text);
	buf_putc(&text, '.');
	if (f->has_wait && f->wait_ms > LONG_WAIT_MS)
		buf_printf(&text, " It asks to wait %llu seconds.",
			   (unsigned long long)(f->wait_ms / 1000));
	if (f->request_id[0])
		buf_printf(&text, " (request %s)", f->request_id);
	if (f->status && f->detail[0])
		buf_printf(&text, " [HTTP %ld: %s]", f->status, f->detail);
	else if (f->status)
		buf_printf(&text, " [HTTP %ld]", f->status);
	else if (f->detail[0])
		buf_printf(&text, " [%s]", f->detail);
	(void)err_set(err, f->kind == FAIL_OVERFLOW ? ERR_TOO_LARGE : ERR_PROVIDER, "%s",
		      buf_cstr(&text));
	buf_release(&text);
}
