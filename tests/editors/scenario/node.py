"""An editor whose driver is a program of Node.js, as play.py drives it: a line of JSON for each thing that is done or
looked at, and a line as the answer."""
import json
import os
import shutil
import subprocess
import tempfile
import threading

from person import EMEND, TOP, Editor

DID = ("type", "ask", "action", "allow", "deny", "choose", "begin_typing", "type_on", "end_typing", "leave", "steer",
       "cancel", "undo", "accept_all", "reject", "before_kill", "resume")
SEEN = {"ready": False, "problem": False, "answer_shown": "", "question": "", "proposal": "", "text": "", "ends": [],
        "running": False, "lost": False, "waiting": -1, "screen": "", "window_text": []}


class Player:
    says = Editor.says

    def __init__(self, argv, env, lacks, files, first):
        self.base = os.path.realpath(tempfile.mkdtemp(prefix="emend-node-"))
        self.work, self.lacks = self.base + "/work", lacks
        self.process = None
        os.makedirs(self.work)
        os.makedirs(self.base + "/config/emend")
        for name, text in files.items():
            with open(os.path.join(self.work, name), "w", encoding="utf-8") as f:
                f.write(text)
        self.says([])
        with open(self.base + "/config/emend/config.json", "w", encoding="utf-8") as f:
            json.dump(dict(Editor.settings, model="scripted:" + self.base + "/model.jsonl"), f)
        subprocess.run(["git", "init", "-q", self.work], check=True)
        env = dict(os.environ, HOME=self.base, XDG_CONFIG_HOME=self.base + "/config", XDG_STATE_HOME=self.base + "/state",
                   XDG_CACHE_HOME=self.base + "/cache", XDG_DATA_HOME=self.base + "/data", LC_ALL="C.UTF-8", EMEND=EMEND,
                   EMEND_TOP=TOP, EMEND_KEYRING="off", PERSON_BASE=self.base, **env)
        for key in ("EMEND_MODEL", "EMEND_MODE"):
            env.pop(key, None)
        self.process = subprocess.Popen(argv + [self.work, first], env=env, cwd=self.work, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.errors = b""
        threading.Thread(target=self.read_errors, daemon=True).start()

    def read_errors(self):
        for line in self.process.stderr:
            self.errors = (self.errors + line)[-5000:]

    def call(self, name, *args):
        self.process.stdin.write(json.dumps([name] + list(args)).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the driver has ended: " + self.errors.decode("utf-8", "replace"))
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError("%s: %s" % (name, answer["error"]))
        return answer.get("value")

    def seen(self, name, *args):
        value = self.call(name, *args)
        return SEEN[name] if value is None else value

    def __getattr__(self, name):
        if name in DID:
            return lambda *args: self.call(name, *args)
        if name in SEEN:
            return lambda *args: self.seen(name, *args)
        raise AttributeError(name)

    def close(self):
        try:
            self.process.stdin.close()
            self.process.wait(30)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.base, ignore_errors=True)


def make(argv, env, lacks):
    return lambda files, first: Player(argv, env, lacks, files, first)
