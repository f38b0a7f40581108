"""servers - NATS, Redis and PostgreSQL from Debian's packages for the suites of the fleet: each on a port or socket of its own, run
by a user who is not root, stopped and started again at the same place."""
import glob
import json
import os
import shutil
import signal
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


def tidy_up():
    for s in STARTED:
        s.remove()
    STARTED.clear()
