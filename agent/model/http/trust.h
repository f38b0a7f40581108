/* trust.h - which certificates are believed, by the variables that people set for other programs.
 *
 * CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR and REQUESTS_CA_BUNDLE (the first that is set)
 * replace the system's store; NODE_EXTRA_CA_CERTS adds to it. libcurl itself reads none of them. */
#ifndef EMEND_TRUST_H
#define EMEND_TRUST_H

#include "agent/model/http/http.h"
#include "agent/model/model.h"

/* Texts live in the arena. ERR_PROVIDER names the variable and the file that cannot be read. */
NODISCARD bool trust_load(env_fn *env, void *env_ctx, struct arena *a, struct http_trust *out,
			  struct err *err);

#endif
