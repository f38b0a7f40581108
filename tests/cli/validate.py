#!/usr/bin/env python3
"""validate - `emend exec --validate`: places and rules for each language, and what of a corpus of harmless and of dangerous
snippets is told right (aliases, indirection, encodings). Recall and precision are printed."""
import json
import os
import shutil
import subprocess
import threading

from support import EMEND, SECONDS, Skip, expect, main

PROGRAM = {"python": "python3", "javascript": "node", "bash": "bash", "sql": "python3"}


def validate(w, language, text, *args):
    p = subprocess.run([EMEND, "exec", "--validate", "--json", "--language", language, *args], input=text.encode(), cwd=w.path,
                       env=w.env, capture_output=True, timeout=SECONDS, check=False)
    if p.returncode == 6:
        raise Skip("no sandbox here")
    answer = json.loads(p.stdout)
    expect(answer["type"] == "validation" and p.returncode == (0 if answer["is_safe"] else 1), (p, text))
    expect(answer["language"] == language and len(answer["issues"]) == len(answer["findings"]), answer)
    return answer


def rules(answer):
    return [(f["rule"], f["line"], f["column"]) for f in answer["findings"]]


def validate_many(w, language, texts, **more):
    """All at once, over MCP; in their order."""
    call = {"jsonrpc": "2.0", "method": "tools/call"}
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    p = subprocess.Popen([EMEND, "mcp"], cwd=w.path, env=w.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send():
        for i, text in enumerate(texts):
            params = {"name": "validate_code", "arguments": dict(more, language=language, code=text), "_meta": meta}
            p.stdin.write(json.dumps(dict(call, id=i, params=params)).encode() + b"\n")
        p.stdin.flush()

    sender = threading.Thread(target=send)
    sender.start()
    answers = {}
    for _ in texts:
        answer = json.loads(p.stdout.readline())
        if answer["result"]["isError"] and "What to do" in answer["result"]["content"][0]["text"]:
            raise Skip("no sandbox here")
        answers[answer["id"]] = answer["result"]["structuredContent"]
    sender.join()
    p.communicate(timeout=SECONDS)
    return [answers[i] for i in range(len(texts))]


def need(language):
    if not shutil.which(PROGRAM[language]):
        raise Skip("%s is not installed" % PROGRAM[language])


PLACES = {
    "python": [("import os\n\nx = 1\nos.system('ls')", [("process", 4, 1)]), ("x = (", [("syntax", 1, 5)]),
               ("from os import system as s\ns('x')", [("process", 1, 16), ("process", 2, 1)]),
               ("import json, socket, re", [("network", 1, 14)])],
    "javascript": [("let x = 1;\n  eval('x')", [("dynamic", 2, 3)]), ("let x = (", [("syntax", 1, 10)]),
                   ("const {exec: e} = require('node:child_process');\ne('ls')",
                    [("process", 1, 14), ("process", 1, 19), ("process", 2, 1)])],
    "bash": [("echo hi\n  curl x", [("network", 2, 3)]), ("echo (", [("syntax", 1, 1)]),
             ("for f in a b; do\n  rm -rf $f\ndone", [("destructive", 2, 3)]), ("echo a\nsudo -u x id", [("privilege", 2, 1)])],
    "sql": [("SELECT 1;\n  ATTACH 'x' AS y;", [("file", 2, 3)]), ("CREATE TABLE t(a);\nSELECT * FROM t;\nSELEC 1;", [("syntax", 3, 1)]),
            ("CREATE TABLE t(a);\nDELETE FROM t;", [("destructive", 2, 1)])],
}


def places(language):
    def case(w):
        need(language)
        for text, want in PLACES[language]:
            got = rules(validate(w, language, text))
            expect(got == want, (text, got, want))
    case.__name__ = "places_in_" + language
    return case


def snippets(language):
    """(harmless, dangerous) of snippets/LANGUAGE.txt."""
    parts = {"HARMLESS": [], "DANGEROUS": []}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "snippets", language + ".txt"), encoding="utf-8") as f:
        lines = f.read().split("\n")
    part = None
    for line in lines[1:]:
        if line in parts:
            part = parts[line]
        elif line and not line.startswith("## "):
            part.append(line.replace("\N{PILCROW SIGN}", "\n"))
    expect(all(len(p) >= 200 and len(set(p)) == len(p) for p in parts.values()), "200 of each, all different")
    return parts["HARMLESS"], parts["DANGEROUS"]


# (recall, precision) below which something has been lost; measured: python 1 and 1, javascript 0.99 and 1, sql 0.99 and 1, bash 1 and 1. Not quite at what was measured, since parsers differ from version to version.
FLOORS = {"python": (0.97, 0.97), "javascript": (0.97, 0.97), "bash": (0.97, 0.97), "sql": (0.97, 0.97)}


def corpus(language):
    def case(w):
        need(language)
        harmless, dangerous = snippets(language)
        wrong = [t for t, a in zip(harmless, validate_many(w, language, harmless)) if not a["is_safe"]]
        missed = [t for t, a in zip(dangerous, validate_many(w, language, dangerous)) if a["is_safe"]]
        found = len(dangerous) - len(missed)
        recall, precision = found / len(dangerous), found / (found + len(wrong))
        print("# %s: recall %.3f (%d of %d), precision %.3f (%d of %d)" % (
            language, recall, found, len(dangerous), precision, found, found + len(wrong)))
        for text in missed:
            print("#   not told: " + text.replace("\n", " / "))
        for text in wrong:
            print("#   harmless, but told: " + text.replace("\n", " / "))
        expect(recall >= FLOORS[language][0] and precision >= FLOORS[language][1], (recall, precision))
    case.__name__ = "a_corpus_of_" + language
    return case


def what_is_allowed_is_no_finding(w):
    text = "import socket, shutil\neval('1')"
    for more, want in (({}, ["dynamic", "file", "network"]), ({"allow_network": True}, ["dynamic", "file"]),
                       ({"allow_filesystem": True}, ["dynamic", "network"]), ({"allow_network": True, "allow_filesystem": True}, ["dynamic"])):
        found = sorted(f["rule"] for f in validate_many(w, "python", [text], **more)[0]["findings"])
        expect(found == want, (more, found))


def nothing_of_it_runs(w):
    r = w.run("exec", "--validate", w.write("x.py", "import time\nprint('ran')\nwhile True: pass"))
    expect(r.status == 0 and r.out == "" and r.err == "", r)
    r = w.run("exec", "--validate", w.write("x.sh", "echo ran\ncurl x"))
    expect(r.status == 1 and r.out == "2:1: network: curl uses the network\n", r)
    expect(w.run("exec", "--history", "--json").of("history")[0]["count"] == 0, "a look is no execution")
    deep = validate(w, "python", "(" * 5000 + ")" * 5000)
    expect(not deep["is_safe"], deep)


main([places("python"), places("javascript"), places("bash"), places("sql"), corpus("python"), corpus("javascript"), corpus("bash"),
      corpus("sql"), what_is_allowed_is_no_finding, nothing_of_it_runs])
