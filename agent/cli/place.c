/* place.c - see place.h */
#include "agent/cli/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/cli/screen/flow.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"

/* Links are resolved here, once: the boundary of the sandbox is this very folder, and paths are
 * compared with it byte for byte. */
bool place_workspace(struct cli *c, struct slice *out, struct err *err)
{
	const char *dir = c->args.dir ? c->args.dir : ".";
	char path[PATH_MAX];
	struct stat st;

	if (!realpath(dir, path) || stat(path, &st) != 0)
		return err_set(err, ERR_USAGE, "Cannot work in %s: %s.", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, "Cannot work in %s: it is not a folder.", dir);
	out->ptr = arena_cstr(&c->arena, slice_of(path));
	out->len = strlen(path);
	return true;
}

bool place_config(struct cli *c, struct config *out, const struct config_reports *reports,
		  struct err *err)
{
	const struct args *a = &c->args;
	struct config_flags flags = { .max_usd = a->max_usd,
				      .max_seconds = a->max_time,
				      .max_tokens = a->max_tokens,
				      .max_turns = a->max_turns };
	struct config_sources s = { .user_file = slice_of(a->config),
				    .flags = &flags,
				    .reports = reports };

	if (a->model)
		flags.model = slice_of(a->model);
	if (a->mode && cli_given(c, OPT_YES) && strcmp(a->mode, "auto") != 0)
		return err_set(err, ERR_USAGE,
			       "--yes means --mode auto; it does not go with --mode %.40s.",
			       a->mode);
	if (a->mode)
		flags.mode = slice_of(a->mode);
	else if (cli_given(c, OPT_YES))
		flags.mode = SLICE("auto");
	return config_load(out, &s, err);
}

/* The worker is this program once more, so it is the file that runs now that must be found, and
 * not what a PATH says. */
static bool find_program(struct cli *c, struct slice *out, struct err *err)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return err_set(err, ERR_IO,
			       "Cannot find the program's own file (/proc/self/exe): %s.",
			       strerror(errno));
	path[n] = '\0';
	*out = slice_make(arena_cstr(&c->arena, slice_make(path, (size_t)n)), (size_t)n);
	return true;
}

bool place_init(struct place *p, struct cli *c, struct err *err)
{
	*p = (struct place){ .loaded = false };
	if (!place_workspace(c, &p->workspace, err) || !state_dir(&c->arena, &p->state, err) ||
	    !find_program(c, &p->program, err) || !place_config(c, &p->config, NULL, err))
		return false;
	p->loaded = true;
	return true;
}

void place_release(struct place *p)
{
	if (p->loaded)
		config_release(&p->config);
	p->loaded = false;
}

/* No link is followed: the file is the repository's, and its content may be quoted in a message. */
static bool project_text(const struct place *p, struct arena *a, struct slice *out, struct err *err)
{
	struct slice path = arena_printf(a, "%s/.emend/config.json", p->workspace.ptr);
	struct stat st;

	*out = SLICE("");
	if (lstat(path.ptr, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ||
		       err_set(err, ERR_USAGE, "Cannot read %s: %s.", path.ptr, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "%s is not a regular file.", path.ptr);
	return read_whole(path, LIMIT_CONFIG_BYTES, a, out, err);
}

static void passed_over(void *payload, const struct err *err)
{
	struct cli *c = payload;

	term_fresh_line(&c->log);
	flow_line(&c->log, TERM_PLAIN, "note: ", TERM_YELLOW,
		  arena_printf(&c->arena, "this key of the project has no effect: %s", err->msg));
}

/* For commands that run no task: they read the project's file themselves, outside of the walls.
 * A task has it read by the worker. */
bool place_narrow(struct cli *c, const struct place *p, struct config *out,
		  const struct config_reports *reports, struct err *err)
{
	const struct config_reports notes = { passed_over, c, false };
	struct slice text;
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = project_text(p, &a, &text, err) &&
	     config_narrow(out, &p->config, text, reports ? reports : &notes, err);
	arena_release(&a);
	return ok;
}

bool place_user_file(struct cli *c, struct slice *out, struct err *err)
{
	struct slice dir;

	if (c->args.config) {
		*out = slice_of(c->args.config);
		return true;
	}
	if (!config_dir(&c->arena, &dir, err))
		return false;
	*out = arena_printf(&c->arena, "%.*s/config.json", SLICE_ARG(dir));
	return true;
}

struct slice place_views(const struct place *p, struct arena *a)
{
	return arena_printf(a, "%.*s/views", SLICE_ARG(p->state));
}
