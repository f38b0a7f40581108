"""busy.py - how long a code action waits while a task writes 60 new files: as it is, with every sync of the disk slowed
down, and while another program holds SQLite's write lock."""
import json
import os
import sqlite3
import subprocess
import threading
import time

EMEND = os.environ["EMEND"]
FILES, SLOW_MS, LOCKED_S = 60, 20, 3


def script(path, turns):
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(json.dumps(t) + "\n" for t in turns)
    return "scripted:" + path


def code_actions(server, env, work):
    """Seconds of each code action from the start of the task until its last file is there."""
    s = server([EMEND, "lsp"], env)
    s.initialize(work)
    uri = "file://" + work + "/a.c"
    s.send("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "c", "version": 0, "text": "int a;\n"}})
    last, took, after = os.path.join(work, "n%d.txt" % (FILES - 1)), [], 10
    s.ask("workspace/executeCommand", {"command": "emend.do", "arguments": [{"task": "x"}]})
    deadline = time.monotonic() + 60
    while after and time.monotonic() < deadline:
        took.append(s.ask("textDocument/codeAction", {
            "textDocument": {"uri": uri}, "context": {"diagnostics": []},
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 3}}}))
        time.sleep(0.02)
        after -= os.path.exists(last)
    if after:
        raise RuntimeError("the task did not write its files")
    s.stop()
    for i in range(FILES):
        os.unlink(os.path.join(work, "n%d.txt" % i))
    return sorted(took)


def measure(row, server, env, base, work):
    patch = "*** Begin Patch\n%s*** End Patch\n" % "".join(
        "*** Add File: n%d.txt\n+hello %d\n" % (i, i) for i in range(FILES))
    env = dict(env, EMEND_MODE="auto", EMEND_MODEL=script(base + "/busy.jsonl", [
        {"calls": [{"name": "apply_patch", "input": {"patch": patch}}]}, {"text": "done"}]))
    slow = dict(env, LD_PRELOAD=os.environ["SLOW_SYNC"], SLOW_SYNC_MS=str(SLOW_MS))
    subprocess.run([EMEND, "do", "-y", "-q", "--model", script(base + "/first.jsonl", [{"text": "x"}]), "x"], cwd=work,
                   env=env, check=True, stdout=subprocess.DEVNULL)
    free = code_actions(server, env, work)
    rows = [("", free), (", every sync %d ms" % SLOW_MS, code_actions(server, slow, work))]
    db = sqlite3.connect(base + "/state/emend/emend.db", isolation_level=None, check_same_thread=False)
    db.execute("BEGIN IMMEDIATE")
    release = threading.Timer(LOCKED_S, lambda: db.execute("ROLLBACK"))
    release.start()
    rows.append((", SQLite locked for %d s" % LOCKED_S, code_actions(server, env, work)))
    release.join()
    db.close()
    for what, took in rows:
        row("code action while a task writes %d files%s, p99" % (FILES, what), took[len(took) * 99 // 100], "ms")
        row("the worst of them", took[-1], "ms")
