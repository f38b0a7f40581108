/* dial.h - a connection to a host out on the network: looked up once, every address checked, and
 * only a checked address is called. */
#ifndef EMEND_NET_DIAL_H
#define EMEND_NET_DIAL_H

#include <uv.h>

#include "agent/policy/host_name.h"

struct dial;

/* tcp: connected, on the heap, the callee's, who closes and frees it; or NULL and err: ERR_DENIED,
 * it leads to an address that is not out on the network; ERR_NOT_FOUND, no such name; ERR_TIMEOUT;
 * ERR_IO. Once, from the loop. */
typedef void dial_cb(void *payload, uv_tcp_t *tcp, const struct err *err);

/* local: addresses of this machine and of private networks are fine too. */
struct dial *dial_start(uv_loop_t *loop, const struct host_port *to, bool local, dial_cb *done,
			void *payload);
void dial_cancel(struct dial *d); /* done is not called; NULL is fine */

#endif
