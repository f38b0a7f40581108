#!/usr/bin/env python3
"""policy - rules that carry examples, and `emend policy test`, which tries them."""
import json

from support import DONE, expect, main


def examples(r):
    return [(e["rule"], e["command"], e["match"], e["ok"]) for e in r.of("example")]


def examples_that_hold_pass(w):
    w.config(json.dumps({"permissions": {
        "allow": [{"rule": "make test", "match": ["make test -j2", "time make test"],
                   "noMatch": ["make install", "make test && rm -rf x"]}],
        "ask": [{"rule": "git push", "match": ["git push origin", "true; git push"], "noMatch": ["git pull"]}]}}))
    r = w.run("policy", "test", "--json")
    expect(r.status == 0 and r.events()[-1] == {"type": "policy.tested", "passed": 7, "failed": 0}, r)
    expect(("make test", "make test && rm -rf x", False, True) in examples(r), r)
    expect(r.of("example")[3]["decision"] == "ask" or r.of("example")[3]["decision"] == "deny", r)
    r = w.run("policy", "test")
    expect(r.status == 0 and r.out.endswith("7 passed, 0 failed\n") and "FAILED" not in r.out, r)


def an_example_that_does_not_hold_fails(w):
    w.config(json.dumps({"permissions": {"deny": [{"rule": "git push", "match": ["git pull", "git push"],
                                                   "noMatch": ["git push -f"]}]}}))
    r = w.run("policy", "test")
    expect(r.status == 1 and "1 passed, 2 failed" in r.out and r.out.count("FAILED") == 2, r)
    expect('deny "git push" should match: git pull' in r.out and "should not match: git push -f" in r.out, r)
    r = w.run("policy", "test", "--json")
    expect(r.status == 1 and [e[3] for e in examples(r)] == [False, True, False], r)


def a_rule_with_examples_is_a_rule(w):
    w.repository()
    w.config(json.dumps({"permissions": {"deny": [{"rule": "touch", "match": ["touch x"]}, "mkdir"]}}))
    for word in ("touch", "mkdir"):
        model = w.script({"calls": [{"name": "run_command", "input": {"command": word + " made"}}]}, DONE)
        r = w.run("do", "--json", "--yes", "--model", model, "x")
        expect(r.status == 0 and not w.exists("made"), r)
    r = w.run("policy", "check")
    expect(r.status == 0 and "deny: touch\n" in r.out and "deny: mkdir\n" in r.out, r)


def a_project_brings_examples_of_its_own(w):
    w.config('{"permissions": {"ask": [{"rule": "a", "match": ["a b"]}]}}')
    w.write(".emend/config.json", '{"permissions": {"deny": [{"rule": "c", "match": ["d"]}]}}')
    r = w.run("policy", "test", "--json")
    expect(r.status == 1 and examples(r) == [("a", "a b", True, True), ("c", "d", True, False)], r)


def a_line_is_explained_part_by_part(w):
    """In the words that a model gets for it: which rule is about which part, and what would allow it."""
    w.config('{"permissions": {"deny": ["rm"], "allow": ["make"]}}')
    r = w.run("policy", "explain", "--", "ls && make; docker ps; rm x")
    expect(r.status == 0 and r.out.startswith("deny: ls && make"), r)
    for line in ("  allow ls  (allow: read-only command)\n", "  allow make  (allow: make)\n",
                 "  ask   docker ps  (ask: docker)\n", "  deny  rm x  (deny: rm)\n", "rule: deny: rm\n"):
        expect(line in r.out, (line, r))
    r = w.run("policy", "explain", "--", "docker ps")
    expect(r.out.endswith('allowed by: "permissions": {"allow": ["docker ps"]}\n') and "  ask " not in r.out, r)
    r = w.run("policy", "explain", "--json", "--", "env A=1 make; docker ps; touch x")
    parts = [(p["command"], p["decision"], p["rule"]) for p in r.events()[0]["parts"]]
    expect(parts == [("docker ps", "ask", "ask: docker"), ("touch x", "ask", "mode: ask"), ("A=1 make", "ask", "mode: ask")], r)
    for mode, held in (("auto", True), ("ask", False)):
        r = w.run("policy", "explain", "--mode", mode, "--", "eval true")
        expect(("runs without a question, on a view" in r.out) == held, r)
    expect("on a view" not in w.run("policy", "explain", "--mode", "auto", "--", "docker ps").out, "docker reaches further")
    r = w.run("policy", "explain", "--json", "--mode", "plan", "--", "make x; touch x")
    expect([p["decision"] for p in r.events()[0]["parts"]] == ["allow", "deny"], r)


def mistakes_are_named(w):
    for text, words in (('{"permissions": {"deny": [{"match": ["x"]}]}}', '"rule" is missing'),
                        ('{"permissions": {"deny": [{"rule": "x", "matches": []}]}}', '"match" and "noMatch"'),
                        ('{"permissions": {"deny": [{"rule": "x", "match": "x"}]}}', "a list of command lines"),
                        ('{"permissions": {"deny": [{"rule": "x", "match": [7]}]}}', "an example is a command line"),
                        ('{"permissions": {"deny": [7]}}', "a list of strings")):
        w.config(text)
        r = w.run("policy", "test")
        expect(r.status == 2 and words in r.err and "permissions.deny" in r.err, r)
    w.config("{}")
    r = w.run("policy", "test")
    expect(r.status == 0 and "No rule has examples" in r.out, r)
    r = w.run("policy", "tset")
    expect(r.status == 2 and "check, test and explain" in r.err, r)


main([examples_that_hold_pass, an_example_that_does_not_hold_fails, a_rule_with_examples_is_a_rule,
      a_project_brings_examples_of_its_own, a_line_is_explained_part_by_part, mistakes_are_named])
