"""The other dialects of the fake provider: OpenAI Responses, OpenAI Chat Completions and Gemini.

Each checks a request as strictly as the real service, turns a scenario's turn into its stream (a list of
(event name or None, object or text)), and into one whole reply. A dialect also says what the conversation is, in
the terms that Prefixes compares: a head, and a list of blocks that only grows.
"""

import hashlib
import json
import re

import images
import rules
from rules import Refused, need
from stream import pieces, stop_of

NAME = r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}"
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def only(value, fields, where):
    need(isinstance(value, dict), f"{where}: expected an object")
    for field in value:
        need(field in fields, f"Unknown parameter: '{where}.{field}'.")


def check_schema(schema, where):
    need(isinstance(schema, dict) and schema.get("type") == "object", f"{where}: schema must be of type object")


def calls_of(turn, n, ids="call_%d_%d"):
    return [(c.get("id", ids % (n, i)), c["name"], c.get("input", {})) for i, c in enumerate(turn.get("calls", []))]


def counted(turn, prompt, said):
    """input, cache_read, cache_write, output, reasoning; input counts what is not from the cache."""
    given = turn.get("usage", {})
    return (given.get("input", len(prompt) // 4), given.get("cache_read", 0), given.get("cache_write", 0),
            given.get("output", len(said) // 4 + 1), given.get("reasoning", 0))


class Base:
    def streams(self, path, body):
        return bool(body.get("stream"))

    def headers(self, headers, key):
        need(headers.get("content-type", "").split(";")[0] == "application/json", "content-type must be application/json", 415)
        need("expect" not in headers, "a client must not wait for 100-continue")
        sent = self.key_of(headers)
        need(sent, "no API key provided", 401)
        need(sent == key, "Incorrect API key provided", 401)

    def key_of(self, headers):
        bearer = headers.get("authorization", "")
        need("api-key" not in headers and "x-api-key" not in headers, "one key is enough")
        return bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else ""

    def error(self, status, message):
        kind = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded",
                413: "context_length_exceeded"}.get(status)
        return {"error": {"message": message, "type": "invalid_request_error" if status < 500 else "server_error",
                          "param": None, "code": kind}}


class Chat(Base):
    """POST /v1/chat/completions. A quirk narrows or bends it to one server."""

    def __init__(self, quirk=""):
        self.quirk = quirk
        self.thought = {}  # what was said before a call: it must come back

    def matches(self, path):
        return path.endswith("/chat/completions")

    def key_of(self, headers):
        if self.quirk == "azure":
            need("authorization" not in headers, "send api-key only")
            return headers.get("api-key", "")
        return super().key_of(headers)

    def headers(self, headers, key):
        if self.quirk not in ("ollama", "llamacpp", "vllm", "lmstudio"):
            super().headers(headers, key)

    def check(self, body):
        fields = {"model", "messages", "tools", "tool_choice", "stream", "max_tokens", "stream_options"}
        limit = "max_tokens"
        if self.quirk in ("azure", "groq"):
            fields = fields - {"max_tokens"} | {"max_completion_tokens"}
            limit = "max_completion_tokens"
        if self.quirk == "mistral":
            fields -= {"stream_options"}
        if self.quirk in ("groq", "ollama"):
            fields |= {"reasoning_effort"}
        if self.quirk == "openrouter":
            fields |= {"reasoning"}
        for field in body:
            need(field in fields, f"Unrecognized request argument supplied: {field}")
        need(isinstance(body.get("model"), str) and body["model"], "you must provide a model parameter")
        need(isinstance(body.get(limit), int) and body[limit] > 0, f"{limit}: expected a positive integer")
        need(body.get("tool_choice", "auto") == "auto", "tool_choice: not supported here")
        names = set()
        for i, tool in enumerate(body.get("tools", [])):
            only(tool, {"type", "function"}, f"tools[{i}]")
            only(tool["function"], {"name", "description", "parameters", "strict"}, f"tools[{i}].function")
            need(re.fullmatch(NAME, tool["function"]["name"]), f"tools[{i}].function.name: wrong pattern")
            need(tool["function"]["name"] not in names, "tools: names must be unique")
            names.add(tool["function"]["name"])
            check_schema(tool["function"].get("parameters"), f"tools[{i}].function.parameters")
        self.check_messages(body.get("messages"))

    def check_messages(self, messages):
        need(isinstance(messages, list) and messages, "messages: expected a list")
        open_calls = []
        for i, m in enumerate(messages):
            where, role = f"messages[{i}]", m.get("role")
            need(role in ("system", "user", "assistant", "tool"), f"{where}.role: unknown role {role}")
            need(role == "tool" or not open_calls, "An assistant message with 'tool_calls' must be followed by tool "
                 f"messages responding to each 'tool_call_id'. Missing: {open_calls}")
            if role == "assistant":
                only(m, {"role", "content", "tool_calls"} | ({"reasoning_content", "reasoning", "reasoning_details"}
                     if self.quirk in ("deepseek", "openrouter", "llamacpp") else set()), where)
                need(m.get("content") or m.get("tool_calls"), f"{where}: content or tool_calls is needed")
                for c in m.get("tool_calls", []):
                    need(c.get("type") == "function" and isinstance(c["function"].get("arguments"), str),
                         f"{where}.tool_calls: arguments must be a string")
                    need(isinstance(json.loads(c["function"]["arguments"]), dict), f"{where}: arguments are no object")
                    if self.quirk == "mistral":
                        need(re.fullmatch("[a-zA-Z0-9]{9}", c["id"]), "Tool call id must be a-z, A-Z, 0-9, with a length of 9.")
                    need(c["id"] not in open_calls, f"{where}: ids must be unique")
                    open_calls.append(c["id"])
                for c in m.get("tool_calls", []) if self.quirk == "deepseek" else []:
                    need(m.get("reasoning_content") == self.thought.get(c["id"]),
                         "Missing `reasoning_content` field in the assistant message")
            elif role == "tool":
                only(m, {"role", "tool_call_id", "content"}, where)
                need(m.get("tool_call_id") in open_calls, f"{where}: no call {m.get('tool_call_id')} is open")
                open_calls.remove(m["tool_call_id"])
                need(isinstance(m["content"], str) and m["content"], f"{where}.content: must not be empty")
            else:
                only(m, {"role", "content"}, where)
                if role == "user" and isinstance(m["content"], list):
                    self.check_parts(m["content"], where)
                    continue
                need(isinstance(m["content"], str) and m["content"].strip(), f"{where}.content: must not be empty")
                need(role != "system" or i == 0, "system comes first")
        need(not open_calls, f"'tool_calls' without an answer: {open_calls}")
        need(messages[-1]["role"] in ("user", "tool"), "the last message must be the user's or a tool's")

    def check_parts(self, parts, where):
        need(parts and self.quirk != "deepseek", f"{where}.content: expected a text")
        for part in parts:
            only(part, {"type", part.get("type")}, f"{where}.content")
            need(part.get("type") in ("text", "image_url"), f"{where}.content: unknown type {part.get('type')}")
            if part["type"] == "image_url":
                only(part["image_url"], {"url", "detail"}, f"{where}.image_url")
                images.check_url(need, part["image_url"].get("url"), f"{where}.image_url")
            else:
                need(part["text"].strip(), f"{where}.content: empty text")

    def conversation(self, body):
        blocks = [json.dumps(m, sort_keys=True) for m in body["messages"] if m["role"] != "system"]
        return json.dumps([body.get("tools"), body["messages"][0], body["model"]]), blocks

    def last(self, body):
        return json.dumps(body["messages"][-1], ensure_ascii=False)

    def usage(self, turn, body):
        fresh, read, write, out, thought = counted(turn, json.dumps(body), json.dumps(turn))
        if not isinstance(fresh, int) or "usage" in turn and turn["usage"].get("input", 0) is None:
            return None
        return {"prompt_tokens": fresh + read + write, "completion_tokens": out, "total_tokens": fresh + read + write + out,
                "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": write},
                "completion_tokens_details": {"reasoning_tokens": thought}}

    def text_of(self, turn):
        if self.quirk in ("vllm", "lmstudio") and turn.get("calls"):  # their parser does not know this model
            if self.quirk == "vllm":
                return turn.get("text", "") + "".join("\n<tool_call>\n%s\n</tool_call>" % json.dumps(
                    {"name": c["name"], "arguments": c.get("input", {})}) for c in turn["calls"])
            return turn.get("text", "") + "".join("\n<function=%s>\n%s</function>" % (c["name"], "".join(
                "<parameter=%s>\n%s\n</parameter>\n" % (k, v if isinstance(v, str) else json.dumps(v))
                for k, v in c.get("input", {}).items())) for c in turn["calls"])
        return turn.get("text", "")

    def reason(self, turn):
        if self.quirk in ("ollama", "vllm", "lmstudio"):
            return {"max_tokens": "length"}.get(turn.get("stop"), "stop")  # also where calls were made
        return {"tool_use": "tool_calls", "end_turn": "stop", "max_tokens": "length", "refusal": "content_filter"}[stop_of(turn)]

    def events(self, turn, body, n):
        def chunk(delta, reason=None, **more):
            return None, dict({"id": f"chatcmpl-{n}", "object": "chat.completion.chunk", "created": 1, "model": body["model"],
                               "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}, **more)
        field = "reasoning" if self.quirk in ("ollama", "openrouter", "vllm") else "reasoning_content"
        if self.quirk == "azure":
            yield None, {"id": "", "object": "", "choices": [], "prompt_filter_results": []}
        yield chunk({"role": "assistant", "content": ""})
        for p in pieces(turn["thinking"]) if turn.get("thinking") else []:
            yield chunk({field: p})
        if turn.get("thinking") and self.quirk == "openrouter":
            yield chunk({"reasoning_details": [{"type": "reasoning.text", "text": turn["thinking"],
                                                "signature": rules.sign(body["model"], turn["thinking"])}]})
        text = self.text_of(turn)
        for p in pieces(text) if text else []:
            yield chunk({"content": p})
        for i, (call, name, args) in enumerate([] if self.quirk in ("vllm", "lmstudio") else calls_of(turn, n)):
            raw = turn.get("raw_input") or json.dumps(args, ensure_ascii=False)
            self.thought[call] = turn.get("thinking")
            if self.quirk == "ollama":  # whole, and with no ids; arguments are an object
                yield chunk({"tool_calls": [{"id": "", "type": "function", "function": {"name": name, "arguments": args}}]})
                continue
            yield chunk({"tool_calls": [{"index": i, "id": call, "type": "function", "function": {"name": name, "arguments": ""}}]})
            for k in range(0, len(raw), 7):
                yield chunk({"tool_calls": [{"index": i, "function": {"arguments": raw[k:k + 7]}}]})
        yield chunk({}, self.reason(turn))
        usage = self.usage(turn, body)
        if usage and (body.get("stream_options") or self.quirk == "mistral"):
            yield None, {"id": f"chatcmpl-{n}", "choices": [], "usage": usage}
        if self.quirk != "lmstudio":  # a clean end is all there is
            yield None, "[DONE]"

    def whole(self, turn, body, n):
        message = {"role": "assistant", "content": self.text_of(turn) or None}
        if turn.get("thinking"):
            message["reasoning_content"] = turn["thinking"]
        calls = [] if self.quirk in ("vllm", "lmstudio") else calls_of(turn, n)
        if calls:
            message["tool_calls"] = [{"id": c, "type": "function", "function": {"name": name, "arguments": json.dumps(a)}}
                                     for c, name, a in calls]
        return {"id": f"chatcmpl-{n}", "object": "chat.completion", "model": body["model"], "usage": self.usage(turn, body),
                "choices": [{"index": 0, "message": message, "finish_reason": self.reason(turn)}]}

    def stream_error(self, message):
        return None, {"error": {"code": 502, "message": message}, "choices": [
            {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}


class Responses(Base):
    """POST /v1/responses, with store false: reasoning is encrypted and must come back as it was."""

    def matches(self, path):
        return path == "/v1/responses"

    def seal(self, model, text):
        return "gAAA" + hashlib.sha256(f"{model}\0{text}".encode()).hexdigest()

    def check(self, body):
        only(body, {"model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "stream", "store",
                    "include", "max_output_tokens", "reasoning", "prompt_cache_key", "stream_options"}, "body")
        need(isinstance(body.get("model"), str) and body["model"], "Missing required parameter: 'model'.")
        need(body.get("store") is False, "this organisation does not store: send store false")
        need(body.get("include") == ["reasoning.encrypted_content"], "include: reasoning.encrypted_content is needed without a store")
        need(isinstance(body.get("max_output_tokens"), int) and body["max_output_tokens"] >= 16, "max_output_tokens: below 16")
        need(len(body.get("prompt_cache_key", "")) <= 64, "prompt_cache_key: too long")
        if "reasoning" in body:
            only(body["reasoning"], {"effort", "summary"}, "reasoning")
            need(body["reasoning"].get("effort") in EFFORTS, "reasoning.effort: unknown level")
        for i, tool in enumerate(body.get("tools", [])):
            only(tool, {"type", "name", "description", "parameters", "strict"}, f"tools[{i}]")
            need(tool["type"] == "function" and re.fullmatch(NAME, tool["name"]), f"tools[{i}]: wrong type or name")
            need(tool.get("strict") is False, f"tools[{i}].strict: these schemas are not strict")
            check_schema(tool.get("parameters"), f"tools[{i}].parameters")
        self.check_input(body["input"], body["model"])

    def check_input(self, items, model):
        need(isinstance(items, list) and items, "input: expected a list")
        called, answered = [], []
        for i, item in enumerate(items):
            where, kind = f"input[{i}]", item.get("type", "message")
            if kind == "message":
                user = item.get("role") == "user"
                only(item, {"role", "content"} if user else {"type", "id", "role", "content", "status", "phase"}, where)
                need(user or item.get("role") == "assistant", f"{where}.role: unknown")
                for part in item["content"]:
                    if user and part.get("type") == "input_image":
                        self.check_image(part, where)
                        continue
                    need(part.get("type") == ("input_text" if user else "output_text"), f"{where}.content: wrong part")
                    need(part.get("text"), f"{where}.content: empty text")
                need("id" not in item or item["id"].startswith("msg_"), f"{where}.id: Expected an ID that begins with 'msg'.")
            elif kind == "reasoning":
                only(item, {"type", "id", "summary", "encrypted_content"}, where)
                text = "".join(s["text"] for s in item["summary"])
                need(item.get("encrypted_content") == self.seal(model, text), "The encrypted content could not be verified.")
                after = items[i + 1].get("type", "") if i + 1 < len(items) else ""
                need(after in ("message", "function_call", "reasoning") and items[i + 1].get("role") != "user",
                     f"Item '{item['id']}' of type 'reasoning' was provided without its required following item.")
            elif kind == "function_call":
                only(item, {"type", "id", "call_id", "name", "arguments", "status"}, where)
                need(isinstance(json.loads(item["arguments"]), dict), f"{where}.arguments: no object")
                need(item["call_id"] not in called, f"{where}: call_id is used twice")
                need("id" not in item or item["id"].startswith("fc_"), f"{where}.id: Expected an ID that begins with 'fc'.")
                called.append(item["call_id"])
            else:
                need(kind == "function_call_output", f"{where}.type: unknown type {kind}")
                only(item, {"type", "call_id", "output"}, where)
                need(item["call_id"] in called, f"No tool call found for function call output with call_id {item['call_id']}.")
                need(item["call_id"] not in answered and item["output"], f"{where}: answered twice, or with nothing")
                for part in item["output"] if isinstance(item["output"], list) else []:
                    if part.get("type") == "input_image":
                        self.check_image(part, where)
                    else:
                        need(part.get("type") == "input_text" and part.get("text"), f"{where}.output: wrong part")
                answered.append(item["call_id"])
        missing = [c for c in called if c not in answered]
        need(not missing, f"No tool output found for function call {', '.join(missing)}.")

    def check_image(self, part, where):
        only(part, {"type", "image_url", "detail"}, where)
        images.check_url(need, part.get("image_url"), f"{where}.image_url")

    def conversation(self, body):
        return (json.dumps([body.get("tools"), body.get("instructions"), body["model"], body.get("prompt_cache_key")]),
                [json.dumps(item, sort_keys=True) for item in body["input"]])

    def last(self, body):
        return json.dumps(body["input"][-1], ensure_ascii=False)

    def output(self, turn, body, n):
        items = []
        if turn.get("thinking"):
            items.append({"id": f"rs_{n}", "type": "reasoning", "summary": [{"type": "summary_text", "text": turn["thinking"]}],
                          "encrypted_content": self.seal(body["model"], turn["thinking"])})
        if "text" in turn:
            items.append({"id": f"msg_{n}", "type": "message", "role": "assistant", "status": "completed", "phase":
                          "commentary" if turn.get("calls") else "final_answer",
                          "content": [{"type": "output_text", "text": turn["text"], "annotations": []}]})
        for i, (call, name, args) in enumerate(calls_of(turn, n)):
            items.append({"id": f"fc_{n}_{i}", "type": "function_call", "status": "completed", "call_id": call, "name": name,
                          "arguments": turn.get("raw_input") or json.dumps(args, ensure_ascii=False)})
        return items

    def response(self, turn, body, n):
        fresh, read, write, out, thought = counted(turn, json.dumps(body), json.dumps(turn))
        cut = turn.get("stop") == "max_tokens"
        usage = None if fresh is None else {
            "input_tokens": fresh + read + write, "input_tokens_details": {"cached_tokens": read, "cache_write_tokens": write},
            "output_tokens": out, "output_tokens_details": {"reasoning_tokens": thought}, "total_tokens": fresh + read + write + out}
        return {"id": f"resp_{n}", "object": "response", "status": "incomplete" if cut else "completed", "model": body["model"],
                "incomplete_details": {"reason": "max_output_tokens"} if cut else None, "error": None,
                "output": self.output(turn, body, n), "usage": usage}

    def events(self, turn, body, n):
        def event(kind, **fields):
            return kind, dict({"type": kind}, **fields)
        done = self.response(turn, body, n)
        begun = dict(done, status="in_progress", output=[], usage=None, incomplete_details=None)
        yield event("response.created", response=begun)
        yield event("response.in_progress", response=begun)
        for i, item in enumerate(done["output"]):
            at = {"output_index": i, "item_id": item["id"]}
            if item["type"] == "reasoning":
                yield event("response.output_item.added", output_index=i, item=dict(item, summary=[], encrypted_content=""))
                yield event("response.reasoning_summary_part.added", summary_index=0, part={"type": "summary_text", "text": ""}, **at)
                for p in pieces(item["summary"][0]["text"]):
                    yield event("response.reasoning_summary_text.delta", delta=p, summary_index=0, **at)
                yield event("response.reasoning_summary_text.done", text=item["summary"][0]["text"], summary_index=0, **at)
                yield event("response.reasoning_summary_part.done", summary_index=0, part=item["summary"][0], **at)
            elif item["type"] == "message":
                yield event("response.output_item.added", output_index=i, item=dict(item, content=[], status="in_progress"))
                part = {"type": "output_text", "text": "", "annotations": []}
                yield event("response.content_part.added", part=part, content_index=0, **at)
                for p in pieces(item["content"][0]["text"]):
                    yield event("response.output_text.delta", delta=p, content_index=0, **at)
                yield event("response.output_text.done", text=item["content"][0]["text"], content_index=0, **at)
                yield event("response.content_part.done", part=item["content"][0], content_index=0, **at)
            else:
                yield event("response.output_item.added", output_index=i, item=dict(item, arguments="", status="in_progress"))
                for k in range(0, len(item["arguments"]), 7):
                    yield event("response.function_call_arguments.delta", delta=item["arguments"][k:k + 7], **at)
                yield event("response.function_call_arguments.done", arguments=item["arguments"], **at)
            yield event("response.output_item.done", output_index=i, item=item)
        yield event("response." + done["status"], response=done)

    def whole(self, turn, body, n):
        return self.response(turn, body, n)

    def stream_error(self, message):
        return "response.failed", {"type": "response.failed", "response": {
            "status": "failed", "error": {"code": "server_error", "message": message}}}


class Gemini(Base):
    """POST /v1beta/models/MODEL:streamGenerateContent?alt=sse, or :generateContent for a reply in one piece."""

    model = ""

    def matches(self, path):
        self.model = path.split("/")[-1]
        return re.fullmatch(r"/v1beta/models/[^/:]+:(streamGenerateContent\?alt=sse|generateContent)", path)

    def streams(self, path, body):
        return ":stream" in path

    def key_of(self, headers):
        need("authorization" not in headers, "send x-goog-api-key")
        return headers.get("x-goog-api-key", "")

    def error(self, status, message):
        names = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
                 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
        return [{"error": {"code": status, "message": message, "status": names.get(status, "INTERNAL")}}]

    def sign(self, name, args):
        return hashlib.sha256(json.dumps([name, args], sort_keys=True).encode()).hexdigest()

    def check(self, body):
        only(body, {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig"}, "body")
        only(body.get("generationConfig", {}), {"maxOutputTokens", "thinkingConfig"}, "generationConfig")
        only(body["generationConfig"].get("thinkingConfig", {}), {"includeThoughts", "thinkingLevel", "thinkingBudget"}, "thinkingConfig")
        for tool in body.get("tools", []):
            only(tool, {"functionDeclarations"}, "tools")
            for f in tool["functionDeclarations"]:
                only(f, {"name", "description", "parametersJsonSchema"}, "functionDeclarations")
                need(re.fullmatch(NAME, f["name"]), "functionDeclarations: wrong name")
                check_schema(f["parametersJsonSchema"], f["name"])
        need(body.get("contents"), "contents is not specified")
        asked = []
        for i, content in enumerate(body["contents"]):
            only(content, {"role", "parts"}, f"contents[{i}]")
            need(content["role"] == ("user", "model")[i % 2], f"contents[{i}]: roles must take turns, the user's first")
            need(content["parts"], f"contents[{i}]: no parts")
            answers = [p["functionResponse"] for p in content["parts"] if "functionResponse" in p]
            if content["role"] == "user":
                need(len(answers) == len(asked), "Please ensure that the number of function response parts is equal to the "
                     "number of function call parts of the function call turn.")
                for a, c in zip(answers, asked):
                    need(a["name"] == c["name"] and isinstance(a["response"], dict), "functionResponse does not fit its call")
                    need(a.get("id") == c.get("id"), "functionResponse.id is not that of its call")
            calls = [p for p in content["parts"] if "functionCall" in p]
            asked = [p["functionCall"] for p in calls]
            for k, p in enumerate(content["parts"]):
                only(p, {"text", "functionCall", "functionResponse", "thoughtSignature", "thought", "inlineData"},
                     f"contents[{i}].parts[{k}]")
                inner = p.get("functionResponse", {}).get("parts", [])
                need(not inner or "gemini-2" not in self.model, "functionResponse.parts: not supported by this model")
                for blob in [x["inlineData"] for x in [p] + inner if "inlineData" in x]:
                    only(blob, {"mimeType", "data"}, "inlineData")
                    images.check(need, blob.get("mimeType"), blob.get("data"), "inlineData",
                                 ("image/png", "image/jpeg", "image/webp"))
            if calls:
                sent = calls[0].get("thoughtSignature")
                need(sent in (self.sign(asked[0]["name"], asked[0]["args"]), "skip_thought_signature_validator"),
                     f"Function call {asked[0]['name']} is missing a thought_signature in functionCall parts.")
                need(not any("thoughtSignature" in p for p in calls[1:]), "a signature stands on the first call only")
        need(body["contents"][-1]["role"] == "user", "the last content must be the user's")

    def conversation(self, body):
        return (json.dumps([body.get("tools"), body.get("systemInstruction")]),
                [json.dumps([c["role"], p], sort_keys=True) for c in body["contents"] for p in c["parts"]])

    def last(self, body):
        return json.dumps(body["contents"][-1], ensure_ascii=False)

    def events(self, turn, body, n):
        def chunk(part, **more):
            return None, dict({"candidates": [dict({"content": {"parts": [part], "role": "model"}, "index": 0}, **more)],
                               "usageMetadata": {"promptTokenCount": 1}, "responseId": f"r{n}"})
        fresh, read, write, out, thought = counted(turn, json.dumps(body), json.dumps(turn))
        for p in pieces(turn["thinking"]) if turn.get("thinking") else []:
            yield chunk({"text": p, "thought": True})
        for p in pieces(turn["text"]) if turn.get("text") else []:
            yield chunk({"text": p})
        for i, (call, name, args) in enumerate(calls_of(turn, n)):
            part = {"functionCall": {"id": call, "name": name, "args": args}}
            if i == 0:
                part["thoughtSignature"] = self.sign(name, args)
            yield chunk(part)
        if not turn.get("calls") and turn.get("thinking"):
            yield chunk({"text": "", "thoughtSignature": self.sign("", {})})
        name, last = chunk({"text": ""}, finishReason={"max_tokens": "MAX_TOKENS", "refusal": "SAFETY"}.get(turn.get("stop"), "STOP"))
        last["usageMetadata"] = {} if fresh is None else {
            "promptTokenCount": fresh + read + write, "cachedContentTokenCount": read, "candidatesTokenCount": out - thought,
            "thoughtsTokenCount": thought, "totalTokenCount": fresh + read + write + out}
        yield name, last

    def listed(self, turn, body, n):
        """What comes where ?alt=sse is overlooked."""
        return [data for _, data in self.events(turn, body, n)]

    def whole(self, turn, body, n):
        chunks = self.listed(turn, body, n)
        parts = [p for c in chunks for p in c["candidates"][0]["content"]["parts"] if p != {"text": ""}]
        return dict(chunks[-1], candidates=[dict(chunks[-1]["candidates"][0], content={"role": "model", "parts": parts})])

    def stream_error(self, message):
        return None, {"error": {"code": 503, "message": message, "status": "UNAVAILABLE"}}


def encode(event, data, ascii_only=False):
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=ascii_only, separators=(",", ":"))
    end = "\n" if event else "\r\n"
    return (f"event: {event}{end}" if event else "").encode() + f"data: {text}{end}{end}".encode()


QUIRKS = ("openrouter", "mistral", "deepseek", "groq", "azure", "ollama", "llamacpp", "lmstudio", "vllm")


def make(name):
    if name == "responses":
        return Responses()
    if name == "gemini":
        return Gemini()
    if name == "chat" or name in QUIRKS:
        return Chat("" if name == "chat" else name)
    raise Refused(f"no dialect {name}")
