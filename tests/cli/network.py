#!/usr/bin/env python3
"""network - commands that may ask for hosts: the real sandbox, proxy and clients, in a network of the test's own
where public addresses lead to servers of the test (tests/fake/private_net.py)."""
import glob
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("fake", "session")]

import private_net  # noqa: E402
import replay  # noqa: E402
import tls  # noqa: E402
from console import Terminal  # noqa: E402
from support import Skip, expect, main  # noqa: E402

GOOD, EVIL, SECURE, MUTE, OWN = ("93.184.216.%d" % n for n in (34, 66, 35, 77, 99))
GOOD6 = "2606:2800:220::1"
NAMES = [(GOOD, "registry.test sub.registry.test other.test"), (EVIL, "evil.test"), (SECURE, "api.example.test"),
         ("127.0.0.1", "inner.test rebound.test"), (GOOD, "mixed.test"), ("10.9.8.7", "mixed.test"), (MUTE, "mute.test"),
         (OWN, "own.test"), (GOOD6, "six.test"), ("93.184.216.250", "two.test"), (GOOD, "two.test")]
WHY_NOT = private_net.enter(NAMES)

REACH = '''
import base64, os, socket, sys, urllib.parse
def connect(target, proxy=None, token=None, early=b"", method="CONNECT"):
    """Asks the proxy; returns the status, the socket and the answer's text."""
    u = urllib.parse.urlsplit(proxy or os.environ["https_proxy"])
    s = socket.create_connection((u.hostname, u.port), 20)
    auth = "Proxy-Authorization: Basic %s\\r\\n" % base64.b64encode(b"emend:" + (token or u.password).encode()).decode()
    s.sendall(("%s %s HTTP/1.1\\r\\n%s\\r\\n" % (method, target, "" if token == "" else auth)).encode() + early)
    head = b""
    while b"\\r\\n\\r\\n" not in head:
        d = s.recv(1)
        if not d:
            break
        head += d
    status = int(head.split()[1])
    return status, s, head if status == 200 else head + s.recv(4096)
def everything(s):
    data = b""
    while True:
        d = s.recv(65536)
        if not d:
            return data
        data += d
'''


class Server:
    """Listens out on the network; each connection is handled in a thread. Counts them."""

    def __init__(self, address, port, handle):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket, self.count, self.handle = socket.socket(family), 0, handle
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
        self.socket.bind((address, port))
        self.socket.listen(64)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            s, _ = self.socket.accept()
            self.count += 1
            threading.Thread(target=self.one, args=(s,), daemon=True).start()

    def one(self, s):
        try:
            self.handle(s)
        except OSError:
            pass
        finally:
            s.close()


def http(s):
    head = b""
    while b"\r\n\r\n" not in head:
        d = s.recv(4096)
        if not d:
            return
        head += d
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n")


def servers():
    out = {"good": Server(GOOD, 80, http), "good443": Server(GOOD, 443, http), "good8": Server(GOOD, 8080, http),
           "evil": Server(EVIL, 80, http), "local": Server("127.0.0.1", 0, http), "own": Server(OWN, 80, http),
           "private": Server("10.9.8.7", 80, http)}
    try:
        out["six"] = Server(GOOD6, 80, http)
    except OSError:
        out["six"] = None
    private_net.own_address(OWN)
    return out


SERVERS = None if WHY_NOT else servers()


def curl(url, more=""):
    return "curl -sS -p --noproxy '' %s %s" % (more, url)


def case(function):
    """In a workspace with the client's module, where this machine can run it."""
    def run(w):
        if WHY_NOT:
            raise Skip(WHY_NOT)
        layers = json.loads(w.run("doctor", "--json").out)
        broker = [x for x in layers["sandbox"]["layers"] if x["name"] == "network broker"]
        if not broker or broker[0]["state"] != "on":
            raise Skip("no network namespace for commands here")
        w.write("reach.py", REACH)
        function(w)
    run.__name__ = function.__name__
    return run


def allow(w, *rules, deny=(), **more):
    w.config(json.dumps(dict({"network": {"allow": list(rules), "deny": list(deny)}}, **more)))


def go(w, script, *options):
    """emend run --network -- sh -c SCRIPT"""
    return w.run("run", "--network", *options, "--", "sh", "-c", script)


def py(text):
    return "python3 -c '\nfrom reach import *\n%s'" % text


@case
def a_listed_host_passes(w):
    allow(w, "registry.test", "*.registry.test", GOOD + ":8080")
    for url in ("http://registry.test/", "http://REGISTRY.test:443/", "http://sub.registry.test/", "http://%s:8080/" % GOOD):
        r = go(w, curl(url))
        expect(r.status == 0 and r.out == "hello\n" and "denied" not in r.err, r)


@case
def an_unlisted_host_is_refused_and_named(w):
    allow(w, "registry.test")
    before = SERVERS["evil"].count
    r = go(w, curl("http://evil.test/", "-v"))
    expect(r.status != 0 and "403" in r.out, r)
    expect("connect to evil.test:80" in r.err and '"allow": ["evil.test"]' in r.err and "no terminal" in r.err, r)
    for url in ("http://registry.test:8080/", "http://other.test/", "http://%s/" % GOOD):
        expect(go(w, curl(url)).status != 0, url)
    expect(SERVERS["evil"].count == before, "it was contacted")
    r = go(w, py('print(connect("evil.test:80")[2].decode())'))
    expect("Emend: evil.test:80 is refused" in r.out and "network" in r.out, r)


@case
def deny_beats_allow(w):
    allow(w, "registry.test", "*.registry.test", deny=["sub.registry.test"])
    expect(go(w, curl("http://registry.test/")).status == 0, "control")
    r = go(w, curl("http://sub.registry.test/"))
    expect(r.status != 0 and "denies it" in r.err, r)
    w.write(".emend/config.json", '{"network": {"deny": ["*"]}}')
    expect(go(w, curl("http://registry.test/")).status != 0, "a project may deny")
    w.write(".emend/config.json", '{"network": {"allow": ["evil.test"]}}')
    before = SERVERS["evil"].count
    r = go(w, curl("http://evil.test/"))
    expect(r.status != 0 and "network.allow" in r.err and "has no effect" in r.err, r)
    expect(SERVERS["evil"].count == before, "a project cannot allow")


@case
def bad_rules_are_named(w):
    for rule in ("*", "https://a.test", "a.test:0", "b\u00fccher.test", "127.1"):
        allow(w, rule)
        r = w.run("config", "check")
        expect(r.status == 2 and "network.allow" in r.err, r)
    allow(w, "a.test", "*.b.test:8443", "[::1]:80", deny=["*"])
    expect(w.run("config", "check").status == 0, "good rules")


@case
def json_tells_each_decision(w):
    allow(w, "registry.test")
    r = go(w, curl("http://registry.test/") + ";" + curl("http://evil.test/"), "--json")
    told = [(e["subject"], e["decision"]) for e in r.of("permission.decided")]
    expect(told == [("connect to registry.test:80", "allow"), ("connect to evil.test:80", "deny")], r)
    expect("not on the user's list" in r.of("permission.decided")[1]["why"], r)


def ask(w, script, *answers):
    t = Terminal(w, "run", "--network", "--", "sh", "-c", script, NO_COLOR="1")
    for i, answer in enumerate(answers):
        end = time.monotonic() + 30
        while t.text.count("\n  > ") <= i:
            expect(time.monotonic() < end and t.read(1), t)
        t.type(answer + "\n")
    return t.end()


@case
def allow_once_is_asked_once(w):
    script = curl("http://evil.test/") + " & " + curl("http://evil.test/") + "; wait; " + curl("http://evil.test/")
    t = ask(w, script, "y")
    expect(t.status == 0 and t.text.count("hello") == 3 and t.text.count("\n  > ") == 1, t)
    expect("Let `sh -c curl" in t.text and "  | evil.test:80" in t.text and "[a] always in this task: evil.test" in t.text, t)


@case
def no_is_no(w):
    before = SERVERS["evil"].count
    t = ask(w, curl("http://evil.test/") + "; " + curl("http://evil.test/"), "n")
    expect(t.status != 0 and "hello" not in t.text and t.text.count("\n  > ") == 1, t)
    expect("the user refused it" in t.text and SERVERS["evil"].count == before, t)


@case
def always_covers_both_ports(w):
    t = ask(w, curl("http://registry.test/") + "; " + curl("http://registry.test:443/"), "a")
    expect(t.status == 0 and t.text.count("hello") == 2, t)
    t = ask(w, curl("http://registry.test/") + "; " + curl("http://registry.test:8080/"), "a", "n")
    expect(t.status != 0 and t.text.count("hello") == 1, t)


@case
def ctrl_c_at_a_question_ends_it(w):
    before = SERVERS["evil"].count
    t = Terminal(w, "run", "--network", "--", "sh", "-c", curl("http://evil.test/"))
    t.wait_for("\n  > ")
    t.type("\x03")
    t.end()
    expect(t.status == 5 and SERVERS["evil"].count == before, t)


@case
def a_command_that_is_stopped_while_it_connects(w):
    """The server's queue is full, so that nobody answers a call."""
    allow(w, "mute.test:81")
    mute = socket.socket()
    mute.bind((MUTE, 81))
    mute.listen(0)
    held = []
    for _ in range(4):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex((MUTE, 81))
        held.append(s)
    r = go(w, curl("http://mute.test:81/"), "--timeout", "1")
    expect(r.status == 124, r)
    p = w.start("run", "--network", "--", "sh", "-c", "echo begun; " + curl("http://mute.test:81/"))
    expect(p.stdout.readline() == b"begun\n", "begun")
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=30)
    expect(p.returncode == 5, p.returncode)
    for s in held + [mute]:
        s.close()


@case
def names_that_lead_inside_are_refused(w):
    port = SERVERS["local"].port
    before = {k: s.count for k, s in SERVERS.items() if s}
    allow(w, "inner.test", "mixed.test", "own.test", "rebound.test:%d" % port)
    for target, what in (("inner.test:80", "this machine"), ("mixed.test:80", "private network"), ("own.test:80", "this machine"),
                         ("localhost:%d" % port, "this machine"), ("127.0.0.1:%d" % port, "this machine"),
                         ("10.9.8.7:80", "private network"), ("169.254.169.254:80", "metadata"), (OWN + ":80", "this machine")):
        r = go(w, py('print(connect("%s")[2].decode())' % target))
        expect("403 " in r.out and "connect to " + target in r.err, r)
        expect(what in r.out or target.startswith(OWN), r)
    expect({k: s.count for k, s in SERVERS.items() if s} == before, "one was contacted")
    r = go(w, curl("http://rebound.test:%d/" % port))
    expect(r.status == 0 and r.out == "hello\n", r)


@case
def an_allowed_question_opens_no_inner_address(w):
    t = ask(w, curl("http://inner.test:%d/" % SERVERS["local"].port), "a")
    expect(t.status != 0 and "hello" not in t.text and "this machine" in t.text, t)


@case
def the_next_address_is_tried(w):
    allow(w, "two.test", "six.test")
    r = go(w, curl("http://two.test:8080/".replace(":8080", "")))
    expect(r.out == "hello\n", r)
    if SERVERS["six"]:
        r = go(w, curl("http://six.test/"))
        expect(r.out == "hello\n", r)


@case
def what_cannot_be_reached_says_so(w):
    allow(w, "nowhere.test", "registry.test:9")
    r = go(w, py('print(connect("registry.test:9")[2].decode())'))
    expect(" 502 " in r.out and "refused" in r.out, r)
    r = go(w, py('print(connect("nowhere.test:443")[2].decode())'))
    expect(" 502 " in r.out and "not known" in r.out, r)
    expect("but not reached" in r.err, r)  # what a program may not say


@case
def there_is_no_other_way_out(w):
    raw = 'import socket\ntry:\n  socket.create_connection(("%s", 80), 3)\n  print("OUT")\nexcept OSError as e: print("held")' % GOOD
    allow(w, "registry.test")
    expect(b"OUT" in subprocess.run([sys.executable, "-c", raw], stdout=subprocess.PIPE, check=True).stdout, "control")
    r = go(w, "python3 -c '%s'" % raw)
    expect(r.out == "held\n", r)
    r = go(w, "curl -sS --noproxy '*' -m 5 http://%s/" % GOOD)
    expect(r.status != 0 and "hello" not in r.out, r)
    r = go(w, "getent hosts registry.test || echo unknown")
    expect(r.out == "unknown\n", r)


@case
def only_a_command_that_asks_gets_it(w):
    allow(w, "registry.test")
    expect("proxy" in go(w, "env").out, "control")
    r = w.run("run", "--", "sh", "-c", "env | grep -i proxy; " + curl("http://registry.test/"))
    expect(r.status != 0 and r.out.count("proxy") == 0, r)


@case
def a_token_is_needed(w):
    allow(w, "registry.test")
    r = go(w, py('for t in "", "x", "a" * 40:\n  print(connect("registry.test:80", token=t)[0])\nprint(connect("registry.test:80")[0])'))
    expect(r.out == "407\n407\n407\n200\n", r)
    r = go(w, curl("http://registry.test/", "--proxy-anyauth"))
    expect(r.out == "hello\n", r)  # as git asks: without first


@case
def only_connect_is_served(w):
    allow(w, "registry.test")
    r = go(w, "curl -sS --noproxy '' http://registry.test/")
    expect("only CONNECT" in r.out, r)
    r = go(w, py('for m in "GET", "POST", "connect", "OPTIONS":\n  print(connect("registry.test:80", method=m)[0])'))
    expect(r.out == "405\n" * 4, r)


def serve_once(handle, port):
    return Server(GOOD, port, handle)


@case
def data_comes_through_whole(w):
    """20 MB each way, at the same time, with a reader on each side that is slow."""
    size, got = 20 * 1000 * 1000, {}
    data = random.Random(1).randbytes(size)

    def slow_sink(s):
        sender = threading.Thread(target=lambda: s.sendall(data))
        sender.start()
        h, n = hashlib.sha256(), 0
        while True:
            d = s.recv(100000)
            if not d:
                break
            h.update(d)
            n += len(d)
            if n % 7 == 0:
                time.sleep(0.01)
        sender.join()
        got["hash"], got["n"] = h.hexdigest(), n
        s.shutdown(socket.SHUT_WR)  # now the command may end: all that it sent is here
    server = serve_once(slow_sink, 7001)
    allow(w, "registry.test:7001")
    r = go(w, py('''
import hashlib, random, threading, time
status, s, _ = connect("registry.test:7001")
data = random.Random(2).randbytes(%d)
t = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)))
t.start()
h, n = hashlib.sha256(), 0
while True:
    d = s.recv(65536)
    if not d:
        break
    h.update(d)
    n += len(d)
    if n %% 11 == 0:
        time.sleep(0.01)
t.join()
print(status, n, h.hexdigest())''' % size))
    expect(r.out == "200 %d %s\n" % (size, hashlib.sha256(data).hexdigest()), r)
    expect(got == {"n": size, "hash": hashlib.sha256(random.Random(2).randbytes(size)).hexdigest()}, got)
    server.socket.close()


@case
def a_slow_reader_slows_its_writer(w):
    """A server that reads nothing: the proxy must not take what it cannot pass on."""
    release = threading.Event()
    server = serve_once(lambda s: release.wait(30), 7002)
    allow(w, "registry.test:7002")
    r = go(w, py('''
import select
status, s, _ = connect("registry.test:7002")
s.setblocking(False)
sent = 0
while sent < 200 * 1000 * 1000 and select.select([], [s], [], 1)[1]:
    sent += s.send(bytes(65536))
print(sent)'''))
    release.set()
    expect(0 < int(r.out) < 50 * 1000 * 1000, r)
    server.socket.close()


@case
def either_end_may_stop_first(w):
    def answer_at_end(s):
        data = b""
        while True:
            d = s.recv(4096)
            if not d:
                break
            data += d
        s.sendall(b"got " + data)

    def speak_first(s):
        s.sendall(b"banner")
        s.shutdown(socket.SHUT_WR)
        end = time.monotonic() + 20
        heard = b""
        while time.monotonic() < end:
            d = s.recv(4096)
            if not d:
                break
            heard += d
        results.append(heard)
    results = []
    first, second = serve_once(answer_at_end, 7003), serve_once(speak_first, 7004)
    allow(w, "registry.test:7003", "registry.test:7004")
    r = go(w, py('''
status, s, _ = connect("registry.test:7003", early=b"early ")
s.sendall(b"late")
s.shutdown(socket.SHUT_WR)
print(everything(s).decode())
status, s, _ = connect("registry.test:7004")
print(everything(s).decode())
s.sendall(b"still there")
s.close()'''))
    expect(r.out == "got early late\nbanner\n", r)
    end = time.monotonic() + 20
    while not results and time.monotonic() < end:
        time.sleep(0.01)
    expect(results == [b"still there"], results)
    first.socket.close()
    second.socket.close()


@case
def connections_end_with_the_command(w):
    ended = threading.Event()

    def wait(s):
        while s.recv(4096):
            pass
        ended.set()
    server = serve_once(wait, 7005)
    allow(w, "registry.test:7005")
    hold = py('status, s, _ = connect("registry.test:7005")\nprint(status, flush=True)\nimport time; time.sleep(60)')
    p = w.start("run", "--network", "--", "sh", "-c", hold)
    expect(p.stdout.readline() == b"200\n", "connected")
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=30)
    expect(ended.wait(20) and p.returncode == 5, p.returncode)
    p = w.start("run", "--network", "--", "sh", "-c", hold)
    expect(p.stdout.readline() == b"200\n", "connected")
    ended.clear()
    p.kill()
    p.communicate(timeout=30)
    expect(ended.wait(20), "after kill -9")
    server.socket.close()


@case
def real_https_clients(w):
    if not shutil.which("openssl"):
        raise Skip("openssl is not installed")
    cert, key = tls.make(os.path.join(w.base, "tls"))
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    w.git("init", "-q", "--bare", os.path.join(w.base, "repo.git"))
    seed = os.path.join(w.base, "seed")
    w.git("init", "-q", seed)
    for args in (["commit", "-q", "--allow-empty", "-m", "x"], ["push", "-q", os.path.join(w.base, "repo.git"), "HEAD:refs/heads/main"]):
        w.git("-C", seed, *args)
    w.git("-C", os.path.join(w.base, "repo.git"), "update-server-info")

    def https(s):
        with context.wrap_socket(s, server_side=True) as t:
            head = b""
            while b"\r\n\r\n" not in head:
                d = t.recv(4096)
                if not d:
                    return
                head += d
            path = head.split()[1].decode().split("?")[0]
            file = os.path.join(w.base, "repo.git", path[len("/repo.git/"):])
            body, status = b'{"name":"left-pad"}', b"200 OK"
            if path.startswith("/repo.git/"):
                body, status = (open(file, "rb").read(), status) if os.path.isfile(file) else (b"", b"404 Not Found")
            t.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)) + body)
    server = Server(SECURE, 443, https)
    shutil.copy(os.path.join(w.base, "tls", "ca.pem"), os.path.join(w.path, "ca.crt"))
    allow(w, "api.example.test")
    url = "https://api.example.test/left-pad"
    for need, command, words in (
            ("curl", "curl -sS --cacert ca.crt " + url, "left-pad"),
            ("python3", "SSL_CERT_FILE=ca.crt python3 -c 'import urllib.request as u; print(u.urlopen(\"%s\").read())'" % url, "left-pad"),
            ("git", "GIT_SSL_CAINFO=$PWD/ca.crt git ls-remote https://api.example.test/repo.git", "refs/heads/main"),
            ("npm", "npm ping --cafile ca.crt --fetch-retries 0 --registry https://api.example.test/ 2>&1", "PONG")):
        if not shutil.which(need, path="/usr/bin:/bin"):
            continue
        r = go(w, command)
        expect(r.status == 0 and words in r.out, r)
    before = server.count
    allow(w)
    r = go(w, "curl -sS --cacert ca.crt " + url)
    expect(r.status != 0 and server.count == before, r)
    server.socket.close()


def call(command, network=True, **more):
    return {"calls": [{"name": "run_command", "input": dict({"command": command, "network": network}, **more)}]}


def permissions(w):
    (path,) = glob.glob(os.path.join(w.state, "sessions", "*", "log.jsonl"))
    with open(path, encoding="utf-8") as f:
        events = [json.loads(line) for line in f]
    return [e for e in events if e["type"] == "permission" and e["subject"].startswith("connect")]


@case
def the_model_is_told_what_was_reached(w):
    allow(w, "registry.test", permissions={"allow": ["curl"]})
    words = ["Network: registry.test:80 allowed by the user's list; evil.test:80 refused: it is not on the user's list",
             "in the mode auto nobody is asked"]
    model = w.script(call(curl("http://registry.test/") + "; " + curl("http://evil.test/")), {"expect": words, "text": "So."})
    r = w.run("do", "--yes", "--json", "--model", model, "x")
    expect(r.status == 0 and "hello" in r.out, r)
    told = [(e["subject"], e["decision"], e["by"]) for e in permissions(w)]
    expect(told == [("connect to registry.test:80", "allow", "rule"), ("connect to evil.test:80", "deny", "rule")], told)


@case
def by_itself_the_model_gets_nothing(w):
    model = w.script(call(py('print("reached" if os.environ.get("https_proxy") else "no way")'), network=False),
                     {"expect": ["no way"], "text": "So."})
    r = w.run("do", "--yes", "--model", model, "x")
    expect(r.status == 0, r)
    model = w.script(call("true"), {"expect": ["no network in the mode read-only"], "text": "So."})
    expect(w.run("do", "--mode", "read-only", "--model", model, "x").status == 0, "read-only")


@case
def a_task_asks_for_each_host(w):
    w.config('{"permissions": {"allow": ["curl"]}}')
    twice = call(curl("http://evil.test/"))
    t = Terminal(w, "do", "--mode", "edit", "--model", w.script(twice, twice, call(curl("http://registry.test/")), {"text": "So."}), "x",
                 NO_COLOR="1")
    for i, answer in enumerate(("a", "n")):
        end = time.monotonic() + 30
        while t.text.count("\n  > ") <= i:
            expect(time.monotonic() < end and t.read(1), t)
        t.type(answer + "\n")
    t.end()
    expect("  | evil.test:80" in t.text and "  | registry.test:80" in t.text and t.text.count("\n  > ") == 2, t)
    told = [(e["subject"], e["decision"], e["by"]) for e in permissions(w)]
    expect(told == [("connect to evil.test:80", "allow", "user"), ("connect to evil.test:80", "allow", "rule"),
                    ("connect to registry.test:80", "deny", "user")], told)


@case
def an_editor_lets_it_through(_):
    failure = replay.Session(os.path.join(HERE, "network_plugin.lsp")).run()
    expect(failure is None, failure)


@case
def one_command_cannot_use_the_way_of_another(w):
    """They share their network: the port can be found, the token cannot be guessed, and ends with its command."""
    allow(w, "registry.test")
    keep = "echo $https_proxy > /tmp/theirs; exec sleep 60"
    find = py('''
import time
while not os.path.exists("/tmp/theirs") or not open("/tmp/theirs").read().endswith("\\n"): time.sleep(0.05)
theirs = open("/tmp/theirs").read().strip()
u = urllib.parse.urlsplit(theirs)
print("none", connect("registry.test:80", theirs, token="")[0], "guess", connect("registry.test:80", theirs, token="b" * 40)[0],
      "stolen", connect("registry.test:80", theirs)[0])''')
    late = py('''
theirs = urllib.parse.urlsplit(open("/tmp/theirs").read().strip())
print("old token", connect("registry.test:80", token=theirs.password)[0], "own", connect("registry.test:80")[0])
try:
  socket.create_connection((theirs.hostname, theirs.port), 5); print("open")
except OSError: print("port closed")''')
    model = w.script(call(keep, background=True), call(find, network=False),
                     {"expect": ["none 407 guess 407 stolen 200"],
                      "calls": [{"name": "run_command", "input": {"id": "b1", "action": "kill"}}]},
                     call(late), {"expect": ["old token 407 own 200", "port closed"], "text": "So."})
    r = w.run("do", "--yes", "--model", model, "x")
    expect(r.status == 0, r)


@case
def without_a_network_of_its_own_it_is_an_error(w):
    allow(w, "registry.test")
    r = w.run("run", "--network", "--no-sandbox", "--", "true")
    expect(r.status == 6 and "--no-sandbox" in r.err, r)
    r = w.run("run", "--network", "--", "true", EMEND_TEST_FORBID="userns")
    expect(r.status == 6, r)


@case
def a_view_in_memory_or_none_is_as_good(w):
    allow(w, "registry.test")
    for forbid in ("disk", "overlay"):
        r = w.run("run", "--network", "--", "sh", "-c", curl("http://registry.test/"), EMEND_TEST_FORBID=forbid)
        expect(r.status == 0 and r.out == "hello\n", r)


if __name__ == "__main__":
    main([a_listed_host_passes, an_unlisted_host_is_refused_and_named, deny_beats_allow, bad_rules_are_named,
          json_tells_each_decision, allow_once_is_asked_once, no_is_no, always_covers_both_ports, ctrl_c_at_a_question_ends_it,
          a_command_that_is_stopped_while_it_connects, names_that_lead_inside_are_refused,
          an_allowed_question_opens_no_inner_address, the_next_address_is_tried, what_cannot_be_reached_says_so,
          there_is_no_other_way_out, only_a_command_that_asks_gets_it, a_token_is_needed, only_connect_is_served,
          data_comes_through_whole, a_slow_reader_slows_its_writer, either_end_may_stop_first, connections_end_with_the_command,
          real_https_clients, the_model_is_told_what_was_reached, by_itself_the_model_gets_nothing, a_task_asks_for_each_host,
          an_editor_lets_it_through, one_command_cannot_use_the_way_of_another, without_a_network_of_its_own_it_is_an_error,
          a_view_in_memory_or_none_is_as_good])
