#!/usr/bin/env python3
"""approval - the mode ask asks about effects: a command that stays in the sandbox runs on a view at once, and one
question follows, with the diff, if it wants to change something. What could reach further is asked beforehand."""
import os
import time

from console import PROMPT, Terminal, answered
from support import DONE, EDIT, expect, main

EFFECT = "? Keep what a command changed"
BEFORE = "? Run a command"


def command(text, **more):
    return {"calls": [{"name": "run_command", "input": dict({"command": text}, **more)}]}


def answer(w, answers, *turns, options=()):
    return answered(w, ("do", *options), answers, *turns)


def nothing_changed_nothing_asked(w):
    w.repository()
    t = answer(w, [], command("sh check.sh; python3 -c 'print(6 * 7)'; eval \"echo $((1 + 1))\"; sleep 0 & wait"),
               {"expect": ["42"], "text": "-"})
    expect(t.status == 0 and "Not permitted" not in t.text, t)


def an_effect_is_asked_with_its_diff(w):
    w.repository()
    w.write("old.bin", "a\0b")
    turns = (command("sed -i 's/a - b/a + b/' calc.py; rm old.bin; printf '#!/bin/sh\\n' > run.sh; mkdir -p x; "
                     "printf 'a\\0' > x/bin", reason="mend it"), DONE)
    t = answer(w, ["n"], *turns)
    expect("a - b" in w.read("calc.py") and w.exists("old.bin") and not w.exists("run.sh") and not w.exists("x"), t)
    expect("Not permitted on the way: sed -i" in t.text, t)
    t = answer(w, ["y"], *turns)
    expect(EFFECT in t.text and BEFORE not in t.text and "The model says: mend it" in t.text, t)
    for line in ("+    return a + b", "# old.bin: removed, not text (3 bytes)", "# x/bin: created, not text (2 bytes)", "+#!/bin/sh"):
        expect(t.text.count("  | " + line) == 1, (line, t))
    expect("a + b" in w.read("calc.py") and not w.exists("old.bin") and w.exists("run.sh") and w.exists("x/bin"), t)
    expect(t.text.count("+    return a + b") == 1, t)  # it was seen in the question


def a_no_drops_all_of_it(w):
    """Also what lies in the folders of build tools, and what git did; and the model hears why."""
    w.repository()
    w.write(".gitignore", "build/\n*.log\n")
    w.write("build/out.o", "old\n")
    w.git("add", ".")
    w.git("commit", "-qm", "second")
    head = w.read(".git/refs/heads/" + os.listdir(os.path.join(w.path, ".git/refs/heads"))[0])
    text = "echo new > build/out.o; echo x > build/more.o; echo x > a.log; touch made; git add made; git -c user.name=t -c user.email=t commit -qm three"
    t = answer(w, ["n not today"], command(text),
               {"expect": ["Nothing that the command changed was kept", "says: not today"], "text": "-"})
    expect("  | # git: refs/heads/" in t.text and "  | +++ b/a.log" in t.text, t)
    expect("1 file of build tools changed, in: build (1)" in t.text and "build/: 1 new file that git ignores" in t.text, t)
    expect(w.read("build/out.o") == "old\n" and not any(w.exists(n) for n in ("build/more.o", "a.log", "made")), t)
    expect(w.read(".git/refs/heads/" + os.listdir(os.path.join(w.path, ".git/refs/heads"))[0]) == head, t)
    t = answer(w, ["y"], command(text), DONE)
    expect(w.read("build/out.o") == "new\n" and all(w.exists(n) for n in ("build/more.o", "a.log", "made")), t)
    expect(w.read(".git/refs/heads/" + os.listdir(os.path.join(w.path, ".git/refs/heads"))[0]) != head, t)


def ignored_files_are_asked_once(w):
    w.repository()
    w.write(".gitignore", "build/\n")
    turns = [command("mkdir -p build; echo %d >> build/log" % i) for i in range(3)]
    t = answer(w, ["y"], *turns, DONE)
    expect("# A yes covers files that git ignores until the task ends." in t.text and w.read("build/log") == "0\n1\n2\n", t)


def always_is_for_what_commands_change(w):
    w.repository()
    t = answer(w, ["a", "n", "n"], command("touch one"), command("touch two"), EDIT,
               command("echo x > .exrc; touch three"), DONE)
    expect("[a] always: what commands change in this task" in t.text, t)
    expect(all(w.exists(n) for n in ("one", "two", "three")) and not w.exists(".exrc"), t)
    expect("a - b" in w.read("calc.py") and "? Keep a command's change of protected files" in t.text, t)
    answer(w, ["n"], command("touch four"), DONE)  # another task
    expect(not w.exists("four"), t)


def edits_allowed_are_not_effects_allowed(w):
    w.repository()
    answer(w, ["a", "n"], EDIT, command("touch one"), DONE)
    expect("a + b" in w.read("calc.py") and not w.exists("one"), "the command's change was kept")


def what_changed_meanwhile_is_not_overwritten(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(command("echo theirs > calc.py; touch made"),
                                              {"expect": ["not kept: calc.py"], "text": "-"}), "x", size=(60, 120))
    t.wait_for(PROMPT)
    w.write("calc.py", "mine\n")
    t.type("y\n")
    t.end()
    expect(w.read("calc.py") == "mine\n" and w.exists("made"), t)


def objects_of_git_that_cannot_be_written_are_said(w):
    """They fail after the answer: nothing of what git did becomes real, and the person and the model hear it."""
    w.repository()
    branch = ".git/refs/heads/" + os.listdir(os.path.join(w.path, ".git/refs/heads"))[0]
    head = w.read(branch)
    objects, away = (os.path.join(w.path, ".git", name) for name in ("objects", "away"))
    commit = "echo x > made; git add made; git -c user.name=t -c user.email=t commit -qm three"
    t = Terminal(w, "do", "--model", w.script(command(commit), {"expect": ["not kept: .git/", "objects could not be written"], "text": "-"}),
                 "x", size=(60, 120))
    t.wait_for(PROMPT)
    os.rename(objects, away)
    w.write(".git/objects", "")
    t.type("y\n")
    t.end()
    os.unlink(objects)
    os.rename(away, objects)
    expect("objects could not be written" in t.text and w.exists("made"), t)
    expect(w.read(branch) == head and "\n  git: 3 objects" not in t.text.replace("\x1b[2m", "").replace("\r", ""), t)


def what_reaches_further_is_asked_beforehand(w):
    w.repository()
    w.config('{"permissions": {"ask": ["touch"], "deny": ["rm"], "allow": ["mkdir"]}}')
    for turn in (command("touch made"), command("true; touch made"), command("echo > made", background=True),
                 command("echo x > ../made")):
        t = answer(w, ["n"], turn, {"text": "-"})
        expect(BEFORE in t.text and EFFECT not in t.text, t)
    t = answer(w, [], command("echo > made; rm calc.py"), {"expect": ["Denied by the policy", "deny: rm"], "text": "-"})
    expect(not w.exists("made") and not os.path.exists(os.path.join(w.base, "made")) and w.exists("calc.py"), t)
    answer(w, [], command("mkdir d"), command("cd d && mkdir e"), DONE)
    expect(w.exists("d/e"), "what a rule allows is not asked for")


def folders_to_write_are_asked_beforehand(w):
    w.repository()
    other = os.path.join(w.base, "other")
    os.mkdir(other)
    w.config('{"writeDirs": ["%s"]}' % other)
    t = answer(w, ["n"], command("python3 -c 'open(\"%s/made\", \"w\")'" % other), {"text": "-"})
    expect(BEFORE in t.text and os.listdir(other) == [], t)


def commands_can_be_asked_one_by_one(w):
    w.repository()
    w.config('{"approve": "commands"}')
    t = answer(w, ["y", "n"], command("touch one"), command("touch two"), {"text": "-"})
    expect(t.text.count(BEFORE) == 2 and EFFECT not in t.text and w.exists("one") and not w.exists("two"), t)


def edit_keeps_what_commands_change(w):
    w.repository()
    t = answer(w, [], command("make -n x; touch one; sh -c 'touch two'"), EDIT, DONE, options=("--mode", "edit"))
    expect(w.exists("one") and w.exists("two") and "a + b" in w.read("calc.py"), t)
    for text in ("eval 'touch three'", "touch three; eval true"):  # more than the mode asks, wherever it stands
        t = answer(w, ["n"], command(text), DONE, options=("--mode", "edit"))
        expect(EFFECT in t.text and not w.exists("three"), t)


def read_only_runs_and_drops(w):
    """So that explain and review can run the tests."""
    w.repository()
    w.write(".gitignore", "build/\n")
    w.write("build/old", "old\n")
    text = "sed -i 's/a - b/a + b/' calc.py && sh check.sh; echo x > build/old; git add -A; git commit -qm x; rm check.sh"
    more = {"expect": ["good", "This task may only read", "calc.py", "check.sh"], "text": "-"}
    for options in (("do", "--mode", "read-only"), ("review",)):
        end = ["calc.py:1-2"] if options[0] == "review" else ["x"]
        r = w.run(*options, "--yes" if options[0] == "review" else "-q", "--model", w.script(command(text), more), *end)
        expect(r.status == 0 and "a - b" in w.read("calc.py") and w.exists("check.sh"), r)
        expect(w.read("build/old") == "old\n", r)
    w.config('{"permissions": {"deny": ["rm"], "ask": ["git add"]}}')
    for text in ("rm calc.py", "git add calc.py", "echo > x &"):
        r = w.run("do", "--json", "--mode", "read-only", "--model",
                  w.script(command(text, background=text.endswith("&")), {"text": "-"}), "x")
        expect(not r.of("tool.finished")[0]["ok"] and not w.exists("x"), r)


def in_the_mode_auto_a_view_is_word_enough_for_rm(w):
    """Names that only the run tells can do no harm on a view, and undo brings the files back; other parts still ask."""
    w.repository()
    w.write("x/a.tmp", "a\n")
    w.write("b.tmp", "b\n")
    clean = "find . -name '*.tmp' | xargs rm -f; rm -r $(echo x)"
    r = w.run("do", "--yes", "--model", w.script(command(clean + "; docker ps"), dict(command(clean), expect=["`docker ps`"]), DONE), "x")
    expect(r.status == 0 and not w.exists("x/a.tmp") and not w.exists("b.tmp"), r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and w.read("x/a.tmp") == "a\n" and w.read("b.tmp") == "b\n", r)
    r = w.run("do", "--yes", "--no-sandbox", "--model", w.script(command(clean), dict(DONE, expect=["rm of files only known at run time"])), "x")
    expect(r.status == 0 and w.exists("b.tmp"), r)


def in_the_mode_auto_what_a_view_holds_needs_no_word(w):
    """What a command can do only to itself, or what is undone with it, is run; what reaches further is not; and where the
    user forbids commands, none may hide in what only the run tells."""
    w.repository()
    held = ("eval 'echo ran > one'", "dd if=calc.py of=two bs=1 count=3", "printenv PATH", "alias a=b; true", "dpkg -l | head -3",
            "sleep 1000 & pkill sleep; kill -0 $PPID", "python3 - <<'E'\nopen('three', 'w')\nE", "true < /etc/passwd; true")
    unread = ("X='echo ran > four'; sh -c \"$X\"", "X=echo; $X ran", "echo 'echo ran > five' | sh", "eval \"$(echo true)\"")
    more = ("docker ps", "git push", "git reset --hard", "at now", "sudo -n true", "echo x > .exrc", "echo x > ../out")

    def runs(text):
        r = w.run("do", "--yes", "--json", "--model", w.script(command(text), {"text": "-"}), "x")
        expect(r.status == 0, r)
        return r.of("permission.decided")[0]["decision"] == "allow"
    for text in held + unread:
        expect(runs(text), text)
    expect(w.read("one") == "ran\n" and len(w.read("two")) == 3 and all(w.exists(n) for n in ("three", "four", "five")), os.listdir(w.path))
    for text in more + tuple("true; " + text for text in more):
        expect(not runs(text), text)
    w.config('{"permissions": {"deny": ["rm"]}}')
    for text in held:
        expect(runs(text), text)
    for text in unread:
        expect(not runs(text), text)


def edit(path, old, new):
    return {"name": "edit_file", "input": {"path": path, "edits": [{"old_text": old, "new_text": new}]}}


def write(path, content):
    return {"name": "write_file", "input": {"path": path, "content": content}}


def the_edits_of_a_step_are_one_question(w):
    """With the diff of all of them. A no is for all; always ends the asking; what cannot be seen yet is asked by itself."""
    for name in "abc":
        w.write(name + ".py", "one\ntwo\n")
    four = {"calls": [edit("a.py", "one", "1"), edit("b.py", "one", "1"), write("d/new.py", "new\n"), edit("nothing.py", "x", "y"),
                      edit("c.py", "one", "1")]}
    t = answer(w, ["n not so", "n"], four, {"expect": ["says: not so", "nothing.py does not exist"], "text": "-"})
    first = t.text.split("? Make 3 edits")[1].split(PROMPT)[0]
    expect("  | a.py, b.py, d/new.py" in first and first.count("  | -one") == 2 and first.count("  | +1") == 2 and "  | +new" in first, t)
    expect("Not permitted on the way: a.py, b.py, d/new.py, c.py." in t.text.replace("\r\n", " "), t)
    expect([w.read(n + ".py") for n in "abc"] == ["one\ntwo\n"] * 3 and not w.exists("d"), t)
    t = answer(w, ["y", "n"], four, {"expect": ["Changed a.py (+1 -1)", "Changed b.py", "Created d/new.py", "said no"], "text": "-"})
    expect([w.read(n + ".py") for n in "abc"] == ["1\ntwo\n"] * 2 + ["one\ntwo\n"] and w.read("d/new.py") == "new\n", t)
    # The second change of a file stands on the first, a script and a protected name need a word of their own.
    t = answer(w, ["y", "y", "y", "y"], {"calls": [edit("a.py", "two", "2"), edit("b.py", "two", "2"), edit("a.py", "2", "3"), edit("c.py", "two", "2"),
                                                  write("run.sh", "#!/bin/sh\n"), write(".envrc.x", "x\n"), write(".vscode/tasks.json", "{}\n")]}, DONE)
    expect(t.text.count("? Make 2 edits") == 2 and t.text.count("? Create a script") == 1 and t.text.count("? Create a file") == 1, t)
    expect(w.read("a.py") == "1\n3\n" and w.read("c.py") == "one\n2\n" and w.exists("run.sh") and w.exists(".vscode/tasks.json"), t)
    t = answer(w, ["a"], {"calls": [edit("a.py", "3", "4"), edit("b.py", "2", "4")]}, {"calls": [edit("c.py", "2", "4")]}, DONE)
    expect([w.read(n + ".py")[-2:] for n in "abc"] == ["4\n"] * 3 and t.text.count(PROMPT) == 1, t)
    r = w.run("do", "--mode", "ask", "--model", w.script({"calls": [edit("a.py", "4", "5"), edit("b.py", "4", "5")]},
              {"expect": ["`a.py, b.py` (rule: mode: ask) needs the user's word, and there was no answer"], "text": "-"}), "x")
    expect(r.status == 0 and w.read("a.py") == "1\n4\n" and r.out.count("no terminal") <= 2, r)


def what_changed_since_the_step_was_asked_is_asked_again(w):
    """The yes is for the diff that was seen."""
    w.write("a.py", "one\n")
    w.write("b.py", "one\n")
    t = Terminal(w, "do", "--model", w.script({"calls": [edit("a.py", "one", "1"), edit("b.py", "one", "1")]}, DONE), "x", size=(60, 120))
    t.wait_for(PROMPT)
    w.write("b.py", "zero\none\n")
    t.type("y\n")
    t.wait_for(PROMPT, times=2)
    t.type("y\n")
    t.end()
    expect(t.text.count("? Make 2 edits") == 1 and "? Edit a file" in t.text and w.read("b.py") == "zero\n1\n", t)


def steps():
    """What a task of thirty steps does: it looks, it edits, it builds and tests, it cleans up behind itself."""
    look = ["ls", "git status --short", "git log --oneline | head", "grep -rn add .", "cat calc.py", "python3 --version"]
    test = ["make -s test", "make -s test VERBOSE=1", "python3 -m py_compile calc.py", "sh check.sh || true"]
    turns = [command(c) for c in look] + [command(c) for c in test] + [EDIT] + [command(c) for c in test * 2]
    turns += [command("sed -i 's/def add/def plus/' calc.py"), command("make -s test"), command("git diff --stat"),
              command("printf 'plus\\n' > NAMES"), command("awk 1 NAMES"), command("python3 -c 'import calc; print(calc.plus(1, 2))'"),
              command("make -s lint"), command("make -s test"), command("git diff"), command("wc -l calc.py NAMES"),
              command("find . -name '*.pyc' -newer calc.py")]
    return turns


def thirty_steps(w):
    """Must-show: how often a person is asked in mode ask, by effect and by command."""
    counts = {}
    for approve in ("effects", "commands"):
        w.write("Makefile", "test:\n\t@mkdir -p build && date > build/stamp && python3 -m py_compile calc.py\nlint:\n\t@python3 calc.py\n")
        w.write(".gitignore", "build/\n__pycache__/\n")
        if not counts:
            w.repository()
        w.config('{"approve": "%s"}' % approve)
        turns = steps()
        expect(len(turns) == 30, len(turns))
        t = Terminal(w, "do", "--model", w.script(*turns, DONE), "x", size=(60, 120))
        end, n = time.monotonic() + 120, 0
        while t.read(1) and time.monotonic() < end:
            if t.text.count(PROMPT) > n:
                n += 1
                t.type("y\n")
        t.end()
        expect(t.status == 0 and "def plus" in w.read("calc.py") and w.read("NAMES") == "plus\n", t)
        counts[approve] = n
        w.git("checkout", "-q", ".")
        os.unlink(os.path.join(w.path, "NAMES"))
    print("# a task of 30 steps in mode ask: %(effects)d questions by effect, %(commands)d by command" % counts)
    expect(counts["effects"] < counts["commands"] / 3, counts)


main([nothing_changed_nothing_asked, an_effect_is_asked_with_its_diff, a_no_drops_all_of_it, ignored_files_are_asked_once,
      always_is_for_what_commands_change, edits_allowed_are_not_effects_allowed, what_changed_meanwhile_is_not_overwritten,
      objects_of_git_that_cannot_be_written_are_said, what_reaches_further_is_asked_beforehand, folders_to_write_are_asked_beforehand, commands_can_be_asked_one_by_one,
      edit_keeps_what_commands_change, read_only_runs_and_drops, thirty_steps,
      in_the_mode_auto_a_view_is_word_enough_for_rm, in_the_mode_auto_what_a_view_holds_needs_no_word,
      the_edits_of_a_step_are_one_question, what_changed_since_the_step_was_asked_is_asked_again])
