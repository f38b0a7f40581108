/* run_open.c - see run_open.h
 *
 *   the editors are asked --> one open file after the other is read and compared --> done */
#include "agent/cli/run/run_open.h"

#include <string.h>

#include "agent/base/path.h"
#include "agent/edit/edit.h"

struct run_open_file {
	struct slice path; /* relative */
	struct slice text; /* of the editor; ptr NULL: not known */
	bool unsaved;	   /* it is not what the file holds, or nobody knows */
	bool open;	   /* at the last look */
};

static void next(struct run_open *o);

static struct run_open_file *find(const struct run_open *o, struct slice path)
{
	for (size_t i = 0; i < o->n; i++)
		if (slice_eq(o->files[i].path, path))
			return &o->files[i];
	return NULL;
}

/* A zeroed entry. The array may move; nothing points into it while the editors tell what they hold. */
static struct run_open_file *add(struct run_open *o)
{
	if (o->n == o->cap) {
		struct run_open_file *more;

		o->cap = o->cap ? 2 * o->cap : 64;
		more = arena_array(o->arena, o->cap, sizeof(*more));
		if (o->n > 0)
			memcpy(more, o->files, o->n * sizeof(*more));
		o->files = more;
	}
	o->files[o->n] = (struct run_open_file){ .open = false };
	return &o->files[o->n++];
}

/* What was unsaved at an earlier look stays so: the command has seen that text, and what it made
 * of it must not overwrite the file when the editor has saved something else meanwhile. */
static void take_buffer(void *payload, struct slice path, struct snapshot *text)
{
	struct run_open *o = payload;
	struct run_open_file *f;
	struct slice rel;

	if (!path_relative(o->arena, o->root, path, &rel, NULL))
		return;
	f = find(o, rel);
	if (!f) {
		f = add(o);
		f->path = rel;
	}
	f->open = true;
	f->text = text ? arena_dup(o->arena, snapshot_text(text)) : (struct slice){ NULL, 0 };
	f->unsaved = f->unsaved || !text;
}

/* Line ends do not count: some editors report CRLF files with LF. */
static void was_read(void *payload, const struct file_content *file, const struct err *err)
{
	struct run_open *o = payload;
	struct run_open_file *f = &o->files[o->at++];

	o->call = NULL;
	if (err || !file->exists ||
	    !slice_eq(text_with_eol(o->arena, file->data, EOL_LF),
		      text_with_eol(o->arena, f->text, EOL_LF)))
		f->unsaved = true;
	next(o);
}

/* One file after the other: there are few, and the runner is not busy. */
static void next(struct run_open *o)
{
	while (o->at < o->n && (o->files[o->at].unsaved || !o->files[o->at].open))
		o->at++;
	if (o->at < o->n)
		o->call = runner_read(o->runner, o->files[o->at].path, 0, was_read, o);
	else
		o->done(o->payload);
}

static void are_known(void *payload)
{
	struct run_open *o = payload;

	o->ask = NULL;
	for (size_t i = 0; i < o->n; i++)
		o->files[i].open = false;
	o->host->ops->each_buffer(o->host->self, o->root, take_buffer, o);
	o->at = 0;
	next(o);
}

void run_open_look(struct run_open *o, void (*done)(void *payload), void *payload)
{
	o->done = done;
	o->payload = payload;
	o->ask = o->host->ops->fresh(o->host->self, o->root, true, are_known, o);
}

void run_open_drop(struct run_open *o)
{
	if (o->ask)
		o->host->ops->drop(o->host->self, o->ask);
	if (o->call)
		runner_drop(o->call);
	o->ask = NULL;
	o->call = NULL;
}

static bool is_or_holds(struct slice path, struct slice file)
{
	return slice_starts(file, path) && (file.len == path.len || file.ptr[path.len] == '/');
}

size_t run_open_texts(const struct run_open *o, const struct unsaved_text **out)
{
	struct unsaved_text *texts = arena_array(o->arena, o->n + 1, sizeof(*texts));
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		if (o->files[i].unsaved && o->files[i].text.ptr)
			texts[n++] = (struct unsaved_text){ o->files[i].path, o->files[i].text };
	*out = texts;
	return n;
}

struct slice run_open_why(const struct run_open *o, struct slice path)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->files[i].unsaved && is_or_holds(path, o->files[i].path))
			return SLICE(
				"an editor has it open with text that is not saved; save or close it "
				"there, and run the command again");
	return SLICE("");
}
