"""A client that keeps the bytes: for tests that compare a language server alone with the same one behind `emend lsp --wrap`."""

import json
import os
import queue
import subprocess
import sys
import threading

import wire

FAKE = os.path.join(wire.ROOT, "tests", "fake", "language_server.py")


class Client:
    """Runs argv; every body that comes is in `inbox` as bytes, None at the end."""

    def __init__(self, argv, cwd, env=None):
        self.inbox, self.next_id, self.kept = queue.Queue(), 0, []
        self.process = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        out = self.process.stdout
        while True:
            header = out.readline()
            if not header:
                break
            length = 0
            while header.strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
                header = out.readline()
            self.keep(out.read(length))
        self.inbox.put(None)

    def keep(self, body):
        self.inbox.put(body)

    def send(self, message):
        body = message if isinstance(message, bytes) else json.dumps(dict(jsonrpc="2.0", **message)).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def until(self, wanted):
        """The next body for which wanted(message) holds; those before it are kept for later."""
        for i, body in enumerate(self.kept):
            if wanted(json.loads(body)):
                return self.kept.pop(i)
        while True:
            body = self.inbox.get(timeout=wire.WAIT)
            if body is None:
                raise wire.Failure("the server has ended: %r" % (self.kept[-3:],))
            if wanted(json.loads(body)):
                return body
            self.kept.append(body)

    def message(self, method):
        return json.loads(self.until(lambda m: m.get("method") == method))

    def start(self, method, params):
        self.next_id += 1
        self.send({"id": self.next_id, "method": method, "params": params})
        return self.next_id

    def reply(self, number):
        return self.until(lambda m: m.get("id") == number and "method" not in m)

    def ask(self, method, params):
        """The body of the answer."""
        return self.reply(self.start(method, params))

    def result(self, method, params):
        answer = json.loads(self.ask(method, params))
        if "result" not in answer:
            raise wire.Failure("%s: %r" % (method, answer))
        return answer["result"]

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def initialize(self, root, encodings=("utf-16",), **more):
        params = {"processId": None, "rootUri": "file://" + root, "clientInfo": {"name": "test"}, "capabilities": dict({
            "general": {"positionEncodings": list(encodings)}, "window": {"workDoneProgress": True},
            "textDocument": {"codeLens": {}, "publishDiagnostics": {"versionSupport": True}, "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}}}},
            "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}}, **more)}
        result = self.result("initialize", params)
        self.notify("initialized", {})
        return result

    def open(self, uri, text, language="plaintext", version=1):
        self.notify("textDocument/didOpen", {"textDocument": {
            "uri": uri, "languageId": language, "version": version, "text": text}})

    def end(self):
        """Shutdown and exit; the status."""
        self.ask("shutdown", None)
        self.notify("exit", None)
        return self.process.wait(wire.WAIT)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def alone(root, *options, argv=None):
    return Client(argv or [sys.executable, FAKE, *options], root)


def wrapped(root, env, *options, argv=None):
    return Client([wire.EMEND, "lsp", "--wrap", "--"] + (argv or [sys.executable, FAKE, *options]), root, env)
