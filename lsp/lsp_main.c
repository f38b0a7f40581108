/* lsp_main.c - `emend lsp`: its options, and the one loop.
 *
 * --wrap -- SERVER ARG... runs in front of another language server (wrap/wrap.h).
 * --trace FILE (or EMEND_LSP_TRACE) records every message, EMEND_LSP_LOG=FILE what the server
 * does. */
#include "lsp/lsp_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/stdio.h"
#include "lsp/server.h"
#include "lsp/trace.h"
#include "protocol/base/log.h"

enum { EXIT_USAGE = 2 };

static int usage(const char *why, const char *what)
{
	(void)fprintf(stderr,
		      "emend lsp: %s%s; usage: emend lsp [--stdio] [--trace FILE] "
		      "[--wrap -- SERVER ARG...]\n",
		      why, what);
	return EXIT_USAGE;
}

/* 0: go on. *wrap: the command line behind "--wrap --", which is the last of ours. */
static int parse(int argc, char **argv, const char **trace, char ***wrap)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--stdio") == 0 ||
		    strncmp(argv[i], "--clientProcessId=", 18) == 0)
			continue; /* the editor's process comes with initialize */
		if (strcmp(argv[i], "--wrap") == 0) {
			i += i + 1 < argc && strcmp(argv[i + 1], "--") == 0;
			if (i + 1 >= argc)
				return usage("--wrap needs a language server", "");
			*wrap = argv + i + 1;
			return 0;
		}
		if (strcmp(argv[i], "--trace") != 0)
			return usage("unknown argument ", argv[i]);
		if (++i == argc)
			return usage("--trace needs a file", "");
		*trace = argv[i];
	}
	return 0;
}

static FILE *open_log(void)
{
	const char *path = getenv("EMEND_LSP_LOG");
	FILE *file = path && *path ? fopen(path, "ae") : NULL;

	if (file)
		log_to(file, LOG_DEBUG);
	return file;
}

static bool begin(struct server_options *o, uv_loop_t *loop, struct err *err)
{
	if (!stdio_claim(&o->in, &o->out, err))
		return false;
	o->loop = loop;
	return uv_loop_init(loop) == 0 ||
	       err_set(err, ERR_IO, "The event loop could not be started.");
}

static int run(const char *trace_path, char **wrap, struct err *err)
{
	struct server_options options = { .in = -1, .wrap = wrap };
	struct server *server = NULL;
	uv_loop_t loop;
	int status;

	(void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	if (trace_path && *trace_path && !trace_open(trace_path, &options.trace, err))
		return 1;
	if (!begin(&options, &loop, err)) {
		trace_close(options.trace);
		return 1;
	}
	if (!server_start(&options, &server, err))
		return 1;
	do
		(void)uv_run(&loop, UV_RUN_DEFAULT);
	while (server_close(server));
	status = server_free(server);
	if (uv_loop_close(&loop) != 0)
		log_error("a handle was left open");
	return status;
}

int lsp_main(int argc, char **argv)
{
	const char *trace = getenv("EMEND_LSP_TRACE");
	struct err err = { .code = ERR_NONE };
	char **wrap = NULL;
	int status = parse(argc, argv, &trace, &wrap);
	FILE *log;

	if (status != 0)
		return status;
	log = open_log();
	status = run(trace, wrap, &err);
	if (err.code != ERR_NONE)
		(void)fprintf(stderr, "emend lsp: %s\n", err.msg);
	log_to(NULL, LOG_ERROR);
	if (log)
		(void)fclose(log);
	return status;
}
