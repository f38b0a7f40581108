"""mcp_client - `emend mcp` and a client of it, by plain JSON lines."""
import json
import subprocess

from support import EMEND, SECONDS, expect

MODERN = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}}}


class Client:
    def __init__(self, w, cwd=None):
        self.p = subprocess.Popen([EMEND, "mcp"], cwd=cwd or w.path, env=w.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        self.n = 0

    def send(self, **message):
        self.p.stdin.write(json.dumps(dict({"jsonrpc": "2.0"}, **message)).encode() + b"\n")
        self.p.stdin.flush()

    def read(self):
        line = self.p.stdout.readline()
        expect(line.endswith(b"\n"), (line, self.p.poll()))
        return json.loads(line)

    def ask(self, method, params=None, modern=False):
        self.n += 1
        params = dict(params or {}, **(MODERN if modern else {}))
        self.send(id=self.n, method=method, params=params)
        answer = self.read()
        expect(answer["id"] == self.n, answer)
        return answer

    def open(self, version="2025-11-25"):
        result = self.ask("initialize", {"protocolVersion": version, "capabilities": {},
                                         "clientInfo": {"name": "t", "version": "1"}})["result"]
        self.send(method="notifications/initialized")
        return result

    def call(self, name, arguments, modern=False):
        return self.ask("tools/call", {"name": name, "arguments": arguments}, modern)

    def close(self):
        out, err = self.p.communicate(timeout=SECONDS)
        expect(self.p.returncode == 0 and not out, (self.p.returncode, out, err))
