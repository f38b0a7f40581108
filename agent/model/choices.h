/* choices.h - what can be chosen as a model: for `emend models`, and for the pickers of the editors. From the
 * configuration, the tables and the environment; nobody is contacted, and no key is ever in it. */
#ifndef EMEND_MODEL_CHOICES_H
#define EMEND_MODEL_CHOICES_H

#include "agent/model/model.h"

struct model_choice {
	struct slice provider; /* the name in front of the slash */
	struct slice model;    /* "PROVIDER/MODEL"; "": the provider itself, before its models */
	struct slice base_url; /* "": only the user can know it */
	struct slice state;    /* of the provider: what is set up, or what is missing */
	bool ready;	       /* it could be called: a key is set, or none is needed */
	struct model_limits limits;
	bool images;	      /* it takes them */
	bool priced;	      /* the next two are known */
	double input, output; /* USD for a million tokens, of a prompt below the tier */
};

/* Everything lives in the arena of model_choices(). */
typedef void model_choice_fn(void *payload, const struct model_choice *c);

/* Each provider, first those of the configuration, and behind each the models of it that are known by name.
 * Only o->env is used of *o. */
void model_choices(const struct model_options *o, const struct config *c, struct arena *a,
		   model_choice_fn *fn, void *payload);

#endif
