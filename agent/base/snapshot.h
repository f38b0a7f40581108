/* snapshot.h - the text of one document at one moment: immutable, counted, readable from any
 * thread. */
#ifndef EMEND_BASE_SNAPSHOT_H
#define EMEND_BASE_SNAPSHOT_H

#include "protocol/base/slice.h"

struct snapshot;

/* Copies text. `version` is the editor's (LSP VersionedTextDocumentIdentifier); 0 for a file. */
struct snapshot *snapshot_new(struct slice text, int32_t version);
/* Takes text (from malloc, NUL-terminated behind len). */
struct snapshot *snapshot_take(char *text, size_t len, int32_t version);
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s);	      /* NULL is fine */
struct slice snapshot_text(const struct snapshot *s); /* borrowed while the reference is held */
int32_t snapshot_version(const struct snapshot *s);

#endif
