/* local_find.h - a model server on this machine that nobody had to configure. */
#ifndef EMEND_LOCAL_FIND_H
#define EMEND_LOCAL_FIND_H

#include "agent/model/model.h"

/* The first of Ollama and llama.cpp that answers on loopback (or where OLLAMA_HOST says, if that is loopback),
 * with the first model that it has: "ollama/NAME". false: none. Takes at most LIMIT_LOCAL_FIND_MS; where
 * nobody listens, no time at all. */
bool local_find(const struct model_options *o, struct arena *a, struct slice *name);

#endif
