/* language.h - the language of a document whose editor did not say (Neovim sends "" for an unknown
 * filetype): from the file's name. */
#ifndef EMEND_LSP_LANGUAGE_H
#define EMEND_LSP_LANGUAGE_H

#include "protocol/base/slice.h"

/* An LSP languageId, or "plaintext". Static memory. */
const char *language_of_path(struct slice path);

#endif
