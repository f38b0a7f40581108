/* trace.h - a recording of every message, one line each:
 * {"dir":"c->s","msg":{...}} and {"dir":"s->c","msg":{...}}; what is no JSON is
 * {"dir":"c->s!","bytes":N}. */
#ifndef EMEND_LSP_TRACE_H
#define EMEND_LSP_TRACE_H

#include "protocol/rpc/conn.h"

struct trace;

/* Appends to the file (made 0600), or to a new file in a folder whose name ends in '/'. ERR_IO. */
NODISCARD bool trace_open(const char *path, struct trace **out, struct err *err);
void trace_message(struct trace *t, enum rpc_direction dir, struct slice body);
void trace_close(struct trace *t); /* NULL is fine */

#endif
