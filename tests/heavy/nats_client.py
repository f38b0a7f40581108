"""nats_client - a small client of NATS for the suites of the fleet: requests from many threads, and back again after the server
was away. What was asked while the connection broke is asked no second time: the caller hears of it."""
import itertools
import json
import socket
import threading
import time


class NoAnswer(Exception):
    """With the reason: nobody listens, lost connection, too late."""


class Client:
    def __init__(self, port):
        self.port, self.sock, self.closed = port, None, False
        self.lock, self.waiting = threading.Lock(), {}
        self.numbers, self.inbox = itertools.count(1), "_INBOX.t%d" % time.monotonic_ns()
        self.up = threading.Event()
        self.twice = []  # answers that nobody waits for any more: (subject, payload)
        self.heard = {}  # of other subscriptions: subject -> list of payloads
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.closed:
            try:
                self.sock = socket.create_connection(("127.0.0.1", self.port), 10)
                self.sock.settimeout(None)
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.read(self.sock.makefile("rb"))
            except (OSError, ValueError):
                time.sleep(0.05)
            self.up.clear()

    def read(self, f):
        self.sock.sendall(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n' +
                          b"SUB %s.* 1\r\nPING\r\n" % self.inbox.encode())
        with self.lock:
            for i, subject in enumerate(self.heard):
                self.sock.sendall(b"SUB %s %d\r\n" % (subject.encode(), 2 + i))
        while True:
            line = f.readline()
            words = line.split()
            if not line:
                raise ValueError("closed")
            if words[0] == b"PING":
                self.sock.sendall(b"PONG\r\n")
            elif words[0] == b"PONG":
                self.up.set()
            elif words[0] in (b"MSG", b"HMSG"):
                body = f.read(int(words[-1]) + 2)[:-2]
                head = int(words[-2]) if words[0] == b"HMSG" else 0
                self.take(words[1].decode(), body[:head], body[head:])

    def take(self, subject, header, payload):
        if not subject.startswith(self.inbox):
            with self.lock:
                self.heard[subject].append(payload)
            return
        with self.lock:
            wait = self.waiting.pop(subject, None)
        if wait is None:
            self.twice.append((subject, payload))
            return
        wait[1:] = [header, payload]
        wait[0].set()

    def listen(self, subject, seconds=300):
        self.up.wait(seconds)
        with self.lock:
            self.heard[subject] = []
            n = 1 + len(self.heard)
        self.sock.sendall(b"SUB %s %d\r\nPING\r\n" % (subject.encode(), n))
        return self.heard[subject]

    def put(self, subject, reply, value):
        text = json.dumps(value).encode()
        with self.lock:
            self.sock.sendall(b"PUB %s %s %d\r\n%s\r\n" % (subject.encode(), reply.encode(), len(text), text))

    def ask(self, subject, value, headers=None, seconds=300):
        """(the answer's JSON, its headers as text)"""
        self.up.wait(seconds)
        reply = "%s.%d" % (self.inbox, next(self.numbers))
        wait = [threading.Event()]
        with self.lock:
            self.waiting[reply] = wait
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        head = b""
        if headers:
            head = b"NATS/1.0\r\n" + b"".join(b"%s: %s\r\n" % (k.encode(), v.encode()) for k, v in headers.items()) + b"\r\n"
        sizes = b"%d %d" % (len(head), len(head) + len(text)) if head else b"%d" % len(text)
        try:
            with self.lock:
                self.sock.sendall(b"%s %s %s %s\r\n%s%s\r\n" % (b"HPUB" if head else b"PUB", subject.encode(), reply.encode(),
                                                             sizes, head, text))
        except OSError as e:
            raise NoAnswer("not sent: %s" % e) from None
        if not wait[0].wait(seconds):
            raise NoAnswer("nothing came in %d s" % seconds)
        if b"503" in wait[1][:14]:
            raise NoAnswer("nobody listens")
        return json.loads(wait[2]), wait[1].decode()

    def close(self):
        self.closed = True
        if self.sock:
            self.sock.close()
