/* cli.h - the terminal face of the program: one command, its exit status. */
#ifndef EMEND_CLI_H
#define EMEND_CLI_H

/* argv as main() got it. Returns the exit status: 0 done, 1 failed, 2 usage, 3 budget, 4 denied, 5
 * cancelled, 6 sandbox unavailable, 7 provider or key; `emend run` that of the command. */
int cli_main(int argc, char **argv);

#endif
