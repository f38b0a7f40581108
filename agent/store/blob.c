/* blob.c - see event_log.h: reading content-addressed bytes back. */
#include "agent/store/blob_pack.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"

static bool is_hash(struct slice s)
{
	if (s.len != 64)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!s.ptr[i] || !strchr("0123456789abcdef", s.ptr[i]))
			return false;
	return true;
}

bool blob_reader_get(struct blob_reader *r, struct slice state_dir, struct slice session,
		     struct slice hash, struct arena *a, struct slice *data, struct err *err)
{
	struct slice folder, path;
	struct err why = { .code = ERR_NONE };
	struct sha256_hex found;

	if (!is_hash(hash))
		return err_set(err, ERR_INVALID, "\"%.*s\" is not a SHA-256 hash.",
			       SLICE_ARG(slice_sub(hash, 0, 80)));
	if (!session_path(a, state_dir, session, "blobs", &folder, err))
		return false;
	path = arena_printf(a, "%s/%.2s/%.*s", folder.ptr, hash.ptr, SLICE_ARG(hash));
	if (!blob_pack_again(r, hash, LIMIT_DOC_BYTES, a, data, &why) &&
	    !read_whole(path, LIMIT_DOC_BYTES, a, data, &why) &&
	    (why.code != ERR_NOT_FOUND ||
	     !blob_pack_get(r, folder, hash, LIMIT_DOC_BYTES, a, data, &why)))
		return err_set(err, why.code, "%s", why.msg);
	found = sha256(*data);
	if (slice_eq_cstr(hash, found.s))
		return true;
	return err_set(err, ERR_INVALID,
		       "%s is damaged: its content does not have the hash that is its name.",
		       path.ptr);
}

bool blob_get(struct slice state_dir, struct slice session, struct slice hash, struct arena *a,
	      struct slice *data, struct err *err)
{
	struct blob_reader r;
	bool ok;

	blob_reader_init(&r);
	ok = blob_reader_get(&r, state_dir, session, hash, a, data, err);
	blob_reader_release(&r);
	return ok;
}
