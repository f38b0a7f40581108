/* peers_own.h - internal to agent/peers: the faces that are known, shared by what each of them holds
 * (peer.c) and the asking of all (peers.c). */
#ifndef EMEND_PEERS_PEERS_OWN_H
#define EMEND_PEERS_PEERS_OWN_H

#include "agent/peers/peers.h"
#include "protocol/json/json.h"

/* Lives until peers_close(). */
struct peers {
	struct peers_options o;
	char *folder; /* NULL: there is none, or it was not looked for */
	bool looked;
	struct list all;
};

struct matter {
	struct slice path;
	bool below;
	bool holds, works; /* it has some of it open; it works in the same folders */
};
/* What the list of a face says of a path. */
struct matter peer_matter(const struct peer *p, struct slice path, bool below);
/* What it said replaces all that was known of the path, or with `below` of all in that folder. False:
 * it makes no sense. */
bool peer_take(struct peer *p, struct slice path, bool below, struct json list, struct arena *a);
void peer_free(struct peer *p);

#endif
