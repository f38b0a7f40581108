/* tunnel.h - two streams, each fed with what the other says, until both have ended. */
#ifndef EMEND_NET_TUNNEL_H
#define EMEND_NET_TUNNEL_H

#include <uv.h>

#include "protocol/base/slice.h"

struct tunnel;
struct pump;

/* a and b are open, nothing reads them; their `data` is the tunnel's from here on. early: what a
 * has said already. done: both ways have ended, or one broke; from the loop. The caller then closes
 * the streams, and calls tunnel_free() when they are closed. */
struct tunnel *tunnel_start(uv_stream_t *a, uv_stream_t *b, struct slice early,
			    void (*done)(void *payload), void *payload);
void tunnel_free(struct tunnel *t); /* NULL is fine */

#endif
