"""What the provider counts: the tokens of a prompt, those that its prompt cache held, and whether it fits the window.

Tokens are a quarter of the bytes. The two caches follow the vendors' published rules: Anthropic keeps the prefixes
that end at a mark, and finds one at a mark or at most 20 blocks before it; OpenAI keeps every prefix that it was
sent under the same cache key. Neither keeps less than 1,024 tokens.
"""

import hashlib
import json
import threading

import rules

LEAST, LOOK_BACK = 1024, 20


def size(value):
    return len(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) // 4


def anthropic_parts(body):
    """[(text, is marked)] in the order in which the service hashes them."""
    parts = list(body.get("tools", [])) + (body["system"] if isinstance(body.get("system"), list) else [])
    parts += [dict(b, role=m["role"]) for m in body["messages"] for b in rules.blocks_of(m)]
    return [(json.dumps({k: v for k, v in p.items() if k != "cache_control"}, ensure_ascii=False), "cache_control" in p)
            for p in parts]


def other_parts(body):
    fixed = {k: body.get(k) for k in ("model", "instructions", "systemInstruction", "tools", "prompt_cache_key", "reasoning")}
    items = body.get("input") or body.get("messages") or body.get("contents")
    return [(json.dumps(p, ensure_ascii=False), True) for p in [fixed] + items]


class Cache:
    def __init__(self):
        self.kept, self.lock = set(), threading.Lock()

    def count(self, body, anthropic):
        """(fresh, read, written) tokens of this prompt; what it brings is kept."""
        parts = anthropic_parts(body) if anthropic else other_parts(body)
        state, ends, total = hashlib.sha256(body["model"].encode() if "model" in body else b""), [], 0
        for text, _ in parts:
            state.update(text.encode() + b"\0")
            total += size(text)
            ends.append((state.hexdigest(), total))
        marks = [i for i, (_, marked) in enumerate(parts) if marked]
        with self.lock:
            read = 0
            for i in marks:
                for k in range(i, max(-1, i - LOOK_BACK if anthropic else i - 1), -1):
                    if ends[k][0] in self.kept:
                        read = max(read, ends[k][1])
            self.kept.update(ends[i][0] for i in marks if ends[i][1] >= LEAST)
        written = max(0, (ends[marks[-1]][1] if marks else 0) - read) if anthropic else 0
        return total - read - written, read, written
