"""Checks what was recorded with --trace against the LSP meta-model, where a validator is at hand.

The validator is a program that is called as `lspvalidate.py METAMODEL.json TRAFFIC.jsonl` and prints a line for each fault
behind its first line. It is looked for in EMEND_LSP_VALIDATOR, then in tools/ of the folders beside the project; the
model in EMEND_LSP_METAMODEL, then beside the validator. TAP through `tap`."""

import glob
import os
import shutil
import subprocess
import sys
import tempfile

import wire

KEEP = {}


def find():
    beside = sorted(glob.glob(os.path.join(wire.ROOT, "..", "*", "tools", "lspvalidate.py")))
    program = os.environ.get("EMEND_LSP_VALIDATOR") or (beside[0] if beside else None)
    model = os.environ.get("EMEND_LSP_METAMODEL")
    if program and not model:
        here = os.path.dirname(program)
        near = sorted(glob.glob(os.path.join(here, "*etaModel*.json")) +
                      glob.glob(os.path.join(here, "..", "*", "*etaModel*.json")))
        model = near[0] if near else None
    return program, model


def folder():
    """Where the conversations are recorded; None if nobody will look at them."""
    program, model = find()
    if not program or not model:
        return None
    KEEP["folder"] = tempfile.mkdtemp(prefix="emend-traffic-")
    return KEEP["folder"]


def ours(line):
    """What is right and yet not in the meta-model: our own methods, answers to what was no message, the echo of a
    foreign action; and what the conversations send wrongly on purpose."""
    return "emend/" in line or line.lstrip().startswith("c->s") or "unknown id None" in line or \
        "codeAction/resolve" in line


def tests(tap, _):
    name = "validate: every message that the server sent follows the meta-model"
    program, model = find()
    if "folder" not in KEEP:
        tap.skip(name, "no validator or no meta-model (EMEND_LSP_VALIDATOR, EMEND_LSP_METAMODEL)" if not program or
                 not model else "nothing was recorded")
        return
    faults = []
    for path in sorted(glob.glob(os.path.join(KEEP["folder"], "*.jsonl"))):
        run = subprocess.run([sys.executable, program, model, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, check=False)
        if run.returncode != 0:
            faults.append("%s: %s" % (os.path.basename(path), run.stdout[-500:]))
        faults += ["%s: %s" % (os.path.basename(path), line.strip()) for line in run.stdout.splitlines()[1:]
                   if not ours(line)]
    shutil.rmtree(KEEP["folder"], ignore_errors=True)
    tap.result(name, "\n".join(faults))
