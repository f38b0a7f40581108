#!/usr/bin/env python3
"""The attacks of attacks.py, made by code that runs by itself (`emend exec`, which is what execute_code is by every door): a bare view
has even less in it than that of a command, so none may succeed that fails there, and nothing of the caller (files, variables,
processes) can be found either. With all layers, and with each of them missing, where a refusal is right; and where the user's
settings take the reduced sandbox.

    code.py CLIENT ATTACK      (as run.py; `emend` is EMEND, or build/emend)"""

import io, os, subprocess, tarfile, time

import world
from attacks import PY, READS, WRITES
from ladder import control, reasons
from world import ATTACK, DOORS, World, alive, escaped, tap

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EMEND = os.environ.get("EMEND", os.path.join(TOP, "build", "emend"))
REFUSED = 6
# A refusal does not depend on the code: some of each list then.
STEP = 12


def programs():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        t.add(ATTACK, "attack")
        t.add(DOORS, "doors")
    return out.getvalue()


class Code:
    """Runs commands of the lists as code, in one world. The programs of the attacks come as the input, and the command as a variable: an
    attack must not find its own words in the script that the shell holds open."""

    def __init__(self, w, reduced):
        self.w = w
        self.env = {"HOME": w.base, "PATH": os.environ["PATH"], "LEAK_KEY": "TOPSECRET leak", "EMEND_TEST_FORBID": w.mode,
                    "XDG_CONFIG_HOME": w.base + "/config"}
        w.put(w.base + "/config/emend/config.json", '{"sandbox": "reduced"}' if reduced else "{}")
        w.put(w.base + "/code.sh", 'tar x && echo hello > a.txt\nexec sh -c "$COMMAND"\n')
        with open(w.base + "/programs.tar", "wb") as f:
            f.write(programs())

    def run(self, command, seconds="20"):
        return subprocess.run([EMEND, "exec", self.w.base + "/code.sh", "--stdin", self.w.base + "/programs.tar", "--timeout", seconds,
                               "--env", "COMMAND=" + command], env=self.env, cwd=self.w.ws, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=600, check=False)


def attacks(w, code, name, refused):
    step = STEP if refused else 1
    for what, command, check in [(n, c, None) for n, c in READS[::step]] + WRITES[::step]:
        works = control(w, what, command, check)
        w.reset()
        r = code.run(w.fill(command, True))
        held = not (check(w) if check else escaped(r.stdout + r.stderr)) and (r.returncode == REFUSED) == refused
        tap(held, name + what, "" if works else "SKIP " + reasons[what])
    for what, command in (("read the workspace", "cat @WS@/a.txt"), ("find the workspace", "ls @BASE@ && echo ESCAPED"),
                          ("find the home folder of the user", "ls -A %s && echo ESCAPED" % w.base),
                          ("see the caller's variables", "env | grep -v ^COMMAND= | grep -a TOPSECRET"),
                          ("see a process of the machine", PY % 'import glob\nif len(glob.glob("/proc/[0-9]*"))>5: print("ESCAPED")')):
        if w.reduced and what == "see a process of the machine":
            continue  # there are no namespaces then: the processes are seen, but nothing of them
        r = code.run(w.fill(command.replace("@BASE@", w.base), True))
        tap(not escaped(r.stdout) and b"hello" not in r.stdout, name + what)


def a_daemon(code, name):
    mark = "31%d" % os.getpid()
    code.run("(setsid sh -c \"trap '' TERM HUP; exec sleep %s\" &); sleep 0.2" % mark)
    end = time.time() + 10
    while alive("sleep\x00" + mark) and time.time() < end:
        time.sleep(0.02)
    tap(not alive("sleep\x00" + mark), name + "a daemon that outlives its code")


for forbidden, reduced in (("", False), ("userns", False), ("landlock", False), ("seccomp", False), ("userns", True)):
    w = World(forbidden)
    try:
        code = Code(w, reduced)
        name = "%s%s: " % ("without " + forbidden if forbidden else "all layers", ", reduced" if reduced else "")
        r = code.run("echo control; ./attack nothing; true")
        refused = r.returncode == REFUSED
        if refused and not forbidden:
            tap(True, "code that runs by itself", "SKIP no sandbox here")
            break
        if refused:
            tap(r.stdout == b"", name + "nothing runs")
        else:
            tap(r.stdout.startswith(b"control"), name + "code runs, and has the programs of the attacks", r.stderr.decode())
        attacks(w, code, name, refused)
        if not refused:
            a_daemon(code, name)
    finally:
        w.close()
world.finish()
