/* model_check.h - could the configured model be called? Opens it and closes it; nobody is
 * contacted. */
#ifndef EMEND_MODEL_CHECK_H
#define EMEND_MODEL_CHECK_H

#include "agent/cli/loop.h"
#include "agent/model/model.h"

struct model_check {
	struct slice name; /* "" if there is none; in the arena */
	bool ok, default_name;
	struct model_limits limits;
	bool priced;
	struct err why; /* if not ok */
};

void model_check(struct cli_loop *l, const struct config *c, struct arena *a,
		 struct model_check *out);

#endif
