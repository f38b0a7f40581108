/* face.h - this program's own socket: what other faces of the user may ask it.
 *
 *   buffers {root} or {path}  -> {open: [{path, stamp, text?, lost?}]}
 *   edit {path, stamp, label, changes: [[start, end, text]]}  -> {stamp, text?}
 *
 * A buffer's text is sent once to each connection, under a stamp; as long as it stays the same only the
 * stamp is sent. An edit names the stamp that it was made for and goes through the face's own host: the
 * editor makes it, and it is proved, as for a task of this face. text of the answer: what the buffer
 * holds now, where that is not what was meant. */
#ifndef EMEND_PEERS_FACE_H
#define EMEND_PEERS_FACE_H

#include <uv.h>

#include "agent/base/runq.h"
#include "agent/host.h"
#include "protocol/rpc/conn.h"

struct face;

struct face_options {
	uv_loop_t *loop;
	struct runq *runq;
	struct host host; /* whose buffers it offers; ops NULL: it has none */
	/* Any other request: answers it, or keeps it, and returns true; false: it knows no such
	 * method. May be NULL. */
	bool (*request)(void *owner, struct rpc_request *req);
	/* Writes the list of folder.h: what it works on, what it has open. */
	void (*list)(void *owner, struct buf *out);
	void *owner;
};

/* Listens from now on. NULL: it cannot, and that was logged; the program works without. */
struct face *face_open(const struct face_options *o);
/* What it has open, or works on, is another now. NULL is fine, as in all of these. */
void face_changed(struct face *f);
const char *face_name(const struct face *f); /* "" for NULL */
/* Takes the files away and ends the connections; frees itself as the loop runs on. */
void face_close(struct face *f);

#endif
