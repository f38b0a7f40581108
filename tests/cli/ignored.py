#!/usr/bin/env python3
"""ignored - what a command makes or changes under an ignore rule is seen like all else: shown, in the log, undone; many
files of a build as one line. Rules that a command wrote hide nothing in the same session."""
import json
import os
import signal
import subprocess

from support import DONE, Workspace, expect, main


def call(text):
    return {"calls": [{"name": "run_command", "input": {"command": text}}]}


def tree(w):
    return {os.path.relpath(os.path.join(d, f), w.path): open(os.path.join(d, f), "rb").read()
            for d, _, fs in os.walk(w.path) for f in fs if os.path.relpath(d, w.path).split("/")[0] != ".git" and not f.startswith(".emend-test")}


def folders(w):
    return {os.path.relpath(d, w.path) for d, _, _ in os.walk(w.path) if "/.git" not in d}


def do(w, *commands, options=("--json",)):
    """Each command in a script of the project: the policy judges command lines, and here it is about deeds."""
    for i, text in enumerate(commands):
        w.write(".emend-test%d" % i, text + "\n")
    commands = ["sh ./.emend-test%d" % i for i in range(len(commands))]
    r = w.run("do", *options, "--yes", "--model", w.script(*[call(c) for c in commands], DONE), "x")
    expect(r.status == 0, r)
    return r


def project(w, rules):
    w.write(".gitignore", rules)
    w.write("Makefile", "prog: main.o\n\tcc -o prog main.o\nmain.o: main.c\n\tcc -c main.c\n")
    w.write("main.c", "int main(void)\n{\n\treturn 0;\n}\n")
    w.git("init", "-q")
    w.git("add", "-f", ".")
    w.git("commit", "-qm", "first")


PLANTS = [  # a rule, a path, a name in it that a person or a tool may execute later
    ("GNUmakefile", "GNUmakefile"), ("*", "makefile"), (".github/", ".github/workflows/evil.yml"), ("conftest.py", "conftest.py"),
    ("*.sh", "scripts/run.sh"), ("local/", "local/tool"), ("*.o", "x.o"),
]


def each_plant_is_shown_logged_and_undone(w):
    for rule, path in PLANTS:
        with Workspace() as x:
            project(x, rule + "\n")
            before, dirs = tree(x), folders(x)
            r = do(x, "mkdir -p ./$(dirname %s); printf '#!/bin/sh\\necho evil\\n' > %s; chmod +x %s; echo data > %s.txt"
                   % (path, path, path, path))
            changed = {e["path"]: e for e in r.of("file.changed")}
            expect("+echo evil" in changed[path]["diff"], (path, r))
            expect(set(r.of("task.finished")[-1]["files"]) == {path, path + ".txt"}, (path, r))
            expect("evil" in x.run("diff").out and path in x.run("audit", "show").out, path)
            u = x.run("undo", "-y")
            expect(u.status == 0 and tree(x) == before and folders(x) == dirs, (path, u, folders(x) ^ dirs))


def the_output_of_a_build_is_one_line_a_folder(w):
    project(w, "*.o\nout/\nnode_modules/\n")
    before, dirs = tree(w), folders(w)
    r = do(w, "mkdir -p out/a/b node_modules/x src; for i in $(seq 312); do echo $i > out/a/b/$i; echo $i > src/$i.o; done; "
              "echo 1 > node_modules/x/1; ln -s x/1 node_modules/l; echo 'all:' > src/GNUmakefile.o; echo all: > node_modules/Makefile")
    told = {e["path"]: e.get("files") for e in r.of("file.changed")}
    expect(told == {"out": 312, "src": 313, "node_modules": 3}, told)
    expect(all(not e["diff"] for e in r.of("file.changed")), r)
    log = open(w.log_path(r.events()[0]["session"]), encoding="utf-8").read()
    result = [json.loads(line) for line in log.splitlines() if '"type":"result"' in line][0]["text"]
    expect("A out/: 312 new files (ignored by git)\n" in result, result)
    w.write("src/mine.o", "mine\n")
    w.write("src/7.o", "mine\n")
    expect("new files, ignored by git, in: out\n" in w.run("diff").out, "diff")
    u = w.run("undo", "-y")
    expect("src: 1 of its 313 files was changed since, and is left" in u.out + u.err, u)
    expect(tree(w) == dict(before, **{"src/mine.o": b"mine\n", "src/7.o": b"mine\n"}), set(tree(w)) ^ set(before))
    expect(folders(w) == dirs | {"src"}, folders(w) ^ dirs)
    u = w.run("redo", "-y")
    expect("out: the content of its files was not kept" in u.out + u.err and not w.exists("out"), u)


def what_was_built_again_does_not_hold_up_the_undo(w):
    project(w, "build/\n*.o\n")
    do(w, "mkdir -p build; for i in 1 2 3; do echo $i > build/$i; done; echo 1 > main.c", "echo again > build/1")
    expect(w.read("build/1") == "again\n", tree(w))
    u = w.run("undo", "-y")
    expect(u.status == 0 and "build: 1 of its 3 files was changed since, and is left\n" in u.out and "2 files undone\n" in u.out, u)
    expect(w.read("build/1") == "again\n" and not w.exists("build/2") and "return 0" in w.read("main.c"), tree(w))


def a_person_sees_the_line(w):
    project(w, "out/\n")
    r = do(w, "mkdir out; for i in $(seq 30); do echo $i > out/$i; done", options=())
    expect("  out/: 30 new files\n" in r.out, r)
    r = w.run("run", "--json", "--", "sh", "-c", "mkdir out/more; echo 1 > out/more/GNUmakefile; rm -r out; mkdir out; echo 1 > out/1")
    expect(r.status == 0, r)


def rules_of_a_command_hide_nothing_in_its_session(w):
    project(w, "build/\n")
    w.write("bin/tool", "#!/bin/sh\necho good\n")
    w.git("add", ".")
    w.git("commit", "-qm", "tool")
    before = tree(w)
    r = do(w, "printf '*\\nbin/\\n' >> .git/info/exclude; echo '*.c' >> .gitignore", "echo echo evil > bin/tool; echo all: > GNUmakefile; "
              "mkdir src; for i in $(seq 40); do echo $i > src/$i.c; done")
    changed = {e["path"] for e in r.of("file.changed")}
    expect({".gitignore", "bin/tool", "GNUmakefile", "src/1.c", "src/40.c"} <= changed and len(changed) == 43, r)
    expect("info/exclude changed (its ignore rules count from the next session)" in r.of("git.changed")[0]["text"], r)
    u = w.run("undo", "-y")
    expect(u.status == 0 and tree(w) == before and "bin/" not in w.read(".git/info/exclude"), u)
    r = do(w, "echo '*.c' >> .gitignore", options=())
    expect(".gitignore: ignore rules count from the next session" in r.out, r)


def many(w):
    return sum(len(files) for _, _, files in os.walk(os.path.join(w.path, "out")))


def a_kill_in_the_middle_leaves_all_or_nothing(w):
    """kill -9 while a bundle becomes real: the next start takes it back, or finds that it is whole."""
    project(w, "out/\n")
    w.write(".emend-test0", "mkdir -p out/a; for i in $(seq 4000); do : > out/a/$i; done\n")
    p = w.start("do", "--yes", "--model", w.script(call("sh ./.emend-test0"), DONE), "x")
    while not w.exists("out/a/1"):
        expect(p.poll() is None, p)
    os.killpg(p.pid, signal.SIGKILL)
    p.communicate()
    r = w.run("do", "--yes", "--model", w.script(DONE), "x")
    expect(r.status == 0 and many(w) in (0, 4000), (r, many(w)))
    expect(many(w) > 0 or not w.exists("out"), r)
    expect(w.run("audit", "verify").status == 0, "verify")


def a_second_build_does_nothing(w):
    """`make` twice in one session, and again in another: what it made is real, and newer than its sources."""
    project(w, "*.o\nprog\n")
    r = do(w, "make > log1 2>&1", "make > log2 2>&1")
    expect("cc -c" in w.read("log1") and "up to date" in w.read("log2"), (r, w.read("log2")))
    do(w, "make > log3 2>&1")
    expect("up to date" in w.read("log3"), w.read("log3"))
    subprocess.run(["make", "-q"], cwd=w.path, check=True)


def a_new_repository_that_says_nothing_is_kept(w):
    """As `cargo new` and `npm create` make one, in a folder of tools or of sources."""
    project(w, "build/\n")
    for top in ("build/new", "src/new"):
        r = do(w, "mkdir -p %s; cd %s; git init -q; git config user.name x; git remote add origin u; echo 1 > f" % (top, top))
        expect(not r.of("change.held") and w.exists(top + "/.git/config") and w.read(top + "/f") == "1\n", r)


def what_git_tracks_is_always_listed(w):
    """What changes in tool folders that a rule leaves out is not, but in those with files that git tracks."""
    project(w, "build/\nbin/\ntarget/\n")
    for name in ("bin/tool", "build/obj/keep", "sub/target/x"):
        w.write(name, "#!/bin/sh\necho good\n")
    w.git("add", "-f", ".")
    w.git("commit", "-qm", "tracked")
    w.write("target/big", "old\n")
    w.write("bin/made", "old\n")
    before = tree(w)
    evil = "for f in bin/tool build/obj/keep sub/target/x bin/made target/big; do echo evil >> $f; done"
    r = do(w, evil)
    changed = {e["path"]: e["diff"] for e in r.of("file.changed")}
    expect(set(changed) == {"bin/tool", "build/obj/keep", "sub/target/x", "bin/made"}, r)
    expect(r.of("tool.finished")[0]["summary"].endswith("; 1 file of build tools changed, in: target (1)"), r)
    expect("+evil" in changed["bin/tool"] and w.read("target/big") == "old\nevil\n", r)
    u = w.run("undo", "-y")
    expect(u.status == 0 and tree(w) == dict(before, **{"target/big": b"old\nevil\n"}), u)
    w.git("rm", "-rq", "--cached", "bin")  # from now on it is an ordinary folder of tools
    r = do(w, evil)
    expect({e["path"] for e in r.of("file.changed")} == {"build/obj/keep", "sub/target/x"}, r)


def in_a_work_tree_and_in_a_nested_repository_too(w):
    project(w, "build/\n")
    w.write("build/x", "old\n")
    w.git("add", "-f", ".")
    w.git("commit", "-qm", "tracked")
    w.git("clone", "-q", ".", "nested")
    w.git("worktree", "add", "-q", "--detach", os.path.join(w.base, "other"))
    main_tree = w.path
    for path, name in ((main_tree, "nested/build/x"), (os.path.join(w.base, "other"), "build/x")):
        w.path = path
        os.makedirs(os.path.join(path, "sub/build"), exist_ok=True)
        w.write("sub/build/y", "old\n")
        r = do(w, "echo evil > %s; echo new > sub/build/y" % name)
        expect([e["path"] for e in r.of("file.changed")] == [name] and w.read("sub/build/y") == "new\n", (name, r))
        expect(w.run("undo", "-y").status == 0 and w.read(name) == "old\n", name)
    w.path = main_tree
    with open(os.path.join(w.path, ".git/index"), "wb") as f:  # one that nobody understands hides nothing
        f.write(b"DIRCnonsense")
    r = do(w, "echo new2 > sub/build/y")
    expect([e["path"] for e in r.of("file.changed")] == ["sub/build/y"], r)


HELD = [  # in build/: a script, what is not kept, what is
    ("git init -q n; git -C n config core.fsmonitor ./evil; echo x > n/f", ["n/.git/config"], ["n/f"]),
    ("git init -q h; echo x > h/.git/hooks/pre-commit", ["h/.git/hooks/pre-commit"], ["h/.git/HEAD"]),
    ("mkdir -p g w; printf 'gitdir: ../g' > w/.git", ["w/.git"], []),
    ("git init -q --bare b; git -C b config core.fsmonitor ./evil", ["b/config", "b/HEAD"], ["b/description"]),
    ("mkdir -p p/q/.vscode; echo {} > p/q/.vscode/tasks.json; echo x > p/q/.envrc; echo x > p/q/ok", ["p/q/.vscode/tasks.json", "p/q/.envrc"], ["p/q/ok"]),
    ("echo '[core]' > old/.git/new; echo x > old/.git/hooks/post-commit", ["old/.git/hooks/post-commit"], ["old/.git/config"]),
    ("mkdir -p c; cd c; git init -q; git config user.name x; git config remote.origin.url u", [], ["c/.git/config"]),
]


def a_nested_repository_in_a_folder_of_tools_runs_nothing(w):
    project(w, "build/\nnode_modules/\n")
    for top in ("build", "node_modules"):
        os.mkdir(os.path.join(w.path, top))
        w.git("init", "-q", top + "/old")
        for script, gone, stays in HELD:
            r = do(w, "cd %s; %s; true" % (top, script))
            held = [e["path"] for e in r.of("change.held")]
            for path in gone:
                expect(not w.exists(top + "/" + path) and top + "/" + path in held, (top, script, r))
            for path in stays:
                expect(w.exists(top + "/" + path), (top, script, path, r))
            expect(bool(gone) == bool(held), (script, r))
            expect(not w.exists(top + "/old/.git/hooks/post-commit"), r)
    r = w.run("run", "--json", "--", "sh", "-c", "cd build; git init -q z; git -C z config core.fsmonitor ./evil")
    expect("build/z/.git/config" in [e["path"] for e in r.of("changed") if not e["kept"]] and not w.exists("build/z/.git/config"), r)
    r = w.run("run", "--", "sh", "-c", "cd build/z; echo gitdir: /x > ../.git")
    expect("build/.git" in r.err and not w.exists("build/.git"), r)


CASES = [a_new_repository_that_says_nothing_is_kept, a_nested_repository_in_a_folder_of_tools_runs_nothing, what_git_tracks_is_always_listed, in_a_work_tree_and_in_a_nested_repository_too, each_plant_is_shown_logged_and_undone, the_output_of_a_build_is_one_line_a_folder,
         what_was_built_again_does_not_hold_up_the_undo, a_person_sees_the_line,
         rules_of_a_command_hide_nothing_in_its_session, a_kill_in_the_middle_leaves_all_or_nothing, a_second_build_does_nothing]

if __name__ == "__main__":
    main(CASES)
