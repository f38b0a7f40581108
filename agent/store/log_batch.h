/* log_batch.h - what is written to a session's folder in one go; for agent/store only.
 *
 *   loop:    filled by event_log.c --> sealed: posted to the store
 *   thread:  mark --> blobs --> head (log_head.h) --> one sync for them --> lines --> sync of the log --> mark goes
 *
 * The order within a batch is what makes a crash harmless: a line that names blobs is written only
 * when they are on the disk, a change of files begins only when its mark is, and the mark goes only
 * when the log says how the change ended. */
#ifndef EMEND_LOG_BATCH_H
#define EMEND_LOG_BATCH_H

#include "agent/store/event_log.h"
#include "agent/store/log_file.h"
#include "agent/store/log_head.h"
#include "agent/store/store.h"
#include "protocol/base/buf.h"

struct batch_blob {
	struct sha256_hex hash;
	char *data; /* owned */
	size_t len;
};

struct batch_pack { /* many blobs in a file that somebody else wrote */
	char *file;
	struct blob_place *of;
	size_t n;
};

struct log_batch {
	struct store_job job;
	struct event_log *log;
	struct log_file *file;
	struct arena arena;
	struct slice folder; /* of the session, NUL-terminated */
	struct slice state_dir, session;
	struct log_point from, to; /* where the log ends before and after it: log_head.h */
	struct buf lines;
	struct batch_blob *blobs;
	size_t n_blobs, cap_blobs;
	struct batch_pack *packs;
	size_t n_packs;
	size_t bytes;	     /* of lines and blobs */
	struct slice mark;   /* a file to make; ptr NULL: none */
	struct slice unmark; /* a file to remove at the end; ptr NULL: none */
	bool sync;	     /* somebody wants it on the disk */
	struct list waits;   /* struct sync_wait: who is told */
	struct err why;	     /* it could not be written */
};

struct log_batch *log_batch_new(struct event_log *l, struct log_file *file, struct slice folder);
void log_batch_add_blob(struct log_batch *b, const struct sha256_hex *hash, struct slice data);
void log_batch_add_pack(struct log_batch *b, struct slice file, const struct blob_place *of,
			size_t n);
/* The work of the store's thread. */
void log_batch_write(struct log_batch *b);
void log_batch_free(struct log_batch *b);

#endif
