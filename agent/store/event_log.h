/* event_log.h - the session: one append-only, hash-chained JSONL file.
 *
 * Each line is {"seq":N,"time":"RFC 3339, ms","type":"...", ...fields..., "hash":"..."}: hash is
 * the SHA-256 of the previous line's hash (64 zeros for the first) followed by this line's text up
 * to (not including) `,"hash":`. So a changed, removed or reordered line shows; a log that was cut
 * at the end of a line still holds: only a missing `finished` tells of that. A torn last line (a
 * crash while writing) is cut off on open. Lines are flushed by write(2) at once; event_log_sync()
 * makes them durable. Files: STATE_DIR/sessions/ID/log.jsonl, 0600; state_dir is what state_dir()
 * of config.h gives, "$XDG_STATE_HOME/emend".
 *
 * Event types and their fields, all of which the transcript, undo, cost and audit are read from:
 *   session   {session, workspace, version}              first line
 *   task      {task, kind, title, model, mode, prompt, path?, limits{usd,tokens,turns,seconds}}
 *   user      {task, text}                               user turn sent to the model
 *   request   {task, turn, estimate, reserved_usd}       before a model call
 *   assistant {task, model, stop, blocks[{kind,text,id,name,raw}], response_id}
 *   usage     {task, model, input, cache_read, cache_write, output, reasoning, usd, unpriced}
 *   call      {task, call, tool, input}                  before a tool runs
 *   permission{task, call, subject, decision, rule, by: "rule"|"user"|"timeout"|"mode"}
 *   command   {task, call, command, exit, signal, seconds, output_bytes, truncated, output, blob,
 *             background?: id}
 *   begin     {task, call, transaction, files}           files are about to be changed, all or none
 *   edit      {task, call, step, path, via: "buffer"|"file"|"command", before, after, transaction?,
 *             mode?, newMode?, kind?: "mode"|"link", was?, is?, hunks?}
 *             written before the change is made; before/after: SHA-256 of blobs, "" = no file;
 *             mode, newMode: permission bits of the file before and after; kind "mode": only they
 *             changed; "link": before and after are targets of links where was and is (0 nothing,
 *             1 a file, 2 a link) say so; hunks: ids of what the user rejected: not
 *             the model's change but its taking back
 *   edited    {task, step, ok, error?, unknown?}         after it; the last one of a step holds
 *             unknown: true if an editor that did not answer may still make it
 *   changed   {task, call, path, kind, before, after}    by a command; no images, no undo: a whole
 *             folder, a very large file
 *   commit    {task, transaction, ok, error?}            ok: all are made; else none, or as error
 *             says
 *   result    {task, call, tool, ok, text}
 *   plan      {task, steps}
 *   hunk      {task, action: "accept", hunks[ids]}       the user keeps these changes
 *   undo      {task, step, path, ok, error?, before, after, redo?}
 *             redo: true if an undo was taken back
 *   notice    {task, text}
 *   pruned    {bytes}                                    the blobs of all events before it are gone
 *   finished  {task, status, summary, usd, seconds, files[]}
 */
#ifndef EMEND_EVENT_LOG_H
#define EMEND_EVENT_LOG_H

#include "agent/base/sha256.h"
#include "protocol/base/arena.h"
#include "protocol/base/err.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

struct event_log;

/* Makes the session folder and its log, or opens the log that is there (verifying the chain and
 * cutting a torn tail). Takes an exclusive lock: ERR_DENIED if another emend has it open. */
NODISCARD bool event_log_open(struct slice state_dir, struct slice session, struct event_log **out,
			      struct err *err);
void event_log_close(struct event_log *l); /* NULL is fine */
struct slice event_log_session(const struct event_log *l);
struct slice event_log_state_dir(const struct event_log *l);

/* One event: begin (writes seq, time, type), add fields with the writer, end (hash, newline,
 * write). An event over LIMIT_LOG_EVENT_BYTES is ERR_TOO_LARGE and is left out. After a failed
 * write (disk full) the log is broken: event_log_end and every later one return false. */
struct jw *event_log_begin(struct event_log *l, const char *type);
NODISCARD bool event_log_end(struct event_log *l, struct err *err);
NODISCARD bool event_log_sync(struct event_log *l, struct err *err);

/* Reading. fn gets each event in order; false from fn stops. Works on a log that another process
 * writes. ERR_INVALID names the first line whose chain does not hold (after having passed the good
 * ones to fn). */
typedef bool event_fn(void *payload, struct json event, struct err *err);
NODISCARD bool event_log_read(struct slice state_dir, struct slice session, event_fn *fn,
			      void *payload, struct err *err);

/* --- blobs: content-addressed bytes of a session, STATE_DIR/sessions/ID/blobs/xx/HASH --- */
/* Durable when it returns. *hash gets the SHA-256. Storing the same content twice is one file. */
NODISCARD bool blob_put(struct event_log *l, struct slice data, struct sha256_hex *hash,
			struct err *err);
/* Into the arena; the hash is verified. ERR_NOT_FOUND, ERR_INVALID (damaged). */
NODISCARD bool blob_get(struct slice state_dir, struct slice session, struct slice hash,
			struct arena *a, struct slice *data, struct err *err);

/* New unique id: date, time of day and random, "20261121-5x2ab9k3v"; sorts by time. */
void session_new_id(char out[24]);
/* Newest first, at most max ids, in the arena. */
size_t session_list(struct slice state_dir, struct arena *a, struct slice *ids, size_t max);
/* Deletes the session and its blobs. ERR_DENIED if an emend has it open, ERR_NOT_FOUND. */
NODISCARD bool session_remove(struct slice state_dir, struct slice session, struct err *err);

#endif
