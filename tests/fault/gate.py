"""A model on loopback whose turns the test says, one at a time: what happens meanwhile is the test's. Standard library only."""
import json
import os
import queue
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fake"))
import stream  # noqa: E402

USAGE = {"input": 10, "output": 10}


class Request:
    """One request that waits for its turn. `agent`: the number in the task's text, "agent 7"."""

    def __init__(self, body):
        self.body = body
        first = json.dumps(body["messages"][0])
        self.agent = int(re.search(r"agent (\d+)", first).group(1))
        self.answer = queue.Queue()

    def results(self):
        """[(call, went well, text)] of what was called in the turn before."""
        last = self.body["messages"][-1]["content"]
        return [(b["tool_use_id"], not b.get("is_error"), b["content"] if isinstance(b["content"], str) else
                 "".join(c.get("text", "") for c in b["content"]))
                for b in last if isinstance(b, dict) and b["type"] == "tool_result"]

    def say(self, turn):
        """None: nobody listens any more."""
        self.answer.put(turn)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        request = Request(body)
        self.server.inbox.put(request)
        turn = request.answer.get()
        if turn is None:
            self.close_connection = True
            return
        with self.server.lock:
            self.server.turns += 1
            number = self.server.turns
        data = b"".join(stream.encode(e) for e in stream.events(dict(turn, usage=USAGE), body, number))
        head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(data)
        try:
            self.connection.sendall(head.encode() + data)
        except OSError:
            self.close_connection = True


class Gate(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.inbox = queue.Queue()
        self.lock = threading.Lock()
        self.turns = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # whoever asked was killed

    def env(self):
        return {"ANTHROPIC_BASE_URL": "http://127.0.0.1:%d" % self.server_address[1], "ANTHROPIC_API_KEY": "test-key"}
