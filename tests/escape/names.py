#!/usr/bin/env python3
"""names - what git, editors and agents execute stays as it is, whatever the sandbox is made of.

    names.py CLIENT ATTACK [--as-user]

On a view, in the background (where the workspace is read-only), on a copy, and in the reduced sandbox: what was there is not
changed, what is new is not kept. Each attack is first made outside,
where it must succeed. As the user who starts it and, when that is root, again as an ordinary user. TAP on stdout."""

import os

import world
from attacks import PLANTED, PLANTS, PROTECTED, VIEW_PLANTED
from ladder import as_user, attack, controls
from world import World, tap


def names(w, view):
    """What git, editors and agents execute."""
    for name, command, check in (PROTECTED + PLANTS + PLANTED + (VIEW_PLANTED if view else []))[::5 if w.refused else 1]:
        attack(w, name, command, check)


def suite(mode, views, direct):
    w = World(mode, views, direct)
    try:
        w.find_state()
        state = "refused" if w.refused else "reduced" if w.reduced else "full"
        view = not direct and not w.reduced  # which runs nothing beside a secret
        print("# as %s, forbidden: %s: %s%s%s" % ("root" if os.getuid() == 0 else "an ordinary user", mode or "nothing", state,
                                                  ", on a view" if view else "", ", in the background" if direct else ""))
        names(w, view)
    finally:
        w.close()


# Forbidden, a folder for views on the disk, in the background.
for ladder in (("", True, False), ("", True, True), ("overlay", True, False), ("userns", True, False), ("", False, False)):
    suite(*ladder)
print(f"# {sum(controls.values())} of {len(controls)} attacks succeed outside of the sandbox")
tap(sum(controls.values()) == len(controls), "all attacks have a control that succeeds")
if os.getuid() == 0:
    as_user("names.py")
world.finish()
