/* launch.h - how the runner is started: as a process of this machine, or in a container.
 *
 *   native     PROGRAM runner                 speaks on one socket, its descriptor 3
 *   container  ENGINE run -i ... IMAGE ...    speaks on stdin and stdout, which the engine passes on
 *
 * A launch is what uv_spawn() must be told, and how the end of the process is to be explained. */
#ifndef EMEND_RUNNER_LAUNCH_H
#define EMEND_RUNNER_LAUNCH_H

#include "agent/runner/runner.h"
#include "protocol/base/arena.h"

enum { LAUNCH_ARGS_MAX = 512, LAUNCH_ENV_MAX = 32 };

/* Owned by the runner until its handles are closed: libuv and on_impatient() read the texts. All
 * pointers lie in `arena`. */
struct launch {
	struct arena arena; /* of the texts */
	const char *engine; /* "podman", "docker"; NULL: native */
	struct slice image;
	const char *file; /* absolute */
	const char *name; /* of the container */
	int errors;	  /* memory that takes what the engine prints to stderr; -1 */
	size_t n_args, n_env;
	const char *argv[LAUNCH_ARGS_MAX + 1], *env[LAUNCH_ENV_MAX + 1]; /* NULL-terminated */
};

/* Chooses by o->where. ERR_USAGE: the settings lack something; ERR_SANDBOX: the engine is not here. */
NODISCARD bool launch_prepare(const struct runner_options *o, struct launch *l, struct err *err);
void launch_release(struct launch *l);
/* Why a container ended: what its engine said, and what to do. started: it had answered before. */
void launch_explain(const struct launch *l, int64_t status, int sig, bool started, struct err *out);

/* launch_container.c */
NODISCARD bool launch_container(const struct runner_options *o, struct launch *l, struct err *err);
/* The program's loader and libraries, for a container whose own are others: each is mounted below
 * LAUNCH_INSIDE. Then the arguments that start the program there. launch_libs.c */
NODISCARD bool launch_mount_program(struct launch *l, struct slice program, struct err *err);
void launch_start_program(struct launch *l);

void launch_arg(struct launch *l, const char *fmt, ...) PRINTF(2, 3);
/* Hands these variables of ours on, where they are set. */
void launch_pass_env(struct launch *l, const char *const *names);
void launch_env(struct launch *l, const char *fmt, ...) PRINTF(2, 3);

#endif
