"""service - for the suites of `emend serve`: one that runs, and requests to it."""
import functools
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time

from support import EMEND, SECONDS, Skip, expect

TOKEN = "a-token-of-the-tests"
STARTED = []  # of the case
# Names of processes that only this run has.
SLEEP = str(100000 + os.getpid())


class Service:
    """emend serve on a unix socket of its own, or with a token on a port of the loopback."""

    def __init__(self, w, *args, port=False, path=None, **env):
        self.w, self.path = w, path or os.path.join(w.base, "serve.sock")
        self.token = TOKEN if port else None
        where = "127.0.0.1:0" if port else "unix:" + self.path
        env = dict(w.env, **env, **({"EMEND_SERVE_TOKEN": TOKEN} if port else {}))
        self.p = subprocess.Popen([EMEND, "serve", "--http", where, *args], cwd=w.path, env=env,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        STARTED.append(self.p)
        line = self.p.stderr.readline().decode()
        expect(line.startswith("emend: listening on "), line)
        self.name = line.split()[-1]
        self.log = []
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        self.wait_ready()

    def read_log(self):
        for line in self.p.stderr:
            self.log.append(json.loads(line))

    def wait_ready(self):
        until(lambda: self.ask("GET", "/readyz")[1].get("error", {}).get("code") not in ("starting",), "it is not ready")
        status, body, _ = self.ask("GET", "/readyz")
        if status == 503 and body["error"]["code"] == "sandbox":
            self.end()
            raise Skip("no sandbox here")
        expect(status == 200, body)

    def connect(self):
        if self.name.startswith("unix:"):
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(SECONDS)
            s.connect(self.path)
            return s
        return socket.create_connection(("127.0.0.1", int(self.name.rsplit(":", 1)[1])), SECONDS)

    def ask(self, method, path, body=None, headers=None):
        """(status, the JSON or text of the body, headers)"""
        c = http.client.HTTPConnection("localhost", timeout=SECONDS)
        c.sock = self.connect()
        given = {"Authorization": "Bearer " + self.token} if self.token else {}
        if body is not None:
            given["Content-Type"] = "application/json"
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        c.request(method, path, body, dict(given, **(headers or {})))
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        return r.status, json.loads(text) if r.headers.get_content_type() == "application/json" else text, r.headers

    def execute(self, language, code, headers=None, **more):
        status, a, _ = self.ask("POST", "/v1/execute", dict({"language": language, "code": code}, **more), headers)
        expect(status == 200, (status, a))
        return a

    def curl(self, path, *args):
        r = subprocess.run(["curl", "-sS", "--max-time", str(SECONDS), "--unix-socket", self.path, "http://localhost" + path,
                            *args], env=self.w.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        expect(r.returncode == 0, r)
        return json.loads(r.stdout)

    def post(self, path, **body):
        return self.curl(path, "-H", "Content-Type: application/json", "-d", json.dumps(body))

    def later(self, *args, **more):
        """ask() in a thread; the list gets its answer."""
        out = []
        t = threading.Thread(target=lambda: out.append(self.ask(*args, **more)), daemon=True)
        t.start()
        return t, out

    def state(self, **wanted):
        until(lambda: all(self.ask("GET", "/v1/status")[1][k] == v for k, v in wanted.items()), wanted)

    def end(self, number=signal.SIGTERM):
        self.p.send_signal(number)
        expect(self.p.wait(SECONDS) == (0 if number == signal.SIGTERM else -number), self.p.returncode)
        self.reader.join(SECONDS)
        expect(self.p.stdout.read() == b"", "nothing goes to stdout")


def until(what, why, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not what():
        expect(time.monotonic() < deadline, why)
        time.sleep(0.05)


def lives(command):
    return subprocess.run(["pgrep", "-f", "^" + command + "$"], stdout=subprocess.DEVNULL, check=False).returncode == 0


def tidy(case):
    """A case that fails leaves no service behind."""
    @functools.wraps(case)
    def run(w):
        try:
            case(w)
        finally:
            for p in STARTED:
                p.kill()
                p.wait()
            STARTED.clear()
    return run
