/* pg_lib.h - libpq, loaded only where the history is kept in PostgreSQL: lib.connectPoll() is PQconnectPoll(), as in mhd_lib.h.
 * Only agent/fleet includes its header. */
#ifndef EMEND_PG_LIB_H
#define EMEND_PG_LIB_H

#include <postgresql/libpq-fe.h>

#include "protocol/base/err.h"

#define PG_LIB_FUNCTIONS(X)   \
	X(conninfoParse)      \
	X(conninfoFree)       \
	X(connectStartParams) \
	X(connectPoll)        \
	X(status)             \
	X(socket)             \
	X(errorMessage)       \
	X(finish)             \
	X(setnonblocking)     \
	X(setNoticeReceiver)  \
	X(sendQueryParams)    \
	X(flush)              \
	X(consumeInput)       \
	X(isBusy)             \
	X(getResult)          \
	X(resultStatus)       \
	X(ntuples)            \
	X(getvalue)           \
	X(getlength)          \
	X(clear)              \
	X(freemem)

/* Filled by pg_lib_load(), or by a test, and then only read. */
struct pg_lib {
	void *handle; /* NULL: not loaded */
#define PG_LIB_MEMBER(name) __typeof__(PQ##name) *name;
	PG_LIB_FUNCTIONS(PG_LIB_MEMBER)
#undef PG_LIB_MEMBER
};

/* ERR_NOT_FOUND names the package to install. It stays in the process until that ends. */
NODISCARD bool pg_lib_load(struct pg_lib *lib, struct err *err);

#endif
