#!/usr/bin/env python3
"""An HTTP CONNECT proxy for tests: records which hosts are asked for, and maps names to loopback ports.

    proxy.py --log FILE [--map HOST:PORT=PORT]... [--auth USER:PASSWORD] [--deny] [--port 0]

The first line on stdout is the port. What is not mapped is refused with 502: nothing leaves the machine.
The log has one JSON object a line: {"connect": "HOST:PORT", "status": 200}.
"""

import argparse
import base64
import json
import select
import socket
import socketserver
import threading

PIECE = 65536


def pump(a, b):
    """Copies both ways until one side ends."""
    peers = {a: b, b: a}
    while True:
        for s in select.select([a, b], [], [])[0]:
            data = s.recv(PIECE)
            if not data:
                return
            peers[s].sendall(data)


class Handler(socketserver.StreamRequestHandler):
    def answer(self, status, target, extra=""):
        with self.server.lock:
            self.server.log.write(json.dumps({"connect": target, "status": status}) + "\n")
            self.server.log.flush()
        self.wfile.write(f"HTTP/1.1 {status} Proxy\r\n{extra}content-length: 0\r\n\r\n".encode()
                         if status != 200 else b"HTTP/1.1 200 Connected\r\n\r\n")

    def handle(self):
        o = self.server.options
        method, target = (self.rfile.readline().decode("latin-1").split() + ["", ""])[:2]
        headers = {}
        while (line := self.rfile.readline().decode("latin-1").strip()):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        want = "Basic " + base64.b64encode(o.auth.encode()).decode() if o.auth else None
        if want and headers.get("proxy-authorization") != want:
            return self.answer(407, target, 'Proxy-Authenticate: Basic realm="fake"\r\n')
        if o.deny or method != "CONNECT":
            return self.answer(403, target)
        if target not in self.server.targets:
            return self.answer(502, target)
        try:
            with socket.create_connection(("127.0.0.1", self.server.targets[target])) as upstream:
                self.answer(200, target)
                pump(self.connection, upstream)
        except OSError:
            pass
        return None


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--log", required=True)
    p.add_argument("--map", action="append", default=[])
    p.add_argument("--auth")
    p.add_argument("--deny", action="store_true")
    p.add_argument("--port", type=int, default=0)
    options = p.parse_args()
    with Server(("127.0.0.1", options.port), Handler) as server:
        server.options = options
        server.targets = {m.partition("=")[0]: int(m.partition("=")[2]) for m in options.map}
        server.log = open(options.log, "w", encoding="utf-8")
        server.lock = threading.Lock()
        print(server.server_address[1], flush=True)
        try:
            server.serve_forever(poll_interval=0.05)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
