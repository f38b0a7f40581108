#!/usr/bin/env python3
"""A reply of each wire format, damaged at each of its bytes: cut there, split in two there, another byte there.

A split changes nothing. What is cut ends as it would have ended, or as an error, never as something in between: no
part of a call is a call, and what was shown is the beginning of what was to be shown. The server here sends bytes and
looks at nothing but the first request, as it is asked tens of thousands of times.
"""

import json
import random
import socket
import struct
import sys
import threading
import time
import zlib

from harness import FAKE, ask, call, check, main, user

sys.path.insert(0, FAKE)
import dialects  # noqa: E402
import rules  # noqa: E402
import stream  # noqa: E402

TURN = {"thinking": "Hm. Ä", "text": "Grüße 😀, see:",
        "calls": [{"name": "read_file", "input": {"path": "ä.c"}}, {"name": "read_file", "input": {"path": "b"}}]}
WIRES = {
    "anthropic": ("anthropic/claude-opus-5-5", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
    "responses": ("openai/gpt-6.2-sol", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "chat": ("deepseek/deepseek-v4-pro", "DEEPSEEK_API_KEY", "DEEPSEEK_BASE_URL"),
    "gemini": ("gemini/gemini-3.8-flash", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
}
ODD = b'\xff\x00"{}\n:\\'
STEP = {"reset": 5, "split packed": 5}  # more of the same
BATCH = 300  # calls a process: no test is one long silence


def rendered(dialect, body):
    """The bytes of the reply to this request."""
    if dialect == "anthropic":
        rules.check(body)
        return b"".join(stream.encode(e) for e in stream.events(TURN, body, 1))
    wire = dialects.make("deepseek" if dialect == "chat" else dialect)
    wire.check(body)
    return b"".join(dialects.encode(*e) for e in wire.events(TURN, body, 1))


class Server:
    """Answers each connection by the next of its plan: (how, where)."""

    def __init__(self, dialect):
        self.dialect, self.bytes, self.plan, self.broken = dialect, None, [], None
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                c = self.listener.accept()[0]
            except OSError:
                return
            try:
                self.one(c)
            except (OSError, rules.Refused, AssertionError) as e:
                self.broken = self.broken or repr(e)
            c.close()

    def one(self, c):
        got = b""
        while b"\r\n\r\n" not in got:
            got += c.recv(65536)
        head, body = got.split(b"\r\n\r\n", 1)
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += c.recv(65536)
        if self.bytes is None:
            self.bytes = rendered(self.dialect, rules.parse(body))
        how, at, other = self.plan.pop(0) if self.plan else ("whole", 0, 0)
        self.send(c, how, at, other)

    def send(self, c, how, at, other):
        data, packed = self.bytes, how.endswith("packed")
        if packed:
            data = zlib.compress(data, wbits=31)
        if how == "odd":
            data = data[:at] + bytes([other]) + data[at + 1:]
        if how.startswith(("cut", "reset")):
            data = data[:at]
        pieces = [data[:at], data[at:]] if how.startswith("split") else [data]
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        c.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n%stransfer-encoding: chunked\r\n\r\n"
                  % (b"content-encoding: gzip\r\n" if packed else b""))
        for piece in pieces:
            if piece:
                c.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            if len(pieces) > 1:
                time.sleep(0.0003)
        if how.startswith("reset"):
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            c.sendall(b"0\r\n\r\n")


def shown(events, kind="text"):
    return "".join(e["text"] for e in events if e["type"] == kind)


def ended(events):
    """What the call gave: text, thinking and blocks, or None for an error."""
    last = events[-1]
    return (shown(events), shown(events, "thinking"), last["stop"], last["blocks"]) if "blocks" in last else None


def run(server, dialect, plan):
    """The events of one call for each of the plan."""
    model, key, base = WIRES[dialect]
    out = []
    for i in range(0, len(plan), BATCH):
        server.plan = list(plan[i:i + BATCH])
        asks = [dict(ask(user("hi")), fresh=True) for _ in server.plan]
        out += call(None, *asks, model=model, args=["--retries", -1], key=None, env={key: "test-key", base: server.url})
        check(not server.broken, server.broken)
    check(len(out) == len(plan), len(out), "of", len(plan))
    return out


def damaged(dialect, how):
    def test():
        server = Server(dialect)
        try:
            whole = ended(run(server, dialect, [("whole", 0, 0)])[0])
            check(whole and whole[0] == TURN["text"] and [b["kind"] for b in whole[3]].count("call") == 2, whole)
            size = len(zlib.compress(server.bytes, wbits=31)) if how.endswith("packed") else len(server.bytes)
            r = random.Random(1)
            plan = [(how, at, r.choice(ODD)) for at in range(0, size, STEP.get(how, 1))]
            seen = set()
            for (_, at, other), events in zip(plan, run(server, dialect, plan)):
                got = ended(events)
                where = (how, at, other, server.bytes[max(0, at - 40):at + 20], events[-1])
                seen.add(got is not None)
                if how.startswith("split"):
                    check(got == whole, where)
                elif how != "odd":
                    check(got in (None, whole), where)
                    check(whole[0].startswith(shown(events)), where, shown(events))
                elif got:
                    check(all(isinstance(json.loads(b["text"]), dict) for b in got[3] if b["kind"] == "call"), where)
            check(how.startswith("split") or False in seen, "nothing was an error")
        finally:
            server.listener.close()
    return f"{dialect}: {how} at each byte", test


if __name__ == "__main__":
    main([damaged(d, how) for d in WIRES for how in ("split", "cut", "reset", "odd", "split packed", "cut packed")])
