/* confine.h - the last steps of a child before it becomes the command. */
#ifndef EMEND_SANDBOX_CONFINE_H
#define EMEND_SANDBOX_CONFINE_H

#include "agent/sandbox/init.h"
#include "protocol/base/slice.h"

/* The parts of a request, checked to lie within it.
 * All pointers borrow the mapped request, which stays mapped until the process becomes the command.
 */
struct confine_request {
	uint64_t view; /* 0: none */
	const char *cwd;
	const char *proxy; /* URL; "": it has no network */
	const char *file_name; /* in its home folder; "": none */
	const char *argv[4096 + 1];
	uint32_t n_argv;
	const char *places; /* n_places strings, one behind the other */
	uint32_t n_places;
	const char *env; /* n_env strings */
	uint32_t n_env;
	bool own_env;
	struct slice stdin_data, file;
};
/* ERR_INVALID. `text` borrows the mapped request. */
NODISCARD bool confine_decode(const void *map, size_t size, struct confine_request *out,
			     struct err *err);
/* Becomes the command, in the current folder; on failure prints why and exits 126 or 127. */
_Noreturn void confine_run(const struct init_options *o, const struct confine_request *r);

#endif
