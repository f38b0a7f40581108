/* model.h - one call of a language model, whatever the provider.
 *
 * model_open() finds provider and model from a name such as "anthropic/claude-opus-5-5" or
 * "scripted:FILE". model_call() streams one turn; retries happen inside (the unit of retry is the
 * whole call: `restart` says that what was streamed so far is void). */
#ifndef EMEND_MODEL_H
#define EMEND_MODEL_H

#include <uv.h>

#include "agent/model/transcript.h"
#include "protocol/base/err.h"

struct gates; /* agent/model/call/gate.h: rate and circuit of each server, shared by all calls */
struct runq;
struct http; /* agent/model/http/http.h: one curl multi handle on the loop, shared by all calls */
struct model;
struct model_call;
struct config;	     /* agent/config/config.h */
struct config_model; /* the same: price and limits that the user gave */

enum stop_reason {
	STOP_END,
	STOP_TOOL,    /* at least one complete call: derived, not read */
	STOP_LENGTH,  /* output limit; an unfinished call is not in the result */
	STOP_REFUSAL, /* detail says why */
	STOP_PAUSE,   /* call again with the same transcript plus this turn */
	STOP_CONTEXT, /* the context window is full */
	STOP_OTHER,
};

struct tool_schema {
	const char *name, *description;
	const char *input_schema; /* JSON text of an object schema */
};

/* A try failed that had to be paid for. What comes next may cost as much again, so it is for the caller to say
 * whether there is money for it: by the same request once more, with this in it. */
struct model_again {
	int tries;	  /* that were made; 0: none */
	uint64_t wait_ms; /* before the next one */
};

struct model_request {	     /* borrowed until model_call() returns */
	struct slice system; /* first part of the prompt: byte-stable for the whole session */
	const struct tool_schema *tools;
	size_t n_tools;
	const struct transcript *transcript;
	uint32_t max_output_tokens; /* 0: the model's default */
	bool urgent; /* a person waits for the first word: goes before what merely goes on (gate.h) */
	struct model_again again; /* of the call that this one goes on with */
};

enum { MODEL_RAW_BYTES = 1024 * 1024 };

struct model_result {	  /* borrowed for the time of done() */
	struct turn turn; /* what to append to the transcript; complete calls only */
	enum stop_reason stop;
	struct slice stop_detail;
	struct usage usage; /* of this call, all attempts */
	struct slice response_id, request_id;
	/* The output limit fell into a tool call's arguments: that call is not in the turn (stop
	 * is STOP_LENGTH, or STOP_TOOL if the turn holds complete calls too). */
	bool cut_call;
	/* The answer as it came from the server, and in whose wire format (model_decode() reads it again).
	 * Empty: there is none (a script), or it is longer than MODEL_RAW_BYTES. */
	struct slice raw, dialect;
	bool text_calls; /* calls were looked for in its text */
	/* With an error: it was the server's failing, so that another model may answer. */
	bool elsewhere;
	/* With an error, tries > 0: the call may go on; restart() was called, but no try follows of itself. */
	struct model_again again;
};

struct model_callbacks {
	void (*text)(void *payload, struct slice text);	    /* whole code points */
	void (*thinking)(void *payload, struct slice text); /* may be NULL */
	void (*restart)(void *payload, struct slice why,
			uint64_t wait_ms); /* a failed try; the next follows after wait_ms, unless
						      it was paid for: see model_again */
	/* Exactly once, never inside model_call() or model_cancel(). err NULL: *r is the turn.
	 * After an error r still carries the usage that was reported (r->turn is empty).
	 * ERR_TOO_LARGE: the prompt does not fit the model's window (compact and call again);
	 * ERR_CANCELLED; else ERR_PROVIDER. */
	void (*done)(void *payload, const struct model_result *r, const struct err *err);
};

/* Getenv-like; keys never reach a log. Tests pass their own. */
typedef const char *env_fn(void *ctx, const char *name);

struct model_options {
	uv_loop_t *loop;
	struct runq *runq;
	struct http *http;
	struct gates *gates; /* NULL: nothing is held back */
	env_fn *env; /* NULL: getenv */
	void *env_ctx;
	struct slice base_url;	  /* from config; empty: environment, then the provider's own */
	struct slice dialect;	  /* from config: "anthropic"; empty: by the provider's name */
	struct slice key_command; /* from config: its first output line is the key */
	struct slice key_env;	  /* from config: the variable that holds the key */
	bool no_keyring;	  /* from config: the desktop's keyring is not asked */
	uint32_t per_minute; /* requests; 0: 60, but without limit to a server of this machine */
	int retries;		  /* tries after the first; 0: default (3), negative: none */
	struct slice effort;	  /* "", "low", "medium", "high", ... */
	const struct config_model *known; /* from config; beats the built-in table; may be NULL */
};

/* Fills in what the configuration says of this model and its provider. Borrows from c. */
void model_options_from(struct model_options *o, const struct config *c, struct slice name);
/* ERR_PROVIDER with what to do if there is no key or the name is unknown. Contacts nobody. */
NODISCARD bool model_open(const struct model_options *o, struct slice name, struct model **out,
			  struct err *err);
/* With no name configured: the first provider whose key is set. ERR_PROVIDER shows three ways to
 * get one. */
NODISCARD bool model_default_name(const struct model_options *o, struct arena *a, struct slice *out,
				  struct err *err);
void model_close(struct model *m);		/* no call may be running; NULL is fine */
struct slice model_name(const struct model *m); /* full name, "anthropic/..." */
/* A call follows: a thread loads what it needs. The loader of libraries has a lock that a new thread needs, too: threads
 * that are needed meanwhile are best started before. */
void model_prepare(struct model *m);
/* It has answered n calls of this conversation before: a script goes on behind them. */
void model_skip(struct model *m, size_t n);

/* The turn that these bytes are (struct model_result), as the call that got them had it, but for the ids of calls to
 * which the server gave none. name: the model's full name. Contacts nobody. Memory: the arena. ERR_INVALID. */
struct model_bytes {
	struct slice name, dialect, raw;
	bool text_calls;
};
NODISCARD bool model_decode(struct arena *a, const struct model_bytes *b, struct turn *turn,
			    enum stop_reason *stop, struct err *err);

struct model_limits {
	uint32_t context_tokens, max_output_tokens; /* 0: unknown */
};
struct model_limits model_limits(const struct model *m);
unsigned model_images(
	const struct model *m); /* the types (enum image_type) that it takes; 0: no images */
bool model_priced(const struct model *m); /* is its price known? It may be 0 */
/* Cost in USD of these tokens; false if the price is not known. */
bool model_price(const struct model *m, const struct usage *u, double *usd);
/* An upper bound, in tokens, of the request's prompt (bytes / 3, at least). */
uint64_t model_estimate(const struct model *m, const struct model_request *r);

/* On failure (request too large, bad transcript) returns NULL with *err, and done is not called. */
struct model_call *model_call(struct model *m, const struct model_request *r,
			      const struct model_callbacks *cb, void *payload, struct err *err);
/* The stream is closed now; done(ERR_CANCELLED) follows from the loop. Idempotent. */
void model_cancel(struct model_call *c);

#endif
