#!/usr/bin/env python3
"""record.py - lets Neovim work with a language server for an hour's worth (session.lua), and keeps what it sent.

    record.py SERVER [STEPS [SEED]]     writes SERVER.jsonl.gz here; SERVER is one of servers.json; NVIM names the editor
    record.py --tee FILE ROOT -- ARGV   what Neovim starts: the server, with a copy of each message to it in FILE

The recording has no answers: ../wrapped gets those from the server itself, alone and behind Emend. "${root}" stands for
the folder of the project. Messages about other files of the machine are left out, as are cancellations: whether one comes
in time is chance."""
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, TOP + "/tests/editors")
from terminal import Terminal  # noqa: E402


def servers():
    with open(HERE + "/servers.json", encoding="utf-8") as f:
        return json.load(f)


def lay_out(server, folder):
    """The project that was worked on: files of this repository."""
    for path in server["project"]:
        source, target = os.path.join(TOP, path), os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
    if "flags" in server:
        with open(folder + "/compile_flags.txt", "w", encoding="utf-8") as f:
            f.write("\n".join(server["flags"]) + "\n")


def read_message(stream):
    length, header = 0, stream.readline()
    if not header:
        return None
    while header.strip():
        if header.lower().startswith(b"content-length:"):
            length = int(header.split(b":")[1])
        header = stream.readline()
    return stream.read(length)


def tee(path, root, argv):
    child = subprocess.Popen(argv, stdin=subprocess.PIPE)  # its answers go straight to Neovim
    with open(path, "a", encoding="utf-8") as out:
        while body := read_message(sys.stdin.buffer):
            child.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            child.stdin.flush()
            message = json.loads(body)
            if message.get("method") == "initialize":
                message["params"]["processId"] = None
            if "method" in message and message["method"] not in ("$/cancelRequest", "shutdown", "exit"):
                text = json.dumps(message, ensure_ascii=False, separators=(",", ":")).replace(root, "${root}")
                out.write(text + "\n")
                out.flush()
    child.stdin.close()
    return child.wait()


def only_here(lines):
    """Without what is about files that are not of the project, as headers that were jumped to."""
    for line in lines:
        uri = json.loads(line).get("params", {}).get("textDocument", {}).get("uri", "")
        if not uri.startswith("file://") or uri.startswith("file://${root}/"):
            yield line


def record(name, steps, seed):
    server = servers()[name]
    base = os.path.realpath(tempfile.mkdtemp(prefix="emend-record-"))
    try:
        os.mkdir(base + "/work")
        lay_out(server, base + "/work")
        plan = dict(server["plan"], steps=steps, seed=seed, over=base + "/over",
                    cmd=[sys.executable, os.path.abspath(__file__), "--tee", base + "/sent", base + "/work", "--"] + server["argv"])
        with open(base + "/plan.json", "w", encoding="utf-8") as f:
            json.dump(plan, f)
        env = dict(os.environ, HOME=base, SESSION_PLAN=base + "/plan.json", XDG_STATE_HOME=base + "/state", XDG_CACHE_HOME=base,
                   XDG_DATA_HOME=base, XDG_CONFIG_HOME=base, LC_ALL="C.UTF-8")
        terminal = Terminal([os.environ.get("NVIM", "nvim"), "-u", "NONE", "-i", "NONE", "-n", "-c", "filetype plugin indent on",
                             "-c", "luafile " + HERE + "/session.lua"], env, base + "/work")
        while not os.path.exists(base + "/over"):
            time.sleep(1)
        terminal.close()
        with open(base + "/over", encoding="utf-8") as f:
            print(f.read())
        with open(base + "/sent", encoding="utf-8") as f:
            lines = list(only_here(f))
        with gzip.GzipFile(os.path.join(HERE, name + ".jsonl.gz"), "wb", mtime=0) as out:
            out.write("".join(lines).encode())
        print("%s: %d messages" % (name, len(lines)))
    finally:
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1] == "--tee":
        sys.exit(tee(sys.argv[2], sys.argv[3], sys.argv[5:]))
    record(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 700, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
