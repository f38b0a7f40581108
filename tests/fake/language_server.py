#!/usr/bin/env python3
"""language_server.py - a small language server whose every answer follows from the text, for tests of what stands
beside it (the plugins) and in front of it (emend lsp --wrap). Standard library only.

It follows documents incrementally, reports each word BAD as an error (with the document's version), knows a word's
references, definition and rename in all open documents, and offers one code action, one lens and one command. Odd
things are done on request, so that a test can look at them:

    method fake/echo          answers its own params, byte for byte as they came
    command fake.ask          asks the client fake/question under an id of its own, and tells the answer by fake/answered
    command fake.progress     creates a progress, begins and ends it
    command fake.apply        a workspace/applyEdit: the first line of the document becomes "applied"
    notification fake/crash   exits at once, status 3;  fake/hang: never answers anything again

Options: --utf8 (takes utf-8 if offered), --log FILE (every body that came, a line each), --publish-ms N (diagnostics
come that late), --full (wants whole texts).
"""
import json
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "session"))
import editor  # noqa: E402

WORD = re.compile(r"\w+")


class Server:
    def __init__(self, argv):
        def value(name):
            return argv[argv.index(name) + 1] if name in argv else None

        self.utf8, self.full = "--utf8" in argv, "--full" in argv
        self.log = open(value("--log"), "ab", buffering=0) if value("--log") else None
        self.publish_s = int(value("--publish-ms") or 0) / 1000
        self.encoding, self.docs, self.lock = "utf-16", {}, threading.Lock()
        self.next_id, self.calls = 1, {}

    def raw(self, body):
        with self.lock:
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            sys.stdout.buffer.flush()

    def send(self, message):
        self.raw(json.dumps(dict(jsonrpc="2.0", **message), ensure_ascii=False).encode())

    def call(self, method, params, done=None):
        self.calls[self.next_id] = done
        self.send({"id": self.next_id, "method": method, "params": params})
        self.next_id += 1

    # --- what it knows ---

    def range(self, text, start, end):
        return {"start": editor.position_of(text, start, self.encoding),
                "end": editor.position_of(text, end, self.encoding)}

    def word_at(self, params):
        text = self.docs[params["textDocument"]["uri"]][1]
        at = editor.offset_of(text, params["position"], self.encoding)
        for m in WORD.finditer(text):
            if m.start() <= at <= m.end():
                return m.group()
        return None

    def places(self, params):
        word = self.word_at(params)
        return [{"uri": uri, "range": self.range(text, m.start(), m.end())}
                for uri, (_, text) in self.docs.items() for m in WORD.finditer(text) if m.group() == word]

    def publish(self, uri):
        if self.publish_s:
            time.sleep(self.publish_s)
        version, text = self.docs[uri]
        bad = [{"range": self.range(text, m.start(), m.end()), "severity": 1, "source": "fake", "message": "this is bad"}
               for m in re.finditer("BAD", text)]
        self.send({"method": "textDocument/publishDiagnostics",
                   "params": {"uri": uri, "version": version, "diagnostics": bad}})

    # --- what it is told ---

    def initialize(self, params):
        offered = params["capabilities"].get("general", {}).get("positionEncodings", [])
        capabilities = {
            "textDocumentSync": {"openClose": True, "change": 1 if self.full else 2, "save": {"includeText": True}},
            "hoverProvider": True, "referencesProvider": True, "definitionProvider": True, "renameProvider": True,
            "codeActionProvider": {"codeActionKinds": ["quickfix", "source"], "resolveProvider": True},
            "codeLensProvider": {"resolveProvider": True},
            "executeCommandProvider": {"commands": ["fake.ask", "fake.progress", "fake.apply"]},
        }
        if self.utf8 and "utf-8" in offered:
            self.encoding = capabilities["positionEncoding"] = "utf-8"
        return {"capabilities": capabilities, "serverInfo": {"name": "fake", "version": "1"}}

    def command(self, params):
        name = params["command"]
        if name == "fake.ask":
            self.call("fake/question", {"text": "ü"}, lambda m: self.send(
                {"method": "fake/answered", "params": {"answer": m.get("result"), "error": m.get("error")}}))
        elif name == "fake.progress":
            def begin(_):
                for value in ({"kind": "begin", "title": "fake work"}, {"kind": "end"}):
                    self.send({"method": "$/progress", "params": {"token": 1, "value": value}})
            self.call("window/workDoneProgress/create", {"token": 1}, begin)
        elif name == "fake.apply":
            uri = params["arguments"][0]
            text = self.docs[uri][1]
            end = {"line": 0, "character": editor.units(text.split("\n")[0], self.encoding)}
            self.call("workspace/applyEdit", {"edit": {"changes": {uri: [
                {"range": {"start": {"line": 0, "character": 0}, "end": end}, "newText": "applied"}]}}})
        return {"ran": name}

    def request(self, method, params):
        if method == "initialize":
            return self.initialize(params)
        if method == "textDocument/hover":
            return {"contents": str(self.word_at(params))}
        if method == "textDocument/references":
            return self.places(params)
        if method == "textDocument/definition":
            return (self.places(params) or [None])[0]
        if method == "textDocument/rename":
            changes = {}
            for place in self.places(params):
                changes.setdefault(place["uri"], []).append({"range": place["range"], "newText": params["newName"]})
            return {"changes": changes}
        if method == "textDocument/codeAction":
            return [{"title": "Fake: fix it", "kind": "quickfix", "data": {"n": 1, "x": 1.50}}]
        if method == "codeAction/resolve":
            return dict(params, command={"title": "t", "command": "fake.progress"})
        if method == "textDocument/codeLens":
            zero = {"line": 0, "character": 0}
            return [{"range": {"start": zero, "end": zero}, "data": 7}]
        if method == "codeLens/resolve":
            return dict(params, command={"title": "fake lens", "command": "fake.progress"})
        if method == "workspace/executeCommand":
            return self.command(params)
        if method == "shutdown":
            return None
        raise LookupError("the fake server does not know " + method)

    def notification(self, method, params):
        if method == "textDocument/didOpen":
            doc = params["textDocument"]
            self.docs[doc["uri"]] = (doc["version"], doc["text"])
            self.publish(doc["uri"])
        elif method == "textDocument/didChange":
            doc = params["textDocument"]
            text = editor.apply_changes(self.docs[doc["uri"]][1], params["contentChanges"], self.encoding)
            self.docs[doc["uri"]] = (doc["version"], text)
            self.publish(doc["uri"])
        elif method == "textDocument/didClose":
            del self.docs[params["textDocument"]["uri"]]
        elif method == "fake/crash":
            sys.stderr.write("fake: crashing as asked\n")
            sys.stderr.flush()
            os._exit(3)
        elif method == "fake/hang":
            while True:
                time.sleep(3600)
        elif method == "exit":
            os._exit(0)

    def take(self, body):
        if self.log:
            self.log.write(body.replace(b"\n", b" ") + b"\n")
        m = json.loads(body)
        if "method" not in m:
            done = self.calls.pop(m["id"], None)
            if done:
                done(m)
        elif "id" not in m:
            self.notification(m["method"], m.get("params"))
        elif m["method"] == "fake/echo":
            params = body[body.index(b'"params":') + 9:body.rindex(b"}")]
            self.raw(b'{"jsonrpc":"2.0","id":%s,"result":%s}' % (json.dumps(m["id"]).encode(), params))
        else:
            try:
                self.send({"id": m["id"], "result": self.request(m["method"], m.get("params"))})
            except LookupError as e:
                self.send({"id": m["id"], "error": {"code": -32601, "message": str(e)}})

    def run(self):
        stdin = sys.stdin.buffer
        while True:
            length = 0
            for line in iter(stdin.readline, b"\r\n"):
                if not line:
                    return
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.take(stdin.read(length))


if __name__ == "__main__":
    Server(sys.argv[1:]).run()
