#!/usr/bin/env python3
"""A fake model provider on loopback, as strict as the real one: the Anthropic Messages API, or another dialect.

    provider.py --scenario FILE [--log FILE] [--tls DIR] [--port 0] [--key test-key] [--strict-prefix] [--dialect NAME]
        [--window TOKENS] [--cache]

NAME: anthropic, responses, gemini, chat, or one of the servers whose Chat Completions differ (dialects.QUIRKS).
Local ones also answer GET /v1/models.

The first line on stdout is the port. The scenario is a JSON list of turns (or {"turns": [...]}); each
request takes the first turn that is left, or, of turns with "match", the first whose text occurs in the
last user message. {"repeat": true} turns are never used up. A turn:

    {"thinking", "redacted", "text", "citations", "calls": [{"name", "input", "id"?}], "blocks": [raw],
     "stop", "stop_details", "usage": {input, cache_read, cache_write, output, reasoning},
     "match", "repeat", "delay_ms", "chunk_ms", "raw_input", "fault": NAME or {"kind": NAME, ...}}

Faults: status {status, type, message, headers, html, body} · stream_error {type, message, after} ·
cut {after} (reset) · eof {after} (clean end, no message_stop) · close (before any byte) · silence {after} ·
dribble {ms} · bytes (every byte alone) · json (whole reply, 200) · html (a page, 200) · linger (connection
stays open after message_stop) · gzip (compressed, though nobody asked) · html_stream (a page that claims
to be a stream) · noise (odd but legal framing) · ascii (escaped non-ASCII).
"after" counts events.

The log has one JSON object a line: "request" {n, path, headers, body, refused, prefix, turn}, and "end"
{n, complete, sent, ms, by: "server" or "client"}. Thinking is signed, and verified when it comes back.
"""

import argparse
import json
import select
import socket
import ssl
import struct
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cache
import dialects
import rules
import stream
import tls

HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Guest network</h1></body></html>"
SILENCE_S = 600


class Gone(Exception):
    """The client closed the connection."""


class Prefixes:
    """Is each request of a conversation the last one plus more? Caches live on that."""

    def __init__(self):
        self.chains = {}

    @staticmethod
    def strip(value):
        if isinstance(value, dict):
            return {k: Prefixes.strip(v) for k, v in value.items() if k != "cache_control"}
        return [Prefixes.strip(v) for v in value] if isinstance(value, list) else value

    @staticmethod
    def flat(messages):
        return [json.dumps([m["role"], b]) for m in messages for b in rules.blocks_of(m)]

    def take(self, body, dialect=None):
        """"new", "ok", or "broken: why"."""
        if dialect:
            head, blocks = dialect.conversation(body)
            first = all('"role": "user"' in b or b.startswith('["user"') for b in blocks)  # who may show images
        else:
            clean = self.strip(body)
            blocks = self.flat(clean["messages"])
            head = json.dumps([clean.get("tools"), clean.get("system"), clean["model"]])
            first = len(clean["messages"]) == 1
        known = self.chains.setdefault(blocks[0], [])
        best = 0
        for chain in known:
            same = 0
            while same < min(len(chain["blocks"]), len(blocks)) and chain["blocks"][same] == blocks[same]:
                same += 1
            if chain["head"] == head and same in (len(chain["blocks"]), len(blocks)):
                chain["blocks"] = blocks
                return "ok"
            best = max(best, same)
        known.append({"head": head, "blocks": blocks})
        if first:
            return "new"
        if best == len(blocks) or (known[:-1] and all(c["head"] != head for c in known[:-1])):
            return "broken: tools, system or model changed"
        return f"broken: block {best} of {len(blocks)} is not what it was"


class Scenario:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        self.turns = data["turns"] if isinstance(data, dict) else data
        self.used = set()
        self.lock = threading.Lock()

    def take(self, body, dialect=None):
        last = dialect.last(body) if dialect else json.dumps(body["messages"][-1], ensure_ascii=False)
        with self.lock:
            for matching in (True, False):
                for i, turn in enumerate(self.turns):
                    if i in self.used or ("match" in turn) != matching:
                        continue
                    if matching and json.dumps(turn["match"], ensure_ascii=False)[1:-1] not in last:
                        continue
                    if not turn.get("repeat"):
                        self.used.add(i)
                    return i, turn
        raise rules.Refused("the scenario has no more turns for this request")


class Log:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8") if path else None
        self.lock = threading.Lock()

    def write(self, **entry):
        if self.file:
            with self.lock:
                self.file.write(json.dumps(entry, ensure_ascii=False) + "\n")
                self.file.flush()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake"

    def log_message(self, *args):
        pass

    # --- sending ---

    def put(self, data):
        try:
            self.connection.sendall(data)
        except OSError as e:
            raise Gone from e

    def wait(self, seconds):
        """Sleeps; notices at once when the client goes."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.connection], [], [], left)[0]:
                try:
                    data = self.connection.recv(1) if isinstance(self.connection, ssl.SSLSocket) else \
                        self.connection.recv(1, socket.MSG_PEEK)
                except OSError:
                    data = b""
                if not data:
                    raise Gone
                time.sleep(min(left, 0.01))

    def head(self, status, content, extra=()):
        lines = [f"HTTP/1.1 {status} Fake", f"content-type: {content}", f"request-id: req_{self.n}"]
        lines += [f"{k}: {v}" for k, v in dict(extra).items()]
        self.put(("\r\n".join(lines) + "\r\n").encode())

    def whole(self, status, content, body, extra=()):
        self.head(status, content, dict(extra, **{"content-length": len(body)}))
        self.put(b"\r\n" + body)

    def chunk(self, data):
        self.put(b"%x\r\n%s\r\n" % (len(data), data))
        self.sent += len(data)

    def error(self, status, kind, message, extra=()):
        if self.server.dialect:
            body = json.dumps(self.server.dialect.error(status, message)).encode()
            self.whole(status, "application/json", body, extra)
            return
        body = {"type": "error", "error": {"type": kind, "message": message, "details": None},
                "request_id": f"req_{self.n}"}
        self.whole(status, "application/json", json.dumps(body).encode(), extra)

    # --- faults ---

    def reset(self):
        """Ends the connection with a TCP reset, as a crashed or restarted server does."""
        raw = self.connection
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        raw.close()

    def status_fault(self, fault):
        status = fault.get("status", 500)
        types = {401: "authentication_error", 402: "billing_error", 403: "permission_error",
                 404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error",
                 529: "overloaded_error", 400: "invalid_request_error"}
        headers = fault.get("headers", {})
        if fault.get("html"):
            self.whole(status, "text/html", HTML, headers)
        elif "body" in fault:
            self.whole(status, "text/plain", fault["body"].encode(), headers)
        else:
            self.error(status, fault.get("type", types.get(status, "api_error")),
                       fault.get("message", f"made up error {status}"), headers)

    def send_stream(self, turn, body, fault):
        kind = fault.get("kind")
        after = fault.get("after", 4)
        encode = stream.noisy if kind == "noise" else lambda e: stream.encode(e, kind == "ascii")
        headers = {"transfer-encoding": "chunked", "cache-control": "no-cache"}
        self.head(200, "text/event-stream; charset=utf-8", dict(headers, **{"content-encoding": "gzip"} if kind == "gzip" else {}))
        self.put(b"\r\n")
        if kind == "noise":
            self.chunk(b"\xef\xbb\xbf")
        dialect = self.server.dialect
        if dialect:
            events = dialect.events(turn, body, self.n)

            def encode(event):
                return dialects.encode(*event, kind == "ascii")
        else:
            events = stream.events(turn, body, self.n)
        if kind == "gzip":
            pack, plain = zlib.compressobj(wbits=31), encode

            def encode(event):
                return pack.compress(plain(event)) + pack.flush(zlib.Z_SYNC_FLUSH)
        for i, event in enumerate(events):
            if kind in ("cut", "eof", "silence", "stream_error") and i == after:
                if kind == "cut":
                    self.wait(0.05)
                    return self.reset()
                if kind == "silence":
                    self.wait(fault.get("s", SILENCE_S))
                    return None
                if kind == "stream_error" and dialect:
                    self.chunk(encode(dialect.stream_error(fault.get("message", "Overloaded"))))
                elif kind == "stream_error":
                    error = {"type": fault.get("type", "overloaded_error"), "message": fault.get("message", "Overloaded")}
                    self.chunk(stream.encode({"type": "error", "error": error, "request_id": f"req_{self.n}"}))
                break
            data = encode(event)
            if kind == "bytes":
                for k in range(len(data)):
                    self.chunk(data[k:k + 1])
            elif kind == "dribble":
                for k in range(0, len(data), 16):
                    self.chunk(data[k:k + 16])
                    self.wait(fault.get("ms", 2) / 1000)
            else:
                self.chunk(data)
            if turn.get("chunk_ms") and (dialect or event["type"] == "content_block_delta"):
                self.wait(turn["chunk_ms"] / 1000)
        else:
            if kind == "gzip":
                self.chunk(pack.flush())
            self.complete = True
            if kind == "linger":
                self.wait(fault.get("s", SILENCE_S))
        self.put(b"0\r\n\r\n")
        return None

    def reply(self, turn, body):
        fault = turn.get("fault", {})
        fault = {"kind": fault} if isinstance(fault, str) else fault
        kind = fault.get("kind")
        self.wait(turn.get("delay_ms", 0) / 1000)
        if kind == "status":
            self.status_fault(fault)
        elif kind == "close":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif kind == "silence" and "after" not in fault:
            self.wait(fault.get("s", SILENCE_S))
        elif kind == "html_stream":
            self.whole(200, "text/event-stream", HTML)
        elif kind == "html":
            self.whole(200, "text/html", HTML)
        elif self.server.dialect and (kind == "json" or not self.server.dialect.streams(self.path, body)):
            d = self.server.dialect
            one = d.whole if not d.streams(self.path, body) else getattr(d, "listed", d.whole)
            whole = one(turn, body, self.n)
            self.whole(200, "application/json", json.dumps(whole).encode())
            self.complete = True
        elif not self.server.dialect and (kind == "json" or not body.get("stream")):
            blocks = stream.blocks_of(turn, body["model"], self.n)
            usage = stream.usage_of(turn, body, blocks)
            self.whole(200, "application/json", json.dumps(stream.message(turn, body, self.n, blocks, usage)).encode())
            self.complete = True
        else:
            self.send_stream(turn, body, fault)

    # --- one request ---

    def check_prefix(self, entry, body, dialect=None):
        s = self.server
        entry["prefix"] = s.prefixes.take(body, dialect)
        if entry["prefix"].startswith("broken"):
            print(f"request {self.n}: prefix {entry['prefix']}", file=sys.stderr, flush=True)
            rules.need(not s.strict_prefix, f"prompt prefix {entry['prefix']}")

    def accept(self, raw, entry):
        """Checks everything, and gives the turn to answer with."""
        s = self.server
        headers = {k.lower(): v for k, v in self.headers.items()}
        if s.dialect:
            rules.need(s.dialect.matches(self.path), f"no such path: {self.path}", 404)
            s.dialect.headers(headers, s.key)
            body = entry["body"] = rules.parse(raw)
            s.dialect.check(body)
            self.fits(body)
            self.check_prefix(entry, body, s.dialect)
            entry["turn"], turn = s.scenario.take(body, s.dialect)
            return body, self.count(body, turn, entry)
        rules.need(self.path == "/v1/messages", f"no such path: {self.path}", 404, "not_found_error")
        rules.check_headers(headers, s.key)
        body = entry["body"] = rules.parse(raw)
        rules.check(body, s.paused)
        self.check_prefix(entry, body)
        self.fits(body)
        entry["turn"], turn = s.scenario.take(body)
        s.paused = turn.get("stop") == "pause_turn"
        return body, self.count(body, turn, entry)

    def fits(self, body):
        tokens = cache.size(body)
        rules.need(not self.server.window or tokens <= self.server.window,
                   f"prompt is too long: {tokens} tokens > {self.server.window} maximum")

    def count(self, body, turn, entry):
        """The turn, with the usage that the prompt's cache makes of it."""
        if not self.server.cache or "usage" in turn:
            return turn
        fresh, read, written = self.server.cache.count(body, not self.server.dialect)
        entry["counted"] = {"input": fresh, "cache_read": read, "cache_write": written}
        return dict(turn, usage=entry["counted"])

    def do_POST(self):
        self.n = self.server.number()
        self.sent, self.complete, by = 0, False, "server"
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        entry = {"event": "request", "n": self.n, "path": self.path,
                 "headers": {k.lower(): v for k, v in self.headers.items()}, "bytes": len(raw)}
        started = time.monotonic()
        try:
            try:
                body, turn = self.accept(raw, entry)
            except rules.Refused as e:
                entry["refused"] = e.message
                self.server.log.write(**entry)
                self.error(e.status, e.kind, e.message)
            else:
                self.server.log.write(**entry)
                self.reply(turn, body)
        except Gone:
            by = "client"
            self.close_connection = True
        self.server.log.write(event="end", n=self.n, complete=self.complete, sent=self.sent, by=by,
                              ms=round((time.monotonic() - started) * 1000))

    def do_GET(self):
        if self.server.dialect and self.path == "/v1/models":
            self.n, self.sent = 0, 0
            models = {"object": "list", "data": [{"id": "qwen3-coder", "object": "model"}]}
            self.whole(200, "application/json", json.dumps(models).encode())
            self.close_connection = True
            return
        self.n = self.server.number()
        self.error(404, "not_found_error", f"no such path: {self.path}")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, options):
        super().__init__(("127.0.0.1", options.port), Handler)
        self.scenario = Scenario(options.scenario)
        self.log = Log(options.log)
        self.key, self.strict_prefix = options.key, options.strict_prefix
        self.dialect = None if options.dialect == "anthropic" else dialects.make(options.dialect)
        self.prefixes, self.paused, self.count = Prefixes(), False, 0
        self.window, self.cache = options.window, cache.Cache() if options.cache else None
        self.lock = threading.Lock()
        self.context = None
        if options.tls:
            cert, key = tls.make(options.tls)
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(cert, key)

    def number(self):
        with self.lock:
            self.count += 1
            return self.count

    def finish_request(self, request, client_address):
        if self.context:  # here, in the connection's own thread, so that a slow handshake stops nobody
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except (ssl.SSLError, OSError):
                self.log.write(event="tls-failed")
                return
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.RequestHandlerClass(request, client_address, self)

    def handle_error(self, request, client_address):
        kind = sys.exc_info()[0]
        if kind and not issubclass(kind, (OSError, ValueError)):
            super().handle_error(request, client_address)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--scenario", required=True)
    p.add_argument("--log")
    p.add_argument("--tls", metavar="DIR", help="serve HTTPS; DIR/ca.pem is the CA to trust")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--key", default="test-key")
    p.add_argument("--dialect", default="anthropic")
    p.add_argument("--strict-prefix", action="store_true", help="refuse a request that breaks the prompt cache")
    p.add_argument("--window", type=int, default=0, help="refuse a prompt of more tokens")
    p.add_argument("--cache", action="store_true", help="count the tokens as a prompt cache would")
    server = Server(p.parse_args())
    print(server.server_address[1], flush=True)
    try:
        server.serve_forever(poll_interval=0.05)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
