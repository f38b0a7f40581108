/* peer_host.h - the host of a face (agent/host.h), with the buffers of all other faces beside its own.
 *
 * To the core a file that another editor has open is an open buffer like any: it is read there, edited
 * there, shown to commands with its unsaved text, and never written on the disk below. If two faces hold
 * the same file with the same text, both are edited. If their texts differ nobody can say which is meant:
 * the file is lost (host.h) until the user saves one and reloads the other. */
#ifndef EMEND_PEERS_PEER_HOST_H
#define EMEND_PEERS_PEER_HOST_H

#include "agent/host.h"
#include "agent/peers/board.h"
#include "agent/peers/peers.h"

/* Embedded by the face that owns it; no ask is under way when it ends. */
struct peer_host {
	struct host own;
	struct peers *peers; /* borrowed */
	struct board *board; /* borrowed: where its tasks are shown to other faces; NULL: nowhere */
	struct list asks;    /* of ours, among those that the core holds */
};

/* own: borrowed operations; they may be without `edit` where it has no buffers. The result is used as
 * long as h lives and stays where it is. */
struct host peer_host_init(struct peer_host *h, struct host own, struct peers *peers,
			   struct board *board);

#endif
