#!/usr/bin/env python3
"""money - random schedules of what can make a budget wrong.   usage: money.py [SCHEDULES [SEED]]

Each: several programs at once on one state folder, against a provider that answers, fails, is cut off, forgets to say
what it used or lies about it; models with and without a price; kills in the middle; a clock that is set forward and back
while they run. The provider keeps its own account. Then: no task, session or day cost more than its limit, where nothing
was killed, cut or lied about the ledger says to the last digit what the provider says, else it says no less and that it
is an estimate, and no reservation is left."""
import datetime
import json
import os
import random
import re
import signal
import sqlite3
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import ThreadingHTTPServer

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "fake"), os.path.join(TESTS, "cli")]
import provider  # noqa: E402
import rules  # noqa: E402
from support import EMEND, Workspace, all_is_the_same_again, expect  # noqa: E402

CLOCK = os.path.join(os.path.dirname(EMEND), "tests/fault/preload/clock.so")
PRICES = {"claude-haiku-4-5": (1, 5), "claude-sonnet-5-5": (2, 10)}  # USD a million tokens
NO_PRICE = "claude-next-9"
LIES = [{"input": None, "output": None}, {"input": 0, "output": 0}, {"input": -5, "output": -5}, {"input": "7", "output": "7"},
        {"input": 2 ** 64, "output": 2 ** 64}]
DAY = 86400
SIDE_BY_SIDE = 4  # schedules: they mostly wait


class Bank:
    """What the provider charged: one entry a request."""

    def __init__(self, rng, clock):
        self.rng, self.clock, self.lock, self.calls = rng, clock, threading.Lock(), []

    def turn(self, body, size):
        """What to answer; what that costs is noted."""
        task = re.search(r"task-(\d+)", json.dumps(body["messages"])).group(1)
        model = body["model"]
        with self.lock:
            rng, made = self.rng, sum(c["task"] == task for c in self.calls)
            call = {"task": task, "model": model, "input": size // 4, "output": 0, "exact": True, "seen": True,
                    "day": (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.clock.wrong_by)).date()}
            self.calls.append(call)
            turn = {"text": "word " * rng.randrange(1, 200), "delay_ms": rng.randrange(30)}
            if made < rng.randrange(1, 8):
                turn["calls"] = [{"name": "list_files", "input": {"path": "x%d" % len(self.calls)}}]
            kind = rng.random()
            if kind < 0.08:
                call.update(exact=False, input=0)
                turn["fault"] = rng.choice(["close", {"kind": "status", "status": rng.choice([500, 529]), "headers": {"retry-after-ms": "5"}}])
            elif kind < 0.16:
                kind = rng.choice(["cut", "eof", "stream_error"])
                call.update(exact=False, seen=kind != "cut")  # a reset takes what was not read yet with it
                turn["fault"] = {"kind": kind, "after": rng.randrange(1, 4)}
            elif kind < 0.28:
                call.update(exact=False, output=len(turn["text"]) // 4)
                turn["usage"] = rng.choice(LIES)
            else:
                said = len(turn["text"]) // 3 + 60 * len(turn.get("calls", []))
                call["output"] = min(body["max_tokens"], max(said, int(body["max_tokens"] * rng.choice([0.01, 0.1, 0.5, 1]))))
                turn["usage"] = {"input": call["input"], "output": call["output"]}
            return turn

    def cost(self, task=None, seen=False):
        return sum((c["input"] * PRICES[c["model"]][0] + c["output"] * PRICES[c["model"]][1]) / 1e6 for c in self.calls
                   if c["model"] in PRICES and task in (None, c["task"]) and c["seen"] >= seen)

    def tokens(self, task):
        return sum(c["input"] + c["output"] for c in self.calls if c["task"] == task)


class Teller(provider.Handler):
    def accept(self, raw, entry):
        rules.check_headers({k.lower(): v for k, v in self.headers.items()}, self.server.key)
        body = entry["body"] = rules.parse(raw)
        rules.check(body)
        return body, self.server.bank.turn(body, len(raw))


class Silent:
    def write(self, **entry):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    dialect, key, log, count = None, "test-key", Silent(), 0

    def __init__(self, bank):
        super().__init__(("127.0.0.1", 0), Teller)
        self.bank, self.lock = bank, threading.Lock()
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def number(self):
        with self.lock:
            self.count += 1
            return self.count

    def handle_error(self, request, client_address):
        pass  # the client was killed


class Clock:
    def __init__(self, path):
        self.path, self.wrong_by, self.day, self.forward = path, 0, datetime.date.min, 0
        self.set(0)

    def set(self, seconds):
        """Counts how often a later day begins, which has a budget of its own; a clock that is set back opens none."""
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb") as f:
            f.write(struct.pack("q", seconds))
        self.wrong_by = seconds
        day = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).date()
        self.forward += day > self.day
        self.day = day


class Program:
    """One `emend do`, and what it may spend."""

    def __init__(self, w, env, rng, number):
        self.number, self.killed, self.tasks = str(number), False, 1
        self.model = rng.choice(list(PRICES) * 3 + [NO_PRICE])
        self.usd = None if self.model == NO_PRICE else rng.choice([None, 0.02, 0.1, 0.3])
        self.tokens = rng.choice([8000, 60000])
        argv = ["do", "--yes", "--json", "--model", "anthropic/" + self.model]
        argv += ["--max-usd", str(self.usd)] if self.usd else []
        argv += ["--max-tokens", str(self.tokens)] if self.model == NO_PRICE else []
        self.options = argv[1:]
        self.process = w.start(*argv, "task-%d: look around" % number, **env)

    def kill(self):
        if self.process.poll() is None:
            self.killed = True
            os.killpg(self.process.pid, signal.SIGKILL)

    def resume(self, w, env):
        """One more task in the same session, whose limit holds for both."""
        session = re.search(r'"session":"([^"]+)"', self.out)
        if session:
            self.tasks += 1
            self.process = w.start("sessions", "resume", session.group(1), *self.options, "go on", **env)
            self.end()

    def end(self):
        out, err = self.process.communicate(timeout=120)
        self.out, self.err = out.decode(), err.decode()
        expect(self.killed or self.process.returncode in (0, 1, 3, 7), (self.process.returncode, self.out, self.err))


def schedule(seed):
    rng = random.Random(seed)
    with Workspace() as w:
        clock = Clock(os.path.join(w.base, "clock"))
        bank = Bank(random.Random(seed + 1), clock)
        server = Server(bank)
        day_usd, task_usd, session_usd = rng.choice([0.15, 0.5, 2]), rng.choice([0.1, 0.4]), rng.choice([0.06, 0.2, 1])
        w.config(json.dumps({"budget": {"dayUsd": day_usd, "taskUsd": task_usd, "sessionUsd": session_usd}, "retries": 2,
                             "requestsPerMinute": 1000}))
        env = {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "test-key", "LD_PRELOAD": CLOCK, "TEST_CLOCK": clock.path}
        programs = [Program(w, env, rng, i) for i in range(rng.randrange(2, 5))]
        for _ in range(rng.randrange(0, 4)):
            time.sleep(rng.random() * 0.12)
            if rng.random() < 0.5:
                rng.choice(programs).kill()
            else:
                clock.set(rng.choice([0, 3600, DAY, -DAY, 3 * DAY, -3600]))
        for p in programs:
            p.end()
        for p in rng.sample(programs, rng.randrange(2)):
            p.resume(w, env)
        judge(w, env, clock, bank, programs, (day_usd, task_usd, session_usd))
        all_is_the_same_again(w)
        server.shutdown()
        server.server_close()
        return len(bank.calls)


def judge(w, env, clock, bank, programs, limits):
    day_usd, task_usd, session_usd = limits
    r = w.run("cost", "--json", **env)
    costs = r.of("cost")
    usd, unsure = sum(c["usd"] for c in costs), any(c["estimated"] or c["died"] for c in costs)
    what = {"ledger": costs, "account": bank.calls, "limits": limits, "days": clock.forward,
            "programs": [(p.number, p.model, p.usd, p.killed, p.process.returncode, p.out[-800:]) for p in programs]}
    near = 1e-5
    expect(bank.cost() <= day_usd * clock.forward + near, ("a day cost more than its limit", what))
    for p in programs:
        expect(bank.cost(p.number) <= min(session_usd, (p.usd or task_usd) * p.tasks) + near, ("too dear", p.number, what))
        expect(p.model != NO_PRICE or bank.tokens(p.number) <= p.tokens * p.tasks, ("more tokens", p.number, what))
    expect(usd >= bank.cost(seen=True) - near, ("the ledger says less than the provider", what))
    if all(c["exact"] for c in bank.calls) and not any(p.killed for p in programs):
        expect(abs(usd - bank.cost()) < 1e-9 and not unsure, ("the ledger is not the account", what))
    elif all(c["seen"] for c in bank.calls) and abs(usd - bank.cost()) > near:
        expect(unsure, ("a guess that is not called one", what))
    db = sqlite3.connect(os.path.join(w.state, "emend.db"))
    left = db.execute("SELECT count(*) FROM spend WHERE usd IS NULL").fetchone()[0]
    db.close()
    expect(left == 0, ("reservations are left", left, what))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 30)
    print("1..1")
    calls, bad = 0, []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for i, done in enumerate([pool.submit(schedule, seed + 2 * i) for i in range(n)]):
            try:
                calls += done.result()
            except Exception as e:  # the others still run
                bad.append("seed %d: %r" % (seed + 2 * i, e))
    for line in bad[:5]:
        print("# " + line[:3000])
    print("%s 1 - %d schedules from seed %d, %d requests, %d wrong" % ("not ok" if bad else "ok", n, seed, calls, len(bad)))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
