/* listen.h - where the service listens: a unix socket that only its user can open, or an address of this machine itself.
 * No other address is taken: there is no TLS here, and a token would go over the network in clear. */
#ifndef EMEND_SERVE_LISTEN_H
#define EMEND_SERVE_LISTEN_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

/* Texts are in the arena of listen_open(). What is open here is closed by listen_close(). */
struct listen {
	bool local;	   /* a unix socket */
	const char *path;  /* of it */
	struct slice name; /* "unix:/run/user/1000/emend/serve.sock", "127.0.0.1:8080" */
	int fd;		   /* listens; -1: taken by another, or closed */
	int lock;	   /* held as long as the path is ours; -1: none */
	bool made;	   /* the socket's file is ours to remove */
};

/* text: "unix:PATH", "ADDRESS:PORT" or "localhost:PORT"; port 0: any that is free. ERR_USAGE: neither. ERR_DENIED: not an
 * address of this machine itself. ERR_IO: it cannot be opened, or another service has it. */
NODISCARD bool listen_open(struct arena *a, struct slice text, struct listen *out, struct err *err);
/* Takes the socket's file away; closes what is open. */
void listen_close(struct listen *l);
/* Is this what a browser or a client on this machine calls it: localhost, 127.x.x.x or [::1], with any port? */
bool listen_is_own_host(struct slice host);

#endif
