/* broker_request.h - what a command says to its proxy: one CONNECT with its header, read strictly.
 * Pure: no I/O. What two readers could read differently is an error. */
#ifndef EMEND_NET_BROKER_REQUEST_H
#define EMEND_NET_BROKER_REQUEST_H

#include "agent/policy/host_name.h"

enum { BROKER_TOKEN_BYTES = 40 }; /* characters of a token */

struct broker_request {
	bool connect; /* the method; false: *target is not filled */
	bool has_token;
	char token[BROKER_TOKEN_BYTES + 1]; /* as the password that came; the user's name is ours */
	bool has_target;
	struct host_port target; /* with a port */
	struct err bad_target;	 /* without has_target: why */
	size_t bytes;		 /* of the header; what follows belongs to the tunnel */
};

enum broker_parse {
	BROKER_MORE,	 /* it is not whole */
	BROKER_WHOLE,	 /* *out is filled */
	BROKER_BAD,	 /* it is no request: *err */
	BROKER_TOO_LONG, /* the header passes LIMIT_NET_HEADER_BYTES */
};
/* in: all bytes that came so far. */
enum broker_parse broker_request_parse(struct slice in, struct broker_request *out,
				       struct err *err);

#endif
