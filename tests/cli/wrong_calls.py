#!/usr/bin/env python3
"""wrong_calls.py - what a model gets for calls that are wrong, or named as in other agents.

The cases and the answers stand in wrong_calls.txt, to be read by people: each answer must name the right next
step. `UPDATE=1 python3 tests/cli/wrong_calls.py` writes the answers anew; then review the difference.

    ## what is tried
    mode NAME[, approve COMMANDS]   (once for all that follow)
    call NAME ARGUMENTS
    | the answer, line by line
"""
import json
import os
import re
import sys

from support import Workspace, expect, main

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrong_calls.txt")


def read_table():
    cases, mode = [], "auto"
    for line in open(TABLE, encoding="utf-8").read().splitlines():
        if line.startswith("## "):
            cases.append({"title": line[3:], "mode": mode, "answer": []})
        elif line.startswith("mode "):
            mode = line[5:]
        elif line.startswith("call "):
            name, _, text = line[5:].partition(" ")
            cases[-1].update(name=name, input=json.loads(text), call=line)
        elif line.startswith("|"):
            cases[-1]["answer"].append(line[1:].removeprefix(" "))
    return cases


def prepare(w):
    w.write("calc.py", "def add(a, b):\n    return a - b\n\n\ndef twice(a):\n    return a - b\n")
    w.write("src/a.c", "int a;\n")
    w.write("long.txt", "x" * 5000 + "\n" + "".join("line %d\n" % i for i in range(2, 900)))
    w.write(".env", "KEY=1\n")
    w.write("data.bin", "a\0b")
    w.write("AGENTS.md", "Be brief.\n")


def answers(w, cases):
    """The results of the calls, each made in a turn of its own, one after the other."""
    turns = [{"calls": [{"name": c["name"], "input": c["input"]}]} for c in cases] + [{"text": "end"}]
    mode, _, approve = cases[0]["mode"].partition(", approve ")
    w.config(json.dumps({"approve": approve} if approve else {}))
    r = w.run("do", "--json", "--mode", mode, "--model", w.script(*turns), "try")
    expect(r.status == 0, r)
    log = open(w.log_path(r.of("task.started")[0]["session"]), encoding="utf-8").read().splitlines()
    results = [e["text"] for e in map(json.loads, log) if e["type"] == "result"]
    expect(len(results) == len(cases), r)
    started = [e["call"] for e in r.of("tool.started")]
    expect(started == [e["call"] for e in r.of("tool.finished")], r)
    return [re.sub(r"\d+\.\d+ s\b", "N s", t).replace(w.path, "WORKSPACE").rstrip("\n").split("\n") for t in results]


def case(mode, cases):
    def run(w):
        prepare(w)
        wrong = []
        for c, got in zip(cases, answers(w, cases)):
            if [t.rstrip() for t in got] != [t.rstrip() for t in c["answer"]]:
                wrong.append("%s\n  wanted: %s\n  got:    %s" % (c["title"], "\n          ".join(c["answer"]),
                                                                 "\n          ".join(got)))
        if wrong:
            raise AssertionError("\n".join(wrong))
    run.__name__ = "what the model gets in the mode %s for %d calls" % (mode, len(cases))
    return run


def update(cases):
    out, mode = [], None
    for m in dict.fromkeys(c["mode"] for c in cases):
        with Workspace() as w:
            prepare(w)
            mine = [c for c in cases if c["mode"] == m]
            for c, got in zip(mine, answers(w, mine)):
                if c["mode"] != mode:
                    mode = c["mode"]
                    out += ["mode " + mode, ""]
                out += ["## " + c["title"], c["call"]] + [("| " + t).rstrip() for t in got] + [""]
    with open(TABLE, "w", encoding="utf-8") as f:
        f.write("\n".join(out))


def at_most_64_calls_a_turn(w):
    turn = {"calls": [{"name": "read_file", "input": {"path": "f%d" % i}} for i in range(64)]}
    r = w.run("do", "-y", "--json", "--model", w.script(turn, {"text": "end"}), "try")
    expect(r.status == 0 and len(r.of("tool.finished")) == 64, r)


def rounds(n, names):
    return [{"calls": [{"name": "read_file", "input": {"path": f}}]} for _ in range(n) for f in names]


def circles_are_seen_and_end(w):
    """Cycles of one to four calls; five different ones are no circle, and neither is a result that changes."""
    for f in "abcde":
        w.write(f, f + "\n")
    for n in (1, 2, 3, 4):
        r = w.run("do", "-y", "--json", "--model", w.script(*rounds(7, "abcd"[:n]), {"text": "end"}), "try")
        expect(r.status == 1 and "without progress" in r.of("task.finished")[0]["summary"], r)
        expect(len(r.of("tool.finished")) == 6 * n, r)
    turn = {"calls": [c for t in rounds(1, "ab") for c in t["calls"]]}
    r = w.run("do", "-y", "--json", "--model", w.script(*[turn] * 7, {"text": "end"}), "try")
    expect(r.status == 1, r)
    r = w.run("do", "-y", "--json", "--model", w.script(*rounds(7, "abcde"), {"text": "end"}), "try")
    expect(r.status == 0, r)
    poll = {"calls": [{"name": "run_command", "input": {"command": "echo x >> n; wc -l < n"}}]}
    r = w.run("do", "-y", "--json", "--model", w.script(*[poll] * 8, {"text": "end"}), "try")
    expect(r.status == 0 and w.read("n") == "x\n" * 8, r)


def false_ends_are_failures(w):
    cut = {"text": "half", "stop": "length"}
    r = w.run("do", "-y", "--json", "--model", w.script(cut, cut, cut, cut, {"text": "never"}), "try")
    expect(r.status == 1 and "cut off" in r.of("task.finished")[0]["summary"], r)
    r = w.run("do", "-y", "--json", "--model", w.script({"text": " "}, {"text": " "}, {"text": "never"}), "try")
    expect(r.status == 1 and "without an answer" in r.of("task.finished")[0]["summary"], r)
    r = w.run("do", "-y", "--json", "--model", w.script({"text": " "}, {"text": "here it is"}), "try")
    expect(r.status == 0 and r.of("task.finished")[0]["summary"] == "here it is", r)


def the_model_knows_where_it_is(w):
    """Date, mode and branch stand in the user's turn, and what was selected."""
    w.repository()
    w.git("checkout", "-q", "-b", "topic")
    r = w.run("do", "--mode", "edit", "--json", "--model",
              w.script({"text": "end", "expect": ["Git branch: topic", "Mode: edit", "Date: 20"]}), "try")
    expect(r.status == 0, r)
    r = w.run("explain", "calc.py:1-2", "--json", "--model",
              w.script({"text": "end", "expect": "as selected by the user"}))
    expect(r.status == 0, r)


if __name__ == "__main__":
    table = read_table()
    if os.environ.get("UPDATE"):
        update(table)
        sys.exit(0)
    main([case(m, [c for c in table if c["mode"] == m]) for m in dict.fromkeys(c["mode"] for c in table)] +
         [at_most_64_calls_a_turn, circles_are_seen_and_end, false_ends_are_failures,
          the_model_knows_where_it_is])
