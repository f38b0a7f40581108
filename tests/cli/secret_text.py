#!/usr/bin/env python3
"""secret_text - what looks like a secret in a text does not reach the model, the log or --json, and comes back in files."""
import hashlib
import json
import os

from support import DONE, expect, main

TOKEN = "ghp_" + "R7tK2mW9qL4xV8nC3bZ6pD1sF5hJ0gYaEuTi"  # made up
MARK = "[secret:github-token:%s]" % hashlib.sha256(TOKEN.encode()).hexdigest()[:8]


def call(name, **input_):
    return {"calls": [{"name": name, "input": input_}]}


def logs(w):
    out = ""
    for folder, _, files in os.walk(w.state):
        for f in files:
            if f.endswith(".jsonl"):
                with open(os.path.join(folder, f), encoding="utf-8") as file:
                    out += file.read()
    return out


def a_token_in_a_file_is_kept_back_and_comes_back(w):
    w.write("conf.py", "user = 1\ntoken = \"%s\"\n" % TOKEN)
    turns = [call("read_file", path="conf.py"), call("run_command", command="cat conf.py; echo '%s' | wc -c" % MARK),
             call("edit_file", path="conf.py", edits=[{"old_text": "token = \"%s\"" % MARK, "new_text": "key = '%s'" % MARK}]),
             call("write_file", path="new.py", content="KEY = \"%s\"\n" % MARK), DONE]
    r = w.run("do", "-y", "--json", "rename it", "--model", w.script(*turns))
    expect(r.status == 0, r)
    expect(w.read("conf.py") == "user = 1\nkey = '%s'\n" % TOKEN, w.read("conf.py"))
    expect(w.read("new.py") == "KEY = \"%s\"\n" % TOKEN, w.read("new.py"))
    # What a command prints, and what changes, the person sees as it is; the rest tells of calls as the model made them.
    started = [json.loads(line) for line in r.out.splitlines() if '"tool.started"' in line or '"tool.finished"' in line]
    expect(len(started) == 8 and TOKEN not in json.dumps(started), started)
    notices = [e for e in map(json.loads, r.out.splitlines()) if e["type"] == "notice" and MARK in e["text"]]
    expect(len(notices) == 1 and "github-token" in notices[0]["text"], r.out)
    expect(TOKEN not in logs(w) and MARK in logs(w), "the log has the placeholder only")
    expect("%d\\n" % (len(MARK) + 1) in logs(w), "a command gets the placeholder as it is")
    expect(w.run("undo", "-y").status == 0 and TOKEN in w.read("conf.py") and "token" in w.read("conf.py"), "undo")


def what_the_user_pastes_is_kept_back(w):
    r = w.run("do", "-y", "use %s for the upload" % TOKEN, "--model",
              w.script(call("write_file", path="up.sh", content="T=%s\n" % MARK), DONE))
    expect(r.status == 0 and w.read("up.sh") == "T=%s\n" % TOKEN, r)
    expect(TOKEN not in logs(w) and "use %s for the upload" % MARK in logs(w), "the words in the log")
    expect("kept from the model" in r.out and MARK in r.out, r)


def one_that_is_not_known_is_told(w):
    r = w.run("do", "-y", "x", "--model", w.script(call("write_file", path="a", content="[secret:npm-token:0123abcd]\n"), DONE))
    expect(r.status == 0 and not w.exists("a"), r)
    expect("stands for a secret that is not known any more" in logs(w), "the model is told what to do")


def it_can_be_switched_off(w):
    w.config('{"maskSecrets": "off"}')
    w.write("conf.py", TOKEN + "\n")
    r = w.run("do", "-y", "x", "--model", w.script(call("read_file", path="conf.py"), DONE))
    expect(r.status == 0 and TOKEN in logs(w) and MARK not in logs(w), r)


main([a_token_in_a_file_is_kept_back_and_comes_back, what_the_user_pastes_is_kept_back, one_that_is_not_known_is_told,
      it_can_be_switched_off])
