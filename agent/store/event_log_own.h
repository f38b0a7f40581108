/* event_log_own.h - the inside of an event log; for agent/store only. */
#ifndef EMEND_EVENT_LOG_OWN_H
#define EMEND_EVENT_LOG_OWN_H

#include "agent/store/event_log.h"

/* In the session's folder: see prune.c. */
#define SESSION_SIZE_FILE "blobs.size"

/* Removes STATE_DIR/sessions/ID/blobs; the caller holds the log's lock. folder ends in NUL. */
void session_remove_blobs(struct arena *a, struct slice folder);

struct event_log {
	struct arena arena;
	struct slice session, folder, path; /* NUL-terminated */
	struct slice state_dir;
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
