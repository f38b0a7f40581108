#!/usr/bin/env python3
"""The fake provider itself: each rule refuses what it should, and the prompt prefix is watched."""

import copy
import os
import sys

from harness import FAKE, Failed, check, collect, main

sys.path.insert(0, FAKE)
import provider  # noqa: E402
import rules  # noqa: E402

MODEL = "claude-opus-5-5"
MARK = {"type": "ephemeral"}


def good():
    return {
        "model": MODEL, "max_tokens": 100, "stream": True, "thinking": {"type": "adaptive", "display": "summarized"},
        "tools": [{"name": "read_file", "description": "d", "input_schema": {"type": "object"}}],
        "system": [{"type": "text", "text": "S", "cache_control": MARK}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": rules.sign(MODEL, "hm")},
                {"type": "redacted_thinking", "data": rules.redact(MODEL, "x")},
                {"type": "tool_use", "id": "a", "name": "read_file", "input": {}},
                {"type": "tool_use", "id": "b", "name": "read_file", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "x"},
                {"type": "tool_result", "tool_use_id": "b", "content": "y", "is_error": True},
                {"type": "text", "text": "and"}]},
        ]}


def change(path, value):
    def mutate(body):
        at = body
        for step in path[:-1]:
            at = at[step]
        if value is None:
            del at[path[-1]]
        else:
            at[path[-1]] = value
    return mutate


def append_user(body):
    body["messages"].append({"role": "user", "content": "again"})


def fifth_mark(body):
    body["tools"][0]["cache_control"] = MARK
    for block in body["messages"][2]["content"]:
        block["cache_control"] = MARK


def result_last(body):
    body["messages"][2]["content"].append(body["messages"][2]["content"].pop(0))


REFUSED = [
    ("an unknown field", change(["extra"], 1), "extra: Extra inputs"),
    ("temperature", change(["temperature"], 1), "temperature: Extra inputs"),
    ("no max_tokens", change(["max_tokens"], None), "max_tokens: Field required"),
    ("max_tokens 0", change(["max_tokens"], 0), "max_tokens"),
    ("no messages", change(["messages"], []), "at least one message"),
    ("first message not of the user", change(["messages", 0, "role"], "assistant"), "not allowed for role|alternate|first"),
    ("a system role", change(["messages", 0, "role"], "system"), "role 'system' is not supported"),
    ("empty text", change(["messages", 0, "content", 0, "text"], ""), "non-empty"),
    ("blank text", change(["messages", 0, "content", 0, "text"], " \n"), "non-whitespace"),
    ("empty content", change(["messages", 0, "content"], []), "non-empty content"),
    ("an unknown block field", change(["messages", 0, "content", 0, "x"], 1), "text.x: Extra inputs"),
    ("a result in an assistant turn", change(["messages", 1, "content", 2, "type"], "tool_result"), "not allowed|Extra"),
    ("a missing result", change(["messages", 2, "content", 0], None), "without `tool_result` blocks"),
    ("a foreign result", change(["messages", 2, "content", 0, "tool_use_id"], "zz"), "unexpected `tool_use_id`"),
    ("two results for one call", change(["messages", 2, "content", 1, "tool_use_id"], "a"), "single result"),
    ("results after text", result_last, "must come first"),
    ("an empty result", change(["messages", 2, "content", 0, "content"], ""), "no output"),
    ("a bad id", change(["messages", 1, "content", 2, "id"], "a:b"), "should match pattern"),
    ("a double id", change(["messages", 1, "content", 3, "id"], "a"), "must be unique"),
    ("input that is text", change(["messages", 1, "content", 2, "input"], "{}"), "valid dictionary"),
    ("a changed thought", change(["messages", 1, "content", 0, "thinking"], "hm!"), "Invalid `signature`"),
    ("a changed signature", change(["messages", 1, "content", 0, "signature"], "x"), "Invalid `signature`"),
    ("changed redacted thinking", change(["messages", 1, "content", 1, "data"], "eA=="), "Invalid `data`"),
    ("thinking of another model", change(["model"], "claude-opus-5"), "Invalid `signature`"),
    ("two user messages in a row", append_user, "roles must alternate"),
    ("five cache marks", fifth_mark, "maximum of 4"),
    ("an unknown cache mark", change(["system", 0, "cache_control"], {"type": "x"}), "cache_control"),
    ("a tool name with a space", change(["tools", 0, "name"], "read file"), "should match pattern"),
    ("a tool schema that is no object", change(["tools", 0, "input_schema"], {"type": "string"}), "'object'"),
    ("a root combinator", change(["tools", 0, "input_schema"], {"type": "object", "anyOf": []}), "anyOf"),
    ("a forced tool", change(["tool_choice"], {"type": "any"}), "tool_choice"),
    ("thinking enabled", change(["thinking"], {"type": "enabled", "budget_tokens": 1024}), "enabled"),
    ("an unknown effort", change(["output_config"], {"effort": "huge"}), "effort"),
    ("an unknown model", change(["model"], "gpt"), "model: gpt"),
    ("a prefill", change(["messages", 2], None), "without `tool_result`|prefill"),
]


def refused(mutate, words):
    def test():
        body = good()
        rules.check(body)
        mutate(body)
        try:
            rules.check(body)
        except rules.Refused as e:
            check(any(w in e.message for w in words.split("|")), repr(e.message))
            return
        raise Failed("accepted")
    return test


def test_headers():
    """headers: version, content type, one key, no Expect"""
    head = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "k"}
    rules.check_headers(head, "k")
    rules.check_headers({**{k: v for k, v in head.items() if k != "x-api-key"}, "authorization": "Bearer k"}, "k")
    for bad, status in (({"anthropic-version": "1999"}, 400), ({"content-type": "text/plain"}, 400),
                        ({"x-api-key": "z"}, 401), ({"x-api-key": ""}, 401), ({"authorization": "Bearer k"}, 400),
                        ({"expect": "100-continue"}, 400)):
        try:
            rules.check_headers({**head, **bad}, "k")
        except rules.Refused as e:
            check(e.status == status, bad, e.status)
            continue
        raise Failed(f"accepted {bad}")


def test_json():
    """bodies: duplicate keys, bad UTF-8, NaN, NUL and lone surrogates are refused"""
    rules.parse(b'{"a":"\\ud83d\\ude00"}')
    for raw in (b'{"a":1,"a":2}', b'{"a":"\xff"}', b'{"a":NaN}', b'{"a":"\\u0000"}', b'{"a":"\\ud83d"}', b"[]", b"{", b""):
        try:
            rules.parse(raw)
        except rules.Refused:
            continue
        raise Failed(f"accepted {raw}")


def test_prefix():
    """the prefix: growth is fine, marks do not count, any change is reported"""
    watch = provider.Prefixes()
    body = good()
    first = copy.deepcopy(body)
    first["messages"] = first["messages"][:1]
    check(watch.take(first) == "new" and watch.take(body) == "ok", "growth")
    marked = copy.deepcopy(body)
    marked["messages"][2]["content"][2]["cache_control"] = MARK
    check(watch.take(marked) == "ok", "marks")
    for mutate in (change(["system", 0, "text"], "T"), change(["tools", 0, "description"], "e"),
                   change(["messages", 1, "content", 2, "input"], {"x": 1})):
        changed = copy.deepcopy(body)
        mutate(changed)
        check(watch.take(changed).startswith("broken"), watch.take(changed))
    order = copy.deepcopy(body)
    tool = order["tools"][0]
    order["tools"][0] = dict(reversed(tool.items()))
    check(watch.take(order).startswith("broken"), "order of keys")


if __name__ == "__main__":
    check(os.path.isdir(FAKE))
    main([(f"refused: {n}", refused(m, w)) for n, m, w in REFUSED] + collect(globals()))
