/* host.h - the language server as the core sees it: host_ops over the editor. */
#ifndef EMEND_LSP_HOST_H
#define EMEND_LSP_HOST_H

#include "agent/host.h"

struct tracked;

/* For a task: with the buffers of other faces. */
struct host host_for(struct tracked *t);
/* Ours alone. */
struct host host_own(struct tracked *t); /* t must outlive what runs behind it */

#endif
