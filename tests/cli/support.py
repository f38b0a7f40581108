"""support - for the suites of the built program in this folder: a scratch workspace, the program run in it, TAP.

Every Workspace has its own HOME, configuration and state, and no terminal. Only the standard library is used.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EMEND = os.environ.get("EMEND", os.path.join(TOP, "build", "emend"))
SECONDS = 60
# In no test may these come to a command, a log, or (tests/fake/rules.py looks) a request: the key that the fake providers
# want, and one that stands in the environment of every program started here.
PLANTED = ("test-key", "planted-0d6b1f4e")


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def events(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, kind):
        return [e for e in self.events() if e["type"] == kind]

    def __repr__(self):
        return "status %r\nstdout: %s\nstderr: %s" % (self.status, self.out, self.err)


class Workspace:
    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="emend-cli-")
        self.path = os.path.join(self.base, "work")
        self.home = os.path.join(self.base, "home")
        os.mkdir(self.path)
        os.mkdir(self.home)
        self.env = {"HOME": self.home, "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8",
                    "GIT_CONFIG_NOSYSTEM": "1", "GITHUB_TOKEN": PLANTED[1], "AWS_SECRET_ACCESS_KEY": PLANTED[1]}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        found = [] if kind else list(self.leaks())
        shutil.rmtree(self.base, ignore_errors=True)
        if found:
            raise AssertionError("secrets are written down in %s" % found)

    def leaks(self):
        """Files that Emend made, with a secret in them."""
        for folder, _, files in os.walk(self.state):
            for name in files:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    try:
                        with open(path, "rb") as f:
                            data = f.read()
                    except FileNotFoundError:  # views go a moment after the program
                        continue
                    except PermissionError:  # and the overlay's own files in them are not to be read
                        if "/views/" not in path:
                            raise
                        continue
                    if any(secret.encode() in data for secret in PLANTED):
                        yield path

    def write(self, name, text):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8", newline="") as f:
            return f.read()

    def exists(self, name):
        return os.path.exists(os.path.join(self.path, name))

    def git(self, *args):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *args], cwd=self.path,
                       env=self.env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def repository(self):
        """A small git repository with a fault in it."""
        self.write("calc.py", "def add(a, b):\n    return a - b\n")
        self.write("check.sh", "grep -q 'a + b' calc.py && echo good\n")
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-qm", "first")

    def config(self, text):
        folder = os.path.join(self.home, ".config", "emend")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as f:
            f.write(text)

    def script(self, *turns):
        """Writes what the model says, one object a turn; returns the model's name."""
        path = os.path.join(self.base, "script.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            f.write("".join(json.dumps(t) + "\n" for t in turns))
        return "scripted:" + path

    @property
    def state(self):
        return os.path.join(self.home, ".local", "state", "emend")

    def log_path(self, session):
        return os.path.join(self.state, "sessions", session, "log.jsonl")

    def start(self, *args, **env):
        return subprocess.Popen([EMEND, *args], cwd=self.path, env=dict(self.env, **env), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def run(self, *args, seconds=SECONDS, **env):
        p = self.start(*args, **env)
        try:
            out, err = p.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
            raise AssertionError("emend %s: not done after %d s\n%s" % (" ".join(args), seconds, err)) from None
        return Result(p.returncode, out.decode("utf-8"), err.decode("utf-8"))


EDIT = {"calls": [{"name": "edit_file", "input": {"path": "calc.py", "edits": [
    {"old_text": "a - b", "new_text": "a + b"}]}}]}
DONE = {"text": "The sign is right now."}


def expect(what, result):
    if not what:
        raise AssertionError(repr(result))


class Skip(Exception):
    """This machine cannot run the case; says why."""


def all_is_the_same_again(w, seconds=SECONDS):
    """Whatever a case was about: each session that it left must come out of its log as it was. A log that the case has
    damaged cannot be read, and is none."""
    if not os.path.isdir(os.path.join(w.state, "sessions")):
        return
    r = w.run("replay", "--all", "--json", seconds=seconds)
    lines = [json.loads(line) for line in r.out.splitlines()]
    bad = [e for e in lines if e["type"] == "replay" and (not e["same"] or e["shortened"])]
    expect(not bad, bad)


def main(cases):
    """Runs the functions, each with a fresh Workspace; prints TAP and ends the program."""
    bad = 0
    print("1..%d" % len(cases))
    for i, case in enumerate(cases, 1):
        name = case.__name__.replace("_", " ")
        try:
            with Workspace() as w:
                case(w)
                all_is_the_same_again(w)
            print("ok %d - %s" % (i, name))
        except Skip as why:
            print("ok %d - %s # SKIP %s" % (i, name, why))
        except Exception:  # a test that breaks is a test that fails; the next ones still run
            bad += 1
            print("not ok %d - %s" % (i, name))
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), end="")
        sys.stdout.flush()
    sys.exit(1 if bad else 0)
