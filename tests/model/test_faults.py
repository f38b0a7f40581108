#!/usr/bin/env python3
"""Everything that goes wrong between us and a provider: what is tried again, and what the user is told."""

from harness import Provider, ask, call, check, collect, done, main, message, one, text, user

GOOD = {"text": "better", "usage": {"input": 10, "output": 5}}
HI = ask(user("hi"))


def restarts(events):
    return [e for e in events if e["type"] == "restart"]


def status(code, **more):
    return {"fault": dict({"kind": "status", "status": code}, **more)}


def told(turn, *words, tries=1):
    """A failure that is not tried again (or only `tries` times), and what the message must say."""
    def test():
        events, requests = one([dict(turn, repeat=True)])
        text_ = message(events[0])
        for word in words:
            check(word in text_, repr(word), "is not in:", text_)
        check(len(requests) == tries, len(requests), "requests")
        check(events[0][-1]["code"] == ("too_large" if "too long" in words else "provider"), events[0][-1])
    return test


def recovers(turn, why):
    """A failure after which the second try is good."""
    def test():
        events, requests = one([turn, GOOD])
        check(text(events[0]) == "better" and done(events[0])["stop"] == "end", events[0])
        check(len(requests) == 2 and len(restarts(events[0])) == 1, events[0])
        check(why in restarts(events[0])[0]["why"], events[0])
    return test


REFUSED = [
    ("401 names the key's source and where to get one", told(
        status(401, message="invalid x-api-key"), "refused the API key from ANTHROPIC_API_KEY", "HTTP 401", "req_1")),
    ("402 speaks of credit", told(status(402), "no credit is left", "HTTP 402")),
    ("400 for an empty account speaks of credit", told(
        status(400, message="Your credit balance is too low to access the API"), "no credit is left")),
    ("403 names the model and the key", told(status(403), "may not use claude-opus-5-5", "ANTHROPIC_API_KEY")),
    ("404 says which model is unknown", told(status(404), "knows no model claude-opus-5-5", "--model")),
    ("400 shows the provider's words", told(status(400, message="tools.0: bad"), "refused the request", "tools.0: bad")),
    ("413 is an overflow, not an error of the provider", told(status(413), "too long")),
    ("400 prompt is too long is an overflow", told(
        status(400, message="prompt is too long: 1200000 tokens > 1000000 maximum"), "too long")),
    ("a page of HTML instead of a stream", told({"fault": "html"}, "login page", "Guest network")),
    ("a redirect is not followed", told(
        status(302, html=True, headers={"location": "http://127.0.0.1:1/"}), "HTTP 302", "login page")),
    ("x-should-retry: false is obeyed", told(
        status(529, headers={"x-should-retry": "false"}), "overloaded", "HTTP 529")),
    ("429 that asks for an hour is given up at once", told(
        status(429, headers={"retry-after": "3600"}), "asks to wait 3600 seconds")),
]
TRIED_AGAIN = [
    ("500", recovers(status(500), "internal fault (HTTP 500)")),
    ("502 with a page of HTML", recovers(status(502, html=True), "HTTP 502")),
    ("503 with plain text", recovers(status(503, body="upstream down"), "upstream down")),
    ("529", recovers(status(529), "overloaded (HTTP 529)")),
    ("429", recovers(status(429), "rate limit (HTTP 429)")),
    ("400 with x-should-retry: true", recovers(status(400, headers={"x-should-retry": "true"}), "HTTP 400")),
    ("error event in the stream", recovers(
        {"text": "half a reply", "fault": {"kind": "stream_error"}}, "overloaded: Overloaded")),
    ("error event before anything", recovers({"text": "x", "fault": {"kind": "stream_error", "after": 0}}, "overloaded")),
    ("stream cut by a reset", recovers({"text": "half a reply", "fault": "cut"}, "cut off")),
    ("clean end without message_stop", recovers({"text": "half a reply", "fault": "eof"}, "without its last event")),
    ("clean end before any event", recovers({"text": "x", "fault": {"kind": "eof", "after": 0}}, "cut off")),
    ("closed before any byte", recovers({"fault": "close"}, "cut off")),
]


def test_retry_after():
    """retry-after-ms beats retry-after, and the wait is what was asked"""
    events, _ = one([status(429, headers={"retry-after-ms": "37", "retry-after": "9"}), GOOD])
    check(restarts(events[0])[0]["wait_ms"] == 37, events[0])
    events, _ = one([status(529, headers={"retry-after": "0.25"}), GOOD])
    check(restarts(events[0])[0]["wait_ms"] == 250, events[0])


def test_gives_up():
    """after the allowed tries the failure is told, and backs off longer each time"""
    events, requests = one([dict(status(529), repeat=True)], args=["--retries", 2])
    waits = [e["wait_ms"] for e in restarts(events[0])]
    check(len(requests) == 3 and len(waits) == 2, waits)
    check(375 <= waits[0] <= 500 and 750 <= waits[1] <= 1000, waits)
    check("overloaded" in message(events[0]) and "req_3" in message(events[0]), events[0])


def test_no_retries():
    """retries can be switched off"""
    events, requests = one([dict(status(500), repeat=True)], args=["--retries", -1])
    check(len(requests) == 1 and not restarts(events[0]), events[0])
    check("internal fault" in message(events[0]), events[0])


def test_usage_of_tries():
    """tokens of failed tries are counted, also when the call fails"""
    half = {"text": "half a reply", "fault": "eof", "usage": {"input": 1000, "output": 7}}
    events, _ = one([half, GOOD])
    check(done(events[0])["usage"]["input"] == 1010, events[0][-1])
    events, _ = one([half], args=["--retries", -1])
    check("cut off" in message(events[0]) and events[0][-1]["usage"]["input"] == 1000, events[0][-1])
    check(events[0][-1]["usage"]["usd"] > 0.004, events[0][-1])


def test_silence():
    """a silent server is given up, before and in the middle of a reply"""
    for fault in ("silence", {"kind": "silence", "after": 4}):
        with Provider([{"text": "half a reply", "fault": fault}, GOOD]) as p:
            events = call(p.url, HI, args=["--idle-ms", 1000])[0]
            check("silent" in restarts(events)[0]["why"] and text(events) == "better", events)
            p.wait_log(lambda log: any(e["event"] == "end" and e["by"] == "client" for e in log))


def test_nobody_there():
    """no server, and no such host"""
    events = call("http://127.0.0.1:1", HI, args=["--retries", 1])[0]
    check("127.0.0.1:1 does not answer" in message(events) and "refused" in message(events), events)
    check(len(restarts(events)) == 1, events)
    events = call("https://nothing.invalid", HI, args=["--retries", -1])[0]
    check("nothing.invalid was not found" in message(events), events)


def test_key_command():
    """a key command that fails, says nothing, or is missing is told as such"""
    for command, words in (("exit 3", "status 3"), ("true", "printed nothing"), ("yes | head -c 20000", "more than"),
                           ("no-such-program-here", "status 127"), ("printf 'a b\\n'", "holds a space")):
        events = call("http://127.0.0.1:1", HI, key=None, args=["--key-command", command])[0]
        check(words in message(events), command, events)


def test_key_command_background():
    """a key command that leaves a process behind does not hold the call up"""
    with Provider([GOOD]) as p:
        done(call(p.url, HI, key=None, args=["--key-command", "echo test-key; sleep 5 &"])[0])


def test_secrets():
    """the key is in no message and no log"""
    secret = "sk-secret-0815"
    for turns in ([GOOD], [status(401, message="invalid x-api-key")]):
        with Provider([dict(t, repeat=True) for t in turns], "--key", secret) as p:
            events = call(p.url, HI, key=secret)
            check(secret not in str(events), events)


def test_names():
    """names and addresses that cannot work are explained before anything is sent"""
    cases = [
        (None, "claude-x", {}, "ANTHROPIC_API_KEY"),
        ("http://models.example.com", "claude-x", {}, "not encrypted"),
        ("ftp://x", "claude-x", {}, "http:// or https://"),
        ("https://u:p@host", "claude-x", {}, "may not contain"),
        (None, "openai/gpt-6-sol", {}, "OPENAI_API_KEY"),
        (None, "gemini-4-argon", {}, "GEMINI_API_KEY"),
        (None, "corp/x", {}, "no provider"),
        (None, "nonsense", {}, "PROVIDER/MODEL"),
        (None, "scripted:/no/such/file", {}, "cannot be read"),
    ]
    for base, model, env, words in cases:
        events = call(base, HI, model=model, key=None, env=env)[0]
        check(events[-1]["type"] == "error" and words in message(events), model, events)
    events = call(None, HI, args=["--effort", "extreme"])[0]
    check("effort" in message(events), events)
    events = call(None, HI, key="two words")[0]
    check("holds a space" in message(events), events)


if __name__ == "__main__":
    main(REFUSED + [("tried again: " + n, f) for n, f in TRIED_AGAIN] + collect(globals()))
