#!/usr/bin/env python3
"""usage - help, versions, mistakes on the command line and in the settings, and their exit status."""
import errno
import json
import os
import re

from support import expect, main

COMMANDS = ["do", "explain", "refactor", "add-tests", "fix", "review", "diff", "undo", "redo", "status", "sessions", "run",
            "audit", "cost", "models", "config", "policy", "doctor"]


def version_and_help(w):
    r = w.run("--version")
    expect(r.status == 0 and r.out.startswith("emend 0.") and not r.err, r)
    r = w.run("--help")
    expect(r.status == 0 and not r.err, r)
    for name in COMMANDS:
        expect("\n  %s " % name in r.out, r)
    r2 = w.run("help")
    expect(r2.out == r.out, r2)


def every_command_has_its_own_help(w):
    for name in COMMANDS:
        r = w.run(name, "--help")
        expect(r.status == 0 and r.out.startswith("usage: emend " + name) and "--help" in r.out and not r.err, r)
        expect(w.run("help", name).out == r.out, r)


def the_manual_and_the_completions_have_every_option(w):
    """Also those that came late, behind what fits into 32 bits."""
    options = set()
    for name in re.findall(r"^  ([a-z-]+) ", w.run("--help").out, re.M):
        options |= set(re.findall(r"^  (?:-[a-zA-Z],|   ) (--[a-z-]+)", w.run(name, "--help").out, re.M))
    expect(len(options) > 40 and {"--output-schema", "--postgres", "--version"} <= options | {"--version"}, options)
    manual = w.run("generate", "man").out.split(".Sh OPTIONS")[1]
    described = {"--" + name.replace("\\-", "-") for name in re.findall(r"^\.It .*Fl \\-(\S+)", manual, re.M)}
    expect(options <= described, options - described)
    for shell, form in (("bash", "%s"), ("zsh", "%s"), ("fish", "-l %s")):
        text = w.run("generate", shell).out
        for name in options:
            expect(form % (name[2:] if shell == "fish" else name) in text, (shell, name))
        for by in ("day", "model", "session", "project", "kind"):
            expect(re.search(r"(?:--by|-l by).*\b%s\b" % by, text), (shell, by))
    zsh = w.run("generate", "zsh").out
    for name in ("--rw", "--env", "--image"):  # may be given more than once
        expect("'*%s[" % name in zsh, name)


def no_command_is_a_mistake(w):
    r = w.run()
    expect(r.status == 2 and not r.out and "usage: emend" in r.err, r)


def mistakes_get_a_suggestion(w):
    for args, words in [
        (["stats"], 'did you mean "status"'),
        (["frobnicate"], 'no command "frobnicate"'),
        (["do", "--modle", "x", "y"], "did you mean --model"),
        (["do", "--jsn", "y"], "did you mean --json"),
        (["do", "-Z", "y"], "Unknown option -Z"),
        (["--versoin"], "did you mean --version"),
        (["do"], "What is the task"),
        (["do", "   "], "What is the task"),
        (["do", "--model"], "--model wants a value"),
        (["do", "--json=1", "x"], "--json takes no value"),
        (["do", "--max-usd", "abc", "x"], '--max-usd: expected a number above 0'),
        (["do", "--max-turns", "1.5", "x"], "whole number"),
        (["do", "--max-turns", "-1", "x"], "above 0"),
        (["do", "--mode", "yolo", "x"], "--mode: expected one of"),
        (["do", "--yes", "--mode", "ask", "x"], "--yes means --mode auto"),
        (["do", "-C", "/nonexistent", "x"], "/nonexistent"),
        (["do", "--config", "/nonexistent.json", "x"], "/nonexistent.json"),
        (["status", "--model", "x"], "Unknown option --model"),
        (["explain"], "Which file"),
        (["explain", "missing.c"], "missing.c"),
        (["run"], "Which command"),
        (["run", "ls"], '"--"'),
        (["run", "--network"], "Which command"),
        (["config", "sho"], "show, path, schema and check"),
        (["audit", "frob"], "verify, show and export"),
        (["sessions", "frob"], "list, show, resume, fork and rm"),
        (["sessions", "show"], "Which session"),
        (["cost", "--by", "moon"], "day, model, session, project or kind"),
        (["policy", "explain"], "Which command"),
    ]:
        r = w.run(*args)
        if r.status != 2 or words not in r.err or r.out:
            raise AssertionError("%r: %r lacks %r" % (args, r, words))


def what_is_not_there_is_no_mistake_of_usage(w):
    for args, words in ((["sessions", "show", "nope"], 'no session "nope"'), (["undo", "-y", "nope"], "nope"), (["diff", "nope"], "nope")):
        r = w.run(*args)
        expect(r.status == 1 and words in r.err, r)
    r = w.run("runner")
    expect(r.status == 2 and "only Emend itself" in r.err, r)


def json_mistakes_are_objects_too(w):
    r = w.run("do", "--json", "--mode", "yolo", "x")
    expect(r.status == 2, r)
    event = json.loads(r.out)
    expect(event["type"] == "error" and event["code"] == "usage" and "--mode" in event["message"], r)


def options_may_stand_anywhere(w):
    w.write("in/x", "")
    for args in (["-C", "in", "config", "path", "--json"], ["config", "-Cin", "--json", "path"],
                 ["config", "path", "--dir=in", "--json"]):
        r = w.run(*args)
        expect(r.status == 0 and json.loads(r.out)["project"].endswith("/work/in/.emend/config.json"), r)


def without_model_it_says_how_to_get_one(w):
    r = w.run("do", "x")
    expect(r.status == 7 and "ANTHROPIC_API_KEY" in r.err and "scripted:FILE" in r.err, r)


def settings_mistakes_name_file_line_and_key(w):
    for text, words in [
        ('{\n  // comment\n  "modle": "x"\n}', ['config.json:3: key "modle"', 'did you mean "model"']),
        ('{\n"budget": {"taskUsd": "much"}}', ['config.json:2: key "budget.taskUsd": expected a number', '"much"']),
        ('{"mode": "yolo"', ["config.json:1: this is not valid JSON"]),
        ('{"permissions": {"deny": [3]}}', ['"permissions.deny"', "found 3"]),
    ]:
        w.config(text)
        for args in (["config", "check"], ["do", "x"], ["status"]):
            r = w.run(*args)
            for word in words:
                expect(r.status == 2 and word in r.err, r)


def settings_show_where_they_come_from(w):
    w.config('{"mode": "edit", "retries": 1, "budget": {"turns": 9}}')
    w.write(".emend/config.json", '{"budget": {"turns": 4}, "permissions": {"deny": ["curl"]}}')
    r = w.run("config", "show", "--json", "--max-usd", "0.25", EMEND_EFFORT="low")
    expect(r.status == 0, r)
    s = json.loads(r.out)["settings"]
    for key, value, source in [("mode", "edit", "user config"), ("retries", 1, "user config"),
                               ("budget.turns", 4, "project config"), ("budget.taskUsd", 0.25, "command line"),
                               ("effort", "low", "environment"), ("budget.dayUsd", 50, "default"),
                               ("permissions.deny", ["curl"], "project config")]:
        expect(s[key] == {"value": value, "from": source}, (key, s[key]))
    r = w.run("config")
    expect('mode = "edit"   # user config\n' in r.out, r)


def settings_that_cannot_be_read_say_why(w):
    os.symlink(".emend", os.path.join(w.path, ".emend"))
    r = w.run("config", "show")
    expect(r.status == 2 and ".emend/config.json" in r.err and os.strerror(errno.ELOOP) in r.err, r)


def a_project_cannot_widen(w):
    for text in ('{\n"mode": "auto"}', '{\n"budget": {"taskUsd": 100}}', '{\n"model": "x/y"}',
                 '{\n"permissions": {"allow": ["rm"]}}', '{\n"denyFiles": ["!.env"]}'):
        w.write(".emend/config.json", text)
        model = w.script({"text": "hello"})
        r = w.run("config", "check")
        expect(r.status == 2 and ".emend/config.json:2: key " in r.err, r)
        r = w.run("do", "--json", "--model", model, "x")
        if "denyFiles" in text:  # what was meant to protect must not silently be gone
            expect(r.status == 2 and ".emend/config.json:2: key " in r.of("task.finished")[0]["summary"], r)
        else:  # the wish has no effect, and is no reason to stop
            expect(r.status == 0 and r.of("task.started")[0]["mode"] == "ask", r)
            expect(any("has no effect: .emend/config.json:2: key " in e["text"] for e in r.of("notice")), r)


def config_check_finds_every_mistake(w):
    w.config('{"nope": 1, "budget": {"taskUsd": "x"}, // a comma too many is fine:\n'
             '"permissions": {"deny": [{"rule": "rm", "match": ["ls"]}, ], }, }')
    r = w.run("config", "check")
    for words in ('"nope"', '"budget.taskUsd"', '"rm" does not match "ls"'):
        expect(r.status == 2 and words in r.err, r)
    w.config('{"model": "nowhere/x"}')
    r = w.run("config", "check")
    expect(r.status == 2 and "nowhere" in r.err and "fine" not in r.out, r)
    w.config('{"permissions": {"deny": [{"rule": "rm", "match": ["rm x"]},],},}')
    r = w.run("config", "check")
    expect(r.status == 0 and "fine" in r.out, r)


def what_a_command_does_not_know_is_a_mistake(w):
    for command in ("cost", "doctor", "models", "version"):
        r = w.run(command, "extra")
        expect(r.status == 2 and "extra" in r.err, r)
    r = w.run("status", "one", "two")
    expect(r.status == 2 and "two" in r.err, r)
    for args in (["version"], ["-V"], ["--version"]):
        r = w.run(*args)
        expect(r.status == 0 and r.out.startswith("emend "), r)
    r = w.run("help", "lsp")
    expect("--trace FILE" in r.out, r)


def schema_is_json(w):
    s = json.loads(w.run("config", "schema").out)
    expect(s["properties"]["mode"]["enum"] == ["read-only", "plan", "ask", "edit", "auto"], s)
    expect(s["properties"]["budget"]["properties"]["taskUsd"]["default"] == 2, s)
    expect(s["additionalProperties"] is False, s)


def the_settings_of_vs_code_are_those_of_the_schema(_):
    import subprocess
    import sys
    from support import EMEND, TOP
    p = subprocess.run([sys.executable, os.path.join(TOP, ".ci", "vscode-settings"), EMEND, "--check"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    expect(p.returncode == 0, p.stdout.decode())


def policy_is_explained(w):
    w.config('{"permissions": {"deny": ["curl"], "allow": ["make test"]}}')
    for words, verdict in [(["curl", "x"], "deny"), (["make", "test"], "allow"), (["make", "install"], "ask"),
                           (["sh", "-c", "curl x"], "deny")]:
        r = w.run("policy", "explain", "--json", "--", *words)
        expect(r.status == 0 and json.loads(r.out)["decision"] == verdict, r)
    r = w.run("policy", "check")
    expect(r.status == 0 and "deny: curl\n" in r.out and "mode: ask\n" in r.out, r)


def doctor_tells_all(w):
    r = w.run("doctor", "--json")
    expect(r.status in (0, 6), r)
    d = json.loads(r.out)
    expect(d["type"] == "doctor" and d["libraries"]["libuv"] and d["model"]["ok"] is False, r)
    expect((r.status == 0) == bool(d.get("sandbox", {}).get("ok")), r)
    r = w.run("doctor", "-q")
    expect("MISSING" in r.out and "No model is configured" in r.out and "ok  " not in r.out and "state" not in r.out, r)
    r = w.run("doctor", ANTHROPIC_API_KEY="sk-very-secret")
    expect("sk-very-secret" not in r.out + r.err and "anthropic/" in r.out, r)


def a_full_stdout_is_an_error(w):
    import subprocess
    from support import EMEND
    with open("/dev/full", "wb") as full:
        p = subprocess.run([EMEND, "config"], cwd=w.path, env=w.env, stdout=full, stderr=subprocess.PIPE, check=False)
    expect(p.returncode == 1 and b"standard output" in p.stderr, p)


main([version_and_help, every_command_has_its_own_help,
      the_manual_and_the_completions_have_every_option, no_command_is_a_mistake, mistakes_get_a_suggestion,
      what_is_not_there_is_no_mistake_of_usage,
      json_mistakes_are_objects_too, options_may_stand_anywhere, without_model_it_says_how_to_get_one,
      settings_mistakes_name_file_line_and_key, settings_show_where_they_come_from,
      settings_that_cannot_be_read_say_why, a_project_cannot_widen,
      config_check_finds_every_mistake, what_a_command_does_not_know_is_a_mistake,
      schema_is_json, the_settings_of_vs_code_are_those_of_the_schema, policy_is_explained, doctor_tells_all, a_full_stdout_is_an_error])
