/* mhd_lib.h - libmicrohttpd, loaded by `emend serve` only: it brings GnuTLS along. One X-macro lists all that is used,
 * `struct mhd_lib` has one typed pointer for each: lib.run() is MHD_run(). Only agent/serve includes <microhttpd.h>. */
#ifndef EMEND_MHD_LIB_H
#define EMEND_MHD_LIB_H

#include <microhttpd.h>

#include "protocol/base/err.h"

#define MHD_LIB_FUNCTIONS(X)             \
	X(start_daemon)                  \
	X(stop_daemon)                   \
	X(run)                           \
	X(get_timeout)                   \
	X(get_daemon_info)               \
	X(get_connection_info)           \
	X(lookup_connection_value)       \
	X(get_connection_values)         \
	X(queue_response)                \
	X(suspend_connection)            \
	X(resume_connection)             \
	X(create_response_from_buffer)   \
	X(create_response_from_callback) \
	X(add_response_header)           \
	X(destroy_response)

/* Filled once by mhd_lib_load() and then only read. */
struct mhd_lib {
	void *handle; /* NULL: not loaded */
#define MHD_LIB_MEMBER(name) __typeof__(MHD_##name) *name;
	MHD_LIB_FUNCTIONS(MHD_LIB_MEMBER)
#undef MHD_LIB_MEMBER
};

/* ERR_NOT_FOUND names the package to install. It stays in the process until that ends. */
NODISCARD bool mhd_lib_load(struct mhd_lib *lib, struct err *err);

#endif
