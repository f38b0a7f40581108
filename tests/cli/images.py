#!/usr/bin/env python3
"""images - pictures on every wire format: a file that the model reads, one that the user shows, on a model that takes
none, too large, secret, resumed, and left out when there are too many."""
import json
import os
import struct
import zlib

from dialects import env_of
from provider import DONE, Provider, log_of
from support import expect, main

GIF = (b"GIF89a\x02\x00\x03\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00"
       b"\x00\x02\x02D\x01\x00;")
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(9) + b"\xff\xc0\x00\x11\x08\x00\x05\x00\x07\x03" + bytes(9) + b"\xff\xd9"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + bytes(4) + b"\x08\x00\x00\x0a\x00\x00" + bytes(8)
FILES = {"a.png": ("image/png", "PNG image, 4 x 2 pixels"), "b.jpg": ("image/jpeg", "JPEG image, 7 x 5 pixels"),
         "c.webp": ("image/webp", "WebP image, 9 x 11 pixels"), "d.gif": ("image/gif", "GIF image, 2 x 3 pixels")}


def png(width, height, noise=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(3 * width) for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            (chunk(b"tEXt", noise) if noise else b"") + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def put(w, name, data):
    with open(os.path.join(w.path, name), "wb") as f:
        f.write(data)


def pictures(w):
    w.repository()
    for name, data in (("a.png", png(4, 2)), ("b.jpg", JPEG), ("c.webp", WEBP), ("d.gif", GIF)):
        put(w, name, data)


def reads(*names):
    return {"calls": [{"name": "read_file", "input": {"path": n}} for n in names]}


def env_for(dialect, p):
    return dict(p.env(), EMEND_MODEL="anthropic/claude-opus-5-5") if dialect == "anthropic" else env_of(dialect, p)


def on(dialect, model=None, files=tuple(FILES)):
    def case(w):
        pictures(w)
        w.config('{"models": {"llamacpp/qwen3-coder": {"images": true}}}')
        with Provider(w, reads(*files), reads("calc.py"), DONE, dialect=dialect) as p:
            env = env_for(dialect, p)
            r = w.run("do", "--yes", "--json", "--image", "a.png", "look", **dict(env, **({"EMEND_MODEL": model} if model else {})))
            refused = [json.loads(line).get("refused") for line in open(p.log, encoding="utf-8")]
            expect(r.status == 0 and not any(refused), (dialect, refused, r))
            first, second = (json.dumps(b) for b in p.bodies()[:2])
            expect("The user shows " in first and "PNG image, 4 x 2 pixels" in first, first[-1500:])
            expect(first.count("iVBORw0KGgo") == 1 and second.count("iVBORw0KGgo") == 2, second[-3000:])
            for name in files:
                expect(FILES[name][0] in second and name + ": " + FILES[name][1] in second, (name, second[-3000:]))
            sums = [e["summary"] for e in r.of("tool.finished")]
            expect(any(s.startswith("a.png: PNG image, 4 x 2 pixels, ") for s in sums), sums)
    case.__name__ = "images_on_" + (model or dialect).replace("/", "_").replace("-", "_").replace(".", "_")
    return case


def gemini_takes_no_gif(w):
    pictures(w)
    with Provider(w, reads("d.gif"), DONE, dialect="gemini") as p:
        r = w.run("do", "--yes", "--json", "x", **env_of("gemini", p))
        expect(r.status == 0 and "which this model does not take" in json.dumps(p.bodies()[1]), r)


def a_model_that_takes_none_is_told(w):
    """By the table, by not being known, and by the user's word; and an image that is shown to it is a mistake."""
    pictures(w)
    for dialect, config in (("deepseek", {}), ("ollama", {}), ("responses", {"openai/gpt-6.2-sol": {"images": False}})):
        w.config(json.dumps({"models": config}))
        with Provider(w, reads("a.png"), DONE, dialect=dialect) as p:
            env = env_of(dialect, p)
            r = w.run("do", "--yes", "--json", "x", **env)
            second = json.dumps(p.bodies()[1])
            expect(r.status == 0 and "This model takes no images" in second and "models.NAME.images" in second, second)
            expect("iVBORw0KGgo" not in second and not r.of("tool.finished")[0]["ok"], r)
            sent = len(p.requests())
            r = w.run("do", "--yes", "--image", "a.png", "x", **env)
            expect(r.status == 2 and "takes no images" in r.err and len(p.requests()) == sent, r)


def what_may_not_be_shown(w):
    pictures(w)
    put(w, "large.png", png(4, 2, os.urandom(4000000)))
    put(w, "wide.png", png(8001, 1))
    put(w, "torn.png", png(4, 2)[:20])
    put(w, "secret.pem", png(4, 2))
    with Provider(w, reads("large.png", "wide.png", "torn.png", "secret.pem"), DONE) as p:
        r = w.run("do", "--yes", "--json", "x", **p.env())
        results = [b["content"] for b in p.bodies()[1]["messages"][-1]["content"]]
        expect(r.status == 0 and all(isinstance(c, str) for c in results), r)
        for text, why in zip(results, ("at most 3932160 can be shown", "at most 8000 a side", "is not shown", "not accessible")):
            expect(why in text, (text, why))
    with Provider(w, DONE) as p:
        for name, status, why in (("secret.pem", 4, "is not shown to the model"), ("calc.py", 2, "not a PNG, JPEG"),
                                  ("none.png", 2, "none.png"), ("large.png", 2, "at most 3932160")):
            r = w.run("do", "--yes", "--image", name, "x", **p.env())
            expect(r.status == status and why in r.err, (name, r))
        os.makedirs(os.path.join(w.home, ".ssh"))
        outside = os.path.join(w.home, ".ssh", "shot.png")
        with open(outside, "wb") as f:
            f.write(png(4, 2))
        r = w.run("do", "--yes", "--image", outside, "x", **p.env())
        expect(r.status == 4 and "is not shown to the model" in r.err, r)
        expect(not os.path.getsize(p.log), open(p.log, encoding="utf-8").read())


def a_session_keeps_them(w):
    """The log has a hash, the picture is a blob; the next turn sends the same bytes again, to another API too, and a
    model that takes none gets a sentence."""
    pictures(w)
    with Provider(w, reads("a.png"), DONE, DONE) as p:
        r = w.run("do", "--yes", "--json", "--image", "b.jpg", "x", **p.env())
        session = r.of("task.started")[0]["session"]
        log = log_of(w, r)
        expect([len(e["image"]) for e in log if e["type"] in ("user", "result") and "image" in e] == [64, 64], log)
        expect("iVBORw0KGgo" not in json.dumps(log), "the picture stands in the log")
        expect(w.run("replay", session).status == 0, w.run("replay", session))
        r = w.run("sessions", "resume", session, "--yes", "--json", "go on", **p.env())
        expect(r.status == 0 and json.dumps(p.bodies()[2]).count("iVBORw0KGgo") == 1, r)
        expect(p.bodies()[2]["messages"][0] == p.bodies()[0]["messages"][0] or "cache_control" in json.dumps(p.bodies()[0]), r)
    for dialect, times in (("responses", 1), ("gemini", 1), ("openrouter", 1), ("deepseek", 0)):
        with Provider(w, DONE, dialect=dialect, strict=False) as p:
            r = w.run("sessions", "resume", session, "--yes", "--json", "go on", **env_of(dialect, p))
            sent = json.dumps(p.bodies()[0])
            expect(r.status == 0 and sent.count("iVBORw0KGgo") == times, (dialect, r))
            expect(times or sent.count("image itself is not shown") == 2, sent[-2000:])


def too_many_are_left_out(w):
    """Never more than 20 in a request; the oldest go, many at once, and a resumed session leaves out the same."""
    pictures(w)
    turns = []
    for i in range(24):
        put(w, "p%d.png" % i, png(4, 2, b"n\0%d" % i))
        turns.append(reads("p%d.png" % i))
    with Provider(w, *turns, DONE, DONE, DONE, strict=False) as p:
        r = w.run("do", "--yes", "--json", "x", **p.env())
        expect(r.status == 0, r)
        counts = [json.dumps(b).count("iVBORw0KGgo") for b in p.bodies()]
        expect(counts[:21] == list(range(21)) and counts[21] == 5 and counts[24] == 8, counts)
        last = json.dumps(p.bodies()[24])
        expect(last.count("The image was removed to save room. Make the call again") == 16, last[:3000])
        expect(any("16 images" in e["text"] for e in r.of("notice")), r)
        session = r.of("task.started")[0]["session"]
        w.run("sessions", "resume", session, "--yes", "go on", **p.env())
        expect(json.dumps(p.bodies()[25]).count("iVBORw0KGgo") == 8, r)
        r = w.run("rewind", "6", "-y")  # before any was left out
        expect(r.status == 0, r)
        w.run("sessions", "resume", session, "--yes", "go on", **p.env())
        expect(json.dumps(p.bodies()[26]).count("iVBORw0KGgo") == 6, r)


def they_go_first_when_the_window_is_full(w):
    w.repository()
    model = "anthropic/claude-tiny-9"
    w.config(json.dumps({"models": {model: {"price": {"input": 1, "output": 1}, "context_tokens": 24000, "images": True}}}))
    for i in range(4):
        put(w, "p%d.png" % i, png(2000, 1960, b"n\0%d" % i))
    w.write("long.txt", "".join("line %d of a text that must stay\n" % i for i in range(300)))
    with Provider(w, reads("long.txt"), *[reads("p%d.png" % i) for i in range(4)], DONE, strict=False) as p:
        r = w.run("do", "--yes", "--json", "x", EMEND_MODEL=model, **p.env())
        expect(r.status == 0, r)
        last = json.dumps(p.bodies()[-1])
        expect(last.count("iVBORw0KGgo") < 4 and "removed to save room" in last, last[-2000:])
        expect("line 150 of a text that must stay" in last, "the text went before the images")


if __name__ == "__main__":
    main([on(name) for name in ("anthropic", "responses", "openrouter", "llamacpp")] +
         [on("gemini", files=("a.png", "b.jpg", "c.webp")), on("gemini", "gemini/gemini-2.5-pro", ("a.png", "b.jpg", "c.webp")),
          gemini_takes_no_gif, a_model_that_takes_none_is_told, what_may_not_be_shown, a_session_keeps_them,
          too_many_are_left_out, they_go_first_when_the_window_is_full])
