/* engine.h - the version of the container engine, for the doctor. */
#ifndef EMEND_CLI_ENGINE_H
#define EMEND_CLI_ENGINE_H

#include <uv.h>

#include "protocol/base/slice.h"

struct engine {
	uv_process_t process;
	int output;	  /* memory with what it printed; -1 */
	char version[80]; /* "" until it has ended, or if it did not say */
};

/* Asks on this loop; the answer is there when the loop has ended. */
void engine_ask(struct engine *e, uv_loop_t *loop, struct slice name);

#endif
