#!/usr/bin/env python3
"""money - limits hold: without a price, without believable usage, after a kill, and at the very end of a budget."""
import json
import os
import signal
import sqlite3

from console import Terminal
from provider import Provider
from support import DONE, expect, main

CALL = {"calls": [{"name": "run_command", "input": {"command": "true"}}]}


def calls(n, **more):
    return [dict({"calls": [{"name": "run_command", "input": {"command": "echo %d" % i}}]}, **more) for i in range(n)]


def usage(output, prompt=100):
    return {"usage": {"input": prompt, "output": output}}


def cost(w):
    return w.run("cost", "--json").of("cost")[0]


def a_dollar_limit_needs_a_price(w):
    w.repository()
    model = ["--model", "anthropic/claude-next-9"]
    with Provider(w, DONE, DONE) as p:
        r = w.run("do", "--yes", "--max-usd", "5", *model, "x", **p.env())
        expect(r.status == 3 and not os.path.getsize(p.log), r)
        expect('"models": {"anthropic/claude-next-9": {"price"' in r.err, r)
        w.config('{"models": {"anthropic/claude-next-9": {"price": {"input": 1000, "output": 1000}}}}')
        r = w.run("do", "--yes", "--json", "--max-usd", "0.5", *model, "x", **p.env())
        expect(r.status == 3 and not os.path.getsize(p.log), r)  # the price holds
        r = w.run("do", "--yes", "--json", "--max-usd", "50", *model, "x", **p.env())
        expect(r.status == 0 and r.events()[-1]["usd"] > 0, r)


def without_a_price_tokens_are_held(w):
    w.repository()
    with Provider(w, *calls(20, usage={"input": 150000, "output": 1})) as p:
        r = w.run("do", "--yes", "--json", "--model", "anthropic/claude-next-9", "x", **p.env())
        expect(r.status == 3 and len(p.bodies()) in (13, 14), r)
        expect("2000000 tokens" in r.events()[-1]["summary"], r)


def a_reply_without_usage_is_estimated(w):
    w.repository()
    for reported in ({"input": None, "output": None}, {"input": 0, "output": 0}, {"input": -5, "output": -5},
                     {"input": "7", "output": "7"}, {"input": 2 ** 64, "output": 2 ** 64}):
        with Provider(w, {"text": "word " * 1200, "usage": reported}) as p:
            r = w.run("do", "--yes", "--json", "--model", "anthropic/claude-opus-5-5", "x", **p.env())
        log = [json.loads(line) for line in open(w.log_path(r.of("task.started")[0]["session"]), encoding="utf-8")]
        said = [e for e in log if e["type"] == "usage"][0]
        # 6,000 bytes at 20 USD a million tokens
        expect(r.status == 0 and said["estimated"] and said["output"] == 2001 and said["usd"] > 0.04, (reported, said, r))
    expect(cost(w)["estimated"] and cost(w)["usd"] > 0.2, cost(w))
    expect("estimate" in w.run("cost").out, w.run("cost"))


def the_day_holds_without_usage(w):
    w.repository()
    w.config('{"budget": {"dayUsd": 0.5}}')
    with Provider(w, {"text": "word " * 1200, "usage": {"input": None, "output": None}, "repeat": True}) as p:
        status = [w.run("do", "--yes", "-q", "--model", "anthropic/claude-opus-5-5", "x", **p.env()).status
                  for _ in range(12)]
    expect(status[0] == 0 and status[-1] == 3 and 0.3 < cost(w)["usd"] <= 0.5, (status, cost(w)))


def a_killed_call_counts_at_once(w):
    w.repository()
    model = w.script({"text": "x", "hang": True})
    p = w.start("do", "--json", "--yes", "--model", model, "x")
    while b"task.started" not in p.stdout.readline():
        pass
    log = w.log_path(os.listdir(os.path.join(w.state, "sessions"))[0])
    while '"request"' not in open(log, encoding="utf-8").read():
        pass
    os.killpg(p.pid, signal.SIGKILL)
    p.communicate()
    r = w.run("cost")
    expect("killed before the answer was complete" in r.out, r)
    expect(cost(w)["died"] == 1 and cost(w)["died_usd"] == cost(w)["usd"] > 0.1, cost(w))
    r = w.run("cost", "--check")  # the log has nothing of it, and that is no difference
    expect(r.status == 0 and "for calls that were killed" in r.out, r)


def what_only_the_ledger_knows_counts(w):
    """Killed right after it had sent a request, a process has the call in the ledger and not in the log of its session."""
    w.repository()
    w.config(json.dumps({"budget": {"sessionUsd": 1}}))
    with Provider(w, DONE, DONE, DONE) as p:
        w.run("do", "--yes", "x", **p.env())
        session = os.listdir(os.path.join(w.state, "sessions"))[0]
        go_on = ["sessions", "resume", session, "--yes", "--json", "go on"]
        r = w.run(*go_on, **p.env())
        expect(r.status == 0 and len(p.bodies()) == 2, r)
        db = sqlite3.connect(os.path.join(w.state, "emend.db"))
        names = [c[1] for c in db.execute("PRAGMA table_info(spend)") if c[1] != "id"]
        db.execute("INSERT INTO spend(%s) SELECT %s FROM spend LIMIT 1" % (
            ", ".join(names), ", ".join({"usd": "2.0", "task": "'killed'", "estimated": "2"}.get(n, n) for n in names)))
        db.commit()
        db.close()
        r = w.run(*go_on, **p.env())
        expect(r.status == 3 and len(p.bodies()) == 2, r)
        expect("session's $1.00" in r.events()[-1]["summary"], r)
        db = sqlite3.connect(os.path.join(w.state, "emend.db"))
        expect(db.execute("SELECT count(*) FROM spend WHERE usd IS NULL").fetchone()[0] == 0, "a reservation is left")


def the_ledger_is_checked_against_the_logs(w):
    w.repository()
    for n in (1, 2):
        r = w.run("do", "--yes", "--json", "--model", w.script(dict(CALL, usage={"input": 900 * n, "output": 10}), {"text": "Done."}), "x")
        expect(r.status == 0, r)
    r = w.run("cost", "--check", "--json")
    checks = r.of("check")
    expect(r.status == 0 and len(checks) == 2 and all(c["ok"] and c["ledger_usd"] == c["log_usd"] > 0 for c in checks), r)
    session = checks[0]["session"]
    for change in ("usd = usd + 0.001", "usd = usd - 0.001, input = input + 1"):
        db = sqlite3.connect(os.path.join(w.state, "emend.db"))
        db.execute("UPDATE spend SET %s WHERE session = ? AND id = (SELECT min(id) FROM spend WHERE session = ?)" % change,
                   (session, session))
        db.commit()
        db.close()
        r = w.run("cost", "--check")
        expect(r.status == 1 and "DIFFERS " + session in r.out and "2 sessions, 1 differ" in r.out, r)
    expect(w.run("sessions", "rm", session).status == 0, session)
    r = w.run("cost", "--check")
    expect(r.status == 0 and "1 session, 0 differ; 1 more in the ledger" in r.out, r)


def the_model_is_told_before_the_end(w):
    w.repository()
    turns = [dict(turn, **usage(28000)) for turn in calls(4)]
    turns[3] = dict(turns[3], expect=["$0.84 of the task's $1.00 are used", "Finish what you have begun"], **usage(9000))
    turns += [{"text": "Half is done.", "expect": ["this is your last turn"], "calls": CALL["calls"]}]
    r = w.run("do", "--yes", "--json", "--max-usd", "1", "--model", w.script(*turns), "x")
    end = r.events()[-1]
    expect(r.status == 3 and end["status"] == "budget", r)
    expect("Half is done." in end["summary"] and "--max-usd" in end["summary"] and end["usd"] <= 1, r)
    expect(len(r.of("tool.started")) == 4, r)  # the last turn's call is not made
    expect([n for n in r.of("notice") if "$0.84 of the task's $1.00 are used" in n["text"]], r)


def more_is_asked_for_on_a_terminal(w):
    w.repository()
    turns = [dict(turn, **usage(22000)) for turn in calls(3)] + [DONE]
    t = Terminal(w, "do", "--yes", "--max-usd", "0.5", "--model", w.script(*turns), "x")
    t.wait_for("Allow $0.50")
    t.wait_for("\n  > ")
    t.type("y\n")
    t.end()
    expect(t.status == 0 and "The sign is right now." in t.text, t)
    t = Terminal(w, "do", "--yes", "--max-usd", "0.5", "--model",
                 w.script(*turns[:2], {"text": "So far so good.", "expect": ["your last turn"]}), "x")
    t.wait_for("\n  > ")
    t.type("n\n")
    t.end()
    expect(t.status == 3 and "So far so good." in t.text and "$0.44 of the task's $0.50" in t.text, t)


def more_is_asked_for_at_the_limit_of_the_day(w):
    w.repository()
    w.config('{"budget": {"dayUsd": 0.5}}')
    turns = [dict(turn, **usage(22000)) for turn in calls(3)] + [DONE]
    t = Terminal(w, "do", "--yes", "--model", w.script(*turns), "x")
    t.wait_for("The $0.50 of the day")
    t.wait_for("\n  > ")
    t.type("y\n")
    t.end()
    expect(t.status == 0 and "The sign is right now." in t.text and 0.5 < cost(w)["usd"] < 1, t)
    t = Terminal(w, "do", "--yes", "--model", w.script(DONE), "x")  # what was allowed is not for ever
    t.wait_for("\n  > ")
    t.type("n\n")
    t.end()
    expect(t.status == 3, t)


def many_side_by_side_share_a_day(w):
    """Each reserves what its call can cost, not all that its task may use."""
    w.repository()
    w.config('{"budget": {"dayUsd": 1, "taskUsd": 0.4}}')
    model = w.script({"text": "ok", "delay_ms": 1500, **usage(100)})
    started = [w.start("do", "--yes", "-q", "--model", model, "x") for _ in range(6)]
    status = [p.wait() for p in started if [p.communicate()]]
    expect(status == [0] * 6, status)


if __name__ == "__main__":
    main([a_dollar_limit_needs_a_price, without_a_price_tokens_are_held, a_reply_without_usage_is_estimated,
          the_day_holds_without_usage, a_killed_call_counts_at_once, what_only_the_ledger_knows_counts, the_ledger_is_checked_against_the_logs,
          the_model_is_told_before_the_end,
          more_is_asked_for_on_a_terminal, more_is_asked_for_at_the_limit_of_the_day,
          many_side_by_side_share_a_day])
