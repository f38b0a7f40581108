/* skill.h - the skills of a project: .emend/skills/NAME/SKILL.md, each a page that says how some work is done here.
 *
 * The page begins with lines of YAML between two lines of ---, of which `description` says when to use it. Only that is
 * read here and told to the model; the page itself comes when it asks (agent/tool/load_skill.c). The format is
 * that of agentskills.io, so that the skills of other agents can lie there as they are. Their files are the
 * repository's: they are words for the model and give no right, also where they ask for one (allowed-tools). */
#ifndef EMEND_BASE_SKILL_H
#define EMEND_BASE_SKILL_H

#include "protocol/base/arena.h"

enum {
	SKILLS_MAX = 64,
	SKILL_HEAD_BYTES = 4096, /* of SKILL.md, in which the lines between the --- must lie */
	SKILL_DESCRIPTION_BYTES = 1024,
};

#define SKILLS_FOLDER ".emend/skills"

struct skill {
	struct slice name;	  /* of its folder: what load_skill takes */
	struct slice description; /* one line of at most SKILL_DESCRIPTION_BYTES; "": see why */
	struct slice why;	  /* it cannot be used, and what to do; "": it can */
};

/* Those of the workspace (a descriptor of the folder), in the order of their names: at most SKILLS_MAX, in out.
 * *more: how many are left out. No link is followed, and no file but an ordinary one is opened. In the arena. */
size_t skills_read(int workspace, struct arena *a, struct skill *out, size_t *more);

/* What stands behind the lines between the ---; all, where there are none. */
struct slice skill_body(struct slice page);

#endif
