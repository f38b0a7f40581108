/* agent.h - internal to agent/session: what the tasks of a process share. */
#ifndef EMEND_AGENT_H
#define EMEND_AGENT_H

#include "agent/base/runq.h"
#include "agent/exec/exec.h"
#include "agent/session/task.h"

struct gates *agent_gates(struct agent *a);
struct http *agent_http(struct agent *a);	 /* made at the first call */
struct budget_pool *agent_pool(struct agent *a); /* what all tasks have spent */
struct runq *agent_runq(struct agent *a);
uv_loop_t *agent_loop(struct agent *a);
struct slice agent_state_dir(const struct agent *a);
struct granted *agent_granted(struct agent *a); /* the user's "always" answers */
struct list *agent_tasks(struct agent *a);	/* running tasks: struct task.link */
struct list *agent_undos(struct agent *a);	/* running undos: struct undo.link */
struct list *agent_rejects(struct agent *a);	/* running rejections: struct reject.link */
void agent_task_gone(struct agent *a);		/* a task left the list */

/* The runner of a workspace, started if none runs; counted: give it back with agent_runner_put().
 */
NODISCARD bool agent_runner_get(struct agent *a, struct slice workspace, const struct config *c,
				const struct policy *p, struct runner **out, struct err *err);
void agent_runner_put(struct agent *a,
		      struct runner *r); /* NULL is fine; the last one stops the process */

/* For code that runs by itself: of this machine, and of these settings, which it borrows. */
struct exec_options agent_exec_options(struct agent *a, const struct config *c);

/* Ends a running undo, given by its link; done(ERR_CANCELLED) follows from the loop. */
void undo_cancel(struct list *link);
void reject_cancel(struct list *link); /* the same, for a rejection */

/* The last rejection ended: undos that waited for its log go on. */
void undo_wake_all(struct agent *a);

#endif
