/* cmd_config.c - emend config [show | path | schema | check] */
#include <unistd.h>

#include "agent/cli/json_line.h"
#include "agent/cli/model_check.h"
#include "agent/cli/place.h"
#include "agent/session/task.h"

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

/* Counts the mistakes; each was printed when it was found. */
struct checker {
	struct cli *cli;
	struct place place;
	struct config narrow;
	size_t bad;
};

static void report(void *payload, const struct err *err)
{
	struct checker *k = payload;

	k->bad++;
	(void)cli_fail(k->cli, err);
}

/* Does each rule match what its examples say? */
static void check_examples(struct checker *k)
{
	for (size_t i = 0; i < k->narrow.n_examples; i++) {
		const struct config_example *e = &k->narrow.examples[i];
		struct err err = { 0 };
		bool covered;

		if (!policy_covers(e->verdict, e->rule, e->command, &covered, &err)) {
			report(k, &err);
		} else if (covered != e->match) {
			(void)err_set(
				&err, ERR_USAGE,
				"The setting permissions.%s: the rule \"%.*s\" %s \"%.*s\", and its "
				"example says otherwise.",
				verdict_name(e->verdict), SLICE_ARG(e->rule),
				covered ? "matches" : "does not match", SLICE_ARG(e->command));
			report(k, &err);
		}
	}
}

/* Rules are built once more, and thrown away: what policy_add() and hosts_add() refuse is found
 * here. */
static void check_rules(struct checker *k)
{
	struct policy *policy;
	struct hosts *hosts;
	struct err err = { 0 };

	if (config_policy(&k->narrow, &policy, &err))
		policy_free(policy);
	else
		report(k, &err);
	if (config_hosts(&k->narrow, &hosts, &err))
		hosts_free(hosts);
	else
		report(k, &err);
}

/* A model that is named and cannot be used. Nothing is contacted. */
static bool check_model(struct checker *k, struct err *err)
{
	struct cli_loop loop;
	struct model_check m;
	struct err bad;

	if (!task_check_models(&k->narrow, &k->cli->arena, &bad))
		report(k, &bad);
	if (k->narrow.model.len == 0)
		return true;
	if (!cli_loop_init(&loop, k->cli, &k->place, false, err))
		return false;
	model_check(&loop, &k->narrow, &k->cli->arena, &m);
	cli_loop_end(&loop);
	cli_loop_run(&loop);
	if (!m.ok)
		report(k, &m.why);
	return true;
}

/* "guards" in the reports: also mistakes in keys that protect are told one after the other, as
 * nothing will run by these settings. */
static bool check_all(struct checker *k, struct err *err)
{
	struct config_reports reports = { report, k, true };

	if (!place_workspace(k->cli, &k->place.workspace, err) ||
	    !place_config(k->cli, &k->place.config, &reports, err))
		return false;
	k->place.loaded = true;
	if (!place_narrow(k->cli, &k->place, &k->narrow, &reports, err))
		return false;
	check_rules(k);
	check_examples(k);
	if (!check_model(k, err)) {
		config_release(&k->narrow);
		return false;
	}
	config_release(&k->narrow);
	return true;
}

/* Every mistake of both files, not only the first. */
static int check(struct cli *c)
{
	struct checker k = { .cli = c, .place.loaded = false };
	struct err err = { 0 };
	struct json_line l;

	if (!check_all(&k, &err))
		report(&k, &err);
	place_release(&k.place);
	if (k.bad > 0)
		return err_exit_code(ERR_USAGE);
	if (cli_given(c, OPT_JSON)) {
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

/* Where they would be: nothing of it has to be there. */
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

/* What would hold in this folder. */
static int show_here(struct cli *c)
{
	struct place p = { .loaded = false };
	struct config narrow;
	struct err err = { 0 };
	int status;

	if (place_init(&p, c, &err) && place_narrow(c, &p, &narrow, NULL, &err)) {
		status = show(c, &narrow);
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

	if (strcmp(what, "show") == 0)
		return show_here(c);
	if (strcmp(what, "check") == 0)
		return check(c);
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
