"""The server as a process: whom it outlives, what its descriptors may be, who reads and who does not. TAP through `tap`."""

import json
import os
import subprocess
import time

import wire

INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
              "params": {"processId": None, "rootUri": None, "capabilities": {}}}


def started(session, pid=None):
    session.start()
    params = dict(INITIALIZE["params"], processId=pid)
    session.server.send(dict(INITIALIZE, params=params))
    message = session.server.inbox.get(timeout=wire.WAIT)
    if not message or "result" not in message:
        raise wire.Failure("initialize: %r" % message)
    session.server.send({"method": "initialized", "params": {}})
    return session.server


def parent_dies(session):
    """The pipes stay open, and yet the server goes with the editor's process."""
    with subprocess.Popen(["sleep", "100"]) as editor:
        server = started(session, editor.pid)
        server.send({"id": 2, "method": "emend/tasks"})
        server.inbox.get(timeout=wire.WAIT)
        editor.kill()
        editor.wait()
        if server.wait() != 1:
            raise wire.Failure("status %d" % server.process.returncode)


def parent_unknown(session):
    """A pid that nobody has (another namespace): the server stays."""
    server = started(session, 2**22 - 7)
    server.send({"id": 2, "method": "emend/tasks"})
    if server.inbox.get(timeout=wire.WAIT) is None:
        raise wire.Failure("it ended")


def plain_files(session):
    """Input and output may be files."""
    path = os.path.join(session.base, "in")
    messages = [INITIALIZE, {"jsonrpc": "2.0", "method": "initialized", "params": {}},
                {"jsonrpc": "2.0", "id": 2, "method": "emend/tasks"}, {"jsonrpc": "2.0", "id": 3, "method": "shutdown"},
                {"jsonrpc": "2.0", "method": "exit"}]
    with open(path, "wb") as file:
        file.write(b"".join(wire.frame(m) for m in messages))
    with open(path, "rb") as source, open(path + ".out", "wb") as out:
        run = subprocess.run([wire.EMEND, "lsp"], stdin=source, stdout=out, stderr=subprocess.PIPE, env=session.env,
                             cwd=session.root, timeout=wire.WAIT, check=False)
    with open(path + ".out", "rb") as file:
        data = file.read()
    if run.returncode != 0 or run.stderr or data.count(b"Content-Length: ") != 3 or b'"id":3' not in data:
        raise wire.Failure("status %d, stderr %r, output %r" % (run.returncode, run.stderr, data[-200:]))


def reader_gone(session):
    """The editor closes its end while answers are on their way: no signal, no noise."""
    server = started(session)
    os.close(server.process.stdout.fileno())
    server.process.stdout = open(os.devnull, "rb")
    for i in range(50):
        server.send({"id": 10 + i, "method": "emend/serverStatus"})
    server.close_input()
    status = server.process.wait(wire.WAIT)
    if status != 1:
        raise wire.Failure("status %d" % status)


def slow_reader(session):
    """Nobody reads for a while: the server stops reading too, loses nothing, and goes on."""
    text = "x" * 1000000
    messages = [dict(INITIALIZE), {"jsonrpc": "2.0", "method": "initialized", "params": {}},
                {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {
                    "uri": "file:///x", "languageId": "", "version": 1, "text": text}}}]
    messages += [{"jsonrpc": "2.0", "id": 10 + i, "method": "emend/document", "params": {"uri": "file:///x"}}
                 for i in range(60)]
    with subprocess.Popen([wire.EMEND, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=session.env,
                          cwd=session.root) as server:
        server.stdin.write(b"".join(wire.frame(m) for m in messages))
        server.stdin.flush()
        time.sleep(0.5)
        server.stdin.close()
        data = server.stdout.read()
    ids, at = [], 0
    while at < len(data):
        match = wire.HEADER.match(data, at)
        if not match:
            raise wire.Failure("a broken frame at %d" % at)
        at = match.end() + int(match.group(1))
        ids.append(json.loads(data[match.end():at]).get("id"))
    if [i for i in ids if i and i >= 10] != list(range(10, 70)):
        raise wire.Failure("answers to %r" % ids)


def idle(session):
    """Nothing to do: not one wake-up."""
    server = started(session)
    server.send({"id": 2, "method": "emend/tasks"})
    server.inbox.get(timeout=wire.WAIT)
    time.sleep(0.3)

    def switches():
        with open("/proc/%d/status" % server.process.pid, encoding="ascii") as file:
            return [line for line in file if line.startswith("voluntary_ctxt_switches")]

    before = switches()
    time.sleep(1.5)
    if switches() != before:
        raise wire.Failure("it woke up: %r, then %r" % (before, switches()))


def usage(_):
    run = subprocess.run([wire.EMEND, "lsp", "--nonsense"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=wire.WAIT, check=False)
    if run.returncode != 2 or run.stdout or b"--nonsense" not in run.stderr:
        raise wire.Failure("status %d, %r, %r" % (run.returncode, run.stdout, run.stderr))


def recording(session):
    """--trace writes each message once, in both directions."""
    path = os.path.join(session.base, "trace.jsonl")
    session.traffic = path
    server = started(session)
    server.send({"id": 2, "method": "shutdown"})
    server.inbox.get(timeout=wire.WAIT)
    server.send({"method": "exit"})
    server.wait()
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    got = [(line["dir"], line["msg"].get("method"), line["msg"].get("id")) for line in lines]
    want = [("c->s", "initialize", 1), ("s->c", None, 1), ("c->s", "initialized", None), ("c->s", "shutdown", 2),
            ("s->c", None, 2), ("c->s", "exit", None)]
    if got != want:
        raise wire.Failure("%r" % got)


def tests(tap, make_session):
    for case in (parent_dies, parent_unknown, plain_files, reader_gone, slow_reader, idle, usage, recording):
        session = make_session()
        error = None
        try:
            case(session)
        except Exception as failure:
            error = "%s" % (failure or type(failure).__name__)
        finally:
            session.close()
        tap.result("process: " + case.__name__.replace("_", " "), error)
