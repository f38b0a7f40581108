"""A scenario's turn as Messages content blocks, and those as server-sent events."""

import json
import re

import rules


def blocks_of(turn, model, number):
    """The complete content blocks of a turn: thinking, redacted, text, calls, then raw blocks."""
    blocks = []
    if "thinking" in turn:
        blocks.append({"type": "thinking", "thinking": turn["thinking"],
                       "signature": rules.sign(model, turn["thinking"])})
    if "redacted" in turn:
        blocks.append({"type": "redacted_thinking", "data": rules.redact(model, turn["redacted"])})
    if "text" in turn:
        block = {"type": "text", "text": turn["text"]}
        if "citations" in turn:
            block["citations"] = turn["citations"]
        blocks.append(block)
    for i, call in enumerate(turn.get("calls", [])):
        blocks.append({"type": "tool_use", "id": call.get("id", f"toolu_{number}_{i}"),
                       "name": call["name"], "input": call.get("input", {})})
    return blocks + turn.get("blocks", [])


def usage_of(turn, body, blocks):
    given = turn.get("usage", {})
    text = json.dumps(blocks)
    prompt = json.dumps([body.get("tools"), body.get("system"), body["messages"]])
    return {
        "input_tokens": given.get("input", len(prompt) // 4),
        "cache_creation_input_tokens": given.get("cache_write", 0),
        "cache_read_input_tokens": given.get("cache_read", 0),
        "output_tokens": given.get("output", len(text) // 4),
        "output_tokens_details": {"thinking_tokens": given.get("reasoning", 0)},
    }


def stop_of(turn):
    return turn.get("stop", "tool_use" if turn.get("calls") else "end_turn")


def message(turn, body, number, blocks, usage):
    return {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": body["model"],
            "content": blocks, "stop_reason": stop_of(turn), "stop_sequence": None,
            "stop_details": turn.get("stop_details"), "container": None, "usage": usage}


def pieces(text):
    return re.findall(r"\S+\s*|\s+", text) or [""]


def deltas(block, turn):
    """(what the start event shows, [delta objects]) of one block."""
    kind = block["type"]
    if kind == "text":
        start = {"type": "text", "text": "", "citations": None}
        out = [{"type": "text_delta", "text": p} for p in pieces(block["text"])]
        out += [{"type": "citations_delta", "citation": c} for c in block.get("citations", [])]
        return start, out
    if kind == "thinking":
        start = {"type": "thinking", "thinking": "", "signature": ""}
        out = [{"type": "thinking_delta", "thinking": p} for p in pieces(block["thinking"])]
        return start, out + [{"type": "signature_delta", "signature": block["signature"]}]
    if kind == "tool_use":
        start = dict(block, input={}, caller={"type": "direct"})
        text = turn.get("raw_input") or (json.dumps(block["input"], ensure_ascii=False) if block["input"] else "")
        cuts = [text[i:i + 7] for i in range(0, len(text), 7)]
        return start, [{"type": "input_json_delta", "partial_json": p} for p in [""] + cuts]
    if kind == "server_tool_use":
        return dict(block, input={}), [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
    return block, []


def events(turn, body, number):
    """All events of the reply, in order, as objects."""
    blocks = blocks_of(turn, body["model"], number)
    usage = usage_of(turn, body, blocks)
    opening = dict(message(turn, body, number, [], dict(usage, output_tokens=1)), stop_reason=None, stop_details=None)
    yield {"type": "message_start", "message": opening}
    for i, block in enumerate(blocks):
        start, parts = deltas(block, turn)
        yield {"type": "content_block_start", "index": i, "content_block": start}
        if i == 0:
            yield {"type": "ping"}
        for part in parts:
            yield {"type": "content_block_delta", "index": i, "delta": part}
        yield {"type": "content_block_stop", "index": i}
    yield {"type": "message_delta",
           "delta": {"stop_reason": stop_of(turn), "stop_sequence": None, "stop_details": turn.get("stop_details")},
           "usage": usage}
    yield {"type": "message_stop"}


def encode(event, ascii_only=False):
    data = json.dumps(event, ensure_ascii=ascii_only, separators=(",", ":"))
    return f"event: {event['type']}\ndata: {data}\n\n".encode()


def noisy(event):
    """The same event as odd but legal servers write it."""
    data = json.dumps(event, ensure_ascii=True)
    head, tail = data[:1], data[1:]
    return (f": keep-alive\r\nid: 7\r\nretry: 100\rdata:{head}\rdata: {tail}\n\r\n"
            'event: future\ndata: {"type":"future_event","x":[1,{}]}\n\n').encode()
