/* noted.h - the diagnostics that the wrapped server has published, as it sent them. */
#ifndef EMEND_LSP_WRAP_NOTED_H
#define EMEND_LSP_WRAP_NOTED_H

#include "lsp/editor/documents.h"
#include "protocol/base/map.h"
#include "protocol/rpc/conn.h"

struct noted_file {
	char *uri;	   /* in its spelling */
	char *diagnostics; /* the JSON array */
	int64_t version; /* of the text that they are about, as the editor counts; INT64_MIN: it is not open */
};

/* All owned; bytes: of the JSON texts together. */
struct noted {
	struct map files; /* uri_key() -> struct noted_file */
	size_t bytes;
};

void noted_init(struct noted *n, uint64_t seed);
void noted_release(struct noted *n);
/* The parameters of a publishDiagnostics. */
void noted_add(struct noted *n, const struct documents *open, struct json params, struct arena *a);
struct noted_file *noted_find(const struct noted *n, struct slice uri); /* NULL: nothing */
/* It is open, and what is noted is about an older text of it, or there is nothing yet. */
bool noted_waits(const struct noted *n, const struct documents *open, struct slice uri);
bool noted_any_waits(const struct noted *n, const struct documents *open);
/* None of it holds any more: the editor is told so. */
void noted_clear(struct noted *n, struct conn *editor);

#endif
