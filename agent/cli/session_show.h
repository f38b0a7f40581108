/* session_show.h - a session's log, printed for people. */
#ifndef EMEND_SESSION_SHOW_H
#define EMEND_SESSION_SHOW_H

#include "agent/cli/screen/term.h"
#include "protocol/base/err.h"

NODISCARD bool session_show(struct term *t, struct slice state, struct slice id, struct err *err);

#endif
