/* address.h - is this an address out on the network, or one that a name from there must not lead
 * to? */
#ifndef EMEND_ADDRESS_H
#define EMEND_ADDRESS_H

#include <sys/socket.h>

#include "protocol/base/base.h"

/* NULL: a public address. Else what it is, as a noun: "this machine", "a private network", ... IPv4
 * addresses inside of IPv6 ones count as what they are. */
const char *address_local(const struct sockaddr *sa);

#endif
