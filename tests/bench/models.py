"""models - what a model behind HTTP costs, on each wire format: from the start of the program to its first request, CPU
of a turn with one call of a tool, and how long a streamed word takes through Emend, beside curl on the same stream. The
server only sends bytes that were made beforehand."""
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fake"))
import dialects  # noqa: E402
import stream  # noqa: E402

EMEND = os.environ["EMEND"]
WIRES = {
    "anthropic": ("anthropic/claude-opus-5-5", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
    "responses": ("openai/gpt-6.2-sol", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "chat": ("deepseek/deepseek-v4-pro", "DEEPSEEK_API_KEY", "DEEPSEEK_BASE_URL"),
    "gemini": ("gemini/gemini-3.8-flash", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
}
FEW, MANY, ROUNDS = 5, 85, 5
WORDS, GAP_S = 60, 0.004
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def rendered(wire, turn, n):
    """The events of a reply, each as its bytes."""
    turn, body = dict(turn, usage={"input": 100, "output": 50}), {"model": WIRES[wire][0].split("/")[1], "messages": []}
    if wire == "anthropic":
        return [stream.encode(e) for e in stream.events(turn, body, n)]
    return [dialects.encode(*e) for e in dialects.make("deepseek" if wire == "chat" else wire).events(turn, body, n)]


def plan(wire, i):
    call = {"name": "update_plan", "input": {"steps": [{"text": "step %d" % i, "status": "pending"}]}}
    return b"".join(rendered(wire, {"calls": [dict(call, id="call%05d" % i)]}, i))


class Server:
    """Connections stay open, as those of the real ones do. replies: one a request; a list is sent word by word."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.replies, self.asked, self.sent = [], [], []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:  # it was closed: the measurement is over
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, c):
        got = b""
        while True:
            while b"\r\n\r\n" not in got:
                data = c.recv(262144)
                if not data:
                    c.close()
                    return
                got += data
            head, got = got.split(b"\r\n\r\n", 1)
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            while len(got) < length:
                got += c.recv(262144)
            self.asked.append(time.perf_counter())
            got = got[length:]
            reply = self.replies.pop(0)
            c.sendall(HEAD)
            for part in reply if isinstance(reply, list) else [reply]:
                if isinstance(reply, list) and b"word" in part:
                    time.sleep(GAP_S)
                    self.sent.append(time.perf_counter())
                c.sendall(chunk(part))
            c.sendall(b"0\r\n\r\n")


def environment(env, wire, server):
    model, key, base = WIRES[wire]
    return dict(env, **{key: "test-key", base: server.url, "EMEND_MODEL": model})


def turns(env, work, wire, server, n):
    """CPU seconds of a task of n turns."""
    server.replies = [plan(wire, i) for i in range(n)] + [b"".join(rendered(wire, {"text": "Done."}, n))]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([EMEND, "do", "--yes", "-q", "--max-turns", "1000", "--max-usd", "50", "measure"], cwd=work,
                   env=environment(env, wire, server), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def delay(argv, env, work, server, wire):
    """Seconds from the start of the program to its request, and, median, from the sending of a word to its arrival on
    the program's standard output."""
    server.asked, server.sent, seen, start = [], [], [], time.perf_counter()
    server.replies = [rendered(wire, {"text": "word " * WORDS}, 1)]
    p = subprocess.Popen(argv, cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    got = b""
    while data := os.read(p.stdout.fileno(), 65536):
        now, before = time.perf_counter(), got.count(b"word")
        got += data
        seen += [now] * (got.count(b"word") - before)
    p.wait()
    waits = [b - a for a, b in zip(server.sent, seen[:len(server.sent)])]
    return server.asked[0] - start, statistics.median(waits)


def measure(row, env, work):
    for wire in WIRES:
        server = Server()
        cost, words, curl = [], [], []
        for _ in range(ROUNDS):
            cost.append((turns(env, work, wire, server, MANY) - turns(env, work, wire, server, FEW)) / (MANY - FEW))
            words.append(delay([EMEND, "do", "--yes", "--json", "measure"], environment(env, wire, server), work, server, wire))
            curl.append(delay(["curl", "-sN", "-d", json.dumps({}), server.url], env, work, server, wire))
        (start, word), (floor, least) = [[statistics.median(m) for m in zip(*took)] for took in (words, curl)]
        row("start to first request, %s" % wire, start, "ms", floor, "curl")
        row("CPU of a model turn with one call, %s" % wire, statistics.median(cost), "ms")
        row("a streamed word, %s" % wire, word, "us", least, "curl")
        server.listener.close()
