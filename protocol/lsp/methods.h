/* methods.h - the table of methods.def, and the search in it. */
#ifndef EMEND_LSP_METHODS_H
#define EMEND_LSP_METHODS_H

#include "protocol/base/slice.h"

enum lsp_method {
#define METHOD_IN(id, name, kind, class) LSP_##id,
#define METHOD_OUT(id, name, kind) LSP_##id,
#include "protocol/lsp/methods.def"
#undef METHOD_IN
#undef METHOD_OUT
	LSP_METHODS,
};

enum lsp_kind { LSP_REQUEST, LSP_NOTIFICATION };
enum lsp_class { LSP_SYNC, LSP_QUICK, LSP_TASK, LSP_SENT /* by us */ };

struct lsp_method_info {
	const char *name;
	enum lsp_kind kind;
	enum lsp_class class;
};

const struct lsp_method_info *lsp_method(enum lsp_method id);
/* Among those that the editor sends; LSP_METHODS if it is none of them. */
enum lsp_method lsp_method_find(struct slice name);

#endif
