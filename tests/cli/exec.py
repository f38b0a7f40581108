#!/usr/bin/env python3
"""exec - `emend exec`: code of each language in the sandbox by itself; its limits, its end, and what it cannot see."""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time

from support import EMEND, SECONDS, Result, Skip, expect, main

PROGRAM = {"python": "python3", "javascript": "node", "bash": "bash", "sql": "sqlite3"}
HELLO = {"python": "import sys; print('out'); print('err', file=sys.stderr)",
         "javascript": "console.log('out'); console.error('err')",
         "bash": "echo out; echo err >&2"}


def code(w, language, text, *args, cwd=None, **env):
    """The code is piped in."""
    p = subprocess.run([EMEND, "exec", "--language", language, *args], input=text.encode(), cwd=cwd or w.path,
                       env=dict(w.env, **env), capture_output=True, timeout=SECONDS, check=False)
    return Result(p.returncode, p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace"))


def answer(w, language, text, *args, **env):
    """The same as the JSON object."""
    r = code(w, language, text, "--json", *args, **env)
    if r.status == 6:
        raise Skip("no sandbox here")
    lines = r.of("execution")
    expect(len(lines) == 1, r)
    return lines[0]


def need(language):
    if not shutil.which(PROGRAM[language]):
        raise Skip("%s is not installed" % PROGRAM[language])


def runs(language):
    def case(w):
        need(language)
        a = answer(w, language, HELLO[language])
        expect(a["status"] == "success" and a["stdout"] == "out\n" and a["stderr"] == "err\n", a)
        expect(a["exit_code"] == 0 and a["language"] == language and a["error_message"] is None, a)
        expect(a["memory_used_mb"] > 0.5 and a["execution_time_ms"] >= 0 and not a["output_truncated"], a)
        expect(len(a["execution_id"]) == 32 and a["correlation_id"] == a["execution_id"] and not a["cached"], a)
        r = code(w, language, HELLO[language])
        expect(r.status == 0 and r.out == "out\n" and r.err == "err\n", r)
    case.__name__ = language + "_runs"
    return case


def sql_runs(w):
    need("sql")
    a = answer(w, "sql", "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (2, 'y');\nSELECT * FROM t WHERE a > 1;")
    expect(a["status"] == "success" and a["stdout"] == "a|b\n2|y\n", a)
    a = answer(w, "sql", "SELECT * FROM nowhere;")
    expect(a["status"] == "error" and a["exit_code"] == 1 and "nowhere" in a["stderr"], a)
    for text in (".shell echo shell", "SELECT writefile('x', 'y');", "ATTACH '/tmp/x.db' AS x; CREATE TABLE x.t(a);"):
        a = answer(w, "sql", text)
        expect(a["status"] == "error" and "shell\n" not in a["stdout"], (text, a))


def forms_of_the_command_line(w):
    path = w.write("a file.py", "print('file')")
    w.write("in.txt", "from a file")
    for args in (["a file.py"], ["python", "a file.py"], ["--language=py", path]):
        r = w.run("exec", *args)
        expect(r.status == 0 and r.out == "file\n" and not r.err, r)
    w.write("in.py", "import sys, os; print(sys.stdin.read(), os.environ['A'], os.environ['B'])")
    r = w.run("exec", "in.py", "--stdin", "in.txt", "--env", "A=1", "--env", "B=x=y")
    expect(r.out == "from a file 1 x=y\n", r)
    r = code(w, "bash", "echo dash", "-")
    expect(r.out == "dash\n", r)
    for args, words in ((["--language", "cobol", "x"], "python, javascript, bash or sql"), (["x.cobol"], "Which language"),
                        (["a file.py", "more"], '"more" is too much'), (["missing.py"], "missing.py"),
                        (["--timeout", "301", "a file.py"], "at most 300"), (["--memory", "5000", "a file.py"], "2048"),
                        (["--env", "=x", "a file.py"], "name of a variable"), (["--list", "x"], "takes no code"),
                        (["python", "--stdin", "-"], "comes from there already"), (["python"], "empty")):
        r = w.run("exec", *args)
        expect(r.status == 2 and words in r.err and not r.out, (args, r))


def the_status_is_that_of_the_code(w):
    r = code(w, "bash", "echo a; exit 7")
    expect(r.status == 7 and r.out == "a\n" and not r.err, r)
    a = answer(w, "python", "import os; os.kill(os.getpid(), 11)")
    expect(a["status"] == "error" and a["exit_code"] == 139 and "signal 11" in a["error_message"], a)


def output_has_a_limit(w):
    a = answer(w, "python", "import sys\nfor i in range(3000): print('x' * 999)\nprint('e', file=sys.stderr)")
    expect(a["status"] == "success" and len(a["stdout"]) == 1 << 20 and a["output_truncated"] and a["stderr"] == "e\n",
           dict(a, stdout=len(a["stdout"])))
    r = code(w, "bash", "head -c 3000000 /dev/zero")
    expect(len(r.out) == 1 << 20 and "left out" in r.err, r.err)


def time_has_a_limit(w):
    r = code(w, "python", "print('before')\nwhile True: pass", "--timeout", "1")
    expect(r.status == 124 and r.out == "before\n" and "after 1 seconds" in r.err, r)
    a = answer(w, "bash", "sleep 60", "--timeout", "0.5")
    expect(a["status"] == "timeout" and a["exit_code"] == 137, a)


def memory_has_a_limit(w):
    a = answer(w, "python", "b = []\nwhile True: b.append(bytearray(10000000))", "--memory", "100")
    expect(a["status"] == "security_violation" and "100 MB of memory" in a["error_message"], a)
    expect(a["memory_used_mb"] > 90, a)


def orphans_do_not_distract_from_the_limits(w):
    """Each orphan that ends wakes the process that watches the others."""
    storm = ("import subprocess, time\n"
             "for i in range(4):\n"
             "    subprocess.Popen(['sh', '-c', 'while :; do ( : & ); done'])\n"
             "b = bytearray(b'x') * 300000000\n"
             "time.sleep(300)\n")
    a = answer(w, "python", storm, "--memory", "100", "--timeout", "30")
    expect(a["status"] == "security_violation", a)


def processes_have_a_limit(w):
    a = answer(w, "bash", "for i in $(seq 30); do sleep 20 & done; wait")
    expect(a["status"] == "security_violation" and "processes" in a["error_message"], a)


def all_processes_end_with_it(w):
    """Neither a daemon nor a stopped process outlives the execution."""
    before = set(os.listdir("/proc"))
    a = answer(w, "bash", "(setsid sleep 4711 >/dev/null 2>&1 &)\n(sleep 4711 & kill -STOP $!) >/dev/null 2>&1\necho started")
    expect(a["status"] == "success" and a["stdout"] == "started\n", a)
    for pid in set(os.listdir("/proc")) - before:
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                expect(b"4711" not in f.read(), pid)
        except OSError:
            pass


def an_interrupt_ends_the_tree(w):
    w.write("long.sh", "echo up; sleep 4712 & wait")
    p = w.start("exec", "long.sh")
    expect(p.stdout.readline() == b"up\n", p)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=SECONDS)
    expect(p.returncode == 5, (p.returncode, out, err))
    deadline = time.monotonic() + SECONDS
    while subprocess.run(["pgrep", "-f", "^sleep 4712"], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        expect(time.monotonic() < deadline, "sleep 4712 lives on")
        time.sleep(0.05)


def nothing_of_the_caller_is_seen(w):
    w.write("secret.txt", "s3cr3t-file")
    w.write("../home/.netrc", "s3cr3t-home")
    look = """
import os, glob
print(sorted(k for k in os.environ))
seen = []
for top in (%r, %r, '/root', '/home', '/proc/1', '/tmp', '/run'):
    for folder, dirs, files in os.walk(top):
        if folder.count('/') > 6: dirs[:] = []
        for name in files[:200]:
            try:
                with open(os.path.join(folder, name), 'rb') as f: text = f.read(100000)
            except OSError: continue
            if b's3cr3t-' in text and name != 'main.py': seen.append(os.path.join(folder, name))
print(seen)
""" % (w.path, w.home)
    a = answer(w, "python", look, API_TOKEN="s3cr3t-variable", LC_MESSAGES="xx")
    names, seen = a["stdout"].splitlines()
    expect(seen == "[]", a)
    expect("API_TOKEN" not in names and "LC_MESSAGES" not in names and "SSH_" not in names, a)
    with open(os.path.join(w.home, ".gitconfig"), "w", encoding="utf-8") as f:
        f.write("[user]\n\tname = s3cr3t-name\n\temail = me@example.org\n")
    a = answer(w, "bash", "pwd; ls -A; cat /etc/shadow; touch /usr/x; ls %s" % w.base)
    expect(a["stdout"].splitlines() == ["/home/sandbox", "main.sh"], a)


def one_sees_nothing_of_another(w):
    expect(answer(w, "bash", "echo mine >~/left; echo mine >/tmp/left; echo mine >/dev/shm/left")["status"] == "success", w)
    a = answer(w, "bash", "ls ~ /tmp /dev/shm")
    expect("left" not in a["stdout"], a)


def there_is_no_network(w):
    a = answer(w, "python", """
import socket
for host in (('1.1.1.1', 53), ('127.0.0.1', 22)):
    try: socket.create_connection(host, 2); print('connected')
    except OSError as e: print('refused')
try: socket.gethostbyname('example.org'); print('resolved')
except OSError: print('no name')
""")
    expect(a["stdout"] == "refused\nrefused\nno name\n", a)


def what_is_missing_is_named(w):
    r = w.run("exec", "--list", "--json")
    if r.status == 6:
        raise Skip("no sandbox here")
    listed = r.of("languages")[0]
    expect(sorted(listed["languages"]) == ["bash", "javascript", "python", "sql"], r)
    expect(listed["default_timeout"] == 30 and listed["max_timeout"] == 300, r)
    expect(listed["default_memory_mb"] == 512 and listed["max_memory_mb"] == 2048, r)
    for name, found in listed["languages"].items():
        if found["available"]:
            expect(found["version"][0].isdigit() and "reason" not in found, found)
        else:
            expect("not installed" in found["reason"] and "apt install" in found["reason"], found)
    expect(listed["languages"]["bash"]["available"], r)
    human = w.run("exec", "--list")
    expect(human.status == 0 and listed["languages"]["bash"]["version"] in human.out, human)
    # A language that is not there, where this machine has them all: a program of that name nobody has.
    r = code(w, "bash", "true", "--env", "PATH=/nowhere", "--json")
    a = json.loads(r.out)
    expect(r.status == 127 and a["status"] == "error" and "apt install bash" in a["error_message"], r)


def without_a_sandbox_nothing_runs(w):
    r = code(w, "bash", "echo ran", EMEND_TEST_FORBID="seccomp")
    expect(r.status == 6 and "ran" not in r.out and "What to do" in r.err, r)


def what_ran_is_remembered(w):
    """The newest first, by language and status; of the code only the hash; what was refused before it ran is there, too."""
    first = answer(w, "python", "print('s3cr3t-code')")
    answer(w, "bash", "exit 3")
    answer(w, "bash", "sleep 9", "--timeout", "0.1")
    w.run("exec", "--list")
    r = w.run("exec", "--history", "--json")
    h = r.of("history")[0]
    expect([(e["language"], e["status"], e["exit_code"]) for e in h["executions"]] ==
           [("bash", "timeout", 137), ("bash", "error", 3), ("python", "success", 0)] and h["count"] == 3, r)
    last = h["executions"][2]
    expect(last["execution_id"] == first["execution_id"] and last["memory_used_mb"] > 0 and last["created_at"].endswith("Z"), last)
    expect(last["code_sha256"] == hashlib.sha256(b"print('s3cr3t-code')").hexdigest() and "s3cr3t" not in r.out, last)
    with open(os.path.join(w.state, "emend.db"), "rb") as f:
        expect(b"s3cr3t" not in f.read(), "the code is in the database")
    for args, n in ((["--language", "sh"], 2), (["--status", "timeout"], 1), (["--limit", "1"], 1), (["--status", "security_violation"], 0)):
        r = w.run("exec", "--history", "--json", *args)
        expect(r.of("history")[0]["count"] == n == len(r.of("history")[0]["executions"]), (args, r))
    r = w.run("exec", "--history")
    expect(r.status == 0 and first["execution_id"] in r.out and "timeout" in r.out, r)
    for args, words in ((["--history", "--status", "good"], "expected success"), (["--history", "x"], "takes no code"),
                        (["--status", "error", "x.py"], "goes with --history"), (["--history", "--limit", "2000"], "1000")):
        r = w.run("exec", *args)
        expect(r.status == 2 and words in r.err, (args, r))
    model = w.script(call(language="bash", code="echo by the model"), {"text": "Done."})
    w.run("do", "--model", model, "compute")
    expect(w.run("exec", "--history", "--json").of("history")[0]["count"] == 4, "the model's")


# --- the tool execute_code, called by a scripted model ---

def call(**given):
    return {"calls": [{"name": "execute_code", "input": given}]}


def results(w, r):
    """What the model was told of each call."""
    session = r.of("task.started")[0]["session"]
    with open(w.log_path(session), encoding="utf-8") as f:
        return [e["text"] for e in map(json.loads, f) if e["type"] == "result"]


def the_model_runs_code(w):
    """In any mode: it can change nothing. It sees nothing of the workspace, and the user's secrets are hidden from its result."""
    w.write("secret.txt", "s3cr3t-file")
    for mode in ("read-only", "ask", "edit", "auto"):
        model = w.script(call(language="python", code="import sys; print(6 * 7, sys.stdin.read()); sys.exit(3)", stdin="in"),
                         dict(call(language="bash", code="ls -A; cat %s/secret.txt; echo x > %s/new" % (w.path, w.path)),
                              expect=["exit status 3", "42 in"]),
                         dict(call(language="sql", code="SELECT 'a' AS b"), expect=["On stderr", "No such file"]),
                         call(language="cobol", code="x"),
                         dict(call(language="py", code="while True: pass", timeout_ms=300), expect="python, javascript, bash or sql"),
                         {"expect": "stopped after 0.3 seconds", "text": "Done."})
        r = w.run("do", "--json", "--mode", mode, "--model", model, "compute")
        if "no sandbox" in r.err.lower():
            raise Skip("no sandbox here")
        said = results(w, r)
        expect(r.status == 0 and len(said) == 5, (mode, r))
        expect("s3cr3t" not in r.out and not w.exists("new"), r)
        expect(not shutil.which("sqlite3") or "b\na\n" in said[2], said)
        expect([e["ok"] for e in r.of("tool.finished")][:2] == [False, False], r)


def the_users_rules_hold_for_code_too(w):
    w.config('{"permissions": {"deny": ["python3"]}}')
    r = w.run("do", "--json", "--yes", "--model", w.script(call(language="python", code="print('ran')"),
                                                           dict(call(language="bash", code="echo bash"), expect="Denied"),
                                                           {"text": "Done."}), "compute")
    said = results(w, r)
    expect("Denied by the policy: `python3`" in said[0] and "bash\n" in said[1], said)
    w.config('{"approve": "commands"}')
    r = w.run("do", "--json", "--model", w.script(call(language="python", code="print('ran')"), {"text": "Done."}), "compute")
    said = results(w, r)
    expect("needs the user's word" in said[0] and r.of("permission.requested")[0]["subject"] == "print('ran')", (said, r))


def a_cancelled_task_ends_its_code(w):
    model = w.script(call(language="bash", code="echo up; sleep 4713 & sleep 4713"), {"text": "never"})
    p = w.start("do", "--json", "--model", model, "compute")
    for line in p.stdout:
        if b'"type":"tool.output"' in line or b'"up' in line:
            break
        if json.loads(line)["type"] == "tool.started":
            break
    deadline = time.monotonic() + SECONDS
    alive = ["pgrep", "-f", "^sleep 4713"]
    while subprocess.run(alive, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        expect(time.monotonic() < deadline and p.poll() is None, "it does not start")
        time.sleep(0.02)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=SECONDS)
    expect(p.returncode == 5, (p.returncode, out, err))
    while subprocess.run(alive, stdout=subprocess.DEVNULL, check=False).returncode == 0:
        expect(time.monotonic() < deadline, "sleep 4713 lives on")
        time.sleep(0.02)


main([runs("python"), runs("javascript"), runs("bash"), sql_runs, forms_of_the_command_line, the_status_is_that_of_the_code,
      output_has_a_limit, time_has_a_limit, memory_has_a_limit, orphans_do_not_distract_from_the_limits,
      processes_have_a_limit, all_processes_end_with_it,
      an_interrupt_ends_the_tree, nothing_of_the_caller_is_seen, one_sees_nothing_of_another, there_is_no_network,
      what_is_missing_is_named, without_a_sandbox_nothing_runs, what_ran_is_remembered, the_model_runs_code, the_users_rules_hold_for_code_too,
      a_cancelled_task_ends_its_code])
