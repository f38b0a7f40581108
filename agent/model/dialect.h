/* dialect.h - what one wire format brings: pure functions over one request and one reply.
 * HTTP, SSE, retries, keys and prices are shared (wire.c). */
#ifndef EMEND_DIALECT_H
#define EMEND_DIALECT_H

#include "agent/model/failure.h"
#include "agent/model/model.h"
#include "agent/model/prices.h"
#include "agent/model/providers.h"
#include "agent/model/reply.h"
#include "agent/model/request_plan.h"
#include "protocol/json/json.h"

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
	unsigned images;	     /* types that it takes: model_images() */
	struct failure_where where;
};

struct api_key {
	struct slice text; /* empty: none is sent */
	bool bearer;	   /* must go as Authorization: Bearer */
};

struct dialect_ops {
	const char *title; /* of the API, for people */
	const char *path;  /* appended to the base URL */
	unsigned image_types; /* enum image_type: what the API takes */
	/* The whole address where it holds the model's name; NULL: base and path. */
	struct slice (*url)(struct arena *a, struct slice base, struct slice model);
	/* The members of the request. Equal requests give equal bytes, and a longer transcript gives the
	 * same bytes and more. May set marks in the plan. */
	void (*write)(struct jw *w, const struct endpoint *e, const struct model_request *r,
		      struct request_plan *p);
	/* Header lines beside content-type; returns how many. */
	size_t (*headers)(const struct endpoint *e, const struct api_key *key, struct arena *a,
			  const char *out[DIALECT_HEADERS]);
	/* How the names of the events begin that may end a try; others are new ones, and ignored. Ends
	 * with NULL; events without a name count as known. */
	const char *const *events;
	/* One event of the stream; `type` is what its JSON says, else its name. false: *f says why the
	 * try has failed. */
	NODISCARD bool (*event)(struct reply *r, struct slice type, struct json root,
				struct failure *f);
	/* The whole reply came as one JSON text though a stream was asked for. FAIL_FOREIGN without
	 * detail: it is something else. */
	NODISCARD bool (*whole)(struct reply *r, struct json root, struct failure *f);
	/* What the JSON of an error says: kind, detail, ids and hints. false: it is none. f->status is
	 * set for the body of a response that is not 2xx, and 0 for an event. */
	bool (*error)(struct json root, struct failure *f);
	/* What only the endpoint's own server means by an error; may be NULL. */
	void (*judge)(const struct endpoint *e, struct failure *f);
};

/* What all dialects share around these functions: the frame of a request, and the JSON of what comes. */
NODISCARD bool dialect_build(const struct endpoint *e, const struct model_request *r,
			     struct buf *body, struct err *err); /* body->full: too large */
NODISCARD bool dialect_event(const struct dialect_ops *d, struct reply *r, struct slice name,
			     struct slice data, struct failure *f);
NODISCARD bool dialect_whole(const struct dialect_ops *d, struct reply *r, struct slice body,
			     struct failure *f);
void dialect_error(const struct endpoint *e, struct slice body, struct failure *f);

extern const struct dialect_ops anthropic_dialect, responses_dialect, chat_dialect, gemini_dialect;

/* The limit of output to send: what was asked for, else what suits the model; never above its own. */
uint32_t endpoint_max_output(const struct endpoint *e, const struct model_request *r);

#endif
