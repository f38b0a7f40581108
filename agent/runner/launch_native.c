/* launch_native.c - see launch.h: a process of this machine, which locks itself in. */
#include "agent/runner/launch.h"

/* What the runner gets of our environment: nothing that could hold a key. */
bool launch_native(const struct runner_options *o, struct launch *l, struct err *err)
{
	static const char *const pass[] = { "LANG",	   "LC_ALL",	 "LC_CTYPE", "LC_COLLATE",
					    "LC_MESSAGES", "LC_NUMERIC", "LC_TIME",  "LC_MONETARY",
					    "TZ",	   NULL };

	(void)err;
	l->file = arena_cstr(&l->arena, o->program);
	l->passes_fds = true;
	launch_arg(l, "%s", l->file);
	launch_arg(l, "runner");
	launch_env(l, "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
	launch_env(l, "TERM=dumb");
	launch_pass_env(l, pass);
	return true;
}
