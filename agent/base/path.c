/* path.c - see path.h */
#include "agent/base/path.h"

#include "protocol/base/limits.h"

bool path_below(struct slice root, struct slice path)
{
	while (root.len > 1 && root.ptr[root.len - 1] == '/')
		root.len--;
	if (slice_eq(root, SLICE("/")))
		return path.len > 0 && path.ptr[0] == '/';
	return slice_starts(path, root) && (path.len == root.len || path.ptr[root.len] == '/');
}

/* Appends one component to the normal form in `out`; false if ".." leads above the start. */
static bool push(char *out, size_t *len, struct slice part)
{
	if (part.len == 0 || slice_eq(part, SLICE(".")))
		return true;
	if (slice_eq(part, SLICE(".."))) {
		if (*len == 0)
			return false;
		while (*len > 0 && out[*len - 1] != '/')
			--*len;
		if (*len > 0)
			--*len;
		return true;
	}
	if (*len > 0)
		out[(*len)++] = '/';
	memcpy(out + *len, part.ptr, part.len);
	*len += part.len;
	return true;
}

bool path_relative(struct arena *a, struct slice root, struct slice path, struct slice *out,
		   struct err *err)
{
	struct slice rest = path;
	size_t len = 0;
	char *buf;

	if (path.len == 0)
		return err_set(err, ERR_INVALID, "the path is empty");
	if (path.len >= LIMIT_PATH_BYTES || memchr(path.ptr, '\0', path.len))
		return err_set(err, ERR_INVALID, "not a usable path (too long, or with a NUL)");
	if (path.ptr[0] == '/') {
		if (!path_below(root, path))
			return err_set(err, ERR_DENIED, "%.*s is outside the workspace %.*s",
				       SLICE_ARG(path), SLICE_ARG(root));
		rest = slice_sub(path, root.len, path.len);
	}
	buf = arena_alloc(a, path.len + 1);
	while (rest.len > 0) {
		size_t slash = slice_find_byte(rest, '/', 0);
		size_t end = slash == SIZE_MAX ? rest.len : slash;

		if (!push(buf, &len, slice_sub(rest, 0, end)))
			return err_set(err, ERR_DENIED, "%.*s leads outside the workspace",
				       SLICE_ARG(path));
		rest = slice_sub(rest, end + 1, rest.len);
	}
	buf[len] = '\0';
	*out = slice_make(buf, len);
	return true;
}

struct slice path_join(struct arena *a, struct slice dir, struct slice rel)
{
	if (rel.len == 0)
		return arena_dup(a, dir);
	if (slice_ends(dir, SLICE("/")) || dir.len == 0)
		return arena_printf(a, "%.*s%.*s", SLICE_ARG(dir), SLICE_ARG(rel));
	return arena_printf(a, "%.*s/%.*s", SLICE_ARG(dir), SLICE_ARG(rel));
}

struct slice path_dir(struct slice path)
{
	while (path.len > 0 && path.ptr[path.len - 1] != '/')
		path.len--;
	if (path.len > 0)
		path.len--;
	return path;
}

struct slice path_base(struct slice path)
{
	struct slice dir = path_dir(path);

	return slice_sub(path,
			 dir.len			  ? dir.len + 1
			 : slice_starts(path, SLICE("/")) ? 1
							  : 0,
			 path.len);
}
