/* dialect.h - what one wire format brings: pure functions over one request and one reply.
 * HTTP, SSE, retries, keys and prices are shared (wire.c). */
#ifndef EMEND_DIALECT_H
#define EMEND_DIALECT_H

#include "agent/model/failure.h"
#include "agent/model/model.h"
#include "agent/model/prices.h"
#include "agent/model/providers.h"
#include "agent/model/reply.h"

enum { DIALECT_HEADERS = 8, DEFAULT_MAX_OUTPUT = 8192 };

struct endpoint { /* one model at one server; texts live as long as the model */
	const struct dialect_ops *dialect;
	const char *url;	     /* where requests are posted */
	bool official;		     /* the provider's own server, not a gateway */
	unsigned quirks;	     /* enum provider_quirk */
	struct slice name;	     /* full: "anthropic/claude-..." */
	struct slice model;	     /* as sent */
	struct slice effort;	     /* "" = the model's default */
	const struct price_row *row; /* NULL: unknown model */
	struct failure_where where;
};

struct api_key {
	struct slice text; /* empty: none is sent */
	bool bearer;	   /* must go as Authorization: Bearer */
};

struct dialect_ops {
	const char *title; /* of the API, for people */
	const char *path;  /* appended to the base URL */
	/* The whole address where it holds the model's name; NULL: base and path. */
	struct slice (*url)(struct arena *a, struct slice base, struct slice model);
	/* Equal requests give equal bytes, and a longer transcript gives the same bytes and
	 * more. body->full: too large. */
	NODISCARD bool (*build)(const struct endpoint *e, const struct model_request *r,
				struct buf *body, struct err *err);
	/* Header lines beside content-type; returns how many. */
	size_t (*headers)(const struct endpoint *e, const struct api_key *key, struct arena *a,
			  const char *out[DIALECT_HEADERS]);
	/* One event of the stream. false: *f says why the try has failed. */
	NODISCARD bool (*event)(struct reply *r, struct slice event, struct slice data,
				struct failure *f);
	/* The whole reply came as one JSON text though a stream was asked for. */
	NODISCARD bool (*whole)(struct reply *r, struct slice body, struct failure *f);
	/* The body of a response that is not 2xx. f->status is set; kind, detail, ids and hints
	 * are filled in. */
	void (*parse_error)(const struct endpoint *e, struct slice body, struct failure *f);
};

extern const struct dialect_ops anthropic_dialect, responses_dialect, chat_dialect, gemini_dialect;

/* The limit of output to send: what was asked for, else what suits the model; never above its own. */
uint32_t endpoint_max_output(const struct endpoint *e, const struct model_request *r);

#endif
