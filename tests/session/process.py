"""The server as a process: whom it outlives, what its descriptors may be, who reads and who does not. TAP through `tap`."""

import json
import os
import subprocess
import time

import wire

INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
              "params": {"processId": None, "rootUri": None, "capabilities": {}}}


def started(session, pid=None, root=None):
    session.start()
    params = dict(INITIALIZE["params"], processId=pid, rootUri=root)
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


def peak_kib(process):
    """The most memory that it ever held."""
    with open("/proc/%d/status" % process.pid, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def deaf(session):
    """Requests for 400 MB come at once, and nobody reads: only so many are answered as fill the queue. Then all are."""
    server = started(session)
    uri = "file:///x"
    server.send({"method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": uri, "languageId": "", "version": 1, "text": "x" * 1000000}}})
    messages = [{"jsonrpc": "2.0", "id": 10 + i, "method": "emend/document", "params": {"uri": uri}} for i in range(400)]
    server.send_bytes(b"".join(wire.frame(m) for m in messages))  # less than the server's read and the pipe hold
    for want in range(10, 410):
        message = server.inbox.get(timeout=wire.WAIT)
        if message is None or message.get("id") != want:
            raise wire.Failure("%r instead of the answer %d" % (message and message.get("id"), want))
    # ASan keeps up to 256 MiB of what was freed; without that bound it would be all 400 MB.
    if peak_kib(server.process) > (340 if "ASAN_OPTIONS" in os.environ else 100) * 1024:
        raise wire.Failure("%d KiB of memory" % peak_kib(server.process))


def send_long(server, head, tail, size=69000000):
    """A message of this many bytes: head, a long string, tail. Only its frame is ever whole in memory."""
    piece = b"x" * 1000000
    fill = size - len(head) - len(tail)
    server.send_bytes(b"Content-Length: %d\r\n\r\n" % size + head)
    while fill > 0:
        server.send_bytes(piece[:fill])
        fill -= len(piece)
    server.send_bytes(tail)


def get(server, method=None, ident=None):
    """The next message with this method or id; what else comes is dropped."""
    while True:
        message = server.inbox.get(timeout=wire.WAIT)
        if message is None:
            raise wire.Failure("the server ended: %r" % server.error)
        if message.get("method") == method and (ident is None or message.get("id") == ident):
            return message


def long_open(session):
    """A text over the limit is opened: said once; the file below it is neither read nor changed; the rest goes on."""
    session.model += [{"calls": [{"name": "read_file", "input": {"path": "big.log"}}]},
                      {"expect": "big.log is open in the editor, but it is too large",
                       "calls": [{"name": "write_file", "input": {"path": "big.log", "content": "new"}}]},
                      {"expect": "big.log is open in the editor, but it is too large",
                       "calls": [{"name": "run_command", "input": {"command": "echo new > big.log"}}]},
                      {"text": "I could not.", "expect": "not kept: big.log: big.log is open in the editor, but it is"}]
    session.env["EMEND_MODE"] = "auto"
    path = os.path.join(session.root, "big.log")
    with open(path, "w", encoding="ascii") as file:
        file.write("disk\n")
    uri = "file://" + path
    server = started(session, root="file://" + session.root)
    send_long(server, b'{"method":"textDocument/didOpen","params":{"textDocument":{"text":"',
              b'\\n","languageId":"log","version":7,"uri":"%s"}},"jsonrpc":"2.0"}' % uri.encode())
    message = get(server, "window/showMessage")["params"]["message"]
    if "larger than 64 MiB" not in message:
        raise wire.Failure(message)
    # Changes of it are silent; another document is followed.
    server.send({"method": "textDocument/didChange", "params": {"textDocument": {"uri": uri, "version": 8}, "contentChanges": [
        {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}, "text": "y"}]}})
    server.send({"method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": uri + ".c", "languageId": "c", "version": 1, "text": "small"}}})
    server.send({"id": 2, "method": "emend/document", "params": {"uri": uri + ".c"}})
    if get(server, ident=2)["result"]["text"] != "small":
        raise wire.Failure("the other document")
    server.send({"id": 3, "method": "workspace/executeCommand", "params": {"command": "emend.do", "arguments": [
        {"task": "change it"}]}})
    message = get(server, "window/showMessage")["params"]["message"]
    if "not kept: big.log" not in message:
        raise wire.Failure(message)
    message = get(server, "window/showMessage")["params"]["message"]
    if "I could not" not in message:
        raise wire.Failure(message)
    with open(path, encoding="ascii") as file:
        if file.read() != "disk\n":
            raise wire.Failure("the file was changed")
    # A small text of it, and it is known.
    server.send({"method": "textDocument/didChange", "params": {"textDocument": {"uri": uri, "version": 9},
                                                                "contentChanges": [{"text": "now small"}]}})
    server.send({"id": 4, "method": "emend/document", "params": {"uri": uri}})
    answer = get(server, ident=4)["result"]
    if (answer["text"], answer["version"]) != ("now small", 9):
        raise wire.Failure("it is not known again")
    if peak_kib(server.process) > (80 if "ASAN_OPTIONS" in os.environ else 40) * 1024:
        raise wire.Failure("%d KiB of memory" % peak_kib(server.process))


def long_others(session):
    """A change, a request and nonsense over the limit: each is survived, and told to whoever waits."""
    server = started(session)
    server.send({"method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": "file:///a.c", "languageId": "c", "version": 1, "text": "small"}}})
    send_long(server, b'{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///a.c",'
              b'"version":2},"contentChanges":[{"text":"', b'"}]}}')
    if "a.c is larger" not in get(server, "window/showMessage")["params"]["message"]:
        raise wire.Failure("the change was not noticed")
    server.send({"id": 2, "method": "emend/document", "params": {"uri": "file:///a.c"}})
    if "error" not in get(server, ident=2):
        raise wire.Failure("the text before the change is still taken for the text")
    send_long(server, b'{"jsonrpc":"2.0","id":3,"method":"emend/tasks","params":["', b'"]}')
    if get(server, ident=3).get("error", {}).get("code") != -32803:
        raise wire.Failure("the request was not refused")
    send_long(server, b'no JSON "', b'"')
    if get(server)["error"]["code"] != -32700:
        raise wire.Failure("nonsense was not answered")
    send_long(server, b'{"jsonrpc":"2.0","method":"workspace/didChangeConfiguration","params":{"settings":"', b'"}}')
    if "didChangeConfiguration" not in get(server, "window/showMessage")["params"]["message"]:
        raise wire.Failure("settings were dropped in silence")
    server.send({"id": 4, "method": "emend/tasks"})
    get(server, ident=4)


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
    for case in (parent_dies, parent_unknown, plain_files, reader_gone, slow_reader, deaf, long_open, long_others, idle, usage, recording):
        session = make_session()
        error = None
        try:
            case(session)
        except Exception as failure:
            error = "%s" % (failure or type(failure).__name__)
        finally:
            session.close()
        tap.result("process: " + case.__name__.replace("_", " "), error)
