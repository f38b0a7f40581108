"""The other end of the wire: starts `emend lsp`, frames messages, and holds every byte that the
server sends against the rules that hold for all editors. Standard library only."""

import json
import os
import queue
import re
import subprocess
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EMEND = os.environ.get("EMEND") or os.path.join(ROOT, "build", "emend")
HEADER = re.compile(rb"Content-Length: ([1-9][0-9]*)\r\n\r\n")
WAIT = float(os.environ.get("EMEND_TEST_WAIT", "15"))


class Failure(Exception):
    pass


def frame(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def check_value(value, path):
    """What no editor may ever be sent, whatever the message."""
    if isinstance(value, str):
        if any(0xD800 <= ord(c) < 0xE000 for c in value):
            raise Failure("%s: a lone surrogate" % path)
        if "\0" in value and path != "reply.result.text":  # emend/document: asked for to the byte
            raise Failure("%s: U+0000" % path)
    elif value is False and ".events" not in path and path != "window/showDocument.params.takeFocus":  # Neovim only
        raise Failure("%s: false, which some editors take for true" % path)
    elif isinstance(value, bool):
        pass
    elif isinstance(value, int):
        if not -2**31 <= value < 2**31 and not path.endswith(("rssBytes", "tokens", "startedMs")):
            raise Failure("%s: %d does not fit in 31 bits" % (path, value))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            check_value(item, "%s[%d]" % (path, i))
    elif isinstance(value, dict):
        for key, item in value.items():
            check_value(item, path + "." + key)


class Server:
    """One running server. Everything it sends lands in `inbox`, None at its end of file."""

    def __init__(self, args, env, cwd, log=None, split=False):
        self.split = split
        self.inbox = queue.Queue()
        self.broken = None
        self.log = log
        self.error = b""
        self.process = subprocess.Popen([EMEND] + args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=env, cwd=cwd, bufsize=0)
        self.threads = [threading.Thread(target=self.read_all, daemon=True),
                        threading.Thread(target=self.read_error, daemon=True)]
        for thread in self.threads:
            thread.start()

    def read_error(self):
        self.error = self.process.stderr.read()

    def read_all(self):
        data = b""
        while True:
            try:
                piece = os.read(self.process.stdout.fileno(), 1 << 16)
            except (OSError, ValueError):  # the test closed it
                piece = b""
            if not piece:
                break
            data += piece
            try:
                data = self.take_frames(data)
            except (Failure, ValueError) as error:
                self.broken = str(error)
                break
        if data and not self.broken:
            self.broken = "%d bytes after the last frame: %r" % (len(data), data[:80])
        self.inbox.put(None)

    def take_frames(self, data):
        while data:
            match = HEADER.match(data)
            if not match:
                if len(data) < 40 and b"Content-Length: "[:len(data)] == data[:16]:
                    return data
                raise Failure("not a frame header on stdout: %r" % data[:80])
            end = match.end() + int(match.group(1))
            if len(data) < end:
                return data
            message = json.loads(data[match.end():end].decode("utf-8"))
            data = data[end:]
            if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
                raise Failure("not one JSON-RPC message: %r" % message)
            check_value(message, message.get("method", "reply"))
            if message.get("method") == "window/showMessageRequest" and not message["params"].get("actions"):
                raise Failure("window/showMessageRequest without actions: %r" % message)
            if self.log:
                self.log.write("<-- %s\n" % json.dumps(message))
            self.inbox.put(message)
        return data

    def send_bytes(self, data):
        pieces = [data[i:i + 1] for i in range(len(data))] if self.split else [data]
        try:
            for piece in pieces:
                view = memoryview(piece)
                while view:
                    view = view[os.write(self.process.stdin.fileno(), view):]
        except BrokenPipeError:
            pass

    def send(self, message):
        message = dict({"jsonrpc": "2.0"}, **message)
        if self.log:
            self.log.write("--> %s\n" % json.dumps(message))
        self.send_bytes(frame(message))

    def close_input(self):
        self.process.stdin.close()

    def wait(self, seconds=WAIT):
        """The exit status; negative for a signal."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure("the server does not end")
        for thread in self.threads:
            thread.join(seconds)
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(2)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except OSError:
                pass


class Tap:
    """Test Anything Protocol on stdout."""

    def __init__(self):
        self.count = self.failed = 0

    def result(self, name, error=None):
        self.count += 1
        print("%s %d - %s" % ("not ok" if error else "ok", self.count, name))
        if error:
            self.failed += 1
            for line in str(error).splitlines():
                print("# " + line)

    def skip(self, name, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, why))

    def end(self):
        print("1..%d" % self.count)
        return 1 if self.failed else 0
