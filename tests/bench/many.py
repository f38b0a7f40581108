"""many - commands that change very many files, and their undo, beside a plain C program that writes the same files by
temporary file and rename with one sync at the end. Everything in turns, so that a busy minute slows all alike. Let
TMPDIR lie on a file system with a journal: without one, ext4 makes files slowly where others were removed just before,
and that hides all else."""
import os
import shutil
import statistics
import subprocess
import time

EMEND, FLOOR = os.environ["EMEND"], os.environ["FLOOR"]
ROUNDS = 3
PACKAGES, FILES_OF_PACKAGE, BYTES = 1300, 29, 4000


def timed(argv, cwd, env=None):
    start = time.perf_counter()
    subprocess.run(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def settle():
    """What others wrote is not to be paid for by the next that syncs."""
    os.sync()


def run(command):
    return {"calls": [{"name": "run_command", "input": {"command": command}}]}


def folder(base, name, files):
    """A workspace with the program that rewrites its files; the same program, outside, is the floor."""
    work = os.path.join(base, name)
    os.makedirs(work)
    subprocess.run(["git", "init", "-q", work], check=True)
    shutil.copy2(FLOOR, os.path.join(work, "rewrite"))
    subprocess.run([FLOOR, "rewrite", "tree", str(files), "0", "sync"], cwd=work, check=True)
    return work


def change_and_undo(base, env, task, files):
    """Seconds: of the plain program, of the command in a task, and of its undo."""
    plain, work = folder(base, "plain%d" % files, files), folder(base, "many%d" % files, files)
    took = []
    for i in range(1, ROUNDS + 2):
        settle()
        floor = timed([FLOOR, "rewrite", "tree", str(files), str(i), "sync"], plain)
        nothing = task(env, work, [run("true")])
        settle()
        change = task(env, work, [run("./rewrite rewrite tree %d %d" % (files, i))]) - nothing
        settle()
        undo = timed([EMEND, "undo", "-y"], work, env)
        with open(os.path.join(work, "tree/d0/f0"), "rb") as f:
            if not f.read(100).startswith(b"0 "):
                raise RuntimeError("the undo did not bring the files back")
        if i > 1:  # the first is not counted
            took.append((floor, change, undo))
    shutil.rmtree(plain)
    shutil.rmtree(work)
    return [statistics.median(t) for t in zip(*took)]


def new_tree(base, env):
    """Seconds of a command that makes a tree as `npm ci` does, outside and in `emend run`."""
    work = os.path.join(base, "npm")
    for package in range(PACKAGES):
        for i in range(FILES_OF_PACKAGE):
            inside = os.path.join(work, "prepared", "package-%d" % package, ("", "lib", "dist/esm", "dist/cjs")[i % 4])
            os.makedirs(inside, exist_ok=True)
            with open(os.path.join(inside, "file%d.js" % i), "w", encoding="utf-8") as f:
                f.write(("// %d %d\n" % (package, i)) * (BYTES * (1 + i % 3) // 24))
    subprocess.run(["git", "init", "-q", work], check=True)
    with open(os.path.join(work, ".gitignore"), "w", encoding="utf-8") as f:
        f.write("node_modules/\n")
    took = []
    for i in range(ROUNDS + 1):
        one = []
        for argv in (["cp", "-r", "prepared", "node_modules"], [EMEND, "run", "--", "cp", "-r", "prepared", "node_modules"]):
            settle()
            one.append(timed(argv, work, env))
            shutil.rmtree(os.path.join(work, "node_modules"))
        if i > 0:
            took.append(one)
    shutil.rmtree(work)
    return [statistics.median(t) for t in zip(*took)]


def measure(row, base, env, task):
    costs = {}
    for files in (2000, 20000):
        floor, change, undo = costs[files] = change_and_undo(base, env, task, files)
        row("a command that changes %s files" % format(files, ","), change, "ms", floor, "plain program")
        row("its undo", undo, "ms", floor, "plain program")
    for i, what in enumerate(("the plain program", "the command", "its undo")):
        row("10 times as many files cost %s" % what, costs[20000][i] / costs[2000][i], "")
    plain, ours = new_tree(base, env)
    row("a command that makes a tree of %s files" % format(PACKAGES * FILES_OF_PACKAGE, ","), ours, "ms", plain, "outside")
