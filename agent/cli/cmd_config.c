/* cmd_config.c - emend config [show | path | schema | check] */
#include <unistd.h>

#include "agent/cli/json_line.h"
#include "agent/cli/place.h"

static int show(struct cli *c, const struct config *config)
{
	struct json_line l;
	struct jw *w;

	if (!cli_given(c, OPT_JSON)) {
		term_text(&c->out, TERM_PLAIN, config_show(config, &c->arena));
		return 0;
	}
	w = json_line_begin(&l, "config");
	jw_kraw(w, "settings", config_show_json(config, &c->arena));
	json_line_end(&l, &c->out);
	return 0;
}

static int check(struct cli *c, const struct config *config)
{
	struct policy *policy;
	struct err err = { 0 };

	if (!config_policy(config, &policy, &err))
		return cli_fail(c, &err);
	policy_free(policy);
	if (cli_given(c, OPT_JSON)) {
		struct json_line l;

		jw_kbool(json_line_begin(&l, "config"), "ok", true);
		json_line_end(&l, &c->out);
	} else if (!cli_given(c, OPT_QUIET)) {
		term_printf(&c->out, "The settings are fine.\n");
	}
	return 0;
}

static void put_path(struct cli *c, const char *what, struct slice path)
{
	term_printf(&c->out, "%s", what);
	term_line(&c->out, TERM_PLAIN, path, 4096);
	term_printf(&c->out, "%s\n", access(path.ptr, F_OK) == 0 ? "" : "   (does not exist)");
}

static int paths(struct cli *c)
{
	struct slice user, workspace, state, project;
	struct err err = { 0 };
	struct json_line l;
	struct jw *w;

	if (!place_user_file(c, &user, &err) || !place_workspace(c, &workspace, &err) ||
	    !state_dir(&c->arena, &state, &err))
		return cli_fail(c, &err);
	project = arena_printf(&c->arena, "%s/.emend/config.json", workspace.ptr);
	if (!cli_given(c, OPT_JSON)) {
		put_path(c, "user:    ", user);
		put_path(c, "project: ", project);
		put_path(c, "state:   ", state);
		return 0;
	}
	w = json_line_begin(&l, "paths");
	jw_kstr(w, "user", user);
	jw_kstr(w, "project", project);
	jw_kstr(w, "state", state);
	json_line_end(&l, &c->out);
	return 0;
}

/* show and check look at what would hold in this folder. */
static int with_settings(struct cli *c, int (*fn)(struct cli *c, const struct config *config))
{
	struct place p = { .loaded = false };
	struct config narrow;
	struct err err = { 0 };
	int status;

	if (place_init(&p, c, &err) && place_narrow(&p, &narrow, &err)) {
		status = fn(c, &narrow);
		config_release(&narrow);
	} else {
		status = cli_fail(c, &err);
	}
	place_release(&p);
	return status;
}

int cmd_config(struct cli *c)
{
	const char *what = c->args.n_words ? c->args.words[0] : "show";

	if (c->args.n_words > 1)
		return cli_usage(c,
				 "One word at a time: emend config [show | path | schema | check]");
	if (strcmp(what, "show") == 0)
		return with_settings(c, show);
	if (strcmp(what, "check") == 0)
		return with_settings(c, check);
	if (strcmp(what, "path") == 0)
		return paths(c);
	if (strcmp(what, "schema") != 0)
		return cli_usage(
			c,
			"There is no `emend config %.40s`; there are show, path, schema and check.",
			what);
	term_raw(&c->out, config_schema(&c->arena));
	term_raw(&c->out, SLICE("\n"));
	return 0;
}
