/* lookup_read.h - from LSP's own shapes to the items of a lookup (agent/host.h). */
#ifndef EMEND_LSP_LOOKUP_READ_H
#define EMEND_LSP_LOOKUP_READ_H

#include "agent/host.h"
#include "lsp/editor/folders.h"
#include "protocol/json/json.h"

struct lookup_items {
	struct lookup_item *list; /* in the arena; at most LIMIT_LOOKUP_ITEMS */
	size_t n, cap;
};

/* Diagnostic[] of one file. */
void lookup_read_diagnostics(const struct folders *f, struct arena *a, struct slice uri,
			     struct json diagnostics, struct lookup_items *out);
/* Location, Location[], LocationLink[] or null. Places that are in no file are left out. */
void lookup_read_places(const struct folders *f, struct arena *a, struct json v,
			struct lookup_items *out);
/* WorkspaceEdit or null. ERR_INVALID: it does more than to replace text in files. */
NODISCARD bool lookup_read_edit(const struct folders *f, struct arena *a, struct json v,
				struct lookup_items *out, struct err *err);

#endif
