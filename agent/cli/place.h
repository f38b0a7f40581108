/* place.h - where a command works: its folder, its settings, its state. */
#ifndef EMEND_PLACE_H
#define EMEND_PLACE_H

#include "agent/cli/command.h"

struct place {
	struct slice workspace; /* absolute, resolved, NUL-terminated: the folder that was named is
				   the boundary */
	struct slice state;	/* our state folder */
	struct slice program;	/* this binary */
	struct config config;
	bool loaded;
};

/* Everything above. Prints nothing; release it whatever came out. */
NODISCARD bool place_init(struct place *p, struct cli *c, struct err *err);
void place_release(struct place *p);
NODISCARD bool place_workspace(struct cli *c, struct slice *out, struct err *err);
/* reports: as in struct config_sources. */
NODISCARD bool place_config(struct cli *c, struct config *out, const struct config_reports *reports,
			    struct err *err);
/* *out = the settings narrowed by the workspace's .emend/config.json, if it has one. What has no
 * effect there is told, on stderr of the command; with reports, all mistakes go to them instead. */
NODISCARD bool place_narrow(struct cli *c, const struct place *p, struct config *out,
			    const struct config_reports *reports, struct err *err);
/* Where commands' changes lie until they are real. */
struct slice place_views(const struct place *p, struct arena *a);
/* The path of the user's file. */
NODISCARD bool place_user_file(struct cli *c, struct slice *out, struct err *err);

#endif
