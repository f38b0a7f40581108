/* trust.c - see trust.h */
#include "agent/model/http/trust.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "protocol/base/buf.h"

enum { BUNDLE_MAX_BYTES = 16 * 1024 * 1024 };

static bool read_file(const char *var, const char *path, struct buf *out, struct err *err)
{
	char piece[16 * 1024];
	FILE *f = fopen(path, "re");
	size_t n;
	bool ok;

	if (!f)
		return err_set(err, ERR_PROVIDER, "The CA file %s (%s) cannot be read: %s.", path,
			       var, strerror(errno));
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_append(out, slice_make(piece, n));
	ok = !ferror(f) && !out->full;
	(void)fclose(f);
	if (!ok)
		return err_set(err, ERR_PROVIDER, "The CA file %s (%s) cannot be read as a whole.",
			       path, var);
	return true;
}

/* Where distributions keep the store, as libcurl would find it by itself. It is named only where
 * something is added to it, for then libcurl no longer uses its own default. */
static const char *system_bundle(void)
{
	static const char *const paths[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (stat(paths[i], &st) == 0 && S_ISREG(st.st_mode))
			return paths[i];
	return NULL;
}

/* libcurl takes one bundle: the store and the extra file become one text. A folder of
 * certificates (ca_dir) is used beside it by libcurl itself. */
static bool add_extra(const char *extra, struct arena *a, struct http_trust *out, struct err *err)
{
	const char *base = out->ca_file ? out->ca_file : out->ca_dir ? NULL : system_bundle();
	struct buf pem;
	bool ok;

	buf_init(&pem, BUNDLE_MAX_BYTES);
	ok = !base || read_file("the certificate store", base, &pem, err);
	buf_putc(&pem, '\n');
	ok = ok && read_file("NODE_EXTRA_CA_CERTS", extra, &pem, err);
	if (ok)
		out->ca_pem = arena_dup(a, buf_slice(&pem));
	buf_release(&pem);
	return ok;
}

/* A variable that names a file that is not there is an error: falling back to the system's store
 * would be believed to be what was asked for. */
bool trust_load(env_fn *env, void *env_ctx, struct arena *a, struct http_trust *out,
		struct err *err)
{
	static const char *const vars[] = { "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
					    "REQUESTS_CA_BUNDLE" };
	const char *extra = env(env_ctx, "NODE_EXTRA_CA_CERTS"), *value;
	struct stat st;

	*out = (struct http_trust){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(vars); i++) {
		value = env(env_ctx, vars[i]);
		if (!value || !*value)
			continue;
		if (stat(value, &st) != 0)
			return err_set(
				err, ERR_PROVIDER,
				"%s names %s, which cannot be read: %s. Correct or unset it.",
				vars[i], value, strerror(errno));
		value = arena_cstr(a, slice_of(value));
		if (S_ISDIR(st.st_mode))
			out->ca_dir = value;
		else
			out->ca_file = value;
		break;
	}
	return !extra || !*extra || add_extra(extra, a, out, err);
}
