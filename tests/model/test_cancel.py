#!/usr/bin/env python3
"""Cancelling a call: done(cancelled) comes once, and the server sees the connection close at once."""

import socket
import time

from harness import Provider, ask, call, check, collect, main, user

LONG = {"text": "word " * 2000, "chunk_ms": 5, "usage": {"input": 70}}
AT_ONCE_S = 10  # far below what would have to be waited for otherwise; a busy machine still passes


def cancelled(turn, when, **more):
    with Provider([dict(turn, repeat=True)]) as p:
        started = time.monotonic()
        events = call(p.url, ask(user("hi"), cancel=when), **more)[0]
        took = time.monotonic() - started
        check(events[-1]["type"] == "done" and events[-1].get("code") == "cancelled", events[-1])
        check(sum(e["type"] == "done" for e in events) == 1, events)
        if p.requests():
            ends = p.wait_log(lambda log: any(e["event"] == "end" for e in log))
            check(ends[-1]["by"] == "client" or turn is not LONG, ends[-1])
        return events, took


def test_in_stream():
    """in the middle of a reply, from inside the text callback"""
    events, _ = cancelled(LONG, "text")
    check(len([e for e in events if e["type"] == "text"]) == 1, "text after cancel")
    check(events[-1]["usage"]["input"] == 70, "what was reported is counted", events[-1])


def test_by_timer():
    """in the middle of a reply, from the loop"""
    cancelled(LONG, 100)


def test_before_start():
    """right after the start"""
    events, _ = cancelled(LONG, "now")
    check(len(events) == 1, events)


def test_silence():
    """while the server is silent"""
    _, took = cancelled({"fault": "silence"}, 100)
    check(took < AT_ONCE_S, took)


def test_while_waiting():
    """while waiting for the next try"""
    fault = {"fault": {"kind": "status", "status": 529, "headers": {"retry-after": "30"}}}
    _, took = cancelled(fault, 100)
    check(took < AT_ONCE_S, took)
    events, took = cancelled(fault, "restart")
    check(took < AT_ONCE_S and len(events) == 2, events)


def test_key_command():
    """while the key command runs"""
    _, took = cancelled(LONG, 100, key=None, args=["--key-command", "sleep 30; echo x"])
    check(took < AT_ONCE_S, took)


def test_connecting():
    """while the TLS connection is being made"""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        started = time.monotonic()
        events = call(f"https://127.0.0.1:{deaf.getsockname()[1]}", ask(user("hi"), cancel=100))[0]
        check(len(events) == 1 and events[0].get("code") == "cancelled", events)
        check(time.monotonic() - started < AT_ONCE_S, "slow")
        peer, _ = deaf.accept()
        peer.settimeout(AT_ONCE_S)
        while peer.recv(4096):
            pass


def test_next_call():
    """a cancelled call leaves the next one alone"""
    with Provider([LONG, {"text": "fine"}]) as p:
        first, second = call(p.url, ask(user("hi"), cancel="text"), ask(user("again")))
        check(first[-1].get("code") == "cancelled" and second[-1].get("stop") == "end", first[-1], second[-1])


if __name__ == "__main__":
    main(collect(globals()))
