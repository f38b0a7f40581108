"""servers - NATS, Redis and PostgreSQL from Debian's packages for the suites of the fleet: each on a port or socket of its own, run
by a user who is not root, stopped and started again at the same place."""
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

NOBODY = 65534
SECONDS = 60
PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
STARTED = []  # to be tidied up


def as_nobody(argv):
    if os.geteuid() != 0:
        return argv
    return ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"] + argv


def program(name, pattern=None):
    """Its path, or None."""
    found = sorted(glob.glob(pattern)) if pattern else []
    return shutil.which(name, path=PATH) or (found[-1] if found else None)


class Server:
    """Subclasses say how it is started, and when it is there."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="emend-srv-", dir="/tmp")
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        os.chmod(self.folder, 0o755)
        self.p = None
        STARTED.append(self)

    def path(self, name):
        return os.path.join(self.folder, name)

    def spawn(self, argv):
        with open(self.path("log-%d" % time.monotonic_ns()), "wb") as log:
            self.p = subprocess.Popen(as_nobody(argv), cwd=self.folder, env={"PATH": PATH, "HOME": self.folder, "LANG": "C.UTF-8"},
                                      stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def wait(self, there):
        deadline = time.monotonic() + SECONDS
        while not there():
            if self.p.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("%s does not start: %s" % (type(self).__name__, self.said()))
            time.sleep(0.05)

    def said(self):
        text = ""
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("log-"):
                with open(self.path(name), encoding="utf-8", errors="replace") as f:
                    text += f.read()
        return text[-3000:]

    def stop(self, number=signal.SIGTERM):
        if self.p and self.p.poll() is None:
            self.p.send_signal(number)
            try:
                self.p.wait(SECONDS)
            except subprocess.TimeoutExpired:
                self.p.kill()
                self.p.wait()

    def remove(self):
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Nats(Server):
    missing = None if program("nats-server") else "nats-server is not installed"

    def __init__(self, *args):
        super().__init__()
        self.args, self.port = args, None
        self.start()

    def start(self):
        before = set(glob.glob(self.path("*.ports")))
        self.spawn([program("nats-server"), "-a", "127.0.0.1", "-p", str(self.port or -1), "--ports_file_dir", self.folder, *self.args])
        self.wait(lambda: self.read_port(before))

    def read_port(self, before):
        for name in set(glob.glob(self.path("*.ports"))) - before:
            try:
                with open(name, encoding="ascii") as f:
                    self.port = int(json.load(f)["nats"][0].rsplit(":", 1)[1])
                    return True
            except ValueError:  # not written whole
                pass
        return False

    @property
    def url(self):
        return "nats://127.0.0.1:%d" % self.port


class Redis(Server):
    missing = None if program("redis-server") else "redis-server is not installed"

    def __init__(self, *args):
        super().__init__()
        self.args = args
        self.start()

    def start(self):
        self.spawn([program("redis-server"), "--port", "0", "--unixsocket", self.path("sock"), "--unixsocketperm", "777",
                    "--dir", self.folder, "--save", "", *self.args])
        self.wait(lambda: self.ask(b"PING\r\n"))

    def ask(self, line):
        """The first line of the answer; None: it is not there."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(SECONDS)
                s.connect(self.path("sock"))
                s.sendall(line)
                return s.makefile("rb").readline()
        except OSError:
            return None

    @property
    def url(self):
        return "unix:" + self.path("sock")


class Postgres(Server):
    where = "/usr/lib/postgresql/*/bin/"
    missing = None if program("initdb", where + "initdb") else "postgresql is not installed"

    def __init__(self):
        super().__init__()
        run([program("initdb", self.where + "initdb"), "-D", self.path("data"), "-A", "trust", "-U", "emend", "-N"], self.folder)
        self.start()

    def start(self):
        self.spawn([program("postgres", self.where + "postgres"), "-D", self.path("data"), "-k", self.folder, "-F",
                    "-c", "listen_addresses=", "-c", "unix_socket_permissions=0777"])
        self.wait(lambda: self.sql("SELECT 1") == "1")

    def sql(self, text):
        r = subprocess.run(["psql", "-XAtq", "-h", self.folder, "-U", "emend", "-d", "postgres", "-c", text],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, encoding="utf-8")
        return r.stdout.strip()

    def stop(self, number=signal.SIGINT):  # that is its fast end: clients are cut off
        super().stop(number)

    @property
    def url(self):
        return "host=%s user=emend dbname=postgres" % self.folder


def run(argv, folder):
    r = subprocess.run(as_nobody(argv), cwd=folder, env={"PATH": PATH, "HOME": folder, "LANG": "C.UTF-8"}, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False, encoding="utf-8")
    if r.returncode != 0:
        raise AssertionError(r.stdout)


def tidy_up():
    for s in STARTED:
        s.remove()
    STARTED.clear()
