/* cmd_doctor.c - emend doctor: what works on this machine, what does not, what to do about it.
 *
 * First everything is gathered, in one run of a loop (the worker tells its layers, the engine its
 * version), then it is told, as text or as one object. Nothing is changed, and no model or network
 * is contacted. */
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/git_lib.h"
#include "agent/base/sha256.h"
#include "agent/cli/engine.h"
#include "agent/cli/json_line.h"
#include "agent/cli/model_check.h"
#include "agent/cli/screen/flow.h"
#include "agent/model/http/curl_lib.h"
#include "agent/runner/runner.h"
#include "agent/store/ledger.h"
#include "agent/worker/toolchains.h"
#include "protocol/base/version.h"

struct library {
	const char *name, *version; /* version NULL: it is loaded when needed, and was found */
	struct err missing;	    /* ERR_NONE: it is there */
};
enum { LIBRARIES = 5 };

struct doctor {
	struct cli *cli;
	struct place place;
	struct config config; /* narrowed */
	struct policy *policy;
	struct cli_loop loop;
	struct runner *runner;
	struct engine engine; /* asked only where the runner is in a container */
	struct model_check model;
	struct library libraries[LIBRARIES];
	char nettle[32];
	struct slice layers; /* JSON, in the command's arena; "" if the runner gave none */
	bool sandbox_ok, reduced;
	struct err why; /* why there are no layers */
};

/* --- gathering --- */

static void find_libraries(struct doctor *d)
{
	struct curl_lib curl = { .handle = NULL };
	struct library *l = d->libraries;

	sha256_library_version(d->nettle);
	l[0] = (struct library){ .name = "libuv", .version = uv_version_string() };
	l[1] = (struct library){ .name = "sqlite" };
	l[1].version = ledger_sqlite_version(&l[1].missing);
	l[2] = (struct library){ .name = "nettle", .version = d->nettle };
	l[3] = (struct library){ .name = "libcurl" };
	l[4] = (struct library){ .name = "libgit2" };
	(void)!curl_lib_load(&curl, &l[3].missing);
	(void)!git_lib(&l[4].missing);
}

/* The last answer that is waited for: the loop ends with it. */
static void on_layers(void *payload, struct slice json, const struct err *err)
{
	struct doctor *d = payload;
	struct json root;

	if (err)
		d->why = *err;
	else
		d->layers = arena_dup(&d->cli->arena, json);
	if (!err && json_parse(&d->cli->arena, d->layers, &root, &d->why)) {
		d->sandbox_ok = json_bool_or(json_get(root, "ok"), false);
		d->reduced = json_is(json_get(root, "mode"), "reduced");
	}
	runner_stop(d->runner);
	cli_loop_end(&d->loop);
}

static bool in_container(const struct doctor *d)
{
	return !slice_eq_cstr(d->config.runner, "native");
}

/* The options that a task would have: some layers depend on them. */
static bool ask_runner(struct doctor *d, struct err *err)
{
	struct runner_options o = { .loop = &d->loop.uv,
				    .runq = &d->loop.runq,
				    .program = d->place.program,
				    .where = d->config.runner,
				    .image = d->config.container_image,
				    .cpus = d->config.container_cpus,
				    .workspace = d->place.workspace,
				    .views = place_views(&d->place, &d->cli->arena),
				    .reduced = slice_eq_cstr(d->config.sandbox, "reduced"),
				    .memory_bytes = d->config.command_memory_bytes,
				    .processes = d->config.command_processes };

	o.n_denied = policy_denied_files(d->policy, &o.denied, &o.n_denied_builtin);
	if (!runner_start(&o, &d->runner, err))
		return false;
	(void)runner_layers(d->runner, on_layers, d);
	return true;
}

static bool gather(struct doctor *d, struct err *err)
{
	if (!cli_loop_init(&d->loop, d->cli, &d->place, false, err))
		return false;
	find_libraries(d);
	if (in_container(d))
		engine_ask(&d->engine, &d->loop.uv, d->config.runner);
	model_check(&d->loop, &d->config, &d->cli->arena, &d->model);
	if (!ask_runner(d, &d->why))
		cli_loop_end(&d->loop);
	cli_loop_run(&d->loop);
	return true;
}

/* --- telling --- */

/* Three grades: a thing that is required and missing is red, one that is merely wished for
 * yellow, one that the settings turn off is dim. */
enum mark { MARK_OK, MARK_OFF, MARK_WISHED, MARK_MISSING, MARK_NONE };

static bool quiet(const struct doctor *d)
{
	return cli_given(d->cli, OPT_QUIET);
}

/* -q: what is missing only. */
static void put_line(struct doctor *d, enum mark mark, struct slice text)
{
	static const struct {
		const char *prefix;
		enum term_style style;
	} marks[] = {
		[MARK_OK] = { "  ok       ", TERM_GREEN },
		[MARK_OFF] = { "  off      ", TERM_DIM },
		[MARK_WISHED] = { "  missing  ", TERM_YELLOW },
		[MARK_MISSING] = { "  MISSING  ", TERM_RED },
		[MARK_NONE] = { "  ", TERM_PLAIN },
	};

	if (!quiet(d) || mark == MARK_WISHED || mark == MARK_MISSING)
		flow_line(&d->cli->out, TERM_PLAIN, marks[mark].prefix, marks[mark].style, text);
}

static void put_head(struct doctor *d, const char *what)
{
	if (!quiet(d))
		flow_line(&d->cli->out, TERM_BOLD, "", TERM_BOLD, slice_of(what));
}

static void put_layer(struct doctor *d, struct json layer)
{
	struct arena *a = &d->cli->arena;
	struct slice remedy = json_str_or(json_get(layer, "remedy"), a, "");
	struct json state = json_get(layer, "state");
	bool on = json_is(state, "on");
	enum mark mark = json_is(state, "off")				    ? MARK_OFF
			 : on						    ? MARK_OK
			 : json_bool_or(json_get(layer, "required"), false) ? MARK_MISSING
									    : MARK_WISHED;

	put_line(d, mark,
		 arena_printf(a, "%.*s: %.*s",
			      SLICE_ARG(json_str_or(json_get(layer, "name"), a, "")),
			      SLICE_ARG(json_str_or(json_get(layer, "detail"), a, ""))));
	if (remedy.len > 0 && !on && !(quiet(d) && mark == MARK_OFF))
		flow_line(&d->cli->out, TERM_PLAIN, "             do: ", TERM_PLAIN, remedy);
}

static const char *what_follows(const struct doctor *d)
{
	if (!d->sandbox_ok)
		return "commands are refused on this machine";
	return d->reduced
		       ? "commands run inside the reduced sandbox, as you asked: they can change "
			 "permissions and times of your files outside of the folder"
		       : "commands run inside the sandbox";
}

/* The layers come from the worker itself, which tried each of them; the last line is what
 * follows. */
static void put_sandbox(struct doctor *d)
{
	struct arena *a = &d->cli->arena;
	struct json root;
	struct err err;

	put_head(d, "sandbox");
	if (in_container(d))
		put_line(d, MARK_NONE,
			 arena_printf(a, "runner   in a container of the image %.*s (%.*s)",
				      SLICE_ARG(d->config.container_image),
				      SLICE_ARG(*d->engine.version ? slice_of(d->engine.version)
								   : d->config.runner)));
	if (d->layers.len > 0 && json_parse(a, d->layers, &root, &err))
		for (struct json_iter it = json_iter(json_get(root, "layers")); json_next(&it);)
			put_layer(d, it.value);
	if (d->why.code != ERR_NONE)
		put_line(d, MARK_MISSING, slice_of(d->why.msg));
	put_line(d, d->sandbox_ok ? MARK_NONE : MARK_MISSING, slice_of(what_follows(d)));
}

static void put_toolchains(struct doctor *d)
{
	struct arena *a = &d->cli->arena;
	struct toolchains *t = arena_alloc(a, sizeof(*t));
	struct slice all = SLICE("");

	if (!slice_eq_cstr(d->config.toolchains, "on") || in_container(d))
		return;
	toolchains_find(a, getenv("HOME"), getenv("PATH"), d->place.workspace, t);
	for (size_t i = 0; i < t->n_dirs; i++)
		all = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(all),
				   i ? ", " : "they also see: ", SLICE_ARG(t->dirs[i]));
	if (all.len > 0)
		put_line(d, MARK_NONE, all);
}

static void put_libraries(struct doctor *d)
{
	put_head(d, "libraries");
	for (size_t i = 0; i < LIBRARIES; i++) {
		const struct library *l = &d->libraries[i];
		bool there = l->missing.code == ERR_NONE;

		put_line(d, there ? MARK_OK : MARK_MISSING,
			 arena_printf(&d->cli->arena, "%s %s", l->name,
				      !there	   ? l->missing.msg
				      : l->version ? l->version
						   : "found"));
	}
}

static void put_file(struct doctor *d, const char *what, struct slice path, bool may_lack)
{
	bool lacks = may_lack && access(path.ptr, F_OK) != 0;

	put_line(d, MARK_NONE,
		 arena_printf(&d->cli->arena, "%-9s%.*s%s", what, SLICE_ARG(path),
			      lacks ? "  (none)" : ""));
}

static void put_model(struct doctor *d)
{
	const struct model_check *m = &d->model;

	put_head(d, "model");
	if (m->ok)
		put_line(d, MARK_OK,
			 arena_printf(&d->cli->arena,
				      "%.*s: it has what it needs; it was not contacted",
				      SLICE_ARG(m->name)));
	else if (m->name.len > 0)
		put_line(d, MARK_MISSING,
			 arena_printf(&d->cli->arena, "%.*s: %s", SLICE_ARG(m->name), m->why.msg));
	else
		put_line(d, MARK_MISSING, slice_of(m->why.msg));
}

static void put_text(struct doctor *d, struct slice user, struct slice project)
{
	put_head(d, "emend " EMEND_VERSION);
	put_sandbox(d);
	put_toolchains(d);
	put_libraries(d);
	put_head(d, "settings");
	put_file(d, "user", user, true);
	put_file(d, "project", project, true);
	put_file(d, "state", d->place.state, true);
	put_file(d, "mode", slice_of(mode_name(d->config.mode)), false);
	put_model(d);
}

static void put_json(struct doctor *d, struct slice user, struct slice project)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "doctor");

	jw_kcstr(w, "version", EMEND_VERSION);
	jw_kbool(w, "ok", d->sandbox_ok && d->model.ok);
	if (d->layers.len > 0)
		jw_kraw(w, "sandbox", d->layers);
	jw_kobject(w, "runner");
	jw_kstr(w, "kind", d->config.runner);
	if (in_container(d)) {
		jw_kstr(w, "image", d->config.container_image);
		jw_kcstr(w, "version", *d->engine.version ? d->engine.version : NULL);
	}
	jw_end(w);
	jw_kcstr(w, "sandbox_error", d->why.code == ERR_NONE ? NULL : d->why.msg);
	jw_kobject(w, "libraries");
	for (size_t i = 0; i < LIBRARIES; i++)
		jw_kcstr(w, d->libraries[i].name,
			 d->libraries[i].missing.code != ERR_NONE ? NULL
			 : d->libraries[i].version		  ? d->libraries[i].version
								  : "found");
	jw_end(w);
	jw_kobject(w, "config");
	jw_kstr(w, "user", user);
	jw_kbool(w, "user_exists", access(user.ptr, F_OK) == 0);
	jw_kstr(w, "project", project);
	jw_kbool(w, "project_exists", access(project.ptr, F_OK) == 0);
	jw_kstr(w, "state", d->place.state);
	jw_kcstr(w, "mode", mode_name(d->config.mode));
	jw_end(w);
	jw_kobject(w, "model");
	jw_kstr(w, "name", d->model.name);
	jw_kbool(w, "ok", d->model.ok);
	jw_kcstr(w, "error", d->model.ok ? NULL : d->model.why.msg);
	jw_end(w);
	json_line_end(&l, &d->cli->out);
}

static int tell(struct doctor *d)
{
	struct slice user, project = arena_printf(&d->cli->arena, "%s/.emend/config.json",
						  d->place.workspace.ptr);
	struct err err = { 0 };

	if (!place_user_file(d->cli, &user, &err))
		return cli_fail(d->cli, &err);
	if (cli_given(d->cli, OPT_JSON))
		put_json(d, user, project);
	else
		put_text(d, user, project);
	return d->sandbox_ok ? 0 : err_exit_code(ERR_SANDBOX);
}

int cmd_doctor(struct cli *c)
{
	struct doctor d = { .cli = c, .layers = SLICE("") };
	struct err err = { 0 };
	bool narrowed = false;
	int status;

	if (place_init(&d.place, c, &err) &&
	    (narrowed = place_narrow(c, &d.place, &d.config, NULL, &err)) &&
	    config_policy(&d.config, &d.policy, &err) && gather(&d, &err))
		status = tell(&d);
	else
		status = cli_fail(c, &err);
	policy_free(d.policy);
	if (narrowed)
		config_release(&d.config);
	place_release(&d.place);
	return status;
}
