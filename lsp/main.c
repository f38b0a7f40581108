/* main.c - the program: the language server, the sandboxed runner, or the terminal. */
#include <stdbool.h>
#include <string.h>

#include "agent/cli/cli.h"
#include "agent/runner/runner.h"
#include "lsp/lsp_main.h"

int main(int argc, char **argv)
{
	bool help = argc > 2 && strcmp(argv[2], "--help") == 0;

	if (argc > 1 && strcmp(argv[1], "lsp") == 0 && !help)
		return lsp_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "runner") == 0)
		return argc > 2 && strcmp(argv[2], "--stdio") == 0 ? runner_main_stdio()
								   : runner_main();
	return cli_main(argc, argv);
}
