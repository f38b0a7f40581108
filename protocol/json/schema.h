/* schema.h - JSON Schema, the part that says what an answer looks like: does a value hold to it?
 *
 * Known: type (one or several), properties, required, additionalProperties (true, false or a schema), items, enum,
 * const, minItems, maxItems, minLength, maxLength (code points), minimum, maximum; title, description, default,
 * examples, $schema, $id and $comment say nothing. Any other keyword makes the schema unusable: what is not checked must
 * not look as if it were. Recursion is bounded by the depth of JSON (LIMIT_JSON_DEPTH). */
#ifndef EMEND_JSON_SCHEMA_H
#define EMEND_JSON_SCHEMA_H

#include "protocol/json/json.h"

/* Can it be used? ERR_USAGE names the place in it, as "properties.name", and what is wrong. */
NODISCARD bool schema_check(struct json schema, struct err *err);
/* schema must have been checked. ERR_INVALID names the place in the value, as "files[2].path", and what is wrong; the
 * first that is found. */
NODISCARD bool schema_holds(struct json schema, struct json value, struct err *err);

#endif
