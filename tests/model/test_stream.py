#!/usr/bin/env python3
"""Whole conversations with a provider that behaves, however oddly it frames its bytes."""

import json

from harness import MODEL, Provider, ask, call, check, collect, done, main, message, one, result, text, user

WORDS = "Grüße 😀 an alle\n\tim \"Haus\" \\ \u2028 end"
TURN = {"thinking": "Look first.", "text": WORDS, "calls": [{"name": "read_file", "input": {"path": "ä/m.c"}}],
        "usage": {"input": 21, "cache_write": 310, "cache_read": 8120, "output": 96, "reasoning": 31}}


def expect_turn(events):
    d = done(events)
    check(text(events) == WORDS, "text", text(events))
    check("".join(e["text"] for e in events if e["type"] == "thinking") == "Look first.", "thinking")
    check([b["kind"] for b in d["blocks"]] == ["thinking", "text", "call"], d)
    check(json.loads(d["blocks"][2]["text"]) == {"path": "ä/m.c"} and d["blocks"][2]["name"] == "read_file", d)
    check(d["stop"] == "tool" and d["model"] == MODEL and d["request_id"] and d["response_id"], d)
    u = d["usage"]
    check([u[k] for k in ("input", "cache_write", "cache_read", "output", "reasoning")] == [21, 310, 8120, 96, 31], u)
    check(abs(u["usd"] - (21 * 4 + 310 * 5 + 8120 * 0.2 + 96 * 20) / 1e6) < 1e-9 and not u["unpriced"], u)


def test_plain():
    """text, thinking, a call and usage arrive"""
    expect_turn(one([TURN])[0][0])


def framing(fault):
    def test():
        expect_turn(one([dict(TURN, fault=fault)])[0][0])
    test.__doc__ = f"the same reply with framing: {fault}"
    return test


test_bytes = framing("bytes")
test_noise = framing("noise")
test_ascii = framing("ascii")
test_dribble = framing({"kind": "dribble", "ms": 1})
test_json = framing("json")


def test_linger():
    """a reply is complete at message_stop though the server keeps the connection open"""
    with Provider([dict(TURN, fault="linger")]) as p:
        expect_turn(call(p.url, ask(user("hi")))[0])
        p.wait_log(lambda log: log[-1]["event"] == "end" and log[-1]["by"] == "client")


def test_replay():
    """thinking, redacted thinking, citations and unknown blocks go back as they came; the prefix is stable"""
    turns = [
        dict(TURN, redacted="secret plan", citations=[{"type": "char_location", "cited_text": "x", "n": [1, 2]}]),
        {"thinking": "Then \u2028 edit.", "calls": [{"name": "read_file"}, {"name": "read_file", "input": {"path": "b"}}],
         "blocks": [{"type": "future_block", "data": {"deep": [1, {"a": None}]}}]},
        {"text": "done", "blocks": [{"type": "server_tool_use", "id": "s1", "name": "web", "input": {"q": "ü"}}],
         "stop": "end_turn"},
        {"text": "bye"},
    ]
    events, requests = one(
        turns, ask(user("hi")), ask(result("toolu_1_0", "int main;")),
        ask({"role": "user", "blocks": [{"kind": "result", "id": "toolu_2_1", "text": "B"},
                                        {"kind": "text", "text": "also this"},
                                        {"kind": "result", "id": "toolu_2_0", "text": "", "is_error": True}]}),
        ask(user("thanks")), server_args=["--strict-prefix"])
    check([done(e)["stop"] for e in events] == ["tool", "tool", "end", "end"], [e[-1] for e in events])
    check([r["prefix"] for r in requests] == ["new", "ok", "ok", "ok"], [r["prefix"] for r in requests])
    first = requests[1]["body"]["messages"][1]["content"]
    check([b["type"] for b in first] == ["thinking", "redacted_thinking", "text", "tool_use"], first)
    check(first[2]["citations"] == turns[0]["citations"] and first[2]["text"] == WORDS, first[2])
    second = requests[2]["body"]["messages"]
    check(second[3]["content"][3] == turns[1]["blocks"][0], second[3])
    check(second[3]["content"][1]["input"] == {}, second[3])
    answers = second[4]["content"]
    check([a.get("tool_use_id") for a in answers] == ["toolu_2_0", "toolu_2_1", None], answers)
    check(answers[0]["content"] == "(no output)" and answers[0]["is_error"] is True, answers[0])
    check(requests[3]["body"]["messages"][5]["content"][1] == turns[2]["blocks"][0], requests[3]["body"]["messages"][5])


def test_other_model():
    """another model gets the conversation without thinking and foreign blocks"""
    turns = [{"role": "assistant", "model": "anthropic/claude-sonnet-5-5", "blocks": [
        {"kind": "thinking", "text": "hm", "raw": '{"type":"thinking","thinking":"hm","signature":"bad"}'},
        {"kind": "other", "raw": '{"type":"reasoning","id":"rs_1"}'},
        {"kind": "text", "text": " \n"},
        {"kind": "call", "id": "call:1|é" + "x" * 80, "name": "read_file", "text": ""}]}]
    events, requests = one([{"text": "ok"}], ask(user("hi"), *turns, result("call:1|é" + "x" * 80, "text")))
    done(events[0])
    blocks = requests[0]["body"]["messages"][1]["content"]
    check([b["type"] for b in blocks] == ["tool_use"], blocks)


def test_interrupted():
    """a call that was never answered gets an error result, wherever it stands"""
    said = {"role": "assistant", "model": MODEL, "blocks": [{"kind": "call", "id": "a1", "name": "read_file", "text": "{}"}]}
    again = {"role": "assistant", "model": MODEL, "blocks": [{"kind": "call", "id": "a2", "name": "read_file", "text": "{}"}]}
    events, requests = one([{"text": "ok"}], ask(user("hi"), said, user("go on"), said | {"blocks": [
        dict(said["blocks"][0], id="a3")]}, again))
    done(events[0])
    messages = requests[0]["body"]["messages"]
    check([m["role"] for m in messages] == ["user", "assistant"] * 3 + ["user"], messages)
    check(messages[2]["content"][0]["is_error"] and "interrupted" in messages[2]["content"][0]["content"], messages[2])


def test_bad_transcript():
    """a result without its call is refused before anything is sent"""
    events, requests = one([{"text": "ok"}], ask(user("hi"), result("nobody", "x")))
    check(events[0][0]["type"] == "error" and "without its call" in message(events[0]) and not requests, events)


def test_unsafe_text():
    """control characters and invalid UTF-8 never reach the provider"""
    events, requests = one([{"text": "ok"}], ask(user("a\x1b[31mb\x00c\x7f\ud83d d\r\n\te")))
    done(events[0])
    check(requests[0]["body"]["messages"][0]["content"][0]["text"].replace("\ufffd", "?") == "a[31mbc? d\r\n\te",
          requests[0]["body"]["messages"])


def test_marks():
    """long conversations: at most four cache marks, the last two user turns among them"""
    turns = [{"calls": [{"name": "read_file", "input": {"path": str(i)}}, {"name": "read_file", "input": {"path": "b"}}]}
             for i in range(24)] + [{"text": "end"}]
    asks = [ask(user("hi"))]
    for i in range(1, 25):
        asks.append(ask({"role": "user", "blocks": [{"kind": "result", "id": f"toolu_{i}_{k}", "text": "x"} for k in (0, 1)]}))
    events, requests = one(turns, *asks, server_args=["--strict-prefix"])
    check(done(events[-1])["stop"] == "end", events[-1])
    marked = [[i for i, m in enumerate(r["body"]["messages"]) if any("cache_control" in b for b in m["content"])]
              for r in requests]
    last = len(requests[-1]["body"]["messages"]) - 1
    check(marked[-1][-2:] == [last - 2, last] and len(marked[-1]) == 3, marked[-1])
    check(all(m[-1] in after for m, after in zip(marked, marked[1:])), "each mark is found again by the next request")
    check(len({m[0] for m in marked[-4:]}) <= 2, "the middle mark rests for several requests", marked[-4:])


def test_length():
    """a call that the output limit cut is left out and said"""
    turn = {"text": "Writing.", "calls": [{"name": "write_file", "input": {}}], "raw_input": '{"path":"a","content":"xxx',
            "stop": "max_tokens"}
    d = done(one([turn])[0][0])
    check(d["stop"] == "length" and d["cut_call"] and [b["kind"] for b in d["blocks"]] == ["text"], d)


def test_length_and_call():
    """complete calls before the cut one are kept"""
    turn = {"calls": [{"name": "a", "input": {"x": 1}}, {"name": "b"}], "stop": "max_tokens"}
    d = done(one([turn])[0][0])
    check(d["stop"] == "tool" and d["cut_call"] and [b["name"] for b in d["blocks"]] == ["a"], d)


def test_stops():
    """refusal with its reason, pause, context and unknown stop reasons"""
    turns = [{"text": "no", "stop": "refusal", "stop_details": {"category": "cyber", "explanation": "not this"}},
             {"text": "wait", "stop": "pause_turn"}, {"text": "more"},
             {"text": "full", "stop": "model_context_window_exceeded"}, {"text": "odd", "stop": "novel_reason"}]
    events, requests = one(turns, ask(user("1")), ask(user("2")), ask(), ask(user("3")), ask(user("4")))
    stops = [(done(e)["stop"], e[-1]["stop_detail"]) for e in events]
    check(stops == [("refusal", "cyber: not this"), ("pause", ""), ("end", ""), ("context", ""),
                    ("other", "novel_reason")], stops)
    check(requests[2]["body"]["messages"][-1]["role"] == "assistant", "a paused turn is sent as it is")


def test_bad_arguments():
    """arguments that are no JSON object go to the tools, as text: the model is told, the provider is not blamed"""
    turn = {"calls": [{"name": "a", "input": {"x": 1}}], "raw_input": '{"x": 1'}
    events, _ = one([turn, {"text": "better"}])
    call = done(events[0])["blocks"][0]
    check(not [e for e in events[0] if e["type"] == "restart"], events[0])
    check(json.loads(call["text"]) == {"_not_a_json_object": '{"x": 1'} and call["raw"] == "", events[0])


def test_settings():
    """thinking, effort and max_tokens follow the model"""
    bodies = {}
    for model, args in (("claude-opus-5-5", ()), ("claude-haiku-4-5-20251001", ("--effort", "high")),
                        ("claude-opus-4-6", ("--effort", "max")), ("claude-gateway-x", ())):
        events, requests = one([{"text": "ok"}], model="anthropic/" + model, args=args)
        bodies[model] = requests[0]["body"]
        check(done(events[0])["usage"]["unpriced"] == (model == "claude-gateway-x"), events[0])
    check(bodies["claude-opus-5-5"]["thinking"] == {"type": "adaptive", "display": "summarized"}, bodies)
    check("thinking" not in bodies["claude-haiku-4-5-20251001"] and "output_config" not in bodies["claude-haiku-4-5-20251001"],
          bodies)
    check(bodies["claude-opus-4-6"]["thinking"] == {"type": "adaptive"}, bodies)
    check(bodies["claude-opus-4-6"]["output_config"] == {"effort": "max"}, bodies)
    check([b["max_tokens"] for b in bodies.values()] == [32000, 32000, 64000, 8192], bodies)


def test_keys():
    """x-api-key, bearer token, key_env, key_command, and no key on loopback"""
    with Provider([{"text": "ok", "repeat": True}]) as p:
        hi = ask(user("hi"))
        token = {"ANTHROPIC_AUTH_TOKEN": "test-key"}
        done(call(p.url, hi, key=None, env=token)[0])
        done(call(p.url, hi, key=None, env={"MY_KEY": "test-key\n"}, args=["--key-env", "MY_KEY"])[0])
        done(call(p.url + "/v1/", hi, hi, key=None, args=["--key-command", "echo test-key; echo other"])[1])
        check("401" in message(call(p.url, hi, key=None)[0]), "no key")
        heads = [r["headers"] for r in p.requests()]
        check(heads[0].get("authorization") == "Bearer test-key" and "x-api-key" not in heads[0], heads[0])
        check([h.get("x-api-key") for h in heads[1:]] == ["test-key"] * 3 + [None], heads)


if __name__ == "__main__":
    main(collect(globals()))
