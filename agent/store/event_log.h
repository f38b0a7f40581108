/* event_log.h - the session: one append-only, hash-chained JSONL file.
 *
 * Each line is {"seq":N,"time":"RFC 3339, ms","type":"...", ...fields..., "hash":"..."}: hash is
 * the SHA-256 of the previous line's hash (64 zeros for the first) followed by this line's text up
 * to (not including) `,"hash":`. So a changed, removed or reordered line shows; a log that was cut
 * at the end of a line still holds: only a missing `finished` tells of that. A torn last line (a
 * crash while writing) is cut off on open. Number and hash of a line are fixed when it is ended; the
 * store's thread writes it, and event_log_sync() tells when it is durable. Files:
 * STATE_DIR/sessions/ID/log.jsonl, 0600; state_dir is what state_dir() of config.h gives,
 * "$XDG_STATE_HOME/emend".
 *
 * Event types and their fields, all of which the transcript, undo, cost and audit are read from:
 *   session   {session, workspace, version, forked?}     first line; forked: the session whose
 *             conversation follows (session/fork.c)
 *   task      {task, kind, title, model, mode, prompt, path?, limits{usd,tokens,turns,seconds}}
 *   user      {task, text, image?}                       user turn sent to the model; image: the
 *             hash of the blob that holds it
 *   request   {task, turn, tokens, reserved_usd, conversation, turns, window?}
 *             before a model call; conversation: SHA-256 of what it gets of the transcript, in so many turns
 *   assistant {task, model, stop, cut_call?, blocks[{kind,text,id,name,raw}], response_id, request_id,
 *             blob?, dialect?, text_calls?}              blob: the bytes of the answer as they came
 *   usage     {task, model, input, cache_read, cache_write, output, reasoning, usd, unpriced}
 *   call      {task, call, tool, input}                  before a tool runs
 *   permission{task, call, subject, decision, rule, by: "rule"|"user"|"timeout"|"mode"}
 *   command   {task, call, command, exit, signal, seconds, output_bytes, truncated, output, blob,
 *             background?: id}
 *   begin     {task, call, transaction, files}           files are about to be changed, all or none
 *   edit      {task, call, step, path, via: "buffer"|"file"|"command", before, after, transaction?,
 *             mode?, newMode?, folders?, kind?: "mode"|"link"|"folder", was?, is?,
 *             hunks?}
 *             written before the change is made; before/after: SHA-256 of blobs, "" = no file;
 *             mode, newMode: permission bits of the file before and after; kind "mode": only they
 *             changed; "link": before and after are targets of links where was and is (0 nothing,
 *             1 a file, 2 a link) say so; "folder": was and is are 0 or 3
 *             (a folder); folders: how many above a new file were made for it; hunks: ids of what
 *             the user rejected: not the model's change but its taking back
 *   edited    {task, step, ok, error?, unknown?}         after it; the last one of a step holds
 *             unknown: true if an editor that did not answer may still make it
 *   changed   {task, call, path, kind, before, after}    by a command; no images, no undo: a whole
 *             folder, a very large file
 *   commit    {task, transaction, ok, error?}            ok: all are made; else none, or as error
 *             says
 *   result    {task, call, tool, ok, text, image?}
 *   plan      {task, steps}
 *   hunk      {task, action: "accept", hunks[ids]}       the user keeps these changes
 *   undo      {task, step, path, ok, error?, before, after, redo?, rewind?, absent?}
 *             redo: true if an undo was taken back; rewind: true as part of one; absent: true if the
 *             step was out of the text already, so that a redo leaves it out
 *   undoing   {task, only, redo, rewind?{to,above,upto}} before an undo changes its first file; only: the
 *             step, or -1; rewind: from here on the conversation is as it was at the end of answer `to`
 *             (0: none), and the steps of files above and up to those numbers go, or come again with redo
 *   undone    {task, ok}                                 it has come to its end, or was given up; without
 *             it the next start goes on with the undo
 *   compaction{task, cut, trim, blind, turns, most, before, after, files}  from here on the model gets a shorter
 *             conversation: session/compact.c
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
struct store;
struct sync_wait;

/* Makes the session folder and its log, or opens the log that is there (verifying the chain and
 * cutting a torn tail). Takes an exclusive lock: ERR_DENIED if another emend has it open, or a task of
 * this one. store: borrowed; it must not be closed before the log is. */
NODISCARD bool event_log_open(struct store *store, struct slice session, struct event_log **out,
			      struct err *err);
/* The log of the session, if somebody in this process has it open, for single events that stand between
 * theirs; NULL: nobody has. Never to be closed, and not kept. */
struct event_log *event_log_in_use(struct store *store, struct slice session);
/* What is under way is still written, and then the lock goes. NULL is fine. */
void event_log_close(struct event_log *l);
struct slice event_log_session(const struct event_log *l);
struct slice event_log_state_dir(const struct event_log *l);
uint64_t event_log_lines(const struct event_log *l); /* with those that are not written yet */

/* One event: begin (writes seq, time, type), add fields with the writer, end (hash, newline). These
 * only fill memory: the line is written by the store's thread, soon and in order. An event over
 * LIMIT_LOG_EVENT_BYTES is ERR_TOO_LARGE and is left out. After a failed write (disk full) the log is
 * broken: event_log_end and every later one return false, and every sync ends with the reason. */
struct jw *event_log_begin(struct event_log *l, const char *type);
NODISCARD bool event_log_end(struct event_log *l, struct err *err);

/* Everything before this call becomes durable: events, blobs, marks. done is called on the loop, never
 * inside the call; err: the log is broken. done NULL: nobody waits, and NULL is returned. */
typedef void sync_cb(void *payload, const struct err *err);
struct sync_wait *event_log_sync(struct event_log *l, sync_cb *done, void *payload);
void sync_drop(struct sync_wait *w); /* done is not called any more; NULL is fine */

/* Notes that files are being changed (unfinished.h). The mark is durable by the next sync. */
void event_log_mark(struct event_log *l, struct slice workspace);
/* The mark goes when all events before this call are durable; implies a sync. */
void event_log_unmark(struct event_log *l, struct slice workspace);
/* Whether there is a mark, or will be: a mark that was just taken away may still stand on the disk. */
bool event_log_marked(const struct event_log *l, struct slice workspace);

/* Reading. fn gets each event in order; false from fn stops. Works on a log that another process
 * writes. ERR_INVALID names the first line whose chain does not hold (after having passed the good
 * ones to fn). */
typedef bool event_fn(void *payload, struct json event, struct err *err);
NODISCARD bool event_log_read(struct slice state_dir, struct slice session, event_fn *fn,
			      void *payload, struct err *err);

/* --- blobs: content-addressed bytes of a session, STATE_DIR/sessions/ID/blobs/xx/HASH, or
 * in blobs/packs (blob_pack.h) --- */
/* Copies data; it is written before any event that comes later. *hash gets the SHA-256. Storing the
 * same content twice is one file, where few are stored at once. ERR_TOO_LARGE: too much waits for a slow disk. */
NODISCARD bool blob_put(struct event_log *l, struct slice data, struct sha256_hex *hash,
			struct err *err);
/* Many at once, in a file that lies on the same file system and is moved into the session's folder
 * before any event that comes later; file: absolute, copied. */
struct blob_place {
	struct sha256_hex hash;
	uint64_t at, len; /* bytes */
};
NODISCARD bool blob_adopt(struct event_log *l, struct slice file, const struct blob_place *of,
			  size_t n, struct err *err);
/* Into the arena; the hash is verified. ERR_NOT_FOUND, ERR_INVALID (damaged). */
NODISCARD bool blob_get(struct slice state_dir, struct slice session, struct slice hash,
			struct arena *a, struct slice *data, struct err *err);
/* The same for many of one session: the pack in which the last one lay stays open. */
struct blob_reader {
	int index, bytes; /* -1: none is open */
};
void blob_reader_init(struct blob_reader *r);
void blob_reader_release(struct blob_reader *r);
NODISCARD bool blob_reader_get(struct blob_reader *r, struct slice state_dir, struct slice session,
			       struct slice hash, struct arena *a, struct slice *data,
			       struct err *err);

/* New unique id: date, time of day and random, "20261121-5x2ab9k3v"; sorts by time. */
void session_new_id(char out[24]);
/* Newest first, at most max ids, in the arena. */
size_t session_list(struct slice state_dir, struct arena *a, struct slice *ids, size_t max);
/* By its first line, and no more of it is read: does the session belong to another folder than this one? False
 * also where that line cannot be believed. */
bool session_is_elsewhere(struct slice state_dir, struct slice session, struct slice workspace);
/* Does the log hold this text anywhere? Its bytes are looked through without a look at their chain, which takes a
 * hundredth of reading it. True also where it cannot be read: who reads it then hears why. */
bool session_mentions(struct slice state_dir, struct slice session, struct slice text);
/* Whether a log is there, and whether an emend (also this one) has it open: a task of it runs. Looks at
 * the lock only. */
enum session_use {
	SESSION_GONE,
	SESSION_IDLE,
	SESSION_IN_USE,
};
enum session_use session_use(struct slice state_dir, struct slice session);
/* Deletes the session and its blobs. ERR_DENIED if an emend has it open, ERR_NOT_FOUND. */
NODISCARD bool session_remove(struct slice state_dir, struct slice session, struct err *err);

#endif
