/* loop.c - see loop.h
 *
 *   init --> run --cli_loop_end()--> the agent closes (tasks, store) --> face, board, peers, signals --> run returns
 *
 * The order of the end counts: the agent's tasks are listed by the board until they are gone, and
 * the face answers for them. Everything is closed, not stopped: uv_run() returns when the last
 * handle is gone. */
#include "agent/cli/loop.h"

#include <signal.h>
#include <unistd.h>

#include "agent/peers/face.h"
#include "agent/peers/peers.h"
#include "agent/session/task.h"
#include "protocol/base/log.h"

enum { EXIT_CANCELLED = 5 };

/* What runs a task is listed as soon as it does; what runs none needs no socket. */
static const char *own_name(void *payload)
{
	struct cli_loop *l = payload;

	return face_name(l->face);
}

static void list_tasks(void *owner, struct buf *out)
{
	struct cli_loop *l = owner;

	board_list(&l->board, out);
}

static bool on_request(void *owner, struct rpc_request *req)
{
	struct cli_loop *l = owner;

	return board_request(&l->board, req);
}

/* The socket on which other terminals and editors find our tasks is opened with the first of
 * them. */
static void tasks_changed(void *owner)
{
	struct cli_loop *l = owner;

	if (!l->face && !l->ending)
		l->face = face_open(&(struct face_options){ .loop = &l->uv,
							    .runq = &l->runq,
							    .request = on_request,
							    .list = list_tasks,
							    .owner = l });
	face_changed(l->face);
}

/* The second one does not wait for anything: who presses Ctrl-C twice wants the prompt back.
 * What a task was in the middle of is put right by the next start (recover). */
void cli_loop_interrupt(struct cli_loop *l, int number)
{
	l->last_signal = number;
	if (l->interrupts++ > 0) {
		if (l->breaks)
			l->breaks(l->payload);
		_exit(EXIT_CANCELLED); /* the runner ends by itself when its socket closes */
	}
	if (l->interrupted)
		l->interrupted(l->payload);
}

static void on_signal(uv_signal_t *h, int number)
{
	cli_loop_interrupt(h->data, number);
}

/* The signals are watched until the end, also while nothing runs: the default of SIGINT would
 * kill us in the middle of a write. */
bool cli_loop_init(struct cli_loop *l, const struct cli *c, const struct place *p, bool with_agent,
		   struct err *err)
{
	static const int numbers[LOOP_SIGNALS] = { SIGINT, SIGTERM, SIGHUP };
	struct agent_options o = { .program = p->program,
				   .state_dir = p->state,
				   .no_sandbox = cli_given(c, OPT_NO_SANDBOX) };
	int rc = 0;

	*l = (struct cli_loop){ .agent = NULL };
	rc = uv_loop_init(&l->uv);
	if (rc < 0)
		return err_set(err, ERR_IO, "Cannot make an event loop: %s.", uv_strerror(rc));
	runq_init(&l->runq, &l->uv);
	for (int i = 0; i < LOOP_SIGNALS; i++) {
		(void)uv_signal_init(&l->uv, &l->signals[i]);
		l->signals[i].data = l;
		(void)uv_signal_start(&l->signals[i], on_signal, numbers[i]);
	}
	o.loop = &l->uv;
	o.runq = &l->runq;
	l->peers = peers_new(&(struct peers_options){
		.loop = &l->uv, .runq = &l->runq, .own_name = own_name, .payload = l });
	board_init(&l->board, &l->uv, &l->runq, c->command.name, tasks_changed, l);
	if (with_agent)
		l->agent = agent_new(&o);
	return true;
}

static void on_agent_closed(void *payload)
{
	struct cli_loop *l = payload;

	face_close(l->face);
	board_release(&l->board);
	peers_close(l->peers);
	runq_close(&l->runq);
	for (int i = 0; i < LOOP_SIGNALS; i++)
		uv_close((uv_handle_t *)&l->signals[i], NULL);
}

void cli_loop_end(struct cli_loop *l)
{
	if (l->ending)
		return;
	l->ending = true;
	if (l->agent)
		agent_close(l->agent, on_agent_closed, l);
	else
		on_agent_closed(l);
}

void cli_loop_run(struct cli_loop *l)
{
	(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	if (uv_loop_close(&l->uv) != 0)
		log_warn("the event loop still had open handles at its end");
}
