#!/usr/bin/env python3
"""names - what git, editors and agents execute stays as it is, whatever the sandbox is made of.

    names.py CLIENT ATTACK [--as-user]

On a view, in the background (on the real files although there are views), without an overlay, and in the reduced
sandbox: what was there cannot be changed or is put back, what is new is not kept. Each attack is first made outside,
where it must succeed. As the user who starts it and, when that is root, again as an ordinary user. TAP on stdout."""

import os, shutil, subprocess, time

import world
from attacks import PLANTED, PLANTS, PROTECTED, VIEW_PLANTED
from ladder import as_user, attack, controls
from world import CLIENT, World, tap


def keeps_working(w):
    """Where names are guarded: what is not a plant stays, what was there is told apart from what is new."""
    w.reset()
    if w.reduced:
        w.without_secrets()
    shutil.rmtree(w.ws + "/.git")
    subprocess.run("git init -q . && git config user.name n && git config user.email e && git add a.txt && git commit -qm m",
                   shell=True, cwd=w.ws, check=True, capture_output=True)
    hooks = sorted(os.listdir(w.ws + "/.git/hooks"))
    if not w.direct:  # there the repository is read-only
        r = w.inside("echo more >> a.txt; git add a.txt; git commit -qm second; git checkout -qb topic")
        log = subprocess.run("git log --oneline | wc -l; git branch --show-current", shell=True, cwd=w.ws, capture_output=True).stdout
        tap(r.returncode == 0 and log.split() == [b"2", b"topic"], "git commit stays", (r.stdout + r.stderr).decode()[:200])
    r = w.inside("git init -q new; cd new; git -c user.name=n -c user.email=e commit -q --allow-empty -m m; cd ..; git init -q --bare lib")
    ok = [subprocess.run(["git", "-C", w.ws + "/" + d, "rev-parse", "--git-dir"], capture_output=True).returncode == 0 for d in ("new", "lib")]
    tap(r.returncode == 0 and all(ok), "git init stays", (r.stdout + r.stderr).decode()[:200])
    r = w.inside("echo ESC > .envrc; echo b > b.txt; mkdir .husky; echo ESC > .husky/x; ln -s b.txt c")
    tap(os.path.exists(w.ws + "/b.txt") and os.path.islink(w.ws + "/c"), "other files stay")
    tap(b".envrc: " in r.stderr and b".husky/x: " in r.stderr, "what was taken away is told", r.stderr.decode()[:200])
    kept = [f for d, _, fs in os.walk(w.base + "/views/held") for f in fs]
    tap(not w.views or (".envrc" in kept and ".husky%x" in kept), "what was taken away is kept", str(kept))
    tap(sorted(os.listdir(w.ws + "/.git/hooks")) == hooks, "what was there is as it was")
    for how in ("--timeout", "--cancel", "--die"):
        stood = gone_again = False
        for ms in ("700", "4000", "15000"):  # on a busy machine the command may not have begun when its time is up
            p = subprocess.Popen([CLIENT, *w.on(), how, ms, w.ws, "echo ESC > .envrc; sleep 30"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=w.env())
            end = time.time() + 60
            while time.time() < end and not gone_again and (stood or p.poll() is None):
                there = os.path.exists(w.ws + "/.envrc")
                stood, gone_again = stood or there, stood and not there
                time.sleep(0.005)
            p.wait()
            if stood:
                break
        tap(gone_again, "a plant goes when its command ends by " + how[2:], "" if stood else "it never stood")


def names(w, view):
    """What git, editors and agents execute."""
    for name, command, check in (PROTECTED + PLANTS + PLANTED + (VIEW_PLANTED if view else []))[::5 if w.refused else 1]:
        attack(w, name, command, check)
    if not view and not w.refused:
        keeps_working(w)


def suite(mode, views, direct):
    w = World(mode, views, direct)
    try:
        w.find_state()
        state = "refused" if w.refused else "reduced" if w.reduced else "full"
        view = views and not direct and w.overlay
        print("# as %s, forbidden: %s: %s%s%s" % ("root" if os.getuid() == 0 else "an ordinary user", mode or "nothing", state,
                                                  ", on a view" if view else "", ", in the background" if direct else ""))
        names(w, view)
    finally:
        w.close()


# Forbidden, a folder for views and for what is moved away, in the background.
for ladder in (("", True, False), ("", True, True), ("overlay", True, False), ("userns", True, False), ("", False, False)):
    suite(*ladder)
print(f"# {sum(controls.values())} of {len(controls)} attacks succeed outside of the sandbox")
tap(sum(controls.values()) == len(controls), "all attacks have a control that succeeds")
if os.getuid() == 0:
    as_user("names.py")
world.finish()
