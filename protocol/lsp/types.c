/* types.c - see types.h */
#include "protocol/lsp/types.h"

/* LSP numbers are uinteger, up to 2^31 - 1; some clients send more to mean "all of it". */
static bool read_u32(struct json v, uint32_t *out)
{
	int64_t n;
	double huge;

	if (json_i64(v, &n) && n >= 0)
		*out = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	else if (json_f64(v, &huge) &&
		 huge > (double)INT64_MAX) /* Number.MAX_VALUE, "to the end" */
		*out = UINT32_MAX;
	else
		return false;
	return true;
}

bool position_read(struct json v, struct position *out)
{
	struct position p;

	if (!read_u32(json_get(v, "line"), &p.line) ||
	    !read_u32(json_get(v, "character"), &p.character))
		return false;
	*out = p;
	return true;
}

bool range_read(struct json v, struct range *out)
{
	struct range r;

	if (!position_read(json_get(v, "start"), &r.start) ||
	    !position_read(json_get(v, "end"), &r.end) || position_cmp(r.start, r.end) > 0)
		return false;
	*out = r;
	return true;
}

void position_write(struct jw *w, struct position p)
{
	jw_object(w);
	jw_ki64(w, "line", p.line);
	jw_ki64(w, "character", p.character);
	jw_end(w);
}

void range_write(struct jw *w, struct range r)
{
	jw_object(w);
	jw_key(w, "start");
	position_write(w, r.start);
	jw_key(w, "end");
	position_write(w, r.end);
	jw_end(w);
}

int position_cmp(struct position a, struct position b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return (a.character > b.character) - (a.character < b.character);
}
