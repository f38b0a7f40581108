/* failure.h - why one try of a model call failed, in the terms of no provider, and how to say it to
 * the user. A dialect fills a failure from what its server says; retry.h decides on it. Pure. */
#ifndef EMEND_FAILURE_H
#define EMEND_FAILURE_H

#include "protocol/base/err.h"
#include "protocol/base/slice.h"

enum fail_kind {
	FAIL_NONE,
	FAIL_RESOLVE,	 /* no such host */
	FAIL_CONNECT,	 /* nobody answers there */
	FAIL_CONNECTION, /* it broke */
	FAIL_TIMEOUT,	 /* silence */
	FAIL_PROXY,
	FAIL_TRUST,   /* the certificate is not believed */
	FAIL_AUTH,    /* wrong key */
	FAIL_BILLING, /* no money, or a spend limit */
	FAIL_FORBIDDEN,
	FAIL_NOT_FOUND, /* no such model, or no such API there */
	FAIL_REQUEST,	/* the request is wrong */
	FAIL_OVERFLOW,	/* the prompt does not fit the context window or the body limit */
	FAIL_RATE,
	FAIL_OVERLOADED,
	FAIL_SERVER,
	FAIL_CUT,      /* the stream ended in the middle */
	FAIL_PROTOCOL, /* not what the API promises */
	FAIL_FOREIGN,  /* an answer of something that is not the API: a proxy's login page */
	FAIL_LIMIT,    /* more output than limits.h allows */
};

enum { FAIL_SAID_NOTHING, FAIL_SAID_RETRY, FAIL_SAID_STOP };

struct failure {
	enum fail_kind kind;
	long status;   /* HTTP; 0: none */
	bool has_wait; /* the server said how long to wait */
	uint64_t wait_ms;
	int said;	  /* x-should-retry */
	char detail[200]; /* the server's or libcurl's own words; UTF-8, one line */
	char request_id[72];
};

struct failure_where {		/* texts are borrowed */
	const char *provider;	/* "Anthropic" */
	const char *host;	/* of the base URL */
	const char *key_source; /* "ANTHROPIC_API_KEY", "the key command", ... */
	const char *keys_url;	/* where the user gets a key */
	const char *billing_url;
	const char *api;    /* what it should speak: "Anthropic Messages" */
	struct slice model; /* as sent */
};

/* Always false. detail is cleaned of control characters and shortened. */
bool fail_set(struct failure *f, enum fail_kind kind, struct slice detail);
/* What an HTTP status means when the body does not say more. */
enum fail_kind fail_kind_of_status(long status);
/* Do these words of a server say that the prompt is too long for the model? */
bool fail_is_overflow(struct slice text);
/* A CURLcode other than 0. */
void fail_of_curl(struct failure *f, int curl, bool connected, int os_errno, const char *detail);
/* A few words for a notice such as "overloaded (HTTP 529); trying again". */
const char *fail_words(enum fail_kind kind);
/* Whole sentences: what, where, what to do. ERR_TOO_LARGE for FAIL_OVERFLOW, else ERR_PROVIDER. */
void fail_message(const struct failure *f, const struct failure_where *w, struct err *err);

#endif
