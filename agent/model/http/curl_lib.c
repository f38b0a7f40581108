/* curl_lib.c - see curl_lib.h */
#include "agent/model/http/curl_lib.h"

#include <dlfcn.h>
#include <signal.h>
#include <string.h>

static void ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
		now.sa_handler = SIG_IGN;
		(void)sigaction(SIGPIPE, &now, NULL);
	}
}

/* ISO C has no cast from an object to a function pointer; POSIX promises that the bytes agree. */
static bool look_up(void *handle, const char *name, void *fn, size_t size, struct err *err)
{
	void *symbol = dlsym(handle, name);

	if (!symbol)
		return err_set(err, ERR_PROVIDER,
			       "The installed libcurl has no %s(); install the package libcurl4 "
			       "(7.87 or newer).",
			       name);
	memcpy(fn, &symbol, size);
	return true;
}

bool curl_lib_load(struct curl_lib *lib, struct err *err)
{
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	struct curl_lib l = { 0 };

	if (lib->handle)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(names) && !l.handle; i++)
		l.handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
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
