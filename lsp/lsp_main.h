/* lsp_main.h - `emend lsp`. */
#ifndef EMEND_LSP_MAIN_H
#define EMEND_LSP_MAIN_H

int lsp_main(int argc, char **argv); /* argv[0] is "lsp"; the exit status */

#endif
