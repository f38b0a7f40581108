/* engine.c - see engine.h */
#include "agent/cli/engine.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/base/mem.h"

/* Only the first line counts. The output is a file in memory and no pipe: nothing must be read
 * while the engine runs, and there is no second handle to close. */
static void on_exit_of(uv_process_t *p, int64_t status, int sig)
{
	struct engine *e = p->data;
	ssize_t n = pread(e->output, e->version, sizeof(e->version) - 1, 0);

	if (n < 0 || status != 0 || sig != 0)
		n = 0;
	e->version[n] = 0;
	e->version[strcspn(e->version, "\r\n")] = 0;
	(void)close(e->output);
	e->output = -1;
	uv_close((uv_handle_t *)p, NULL);
}

/* An engine that cannot be started leaves the version empty; that it is missing is said by the
 * runner. */
void engine_ask(struct engine *e, uv_loop_t *loop, struct slice name)
{
	char *file = xslicedup(name), option[] = "--version";
	char *argv[] = { file, option, NULL };
	uv_stdio_container_t io[2] = { { .flags = UV_IGNORE }, { .flags = UV_INHERIT_FD } };
	uv_process_options_t po = {
		.exit_cb = on_exit_of, .file = file, .args = argv, .stdio = io, .stdio_count = 2
	};

	e->version[0] = 0;
	e->output = memfd_create("version", MFD_CLOEXEC);
	e->process.data = e;
	io[1].data.fd = e->output;
	if (e->output >= 0 && uv_spawn(loop, &e->process, &po) < 0) {
		(void)close(e->output);
		uv_close((uv_handle_t *)&e->process, NULL);
	}
	free(file);
}
