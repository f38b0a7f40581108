/* cmd_skills.c - emend skills: what a model can load in this folder, and what is wrong with the rest. It reads the same
 * lines with the same function as a task's worker, but outside of the walls, as every command that runs no task. */
#include <fcntl.h>
#include <unistd.h>

#include "agent/base/skill.h"
#include "agent/cli/json_line.h"
#include "agent/cli/place.h"
#include "agent/cli/screen/flow.h"
#include "protocol/base/visible.h"

static void put_json(struct cli *c, const struct skill *s)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "skill");

	jw_kstr(w, "name", s->name);
	jw_kstr(w, "path",
		arena_printf(&c->arena, SKILLS_FOLDER "/%.*s/SKILL.md", SLICE_ARG(s->name)));
	jw_kstr(w, "description", s->description);
	if (s->why.len > 0)
		jw_kstr(w, "error", s->why);
	json_line_end(&l, &c->out);
}

/* Names and descriptions are the repository's: nothing in them reaches the terminal as it is. */
static void put_skill(struct cli *c, const struct skill *s)
{
	bool good = s->why.len == 0;

	term_line(&c->out, TERM_BOLD, s->name, 100);
	term_raw(&c->out, SLICE("\n"));
	flow_line(&c->out, TERM_PLAIN, "  ", good ? TERM_PLAIN : TERM_YELLOW,
		  good ? s->description
		       : arena_printf(&c->arena, "not used: %.*s", SLICE_ARG(s->why)));
}

static bool all_good(struct cli *c, const struct skill *skills, size_t n)
{
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		if (cli_given(c, OPT_JSON))
			put_json(c, &skills[i]);
		else
			put_skill(c, &skills[i]);
		good = good && skills[i].why.len == 0;
	}
	return good;
}

int cmd_skills(struct cli *c)
{
	struct skill *skills = arena_array(&c->arena, SKILLS_MAX, sizeof(*skills));
	struct slice workspace;
	struct err err = { 0 };
	size_t more = 0, n;
	int fd;
	bool good;

	if (!place_workspace(c, &workspace, &err))
		return cli_fail(c, &err);
	fd = open(workspace.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = fd < 0 ? 0 : skills_read(fd, &c->arena, skills, &more);
	if (fd >= 0)
		(void)close(fd);
	good = all_good(c, skills, n);
	if (more > 0)
		term_printf(&c->log, "%zu more are not used: a project has at most %d.\n", more,
			    SKILLS_MAX);
	if (n == 0 && !cli_given(c, OPT_JSON | OPT_QUIET))
		term_printf(&c->log, "This project has no skills. One is a folder " SKILLS_FOLDER
				     "/NAME with a page SKILL.md; see emend help skills.\n");
	return good && more == 0 ? 0 : 1;
}
