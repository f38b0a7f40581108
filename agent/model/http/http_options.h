/* http_options.h - inside agent/model: how every request is sent, in the terms of libcurl. */
#ifndef EMEND_HTTP_OPTIONS_H
#define EMEND_HTTP_OPTIONS_H

#include "agent/model/http/curl_lib.h"
#include "agent/model/http/http.h"

/* All but the URL and the callbacks. The list of headers must live as long as the request. */
struct curl_slist *http_set_options(const struct curl_lib *c, CURL *e, const struct http_spec *s);

#endif
