/* server_url.h - where a server of the fleet is: nats://USER:PASSWORD@HOST:PORT, redis://..., or unix:PATH. */
#ifndef EMEND_FLEET_SERVER_URL_H
#define EMEND_FLEET_SERVER_URL_H

#include "agent/policy/host_name.h"
#include "protocol/base/arena.h"

/* The struct must live as long as what connects by it: it is borrowed there. */
struct server_url {		     /* texts are in the arena of the parse */
	struct slice user, password; /* "": none. A lone word before the '@' is a user */
	struct slice path;	     /* behind the port, without its '/' */
	const char *socket;	     /* a unix socket; NULL: host and port */
	struct host_port at;
	char name[HOST_PORT_BYTES]; /* what may be logged: never the password */
};

/* scheme: "nats". port: where the URL names none. ERR_USAGE; a scheme with TLS (nats+tls, tls, rediss) is refused with that
 * reason. */
NODISCARD bool server_url_parse(struct arena *a, struct slice text, const char *scheme,
				uint16_t port, struct server_url *out, struct err *err);
/* Is there a password in it, or for NATS a token? It would be seen in the list of processes. */
bool server_url_has_secret(struct slice text);

#endif
