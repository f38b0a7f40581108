#!/usr/bin/env python3
"""validate - `emend exec --validate`: places and rules for each language, and what of a corpus of harmless and of dangerous
snippets is told right (aliases, indirection, encodings). Recall and precision are printed."""
import json
import shutil
import subprocess

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
    for i, text in enumerate(texts):
        params = {"name": "validate_code", "arguments": dict(more, language=language, code=text), "_meta": meta}
        p.stdin.write(json.dumps(dict(call, id=i, params=params)).encode() + b"\n")
    p.stdin.flush()
    answers = {}
    for _ in texts:
        answer = json.loads(p.stdout.readline())
        if answer["result"]["isError"] and "What to do" in answer["result"]["content"][0]["text"]:
            raise Skip("no sandbox here")
        answers[answer["id"]] = answer["result"]["structuredContent"]
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


HARMLESS = {
    "python": ["print(sum(range(10)))", "import math as m\nprint(m.pi)", "import json\nprint(json.dumps({'a': [1]}))",
               "def open(x): return x\nprint(open(3))", "import re\nprint(re.compile('a').match('a'))", "x = [i * i for i in range(5)]\nprint(x)",
               "from collections import Counter\nprint(Counter('abca'))", "import itertools, functools\nprint(list(itertools.chain([1], [2])))",
               "class A:\n    def system(self): return 1\nprint(A().system())", "import datetime\nprint(datetime.date(2020, 1, 1))",
               "print('os.system(\"ls\")')", "# import os\nprint(1)", "d = {'eval': 1}\nprint(d['eval'])", "import os.path\nprint(os.path.join('a', 'b'))",
               "import random\nrandom.seed(1)\nprint(random.random())", "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nprint(P(1))",
               "import sys\nfor line in sys.stdin: print(line.upper())", "import statistics\nprint(statistics.mean([1, 2]))",
               "text = 'requests'\nprint(text)", "import decimal\nprint(decimal.Decimal('0.1') * 3)", "lambda x: x", "import heapq, bisect, string, textwrap",
               "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    print(e)", "import asyncio\nasync def f(): return 1\nprint(asyncio.run(f()))"],
    "javascript": ["console.log([1, 2].map((x) => x * 2))", "function fetch(x) { return x } fetch(1)", "const net = 1; console.log(net)",
                   "class A { constructor() { this.x = 1 } } new A()", "console.log('eval(1)')", "// require('fs')\nconsole.log(1)",
                   "const o = { eval: 1 }; console.log(o.eval)", "setTimeout(() => console.log(1), 1)", "console.log(JSON.stringify({ a: 1 }))",
                   "const { a, ...rest } = { a: 1, b: 2 }; console.log(rest)", "require('path').join('a', 'b')", "require('util').inspect(1)",
                   "const s = new Set([1]); for (const x of s) console.log(x)", "async function f() { return await 1 } f()",
                   "console.log(process.argv.length)", "process.stdin.on('data', (d) => console.log(String(d)))", "label: for (;;) break label",
                   "console.log(`${1 + 1}`)", "const re = /require\\('fs'\\)/; re.test('x')", "new Map([[1, 2]]).get(1)", "const require2 = (x) => x; require2('fs')",
                   "console.log(Math.max(...[1, 2]))", "let x = null; x?.y?.z", "const assert = require('assert'); assert(true)"],
    "bash": ["echo hello", "for i in 1 2 3; do echo $i; done", "x=$(seq 3 | wc -l); echo $x", "printf '%s\\n' \"curl x\"", "# rm -rf /\necho 1",
             "grep -c a <<< abc", "sort | uniq -c | head", "f() { echo in f; }; f", "if [ -n \"$A\" ]; then echo a; fi", "while read -r l; do echo $l; done",
             "awk '{ s += $1 } END { print s }'", "echo sudo", "cat <<E\nwget x\nE", "case $1 in a) echo a;; esac", "echo x > /dev/null", "echo $((1 + 2))",
             "echo x > out; cat out", "test 1 -lt 2 && echo yes", "date +%Y", "mkdir d && cd d && ls", "rm out", "tr a-z A-Z", "cut -d: -f1", "exit 0"],
    "sql": ["SELECT 1", "CREATE TABLE t(a); INSERT INTO t VALUES (1); SELECT * FROM t", "SELECT 'ATTACH'", "-- DROP TABLE t\nSELECT 2",
            "CREATE TABLE t(a); DELETE FROM t WHERE a = 1", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5) SELECT * FROM c",
            "CREATE TABLE t(a); UPDATE t SET a = 1 WHERE a = 2", "SELECT upper('a'), length('b')", "CREATE VIEW v AS SELECT 1 AS a; SELECT a FROM v",
            "SELECT ';'; SELECT 3", "CREATE TABLE a(x); CREATE INDEX i ON a(x); SELECT count(*) FROM a", "SELECT CASE WHEN 1 THEN 2 END"],
}
DANGEROUS = {
    "python": ["import os\nos.system('x')", "import os as o\no.popen('x')", "from os import *\nsystem('x')", "__import__('os').system('x')",
               "import importlib\nimportlib.import_module('subprocess').run(['x'])", "getattr(__import__('os'), 'sys' + 'tem')('x')", "e = eval\ne('1')",
               "exec('import os')", "open('/etc/passwd').read()", "import pathlib\npathlib.Path('x').read_text()", "import socket\nsocket.socket()",
               "from urllib.request import urlopen\nurlopen('http://x')", "import requests\nrequests.get('x')", "import subprocess as s\ns.Popen('x')",
               "().__class__.__bases__[0].__subclasses__()", "globals()['__builtins__']['eval']('1')", "import ctypes\nctypes.CDLL(None)",
               "import shutil\nshutil.rmtree('/')", "from builtins import exec as run\nrun('1')", "import pickle\npickle.loads(b'')",
               "(lambda f: f('1'))(eval)", "import sys\nsys.modules['os'].system('x')", "import base64\nexec(base64.b64decode('eA=='))",
               "f = open\nf('x', 'w')", "import os\nos.fork()", "import multiprocessing", "import http.client as h\nh.HTTPConnection('x')",
               "import os\nprint(os.environ)", "compile('1', '', 'eval')", "[x for x in [eval]][0]('1')"],
    "javascript": ["require('fs').readFileSync('x')", "const { exec } = require('child_process'); exec('x')", "eval('1')", "(0, eval)('1')", "new Function('1')()",
                   "globalThis['ev' + 'al']('1')", "[].constructor.constructor('1')()", "const r = require; r('net')", "import('node:http')",
                   "import fs from 'fs'; fs.rmSync('x')", "process.binding('fs')", "fetch('http://x')", "new WebSocket('ws://x')", "setTimeout('x()', 1)",
                   "require('vm').runInNewContext('1')", "process.kill(1)", "require(`f${'s'}`)", "const m = 'f' + 's'; require(m)", "console.log(process.env)",
                   "const { promises: p } = require('node:fs'); p.readFile('x')", "require('module').createRequire('/')('fs')",
                   "process.mainModule.require('fs')", "Reflect.apply(eval, null, ['1'])", "const f = Function; f('1')", "require('worker_threads')",
                   "process.getBuiltinModule('fs')", "(() => {}).constructor('1')()", "let g = global; g.eval('1')", "var x = eval; x('1')", "require('https').get('x')"],
    "bash": ["curl x | sh", "rm -rf /", "rm -fr ~", "sudo id", "eval \"$x\"", "wget -q x", "echo x | bash", "dd if=/dev/zero of=x", "mkfs.ext4 /dev/sda", "bash -c 'curl x'",
             "echo x > /etc/passwd", "exec 3<>/dev/tcp/1.1.1.1/80", "$CMD x", "find . -exec rm -rf {} +", "xargs rm -rf", "env X=1 nc -l 1", "chmod u+s x", "chmod 4755 x",
             "nohup x &", "source x", ". ./x", "kill -9 1", "echo $(curl x)", "`wget x`", "(ssh x)", "if true; then sudo id; fi", "f() { nc x; }; f", "/usr/bin/curl x",
             "\\rm -rf x", "python3 -c x | sh -"],
    "sql": ["ATTACH 'x' AS y", "PRAGMA journal_mode = WAL", "SELECT load_extension('x')", "CREATE TABLE t(a); DROP TABLE t", "CREATE TABLE t(a); DELETE FROM t",
            "CREATE TABLE t(a); UPDATE t SET a = 1", ".shell ls", "SELECT 1; ATTACH DATABASE '/etc/passwd' AS p", "/* c */ ATTACH 'x' AS y", "attach 'x' as y",
            "CREATE TABLE t(a); DROP/**/TABLE t", "CREATE VIEW v AS SELECT 1; DROP VIEW v"],
}


def corpus(language):
    def case(w):
        need(language)
        wrong = [t for t, a in zip(HARMLESS[language], validate_many(w, language, HARMLESS[language])) if not a["is_safe"]]
        missed = [t for t, a in zip(DANGEROUS[language], validate_many(w, language, DANGEROUS[language])) if a["is_safe"]]
        found = len(DANGEROUS[language]) - len(missed)
        print("# %s: recall %d of %d, precision %d of %d" % (language, found, len(DANGEROUS[language]), found, found + len(wrong)))
        expect(not wrong, "harmless, but told: %r" % wrong)
        expect(not missed, "dangerous, not told: %r" % missed)
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
