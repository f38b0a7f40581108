/* wire.h - what the server and its runner say to each other, and how bytes travel in JSON.
 *
 * JSON-RPC 2.0 with Content-Length framing on a socketpair. Requests of the server:
 *	initialize	{workspace, denied[], deniedAlways[], readDirs[], writeDirs[], memoryBytes,
 *			 fileBytes, processes, cpuSeconds, reduced, noSandbox, readsFirst, forbid, views,
 *			 bare} -> {} ; must come first; views: the folder in which commands' layers may lie
 *	read		{path, maxBytes, undo} -> {exists, text|base64, sha256, size, mode}
 *	write		{path, text|base64, expect, remove, mode, makeParents, folders, lazy, judged,
 *			 sweep, undo} -> {sha256}; undo: whatever its name
 *	writeMany	{files[as write]} -> {results[{index, code, why}]}: those that were not
 *			 written. A cancel is looked at between two of them
 *	sweep		{path} -> {}: temporary files of killed writes in its folder go
 *	put		{path, from{kind, text|base64}, to{kind, text|base64}, mode} -> {}: entry.h
 *	mode		{path, from, to} -> {}: permission bits
 *	glance		{} -> {top[], more, changed?, names[], skills[{name, description, why}],
 *			 moreSkills}: what is at the top, what git would call changed, and
 *			 the skills of the project (agent/base/skill.h)
 *	shown		{paths[]} -> {shown}: does a command see all of these?
 *	list		{path, glob, depth, limit, filesOnly} -> see runner.h
 *	search		{pattern, path, glob, literal, ignoreCase, context, limit,
 *			 texts[{path, text}]}
 *			-> see runner.h
 *	command		{tag, command | argv[], cwd, timeoutMs, idleMs, unsaved[{path, text}],
 *			 direct, proxy, apart, ownEnv, env[], stdin{text|base64},
 *			 file{name, text|base64}}
 *			-> {exit, signal, timedOut, idleTimedOut, text|base64, bytes, truncated,
 *			    seconds, limit, peakBytes, cpuMs, again, hidden[], changed?};
 *			    changed, where the command had a layer of its own: {view, packs, dropped,
 *			    tooMany, tooLarge, quiet, unseen[], changes[[index, path, kind, flags, before,
 *			    after, size, mode, oldMode, reason, open, files]], next}; flags: see
 *			    enum wire_change; view 0: nothing is left of it; next: not 0 if that
 *			    is not all, and then where the rest begins
 *	viewChanges	{view, from} -> {changes[], next}: another page
 *	viewImages	{view, indexes[], maxBytes} -> {images[{index, before, after, code, why}]}:
 *			 from the first, as many as fit in maxBytes, and at least one; code and why
 *			 in place of images that cannot be had
 *	viewPack	{view, indexes[]} -> {file, results[{index, was[], is[], folders} or {index,
 *			 code, why}]}: the same in a file below the folder of views; was, is:
 *			 kind, offset, length and, of a link, the hash of its target
 *	viewCommitMany	{view, indexes[]} -> {results[{index, code, why}]}: those that were not made,
 *			 in this order; the others are real and, when the answer comes, on the
 *			 disk, but for bundles. A cancel is looked at between two of them
 *	sync		{} -> {}: what was written with `lazy` is on the disk
 *	viewFinish	{view, quiet} -> {done, failed, why}; quiet: with all that is not in changes
 *	network		{} -> {}, and with it a descriptor: a TCP socket that listens on the
 *			 loopback of the commands' network
 *	layers		{} -> see runner.h
 * Notifications: "kill" {tag}, "viewDrop" {view} to the runner; "output" {tag, error, text|base64} from it. A request that is
 * cancelled ends what it started. */
#ifndef EMEND_WORKER_WIRE_H
#define EMEND_WORKER_WIRE_H

#include "protocol/json/json.h"
#include "protocol/json/write.h"

/* What stands under a name; a bundle: many files, see manifest.h. */
/* The numbers are written to logs (change/entry.c): they never change. */
enum entry_kind { ENTRY_NONE, ENTRY_FILE, ENTRY_LINK, ENTRY_FOLDER, ENTRY_BUNDLE };

/* Of a change by a command, added up. */
enum wire_change {
	CHANGE_PROTECTED = 1,
	CHANGE_NEVER = 2,
	CHANGE_GIT = 4,
	CHANGE_STALE = 8,
	CHANGE_FILE = 16, /* an ordinary file */
};

/* Where this program and its libraries lie inside a container. */
#define WIRE_INSIDE "/run/emend"

/* The program `emend runner`. Speaks on descriptor 3; returns the exit status of the process. */
int runner_main(void);
int runner_main_stdio(void); /* the same on stdin and stdout: in a container */

/* Writes the member "text", or "base64" where the bytes are not clean text. */
void wire_bytes(struct jw *w, struct slice bytes);
/* Reads either; false if there is neither, or the base64 is broken. */
NODISCARD bool wire_bytes_read(struct json object, struct arena *a, struct slice *out);

#endif
