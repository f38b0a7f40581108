"""What the Messages API demands of a request, as far as a client can get it wrong.

check(request) raises Refused(status, type, message) for the first violation, in the words of the
real service where they are known. Signing and verifying of thinking blocks lives here too.
"""

import base64
import hashlib
import hmac
import json
import re

import images

SECRET = b"fake provider"
PLANTED = (b"test-key", b"planted-0d6b1f4e")  # as in tests/cli/support.py
VERSIONS = {"2023-06-01", "2026-10-21"}
FIELDS = {
    "model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking",
    "output_config", "stream", "metadata", "stop_sequences", "cache_control", "diagnostics",
}
SAMPLING = {"temperature", "top_p", "top_k"}
BLOCK_FIELDS = {
    "text": {"type", "text", "cache_control", "citations"},
    "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"},
    "tool_use": {"type", "id", "name", "input", "cache_control", "caller"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
    "server_tool_use": {"type", "id", "name", "input", "cache_control"},
    "image": {"type", "source", "cache_control"},
    "future_block": None,
}
ROLE_BLOCKS = {
    "user": {"text", "image", "tool_result"},
    "assistant": {"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "future_block"},
}
TOOL_FIELDS = {"name", "description", "input_schema", "cache_control", "strict",
               "eager_input_streaming", "type", "input_examples"}
MAX_BODY = 32 * 1024 * 1024
MAX_MARKS = 4


class Refused(Exception):
    def __init__(self, message, status=400, kind="invalid_request_error"):
        super().__init__(message)
        self.message, self.status, self.kind = message, status, kind


def need(condition, message, status=400, kind="invalid_request_error"):
    if not condition:
        raise Refused(message, status, kind)


def sign(model, text):
    mac = hmac.new(SECRET, f"{model}\0{text}".encode(), hashlib.sha256).digest()
    return "Sig/" + base64.b64encode(mac).decode() + "=="


def redact(model, text):
    mac = hmac.new(SECRET, f"{model}\0redacted\0{text}".encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(f"{text}|{mac}".encode()).decode()


def redacted_is_ours(model, data):
    try:
        text = base64.b64decode(data).decode().rpartition("|")[0]
    except ValueError:
        return False
    return redact(model, text) == data


def parse(raw):
    """Strict JSON: UTF-8, no duplicate keys, no NaN, no lone surrogates, no NUL."""
    def pairs(items):
        keys = [k for k, _ in items]
        need(len(keys) == len(set(keys)), "The request body has duplicate keys")
        return dict(items)

    def constant(name):
        raise Refused(f"The request body is not valid JSON: {name}")

    need(len(raw) <= MAX_BODY, "Request exceeds the maximum size", 413, "request_too_large")
    need(not any(secret in raw for secret in PLANTED), "a secret of the test stands in the request")
    try:
        body = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
    except (UnicodeDecodeError, json.JSONDecodeError) as e:
        raise Refused(f"The request body is not valid JSON: {e}") from e
    need(isinstance(body, dict), "The request body must be an object")
    check_strings(body)
    return body


def check_strings(value):
    stack = [value]
    while stack:
        v = stack.pop()
        if isinstance(v, str):
            need("\0" not in v, "strings may not hold U+0000")
            need(not re.search("[\ud800-\udfff]", v), "strings may not hold lone surrogates")
        elif isinstance(v, dict):
            stack += list(v.keys()) + list(v.values())
        elif isinstance(v, list):
            stack += v


def check_headers(headers, key):
    content = headers.get("content-type", "")
    need(content.split(";")[0].strip() == "application/json", f"content-type: {content!r} is not application/json")
    need("anthropic-version" in headers, "anthropic-version: header is required")
    need(headers["anthropic-version"] in VERSIONS, "anthropic-version: not a valid version")
    need("expect" not in headers, "expect: a client must not wait for 100-continue")
    bearer = headers.get("authorization", "")
    need(not ("x-api-key" in headers and bearer), "send x-api-key or authorization, not both")
    sent = headers.get("x-api-key") or bearer.removeprefix("Bearer ")
    need(sent, "x-api-key header is required", 401, "authentication_error")
    need(sent == key, "invalid x-api-key", 401, "authentication_error")


def check_mark(block, where, marks):
    mark = block.get("cache_control")
    if mark is None:
        return
    need(mark in ({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "5m"}, {"type": "ephemeral", "ttl": "1h"}),
         f"{where}.cache_control: Input should be an ephemeral mark")
    marks.append(where)
    need(len(marks) <= MAX_MARKS,
         f"A maximum of {MAX_MARKS} blocks with cache_control may be provided. Found {len(marks)}.")


def check_tools(tools, marks):
    need(isinstance(tools, list), "tools: Input should be a valid list")
    names = set()
    for i, tool in enumerate(tools):
        where = f"tools.{i}"
        need(isinstance(tool, dict), f"{where}: Input should be an object")
        for field in tool:
            need(field in TOOL_FIELDS, f"{where}.{field}: Extra inputs are not permitted")
        need(re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool.get("name", "")),
             f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        need(tool["name"] not in names, "tools: Tool names must be unique.")
        names.add(tool["name"])
        need(isinstance(tool.get("description", ""), str), f"{where}.description: Input should be a string")
        schema = tool.get("input_schema")
        need(isinstance(schema, dict), f"{where}.input_schema: Field required")
        need(schema.get("type") == "object", f"{where}.input_schema.type: Input should be 'object'")
        for combinator in ("anyOf", "oneOf", "allOf"):
            need(combinator not in schema, f"{where}.input_schema: {combinator} is not supported at the top level")
        check_mark(tool, where, marks)


def check_system(system, marks):
    if isinstance(system, str):
        need(system, "system: text must be non-empty")
        return
    need(isinstance(system, list), "system: Input should be a string or a list")
    for i, block in enumerate(system):
        need(isinstance(block, dict) and block.get("type") == "text", f"system.{i}: only text blocks are allowed")
        need(block.get("text", "").strip(), f"system.{i}: text content blocks must be non-empty")
        check_mark(block, f"system.{i}", marks)


def check_image(block, where):
    source = block.get("source", {})
    need(set(source) == {"type", "media_type", "data"} and source["type"] == "base64", f"{where}.image.source: not base64")
    images.check(need, source["media_type"], source["data"], where)


def check_result(block, where):
    content = block.get("content", "")
    if isinstance(content, list):
        need(content, f"{where}.content: must not be empty")
        for part in content:
            if part.get("type") == "image" and not block.get("is_error"):
                check_image(part, f"{where}.content")
                continue
            need(part.get("type") == "text" and part.get("text"), f"{where}.content: only non-empty text is allowed")
    else:
        need(isinstance(content, str), f"{where}.content: Input should be a string or a list")
        need(content.strip(), f"{where}.content: an empty tool result confuses models; send (no output)")
    need(isinstance(block.get("is_error", False), bool), f"{where}.is_error: Input should be a boolean")


def check_block(block, role, where, model, marks):
    need(isinstance(block, dict), f"{where}: Input should be an object")
    kind = block.get("type")
    need(kind in ROLE_BLOCKS[role], f"{where}: Input tag '{kind}' is not allowed for role {role}")
    for field in block:
        need(BLOCK_FIELDS[kind] is None or field in BLOCK_FIELDS[kind],
             f"{where}.{kind}.{field}: Extra inputs are not permitted")
    check_mark(block, where, marks)
    if kind == "text":
        need(isinstance(block.get("text"), str) and block["text"], f"{where}: text content blocks must be non-empty")
        need(block["text"].strip(), f"{where}: text content blocks must contain non-whitespace text")
    elif kind == "thinking":
        need(block.get("signature") == sign(model, block.get("thinking", "")),
             f"{where}: Invalid `signature` in `thinking` block")
    elif kind == "redacted_thinking":
        need(redacted_is_ours(model, block.get("data", "")), f"{where}: Invalid `data` in `redacted_thinking` block")
    elif kind == "tool_use":
        need(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", block.get("id", "")),
             f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        need(re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", block.get("name", "")), f"{where}.tool_use.name: wrong pattern")
        need(isinstance(block.get("input"), dict), f"{where}.tool_use.input: Input should be a valid dictionary")
    elif kind == "tool_result":
        check_result(block, where)
    elif kind == "image":
        check_image(block, where)


def blocks_of(message):
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def check_pairs(messages):
    seen = set()
    for i, message in enumerate(messages):
        blocks = blocks_of(message)
        calls = [b["id"] for b in blocks if b["type"] == "tool_use"]
        for call in calls:
            need(call not in seen, f"messages.{i}: `tool_use` ids must be unique")
            seen.add(call)
        results = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        before = blocks_of(messages[i - 1]) if i else []
        asked = [b["id"] for b in before if b["type"] == "tool_use"]
        for result in results:
            need(result in asked, f"messages.{i}: unexpected `tool_use_id` found in `tool_result` blocks: {result}. "
                 "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.")
        need(len(results) == len(set(results)), f"messages.{i}: each tool_use must have a single result")
        missing = [c for c in asked if c not in results]
        need(not missing, f"messages.{i - 1}: `tool_use` ids were found without `tool_result` blocks immediately "
             f"after: {', '.join(missing)}")
        kinds = [b["type"] for b in blocks]
        need(kinds == sorted(kinds, key=lambda k: k != "tool_result") or message["role"] != "user",
             f"messages.{i}: `tool_result` blocks must come first")
        if i + 1 == len(messages):
            need(not calls, f"messages.{i}: `tool_use` ids were found without `tool_result` blocks immediately after")


def check_messages(messages, model, marks, paused):
    need(isinstance(messages, list) and messages, "messages: at least one message is required")
    for i, message in enumerate(messages):
        where = f"messages.{i}"
        need(isinstance(message, dict), f"{where}: Input should be an object")
        need(set(message) == {"role", "content"}, f"{where}: only role and content are allowed")
        need(message["role"] in ROLE_BLOCKS, f"{where}: role '{message['role']}' is not supported")
        content = message["content"]
        need(isinstance(content, (str, list)) and content, f"{where}: all messages must have non-empty content")
        for k, block in enumerate(blocks_of(message)):
            check_block(block, message["role"], f"{where}.content.{k}", model, marks)
        need(i == 0 or messages[i - 1]["role"] != message["role"], f"{where}: roles must alternate")
    need(messages[0]["role"] == "user", "messages: first message must use the \"user\" role")
    check_pairs(messages)
    need(messages[-1]["role"] == "user" or paused,
         "This model does not support assistant message prefill. The conversation must end with a user message.")


def check_thinking(body):
    model, thinking = body["model"], body.get("thinking")
    effort = body.get("output_config", {}).get("effort")
    need(effort in (None, "low", "medium", "high", "xhigh", "max"), "output_config.effort: unknown level")
    old = re.match(r"claude-(opus|sonnet|haiku)-4-5", model)
    need(not (effort and old and "opus" not in model), "output_config.effort: not supported by this model")
    if thinking is None:
        return
    kind = thinking.get("type")
    need(set(thinking) <= {"type", "display", "budget_tokens"}, "thinking: Extra inputs are not permitted")
    need(thinking.get("display") in (None, "summarized", "omitted"), "thinking.display: unknown value")
    need(not (kind == "adaptive" and old), "thinking: adaptive thinking is not supported by this model")
    need(not (kind == "enabled" and not old), "thinking: `enabled` is not supported by this model")
    need(kind in ("adaptive", "enabled", "disabled"), "thinking.type: unknown value")


def check(body, paused=False):
    """All but the headers. paused: the last reply had the stop reason pause_turn."""
    for field in body:
        need(field not in SAMPLING, f"{field}: Extra inputs are not permitted")
        need(field in FIELDS, f"{field}: Extra inputs are not permitted")
    for field in ("model", "max_tokens", "messages"):
        need(field in body, f"{field}: Field required")
    need(isinstance(body["model"], str), "model: Input should be a string")
    need(body["model"].startswith("claude-"), f"model: {body['model']}", 404, "not_found_error")
    most = body["max_tokens"]
    need(isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= 128000,
         "max_tokens: Input should be between 1 and 128000")
    need(isinstance(body.get("stream", False), bool), "stream: Input should be a boolean")
    choice = body.get("tool_choice", {"type": "auto"}).get("type")
    need(choice in ("auto", "none"), f"tool_choice: '{choice}' is not supported by this model")
    check_thinking(body)
    marks = []
    check_tools(body.get("tools", []), marks)
    if "system" in body:
        check_system(body["system"], marks)
    check_messages(body["messages"], body["model"], marks, paused)
    return marks
