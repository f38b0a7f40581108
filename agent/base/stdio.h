/* stdio.h - the bytes between a connection and the program at the other end: the editor, a server behind ours, an
 * MCP client.
 *
 * Input and output may be pipes, terminals or plain files. While the editor does not read what it
 * was sent nothing more is read or answered, not even the rest of what came already. When either
 * side ends, `ended` is called once, from the loop. Nothing is running between two messages: the one
 * timer runs only while a call has a deadline, or something waits for the end of a pause. */
#ifndef EMEND_BASE_STDIO_H
#define EMEND_BASE_STDIO_H

#include <uv.h>

#include "agent/base/runq.h"
#include "protocol/rpc/conn.h"

struct stdio;

struct stdio_options {
	uv_loop_t *loop;
	struct runq *runq;
	struct conn *conn;
	/* Where what comes is passed on to: nothing is read while that is full. NULL: nowhere. */
	const struct conn *sink;
	int in, out;					   /* taken */
	/* The end of the input is no end of what was asked for before: `ended` waits until all is answered, or nobody
	 * reads the answers any more. */
	bool drains;
	/* What is long is written with pauses: an editor that finds all of it at once reads all of it
	 * before it looks at its keys again. */
	bool gentle;
	void (*drain)(
		void *owner); /* that wait begins: answers what would never end; may be NULL */
	void (*ended)(void *owner, const struct err *why); /* why NULL: a clean end of the input */
	void (*wrote)(void *owner);			   /* output was written; may be NULL */
	void *owner;
};

/* Moves descriptors 0 and 1 away (close-on-exec) and puts /dev/null in their places: so neither a
 * stray print nor a child process can reach the editor, or eat what it sends. ERR_IO. */
NODISCARD bool stdio_claim(int *in, int *out, struct err *err);

NODISCARD bool stdio_start(const struct stdio_options *o, struct stdio **out, struct err *err);
/* For conn_handlers.wake: output waits or a deadline changed. Cheap, and may be called from
 * anywhere. */
void stdio_wake(struct stdio *io);
/* No more reading; `ended` is not called any more. What is queued is still written; then everything
 * is closed and freed. The connection must live until the loop has run out. */
void stdio_close(struct stdio *io);

#endif
