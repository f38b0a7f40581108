#!/usr/bin/env python3
"""tasks - whole tasks with a scripted model in a real git repository: edit, command, denial, caps, cancel, undo."""
import json
import os
import signal
import subprocess
import threading
import time

from console import Terminal
from support import DONE, EDIT, expect, main


def run_command(text, **more):
    return {"calls": [{"name": "run_command", "input": dict({"command": text}, **more)}]}


EDIT_NVIM = {"calls": [{"name": "write_file", "input": {"path": ".nvim.lua", "content": "x"}}]}


def fixed(w, *options):
    w.repository()
    model = w.script({"text": "Let me see.", "calls": [{"name": "read_file", "input": {"path": "calc.py"}}]}, EDIT,
                     run_command("sh check.sh"), DONE)
    return w.run("do", "--yes", "--model", model, *options, "mend", "add")


def a_task_edits_and_runs(w):
    r = fixed(w, "--json")
    expect(r.status == 0 and not r.err, r)
    expect("return a + b" in w.read("calc.py"), r)
    events = r.events()
    expect(all(list(e)[0] == "type" for e in events), r)
    expect(events[0]["type"] == "task.started" and events[0]["mode"] == "auto", r)
    expect(events[0]["task"] and events[0]["session"] and events[0]["model"].startswith("scripted:"), r)
    expect([e["tool"] for e in r.of("tool.started")] == ["read_file", "edit_file", "run_command"], r)
    expect(all(e["ok"] for e in r.of("tool.finished")), r)
    expect("".join(e["text"] for e in r.of("text.delta")) == "Let me see.The sign is right now.", r)
    changed = r.of("file.changed")
    expect(len(changed) == 1 and changed[0]["path"] == "calc.py" and "+    return a + b\n" in changed[0]["diff"], r)
    expect(len(changed[0]["before"]) == 64 and changed[0]["before"] != changed[0]["after"], r)
    expect(set(r.of("usage")[-1]) >= {"input", "cache_read", "cache_write", "output", "usd"}, r)
    end = events[-1]
    expect(end["type"] == "task.finished" and end["status"] == "done" and end["files"] == ["calc.py"], r)
    expect(end["summary"] == "The sign is right now." and end["seconds"] >= 0 and end["usd"] >= 0, r)


def calls_that_change_something_wait_for_each_other(w):
    w.write("f", "0\n")
    calls = [run_command("sleep 0.5; echo 1 >> f"), {"calls": [{"name": "read_file", "input": {"path": "f"}}]},
             run_command("test $(tail -n 1 f) = 1; echo 2 >> f")]
    r = w.run("do", "--json", "--yes", "--model", w.script({"calls": [c["calls"][0] for c in calls]}, DONE), "count")
    expect(r.status == 0 and w.read("f") == "0\n1\n2\n", r)
    order = [(e["type"], e["call"]) for e in r.events() if e["type"] in ("tool.started", "tool.finished")]
    first, second, third = [e["call"] for e in r.of("tool.started")]
    expect(order == [(kind, call) for call in (first, second, third) for kind in ("tool.started", "tool.finished")], r)


def people_see_diff_cost_and_undo(w):
    r = fixed(w)
    expect(r.status == 0, r)
    for words in ("mend add", "+    return a + b", "The sign is right now.", "done: 1 file changed: calc.py.", "Cost: $",
                  "emend undo "):
        expect(words in r.out, r)
    expect("\033" not in r.out + r.err, r)
    quiet = w.run("do", "-q", "--yes", "--model", w.script({"text": "one.", "calls": [{"name": "read_file", "input": {
        "path": "calc.py"}}]}, {"text": "Only this."}), "say it")
    expect(quiet.status == 0 and quiet.out == "Only this.\n" and not quiet.err, quiet)


def model_text_cannot_drive_the_terminal(w):
    w.repository()
    model = w.script({"text": "a\033[2Jb\u009b31mc\u202ed\rX\n", "calls": [
        {"name": "run_command", "input": {"command": "printf 'x\\033]0;title\\007y'"}}]}, DONE)
    r = w.run("do", "-v", "--yes", "--model", model, "x\033[1m")
    expect(r.status == 0 and "a^[[2Jb" in r.out, r)
    expect(not any(c in r.out for c in "\033\007\r\u009b\u202e"), r)


def without_a_terminal_an_edit_is_denied(w):
    w.repository()
    r = w.run("do", "--json", "--model", w.script(EDIT, {"text": "I may not."}), "mend it")
    expect("a - b" in w.read("calc.py"), r)
    expect(r.of("permission.requested")[0]["subject"] == "calc.py", r)
    expect(r.of("permission.decided")[0]["decision"] == "deny", r)
    expect(r.status == 0 and r.events()[-1]["status"] == "done" and r.events()[-1]["denied"] == ["calc.py"], r)
    finished = r.of("tool.finished")[0]
    expect(finished["ok"] is False and finished["summary"] == "denied", r)
    expect(w.run("do", "--mode", "edit", "--model", w.script(EDIT, DONE), "mend it").status == 0, r)
    expect("a + b" in w.read("calc.py"), r)


def a_denial_says_what_helps(w):
    """The model hears which part needed whose word, what was fine, and only advice that applies."""
    w.repository()
    for options, config, text, words, not_words in (
            (["--yes"], "{}", "true; git config user.name x",
             ["`git config user.name x`", "ask: git config", "no terminal to ask on", "Nothing of the line was run. `true` needs no word: run it without this part",
              '"allow": ["git config"]'], ["--yes", "--mode edit"]),
            (["--yes"], "{}", "ls; git config user.name x && make; docker ps; true",
             ["`git config user.name x` (rule: ask: git config) and `docker ps` (rule: ask: docker) need the user's word",
              "`ls`, `make`, `true` need no word: run them without these parts", '"allow": ["git config", "docker ps"]'],
             ["mode auto", "--mode edit"]),
            (["--yes"], '{"permissions": {"ask": ["touch"]}}', "touch made; ls",
             ["`touch made` (rule: ask: touch) needs the user's word", "Only the user can do or allow this", "`ls` needs no word"],
             ['"allow"', "mode auto"]),
            ([], '{"approve": "commands"}', "make x; curl example.org",
             ["`make x` (rule: mode: ask) and `curl example.org` (rule: ask: curl) need", '"allow": ["make x", "curl"]'], ["--yes"]),
            ([], '{"approve": "commands"}', "touch made",
             ["`touch made`", "mode: ask", "the mode auto (--yes)", '"allow": ["touch"]'], ["edit"]),
            ([], "{}", "touch made", ["Nothing that the command changed was kept", "no terminal to ask on",
                                      "the mode edit or auto (--yes)", '"allow": ["touch"]'], ["mode: ask"]),
            (["--yes"], '{"permissions": {"deny": ["touch"]}}', "ls && touch made",
             ["Denied by the policy", "`touch made`", "deny: touch"], ["--yes"])):
        w.config(config)
        model = w.script(run_command(text), {"expect": words, "text": "I did not need it."})
        r = w.run("do", "--json", *options, "--model", model, "x")
        expect(r.status == 0 and r.events()[-1]["summary"] == "I did not need it.", r)
        log = open(w.log_path(r.events()[0]["session"]), encoding="utf-8").read()
        result = [e["text"] for e in map(json.loads, log.splitlines()) if e["type"] == "result"]
        expect(not any(n in result[0] for n in not_words), result)
    w.config("{}")
    r = w.run("do", "--json", "--yes", "--model", w.script(EDIT_NVIM, {"text": " "}), "x")
    expect(r.status == 4 and r.events()[-1]["status"] == "denied" and ".nvim.lua" in r.events()[-1]["summary"], r)


def a_rule_does_not_cover_variables(w):
    """`allow: make test` is about make, not about what PATH makes of it."""
    w.repository()
    w.config('{"approve": "commands", "permissions": {"allow": ["make test", "ls"]}}')
    w.write("b/make", "#!/bin/sh\necho RAN > ran\n")
    os.chmod(os.path.join(w.path, "b/make"), 0o755)
    for text in ("PATH=b make test", "PATH=b:$PATH make test", "LD_PRELOAD=./x ls", "env MAKEFLAGS=-fevil.mk make test"):
        r = w.run("do", "--json", "--model", w.script(run_command(text), DONE), "x")
        expect(r.of("permission.decided")[-1]["decision"] == "deny" and not w.exists("ran"), r)


def write(path, content):
    return {"calls": [{"name": "write_file", "input": {"path": path, "content": content}}]}


def a_repository_is_not_planted_file_by_file(w):
    """Git would run what the configuration of such a folder names as soon as somebody looks at it."""
    w.repository()
    parts = [("HEAD", "ref: refs/heads/x\n"), ("objects/x", "x"), ("refs/x", "x"), ("config", "[core]\n\tfsmonitor = touch ran\n")]
    for order in (parts, parts[::-1], parts[2:] + parts[:2]):
        r = w.run("do", "--json", "--yes", "--model", w.script(*[write("docs/" + n, t) for n, t in order], DONE), "x")
        refused = [e["summary"] for e in r.of("tool.finished") if not e["ok"]]
        expect(len(refused) == 1 and "git executes something" in refused[0], r)
        w.git("status")
        expect(not all(w.exists("docs/" + n) for n, _ in parts) and w.run("undo", "-y").status == 0 and not w.exists("docs"), r)
    subprocess.run(["git", "init", "-q", "--bare", w.path + "/fixture.git"], env=w.env, check=True)
    r = w.run("do", "--json", "--yes", "--model", w.script(write("fixture.git/hooks/pre-push", "x"), write("fixture.git/note", "x"), DONE), "x")
    expect([e["ok"] for e in r.of("tool.finished")] == [False, True], r)


def our_own_files_are_denied(w):
    """Where the home folder is the workspace, its model does not write the rules that hold for it."""
    w.config("{}")
    w.path = w.home
    turns = [write(n, '{"mode": "auto"}') for n in (".config/emend/config.json", ".config/emend/new", ".local/state/emend/x")]
    r = w.run("do", "--json", "--yes", "--model", w.script(
        *turns, run_command("cd .config/emend; echo x > config.json; echo x > new; cat config.json"),
        run_command("python3 -c \"open('.config/emend/made', 'w'); open('fine', 'w')\""), DONE), "x")
    expect([e["ok"] for e in r.of("tool.finished")][:3] == [False] * 3 and w.read(".config/emend/config.json") == "{}", r)
    expect(os.listdir(os.path.join(w.home, ".config", "emend")) == ["config.json"], r)
    w.path = os.path.join(w.home, ".config", "emend")
    r = w.run("do", "--json", "--yes", "--model", w.script(write("config.json", "x"), DONE), "x")
    expect(r.status == 4 and w.read("config.json") == "{}", r)


def names_that_cannot_be_read_are_refused(w):
    for name in ("a\nb", "a\033b", "bidi\u202etxt.c"):
        r = w.run("do", "--json", "--yes", "--model", w.script({"calls": [{"name": "write_file", "input": {
            "path": name, "content": "x"}}]}, DONE), "x")
        expect(r.of("tool.finished")[0]["ok"] is False and os.listdir(w.path) == [], r)
    r = w.run("do", "--json", "--yes", "--model", w.script(run_command("touch $(printf 'b\\342\\200\\256x')"), DONE), "x")
    expect(os.listdir(w.path) == [] and r.status == 0, r)
    r = w.run("run", "--", "sh", "-c", "echo x > $(printf 'b\342\200\256x'); mkdir $(printf 'd\342\201\246'); echo x > $(printf 'd\342\201\246/y'); echo y > y")
    expect(os.listdir(w.path) == ["y"] and r.status == 1 and "characters that people cannot see" in r.err, r)
    w.write("old\u202ename/a\u200cb", "old\n")  # as some languages and other people's files have it
    r = w.run("run", "--", "sh", "-c", "for f in old*/a*; do echo new > $f; done; cd old*; echo x > plain; echo x > $(printf 'b\342\200\256x')")
    expect(w.read("old\u202ename/a\u200cb") == "new\n" and sorted(os.listdir(w.path + "/old\u202ename")) == ["a\u200cb", "plain"], r)


def read_only_mode_and_rules_deny(w):
    w.repository()
    r = w.run("do", "--json", "--mode", "read-only", "--model", w.script(EDIT, {"text": "No."}), "mend it")
    expect(r.status == 0 and "a - b" in w.read("calc.py"), r)
    w.config('{"permissions": {"deny": ["touch"]}}')
    r = w.run("do", "--json", "--yes", "--model", w.script(run_command("ls && touch made"), {"text": "No."}), "x")
    expect(r.status == 0 and not w.exists("made"), r)
    expect("touch" in r.of("permission.decided")[0]["rule"], r)


def secrets_are_kept_from_the_model(w):
    w.repository()
    w.write(".env", "PASSWORD=hunter2\n")
    model = w.script({"calls": [{"name": "read_file", "input": {"path": ".env"}}]}, run_command("cat .env"), DONE)
    r = w.run("do", "--json", "--yes", "--model", model, "read it")
    expect("hunter2" not in r.out and not any(e["ok"] for e in r.of("tool.finished")), r)


def caps_stop_a_task(w):
    w.repository()
    turn = dict(run_command("true"), usage={"input": 1000, "output": 1000})
    many = [dict(turn, calls=[{"name": "run_command", "input": {"command": "echo %d" % i}}]) for i in range(20)]
    for options, word in ((["--max-turns", "3"], "turn"), (["--max-tokens", "9000"], "token"),
                          (["--max-usd", "0.000001"], "usd")):
        r = w.run("do", "--json", "--yes", *options, "--model", w.script(*many, DONE), "x")
        expect(r.status == 3 and r.events()[-1]["status"] == "budget", r)
        expect(word in r.events()[-1]["summary"].lower(), r)
    expect(len(w.run("do", "--json", "--yes", "--max-turns", "3", "--model", w.script(*many, DONE), "x")
               .of("tool.started")) <= 3, r)


def time_cap_stops_a_hanging_model(w):
    r = w.run("do", "--json", "--max-time", "1", "--model", w.script({"text": "...", "hang": True}), "x")
    expect(r.status == 3 and r.events()[-1]["status"] == "budget", r)


def interrupted(w, turns, number, wait_for):
    w.repository()
    p = w.start("do", "--json", "--yes", "--model", w.script(*turns), "x")
    watchdog = threading.Timer(30, p.kill)
    watchdog.start()
    lines = []
    while True:
        line = p.stdout.readline().decode()
        if not line:
            raise AssertionError("ended too early: %s %s" % (lines, p.stderr.read().decode()))
        lines.append(json.loads(line))
        if wait_for(lines[-1]):
            break
    os.kill(p.pid, number)
    out, err = p.communicate(timeout=30)
    watchdog.cancel()
    return p.returncode, lines + [json.loads(line) for line in out.decode().splitlines()], err.decode()


def ctrl_c_cancels_a_streaming_model(w):
    for number in (signal.SIGINT, signal.SIGTERM):
        with type(w)() as other:
            status, events, err = interrupted(other, [{"text": "on and on " * 500, "chunk_ms": 50}], number,
                                              lambda e: e["type"] == "text.delta")
            expect(status == 5 and events[-1]["type"] == "task.finished", (status, events, err))
            expect(events[-1]["status"] == "cancelled", events)


def ctrl_c_kills_the_command(w):
    status, events, err = interrupted(w, [run_command("echo started; sleep 300; touch late"), DONE], signal.SIGINT,
                                      lambda e: e["type"] == "tool.output")
    expect(status == 5 and events[-1]["status"] == "cancelled", (status, events, err))
    time.sleep(0.2)
    expect(not w.exists("late"), events)


def reader_that_goes_away_stops_the_task(w):
    w.repository()
    many = [run_command("echo %d" % i) for i in range(40)] + [run_command("touch last"), DONE]
    p = w.start("do", "--json", "--yes", "--model", w.script(*many), "x")
    p.stdout.readline()
    p.stdout.close()
    err = p.stderr.read().decode()
    expect(p.wait(timeout=30) != 0 and not w.exists("last"), err)


def diff_and_undo(w):
    task = fixed(w, "--json").events()[0]["task"]
    r = w.run("diff")
    expect(r.status == 0 and "+    return a + b\n" in r.out, r)
    expect(w.run("diff", task).out == r.out, r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and "a - b" in w.read("calc.py") and "restored calc.py" in r.out, r)
    r = w.run("undo", "-y")
    expect(r.status == 1 and "nothing to undo" in r.err and "undo --list" in r.err, r)
    t = Terminal(w, "undo").end()
    expect(t.status == 1 and "nothing to undo" in t.text and "Go on?" not in t.text, t)
    expect(w.run("diff").out == "", r)
    r = w.run("undo", "-y", "nosuchtask")
    expect(r.status == 1 and "nosuchtask" in r.err, r)


def undo_removes_what_was_made_and_restores_what_was_removed(w):
    w.repository()
    model = w.script({"calls": [{"name": "write_file", "input": {"path": "new/deep.txt", "content": "hi\n"}}]}, DONE)
    r = w.run("do", "--yes", "--model", model, "make it")
    expect(r.status == 0 and w.read("new/deep.txt") == "hi\n", r)
    r = w.run("undo")
    expect(r.status == 4 and "-y" in r.err and w.exists("new/deep.txt"), r)  # nobody was asked
    r = w.run("undo", "--json")
    expect(r.status == 4 and w.exists("new/deep.txt"), r)
    r = w.run("undo", "-y", "--json")
    expect(r.status == 0 and not w.exists("new") and json.loads(r.out)["restored"] == 1, r)


def undo_refuses_what_the_user_changed(w):
    fixed(w)
    mine = "def add(a, b):\n    return a + b + 0  # mine\n"
    w.write("calc.py", mine)
    r = w.run("undo", "-y")
    expect(r.status == 1 and w.read("calc.py") == mine and "not undone: calc.py" in r.out, r)


def undo_of_one_step(w):
    w.repository()
    model = w.script({"calls": [{"name": "write_file", "input": {"path": "one.txt", "content": "1\n"}}]},
                     {"calls": [{"name": "write_file", "input": {"path": "two.txt", "content": "2\n"}}]}, DONE)
    r = w.run("do", "--yes", "--model", model, "make both")
    expect(r.status == 0, r)
    r = w.run("undo", "-y", "2")
    expect(r.status == 0 and w.exists("one.txt") and not w.exists("two.txt"), r)


def code_commands_take_lines(w):
    w.repository()
    model = w.script({"expect": ["return a - b"], "text": "It subtracts."})
    for name in ("explain", "review"):
        r = w.run(name, "--model", model, "calc.py:2")
        expect(r.status == 0 and r.out.strip() == "It subtracts.", r)
    r = w.run("fix", "--yes", "--model", w.script(dict(EDIT, expect=["wrong sign"]), DONE), "calc.py:1-2", "wrong", "sign")
    expect(r.status == 0 and "a + b" in w.read("calc.py"), r)
    for place, words in (("calc.py:9", "no line 9"), ("calc.py:2-1", "ends before it begins"),
                         ("/etc/passwd", "outside")):
        r = w.run("explain", "--model", model, place)
        expect(r.status in (2, 4) and words in r.err, r)


def task_from_stdin(w):
    import subprocess
    from support import EMEND
    p = subprocess.run([EMEND, "do", "-q", "--model", w.script({"expect": ["from a pipe"], "text": "Read."}), "-"],
                       cwd=w.path, env=w.env, input=b"this came from a pipe\n", stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
    expect(p.returncode == 0 and p.stdout == b"Read.\n", p)


main([a_task_edits_and_runs, calls_that_change_something_wait_for_each_other, people_see_diff_cost_and_undo,
      model_text_cannot_drive_the_terminal, without_a_terminal_an_edit_is_denied, a_denial_says_what_helps,
      a_rule_does_not_cover_variables, a_repository_is_not_planted_file_by_file,
      our_own_files_are_denied, names_that_cannot_be_read_are_refused, read_only_mode_and_rules_deny,
      secrets_are_kept_from_the_model, caps_stop_a_task, time_cap_stops_a_hanging_model,
      ctrl_c_cancels_a_streaming_model, ctrl_c_kills_the_command, reader_that_goes_away_stops_the_task, diff_and_undo,
      undo_removes_what_was_made_and_restores_what_was_removed, undo_refuses_what_the_user_changed, undo_of_one_step,
      code_commands_take_lines, task_from_stdin])
