"""Shared by the suites of this folder: starts the fake provider, drives the call program, prints TAP.

The call program (call.c, linked with the library) is named by EMEND_CALL, or build/tests/model/call.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FAKE = os.path.join(ROOT, "tests", "fake")
CALL = os.environ.get("EMEND_CALL", os.path.join(ROOT, "build", "tests", "model", "call"))
MODEL = "anthropic/claude-opus-5-5"
TOOL = {"name": "read_file", "description": "Read a file.",
        "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}}


class Failed(Exception):
    pass


def check(condition, *what):
    if not condition:
        raise Failed(" ".join(str(w) for w in what))


def user(text):
    return {"role": "user", "blocks": [{"kind": "text", "text": text}]}


def result(call, text, **more):
    return {"role": "user", "blocks": [dict(kind="result", id=call, name="read_file", text=text, **more)]}


def ask(*turns, **more):
    return dict({"system": "You edit code.", "tools": [TOOL], "turns": list(turns)}, **more)


class Child:
    """A fake server: its port is the first line that it prints."""

    def __init__(self, script, *args):
        self.dir = tempfile.TemporaryDirectory(prefix="emend-test-")
        self.log_path = os.path.join(self.dir.name, "log")
        self.process = subprocess.Popen([sys.executable, os.path.join(FAKE, script), "--log", self.log_path, *args],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        check(line.strip().isdigit(), script, "did not start")
        self.port = int(line)

    def log(self):
        with open(self.log_path, encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def wait_log(self, condition):
        """Waits until the log satisfies the condition; the server writes it a moment after the client has the answer."""
        for _ in range(500):
            entries = self.log()
            if condition(entries):
                return entries
            time.sleep(0.01)
        raise Failed(f"never in the log: {self.log()}")

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.dir.cleanup()


class Provider(Child):
    def __init__(self, turns, *args, tls=None):
        self.scenario = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
        json.dump(turns, self.scenario)
        self.scenario.close()
        super().__init__("provider.py", "--scenario", self.scenario.name, *(["--tls", tls] if tls else []), *args)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def requests(self):
        return [e for e in self.log() if e["event"] == "request"]

    def __exit__(self, *args):
        super().__exit__(*args)
        os.unlink(self.scenario.name)


def call(base_url, *asks, model=MODEL, args=(), env=None, key="test-key"):
    """Runs the calls, and gives a list of event lists, one for each call."""
    clean = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "ASAN_OPTIONS": "detect_leaks=1"}
    if key is not None:
        clean["ANTHROPIC_API_KEY"] = key
    if base_url:
        clean["ANTHROPIC_BASE_URL"] = base_url
    clean.update(env or {})
    p = subprocess.run([CALL, model, *map(str, args)], input="".join(json.dumps(a) + "\n" for a in asks), text=True,
                       env=clean, capture_output=True, timeout=60, check=False)
    events = [json.loads(line) for line in p.stdout.split("\n") if line]
    check(p.returncode == 0 and events and events[-1] == {"type": "end", "clean": True},
          "exit", p.returncode, p.stdout[-2000:], p.stderr[-3000:])
    out = [[]]
    for e in events[:-1]:
        out[-1].append(e)
        if e["type"] in ("done", "error"):
            out.append([])
    return out[:-1]


def one(turns, *asks, server_args=(), **more):
    """One provider, its calls, and the log: (events of each call, requests)."""
    with Provider(turns, *server_args) as p:
        events = call(p.url, *(asks or [ask(user("hi"))]), **more)
        return events, p.requests()


def done(events):
    check(events[-1]["type"] == "done", "not done:", events[-1])
    return events[-1]


def message(events):
    check("message" in events[-1], "no error:", events[-1])
    return events[-1]["message"]


def text(events):
    """What was shown since the last restart."""
    out = ""
    for e in events:
        out = "" if e["type"] == "restart" else out + (e["text"] if e["type"] == "text" else "")
    return out


def main(tests):
    """Runs (name, function) pairs; prints TAP; ends the program."""
    failed = 0
    print(f"1..{len(tests)}")
    for n, (name, function) in enumerate(tests, 1):
        try:
            function()
            print(f"ok {n} - {name}", flush=True)
        except Exception as e:  # whatever went wrong, the other tests still run
            failed += 1
            print(f"not ok {n} - {name}", flush=True)
            for line in f"{type(e).__name__}: {e}".splitlines()[:20]:
                print(f"# {line[:1500]}")
    sys.exit(1 if failed else 0)


def collect(scope):
    """All functions test_*, in order; the doc string is the name."""
    return [(f.__doc__ or name, f) for name, f in scope.items() if name.startswith("test_") and callable(f)]
