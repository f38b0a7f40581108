#!/usr/bin/env python3
"""mcp - `emend mcp` by plain JSON lines: both eras of the protocol, its errors, cancelling, the end."""
import json
import os
import signal
import subprocess
import time

from mcp_client import Client, MODERN
from support import EMEND, SECONDS, Skip, expect, main

def run(c, arguments, modern=False):
    result = c.call("execute_code", arguments, modern)["result"]
    expect(not result["isError"] and json.loads(result["content"][0]["text"]) == result["structuredContent"], result)
    expect(result.get("resultType") == ("complete" if modern else None), result)
    a = result["structuredContent"]
    if a["exit_code"] == -1 and "What to do" in (a["error_message"] or ""):
        raise Skip("no sandbox here")
    return a


def the_older_era(w):
    c = Client(w)
    answer = c.ask("tools/list")
    expect(answer["error"]["code"] == -32600 and "initialize" in answer["error"]["message"], answer)
    expect(c.ask("ping")["result"] == {}, "ping")
    for asked, given in (("2025-11-25", "2025-11-25"), ("2024-11-05", "2024-11-05"), ("1999-01-01", "2025-11-25")):
        result = c.open(asked)
        expect(result["protocolVersion"] == given and "tools" in result["capabilities"], result)
        expect(result["serverInfo"]["name"] == "emend", result)
    tools = c.ask("tools/list")["result"]["tools"]
    expect([t["name"] for t in tools][:1] == ["execute_code"], tools)
    expect(all(t["inputSchema"]["type"] == "object" and t["description"] for t in tools), tools)
    a = run(c, {"language": "python", "code": "import os, sys; print(os.environ['A'] + sys.stdin.read())",
                "environment_vars": {"A": "1"}, "stdin_data": "2", "correlation_id": "mine",
                "traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00"})
    expect(a["status"] == "success" and a["stdout"] == "12\n" and a["correlation_id"] == "mine", a)
    expect(a["traceparent"].startswith("00-0123456789abcdef0123456789abcdef-") and a["traceparent"].endswith("-00")
           and "-0123456789abcdef-" not in a["traceparent"], a)
    languages = c.call("list_languages", {})["result"]["structuredContent"]
    expect(languages["languages"]["bash"]["available"] and languages["max_timeout"] == 300, languages)
    history = c.call("get_execution_history", {"limit": 5, "language": "python"})["result"]["structuredContent"]
    expect(history["count"] == 1 and history["executions"][0]["correlation_id"] == "mine", history)
    for arguments, words in (({"limit": 0}, "limit"), ({"status": "good"}, "success"), ({"language": "cobol"}, "language"),
                             ({"since": 1}, "since")):
        result = c.call("get_execution_history", arguments)["result"]
        expect(result["isError"] and words in result["content"][0]["text"], result)
    c.close()


def the_newer_era(w):
    c = Client(w)
    result = c.ask("server/discover", modern=True)["result"]
    expect(result["supportedVersions"] == ["2026-07-28"] and result["resultType"] == "complete", result)
    expect(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "emend", result)
    result = c.ask("tools/list", modern=True)["result"]
    expect(result["resultType"] == "complete" and result["ttlMs"] > 0 and result["cacheScope"] == "private", result)
    a = run(c, {"language": "bash", "code": "echo modern; exit 2"}, modern=True)
    expect(a["status"] == "error" and a["exit_code"] == 2 and a["stdout"] == "modern\n", a)
    answer = c.ask("tools/list", {"_meta": {"io.modelcontextprotocol/protocolVersion": "2030-01-01"}})
    expect(answer["error"]["code"] == -32022 and answer["error"]["data"] == {"supported": ["2026-07-28"],
                                                                             "requested": "2030-01-01"}, answer)
    for method in ("initialize", "ping"):
        expect(c.ask(method, modern=True)["error"]["code"] == -32601, method)
    c.close()


def what_is_wrong_is_said(w):
    c = Client(w)
    expect(c.ask("server/discover")["error"]["code"] == -32601, "a probe of the older kind")
    c.open()
    expect(c.ask("resources/list")["error"]["code"] == -32601, "no such method")
    expect(c.call("frobnicate", {})["error"]["code"] == -32602, "no such tool")
    for arguments, words in (({"code": "1"}, "language is missing"), ({"language": "cobol", "code": "1"}, "cobol"),
                             ({"language": "python", "code": " "}, "empty"), ({"language": "python", "code": 1}, "a string"),
                             ({"language": "python", "code": "1", "timeout_seconds": 301}, "300"),
                             ({"language": "python", "code": "1", "max_memory_mb": 0}, "max_memory_mb"),
                             ({"language": "python", "code": "1", "enviroment": {}}, '"enviroment"'),
                             ({"language": "python", "code": "1", "environment_vars": {"A=B": "c"}}, "A=B"),
                             ({"language": "sql", "code": "1", "stdin_data": "x"}, "reads no input"), (None, "no object")):
        result = c.call("execute_code", arguments)["result"]
        expect(result["isError"] and words in result["content"][0]["text"], (arguments, result))
    for arguments in ({"allow_network": True}, {"allow_filesystem": True}, {"dependencies": ["numpy"]}):
        a = run(c, dict({"language": "python", "code": "print(1)"}, **arguments))
        expect(a["status"] == "security_violation" and a["exit_code"] == -1 and list(arguments)[0] in a["error_message"], a)
    c.close()
    w.config('{"exec": {"dependencies": ["numpy", "left-pad"]}}')
    c = Client(w)
    c.open()
    a = run(c, {"language": "bash", "code": "echo ran", "dependencies": ["left-pad", "numpy"]})
    expect(a["status"] == "success" and a["stdout"] == "ran\n", a)
    a = run(c, {"language": "bash", "code": "echo ran", "dependencies": ["numpy", "requests"]})
    expect(a["status"] == "security_violation" and a["exit_code"] == -1 and "requests" in a["error_message"], a)
    c.p.stdin.write(b"{garbage\n\n[]\n")
    c.p.stdin.flush()
    expect(c.read()["error"]["code"] == -32700 and c.read()["error"]["code"] == -32600, "garbage")
    expect(c.ask("ping")["result"] == {}, "and it goes on")
    c.close()


def many_at_once_and_cancelled(w):
    c = Client(w)
    c.open()
    for i in range(30):
        c.send(id="r%d" % i, method="tools/call", params={"name": "execute_code", "arguments": {
            "language": "bash", "code": "echo %d; test %d -ne 7 || exec sleep %s" % (i, i, LEFT)}})
    seen = {}
    for i in range(29):
        answer = c.read()
        seen[answer["id"]] = answer["result"]["structuredContent"]["stdout"]
    expect(seen == {"r%d" % i: "%d\n" % i for i in range(30) if i != 7}, seen)
    c.send(method="notifications/cancelled", params={"requestId": "r7", "reason": "enough"})
    answer = c.read()
    expect(answer["id"] == "r7" and "error" in answer, answer)
    gone("sleep " + LEFT)
    c.close()


# What is looked for by name is named after us: the same tests may run beside these.
LEFT, LAST, LIVE = ["%d.%d" % (n, os.getpid()) for n in (4714, 4715, 4716)]
LEAVE = """
import ctypes, os, pty, socket, subprocess, sys
for d in (os.path.expanduser('~'), '/tmp', '/var/tmp', '/dev/shm'):
    with open(d + '/left', 'w') as f: f.write('s3cr3t')
    os.chmod(d, 0o777)
s = socket.create_server(('127.0.0.1', 4716)); c = socket.create_connection(('127.0.0.1', 4716)); a, _ = s.accept()
a.close(); c.close()                                           # it lingers in TIME_WAIT
u = socket.socket(socket.AF_UNIX); u.bind(chr(0) + 'left'); u.listen()
libc = ctypes.CDLL(None)
print(libc.shmget(4716, 4096, 0o1600) >= 0, libc.msgget(4716, 0o1600) >= 0, pty.openpty()[1] > 0)
subprocess.Popen(['sleep', 'LIVE'], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
sys.stdout.flush()
""".replace("LIVE", LIVE)
LOOK = """
import glob, os
for d in (os.path.expanduser('~'), '/tmp', '/var/tmp', '/dev/shm', '/dev/pts', '/run', '/home'):
    print(d, sorted(os.listdir(d)), oct(os.stat(d).st_mode), os.statvfs(d).f_ffree if d == '/tmp' else '')
for f in ('/proc/net/tcp', '/proc/net/unix', '/proc/sysvipc/shm', '/proc/sysvipc/msg'): print(f, open(f).read().splitlines()[1:])
print(sorted(os.environ.items()))
print([open(c, 'rb').read() for c in sorted(glob.glob('/proc/[0-9]*/cmdline'))])
"""


def workers(c):
    with open("/proc/%d/task/%d/children" % (c.p.pid, c.p.pid), encoding="ascii") as f:
        return f.read().split()


def one_sees_nothing_of_another(w):
    """Neither of the one before it, which had the same worker, nor of one beside it: it is as if it was the first."""
    c = Client(w)
    c.open()
    first = run(c, {"language": "python", "code": LOOK})
    same = workers(c)
    expect(first["status"] == "success" and "left" not in first["stdout"] and len(same) == 1, (first, same))
    for end in ("", "import time; time.sleep(60)", "os.kill(os.getpid(), 9)", "b = [bytearray(10 ** 7) for i in range(1000)]"):
        left = run(c, {"language": "python", "code": LEAVE + end, "environment_vars": {"LEFT": "s3cr3t"},
                       "timeout_seconds": 15 if "sleep" in end else 60})
        expect(left["stdout"] == "True True True\n", left)
        gone("sleep " + LIVE)
        a = run(c, {"language": "python", "code": LOOK})
        expect(a["stdout"] == first["stdout"] and not a["stderr"], (end, a, first))
    expect(workers(c) == same, (workers(c), same))
    c.send(id="beside", method="tools/call", params={"name": "execute_code", "arguments": {
        "language": "python", "code": LEAVE + "import time; time.sleep(60)"}})
    deadline = time.monotonic() + SECONDS
    while subprocess.run(["pgrep", "-f", "^sleep " + LIVE], stdout=subprocess.DEVNULL, check=False).returncode:
        expect(time.monotonic() < deadline, "it does not start")
        time.sleep(0.05)
    for _ in range(2):
        a = run(c, {"language": "python", "code": LOOK})
        expect(a["stdout"] == first["stdout"], (a, first))
    c.send(method="notifications/cancelled", params={"requestId": "beside"})
    expect("error" in c.read(), "cancelled")
    deadline = time.monotonic() + SECONDS
    while workers(c):  # none waits for ever
        expect(time.monotonic() < deadline, workers(c))
        time.sleep(0.2)
    c.close()


def answers_from_the_cache(w):
    """Only where it is asked for, only for the very same request, only what went well; also by another process."""
    def ask(c, code="date +%N; echo e >&2", **more):
        return run(c, dict({"language": "bash", "code": code, "use_cache": True}, **more), modern=True)

    c = Client(w)
    first = ask(c)
    again = ask(c)
    expect(first["status"] == "success" and not first["cached"] and again["cached"], (first, again))
    for key in ("status", "stdout", "stderr", "exit_code", "execution_time_ms", "memory_used_mb", "output_truncated"):
        expect(first[key] == again[key], (key, first, again))
    expect(first["execution_id"] != again["execution_id"], again)
    for more in ({"stdin_data": "x"}, {"environment_vars": {"A": "1"}}, {"timeout_seconds": 29}, {"max_memory_mb": 500}, {"use_cache": False}):
        other = ask(c, **more)
        expect(not other["cached"] and other["stdout"] != first["stdout"], (more, other))
    for code in ("date +%N; exit 1", "kill -9 $$"):
        expect(not ask(c, code)["cached"] and not ask(c, code)["cached"], code)
    expect(not ask(c, "printf '\\377\\0x'")["cached"] and ask(c, "printf '\\377\\0x'")["stdout"] == "\ufffd\0x", "any bytes")
    c.close()
    c = Client(w)
    expect(ask(c)["cached"] and ask(c)["stdout"] == first["stdout"], "another process")
    rows = c.call("get_execution_history", {"limit": 1000}, modern=True)["result"]["structuredContent"]["executions"]
    expect([r["cached"] for r in rows][:2] == [True, True] and len(rows) == 15, rows)
    c.close()


def gone(command):
    deadline = time.monotonic() + SECONDS
    while subprocess.run(["pgrep", "-f", "^" + command], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        expect(time.monotonic() < deadline, command + " lives on")
        time.sleep(0.05)


def the_end_of_the_client_ends_all(w):
    for end in ("die", "kill"):
        c = Client(w)
        c.open()
        c.send(id=99, method="tools/call", params={"name": "execute_code", "arguments": {
            "language": "bash", "code": "exec sleep " + LAST}})
        deadline = time.monotonic() + SECONDS
        while subprocess.run(["pgrep", "-f", "^sleep " + LAST], stdout=subprocess.DEVNULL, check=False).returncode != 0:
            expect(time.monotonic() < deadline, "it does not start")
            time.sleep(0.02)
        if end == "die":
            c.p.stdout.close()
            c.p.stdin.close()
        else:
            os.kill(c.p.pid, signal.SIGKILL)
        c.p.wait(SECONDS)
        gone("sleep " + LAST)


def what_was_asked_for_is_answered(w):
    """The input ends, and nothing was answered yet."""
    lines = [{"jsonrpc": "2.0", "id": i, "method": "tools/call", "params": dict(MODERN, name="execute_code", arguments={
        "language": "bash", "code": "sleep 0.%d; echo %d" % (i, i)})} for i in range(6)]
    p = subprocess.run([EMEND, "mcp"], cwd=w.path, env=w.env, input="".join(json.dumps(x) + "\n" for x in lines).encode(),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=2 * SECONDS, check=False)
    answers = {a["id"]: a["result"]["structuredContent"]["stdout"] for a in map(json.loads, p.stdout.splitlines())}
    expect(p.returncode == 0 and answers == {i: "%d\n" % i for i in range(6)}, p)
    p = subprocess.run([EMEND, "mcp"], cwd=w.path, env=w.env, input=json.dumps(lines[0]).encode() + b"\n{", stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=2 * SECONDS, check=False)
    expect(p.returncode == 1 and b"middle of a message" in p.stderr, p)


main([the_older_era, the_newer_era, what_is_wrong_is_said, many_at_once_and_cancelled, one_sees_nothing_of_another,
      answers_from_the_cache, the_end_of_the_client_ends_all, what_was_asked_for_is_answered])
