"""Broken input of every kind: afterwards there is a server that answers, or one that ended by itself with a status, and
never a byte on its stdout that is no frame. TAP through `tap`."""

import json
import random

import wire

OPENING = [
    {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
    {"jsonrpc": "2.0", "method": "initialized", "params": {}},
    {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": "file:///g.txt", "languageId": "", "version": 1, "text": "grüße 😀\r\n"}}},
    {"jsonrpc": "2.0", "id": 2, "method": "emend/document", "params": {"uri": "file:///g.txt"}},
]
CONVERSATION = b"".join(wire.frame(json.dumps(m, ensure_ascii=False).encode()) for m in OPENING)


def settle(session, data, close):
    """Sends it; returns "alive" or the exit status. Anything else is a failure."""
    session.start()
    server = session.server
    server.send_bytes(data)
    if close:
        server.close_input()
        status = server.wait()
    else:
        server.send_bytes(wire.frame(b'{"jsonrpc":"2.0","id":"probe","method":"nope"}'))
        status = None
        while status is None:
            message = server.inbox.get(timeout=wire.WAIT)
            if message is None:
                status = server.wait()
            elif message.get("id") == "probe":
                status = "alive"
    if server.broken:
        raise wire.Failure(server.broken)
    if status != "alive" and (status < 0 or status > 1):
        raise wire.Failure("ended with status %d: %r" % (status, server.error[-500:]))
    return status


def each(tap, name, make_session, cases, want=None):
    """One test for all of these (label, bytes, close)."""
    error = None
    for label, data, close in cases:
        session = make_session()
        try:
            status = settle(session, data, close)
            if want is not None and status != want:
                raise wire.Failure("%r, not %r" % (status, want))
        except Exception as failure:  # an empty inbox is a failure too
            error = "%s: %s" % (label, failure or type(failure).__name__)
        finally:
            session.close()
        if error:
            break
    tap.result(name, error)


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        kind, at = rng.randrange(4), rng.randrange(len(data))
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at:at + rng.randrange(1, 20)]
        elif kind == 2:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 6)))
        else:
            data[at:at] = data[at:at + 30]
    return bytes(data)


def deep(depth):
    return wire.frame(b'{"jsonrpc":"2.0","id":3,"method":"emend/tasks","params":' + b"[" * depth + b"]" * depth + b"}")


def tests(tap, make_session):
    rng = random.Random(7)
    step = max(1, len(CONVERSATION) // 60)
    each(tap, "garbage: the input ends after any byte", make_session,
         [("%d bytes" % n, CONVERSATION[:n], True) for n in range(0, len(CONVERSATION), step)], want=1)
    each(tap, "garbage: random bytes changed", make_session,
         [("seed 7, case %d" % i, mutate(rng, CONVERSATION), True) for i in range(40)])
    each(tap, "garbage: broken headers end the connection", make_session,
         [(repr(h[:30]), CONVERSATION + h, False) for h in
          (b"\n\n", b"Content-Length: x\r\n\r\n", b"Content-Length: -1\r\n\r\n", b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
           b"X: " + b"y" * 10000 + b"\r\n", b"Content-Type: a\r\n\r\n", b"Content-Length: 2000000000000\r\n\r\n")], want=1)
    each(tap, "garbage: broken messages do not", make_session,
         [(repr(b[:40]), CONVERSATION + wire.frame(b), False) for b in
          (b"", b"x", b"{", b'{"jsonrpc":"2.0"}', b'{"jsonrpc":"2.0","id":{},"method":"m"}', b'{"jsonrpc":"2.0","method":5}',
           b'{"jsonrpc":"1.0","id":1,"method":"emend/tasks"}', b'{"id":1.5,"method":"emend/tasks"}', b'"text"', b"[[]]",
           b'{"jsonrpc":"2.0","id":1,"method":"emend/tasks","params":"text"}', b'\xef\xbb\xbf{}',
           b'{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"contentChanges":5}}',
           b'{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":1,"text":[]}}}',
           b'{"jsonrpc":"2.0","id":1,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"file:///g.txt"},'
           b'"range":{"start":{"line":-1,"character":1e99},"end":{}},"context":[]}}')], want="alive")
    each(tap, "garbage: nesting of 100,000 is refused, and the server lives", make_session,
         [("deep", CONVERSATION + deep(100000), False)], want="alive")
