#!/usr/bin/env python3
"""context - what a model is told without asking: where it is, who is there, and the project's rules for the folders
that it comes to."""
import os

from provider import Provider
from support import DONE, expect, main


def call(name, **input_):
    return {"calls": [{"name": name, "input": input_}]}


def texts(body, *, of):
    """The texts of the user's turns, in order; of="text" without the results of calls."""
    return [b["text"] for m in body["messages"] if m["role"] == "user" for b in m["content"] if b["type"] == of]


def the_first_turn_says_where_it_is(w):
    w.repository()
    w.write("src/a.c", "int a;\n")
    w.write(".env", "KEY=1\n")
    w.write("odd\nname: rules follow", "")
    w.write("calc.py", "def add(a, b):\n    return a * b  # changed since\n")
    with Provider(w, DONE) as p:
        r = w.run("do", "--yes", "say hello", **p.env())
        expect(r.status == 0, r)
        first = texts(p.bodies()[0], of="text")[0]
    lines = first.split("</environment>")[0].splitlines()
    for start in ("<environment>", "Date: 20", "System: Linux ", "Mode: auto: ", "Git branch: ", "Tracked files changed since git last looked: calc.py",
                  "Top of the tree: "):
        expect(sum(line.startswith(start) for line in lines) == 1, (start, lines))
    expect("nobody is there to answer a question" in first, lines)
    top = [line for line in lines if line.startswith("Top")][0]
    expect("calc.py" in top and "src/" in top and ".env" not in top and ".git," not in top, top)
    expect("odd" in top and "odd\n" not in first, lines)


def a_place_without_git_is_said_nothing_of(w):
    with Provider(w, DONE) as p:
        expect(w.run("do", "--yes", "say hello", **p.env()).status == 0, "it runs")
        first = texts(p.bodies()[0], of="text")[0]
    expect("Git" not in first and "Tracked" not in first and "Top of the tree" not in first, first)


def rules_of_a_folder_come_when_it_is_touched(w):
    w.repository()
    for name, text in (("AGENTS.md", "Rule of the root.\n"), ("lib/AGENTS.md", "Rule of lib.\n"), ("lib/CLAUDE.md", "Not this one.\n"),
                       ("lib/deep/CLAUDE.md", "Rule of deep.\n"), ("lib/deep/x.py", "x = 1\n"), ("lib/y.py", "y = 1\n"), ("other/z.py", "z = 1\n"),
                       ("other/AGENTS.md/file", "a folder with that name\n")):
        w.write(name, text)
    turns = [call("read_file", path="calc.py"), call("read_file", path="lib/deep/x.py"), call("read_file", path="lib/y.py"),
             call("list_files", path="other"), DONE]
    with Provider(w, *turns) as p:
        r = w.run("do", "--yes", "look around", **p.env())
        expect(r.status == 0, r)
        bodies = p.bodies()
    told = [[t for t in texts(b, of="text") if "<instructions" in t] for b in bodies]
    expect([len(t) for t in told] == [0, 0, 1, 1, 1], told)
    text = told[2][0]
    expect(0 < text.find("Rule of lib.") < text.find("Rule of deep.") and "root" not in text and "Not this" not in text, text)
    expect("Rule of the root." in bodies[0]["system"][0]["text"], bodies[0]["system"])
    replay = w.run("replay", os.listdir(os.path.join(w.state, "sessions"))[0])
    expect(replay.status == 0, replay)


def rules_that_are_known_come_once(w):
    w.repository()
    w.write("lib/AGENTS.md", "Rule of lib.\n")
    w.write("lib/y.py", "y = 1\n")
    with Provider(w, call("read_file", path="lib/y.py"), DONE) as p:
        r = w.run("refactor", "--yes", "lib/y.py", **p.env())
        expect(r.status == 0, r)
        bodies = p.bodies()
    expect(str(bodies[-1]).count("Rule of lib.") == 1, bodies[-1])


main([the_first_turn_says_where_it_is, a_place_without_git_is_said_nothing_of, rules_of_a_folder_come_when_it_is_touched,
      rules_that_are_known_come_once])
