/* host_name.h - names of hosts as commands and settings write them, in one spelling.
 *
 * Lower case, no final dot, an address in its shortest form. What a resolver would read as an
 * address although it is not written like one (2130706433, 0x7f.1, 127.1) is no name. Names in other
 * scripts must come in their ASCII form (xn--...). */
#ifndef EMEND_HOST_NAME_H
#define EMEND_HOST_NAME_H

#include "protocol/base/err.h"
#include "protocol/base/slice.h"

enum { HOST_NAME_BYTES = 254, HOST_PORT_BYTES = HOST_NAME_BYTES + 10 };

enum host_kind { HOST_NAMED, HOST_IPV4, HOST_IPV6 };

struct host_port {
	enum host_kind kind;
	char name[HOST_NAME_BYTES]; /* IPv6 without brackets */
	uint16_t port;		    /* 0: none was given */
};

/* "name", "name:port", "1.2.3.4:port", "[::1]:port". ERR_INVALID. */
NODISCARD bool host_port_parse(struct slice text, struct host_port *out, struct err *err);
/* "name:port", with brackets where they are needed; without a port if it is 0. */
void host_port_print(const struct host_port *h, char out[HOST_PORT_BYTES]);

#endif
