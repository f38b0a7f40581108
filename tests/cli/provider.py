#!/usr/bin/env python3
"""provider - whole tasks over real HTTP against the fake provider, which refuses what the real one refuses: the fix of a
failing test, instructions in the prompt, each way in which a call can go wrong, and going on after it."""
import json
import os
import subprocess
import sys

from support import TOP, expect, main

READ = {"thinking": "Look first.", "text": "Let me look.", "calls": [
    {"name": "read_file", "input": {"path": "calc.py"}}, {"name": "run_command", "input": {"command": "sh check.sh"}}]}
EDIT = {"thinking": "The sign.", "calls": [{"name": "edit_file", "input": {"path": "calc.py", "edits": [
    {"old_text": "a - b", "new_text": "a + b"}]}}]}
CHECK = {"calls": [{"name": "run_command", "input": {"command": "sh check.sh"}}]}
DONE = {"text": "Fixed."}


class Provider:
    """The fake provider, for the time of a `with`."""

    def __init__(self, w, *turns, dialect="anthropic", strict=True, options=(), name="first"):
        self.dialect = dialect
        self.log = os.path.join(w.base, name + "-requests.jsonl")
        scenario = os.path.join(w.base, name + "-scenario.json")
        with open(scenario, "w", encoding="utf-8") as f:
            json.dump(list(turns), f)
        self.process = subprocess.Popen([sys.executable, os.path.join(TOP, "tests", "fake", "provider.py"), "--scenario",
                                         scenario, "--log", self.log, "--dialect", dialect] +
                                        ["--strict-prefix"] * strict + list(options), stdout=subprocess.PIPE, text=True)
        self.url = "http://127.0.0.1:%d" % int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.communicate()

    def env(self, key="test-key"):
        return {"ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": key}

    def requests(self):
        with open(self.log, encoding="utf-8") as f:
            return [e for e in map(json.loads, f) if e["event"] == "request"]

    def bodies(self):
        return [e["body"] for e in self.requests()]


def log_of(w, result):
    with open(w.log_path(result.of("task.started")[0]["session"]), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def a_failing_test_is_fixed(w):
    w.repository()
    with Provider(w, READ, EDIT, CHECK, DONE) as p:
        r = w.run("do", "--yes", "--json", "make check.sh succeed", **p.env())
        expect(r.status == 0 and "return a + b" in w.read("calc.py"), r)
        expect(len(p.bodies()) == 4, r)
    events, log = r.events(), log_of(w, r)
    expect(any("good" in e["text"] for e in r.of("tool.output")), r)
    expect(r.of("file.changed")[0]["path"] == "calc.py" and events[-1]["usd"] > 0, r)
    commands = [e for e in log if e["type"] == "command"]
    expect([c["exit"] for c in commands] == [1, 0] and "good" in commands[1]["output"], log)
    expect([e["path"] for e in log if e["type"] == "edit"] == ["calc.py"], log)
    spent = sum(e["usd"] for e in log if e["type"] == "usage")
    expect(abs(spent - events[-1]["usd"]) < 1e-9 and abs(log[-1]["usd"] - spent) < 1e-9, log)


def instructions_reach_the_model_nearest_last(w):
    w.repository()
    w.write("AGENTS.md", "Root rule: be brief.\n")
    w.write("CLAUDE.md", "Not used: there is an AGENTS.md.\n")
    w.write("lib/CLAUDE.md", "Lib rule: use tabs.\n")
    w.write("lib/x.py", "x = 1\n")
    with Provider(w, DONE) as p:
        r = w.run("refactor", "--yes", "lib/x.py", **p.env())
        expect(r.status == 0, r)
        system = p.bodies()[0]["system"][0]["text"]
    expect(0 < system.find("be brief") < system.find("use tabs") and "Not used" not in system, system)


def cut_then_resumed(w):
    w.repository()
    cut = dict(EDIT, fault={"kind": "cut", "after": 5})
    with Provider(w, READ, cut, cut, cut, cut, EDIT, DONE) as p:
        r = w.run("do", "--yes", "--json", "mend it", **p.env())
        expect(r.status == 7 and "return a - b" in w.read("calc.py"), r)
        expect(r.events()[-1]["status"] == "provider" and len(r.of("notice")) == 3, r)
        session = r.of("task.started")[0]["session"]
        again = w.run("sessions", "resume", "--yes", session, **p.env())
        expect(again.status == 0 and "return a + b" in w.read("calc.py"), again)
        last = p.bodies()[-1]["messages"]
    expect("\n\nmend it" in last[0]["content"][0]["text"], last)
    expect(any(b["type"] == "tool_result" for m in last for b in m["content"]), last)


def every_failure_has_its_own_words(w):
    w.repository()
    seen = set()
    for status, kind, words in ((401, "authentication_error", "key"), (402, "billing_error", "credit"),
                                (403, "permission_error", "may not"), (404, "not_found_error", "model"),
                                (413, "request_too_large", "too long")):
        fault = {"fault": {"kind": "status", "status": status, "type": kind, "message": "no"}}
        with Provider(w, fault, fault, fault, fault) as p:
            r = w.run("do", "--yes", "x", **p.env())
        expect(r.status != 0 and words in r.err and r.err not in seen, r)
        expect("emend sessions resume" in r.out, r)
        seen.add(r.err)


def no_key_says_how_to_get_one(w):
    w.repository()
    r = w.run("do", "--yes", "x")
    expect(r.status == 7 and "ANTHROPIC_API_KEY" in r.err and "scripted:" in r.err, r)


def a_key_never_reaches_log_command_or_output(w):
    w.repository()
    spy = {"calls": [{"name": "run_command", "input": {"command": "env; cat /proc/*/environ; cat /proc/1/cmdline"}}]}
    with Provider(w, spy, DONE) as p:
        r = w.run("do", "--yes", "--json", "-v", "x", **p.env())
        expect(r.status == 0, r)
        with open(w.log_path(r.of("task.started")[0]["session"]), encoding="utf-8") as f:
            log = f.read()
    expect("PATH=" in log and "test-key" not in log + r.out + r.err, r)


def the_cap_stops_before_the_call(w):
    w.repository()
    with Provider(w, READ, EDIT, DONE) as p:
        r = w.run("do", "--yes", "--json", "--max-turns", "1", "x", **p.env())
        expect(r.status == 3 and len(p.bodies()) == 1, r)
    with Provider(w, READ, EDIT, DONE) as p:
        r = w.run("do", "--yes", "--json", "--max-usd", "0.0001", "x", **p.env())
        expect(r.status == 3 and not os.path.getsize(p.log), r)
        expect("--max-usd" in r.events()[-1]["summary"] and "$0.0001" in r.events()[-1]["summary"], r)


def a_cut_answer_is_void(w):
    """What was shown of a stream that broke is taken back before it is said again."""
    w.repository()
    answer = {"text": "The answer is forty-two."}
    with Provider(w, dict(answer, fault={"kind": "cut", "after": 6}), answer) as p:
        r = w.run("do", "--json", "x", **p.env())
    kinds = [e["type"] for e in r.events()]
    expect(r.status == 0 and kinds.count("text.void") == 1, r)
    at = kinds.index("text.void")
    expect("text.delta" in kinds[:at] and r.events()[-1]["summary"] == answer["text"], r)
    shown = "".join(e["text"] for e in r.events()[at:] if e["type"] == "text.delta")
    expect(shown == answer["text"], r)
    with Provider(w, dict(answer, fault={"kind": "status", "status": 529}), answer) as p:
        r = w.run("do", "--json", "x", **p.env())
    expect(r.status == 0 and not r.of("text.void") and r.of("notice"), r)  # nothing had been shown


def gateways_are_borne(w):
    w.repository()
    with Provider(w, dict(READ, fault="gzip"), dict(DONE, fault="gzip")) as p:
        r = w.run("do", "--yes", "--json", "x", **p.env())
        expect(r.status == 0 and r.events()[-1]["summary"] == "Fixed." and len(p.bodies()) == 2, r)
    with Provider(w, dict(DONE, fault="html_stream")) as p:
        r = w.run("do", "--yes", "--json", "x", **p.env())
        expect(r.status == 7 and "login page" in r.events()[-1]["summary"], r)


if __name__ == "__main__":
    main([a_failing_test_is_fixed, instructions_reach_the_model_nearest_last, cut_then_resumed,
          every_failure_has_its_own_words, no_key_says_how_to_get_one, a_key_never_reaches_log_command_or_output,
          the_cap_stops_before_the_call, a_cut_answer_is_void, gateways_are_borne])
