#!/usr/bin/env python3
"""edits - what the writing tools leave on the disk: every byte that was not to change is as it was; several files
change together or not at all; undo restores exactly. Real files through the real sandboxed runner."""
import glob
import json
import os
import stat
import time

from console import Terminal
from support import DONE, expect, main


def put(w, name, data, mode=None):
    path = os.path.join(w.path, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    if mode is not None:
        os.chmod(path, mode)
    return path


def get(w, name):
    with open(os.path.join(w.path, name), "rb") as f:
        return f.read()


def edit(path, old, new):
    return {"calls": [{"name": "edit_file", "input": {"path": path, "edits": [{"old_text": old, "new_text": new}]}}]}


def read(path):
    return {"calls": [{"name": "read_file", "input": {"path": path}}]}


def write(path, content):
    return {"calls": [{"name": "write_file", "input": {"path": path, "content": content}}]}


def patch(*lines):
    text = "\n".join(("*** Begin Patch",) + lines + ("*** End Patch",)) + "\n"
    return {"calls": [{"name": "apply_patch", "input": {"patch": text}}]}


def do(w, *turns):
    r = w.run("do", "--json", "--yes", "--model", w.script(*(turns + (DONE,))), "x")
    expect(r.status == 0, r)
    return r


def results(w, r):
    """What the model was told, call by call."""
    with open(w.log_path(r.of("task.started")[0]["session"]), encoding="utf-8") as f:
        return [e for e in map(json.loads, f) if e["type"] == "result"]


def undone(w, names_to_bytes):
    r = w.run("undo", "-y")
    expect(r.status == 0, r)
    for name, data in names_to_bytes.items():
        expect(get(w, name) == data, (name, get(w, name)))
    expect(w.run("audit", "verify").status == 0, "audit")


def no_litter(w):
    found = [p for p in glob.glob(os.path.join(w.path, "**", ".*"), recursive=True) if "emend" in os.path.basename(p)]
    expect(not found, found)
    left = glob.glob(os.path.join(w.state, "unfinished", "*"))
    expect(not left, left)


def encodings_are_kept_to_the_byte(w):
    text = "\u00e9t\u00e9 = 1\r\nsecond\nna\u00efve = 2"
    cases = {
        "plain.txt": text.encode("utf-8"),
        "bom.txt": b"\xef\xbb\xbf" + text.encode("utf-8"),
        "le.txt": b"\xff\xfe" + (text + " \U0001f600").encode("utf-16-le"),
        "be.txt": b"\xfe\xff" + text.encode("utf-16-be"),
        "latin.txt": text.encode("latin-1"),
    }
    wide = {"le.txt": "utf-16-le", "be.txt": "utf-16-be", "latin.txt": "latin-1"}
    for name, data in cases.items():
        put(w, name, data)
    r = do(w, *(step for name in cases for step in (read(name), edit(name, "second", "zw\u00f6lf"))))
    for name, data in cases.items():
        code = wide.get(name, "utf-8")
        expect(get(w, name) == data.replace("second".encode(code), "zw\u00f6lf".encode(code)), (name, get(w, name), r))
    shown = [x["text"] for x in results(w, r)][::2]
    expect(all("\u00e9t\u00e9 = 1" in s and "\ufeff" not in s for s in shown), shown)
    expect("UTF-16 LE" in shown[2] and "Latin-1" in shown[4], shown)
    undone(w, cases)
    no_litter(w)


def what_an_encoding_lacks_is_refused(w):
    data = "caf\u00e9\none\n".encode("latin-1")
    put(w, "l.txt", data)
    r = do(w, edit("l.txt", "one", "\u4e00"))
    (x,) = results(w, r)
    expect(not x["ok"] and "Latin-1" in x["text"] and "\u4e00" in x["text"], x)
    expect(get(w, "l.txt") == data, "changed")


def a_whole_new_content_keeps_mark_and_line_ends(w):
    put(w, "a.txt", b"\xff\xfe" + "one\r\ntwo\r\n".encode("utf-16-le"))
    put(w, "b.txt", b"\xef\xbb\xbfone\r\ntwo\r\n")
    do(w, read("a.txt"), write("a.txt", "new\nline\n"), read("b.txt"), write("b.txt", "new\nline\n"))
    expect(get(w, "a.txt") == b"\xff\xfe" + "new\r\nline\r\n".encode("utf-16-le"), get(w, "a.txt"))
    expect(get(w, "b.txt") == b"\xef\xbb\xbfnew\r\nline\r\n", get(w, "b.txt"))


def what_is_not_text_is_left_alone(w):
    cases = {"nul.bin": b"one\0two\n", "half.txt": b"\xff\xfeo\0n\0e", "odd.txt": b"\xff\xfe\x00\xd8one",
             "sjis.txt": "\u65e5\u672c\u8a9e one\n".encode("shift_jis"), "ctl.bin": b"\xe9\x01\x02 one\n"}
    for name, data in cases.items():
        put(w, name, data)
    r = do(w, *(step for name in cases for step in (
        read(name), edit(name, "one", "two"), write(name, "new"), patch("*** Delete File: " + name))))
    expect(not any(x["ok"] for x in results(w, r)), results(w, r))
    for name, data in cases.items():
        expect(get(w, name) == data, name)
    no_litter(w)


def line_ends_and_the_missing_last_one_stay(w):
    cases = {"mixed.txt": (b"a\nb\r\nc\rd\n", b"a\nX\r\nc\rd\n"), "crlf.txt": (b"a\r\nb\r\nc", b"a\r\nX\r\nc"),
             "cr.txt": (b"a\rb\rc", b"a\rX\rc"), "none.txt": (b"b", b"X")}
    for name, (before, _) in cases.items():
        put(w, name, before)
    do(w, *(edit(name, "b", "X") for name in cases))
    for name, (_, after) in cases.items():
        expect(get(w, name) == after, (name, get(w, name)))
    undone(w, {name: before for name, (before, _) in cases.items()})


def modes_and_links_stay(w):
    put(w, "run.sh", b"#!/bin/sh\necho one\n", 0o750)
    put(w, "real/deep.txt", b"one\n", 0o640)
    os.symlink("real/deep.txt", os.path.join(w.path, "link.txt"))
    do(w, edit("run.sh", "one", "two"), edit("link.txt", "one", "two"))
    expect(get(w, "run.sh") == b"#!/bin/sh\necho two\n" and get(w, "real/deep.txt") == b"two\n", "content")
    expect(os.path.islink(os.path.join(w.path, "link.txt")), "the link is one still")
    modes = [stat.S_IMODE(os.stat(os.path.join(w.path, n)).st_mode) for n in ("run.sh", "real/deep.txt")]
    expect(modes == [0o750, 0o640], modes)
    undone(w, {"run.sh": b"#!/bin/sh\necho one\n", "real/deep.txt": b"one\n"})
    modes = [stat.S_IMODE(os.stat(os.path.join(w.path, n)).st_mode) for n in ("run.sh", "real/deep.txt")]
    expect(modes == [0o750, 0o640] and os.path.islink(os.path.join(w.path, "link.txt")), modes)


def mode_of(w, name):
    return stat.S_IMODE(os.stat(os.path.join(w.path, name)).st_mode)


def a_new_file_is_not_executable_and_a_script_asks(w):
    old = os.umask(0o027)
    try:
        r = do(w, write("plain", "text\n"), write("tool", "#!/bin/sh\necho 1\n"), patch("*** Add File: deep/t", "+#!/bin/sh"))
    finally:
        os.umask(old)
    expect([mode_of(w, n) for n in ("plain", "tool", "deep/t")] == [0o640] * 3, [oct(mode_of(w, n)) for n in ("plain", "tool")])
    expect([e["diff"].startswith("# %s: you may execute this later\n" % e["path"]) for e in r.of("file.changed")] ==
           [False, True, True], r)
    expect("# tool: you may execute this later" in w.run("diff").out, "emend diff")
    turns = (write("more", "text\n"), write("script", "#!/bin/sh\n"), patch("*** Add File: a", "+a", "*** Add File: b", "+#!/bin/sh"),
             read("tool"), edit("tool", "echo 1", "echo 2"), write("tool", "#!/bin/sh\necho 3\n"),
             write("Makefile", "all:\n"), DONE)
    r = w.run("do", "--json", "--mode", "edit", "--model", w.script(*turns), "x")
    expect([e["ok"] for e in r.of("tool.finished")] == [True, False, False, True, True, False, True], r)
    expect(get(w, "tool") == b"#!/bin/sh\necho 2\n" and not w.exists("script") and not w.exists("a"), r)
    expect([e["subject"] for e in r.of("permission.requested")] == ["script", "a, b", "tool"], r)
    expect([e["diff"].startswith("# ") for e in r.of("file.changed")] == [False, True, True], r)
    r = w.run("do", "--json", "--yes", "--model", w.script(
        {"calls": [{"name": "run_command", "input": {"command": "printf '#!/bin/sh\\n' > made; echo all: > sub.mk; echo x > c"}}]}, DONE), "x")
    expect({e["path"]: e["diff"].startswith("# ") for e in r.of("file.changed")} == {"made": True, "sub.mk": True, "c": False}, r)


def a_read_only_file_is_left_and_said_so(w):
    put(w, "a.txt", b"one\n", 0o444)
    put(w, "b.txt", b"one\n")
    r = do(w, edit("a.txt", "one", "two"), patch("*** Delete File: a.txt"),
           patch("*** Update File: b.txt", "-one", "+two", "*** Update File: a.txt", "-one", "+two"))
    expect(all(not x["ok"] and "read-only" in x["text"] for x in results(w, r)), results(w, r))
    expect(get(w, "a.txt") == b"one\n" and get(w, "b.txt") == b"one\n", "changed")


def what_is_too_large_is_left_alone(w):
    data = b"one\n" + b"x" * (10 * 1024 * 1024)
    put(w, "big.txt", data)
    put(w, "near.txt", b"one\n" + b"y\n" * (5 * 1024 * 1024 - 2))
    r = do(w, edit("big.txt", "one", "two"), edit("near.txt", "one", "one " * 40))
    expect(not any(x["ok"] for x in results(w, r)), results(w, r))
    expect(get(w, "big.txt") == data and get(w, "near.txt")[:6] == b"one\ny\n", "changed")


def a_patch_changes_all_its_files(w):
    put(w, "a.c", b"int a;\r\nint b;\r\n")
    put(w, "gone.c", b"int g;\n", 0o755)
    put(w, "old/name.c", "caf\u00e9\nint n;\n".encode("latin-1"), 0o755)
    before = {n: get(w, n) for n in ("a.c", "gone.c", "old/name.c")}
    r = do(w, patch("*** Update File: a.c", "@@", " int a;", "-int b;", "+int c;",
                    "*** Add File: new/one.c", "+int one;",
                    "*** Delete File: gone.c",
                    "*** Update File: old/name.c", "*** Move to: new/name.c", "@@", "-int n;", "+int m;"))
    expect(results(w, r)[0]["ok"], results(w, r))
    expect(get(w, "a.c") == b"int a;\r\nint c;\r\n" and get(w, "new/one.c") == b"int one;\n", "update, add")
    expect(not w.exists("gone.c") and not w.exists("old/name.c"), "delete, move")
    expect(get(w, "new/name.c") == "caf\u00e9\nint m;\n".encode("latin-1"), get(w, "new/name.c"))
    expect(os.stat(os.path.join(w.path, "new/name.c")).st_mode & 0o777 == 0o755, "mode moves along")
    expect(len(r.of("file.changed")) == 5, r)
    expect("caf\u00e9" in w.run("diff").out, "diff of latin-1")
    undone(w, before)
    expect(not w.exists("new/one.c") and not w.exists("new/name.c"), "added files are gone")
    expect(os.stat(os.path.join(w.path, "gone.c")).st_mode & 0o777 == 0o755, "mode comes back")
    no_litter(w)


def a_patch_that_fails_somewhere_changes_nothing(w):
    cases = {"a.txt": b"one\n", "b.txt": b"one\n", "c.bin": b"\0\1"}
    for name, data in cases.items():
        put(w, name, data)
    bad = [
        patch("*** Update File: a.txt", "-one", "+two", "*** Update File: b.txt", "-nowhere", "+two"),
        patch("*** Update File: a.txt", "-one", "+two", "*** Update File: missing.txt", "-one", "+two"),
        patch("*** Update File: a.txt", "-one", "+two", "*** Add File: b.txt", "+new"),
        patch("*** Update File: a.txt", "-one", "+two", "*** Delete File: c.bin"),
        patch("*** Update File: a.txt", "-one", "+two", "*** Update File: a.txt", "-one", "+three"),
        patch("*** Update File: a.txt", "-one", "+two", "*** Add File: ../x.txt", "+new"),
        patch("*** Update File: a.txt", "-one", "+two", "*** Add File: .env", "+new"),
        patch("*** Update File: a.txt", "*** Move to: b.txt", "-one", "+two"),
        {"calls": [{"name": "apply_patch", "input": {"patch": "*** Begin Patch\n*** Delete File: a.txt\n"}}]},
    ]
    r = do(w, *bad)
    for x in results(w, r):
        expect(not x["ok"] and x["text"], x)
    for name, data in cases.items():
        expect(get(w, name) == data, name)
    expect(sorted(os.listdir(w.path)) == sorted(cases), os.listdir(w.path))
    no_litter(w)


def what_fails_while_writing_is_rolled_back(w):
    """The last file cannot be written: it is a link that leads nowhere. What was made before it comes back."""
    put(w, "a.txt", b"one\n")
    os.symlink("nowhere", os.path.join(w.path, "link"))
    r = do(w, patch("*** Update File: a.txt", "-one", "+two", "*** Add File: e/f.txt", "+x",
                    "*** Add File: link", "+x"))
    (x,) = results(w, r)
    expect(not x["ok"] and "leads nowhere" in x["text"] and "Nothing was changed" in x["text"], x)
    with open(w.log_path(r.of("task.started")[0]["session"]), encoding="utf-8") as f:
        log = [json.loads(line) for line in f]
    expect([e["ok"] for e in log if e["type"] == "edited"] == [True, True, False, False, False], log)
    expect([e["ok"] for e in log if e["type"] == "commit"] == [False], log)
    expect(get(w, "a.txt") == b"one\n" and not w.exists("e/f.txt"), (x, os.listdir(w.path)))
    no_litter(w)
    expect(w.run("audit", "verify").status == 0, "audit")


def undo_merges_around_the_user_or_leaves_it(w):
    before = "".join("line %d\n" % i for i in range(20))
    put(w, "a.txt", before.encode())
    do(w, edit("a.txt", "line 3\n", "LINE 3\n"))
    put(w, "a.txt", get(w, "a.txt").replace(b"line 15\n", b"user 15\n"))
    undone(w, {"a.txt": before.replace("line 15", "user 15").encode()})
    do(w, edit("a.txt", "line 3\n", "LINE 3\n"))
    put(w, "a.txt", get(w, "a.txt").replace(b"LINE 3\n", b"USER 3\n"))
    r = w.run("undo", "-y")
    expect(r.status == 1 and "line 4 was changed since" in r.out and b"USER 3\n" in get(w, "a.txt"), r)


def undo_keeps_what_was_written_between_two_steps(w):
    before = "".join("line %d\n" % i for i in range(1, 11))
    w.config('{"mode": "ask"}')
    put(w, "a.txt", before.encode())
    t = Terminal(w, "do", "--model", w.script(edit("a.txt", "line 5\n", "LINE 5\n"), read("a.txt"),
                                              edit("a.txt", "line 9\n", "LINE 9\n"), DONE), "x")
    t.wait_for("\n  > ")
    t.type("y\n")
    t.wait_for("\n  > ", times=2)
    put(w, "a.txt", get(w, "a.txt").replace(b"line 2\n", b"MINE 2\n").replace(b"LINE 5\n", b"LINE mine 5\n"))
    t.type("y\n")
    t.end()
    expect(t.status == 0 and b"LINE 9\n" in get(w, "a.txt"), t)
    mine = before.replace("line 2\n", "MINE 2\n").replace("line 5\n", "LINE mine 5\n").encode()
    for _ in range(2):  # once more: what is refused stays, and nothing older comes back
        r = w.run("undo", "-y")
        expect(r.status == 1 and get(w, "a.txt") == mine, (r, get(w, "a.txt")))
        expect("not undone: a.txt: line 5 was changed since" in r.out, r)
    r = w.run("redo", "-y")
    expect(r.status == 0 and get(w, "a.txt") == mine.replace(b"line 9\n", b"LINE 9\n"), r)


def thousands_that_a_command_changed_are_undone(w):
    many, told, last = 450, "%s/f%03d.txt", 449
    for i in range(many):
        put(w, told % ("old", i), b"".join(b"line %d of %d\n" % (k, i) for k in range(20)))
    put(w, "mode.sh", b"#!/bin/sh\n", 0o644)
    put(w, "old/large.txt", b"line 3 of a large file, 33 bytes\n" * 2000)
    put(w, "old/run.txt", b"line 3 of it\n", 0o751)
    put(w, "old/z.txt", b"")
    before = {told % ("old", i): get(w, told % ("old", i)) for i in range(many)}
    before.update({name: get(w, name) for name in ("old/large.txt", "old/run.txt", "old/z.txt")})
    do(w, {"calls": [{"name": "run_command", "input": {"command":
        "for f in old/*; do sed -i 's/^line 3 of/LINE 3 of/' $f; done; mkdir new; "
        "for i in $(seq %d); do echo $i > new/$i; done; rm old/f440.txt; ln -s f001.txt old/link; "
        "chmod 755 mode.sh; echo z > old/z.txt" % many}}]})
    expect(len(glob.glob(w.path + "/new/*")) == many and b"LINE 3 of 449" in get(w, told % ("old", last)), "made")
    packs = glob.glob(os.path.join(w.state, "sessions", "*", "blobs", "packs", "*.bytes"))
    expect(len(packs) == 1, "what many files held lies in one file, also of those that are shown: %s" % packs)
    log = get(w, glob.glob(os.path.join(w.state, "sessions", "*", "log.jsonl"))[0])
    expect(b"A new/1 (+1 -0)" in log and b"D old/f440.txt (+0 -20)" in log, "the diffs of the first")
    until = time.monotonic() + 60  # it is removed behind the command's back
    while glob.glob(os.path.join(w.state, "views", "*", "*")) and time.monotonic() < until:
        time.sleep(0.05)
    expect(not glob.glob(os.path.join(w.state, "views", "*", "*")), "a layer is left")
    expect(w.run("audit", "verify").status == 0, w.run("audit", "verify"))
    mine = before[told % ("old", last)].replace(b"line 15 of", b"USER 15 of")
    put(w, told % ("old", last), mine.replace(b"line 3 of", b"LINE 3 of"))  # merged around
    put(w, told % ("old", 448), get(w, told % ("old", 448)).replace(b"LINE 3 of", b"MINE 3 of"))  # refused
    r = w.run("undo", "-y")
    expect(r.status == 1 and "not undone: old/f448.txt: line 4 was changed since" in r.out, r)
    before[told % ("old", last)] = mine
    before[told % ("old", 448)] = before[told % ("old", 448)].replace(b"line 3 of", b"MINE 3 of")
    for name, data in before.items():
        expect(get(w, name) == data, (name, get(w, name)))
    expect(not os.path.exists(w.path + "/new") and not os.path.lexists(w.path + "/old/link"), os.listdir(w.path))
    expect(stat.S_IMODE(os.stat(w.path + "/mode.sh").st_mode) == 0o644, "mode")
    expect(w.run("audit", "verify").status == 0, "audit")
    no_litter(w)


def folders_that_were_made_go_when_they_are_empty(w):
    os.mkdir(os.path.join(w.path, "mine"))
    command = {"calls": [{"name": "run_command", "input": {"command": "mkdir -p run/deep; echo y > run/deep/z"}}]}
    turns = (write("a/b/one.txt", "1\n"), write("a/b/two.txt", "2\n"), edit("a/b/one.txt", "1", "one"),
             patch("*** Add File: p/q.txt", "+see", "*** Add File: p/r.txt", "+see"), write("mine/x", "x\n"), command)
    do(w, *turns)
    r = w.run("undo", "-y")
    expect(r.status == 0 and sorted(os.listdir(w.path)) == ["mine"] and not os.listdir(w.path + "/mine"), r)
    r = w.run("redo", "-y")
    expect(r.status == 0 and get(w, "a/b/one.txt") == b"one\n" and get(w, "run/deep/z") == b"y\n", r)
    put(w, "a/b/users.txt", b"mine\n")
    r = w.run("undo", "-y")  # what is not empty stays, with all that is the user's
    expect(r.status == 0 and sorted(os.listdir(w.path)) == ["a", "mine"] and os.listdir(w.path + "/a/b") == ["users.txt"], r)


def search_finds_what_read_file_shows(w):
    put(w, "utf16.txt", "one\r\ngr\u00f6\u00dfe two\r\n".encode("utf-16"))
    put(w, "latin.txt", "gr\u00f6\u00dfer\n".encode("latin-1") * 2)
    put(w, "damaged.txt", "gr\u00f6\u00dfe".encode("utf-16")[:-1])
    put(w, "bytes", b"gr\0")
    r = do(w, {"calls": [{"name": "search", "input": {"pattern": p}} for p in ("gr\u00f6\u00dfe", "two", "three")]})
    first, second, third = (x["text"] for x in results(w, r))
    expect("utf16.txt:2: gr\u00f6\u00dfe two\n" in first, first)
    expect("not searched" in first and "damaged.txt: The file is UTF-16 with half" in first, first)
    expect(second.startswith("utf16.txt:2: gr\u00f6\u00dfe two\n"), second)
    expect(third.startswith("(no match)\n") and "damaged.txt" in third and "bytes" not in third, third)


def what_does_not_fit_is_counted(w):
    """A result that is cut says what is missing, with right numbers, and how to get it."""
    put(w, "long.txt", b"x" * 1999 + "\u00e9".encode() * 100 + b"\nnext\n")
    put(w, "many.txt", b"".join(b"%d %s\n" % (i, b"y" * 1000) for i in range(100)))
    for i in range(60):
        put(w, "src/f%02d.c" % i, b"word one\nno\nword two\n" * 10)
    r = do(w, {"calls": [{"name": "read_file", "input": {"path": "long.txt"}}, {"name": "read_file", "input": {"path": "many.txt"}},
                         {"name": "search", "input": {"pattern": "word"}}, {"name": "read_file", "input": {"path": "src"}},
                         {"name": "search", "input": {"pattern": "f("}}]})
    long, many, hits, folder, bad = (x["text"] for x in results(w, r))
    expect("x [... 200 more bytes ...]\n2\tnext\n" in long and "sed -n 1p FILE | cut -b 2001-4000" in long, long)
    shown = [x for x in many.split("\n") if x.endswith("y" * 1000)]
    expect("(%d of 100 lines shown; go on with start_line %d)" % (len(shown), len(shown) + 1) in many, many[-200:])
    head, tail = hits.split("matches are shown")
    n = len([x for x in head.split("\n") if ": word" in x])
    expect(head.endswith("\n\n%d of 1200 " % n) and ", which are in 60 files." in tail, hits[-800:])
    left = [x.split(": ") for x in tail.split("\n") if x.startswith("  src/")]
    expect(n + sum(int(x[1]) for x in left) + 20 * (60 - n // 20 - len(left)) == 1200, hits[-800:])
    expect("src is a folder" in folder and "list_files" in folder, folder)
    expect("set literal to true" in bad, bad)


def names_of_files_do_not_change_the_counts(w):
    """A tab, a line end and digits in a name are part of it, also where matches are only counted."""
    put(w, "a.c", b"word\n" * 501)
    put(w, "t\t99999999999999999999", b"word\n" * 7)
    put(w, "u\n9", b"word\n" * 8)
    hits = results(w, do(w, {"calls": [{"name": "search", "input": {"pattern": "word"}}]}))[0]["text"]
    tail = hits.split("Not shown are:\n")[1]
    expect(tail == "  a.c: 1\n  t\t99999999999999999999: 7\n  u\n9: 8\n", tail)


def nobody_waits_for_a_fifo(w):
    put(w, "a.txt", b"one\n")
    for name in (".gitignore", "AGENTS.md"):
        os.mkfifo(os.path.join(w.path, name))
    r = do(w, {"calls": [{"name": "list_files", "input": {}}, {"name": "search", "input": {"pattern": "one"}},
                         {"name": "read_file", "input": {"path": ".gitignore"}}]})
    listed, found, read = (x["text"] for x in results(w, r))
    expect(listed == "a.txt\t4\n" and found == "a.txt:1: one\n" and "not a regular file" in read, (listed, found, read))
    config = os.path.join(w.home, ".config", "emend", "config.json")
    os.makedirs(os.path.dirname(config), exist_ok=True)
    if os.path.exists(config):
        os.unlink(config)
    os.mkfifo(config)
    r = w.run("config", "check")
    expect(r.status == 2 and "config.json is not a regular file" in r.err, r)


def redo_makes_again_what_undo_put_back(w):
    put(w, "a.txt", b"one\nx\ny\nz\nlast\n")
    put(w, "b.txt", b"bee\n", 0o755)
    first = {n: get(w, n) for n in ("a.txt", "b.txt")}
    r = w.run("redo", "-y")
    expect(r.status == 1, r)
    do(w, edit("a.txt", "one", "two"), patch("*** Update File: a.txt", "-two", "+three", "*** Delete File: b.txt",
                                             "*** Add File: c.txt", "+see"))
    for _ in range(2):
        undone(w, first)
        expect(not w.exists("c.txt"), "c.txt")
        r = w.run("redo", "-y")
        expect(r.status == 0 and "3 files made again" in r.out, r)
        expect(get(w, "a.txt").startswith(b"three\n") and get(w, "c.txt") == b"see\n" and not w.exists("b.txt"), r)
    expect("three" in w.run("diff").out, "diff")
    undone(w, first)
    put(w, "a.txt", first["a.txt"].replace(b"last", b"users"))
    r = w.run("redo", "-y", "--json", "1")
    expect(r.status == 0 and r.of("redo")[0]["restored"] == 1, r)
    expect(get(w, "a.txt") == b"two\nx\ny\nz\nusers\n", get(w, "a.txt"))
    expect(w.run("redo", "-y").status == 0 and get(w, "a.txt") == b"three\nx\ny\nz\nusers\n", get(w, "a.txt"))
    expect(w.run("redo", "-y").status == 1, "nothing is left")
    expect(w.run("audit", "verify").status == 0, "audit")


def sessions(w):
    return sorted(os.listdir(os.path.join(w.state, "sessions")))


def blobs(w, session):
    return glob.glob(os.path.join(w.state, "sessions", session, "blobs", "*", "*"))


def old_contents_go_when_they_are_too_much(w):
    for i in range(12):
        put(w, "f%d.txt" % i, b"one\n" + b"x%d\n" % i * 20000)
        do(w, edit("f%d.txt" % i, "one", "two"))
    full = sessions(w)
    w.config('{"history": {"maxBytes": 1000000}}')
    for runs in range(1, 5):  # on a slow machine the time of one start is too short for all four
        r = do(w)
        gone = [s for s in full if not blobs(w, s)]
        expect(gone == full[:len(gone)] and len(gone) < 4 + runs, ("the oldest, never of the newest eight", gone, r))
        if len(gone) >= 4:
            break
    expect(len(gone) >= 4, gone)
    expect(w.run("audit", "verify").status == 0, w.run("audit", "verify"))
    with open(w.log_path(gone[0]), encoding="utf-8") as f:
        events = [json.loads(line) for line in f]
    expect(events[-1]["type"] == "pruned" and events[-1]["bytes"] > 100000, events[-1])
    task = [e for e in events if e["type"] == "task"][0]["task"]
    r = w.run("undo", "-y", task)
    expect(r.status == 1 and "history.maxBytes" in r.out and get(w, "f0.txt").startswith(b"two\n"), r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and get(w, "f11.txt").startswith(b"one\n"), r)
    os.unlink(blobs(w, full[-2])[0])
    expect(w.run("audit", "verify").status == 1, "a content that is missing without a word is seen")


def lines(path, first, count):
    return {"calls": [{"name": "read_file", "input": {"path": path, "start_line": first, "line_count": count}}]}


def a_file_read_in_part_is_not_replaced(w):
    """Lines that the model never saw would go, unseen. Reads that meet count together; an edit of its own, whose
    lines have other numbers then, does not make up for what it has not seen."""
    text = "".join("line %d\n" % i for i in range(1, 1001)).encode()
    put(w, "big.txt", text)
    r = do(w, lines("big.txt", 1, 5), write("big.txt", "short\n"), lines("big.txt", 500, 20), write("big.txt", "short\n"),
           edit("big.txt", "line 505\n", "LINE 505\n"), write("big.txt", "short\n"))
    told = [e["text"] for e in results(w, r) if e["tool"] == "write_file"]
    expect(len(told) == 3 and "only lines 1 to 5 of big.txt" in told[0] and "only lines 500 to 519 of big.txt" in told[1] and
           "not read all of big.txt" in told[2], told)
    expect(get(w, "big.txt") == text.replace(b"line 505\n", b"LINE 505\n"), "the file was replaced")
    do(w, lines("big.txt", 1, 400), lines("big.txt", 401, 300), lines("big.txt", 600, 20000), write("big.txt", "short\n"),
       write("big.txt", "shorter\n"))
    expect(get(w, "big.txt") == b"shorter\n", get(w, "big.txt")[:100])


if __name__ == "__main__":
    main([encodings_are_kept_to_the_byte, what_an_encoding_lacks_is_refused,
          a_whole_new_content_keeps_mark_and_line_ends, what_is_not_text_is_left_alone,
          line_ends_and_the_missing_last_one_stay, modes_and_links_stay,
          a_new_file_is_not_executable_and_a_script_asks, a_read_only_file_is_left_and_said_so,
          what_is_too_large_is_left_alone, a_patch_changes_all_its_files,
          a_patch_that_fails_somewhere_changes_nothing, what_fails_while_writing_is_rolled_back,
          undo_merges_around_the_user_or_leaves_it, redo_makes_again_what_undo_put_back,
          undo_keeps_what_was_written_between_two_steps, folders_that_were_made_go_when_they_are_empty,
          thousands_that_a_command_changed_are_undone,
          a_file_read_in_part_is_not_replaced,
          search_finds_what_read_file_shows, what_does_not_fit_is_counted,
          names_of_files_do_not_change_the_counts, nobody_waits_for_a_fifo,
          old_contents_go_when_they_are_too_much])
