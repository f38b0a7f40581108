/* peers.h - the other faces of this user, as this program knows them: what they hold open.
 *
 * Nothing is pushed. Whoever is about to read or change files asks first (peers_ask), and what each
 * face that matters holds is then known as of now. A face whose socket nobody listens at is dead, and
 * its files are removed. One that does not answer in LIMIT_PEER_MS, or answers nonsense, costs its own
 * part only: what its list says is open there is lost (host.h) until it answers again; nobody waits
 * for it a second time. */
#ifndef EMEND_PEERS_PEERS_H
#define EMEND_PEERS_PEERS_H

#include <uv.h>

#include "agent/base/runq.h"
#include "agent/base/snapshot.h"
#include "agent/peers/folder.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"

struct link;
struct peers;
struct peer_ask;

/* One buffer of another face.
 * The stamp is a number of that face, given back with an edit so that the face knows which text was
 * meant. */
struct peer_buffer {
	struct snapshot *text; /* NULL: it is lost */
	int64_t stamp;
};

/* A face is known from the first question that finds it until nobody needs it. `silent` and `mute`
 * are two things: what a silent one holds is not known; a mute one was given its time and is not
 * waited for. */
struct peer {
	struct list link; /* of peers.all */
	struct peers *peers;
	char name[FACE_NAME_MAX];
	int pid;
	char *list;	    /* the text of its .open file, as read last */
	struct link *to;    /* NULL: not connected */
	struct map buffers; /* absolute path -> struct peer_buffer */
	bool silent;	    /* it did not answer, or not as it should: what it holds is not known */
	bool mute;	    /* its time was up: nobody waits for it again until it answers */
	bool gone;	    /* it is dead: it is forgotten as soon as nobody asks it */
	unsigned asked;	    /* questions that it has not answered yet, and other holders of it */
};

struct peers_options {
	uv_loop_t *loop;
	struct runq *runq;
	const char *(*own_name)(void *payload); /* of our own face: it is none of the others */
	void *payload;
};
/* Opens nothing until it is asked. */
struct peers *peers_new(const struct peers_options *o);
void peers_close(
	struct peers *p); /* no ask is under way; frees itself as the loop runs on; NULL is fine */

uv_loop_t *peers_loop(const struct peers *p);
struct runq *peers_runq(const struct peers *p);

/* done, from the loop: what others hold is known. path: an absolute file; with `below`, a folder and
 * all in it. */
typedef void peers_cb(void *payload);
struct peer_ask *peers_ask(struct peers *p, struct slice path, bool below, peers_cb *done,
			   void *payload);
void peer_ask_drop(struct peer_ask *a); /* forgets it: no callback */

/* For each face that is known to hold this file; buffer NULL: it is silent, and its list says so.
 * fn is called before it returns, and must ask nobody: the list of faces is in use. */
void peers_holders(struct peers *p, struct slice path,
		   void (*fn)(void *payload, struct peer *peer, struct peer_buffer *buffer),
		   void *payload);
/* For each path below root that some face has open, maybe more than once. */
void peers_paths(struct peers *p, struct slice root, void (*fn)(void *payload, struct slice path),
		 void *payload);
/* The connection to a face that matters; made if there is none. NULL: the face has ended. */
struct link *peer_link(struct peer *p);
/* What it holds of this path is known from its own words: text NULL: nothing. Takes a reference. */
void peer_holds(struct peer *p, struct slice path, struct snapshot *text, int64_t stamp);
/* Between the two it is not freed, also if it is gone. */
void peer_hold(struct peer *p);
void peer_let_go(struct peer *p);
/* It broke a promise, or its time is up. */
void peer_silence(struct peer *p, const char *why);

#endif
