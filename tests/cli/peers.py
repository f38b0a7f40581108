#!/usr/bin/env python3
"""peers - the terminal and an editor on one workspace: what the editor has open is read and changed there, never on the disk."""
import os
import signal

from open_editor import DIRTY, DISK, with_editor
from support import DONE, EDIT, expect, main


def do(w, *turns):
    return w.run("do", "--yes", "--model", w.script(*turns), "mend", "add")


@with_editor
def an_edit_goes_through_the_editor(w, editor):
    r = do(w, EDIT, DONE)
    expect(r.status == 0 and w.read("calc.py") == DISK, r)
    expect(editor.text == DIRTY.replace("a - b", "a + b"), r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and w.read("calc.py") == DISK and editor.text == DIRTY, r)


@with_editor
def a_command_sees_and_changes_what_is_not_saved(w, editor):
    r = do(w, {"calls": [{"name": "run_command", "input": {
        "command": "grep -q 'not saved' calc.py && sed -i 's/a - b/a + b/' calc.py"}}]}, DONE)
    expect(r.status == 0 and w.read("calc.py") == DISK, r)
    expect(editor.text == DIRTY.replace("a - b", "a + b"), r)


@with_editor
def a_command_of_a_person_never_writes_below_an_editor(w, editor):
    """`emend run` sees what is not saved; a file with such text, and a folder with it, stay as they are, and that is said."""
    w.write("other.py", "a - b\n")
    r = w.run("run", "--", "sh", "-c", "grep -q 'not saved' calc.py && sed -i 's/a - b/a + b/' *.py")
    expect(r.status == 1 and w.read("calc.py") == DISK and w.read("other.py") == "a + b\n", r)
    expect("not kept: calc.py: an editor has it open" in r.err and editor.text == DIRTY, r)
    r = w.run("run", "--", "sh", "-c", "rm calc.py")
    expect(r.status == 1 and w.read("calc.py") == DISK and "not kept: calc.py" in r.err, r)
    w.write("src/a.py", "saved\n")
    editor.open(w, "src/a.py", "not saved\n")
    r = w.run("run", "--", "rm", "-r", "src", "other.py")
    expect(r.status == 1 and w.read("src/a.py") == "saved\n" and not w.exists("other.py"), r)
    editor.save()
    r = w.run("run", "--", "sed", "-i", "s/a - b/a + b/", "calc.py")
    expect(r.status == 0 and w.read("calc.py") == DIRTY.replace("a - b", "a + b"), r)


@with_editor
def an_editor_that_hangs_costs_its_own_file_only(w, editor):
    w.write("other.py", "x = 1\n")
    editor.server.process.send_signal(signal.SIGSTOP)
    r = do(w, EDIT, {"calls": [{"name": "edit_file", "input": {"path": "other.py", "edits": [
        {"old_text": "x = 1", "new_text": "x = 2"}]}}]}, DONE)
    expect(w.read("calc.py") == DISK and w.read("other.py") == "x = 2\n", r)
    editor.server.process.send_signal(signal.SIGCONT)
    r = do(w, EDIT, DONE)
    expect(w.read("calc.py") == DISK and editor.text == DIRTY.replace("a - b", "a + b"), r)


@with_editor
def a_dead_editor_holds_nothing(w, editor):
    editor.server.process.kill()
    editor.server.process.wait()
    r = do(w, EDIT, DONE)
    expect(r.status == 0 and w.read("calc.py") == DISK.replace("a - b", "a + b"), r)
    expect(os.listdir(os.path.join(w.env["XDG_RUNTIME_DIR"], "emend")) == [], r)


main([an_edit_goes_through_the_editor, a_command_sees_and_changes_what_is_not_saved,
      a_command_of_a_person_never_writes_below_an_editor, an_editor_that_hangs_costs_its_own_file_only,
      a_dead_editor_holds_nothing])
