/* serve_encode.c - the request of a command, as one file in memory that its init reads: struct
 * spawn_request, its strings, and the bytes of its stdin and its own file. What cannot be a string of
 * the kernel's (a NUL in it), or is too long, is refused here, so that the init finds only what is well
 * formed; it checks the lengths again all the same. */
#include <stdlib.h>

#include "agent/worker/serve.h"
#include "agent/worker/wire.h"

/* What is over these is refused, never cut: a command must not run with other arguments than it was given. */
enum { ARGV_MAX = 4000, PROXY_MAX = 256, VARIABLES_MAX = 128 };

static bool has_nul(struct slice s)
{
	return slice_find_byte(s, 0, 0) != SIZE_MAX;
}

/* A string of the request, with its NUL. */
static void put(struct buf *out, struct slice s)
{
	buf_append(out, s);
	buf_putc(out, 0);
}

/* In a layer of its own a command may change what is protected: that is decided when it is done.
 * In folders that it reaches directly it may not. Without a layer all of the workspace is read-only but for the
 * folders of build tools. */
static void put_places(const struct serve *s, bool in_view, struct buf *out, uint32_t *n)
{
	const char *at = s->places.list.data, *end = at ? at + s->places.list.len : at;

	for (; at < end; at += strlen(at) + 1) {
		bool hide = *at == PLACE_HIDE || *at == PLACE_MASK || *at == PLACE_CLEAN;
		bool bound = places_bound(&s->places, at + 1);
		bool tools = !in_view && places_tools(&s->places, at + 1);
		bool in_layer = in_view && !bound;
		bool outside = at[1] == '/'; /* there are no layers */

		if (!outside && !hide && !bound && !tools)
			continue;
		/* It can be missing only where there is a layer. */
		buf_putc(out, *at == PLACE_HIDE && !in_layer ? PLACE_MASK
			      : *at == PLACE_TOOLS	     ? PLACE_BIND
							     : *at);
		put(out, slice_of(at + 1));
		++*n;
	}
}

static bool put_argv(struct rpc_request *req, struct buf *out, uint32_t *n, struct err *err)
{
	struct slice text;

	if (json_str(json_get(req->params, "command"), &req->arena, &text)) {
		if (text.len > LIMIT_COMMAND_BYTES || has_nul(text))
			return err_set(err, ERR_INVALID,
				       "The command is too long, or holds a NUL.");
		put(out, SLICE("/bin/sh"));
		put(out, SLICE("-c"));
		put(out, text);
		*n = 3;
	}
	for (struct json_iter it = json_iter(json_get(req->params, "argv")); json_next(&it);) {
		if (!json_str(it.value, &req->arena, &text) || has_nul(text) || *n == ARGV_MAX)
			return err_set(err, ERR_INVALID,
				       "An argument of the command is not valid.");
		put(out, text);
		++*n;
	}
	return *n > 0 || err_set(err, ERR_INVALID, "The command is empty.");
}

/* "NAME=value"; the name is not empty. */
static bool put_env(struct rpc_request *req, struct buf *out, uint32_t *n, struct err *err)
{
	size_t bytes = 0;
	struct slice var;

	for (struct json_iter it = json_iter(json_get(req->params, "env")); json_next(&it);) {
		size_t name;

		if (!json_str(it.value, &req->arena, &var) || has_nul(var) ||
		    (name = slice_find_byte(var, '=', 0)) == SIZE_MAX || name == 0)
			return err_set(err, ERR_INVALID,
				       "A variable of the environment is not valid.");
		bytes += var.len + 1;
		if (bytes > LIMIT_ENV_BYTES || *n == VARIABLES_MAX)
			return err_set(err, ERR_TOO_LARGE,
				       "The environment has more than %d variables, or %d bytes.",
				       VARIABLES_MAX, LIMIT_ENV_BYTES);
		put(out, var);
		++*n;
	}
	return true;
}

/* A name without a folder, so that it lies nowhere else. */
static bool read_file(struct rpc_request *req, struct slice *name, struct slice *bytes,
		      struct err *err)
{
	struct json file = json_get(req->params, "file");

	*name = json_str_or(json_get(file, "name"), &req->arena, "");
	*bytes = SLICE("");
	if (name->len == 0)
		return true;
	if (name->len > 200 || has_nul(*name) || slice_find_byte(*name, '/', 0) != SIZE_MAX ||
	    name->ptr[0] == '.' || !wire_bytes_read(file, &req->arena, bytes))
		return err_set(err, ERR_INVALID, "The file of the command is not valid.");
	return true;
}

static bool put_head(struct serve *s, struct rpc_request *req, struct slice file_name,
		     struct buf *out, struct err *err)
{
	struct slice proxy = json_str_or(json_get(req->params, "proxy"), &req->arena, "");
	char cwd[LIMIT_PATH_BYTES];

	if (!root_clean(&s->root, json_str_or(json_get(req->params, "cwd"), &req->arena, ""), cwd,
			err))
		return false;
	put(out, slice_of(cwd));
	if (proxy.len >= PROXY_MAX || has_nul(proxy) ||
	    (proxy.len > 0 && s->layers.mode != SANDBOX_VIEW))
		return err_set(err, ERR_INVALID, "The proxy of the command is not valid.");
	put(out, proxy);
	put(out, file_name);
	return true;
}

/* The head is written twice: its place is taken first, and the lengths are known at the end. */
bool serve_encode(struct serve *s, struct rpc_request *req, uint64_t view, struct buf *out,
		  struct err *err)
{
	struct spawn_request head = {
		.view = view, .own_env = json_bool_or(json_get(req->params, "ownEnv"), false)
	};
	struct slice name, file, in = SLICE("");
	struct json given = json_get(req->params, "stdin");

	if (json_type(given) == JSON_OBJECT && !wire_bytes_read(given, &req->arena, &in))
		return err_set(err, ERR_INVALID, "The input of the command is not valid.");
	if (!read_file(req, &name, &file, err))
		return false;
	if (in.len > LIMIT_STDIN_BYTES || file.len > LIMIT_STDIN_BYTES)
		return err_set(err, ERR_TOO_LARGE,
			       "The input or the file of a command is larger than %d bytes.",
			       LIMIT_STDIN_BYTES);
	buf_append(out, slice_make((const char *)&head, sizeof(head)));
	if (!put_head(s, req, name, out, err) || !put_argv(req, out, &head.n_argv, err))
		return false;
	if (s->layers.mode == SANDBOX_VIEW && !s->config.bare)
		put_places(s, view != 0, out, &head.n_places);
	if (!put_env(req, out, &head.n_env, err))
		return false;
	head.bytes = (uint32_t)(out->len - sizeof(head));
	head.stdin_bytes = (uint32_t)in.len;
	head.file_bytes = (uint32_t)file.len;
	buf_append(out, in);
	buf_append(out, file);
	if (out->full)
		return err_set(err, ERR_TOO_LARGE, "The command is longer than %d bytes.",
			       LIMIT_COMMAND_BYTES);
	memcpy(out->data, &head, sizeof(head));
	return true;
}
