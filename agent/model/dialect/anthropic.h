/* anthropic.h - the parts of the Anthropic Messages dialect, as its three files share them. */
#ifndef EMEND_ANTHROPIC_H
#define EMEND_ANTHROPIC_H

#include "agent/model/dialect.h"

enum anthropic_thinking {
	THINKING_OMIT,	     /* the model has none by default, or is unknown */
	THINKING_ADAPTIVE,   /* {"type":"adaptive"} */
	THINKING_SUMMARIZED, /* the same, with "display":"summarized": else it would be hidden */
};

struct anthropic_model {
	const char *prefix;
	enum anthropic_thinking thinking;
	bool effort; /* takes output_config.effort */
};

const struct anthropic_model *anthropic_model(struct slice model); /* never NULL */
/* {"type":"error","error":{...}}: of a body or of a stream event. */
bool anthropic_error(struct json root, struct failure *f);
void anthropic_write(struct jw *w, const struct endpoint *e, const struct model_request *r,
		     struct request_plan *p);
NODISCARD bool anthropic_event(struct reply *r, struct slice type, struct json root,
			       struct failure *f);
NODISCARD bool anthropic_whole(struct reply *r, struct json root, struct failure *f);

#endif
