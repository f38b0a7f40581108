/* host.h - the language server as the core sees it: host_ops over the editor. */
#ifndef EMEND_LSP_HOST_H
#define EMEND_LSP_HOST_H

#include "agent/host.h"

struct tracked;

struct host host_for(struct tracked *t); /* t must outlive what runs behind it */

#endif
