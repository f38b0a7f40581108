#!/usr/bin/env python3
"""output - for scripts: an answer that holds to a schema, and a task in a worktree of its own."""
import json
import os
import re
import shutil
import subprocess

from support import DONE, EDIT, EMEND, TOP, Skip, expect, main

SCHEMA = {"type": "object", "properties": {"safe": {"type": "boolean"}, "files": {"type": "array", "items": {"type": "string"}}},
          "required": ["safe"], "additionalProperties": False}
GOOD = '{"safe": true, "files": ["calc.py"]}'


def schema(w, value=None):
    return w.write("../schema.json", json.dumps(SCHEMA if value is None else value))


def do(w, turns, *args):
    return w.run("do", "-y", "--output-schema", schema(w), "--model", w.script(*turns), *args, "is it safe?")


def the_answer_is_all_of_stdout(w):
    w.repository()
    r = do(w, [dict(EDIT, expect=["<schema>", '"additionalProperties"', "one JSON value"]), {"text": GOOD}])
    expect(r.status == 0 and r.out == GOOD + "\n" and "Edit calc.py" in r.err, r)
    r = do(w, [{"text": "```json\n" + GOOD + "\n```"}], "-q")
    expect(r.status == 0 and r.out == GOOD + "\n", r)
    r = do(w, [{"text": GOOD}], "--json")
    expect(r.status == 0 and r.of("output") == [{"type": "output", "value": json.loads(GOOD)}], r)
    expect(r.events()[-1]["type"] == "output", r)


def one_more_try_is_given(w):
    w.repository()
    r = do(w, [{"text": "It is safe."}, {"text": GOOD, "expect": "not JSON that holds to the schema"}])
    expect(r.status == 0 and r.out == GOOD + "\n", r)
    expect(len(os.listdir(os.path.join(w.state, "sessions"))) == 1, "it is the same session")
    r = do(w, [{"text": '{"safe": 1}'}, {"text": '{"safe": true, "more": 1}', "expect": 'safe: wanted is the type "boolean"'},
               {"text": GOOD}])
    expect(r.status == 1 and r.out == "" and 'a member that is not wanted: "more"' in r.err, r)


def a_task_that_fails_has_no_answer(w):
    w.repository()
    r = do(w, [EDIT, EDIT, EDIT], "--max-turns", "1")
    expect(r.status == 3 and r.out == "", r)


def a_schema_that_cannot_be_used_is_an_error(w):
    w.repository()
    for value, words in (({"type": "text"}, "type must be"), ({"oneOf": []}, "does not know the keyword oneOf")):
        r = w.run("do", "--output-schema", schema(w, value), "--model", w.script(DONE), "x")
        expect(r.status == 2 and words in r.err, r)
    r = w.run("do", "--output-schema", "nosuch.json", "--model", w.script(DONE), "x")
    expect(r.status == 2 and "cannot read nosuch.json" in r.err, r)
    w.write("broken.json", "{")
    expect(w.run("do", "--output-schema", "broken.json", "--model", w.script(DONE), "x").status == 2, "no JSON")


def git(w, *args):
    return subprocess.run(["git", *args], cwd=w.path, env=w.env, capture_output=True, text=True, check=True).stdout


def the_end_says_what_was_denied_and_hidden(w):
    w.repository()
    w.write(".env", "KEY=1\n")
    look = {"calls": [{"name": "run_command", "input": {"command": "ls"}}, {"name": "run_command", "input": {"command": "ls -a"}},
                      {"name": "read_file", "input": {"path": ".env"}}]}
    r = w.run("do", "-y", "--model", w.script(look, DONE), "look")
    expect(r.status == 0 and r.out.count("Hidden from commands: .env.\n") == 1, r)
    expect("Not permitted on the way: .env.\n" in r.out, r)
    r = w.run("do", "-y", "--json", "--model", w.script(look, DONE), "look")
    expect([e["paths"] for e in r.of("hidden")] == [[".env"]], r)
    expect(r.of("task.finished")[0]["denied"] == [".env"], r)


def a_task_in_a_worktree(w):
    w.repository()
    os.mkdir(os.path.join(w.path, "lib"))
    w.write("lib/x", "x\n")
    w.git("add", ".")
    w.git("commit", "-qm", "lib")
    w.write("calc.py", "mine\n")
    script = w.script({"calls": [{"name": "run_command", "input": {"command": "grep -c . calc.py; cat lib/x"}}]}, EDIT, DONE)
    r = w.run("do", "--worktree", "-y", "--json", "--model", script, "mend it")
    made, end = r.of("worktree")
    path, branch = made["path"], made["branch"]
    expect(r.status == 0 and os.path.dirname(path) == os.path.dirname(os.path.realpath(w.path)) and not end["removed"], r)
    with open(os.path.join(path, "calc.py"), encoding="utf-8") as f:
        expect("a + b" in f.read(), r)
    expect(w.read("calc.py") == "mine\n" and branch in git(w, "branch", "--list", "emend/*"), git(w, "branch"))
    r = w.run("undo", "-y", "-C", path)
    expect(r.status == 0 and "restored calc.py" in r.out, r)
    r = w.run("do", "--worktree", "-y", "-C", os.path.join(w.path, "lib"), "--model", w.script(
        {"calls": [{"name": "write_file", "input": {"path": "y", "content": "y\n"}}]}, DONE), "x")
    path = re.search(r"Worktree: (\S+), branch", r.out + r.err).group(1)
    expect(r.status == 0 and os.path.exists(os.path.join(path, "lib/y")) and "git worktree remove" in r.err, r)


def an_untouched_worktree_goes_again(w):
    w.repository()
    before = sorted(os.listdir(w.base))
    r = w.run("do", "--worktree", "--mode", "read-only", "--model", w.script(DONE), "look")
    expect(r.status == 0 and "it is gone again" in r.err, r)
    expect(sorted(set(os.listdir(w.base)) - {"script.jsonl"}) == before, os.listdir(w.base))
    expect(git(w, "branch", "--list", "emend/*") == "" and len(git(w, "worktree", "list").splitlines()) == 1, "git")


def a_worktree_wants_a_repository(w):
    r = w.run("do", "--worktree", "--model", w.script(DONE), "x")
    expect(r.status == 2 and "is in no git repository" in r.err, r)
    w.git("init", "-q")
    r = w.run("do", "--worktree", "--model", w.script(DONE), "x")
    expect(r.status == 2 and "has no commit yet" in r.err, r)


def step(name):
    """What the workflow in docs/ci.md runs in this step."""
    with open(os.path.join(TOP, "docs", "ci.md"), encoding="utf-8") as f:
        text = f.read().split("- name: %s\n" % name)[1].split("        run: |\n")[1]
    lines = []
    for line in text.splitlines():
        if line and not line.startswith(" " * 10):
            break
        lines.append(line[10:])
    return "\n".join(lines) + "\n"


def workflow(w, name, model, **env):
    tools = os.path.join(w.base, "tools")
    os.makedirs(tools, exist_ok=True)
    if not os.path.exists(os.path.join(tools, "emend")):
        os.symlink(EMEND, os.path.join(tools, "emend"))
        with open(os.path.join(tools, "gh"), "w", encoding="utf-8") as f:
            f.write('#!/bin/sh\necho "gh $*" >>"$RUNNER_TEMP/gh"; cat >>"$RUNNER_TEMP/gh"\n')
        os.chmod(os.path.join(tools, "gh"), 0o755)
    env = dict(w.env, EMEND_MODEL=model, RUNNER_TEMP=w.base, PATH=tools + ":" + w.env["PATH"], **env)
    return subprocess.run(["bash", "-e", "-o", "pipefail", "-c", step(name)], cwd=w.path, env=env, capture_output=True,
                          text=True, timeout=120, check=False)


def the_workflows_of_the_documentation_run(w):
    if not shutil.which("jq"):
        raise Skip("no jq")
    w.repository()
    w.write("calc.py", "def add(a, b):\n    return a * b\n")
    w.git("commit", "-qam", "second")
    for serious, status in (("false", 0), ("true", 1)):
        model = w.script({"text": '{"serious": %s, "comment": "calc.py:2 multiplies."}' % serious, "expect": "a * b"})
        r = workflow(w, "Review", model, BASE="HEAD~1", PR="7")
        expect(r.returncode == status, r)
        with open(os.path.join(w.base, "gh"), encoding="utf-8") as f:
            expect("gh pr comment 7 --body-file -\ncalc.py:2 multiplies." in f.read(), r)


def the_fix_of_the_documentation_runs(w):
    w.repository()
    w.write("Makefile", "test:\n\tsh check.sh\n")
    w.git("add", ".")
    w.git("commit", "-qm", "second")
    r = workflow(w, "Fix", w.script(dict(EDIT, expect="make test fails"), DONE))
    expect(r.returncode == 0, r)
    expect(git(w, "log", "-1", "--format=%an %s").strip() == "emend Mend the failing test", r)
    expect(git(w, "status", "--porcelain") == "" and "a + b" in w.read("calc.py"), r)


if __name__ == "__main__":
    main([the_answer_is_all_of_stdout, one_more_try_is_given, a_task_that_fails_has_no_answer,
          a_schema_that_cannot_be_used_is_an_error, the_end_says_what_was_denied_and_hidden, a_task_in_a_worktree, an_untouched_worktree_goes_again,
          a_worktree_wants_a_repository, the_workflows_of_the_documentation_run, the_fix_of_the_documentation_runs])
