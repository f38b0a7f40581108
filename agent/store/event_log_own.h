/* event_log_own.h - the inside of an event log; for agent/store only. */
#ifndef EMEND_EVENT_LOG_OWN_H
#define EMEND_EVENT_LOG_OWN_H

#include "agent/store/event_log.h"

struct event_log {
	struct arena arena;
	struct slice session, folder, path; /* NUL-terminated */
	int fd;				    /* locked, O_APPEND */
	uint64_t seq;			    /* of the last event; 0: none */
	uint64_t end;			    /* bytes of whole lines in the file */
	struct sha256_hex head;		    /* hash of the last event */
	struct buf line;		    /* the event that is being written */
	struct jw w;
	const char *type;
	bool open;   /* between begin and end */
	bool broken; /* a write failed: `why` */
	struct err why;
};

#endif
