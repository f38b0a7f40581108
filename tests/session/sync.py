"""Random edits, in every unit and with every line end: the server's text must stay the editor's. TAP through `tap`."""

import random

import editor
import wire

PIECES = ["a", "xyz", "\n", "\r\n", "\r", "ä", "😀", "\t", "", "end\n", "ß\r\n", "\u2028", "e\u0301"]
START = ["", "one line", "a\nb\nc\n", "a\r\nb\r\n", "a\rb\r", "😀ä\r\n\n\r\n\r x", "\ufeffbom\n"]


class Client:
    def __init__(self, session, encoding):
        self.session = session
        self.server = session.server
        self.next = 0
        answer = self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {
            "general": {"positionEncodings": [encoding]}}})
        if answer["capabilities"]["positionEncoding"] != encoding:
            raise wire.Failure("%s was offered alone, and not taken" % encoding)
        self.server.send({"method": "initialized", "params": {}})

    def request(self, method, params):
        self.next += 1
        self.server.send({"id": self.next, "method": method, "params": params})
        while True:
            message = self.server.inbox.get(timeout=wire.WAIT)
            if message is None:
                raise wire.Failure(self.server.broken or "the server ended")
            if message.get("id") == self.next and "method" not in message:
                return message.get("result")


def random_change(rng, text, encoding):
    boundaries = [i for i in range(len(text) + 1) if text[i - 1:i + 1] != "\r\n"]
    start, end = sorted((rng.choice(boundaries), rng.choice(boundaries)))
    if rng.random() < 0.7:
        end = min(end, start + 3)
        while end not in boundaries:
            end += 1
    if rng.random() < 0.03:
        return {"text": "".join(rng.choice(PIECES) for _ in range(8))}
    span = {"start": editor.position_of(text, start, encoding), "end": editor.position_of(text, end, encoding)}
    if rng.random() < 0.1:  # behind the end of the line is its end
        line = editor.line_spans(text)[span["end"]["line"]]
        if end == line[1]:
            span["end"]["character"] += 5
    return {"range": span, "text": "".join(rng.choice(PIECES) for _ in range(rng.randrange(4)))}


def run(session, encoding, seed):
    rng = random.Random(seed)
    client = Client(session, encoding)
    uri = "file:///fuzz/%s.txt" % encoding
    for text in START:
        version = 0
        client.server.send({"method": "textDocument/didOpen", "params": {"textDocument": {
            "uri": uri, "languageId": "x", "version": 0, "text": text}}})
        for _ in range(60):
            changes = []
            for _ in range(rng.randrange(1, 4)):
                changes.append(random_change(rng, text, encoding))
                text = editor.apply_changes(text, changes[-1:], encoding)
            version += 1
            client.server.send({"method": "textDocument/didChange", "params": {
                "textDocument": {"uri": uri, "version": version}, "contentChanges": changes}})
            got = client.request("emend/document", {"uri": uri})
            if got is None or got["text"] != text or got["version"] != version:
                raise wire.Failure("seed %d: after %r\nthe server holds %r\nthe editor %r" % (seed, changes, got, text))


def tests(tap, make_session):
    for encoding in ("utf-8", "utf-16", "utf-32"):
        for seed in (1, 2):
            session = make_session()
            error = None
            try:
                session.start()
                run(session, encoding, seed)
            except wire.Failure as failure:
                error = failure
            finally:
                session.close()
            tap.result("sync: random edits in %s, seed %d" % (encoding, seed), error)
