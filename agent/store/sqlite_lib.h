/* sqlite_lib.h - SQLite, loaded when the ledger is first needed: the server of an editor may never need it, and the worker
 * never does, but each process of Emend would bind its 1,200 functions at the start. Only agent/store includes
 * <sqlite3.h>, and calls it through this table: sqlite()->step() is sqlite3_step(). */
#ifndef EMEND_SQLITE_LIB_H
#define EMEND_SQLITE_LIB_H

#include <sqlite3.h>

#include "protocol/base/err.h"

#define SQLITE_LIB_FUNCTIONS(X) \
	X(bind_blob64)          \
	X(bind_double)          \
	X(bind_int)             \
	X(bind_int64)           \
	X(bind_text)            \
	X(bind_text64)          \
	X(busy_timeout)         \
	X(changes)              \
	X(clear_bindings)       \
	X(close)                \
	X(column_blob)          \
	X(column_bytes)         \
	X(column_double)        \
	X(column_int)           \
	X(column_int64)         \
	X(column_text)          \
	X(db_config)            \
	X(errcode)              \
	X(errmsg)               \
	X(exec)                 \
	X(finalize)             \
	X(last_insert_rowid)    \
	X(libversion)           \
	X(open_v2)              \
	X(prepare_v3)           \
	X(reset)                \
	X(sleep)                \
	X(step)

struct sqlite_lib {
#define SQLITE_LIB_MEMBER(name) __typeof__(sqlite3_##name) *name;
	SQLITE_LIB_FUNCTIONS(SQLITE_LIB_MEMBER)
#undef SQLITE_LIB_MEMBER
};

/* Loads the library once for the whole process, from any thread. False: ERR_IO names the package to install. */
NODISCARD bool sqlite_lib_load(struct err *err);
/* Its functions, once it is loaded. */
const struct sqlite_lib *sqlite(void);

#endif
