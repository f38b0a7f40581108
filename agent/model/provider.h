/* provider.h - inside agent/model: what all models have in common, whether they are reached over
 * HTTP (wire.c) or read from a file (scripted.c). Both embed these structs first. */
#ifndef EMEND_PROVIDER_H
#define EMEND_PROVIDER_H

#include "agent/base/runq.h"
#include "agent/model/model.h"
#include "agent/model/prices.h"
#include "agent/model/providers.h"

/* What a kind of model does. call, cancel and close are never NULL. */
struct model_ops {
	struct model_call *(*call)(struct model *m, const struct model_request *r,
				   const struct model_callbacks *cb, void *payload,
				   struct err *err);
	void (*cancel)(struct model_call *c);
	void (*close)(struct model *m); /* frees what is its own, not the struct */
	void (*skip)(struct model *m, size_t n); /* NULL: nothing */
	void (*prepare)(struct model *m);	 /* the same */
};

struct model {
	const struct model_ops *ops;
	uv_loop_t *loop;
	struct runq *runq;
	struct http *http;
	struct gates *gates;
	uint32_t per_minute; /* 0: no limit */
	env_fn *env;
	void *env_ctx;
	int retries;
	struct arena arena;
	struct slice name;
	const struct price_row *row; /* NULL: unknown model */
	struct price_row own;	     /* what row points to where the user said something */
	bool priced;		     /* row has a price */
	unsigned image_types;	     /* that its API takes, where the model takes images at all */
};

/* Made by ops->call and freed by it after done(); the kinds embed it first and are found from it
 * by container_of(). */
struct model_call {
	struct model *model;
	struct model_callbacks cb;
	void *payload;
};

/* Fills the common part; memory of *m is the caller's. */
void model_init(struct model *m, const struct model_ops *ops, const struct model_options *o,
		struct slice name);
/* Looks the model up in the built-in table and in what the user said; `free`: it costs nothing
 * where nobody says otherwise. */
void model_know(struct model *m, const struct model_options *o, struct slice model, bool free);
/* The variable's value; "" if unset. */
struct slice model_env(const struct model_options *o, const char *name);
/* Adds the usage of one try, priced by this model, to the call's. */
void model_add_usage(const struct model *m, struct usage *total, const struct usage *u);

/* wire.c. provider: the name in front of the slash; model: as sent. */
NODISCARD bool wire_open(const struct model_options *o, const struct provider_row *row,
			 struct slice provider, struct slice model, struct model **out,
			 struct err *err);
/* How long a silent server is borne; for tests. m is a model of wire_open(). */
void wire_set_idle(struct model *m, uint32_t ms);
/* scripted.c */
NODISCARD bool scripted_open(const struct model_options *o, struct slice path, struct model **out,
			     struct err *err);

#endif
