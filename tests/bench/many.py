"""many - commands that change very many files, and their undo, beside a plain C program that writes the same files by
temporary file and rename with one sync at the end; and commands that make very many: a copy of a tree, which does nothing
else, and `npm ci`, where there is one. Everything in turns, so that a busy minute slows all alike. Let
TMPDIR lie on a file system with a journal: without one, ext4 makes files slowly where others were removed just before,
and that hides all else."""
import base64
import hashlib
import io
import json
import os
import random
import shutil
import statistics
import subprocess
import tarfile
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


def in_turns(work, env, rounds, argv, made):
    """Seconds of a command that makes a folder, outside and in `emend run`; the first round is not counted."""
    took = []
    for i in range(rounds + 1):
        one = []
        for way in (argv, [EMEND, "run", "--"] + argv):
            settle()
            one.append(timed(way, work, env))
            shutil.rmtree(os.path.join(work, made))
        if i > 0:
            took.append(one)
    return [statistics.median(t) for t in zip(*took)]


def packed(name, package, texts):
    """A package as a registry gives it."""
    out = io.BytesIO()
    files = {"package.json": json.dumps({"name": name, "version": "1.0.0"})}
    for i in range(FILES_OF_PACKAGE - 1):
        path = os.path.join(("", "lib", "dist/esm", "dist/cjs")[i % 4], "file%d.js" % i)
        files[path] = "// %d %d\n" % (package, i) + texts[(package + i * 7) % len(texts)]
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as tar:
        for path, text in files.items():
            info = tarfile.TarInfo("package/" + path)
            info.size, info.mode = len(text), 0o644
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def npm_ci(base, env):
    """Seconds of `npm ci` from packages that lie beside it, outside and in `emend run`."""
    work, pick = os.path.join(base, "ci"), random.Random(1)
    words = ["const", "return", "function", "exports", "require", "value", "index", "if", "options", "callback"]
    texts = ["".join(" ".join("%s%d" % (pick.choice(words), pick.randint(0, 99)) for _ in range(9)) + ";\n"
                     for _ in range(BYTES * (1 + i % 3) // 80)) for i in range(60)]
    project = {"name": "ci", "version": "1.0.0", "dependencies": {}}
    locked = {"": project}
    os.makedirs(os.path.join(work, "packages"))
    for i in range(PACKAGES):
        name, data = "package-%d" % i, packed("package-%d" % i, i, texts)
        with open(os.path.join(work, "packages", name + ".tgz"), "wb") as f:
            f.write(data)
        where = project["dependencies"][name] = "file:packages/%s.tgz" % name
        locked["node_modules/" + name] = {"version": "1.0.0", "resolved": where, "integrity": "sha512-" +
                                          base64.b64encode(hashlib.sha512(data).digest()).decode()}
    lock = {"name": "ci", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": locked}
    for name, text in (("package.json", json.dumps(project)), ("package-lock.json", json.dumps(lock)),
                       (".gitignore", "node_modules/\n")):
        with open(os.path.join(work, name), "w", encoding="utf-8") as f:
            f.write(text)
    subprocess.run(["git", "init", "-q", work], check=True)
    cache = "c=$(mktemp -d) && npm ci --offline --no-audit --no-fund --ignore-scripts --silent --cache $c; e=$?; rm -rf $c; exit $e"
    took = in_turns(work, env, 1, ["sh", "-c", cache], "node_modules")
    shutil.rmtree(work)
    return took


def new_tree(base, env):
    """Seconds of a copy of a tree like that, outside and in `emend run`."""
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
    took = in_turns(work, env, ROUNDS, ["cp", "-r", "prepared", "node_modules"], "node_modules")
    shutil.rmtree(work)
    return took


def measure(row, base, env, task):
    costs = {}
    for files in (2000, 20000):
        floor, change, undo = costs[files] = change_and_undo(base, env, task, files)
        row("a command that changes %s files" % format(files, ","), change, "ms", floor, "plain program")
        row("its undo", undo, "ms", floor, "plain program")
    for i, what in enumerate(("the plain program", "the command", "its undo")):
        row("10 times as many files cost %s" % what, costs[20000][i] / costs[2000][i], "")
    plain, ours = new_tree(base, env)
    row("a command that copies a tree of %s files" % format(PACKAGES * FILES_OF_PACKAGE, ","), ours, "ms", plain, "outside")
    if shutil.which("npm"):
        plain, ours = npm_ci(base, env)
        row("npm ci of as many", ours, "ms", plain, "outside")
