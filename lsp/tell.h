/* tell.h - what the editor is told about a task: notifications for our own plugins, and the one
 * line at
 * its end for everybody. */
#ifndef EMEND_LSP_TELL_H
#define EMEND_LSP_TELL_H

#include "lsp/tasks.h"

void tell_task(struct tracked *t);		      /* emend/task; nothing for other clients */
void tell_text(struct tracked *t, struct slice text); /* emend/text; the same */
void tell_end(struct tracked *t, const struct task_outcome *o); /* window/showMessage */
/* The members of one task, into an open object. */
void tell_fields(const struct tracked *t, struct jw *w, uint64_t now_ms);

#endif
