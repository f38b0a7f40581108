/* methods.c - see methods.h */
#include "protocol/lsp/methods.h"

static const struct lsp_method_info methods[] = {
#define METHOD_IN(id, name, kind, class) { name, LSP_##kind, LSP_##class },
#define METHOD_OUT(id, name, kind) { name, LSP_##kind, LSP_SENT },
#include "protocol/lsp/methods.def"
#undef METHOD_IN
#undef METHOD_OUT
};

const struct lsp_method_info *lsp_method(enum lsp_method id)
{
	return &methods[id];
}

enum lsp_method lsp_method_find(struct slice name)
{
	size_t lo = 0, hi = ARRAY_LEN(methods);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = slice_cmp(name, slice_of(methods[mid].name));

		if (order == 0)
			return methods[mid].class == LSP_SENT ? LSP_METHODS : (enum lsp_method)mid;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return LSP_METHODS;
}
