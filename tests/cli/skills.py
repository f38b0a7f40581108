#!/usr/bin/env python3
"""skills - pages of the project that say how some work is done: found, listed, loaded when the model asks, and what is
wrong with the others."""
import json
import os

from provider import Provider
from support import DONE, expect, main

PAGE = """---
name: release
description: How a release of this project is made. Use it when
  a version is to be tagged.
allowed-tools: run_command(*)
---
# Release

1. Run check.sh.
"""


def call(tool, **input_):
    return {"calls": [{"name": tool, "input": input_}]}


def first_text(body):
    return [b["text"] for m in body["messages"] if m["role"] == "user" for b in m["content"] if b["type"] == "text"][0]


def results(body):
    return [str(b["content"]) for m in body["messages"] if m["role"] == "user" for b in m["content"] if b["type"] == "tool_result"]


def tools(body):
    return [t["name"] for t in body["tools"]]


def write_skills(w):
    w.write(".emend/skills/release/SKILL.md", PAGE)
    w.write(".emend/skills/release/check.sh", "true\n")
    w.write(".emend/skills/bare/SKILL.md", "# no lines before it\n")
    w.write(".emend/skills/quoted/SKILL.md", '\ufeff---\r\ndescription: "Says \x1b[31mred\x1b[0m"\r\n---\r\nbody\r\n')
    w.write(".emend/skills/block/SKILL.md", "---\ndescription: >-\n  Two lines\n  of it.\nother: x\n---\nbody\n")
    w.write(".emend/skills/README", "no skill\n")
    os.symlink("/etc", os.path.join(w.path, ".emend/skills/out"))


def the_model_loads_one(w):
    w.repository()
    write_skills(w)
    turns = [call("load_skill", name="nothing"), call("Skill", skill="release"), call("read_file", path=".emend/skills/release/check.sh"), DONE]
    with Provider(w, *turns) as p:
        r = w.run("do", "--yes", "make a release", **p.env())
        expect(r.status == 0, r)
        bodies = p.bodies()
    text = first_text(bodies[0])
    listed = text.split("<skills>\n")[1].split("</skills>")[0].splitlines()
    expect(listed[0] == "- block: Two lines of it." and len(listed) == 3, listed)
    expect(listed[2] == "- release: How a release of this project is made. Use it when a version is to be tagged.", listed)
    expect("\x1b" not in text and "bare" not in text, text)
    expect(all(tools(b)[-1] == "load_skill" for b in bodies), tools(bodies[0]))
    wrong, page, beside = results(bodies[3])
    expect("There is no skill nothing. There are: block, quoted, release." in wrong, wrong)
    expect("1. Run check.sh." in page and "allowed-tools" not in page and ".emend/skills/release/check.sh" in page, page)
    expect("true" in beside, beside)
    for name in ("bare", "out"):
        expect("the skill %s is not used" % name in r.out + r.err, r)


def without_any_nothing_is_said(w):
    w.repository()
    with Provider(w, call("load_skill", name="x"), DONE) as p:
        r = w.run("do", "--yes", "say hello", **p.env())
        expect(r.status == 0, r)
        bodies = p.bodies()
    expect("skill" not in first_text(bodies[0]).lower() and "load_skill" not in tools(bodies[0]), bodies[0])
    expect("There is no tool named load_skill" in results(bodies[1])[0], results(bodies[1]))


def a_page_gives_no_right(w):
    w.repository()
    write_skills(w)
    with Provider(w, call("load_skill", name="release"), call("run_command", command="curl example.org", network=True), DONE) as p:
        r = w.run("do", "--mode", "ask", "make a release", **p.env())
        bodies = p.bodies()
    expect("Not permitted on the way: curl" in r.out and "needs the user's word" in results(bodies[2])[1], (r, results(bodies[2])))


def people_see_the_same(w):
    write_skills(w)
    r = w.run("skills")
    expect(r.status == 1, r)
    expect("release\n" in r.out and "How a release" in r.out and "\x1b" not in r.out, r.out)
    expect("not used: SKILL.md must begin with a line ---" in r.out.replace("\n  ", " "), r.out)
    rows = [json.loads(line) for line in w.run("skills", "--json").out.splitlines()]
    expect([(row["name"], "error" in row) for row in rows] ==
           [("bare", True), ("block", False), ("out", True), ("quoted", False), ("release", False)], rows)
    expect(rows[4]["path"] == ".emend/skills/release/SKILL.md" and rows[0]["type"] == "skill", rows)


def none_is_no_error(w):
    r = w.run("skills")
    expect(r.status == 0 and "no skills" in r.err and r.out == "", r)


def what_finds_no_room_is_counted(w):
    for i in range(40):
        w.write(".emend/skills/s%02d/SKILL.md" % i, "---\ndescription: %s\n---\n" % ("x" * 1000))
    with Provider(w, DONE) as p:
        expect(w.run("do", "--yes", "say hello", **p.env()).status == 0, "it runs")
        text = first_text(p.bodies()[0])
    expect(text.count("- s") == 16 and "(and 24 more, which are not listed)" in text, text[-300:])


def too_many_are_counted(w):
    for i in range(70):
        w.write(".emend/skills/s%02d/SKILL.md" % i, "---\ndescription: number %d\n---\n" % i)
    r = w.run("skills", "--json")
    expect(r.status == 1 and len(r.out.splitlines()) == 64 and "6 more are not used" in r.err, r)
    with Provider(w, DONE) as p:
        expect(w.run("do", "--yes", "say hello", **p.env()).status == 0, "it runs")
        text = first_text(p.bodies()[0])
    expect("(and 6 more, which are not listed)" in text, text)


main([the_model_loads_one, without_any_nothing_is_said, a_page_gives_no_right, people_see_the_same, none_is_no_error, what_finds_no_room_is_counted,
      too_many_are_counted])
