#!/usr/bin/env python3
"""bench.py - what Emend costs, beside a floor measured in the same run: the least that could do the same.

Run it by `make bench`. A ratio travels between machines; a time does not. Medians of several runs.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import busy
import execute
import many
import models
import sandbox
import search
import stall
import wrapped

EMEND, FLOOR = os.environ["EMEND"], os.environ["FLOOR"]
LINES = 100000


class Server:
    """A language server on pipes; requests carry their id first, as floor.c wants it."""

    def __init__(self, argv, env=None):
        self.started = time.perf_counter()
        self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  env=env, bufsize=0)
        self.n, self.pending = 0, b""

    def send(self, method, params, answer=False):
        message = {}
        if answer:
            self.n += 1
            message["id"] = self.n
        message.update(jsonrpc="2.0", method=method, params=params)
        body = json.dumps(message, separators=(",", ":")).encode()
        self.p.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def receive(self):
        while b"\r\n\r\n" not in self.pending:
            self.fill()
        head, rest = self.pending.split(b"\r\n\r\n", 1)
        length = int(head.split(b"Content-Length:")[1].split(b"\r\n")[0])
        self.pending = rest
        while len(self.pending) < length:
            self.fill()
        body, self.pending = self.pending[:length], self.pending[length:]
        return json.loads(body)

    def fill(self):
        data = self.p.stdout.read(65536)
        if not data:
            raise EOFError("the server ended")
        self.pending += data

    def ask(self, method, params):
        """Seconds until the answer; requests of the server in between are answered with null."""
        start = time.perf_counter()
        self.send(method, params, True)
        while True:
            m = self.receive()
            if "method" in m and "id" in m:
                body = json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}).encode()
                self.p.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            elif m.get("id") == self.n:
                return time.perf_counter() - start

    def initialize(self, root):
        self.ask("initialize", {"processId": os.getpid(), "rootUri": "file://" + root, "capabilities": {}})
        took = time.perf_counter() - self.started
        self.send("initialized", {})
        return took

    def proc(self, key):
        with open("/proc/%d/status" % self.p.pid, encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith(key + ":"))

    def stop(self):
        self.p.stdin.close()
        self.p.wait(10)


def start_up(argv, env, root):
    times = []
    for _ in range(20):
        s = Server(argv, env)
        times.append(s.initialize(root))
        s.stop()
    return statistics.median(times)


def idle(argv, env, root):
    s = Server(argv, env)
    s.initialize(root)
    time.sleep(0.5)
    before = s.proc("voluntary_ctxt_switches")
    time.sleep(3)
    wakes = s.proc("voluntary_ctxt_switches") - before
    rss = s.proc("VmRSS")
    s.stop()
    return rss, wakes


def typing(argv, env, root):
    """Latencies of codeAction, each after a typed character, in a file of LINES lines."""
    s = Server(argv, env)
    s.initialize(root)
    uri = "file://" + root + "/big.c"
    text = "".join("int value_%d = %d; /* a line of ordinary length */\n" % (i, i) for i in range(LINES))
    s.send("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "c", "version": 0, "text": text}})
    took = []
    for i in range(1, 2001):
        line = i * 7919 % LINES
        at = {"line": line, "character": 3}
        s.send("textDocument/didChange", {"textDocument": {"uri": uri, "version": i},
                                          "contentChanges": [{"range": {"start": at, "end": at}, "text": "x"}]})
        took.append(s.ask("textDocument/codeAction", {
            "textDocument": {"uri": uri}, "range": {"start": at, "end": {"line": line, "character": 4}},
            "context": {"diagnostics": []}}))
    s.stop()
    took = sorted(took[100:])
    return took[len(took) // 2], took[len(took) * 99 // 100]


def large_open(argv, env, root, size=50000000):
    """Seconds from the first byte of a didOpen of a source text to the answer of a request behind it; peak memory, KiB."""
    line = "int value = 5; /* a line of ordinary length, \"quoted\" */\n"
    uri = "file://" + root + "/large.c"
    body = json.dumps({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": uri, "languageId": "c", "version": 0, "text": line * (size // len(line))}}}).encode()
    frame = b"Content-Length: %d\r\n\r\n" % len(body)
    times, peaks = [], []
    for _ in range(5):
        s = Server(argv, env)
        s.initialize(root)
        start = time.perf_counter()
        s.p.stdin.write(frame)
        view = memoryview(body)
        while view:
            view = view[s.p.stdin.write(view):]
        s.ask("emend/tasks", {})
        times.append(time.perf_counter() - start)
        peaks.append(s.proc("VmHWM"))
        s.stop()
    return statistics.median(times), statistics.median(peaks), size


def task(env, work, turns):
    """Seconds of a whole `emend do` with this script."""
    script = os.path.join(env["XDG_STATE_HOME"], "script.jsonl")
    with open(script, "w", encoding="utf-8") as f:
        f.writelines(json.dumps(t) + "\n" for t in turns + [{"text": "Done."}])
    argv = [EMEND, "do", "--yes", "-q", "--max-turns", "1000", "--model", "scripted:" + script, "measure"]
    start = time.perf_counter()
    p = subprocess.run(argv, cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    if p.returncode != 0:
        raise RuntimeError("emend do failed: " + p.stdout.decode(errors="replace")[-500:])
    return time.perf_counter() - start


def slope(env, work, make, few, many, times=5):
    """Cost of one more turn: the difference of a long and a short task, so that start-up does not count."""
    low = statistics.median(task(env, work, [make(i) for i in range(few)]) for _ in range(times))
    high = statistics.median(task(env, work, [make(i) for i in range(many)]) for _ in range(times))
    return (high - low) / (many - few)


def plan(i):
    return {"calls": [{"name": "update_plan", "input": {"steps": [{"text": "step %d" % i, "status": "pending"}]}}]}


def command(i):
    return {"calls": [{"name": "run_command", "input": {"command": "true %d" % i}}]}


def repository(base, name, folders):
    """A folder of 100 files a sub-folder, and one file that a task edits."""
    path = os.path.join(base, name)
    for d in range(folders):
        os.makedirs(os.path.join(path, "d%d" % d))
        for i in range(100):
            with open(os.path.join(path, "d%d" % d, "f%d" % i), "w", encoding="utf-8") as f:
                f.write("text %d\n" % i)
    with open(os.path.join(path, "a.txt"), "w", encoding="utf-8") as f:
        f.write("one\n")
    return path


def size_of(folder):
    return sum(os.lstat(os.path.join(d, f)).st_size for d, _, files in os.walk(folder) for f in files)


def edit_and_undo(env, work, times=7):
    """Seconds of a task with one edit and of its undo, and bytes that one such pair leaves in the state folder."""
    edit = {"calls": [{"name": "edit_file", "input": {"path": "a.txt", "edits": [{"old_text": "one", "new_text": "two"}]}}]}
    sessions = os.path.join(env["XDG_STATE_HOME"], "emend", "sessions")
    before, took = size_of(sessions), []
    for _ in range(times):
        seconds = task(env, work, [edit])
        start = time.perf_counter()
        subprocess.run([EMEND, "undo", "-y"], cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        took.append((seconds, time.perf_counter() - start))
    return [statistics.median(t) for t in zip(*took)] + [(size_of(sessions) - before) / times]


def spawned(*argv):
    out = subprocess.run([FLOOR, "spawn", "100"] + list(argv), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return int(out.stdout) / 1e6 if out.returncode == 0 else None


def row(what, value, unit, floor=None, floor_name="floor"):
    scale = {"ms": 1e3, "us": 1e6, "MiB": 1 / 1024, "KiB": 1, "": 1}[unit]
    line = "%-44s %9.2f %-4s" % (what, value * scale, unit)
    if floor:
        line += " %s %.2f %s, ratio %.1f" % (floor_name, floor * scale, unit, value / floor)
    print(line, flush=True)


def main():
    base = tempfile.mkdtemp(prefix="emend-bench-")
    try:
        work = os.path.join(base, "work")
        for d in ("work", "config/emend", "state", "cache"):
            os.makedirs(os.path.join(base, d))
        env = dict(os.environ, HOME=base, XDG_CONFIG_HOME=base + "/config", XDG_STATE_HOME=base + "/state",
                   XDG_CACHE_HOME=base + "/cache")
        for key in ("EMEND_MODEL", "EMEND_MODE"):
            env.pop(key, None)
        subprocess.run(["git", "init", "-q", work], check=True)
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            cpu = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown")
        print("%s, %d cores, Linux %s" % (cpu, os.cpu_count(), os.uname().release))
        emend, floor = [EMEND, "lsp"], [FLOOR, "lsp"]

        row("start to initialize reply", start_up(emend, env, work), "ms", start_up(floor, env, work))
        rss, wakes = idle(emend, env, work)
        row("idle resident memory", rss, "MiB", idle(floor, env, work)[0])
        row("wake-ups in three idle seconds", wakes, "")
        p50, p99 = typing(emend, env, work)
        f50, f99 = typing(floor, env, work)
        row("code action while typing, 100,000 lines, p50", p50, "ms", f50)
        row("code action while typing, 100,000 lines, p99", p99, "ms", f99)
        took, peak, size = large_open(emend, env, work)
        least, least_peak, _ = large_open(floor, env, work)
        row("didOpen of a text of 50 MB", took, "ms", least)
        row("most memory at it", peak, "MiB", least_peak)
        row("the same, in sizes of the text", peak * 1024 / size, "")

        busy.measure(row, Server, env, base, work)
        turn = slope(env, work, plan, 10, 110)
        row("one model turn with one tool call", turn, "ms")
        sandboxed = slope(env, work, command, 10, 60) - turn
        row("one sandboxed command (sh -c true)", sandboxed, "ms", spawned("sh", "-c", "true"), "bare spawn")
        models.measure(row, env, work)
        sandbox.measure(row)
        execute.measure(row, env)
        wrapped.measure(row, env)
        many.measure(row, base, env, task)
        stall.measure(row)
        search.measure(row, base, lambda work, turns: task(env, work, turns))

        small, large = repository(base, "small", 1), repository(base, "large", 500)
        few, most = edit_and_undo(env, small), edit_and_undo(env, large)
        row("task with one edit, 50,000 files", most[0], "ms", few[0], "100 files")
        row("its undo, 50,000 files", most[1], "ms", few[1], "100 files")
        row("kept of it, 50,000 files", most[2] / 1024, "KiB", few[2] / 1024, "100 files")
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
