"""world - what the suites of this folder attack: a workspace, and around it secrets, a victim, listeners."""

import ctypes, os, shutil, socket, subprocess, sys, tempfile

CLIENT, ATTACK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
DOORS = os.path.join(os.path.dirname(ATTACK), "doors")
OPTIONS = os.environ.get("EMEND_ESCAPE_OPTIONS", "").split()  # of the client: in a container, say
count, failures = 0, 0


def tap(ok, name, why=""):
    global count, failures
    count += 1
    failures += not ok
    print(f"{'ok' if ok else 'not ok'} {count} - {name}{(' # ' + why) if why else ''}", flush=True)


def finish():
    print(f"1..{count}")
    sys.exit(failures > 0)


class World:
    """A workspace, a place outside with a secret, a victim process, listeners."""

    def __init__(self, mode="", views=False, direct=False):
        self.views, self.direct = views, direct
        self.mode, self.refused, self.reduced = mode, False, False
        self.base = tempfile.mkdtemp(prefix="emend-escape-", dir="/var/tmp")
        os.chmod(self.base, 0o755)
        self.out, self.ws = self.base + "/outside", self.base + "/ws"
        self.home = os.path.expanduser("~")
        self.name = "emend-escape-%d" % os.getpid()
        self.places = [os.path.join(d, self.name) for d in ("/tmp", "/var/tmp", "/dev/shm", self.home)]
        for d in [self.out, self.ws] + self.places:
            os.mkdir(d)
            self.put(d + "/secret", "TOPSECRET outside\n")
        os.unlink(self.ws + "/secret")
        self.reset()
        shutil.copy(ATTACK, self.ws + "/attack")
        shutil.copy(DOORS, self.ws + "/doors")
        env = dict(os.environ, VICTIM_KEY="TOPSECRET environ")
        self.victim = subprocess.Popen(["sleep", "1000"], env=env)
        self.listen()
        self.ipc()

    def listen(self):
        def at(family, kind, address):
            s = socket.socket(family, kind)
            s.bind(address)
            s.setblocking(False)
            if kind != socket.SOCK_DGRAM:
                s.listen(16)
            return s
        self.tcp = at(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self.any = at(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0))
        try:
            self.tcp6 = at(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0))
        except OSError:
            self.tcp6 = self.tcp
        self.udp = at(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        unix = socket.AF_UNIX
        self.unix = [at(unix, socket.SOCK_STREAM, "\0" + self.name), at(unix, socket.SOCK_DGRAM, "\0d" + self.name),
                     at(unix, socket.SOCK_SEQPACKET, "\0q" + self.name),
                     at(unix, socket.SOCK_STREAM, self.out + "/sock"), at(unix, socket.SOCK_DGRAM, self.out + "/dgram"),
                     at(unix, socket.SOCK_SEQPACKET, self.out + "/seq"),
                     at(unix, socket.SOCK_STREAM, self.places[0] + "/sock")]

    def ipc(self):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.shmat.restype = ctypes.c_void_p
        self.key = 0x656d0000 + os.getpid() % 65536
        self.shm_id = self.libc.shmget(self.key, 4096, 0o1600)
        ctypes.memmove(self.libc.shmat(self.shm_id, None, 0), b"emend", 5)
        self.sem_id = self.libc.semget(self.key, 1, 0o1600)
        self.msg_id = self.libc.msgget(self.key, 0o1600)
        try:
            self.libc.mq_open(("/" + self.name).encode(), os.O_CREAT | os.O_RDWR, 0o600, None)
        except AttributeError:  # an older libc: the control says so
            pass

    def put(self, path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    def remove(self, path):
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)

    def open_up(self):
        os.chmod(self.ws, 0o755)
        for top, folders, _ in os.walk(self.ws):
            for d in folders:
                if not os.path.islink(os.path.join(top, d)):
                    os.chmod(os.path.join(top, d), 0o755)

    def reset(self):
        self.open_up()
        for name in os.listdir(self.ws):
            if name not in ("attack", "doors"):
                self.remove(self.ws + "/" + name)
        for d in [self.out] + self.places:
            for name in os.listdir(d):
                if name.startswith("planted"):
                    self.remove(d + "/" + name)
        if os.path.exists(self.out + "/target"):
            os.unlink(self.out + "/target")
        self.put(self.out + "/target", "original\n")
        os.chmod(self.out + "/target", 0o644)
        os.utime(self.out + "/target", (1000, 1000))
        os.makedirs(self.out + "/empty", exist_ok=True)
        self.put(self.ws + "/.env", "TOPSECRET inside\n")
        self.put(self.ws + "/conf/.env", "TOPSECRET nested\n")
        self.put(self.ws + "/a.txt", "hello\n")
        self.put(self.ws + "/.vscode/settings.json", "{}\n")
        for git in ("/.git", "/sub/.git"):
            self.put(self.ws + git + "/config", "[core]\n")
            self.put(self.ws + git + "/HEAD", "ref: refs/heads/main\n")
            self.put(self.ws + git + "/hooks/pre-commit", "original\n")
        self.put(self.ws + "/half/HEAD", "ref: refs/heads/main\n")
        self.put(self.ws + "/half/config", "[core]\n")
        self.put(self.ws + "/half/hooks/post-checkout", "echo\n")
        os.link(self.ws + "/.vscode/settings.json", self.ws + "/same.json")
        os.symlink(self.out + "/secret", self.ws + "/link")
        os.symlink("../outside", self.ws + "/linkdir")
        os.link(self.out + "/target", self.ws + "/alias")

    def without_secrets(self):
        """And without what is also a file of another place: the reduced sandbox refuses both."""
        for d in (".env", "conf/.env", "alias"):
            if os.path.exists(self.ws + "/" + d):
                os.unlink(self.ws + "/" + d)

    def close(self):
        self.victim.kill()
        self.victim.wait()
        self.libc.shmctl(self.shm_id, 0, None)
        self.libc.semctl(self.sem_id, 0, 0)
        self.libc.msgctl(self.msg_id, 0, None)
        if hasattr(self.libc, "mq_unlink"):
            self.libc.mq_unlink(("/" + self.name).encode())
        for s in self.unix + [self.tcp, self.tcp6, self.any, self.udp]:
            s.close()
        for d in [self.base] + self.places:
            shutil.rmtree(d, ignore_errors=True)

    def fill(self, text, inside):
        own_pids = inside and not self.reduced
        for key, value in {"OUT": self.out, "WS": self.ws, "VICTIM": self.victim.pid, "KEY": self.key, "NAME": self.name,
                           "INIT": 1 if own_pids else self.victim.pid, "TCP": self.tcp.getsockname()[1],
                           "TCP6": self.tcp6.getsockname()[1], "ANY": self.any.getsockname()[1],
                           "UDP": self.udp.getsockname()[1], "TMP": self.places[0], "VARTMP": self.places[1],
                           "SHM": self.places[2], "HOME": self.places[3]}.items():
            text = text.replace("@" + key + "@", str(value))
        return text

    def env(self):
        sock = "unix:path=" + self.out + "/sock"
        return dict(os.environ, LEAK_KEY="TOPSECRET variable", DBUS_SESSION_BUS_ADDRESS=sock, DOCKER_HOST=sock,
                    SSH_AUTH_SOCK=self.out + "/sock", LD_PRELOAD="", EMEND_TEST_FORBID=self.mode)

    def outside(self, command):
        r = subprocess.run(["/bin/sh", "-c", command], cwd=self.ws, stdin=subprocess.DEVNULL, capture_output=True,
                           env=self.env(), timeout=600)
        return r.stdout + r.stderr

    def on(self):
        return (["--views", self.base + "/views"] if self.views else []) + (["--direct"] if self.direct else [])

    def inside(self, command, *options, fds=(), **kw):
        return subprocess.run([CLIENT, *OPTIONS, *self.on(), "--deny", ".env*", "--deny", "!.env.example", "--deny", "!.envrc", *options,
                               self.ws, command],
                              stdin=subprocess.DEVNULL, capture_output=True, env=self.env(), pass_fds=fds, timeout=600,
                              **kw)

    def find_state(self):
        """full, reduced or refused; reduced runs commands only where there is no secret."""
        r = self.inside("echo works")
        if r.returncode == 200:
            self.without_secrets()
            again = self.inside("echo works")
            self.refused, self.reduced = again.returncode == 200, again.returncode == 0
            r = again if self.refused else r
        return r


def escaped(output):
    output = output.replace(b'print("ESCAPED")', b"")  # a traceback shows the line that failed
    return b"TOPSECRET" in output or b"ESCAPED" in output


def alive(marker):
    """Processes anywhere whose command line holds the marker."""
    found = []
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                with open(f"/proc/{p}/cmdline", "rb") as f:
                    if marker.encode() in f.read():
                        found.append(int(p))
            except OSError:
                pass
    return found
