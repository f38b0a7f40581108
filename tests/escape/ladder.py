"""ladder - an attack with its control, whatever the sandbox is made of; and all of it again as an ordinary user."""

import os, pwd, shutil, subprocess, tempfile

from world import ATTACK, CLIENT, DOORS, escaped, tap

USER = "emendtest%d" % os.getpid()  # several of these may run at once
controls = {}  # name: did it succeed outside? The same in every mode.
reasons = {}  # of those that did not


def control(w, name, command, check):
    if name not in controls:
        w.reset()
        out = w.outside(w.fill(command, False))
        controls[name] = bool(check(w) if check else escaped(out))
        said = [line for line in out.decode(errors="replace").replace("#", "").splitlines() if line.strip()]
        reasons[name] = "the control does not succeed here: " + (said[-1].strip()[-100:] if said else "it says nothing")
    return controls[name]


def attack(w, name, command, check=None):
    why = "" if control(w, name, command, check) else "SKIP " + reasons[name]
    w.reset()
    command = w.fill(command, True)
    if w.refused:
        r = w.inside(command)
        tap(r.returncode == 200 and not (check and check(w)), name)
        return
    if w.reduced:
        w.without_secrets()
    if check and check(w):
        tap(False, name, "the world is not as it was")
        return
    r = w.inside(command)
    held = not (check(w) if check else escaped(r.stdout + r.stderr))
    held = held and r.returncode != 200  # it did run
    if not held:
        print("#   ", r.returncode, (r.stdout + r.stderr)[:300])
    tap(held, name, why)


def as_user(script):
    """Runs this again as an ordinary user, who is made for it where there is none."""
    made = False
    try:
        pwd.getpwnam(USER)
    except KeyError:
        made = subprocess.run(["useradd", "-m", USER], capture_output=True).returncode == 0
        if not made:
            tap(True, "as an ordinary user", "SKIP no user can be made here")
            return
    u = pwd.getpwnam(USER)
    place = tempfile.mkdtemp(prefix="emend-escape-bin-", dir="/var/tmp")
    os.chmod(place, 0o755)
    here = os.path.dirname(os.path.abspath(__file__))
    for f in [CLIENT, ATTACK, DOORS] + [here + "/" + n for n in (script, "world.py", "attacks.py", "ladder.py")]:
        shutil.copy(f, place)
    try:
        def become():
            os.setgroups([])
            os.setgid(u.pw_gid)
            os.setuid(u.pw_uid)
        p = subprocess.run(["/usr/bin/python3", place + "/" + script, place + "/client", place + "/attack", "--as-user"],
                           preexec_fn=become, cwd=place, stdout=subprocess.PIPE, check=False,
                           env={"PATH": "/usr/bin:/bin", "HOME": u.pw_dir, "LANG": "C.UTF-8",
                                "PYTHONDONTWRITEBYTECODE": "1"})
        for line in p.stdout.decode().splitlines():
            if line.startswith(("ok ", "not ok ")):
                rest = line.split(" - ", 1)[1].split(" # ", 1)
                tap(line.startswith("ok"), "user: " + rest[0], rest[1] if len(rest) > 1 else "")
            elif line.startswith("#"):
                print(line)
        tap(b"\n1.." in p.stdout, "the run as an ordinary user came to its end")
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if made:
            subprocess.run(["userdel", "-r", USER], capture_output=True)
