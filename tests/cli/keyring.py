#!/usr/bin/env python3
"""keyring - keys out of the desktop's keyring: by a secret-tool of our own, and by the real one with GNOME Keyring on a
session bus of its own, where both are installed."""
import os
import shutil
import subprocess
import time

from provider import DONE, Provider
from support import EMEND, Skip, expect, main

FAKE = """#!/bin/sh
echo "$@" >>"$0.asked"
[ "$*" = "lookup service emend account anthropic" ] || exit 1
%s
"""


def fake(w, body):
    """A secret-tool in a folder whose name needs quoting. Returns its path and the environment with it."""
    folder = os.path.join(w.base, "it's bin")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "secret-tool")
    with open(path, "w", encoding="utf-8") as f:
        f.write(FAKE % body)
    os.chmod(path, 0o755)
    return path, {"PATH": folder + ":" + w.env["PATH"], "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}


def asked(path):
    if not os.path.exists(path + ".asked"):
        return 0
    with open(path + ".asked", encoding="utf-8") as f:
        return len(f.readlines())


def env_of(p):
    return {"ANTHROPIC_BASE_URL": p.url, "EMEND_MODEL": "anthropic/claude-opus-5-5"}


CALL = {"calls": [{"name": "run_command", "input": {"command": "true"}}]}


def a_key_comes_from_there(w):
    """Asked once for all calls of a task, and only where nothing else has the key. Never in the log."""
    w.repository()
    path, env = fake(w, "printf test-key")
    with Provider(w, CALL, DONE, DONE) as p:
        r = w.run("do", "--yes", "--json", "x", **env_of(p), **env)
        expect(r.status == 0 and asked(path) == 1, (r, asked(path)))
        with open(w.log_path(r.of("task.started")[0]["session"]), encoding="utf-8") as f:
            expect("test-key" not in f.read() + r.out + r.err, r)
        r = w.run("do", "--yes", "x", ANTHROPIC_API_KEY="test-key", **env_of(p), **env)
        expect(r.status == 0 and asked(path) == 1, r)
    r = w.run("models", **env)
    expect("ANTHROPIC_API_KEY is not set; the keyring is asked" in r.out and asked(path) == 1, r)


def none_there_is_said(w):
    """Before anything is sent; and where the keyring is not to be asked, or cannot be, it is not."""
    path, env = fake(w, "exit 1")
    env["EMEND_MODEL"] = "anthropic/claude-opus-5-5"
    r = w.run("do", "--yes", "x", **env)
    expect(r.status == 7 and "neither in ANTHROPIC_API_KEY nor in the keyring" in r.err and asked(path) == 1, r)
    expect("secret-tool store --label='Emend: anthropic' service emend account anthropic" in r.err, r)
    for off in ({"EMEND_KEYRING": "off"}, {"DBUS_SESSION_BUS_ADDRESS": ""}, {"PATH": w.env["PATH"].replace("/usr/bin", "/bin")}):
        if "PATH" in off and shutil.which("secret-tool", path=off["PATH"]):
            continue
        r = w.run("do", "--yes", "x", **dict(env, **off))
        expect(r.status == 7 and "There is no API key" in r.err and "neither" not in r.err and asked(path) == 1, (off, r))
    w.config('{"keyring": "off"}')
    r = w.run("do", "--yes", "x", **env)
    expect(r.status == 7 and "neither" not in r.err and asked(path) == 1, r)


def a_server_here_may_want_none(w):
    path, env = fake(w, "exit 1")
    with Provider(w, DONE, dialect="ollama") as p:  # one that never has a key is not asked about
        r = w.run("do", "--yes", "x", EMEND_MODEL="ollama/qwen3-coder", OLLAMA_HOST=p.url, **env)
        expect(r.status == 0 and asked(path) == 0, r)
    with Provider(w, DONE, dialect="ollama") as p:  # and a gateway on this machine may do without
        r = w.run("do", "--yes", "x", EMEND_MODEL="groq/qwen3-coder", GROQ_BASE_URL=p.url + "/v1", **env)
        expect(len(p.requests()) == 1 and asked(path) == 1, (r, p.requests()))


def a_refused_key_is_said_to_be_of_the_keyring(w):
    _, env = fake(w, "printf wrong-key")
    with Provider(w, DONE) as p:
        r = w.run("do", "--yes", "x", **env_of(p), **env)
        expect(r.status == 7 and "keyring" in r.err and "wrong-key" not in r.err, r)


def a_locked_one_does_not_hold_the_program(w):
    """It waits for the user; the task is cancelled meanwhile, and nothing of it is left."""
    path, env = fake(w, "exec sleep 4712.25")
    w.repository()
    with Provider(w, DONE) as p:
        run = w.start("do", "--yes", "x", **env_of(p), **env)
        while not asked(path):
            expect(run.poll() is None, "it ended")
            time.sleep(0.02)
        run.terminate()
        run.communicate(timeout=30)
        expect(run.returncode == 5, run.returncode)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                expect(b"4712.25" not in f.read(), "the lookup still runs")
        except OSError:
            pass


REAL = """set -e
printf pw | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null
printf test-key | secret-tool store --label='Emend: anthropic' service emend account anthropic
"$EMEND" do --yes -q x
! EMEND_MODEL=openai/gpt-6.2-sol "$EMEND" do --yes x
"""


def the_real_one(w):
    for tool in ("secret-tool", "gnome-keyring-daemon", "dbus-run-session"):
        if not shutil.which(tool):
            raise Skip(tool + " is not installed")
    w.repository()
    runtime = os.path.join(w.base, "run")
    os.mkdir(runtime, 0o700)
    with Provider(w, DONE) as p:
        r = subprocess.run(["dbus-run-session", "--", "sh", "-c", REAL], cwd=w.path, stdin=subprocess.DEVNULL, text=True,
                           env=dict(w.env, XDG_RUNTIME_DIR=runtime, EMEND=EMEND, **env_of(p)), stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=60, check=False)
        expect(r.returncode == 0 and len(p.requests()) == 1, (r, p.requests()))
        expect("neither in OPENAI_API_KEY nor in the keyring" in r.stderr, r)


if __name__ == "__main__":
    main([a_key_comes_from_there, none_there_is_said, a_server_here_may_want_none, a_refused_key_is_said_to_be_of_the_keyring,
          a_locked_one_does_not_hold_the_program, the_real_one])
