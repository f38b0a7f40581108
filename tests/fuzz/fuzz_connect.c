/* fuzz_connect.c - any bytes as a request to the proxy of a command: whole or cut anywhere the same comes
 * out, and a host that was read is read again from its own spelling. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/policy/hosts.h"
#include "agent/net/broker_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_target(const struct host_port *h)
{
	char text[HOST_PORT_BYTES], again[HOST_PORT_BYTES];
	struct host_port same;
	struct err err;

	host_port_print(h, text);
	if (!host_port_parse(slice_of(text), &same, &err))
		abort();
	host_port_print(&same, again);
	if (strcmp(text, again) != 0 || same.kind != h->kind)
		abort();
	(void)host_local(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(size ? (const char *)data : "", size);
	struct broker_request r, part;
	struct host_port h;
	struct err err = { .code = ERR_NONE };
	enum broker_parse p = broker_request_parse(in, &r, &err), q;

	if ((p == BROKER_BAD) != (err.code != ERR_NONE))
		abort();
	if (p == BROKER_WHOLE) {
		if (r.bytes == 0 || r.bytes > size || memchr(data, 0, r.bytes))
			abort();
		if (r.has_target && (!r.connect || r.target.port == 0))
			abort();
		if (r.has_target)
			check_target(&r.target);
		for (size_t n = 0; n < r.bytes; n++)
			if (broker_request_parse(slice_sub(in, 0, n), &part, &err) != BROKER_MORE)
				abort();
		q = broker_request_parse(slice_sub(in, 0, r.bytes), &part, &err);
		if (q != BROKER_WHOLE || part.bytes != r.bytes || part.has_token != r.has_token)
			abort();
	}
	if (host_port_parse(in, &h, &err))
		check_target(&h);
	(void)!hosts_rule_check(VERDICT_ALLOW, in, &err);
	(void)!hosts_rule_check(VERDICT_DENY, in, &err);
	return 0;
}
