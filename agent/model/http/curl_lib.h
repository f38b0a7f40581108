/* curl_lib.h - libcurl, loaded when the first request needs it.
 *
 * Linking it would cost every idle server 6 MB and 4 ms, so its functions are looked up with
 * dlopen(). One X-macro lists all that are used; `struct curl_lib` has one typed pointer for each:
 * lib.easy_init() is curl_easy_init(). Only agent/model includes <curl/curl.h>. */
#ifndef EMEND_CURL_LIB_H
#define EMEND_CURL_LIB_H

#include <curl/curl.h>

#include "protocol/base/err.h"

#define CURL_LIB_FUNCTIONS(X)  \
	X(global_init)         \
	X(easy_init)           \
	X(easy_setopt)         \
	X(easy_getinfo)        \
	X(easy_strerror)       \
	X(easy_cleanup)        \
	X(slist_append)        \
	X(slist_free_all)      \
	X(multi_init)          \
	X(multi_setopt)        \
	X(multi_assign)        \
	X(multi_add_handle)    \
	X(multi_remove_handle) \
	X(multi_socket_action) \
	X(multi_timeout)       \
	X(multi_info_read)     \
	X(multi_strerror)      \
	X(multi_cleanup)

struct curl_lib {
	void *handle; /* NULL: not loaded */
#define CURL_LIB_MEMBER(name) __typeof__(curl_##name) *name;
	CURL_LIB_FUNCTIONS(CURL_LIB_MEMBER)
#undef CURL_LIB_MEMBER
};

/* Loaded already: does nothing. ERR_PROVIDER names the package to install. The library stays in
 * the process until it ends: TLS libraries do not survive being unloaded. Ignores SIGPIPE unless
 * the program handles it: with CURLOPT_NOSIGNAL curl itself does not. */
NODISCARD bool curl_lib_load(struct curl_lib *lib, struct err *err);

#endif
