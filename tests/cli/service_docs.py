#!/usr/bin/env python3
"""service_docs - the calls of docs/execution-service.md, as they stand there: in the terminal, over MCP, over HTTP. What comes
out must be the same in all three."""
import json
import os
import subprocess

from service import Service, tidy
from support import EMEND, SECONDS, TOP, expect, main

PAGE = os.path.join(TOP, "docs", "execution-service.md")


def block(heading, marker):
    """The one block of shell under the heading that has the marker in it."""
    with open(PAGE, encoding="utf-8") as f:
        section = f.read().split("\n## " + heading + "\n")[1].split("\n## ")[0]
    found = [b.split("\n```")[0] for b in section.split("```sh\n")[1:]]
    found = [b for b in found if marker in b]
    expect(len(found) == 1, (heading, marker, found))
    return found[0]


def shell(w, text):
    bin_folder = os.path.join(w.base, "bin")
    if not os.path.isdir(bin_folder):
        os.mkdir(bin_folder)
        os.symlink(EMEND, os.path.join(bin_folder, "emend"))
    env = dict(w.env, PATH=bin_folder + ":" + w.env["PATH"], XDG_RUNTIME_DIR=w.base)
    r = subprocess.run(["bash", "-u"], cwd=w.path, env=env, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=4 * SECONDS, check=False, encoding="utf-8")
    expect(not r.stderr, r)
    return r.stdout


def objects(text):
    """JSON values, one behind the other."""
    out, at = [], 0
    text = text.strip()
    while at < len(text):
        value, at = json.JSONDecoder().raw_decode(text, at)
        out.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return out


def check(answers):
    python, javascript, validated, environment, history, languages = answers
    expect(python["stdout"] == "42\n" and python["status"] == "success", python)
    expect(javascript["stdout"] == "42\n" and javascript["language"] == "javascript", javascript)
    expect(not validated["is_safe"] and [f["rule"] for f in validated["findings"]] == ["process"], validated)
    expect(environment["stdout"] == "hello\n", environment)
    expect([e["language"] for e in history["executions"]] == ["bash", "javascript", "python"], history)
    expect(all(languages["languages"][name]["available"] for name in ("python", "javascript", "bash")), languages)


def with_a_sandbox(w):
    """Skips where there is none."""
    Service(w).end()


def the_terminal(w):
    with_a_sandbox(w)
    text = block("In the terminal", "| emend exec")
    out = shell(w, text)
    for words in ("42\n42\n", "process: os.system", "\nhello\n", "javascript  ", "python  "):
        expect(words in out, (words, out))
    check(objects(shell(w, "\n".join(line.split("  #")[0].replace("emend exec", "emend exec --json") for line in text.splitlines()
                                     if "--history" not in line and "--list" not in line) + "\nemend exec --json --history --limit 3\n"
                        "emend exec --json --list\n")))
    w.write("hello.js", "console.log('hi')")
    w.write("sum.py", "import sys\nprint(sum(int(n) for n in sys.stdin))")
    w.write("numbers.txt", "1\n2\n")
    w.write("query.sql", "select 1 + 1;")
    out = shell(w, block("In the terminal", "hello.js"))
    expect(out.startswith("hi\n3\n{"), out)


def over_mcp(w):
    with_a_sandbox(w)
    answers = objects(shell(w, block("For other agents: MCP", "ask()")))
    check([a["result"]["structuredContent"] for a in answers])


def over_http(w):
    os.mkdir(os.path.join(w.base, "emend"), 0o700)
    s = Service(w, path=os.path.join(w.base, "emend", "serve.sock"))
    out = shell(w, block("Over HTTP", "curl"))
    answers, stream = out.split("event: output\n", 1)
    check(objects(answers))
    expect([json.loads(line[6:])["text"] for line in stream.splitlines() if line.startswith("data: ")
            and '"text"' in line] == ["1\n", "2\n", "3\n"] and "event: result" in stream, stream)
    s.end()


main([tidy(case) for case in (the_terminal, over_mcp, over_http)])
