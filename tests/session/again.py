"""again.py - each session that a test left must come out of its log as it was: what the model would be asked, to the byte."""
import json
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EMEND = os.environ.get("EMEND") or os.path.join(TOP, "build", "emend")


def differing(root, env):
    """What `emend replay` says of the sessions of the folder that are not the same again."""
    p = subprocess.run([EMEND, "replay", "--all", "--json"], cwd=root, env=env, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    bad = [e for e in map(json.loads, p.stdout.splitlines()) if e["type"] == "replay" and (not e["same"] or e["shortened"])]
    return bad or ([p.stderr.decode("utf-8", "replace")] if p.returncode else [])
