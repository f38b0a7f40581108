/* curl_lib.c - see curl_lib.h */
#include "agent/model/http/curl_lib.h"

#include <signal.h>

#include "agent/base/late_lib.h"

static void ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
		now.sa_handler = SIG_IGN;
		(void)sigaction(SIGPIPE, &now, NULL);
	}
}

static bool look_up(void *handle, const char *name, void *fn, size_t size, struct err *err)
{
	return late_lib_find(handle, name, fn, size) ||
	       err_set(err, ERR_PROVIDER,
		       "The installed libcurl has no %s(); install the package libcurl4 "
		       "(7.87 or newer).",
		       name);
}

/* The pointers are filled in a copy first: *lib is complete or untouched, and a second call
 * after a failure begins anew. */
bool curl_lib_load(struct curl_lib *lib, struct err *err)
{
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	struct curl_lib l = { 0 };

	if (lib->handle)
		return true;
	l.handle = late_lib_open(names, ARRAY_LEN(names));
	if (!l.handle)
		return err_set(err, ERR_PROVIDER,
			       "libcurl is not installed, so no model can be reached; install the "
			       "package libcurl4 (apt-get install libcurl4).");
#define CURL_LIB_LOOK_UP(name)                                               \
	if (!look_up(l.handle, "curl_" #name, &l.name, sizeof(l.name), err)) \
		return false;
	CURL_LIB_FUNCTIONS(CURL_LIB_LOOK_UP)
#undef CURL_LIB_LOOK_UP
	if (l.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_PROVIDER,
			       "libcurl cannot be initialised; reinstall the "
			       "package libcurl4.");
	ignore_sigpipe();
	*lib = l;
	return true;
}
