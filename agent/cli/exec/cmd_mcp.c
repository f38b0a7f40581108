/* cmd_mcp.c - emend mcp: an MCP server on stdin and stdout (agent/mcp), until the client closes its end. */
#include <unistd.h>

#include "agent/base/sha256.h"
#include "agent/base/stdio.h"
#include "agent/cli/exec/cli_exec.h"
#include "agent/mcp/mcp.h"

struct mcp_run {
	struct cli *cli;
	struct place place;
	struct cli_loop loop;
	struct cli_exec service;
	struct mcp *mcp;
	struct stdio *io;
	struct err why; /* ERR_NONE: the client closed its end */
};

static void on_wake(void *owner)
{
	struct mcp_run *r = owner;

	if (r->io)
		stdio_wake(r->io);
}

/* What is written already still goes out; what runs is killed. */
static void end(struct mcp_run *r)
{
	mcp_stop(r->mcp);
	if (r->io)
		stdio_close(r->io);
	r->io = NULL;
	cli_exec_close(&r->service, &r->loop);
}

static void on_ended(void *owner, const struct err *why)
{
	struct mcp_run *r = owner;

	if (why)
		r->why = *why;
	end(r);
}

static void on_interrupt(void *payload)
{
	end(payload);
}

static bool start(struct mcp_run *r, struct err *err)
{
	struct mcp_options m = { .wake = on_wake, .owner = r };
	struct stdio_options s = {
		.loop = &r->loop.uv, .runq = &r->loop.runq, .ended = on_ended, .owner = r
	};

	if (!stdio_claim(&s.in, &s.out, err))
		return false;
	if (!cli_exec_open(&r->service, &r->loop, &r->place, err)) {
		(void)close(s.in);
		(void)close(s.out);
		return false;
	}
	random_bytes(&m.seed, sizeof(m.seed));
	m.exec = r->service.exec;
	r->mcp = mcp_new(&m);
	s.conn = mcp_conn(r->mcp);
	return stdio_start(&s, &r->io, err);
}

static int run(struct mcp_run *r)
{
	struct err err = { 0 };

	if (!cli_loop_init(&r->loop, r->cli, &r->place, false, &err))
		return cli_fail(r->cli, &err);
	r->loop.interrupted = on_interrupt;
	r->loop.payload = r;
	if (!start(r, &r->why))
		end(r);
	cli_loop_run(&r->loop);
	mcp_free(r->mcp);
	return r->why.code == ERR_NONE ? 0 : cli_fail(r->cli, &r->why);
}

int cmd_mcp(struct cli *c)
{
	struct mcp_run r = { .cli = c };
	struct err err = { 0 };
	int status;

	status = place_init(&r.place, c, &err) ? run(&r) : cli_fail(c, &err);
	place_release(&r.place);
	return status;
}
