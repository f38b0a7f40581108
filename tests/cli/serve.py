#!/usr/bin/env python3
"""serve - `emend serve`: the calls over HTTP with curl, streams, cancelling, who is let in, hostile clients, limits, MCP,
metrics, and its end."""
import ctypes.util
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time

from service import SLEEP, TOKEN, Service, lives, tidy, until
from support import SECONDS, Skip, expect, main


def the_calls_with_curl(w):
    """The answers are those of the terminal."""
    s = Service(w)
    for language, code, env, out in (("python", "print(6 * 7)", {}, "42\n"), ("javascript", "console.log(6 * 7)", {}, "42\n"),
                                     ("python", "import os; print(os.environ['A'])", {"A": "b"}, "b\n"),
                                     ("bash", "echo bad >&2; exit 3", {}, "")):
        a = s.post("/v1/execute", language=language, code=code, environment_vars=env)
        w.write("code", code)
        b = json.loads(w.run("exec", "--json", "--language", language, "code",
                             *[x for k, v in env.items() for x in ("--env", k + "=" + v)]).out)
        expect(a["stdout"] == out, a)
        for key in ("status", "language", "stdout", "stderr", "exit_code", "error_message", "cached"):
            expect(a[key] == b[key], (key, a, b))
        expect(set(b) - set(a) == {"type"}, (a, b))
    v = s.post("/v1/validate", language="python", code="from os import system as f\nf('ls')")
    expect(not v["is_safe"] and v["findings"][-1]["line"] == 2, v)
    languages = s.curl("/v1/languages")
    expect(languages["languages"]["python"]["available"] and languages["max_timeout"] == 300, languages)
    history = s.curl("/v1/history?limit=2&language=python")
    expect(history["count"] == 2 and all(e["language"] == "python" for e in history["executions"]), history)
    for query in ("limit=0", "limit=x", "status=good", "since=1", "language=cobol"):
        status, a, _ = s.ask("GET", "/v1/history?" + query)
        expect(status == 400 and a["error"]["code"] == "invalid", (query, a))
    for body, words in (({"code": "1"}, "language"), ({"language": "python", "code": "1", "timeout_seconds": 301}, "300"),
                        ("{", "JSON"), ("[]", "no object"), ("", "JSON")):
        status, a, _ = s.ask("POST", "/v1/execute", body)
        expect(status == 400 and words in a["error"]["message"], (body, a))
    a = s.execute("python", "print(1)", allow_network=True)
    expect(a["status"] == "security_violation" and a["exit_code"] == -1, a)
    s.end()
    expect(not os.path.exists(s.path), "its socket is gone")


def names_for_logs(w):
    s = Service(w)
    trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
    status, a, headers = s.ask("POST", "/v1/execute", {"language": "bash", "code": "true"},
                               {"X-Correlation-Id": "from-header", "traceparent": trace})
    expect(status == 200 and a["correlation_id"] == headers["X-Correlation-Id"] == "from-header", (a, str(headers)))
    expect(a["traceparent"].startswith(trace[:36]) and trace[35:53] not in a["traceparent"], a)
    status, b, headers = s.ask("POST", "/v1/execute", {"language": "bash", "code": "true", "correlation_id": "from-body"},
                               {"X-Correlation-Id": "from-header"})
    expect(b["correlation_id"] == headers["X-Correlation-Id"] == "from-body", (b, str(headers)))
    _, c, headers = s.ask("POST", "/v1/execute", {"language": "bash", "code": "true"})
    expect(c["correlation_id"] == headers["X-Correlation-Id"] and len(c["correlation_id"]) >= 16, (c, str(headers)))
    rows = s.ask("GET", "/v1/history")[1]["executions"]
    expect([r["correlation_id"] for r in rows] == [c["correlation_id"], "from-body", "from-header"], rows)
    s.end()
    lines = [line for line in s.log if line["path"] == "/v1/execute"]
    expect([line["correlation_id"] for line in lines] == ["from-header", "from-body", c["correlation_id"]], lines)
    expect(lines[0]["traceparent"] == trace and lines[0]["status"] == 200 and lines[0]["level"] == "info", lines)


def a_stream(w):
    """Output comes while the code runs; a client that leaves ends it."""
    s = Service(w)
    p = subprocess.Popen(["curl", "-sSN", "--unix-socket", s.path, "http://localhost/v1/execute", "-H", "Accept: text/event-stream",
                          "-H", "Content-Type: application/json", "-d", json.dumps({"language": "bash", "code":
                              "printf '\\303'; printf '\\244b\\n'; exec sleep " + SLEEP, "timeout_seconds": 300})], env=w.env, stdout=subprocess.PIPE)
    got = b""
    while "äb\\n".encode() not in got:
        line = p.stdout.readline()
        expect(line, got)
        got += line
    expect(b"event: output\ndata: {\"stream\":\"stdout\"" in got and b"result" not in got and b"\xef\xbf\xbd" not in got, got)
    p.kill()
    p.wait()
    until(lambda: not lives("sleep " + SLEEP), "it lives on")
    s.state(running=0)
    c = http.client.HTTPConnection("localhost", timeout=SECONDS)
    c.sock = s.connect()
    c.request("POST", "/v1/execute", json.dumps({"language": "python", "code": "import sys\nprint('x' * 300000)\nprint('e', file=sys.stderr)"}),
              {"Accept": "text/event-stream", "Content-Type": "application/json"})
    r = c.getresponse()
    expect(r.status == 200 and r.headers.get_content_type() == "text/event-stream", str(r.headers))
    events = [e.split("\n", 1) for e in r.read().decode().strip().split("\n\n")]
    events = [(head[len("event: "):], json.loads(data[len("data: "):])) for head, data in events]
    expect(events[-1][0] == "result" and all(kind == "output" for kind, _ in events[:-1]), events[-1])
    for name in ("stdout", "stderr"):
        expect("".join(e["text"] for kind, e in events[:-1] if e["stream"] == name) == events[-1][1][name], name)
    expect(len(events[-1][1]["stdout"]) == 300001, events[-1])
    c.close()
    status, a, _ = s.ask("POST", "/v1/execute", {"language": "cobol", "code": "x"}, {"Accept": "text/event-stream"})
    expect(status == 400 and "cobol" in a["error"]["message"], a)
    s.end()
    expect([line["status"] for line in s.log if line["path"] == "/v1/execute"] == [499, 200, 400], s.log)


def cancelled(w):
    s = Service(w)
    t, out = s.later("POST", "/v1/execute", {"language": "bash", "code": "echo begun; exec sleep " + SLEEP, "correlation_id": "mine",
                                                 "timeout_seconds": 300})
    until(lambda: lives("sleep " + SLEEP), "it does not start")
    expect(s.ask("POST", "/v1/cancel", {"correlation_id": "other"})[0] == 404, "another")
    expect(s.ask("POST", "/v1/cancel", {})[0] == 400, "none")
    expect(s.ask("POST", "/v1/cancel", {"correlation_id": "mine"})[:2] == (200, {"cancelled": 1}), "mine")
    t.join(SECONDS)
    expect(out and out[0][0] == 200 and out[0][1]["stdout"] == "begun\n" and out[0][1]["status"] == "error", out)
    until(lambda: not lives("sleep " + SLEEP), "it lives on")
    # A client that waits for the answer and leaves.
    c = s.connect()
    body = json.dumps({"language": "bash", "code": "exec sleep " + SLEEP, "timeout_seconds": 300}).encode()
    c.sendall(b"POST /v1/execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    until(lambda: lives("sleep " + SLEEP), "it does not start")
    c.close()
    until(lambda: not lives("sleep " + SLEEP), "it lives on")
    s.end()


def who_is_let_in(w):
    for args, env, words in ((["--http", "127.0.0.1:0"], {}, "a token is needed"),
                             (["--http", "127.0.0.1:0"], {"EMEND_SERVE_TOKEN": "short"}, "shorter"),
                             (["--http", "127.0.0.1:0", "--token-file", "/nowhere"], {}, "/nowhere"),
                             (["--http", "0.0.0.0:0"], {"EMEND_SERVE_TOKEN": TOKEN}, "of this machine itself"),
                             (["--http", "192.168.1.1:80"], {"EMEND_SERVE_TOKEN": TOKEN}, "of this machine itself"),
                             (["--http", "[::]:80"], {"EMEND_SERVE_TOKEN": TOKEN}, "of this machine itself"),
                             (["--http", "localhost"], {"EMEND_SERVE_TOKEN": TOKEN}, "ADDRESS:PORT"),
                             (["--http", "127.0.0.1:65536"], {"EMEND_SERVE_TOKEN": TOKEN}, "ADDRESS:PORT"),
                             (["--http", "unix:" + w.write("file", "")], {}, "no socket"), (["--queue", "3"], {}, "at least 4"),
                             (["--nats", "localhost:4222"], {}, "nats://HOST:4222"), (["--nats", "tls://h"], {}, "TLS is not spoken"),
                             (["--nats", "nats://u:" + TOKEN + "@h"], {}, "EMEND_NATS_URL"), (["--name", "a.b"], {}, "one word"),
                             ([], {"EMEND_NATS_URL": "http://h"}, "nats://HOST:PORT")):
        r = w.run("serve", *args, **env)
        expect(r.status in (1, 2, 4) and words in r.err and not r.out, (args, r))
    w.write("token", TOKEN + "\n")
    s = Service(w, "--token-file", "token", port=True)
    body = {"language": "bash", "code": "echo in; env"}
    a = s.execute("bash", "echo in; env")
    expect(a["stdout"].startswith("in\n") and TOKEN not in a["stdout"], a)
    for token in (None, "", "x", TOKEN + "x", TOKEN[:-1], "Bearer " + TOKEN):
        s.token = token
        status, a, headers = s.ask("POST", "/v1/execute", body)
        expect(status == 401 and headers["WWW-Authenticate"] == "Bearer" and a["error"]["code"] == "denied", (token, a))
        for path in ("/metrics", "/v1/status", "/v1/history", "/nowhere"):
            expect(s.ask("GET", path)[0] == 401, path)
        expect(s.ask("POST", "/mcp", {})[0] == 401, "mcp")
        expect(s.ask("GET", "/healthz")[0] == s.ask("GET", "/readyz")[0] == 200, "probes")
    s.token = TOKEN
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}, {"Host": "evil.example:80"},
                    {"Host": "localhost.evil.example"}, {"Host": "127.0.0.1.evil.example"}, {"Host": "localhost:1", "Origin": "http://localhost:2"}):
        for method, path in (("GET", "/healthz"), ("POST", "/v1/execute"), ("POST", "/mcp")):
            status, a, _ = s.ask(method, path, body if method == "POST" else None, headers)
            expect(status == 403 and a["error"]["code"] == "denied", (headers, path, a))
    expect(s.ask("GET", "/v1/status", headers={"Host": "localhost:1", "Origin": "http://localhost:1"})[0] == 200, "its own")
    for content in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx"):
        expect(s.ask("POST", "/v1/execute", body, {"Content-Type": content})[0] == 415, content)
    expect(s.ask("POST", "/v1/execute", body, {"Content-Type": "Application/JSON; charset=utf-8"})[0] == 200, "with a parameter")
    status, _, headers = s.ask("GET", "/v1/execute")
    expect(status == 405 and headers["Allow"] == "POST", status)
    expect(s.ask("GET", "/nowhere")[0] == s.ask("GET", "/v1/execute/")[0] == 404, "nowhere")
    s.end()


def raw(s, data, half_close=True):
    """What comes back for these bytes, until the other end closes."""
    c = s.connect()
    got = b""
    try:
        c.sendall(data)
        if half_close:
            c.shutdown(socket.SHUT_WR)
        while True:
            piece = c.recv(65536)
            if not piece:
                break
            got += piece
    except OSError:
        pass
    c.close()
    return got


def hostile_clients(w):
    s = Service(w)
    slow = []

    def creep(head):
        """A byte a second, for as long as it is let."""
        c = s.connect()
        try:
            for byte in head + b"x" * 600:
                c.sendall(bytes([byte]))
                time.sleep(0.5)
        except OSError:
            slow.append(head)
        c.close()

    threads = [threading.Thread(target=creep, args=(head,), daemon=True) for head in
               (b"GET /v1/", b"POST /v1/execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")]
    for t in threads:
        t.start()
    begun = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    for data in (begun + b"X: " + b"y" * 65536 + b"\r\n\r\n", begun + b"".join(b"X%d: y\r\n" % i for i in range(8000)) + b"\r\n",
                 b"GET /" + b"y" * 65536 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        got = raw(s, data, half_close=False)
        expect(not got or got.split()[1] in (b"413", b"414", b"431"), got[:100])
    json_head = b"POST /v1/execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    expect(raw(s, json_head + b"Content-Length: 16777217\r\n\r\n").split()[1] == b"413", "a large body")
    expect(raw(s, json_head + b"Content-Length: 99999999999999999999\r\n\r\n").split()[1:2] != [b"200"], "a length beyond all")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    got = raw(s, json_head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk * 257 + b"0\r\n\r\n", half_close=False)
    expect(got.split()[1] == b"413", got[:100])
    for data in (b"\0" * 1000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"r" * 500, b"\r\n" * 1000, b"GET\r\n\r\n",
                 b"GET / HTTP/9.9\r\n\r\n", b"GET /healthz HTTP/1.1\r\n\r\n", b"get /healthz http/1.1\r\n\r\n",
                 json_head + b"Content-Length: -1\r\n\r\n", json_head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}",
                 json_head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        got = raw(s, data)
        expect(not got or got.split()[1] != b"200", (data[:100], got[:100]))
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    good = json_head + b"Content-Length: 34\r\n\r\n" + b'{"language":"bash","code":"true" }'
    for _ in range(200):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(data))
            data[at:at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        raw(s, bytes(data))
        expect(s.p.poll() is None, "seed %d" % seed)
    expect(s.execute("bash", "echo well")["stdout"] == "well\n", "it still serves")
    for t in threads:
        t.join(4 * SECONDS)
    expect(len(slow) == len(threads), "slow clients are cut off")
    s.state(running=0, queued=0)
    s.end()


def only_so_many(w):
    """Over the queue's end: 429; what waits gets its turn."""
    s = Service(w, "--at-once", "1", "--queue", "4")
    calls = []
    for i in range(5):
        calls.append(s.later("POST", "/v1/execute", {"language": "bash", "code": "exec sleep " + SLEEP if i == 0 else "echo %d" % i,
                                                     "correlation_id": "n%d" % i, "timeout_seconds": 300}))
        s.state(running=1, queued=i)
    status, a, headers = s.ask("POST", "/v1/execute", {"language": "bash", "code": "true"})
    expect(status == 429 and a["error"]["code"] == "overloaded" and int(headers["Retry-After"]) > 0, a)
    status, a, _ = s.ask("GET", "/readyz")
    expect(status == 503 and a["error"]["code"] == "overloaded", a)
    expect(s.ask("GET", "/healthz")[0] == 200, "it lives")
    expect(s.ask("POST", "/v1/cancel", {"correlation_id": "n1"})[0] == 200, "one that waits")
    calls[1][0].join(SECONDS)
    expect(calls[1][1][0][1]["exit_code"] == -1 and "cancelled" in calls[1][1][0][1]["error_message"], calls[1][1])
    expect(s.ask("POST", "/v1/cancel", {"correlation_id": "n0"})[0] == 200, "the one that runs")
    for t, _ in calls:
        t.join(SECONDS)
    expect([out[0][1]["stdout"] for _, out in calls[2:]] == ["2\n", "3\n", "4\n"], calls)
    expect(s.ask("GET", "/readyz")[0] == 200, "and it is ready again")
    s.end()


def many_at_once(w):
    s = Service(w, "--at-once", "20")
    answers = []

    def work(k):
        for i in range(10):
            n = k * 10 + i
            answers.append((n, s.execute("bash", "echo %d" % n)["stdout"]))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(4 * SECONDS)
    expect(sorted(answers) == [(n, "%d\n" % n) for n in range(120)], answers)
    status = s.ask("GET", "/v1/status")[1]
    expect(status["coding_metrics"]["total_executions"] == status["coding_metrics"]["successful_executions"] == 120, status)
    expect(status["coding_metrics"]["language_breakdown"]["bash"] == 120, status)
    s.execute("python", "1 / 0")
    s.execute("bash", "true", use_cache=True)
    s.execute("bash", "true", use_cache=True)
    metrics = dict(line.rsplit(" ", 1) for line in s.ask("GET", "/metrics")[1].splitlines() if not line.startswith("#"))
    for name, value in (('emend_executions_total{language="bash",status="success"}', 122),
                        ('emend_executions_total{language="python",status="error"}', 1), ("emend_executions_running", 0),
                        ('emend_execution_duration_seconds_count{language="bash"}', 122),
                        ('emend_execution_duration_seconds_bucket{language="bash",le="+Inf"}', 122),
                        ("emend_cache_lookups_total", 2), ("emend_cache_hits_total", 1)):
        expect(float(metrics[name]) == value, (name, metrics))
    s.end()


class LyingPostgres:
    """Lets everybody in, and answers each query with COPY: libpq then has one more result whenever it is asked for one."""

    def __init__(self):
        self.asked = threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            c, _ = self.door.accept()
            threading.Thread(target=self.talk, args=(c,), daemon=True).start()

    def talk(self, c):
        def message(kind, body):
            return kind + (len(body) + 4).to_bytes(4, "big") + body
        try:
            if c.recv(65536)[4:8] == b"\x04\xd2\x16\x2f":  # for TLS
                c.sendall(b"N")
                c.recv(65536)
            c.sendall(message(b"R", b"\0\0\0\0") + message(b"Z", b"I"))
            while c.recv(65536):
                c.sendall(message(b"1", b"") + message(b"2", b"") + message(b"G", b"\0\0\0"))
                self.asked.set()
        except OSError:
            pass


def a_server_that_lies_holds_nothing_up(w):
    if not ctypes.util.find_library("pq"):
        raise Skip("libpq is not installed")
    server = LyingPostgres()
    s = Service(w, "--postgres", "host=127.0.0.1 port=%d user=x dbname=x sslmode=disable" % server.door.getsockname()[1])
    expect(server.asked.wait(SECONDS), "it is not called")
    until(lambda: s.ask("GET", "/v1/history")[0] == 503, "it does not notice")
    expect(s.execute("bash", "echo on")["stdout"] == "on\n", "it works on")
    s.end()


def it_ends_well(w):
    """SIGTERM: what runs is answered, nothing more is taken; a second one ends it. What a killed one left is no hindrance."""
    s = Service(w)
    t, out = s.later("POST", "/v1/execute", {"language": "bash", "code": "exec sleep " + SLEEP, "correlation_id": "last",
                                             "timeout_seconds": 300})
    until(lambda: lives("sleep " + SLEEP), "it does not start")
    r = w.run("serve", "--http", "unix:" + s.path)
    expect(r.status == 1 and "already" in r.err, r)
    s.p.send_signal(signal.SIGTERM)
    until(lambda: s.ask("GET", "/readyz")[0] == 503, "it is still ready")
    status, a, _ = s.ask("POST", "/v1/execute", {"language": "bash", "code": "true"})
    expect(status == 503 and a["error"]["code"] == "draining", a)
    expect(s.p.poll() is None and not out, "it waits")
    expect(s.ask("POST", "/v1/cancel", {"correlation_id": "last"})[0] == 200, "cancel")
    t.join(SECONDS)
    expect(out and out[0][0] == 200, out)
    expect(s.p.wait(SECONDS) == 0 and not os.path.exists(s.path), "the end")
    s = Service(w)
    s.end(signal.SIGKILL)
    expect(os.path.exists(s.path), "what it left")
    s = Service(w)
    s.end()


MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def mcp(w):
    s = Service(w)

    def send(method, params=None, headers=None, n=1, **more):
        return s.ask("POST", "/mcp", dict({"jsonrpc": "2.0", "method": method, "params": params or {}}, **({"id": n} if n else {}), **more), headers)

    call = {"name": "execute_code", "arguments": {"language": "bash", "code": "echo $((6 * 7))"}}
    # The newer era: no session; headers that say what the body says.
    good = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "execute_code"}
    status, a, _ = send("tools/call", dict(call, _meta=MODERN), dict(good, **{"X-Correlation-Id": "c1"}))
    expect(status == 200 and a["result"]["structuredContent"]["stdout"] == "42\n" and a["id"] == 1, a)
    expect(a["result"]["structuredContent"]["correlation_id"] == "c1", a)
    for wrong in ({"Mcp-Method": "tools/list"}, {"Mcp-Name": "validate_code"}, {"MCP-Protocol-Version": "2025-11-25"}, {"Mcp-Name": ""}):
        status, a, _ = send("tools/call", dict(call, _meta=MODERN), dict(good, **wrong))
        expect(status == 400 and a["error"]["code"] == -32020 and a["id"] == 1, (wrong, a))
    status, a, _ = send("tools/list", {"_meta": dict(MODERN, **{"io.modelcontextprotocol/protocolVersion": "2030-01-01"})},
                        {"MCP-Protocol-Version": "2030-01-01", "Mcp-Method": "tools/list"})
    expect(status == 400 and a["error"]["code"] == -32022, a)
    # Over lines, as a person would write it.
    status, a, _ = s.ask("POST", "/mcp", json.dumps({"jsonrpc": "2.0", "id": 2, "method": "server/discover", "params": {"_meta": MODERN}}, indent=2),
                         {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "server/discover"})
    expect(status == 200 and a["result"]["supportedVersions"] == ["2026-07-28"], a)
    # The older one: a session.
    status, a, _ = send("tools/list")
    expect(status == 400 and "initialize" in a["error"]["message"], a)
    status, a, headers = send("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}})
    expect(status == 200 and a["result"]["protocolVersion"] == "2025-06-18", a)
    session = {"Mcp-Session-Id": headers["Mcp-Session-Id"], "MCP-Protocol-Version": "2025-06-18"}
    expect(send("notifications/initialized", headers=session, n=None)[:2] == (202, ""), "a notification")
    status, a, _ = send("tools/list", headers=session, n="two")
    expect(status == 200 and a["id"] == "two" and len(a["result"]["tools"]) == 4, a)
    expect(send("tools/call", call, session)[1]["result"]["structuredContent"]["stdout"] == "42\n", "a call")
    expect(send("tools/list", headers=dict(session, **{"MCP-Protocol-Version": "1999-01-01"}))[0] == 400, "a revision")
    expect(send("tools/list", headers={"Mcp-Session-Id": "x" * 32})[0] == 404, "another session")
    slow = {"name": "execute_code", "arguments": {"language": "bash", "code": "exec sleep " + SLEEP, "timeout_seconds": 300}}
    t, out = s.later("POST", "/mcp", {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": slow}, headers=session)
    until(lambda: lives("sleep " + SLEEP), "it does not start")
    _, _, other = send("initialize", {"protocolVersion": "2025-11-25"})
    expect(send("notifications/cancelled", {"requestId": 7}, {"Mcp-Session-Id": other["Mcp-Session-Id"]}, n=None)[0] == 202, "another's")
    expect(lives("sleep " + SLEEP) and not out, "another session's call is not cancelled")
    expect(send("notifications/cancelled", {"requestId": 7}, session, n=None)[0] == 202, "mine")
    t.join(SECONDS)
    expect(out and "error" in out[0][1] and out[0][1]["id"] == 7, out)
    until(lambda: not lives("sleep " + SLEEP), "it lives on")
    expect(s.ask("DELETE", "/mcp", headers=session)[0] == 204 and s.ask("DELETE", "/mcp", headers=session)[0] == 404, "the end of it")
    expect(send("tools/list", headers=session)[0] == 404, "a session that ended")
    expect(s.ask("GET", "/mcp")[0] == 405, "nothing is sent unasked")
    for body, status, code in (("{", 400, -32700), ("[]", 400, -32600), ('{"jsonrpc":"2.0"}', 400, -32600), ("", 400, -32700)):
        got, a, _ = s.ask("POST", "/mcp", body)
        expect(got == status and a["error"]["code"] == code, (body, a))
    s.end()


main([tidy(case) for case in (the_calls_with_curl, names_for_logs, a_stream, cancelled, who_is_let_in, hostile_clients, only_so_many,
                              many_at_once, a_server_that_lies_holds_nothing_up, it_ends_well, mcp)])
