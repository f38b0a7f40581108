#!/usr/bin/env python3
"""long - work that outgrows the model's window: the conversation is made shorter, what the user said, the rules and the
plan stay to the letter, the provider's cache is used, and a provider that says "too long" is answered once."""
import json

from provider import DONE, Provider, log_of
from support import expect, main

MODEL = "anthropic/claude-opus-4-6"
WINDOW = 32000
RULE = "Rule 7: every file keeps its trailing blank."
WORDS = "Count all the notes, one after the other, and say \u201cfertig\u201d at the end."
PLAN = [{"text": "read every note", "status": "in_progress"}, {"text": "count them \u2713", "status": "pending"}]


def small_window(w, **more):
    w.config(json.dumps({"models": {MODEL: {"price": {"input": 0.01, "output": 0.01}, "context_tokens": WINDOW,
                                            "max_output_tokens": 4000}}, **more}))


def notes(w, n, size=2000):
    w.repository()
    w.write("AGENTS.md", RULE + "\n")
    w.write("count.txt", "count: 0\n")
    for i in range(n):
        w.write("notes/n%d.txt" % i, ("note %d " % i + "lorem ipsum dolor sit amet " * 200)[:size] + "\n")


def read(i):
    return {"thinking": "Next is %d." % i, "calls": [
        {"name": "read_file", "input": {"path": "notes/n%d.txt" % (i % 50), "start_line": 1, "line_count": 1 + i}}]}


def edit(i):
    return {"text": "Counted %d." % i, "calls": [{"name": "edit_file", "input": {"path": "count.txt", "edits": [
        {"old_text": "count: %d" % i, "new_text": "count: %d" % (i + 1)}]}}]}


def first():
    return {"calls": [{"name": "update_plan", "input": {"steps": PLAN}},
                      {"name": "read_file", "input": {"path": "count.txt"}}]}


def four_hundred_turns(w):
    notes(w, 50)
    small_window(w)
    turns = [first()] + [edit(i // 20) if i % 20 == 0 else read(i) for i in range(398)] + [{"text": "fertig"}]
    with Provider(w, *turns, strict=False, options=["--window", str(WINDOW), "--cache"]) as p:
        r = w.run("do", "--yes", "--json", "--max-turns", "500", "--model", MODEL, WORDS, seconds=400, **p.env())
        asked = p.requests()
    expect(r.status == 0 and r.events()[-1]["summary"] == "fertig", r.events()[-1])
    expect(len(asked) == 400 and not any(e.get("refused") for e in asked), [e.get("refused") for e in asked])
    expect(w.read("count.txt") == "count: 20\n", w.read("count.txt"))
    for i, e in enumerate(asked):
        text = json.dumps(e["body"], ensure_ascii=False)
        expect(RULE in text and WORDS in text, (i, text[:3000]))
        expect(i == 0 or all(s["text"] in text for s in PLAN), (i, text[-3000:]))
    shorter = [e for e in log_of(w, r) if e["type"] == "compaction"]
    expect(3 < len(shorter) < 40 and all(e["after"] < e["before"] for e in shorter), shorter)
    expect(len([e for e in r.of("notice") if "shortened" in e["text"]]) == len(shorter), r.of("notice"))
    # the log has all that was said, and a second task of the session begins where this one ended
    text = open(w.log_path(r.of("task.started")[0]["session"]), encoding="utf-8").read()
    expect(text.count("lorem ipsum dolor") > 300, text.count("lorem"))
    session = r.of("task.started")[0]["session"]
    with Provider(w, DONE, strict=False, options=["--window", str(WINDOW)]) as p:
        again = w.run("sessions", "resume", "--yes", "--json", "--model", MODEL, session, "and now?", **p.env())
        body = json.dumps(p.bodies()[0], ensure_ascii=False)
    expect(again.status == 0 and WORDS in body and "and now?" in body and PLAN[1]["text"] in body, again)


def too_long_is_answered_by_a_shorter_one(w):
    notes(w, 50)
    turns = [first()] + [read(i) for i in range(40)] + [{"text": "fertig"}]
    with Provider(w, *turns, strict=False, options=["--window", "12000"]) as p:  # less than the table says
        r = w.run("do", "--yes", "--json", "--model", MODEL, WORDS, **p.env())
        refused = [e.get("refused") for e in p.requests() if e.get("refused")]
    expect(r.status == 0 and r.events()[-1]["summary"] == "fertig", r)
    expect(1 <= len(refused) <= 3 and all("prompt is too long" in e for e in refused), refused)


def nothing_to_leave_out_is_said(w):
    w.repository()
    with Provider(w, DONE, strict=False, options=["--window", "100"]) as p:
        r = w.run("do", "--yes", "--json", "--model", MODEL, WORDS, **p.env())
        expect(r.status != 0 and len(p.requests()) <= 2, r)
    expect("window" in r.events()[-1]["summary"] or "too long" in r.events()[-1]["summary"], r)


def asked_for_by_the_person(w):
    notes(w, 50)
    with Provider(w, first(), *[read(i) for i in range(9)], {"text": "ok"}, strict=False) as p:
        r = w.run("do", "--yes", "--json", "--model", MODEL, WORDS, **p.env())
        session = r.of("task.started")[0]["session"]
        short = w.run("sessions", "resume", "--yes", "--json", "--model", MODEL, session, "/compact", **p.env())
        expect(short.status == 0 and "shortened" in short.events()[-1]["summary"], short)
        expect(len(p.requests()) == 11, len(p.requests()))
    with Provider(w, DONE, strict=False) as p:
        r = w.run("sessions", "resume", "--yes", "--json", "--model", MODEL, session, "go on", **p.env())
        body = json.dumps(p.bodies()[0], ensure_ascii=False)
    expect(r.status == 0 and WORDS in body and "/compact" not in body and body.count("lorem") < 2000, body.count("lorem"))


MODELS_ENV = [("anthropic", MODEL, lambda p: p.env()),
              ("responses", "openai/gpt-6.2-sol", lambda p: {"OPENAI_BASE_URL": p.url + "/v1", "OPENAI_API_KEY": "test-key"})]


def share(asked):
    sums = [sum(e["counted"][k] for e in asked) for k in ("input", "cache_read", "cache_write")]
    return sums[1] / sum(sums)


def the_cache_is_used(w):
    for name, model, env in MODELS_ENV:
        with type(w)() as other:
            notes(other, 50)
            turns = [first()] + [read(i) for i in range(28)] + [{"text": "fertig"}]
            with Provider(other, *turns, dialect=name, options=["--cache"]) as p:
                r = other.run("do", "--yes", "--json", WORDS, "--model", model, **env(p))
                asked = p.requests()
            expect(r.status == 0 and len(asked) == 30, r)
            expect(share(asked) > 0.9, (name, share(asked), [e["counted"] for e in asked]))


def the_cache_is_used_across_a_compaction(w):
    for name, model, env in MODELS_ENV:
        with type(w)() as other:
            notes(other, 50)
            other.config(json.dumps({"models": {model: {"price": {"input": 1, "output": 1}, "context_tokens": 20000}}}))
            turns = [first()] + [read(i) for i in range(28)] + [{"text": "fertig"}]
            with Provider(other, *turns, dialect=name, strict=False, options=["--cache"]) as p:
                r = other.run("do", "--yes", "--json", WORDS, "--model", model, **env(p))
                asked = p.requests()
            expect(r.status == 0 and len(asked) == 30, r)
            expect(len([e for e in log_of(other, r) if e["type"] == "compaction"]) == 1, r)
            expect(share(asked) > 0.8, (name, share(asked), [e["counted"] for e in asked]))


if __name__ == "__main__":
    main([four_hundred_turns, too_long_is_answered_by_a_shorter_one, nothing_to_leave_out_is_said,
          asked_for_by_the_person, the_cache_is_used, the_cache_is_used_across_a_compaction])
