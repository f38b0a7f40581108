#!/usr/bin/env python3
"""The attacks of attacks.py that read, made by code that runs by itself (`emend exec`): a bare view has even less in it than
that of a command, so none may succeed that fails there, and nothing of the workspace can be found either.

    code.py CLIENT ATTACK      (as run.py; `emend` is EMEND, or build/emend)"""

import os, subprocess

import world
from attacks import PY, READS
from ladder import control, reasons
from world import ATTACK, World, escaped, tap

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EMEND = os.environ.get("EMEND", os.path.join(TOP, "build", "emend"))


def inside(w, command):
    """The program attack comes as the input, and the command as a variable: an attack must not find its own words in the
    script that the shell holds open."""
    env = {"HOME": w.base, "PATH": os.environ["PATH"], "LEAK_KEY": "TOPSECRET leak"}
    path = os.path.join(w.base, "code.sh")
    with open(path, "w", encoding="utf-8") as f:
        f.write('cat > attack && chmod +x attack\nexec sh -c "$COMMAND"\n')
    return subprocess.run([EMEND, "exec", path, "--stdin", ATTACK, "--timeout", "20", "--env", "COMMAND=" + command], env=env, cwd=w.ws,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)


w = World()
try:
    r = inside(w, "echo control; ./attack nothing; true")
    if r.returncode == 6:
        tap(True, "code that runs by itself", "SKIP no sandbox here")
    else:
        tap(r.stdout.startswith(b"control"), "control: code runs, and has the program of the attacks", r.stderr.decode())
        for name, command in READS:
            succeeds = control(w, name, command, None)
            r = inside(w, w.fill(command, True))
            tap(not escaped(r.stdout + r.stderr), name, "" if succeeds else "SKIP " + reasons[name])
        for name, command in (("read the workspace", "cat @WS@/a.txt"), ("find the workspace", "ls @BASE@ && echo ESCAPED"),
                              ("find the home folder of the user", "ls -A %s && echo ESCAPED" % w.base),
                              ("see a process of the machine", PY % 'import glob\nif len(glob.glob("/proc/[0-9]*"))>5: print("ESCAPED")')):
            r = inside(w, w.fill(command.replace("@BASE@", w.base), False))
            tap(not escaped(r.stdout) and b"hello" not in r.stdout, name)
finally:
    w.close()
world.finish()
