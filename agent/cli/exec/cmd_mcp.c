/* cmd_mcp.c - emend mcp: an MCP server on stdin and stdout (agent/mcp), until the client closes its end. What it finds of
 * the user's editors is that of the folder it was started in. */
#include <unistd.h>

#include "agent/base/sha256.h"
#include "agent/base/stdio.h"
#include "agent/cli/exec/cli_exec.h"
#include "agent/mcp/mcp.h"

/* On the stack of cmd_mcp(). mcp is freed after the loop, as its connection is used until the
 * last handle is closed. */
struct mcp_run {
	struct cli_exec_run run;
	struct mcp *mcp;
	struct calls *calls;
	struct stdio *io;
};

static void on_wake(void *owner)
{
	struct mcp_run *r = owner;

	if (r->io)
		stdio_wake(r->io);
}

/* What is written already still goes out; what runs is killed: after the end of the input that is nothing, or nobody is
 * there to read what comes of it. */
static void end(void *owner)
{
	struct mcp_run *r = owner;

	mcp_stop(r->mcp);
	calls_close(r->calls);
	r->calls = NULL;
	if (r->io)
		stdio_close(r->io);
	r->io = NULL;
	cli_exec_close(&r->run.service, &r->run.loop);
}

static void on_drain(void *owner)
{
	mcp_input_ended(((struct mcp_run *)owner)->mcp);
}

static void on_ended(void *owner, const struct err *why)
{
	struct mcp_run *r = owner;

	if (why)
		r->run.why = *why;
	end(r);
}

static void on_changed(void *owner, enum calls_state now)
{
	struct mcp_run *r = owner;

	(void)now;
	mcp_live_changed(r->mcp);
}

/* The descriptors are claimed first of all: nothing may print to stdout once it belongs to the
 * protocol. */
static bool start(void *owner, struct err *err)
{
	struct mcp_run *r = owner;
	struct mcp_options m = { .wake = on_wake, .owner = r, .root = r->run.place.workspace };
	struct stdio_options s = { .loop = &r->run.loop.uv,
				   .runq = &r->run.loop.runq,
				   .drains = true,
				   .drain = on_drain,
				   .ended = on_ended,
				   .owner = r };

	if (!stdio_claim(&s.in, &s.out, err))
		return false;
	if (!cli_exec_open(&r->run.service, &r->run.loop, &r->run.place, err)) {
		(void)close(s.in);
		(void)close(s.out);
		return false;
	}
	random_bytes(&m.seed, sizeof(m.seed));
	m.exec = r->run.service.exec;
	r->calls = calls_open(&(struct calls_options){ .loop = &r->run.loop.uv,
						       .runq = &r->run.loop.runq,
						       .root = m.root,
						       .changed = on_changed,
						       .payload = r });
	m.live = r->calls;
	r->mcp = mcp_new(&m);
	s.conn = mcp_conn(r->mcp);
	return stdio_start(&s, &r->io, err);
}

int cmd_mcp(struct cli *c)
{
	struct mcp_run r = { .run = { .cli = c, .start = start, .end = end, .interrupted = end } };
	struct err err = { 0 };
	int status;

	status = place_init(&r.run.place, c, &err) ? cli_exec_run(&r.run, &r) : cli_fail(c, &err);
	mcp_free(r.mcp);
	place_release(&r.run.place);
	return status;
}
