#!/usr/bin/env python3
"""view - commands work on a view of the workspace: what they change becomes real when they are done, or not at all.

The whole list runs as the user who starts it and, when that is root, again as an ordinary user, who is made for it."""
import hashlib
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import support
from support import DONE, Workspace, expect

USER = "emendview%d" % os.getpid()  # several of these may run at once


def call(text, **more):
    return {"calls": [{"name": "run_command", "input": dict({"command": text}, **more)}]}


def tree(w):
    """Everything in the workspace: names, kinds, permissions, contents."""
    out = {}
    for folder, dirs, files in os.walk(w.path):
        for name in dirs + files:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            what = os.readlink(path) if stat.S_ISLNK(st.st_mode) else ""
            if stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    what = hashlib.sha256(f.read()).hexdigest()
            out[os.path.relpath(path, w.path)] = (st.st_mode, what)
    return out


def run(w, script, *options):
    """A shell script through `emend run`; the script itself lies outside of the workspace."""
    return w.run("run", *options, "--", "sh", "-c", script)


def layers(w):
    return [p for p, dirs, files in os.walk(os.path.join(w.state, "views")) if dirs or files
            if os.path.basename(p) != "views"]


def layers_left(w):
    """A large one is removed behind the command's back."""
    until = time.monotonic() + 60
    while layers(w) and time.monotonic() < until:
        time.sleep(0.05)
    return layers(w)


def git_knows_the_user(w):
    """Name, address and the global excludes reach git in commands; nothing that executes does."""
    w.repository()
    with open(os.path.join(w.home, ".gitconfig"), "w", encoding="utf-8") as f:
        f.write('[user]\n\tname = "Me \\"X\\" # Y" ; a remark\n\temail = me@example.org\n'
                "[core]\n\texcludesFile = ~/ignored\n\tfsmonitor = touch /tmp/x\n\teditor = vi\n[alias]\n\tx = !id\n")
    with open(os.path.join(w.home, "ignored"), "w", encoding="utf-8") as f:
        f.write("*.swp\n")
    w.write("a.swp", "x")
    w.write("b.txt", "x")
    r = run(w, "git add -A && git commit -qm more && git log -1 --format='%an <%ae>' && git show --stat --format= &&"
               " git config --list --show-origin | grep -c -e fsmonitor -e editor -e alias")
    expect('Me "X" # Y <me@example.org>' in r.out and "b.txt" in r.out and "a.swp" not in r.out, r)
    expect(r.out.endswith("0\n") or "\n0\n" in r.out, r)
    r = run(w, "git config user.email other@example.org && git commit -q --allow-empty -m x && git log -1 --format=%ae")
    expect("other@example.org" in r.out, r)


def changes_of_every_kind_become_real(w):
    w.write("keep", "same\n")
    w.write("edit", "old\n")
    w.write("gone", "x\n")
    w.write("dir/a", "a\n")
    w.write("kind", "file\n")
    os.chmod(w.write("tool", "echo\n"), 0o640)
    r = run(w, "echo new > edit; rm gone; mv dir/a dir/b; mkdir -p deep/er && echo d > deep/er/f; ln -s edit link; "
               "rm kind && mkdir kind && echo k > kind/k; chmod +x tool; mkdir empty; touch keep")
    expect(r.status == 0 and not r.err, r)
    expect(w.read("edit") == "new\n" and not w.exists("gone") and not w.exists("dir/a"), r)
    expect(w.read("dir/b") == "a\n" and w.read("deep/er/f") == "d\n" and w.read("kind/k") == "k\n", r)
    expect(os.readlink(os.path.join(w.path, "link")) == "edit", r)
    expect(os.stat(os.path.join(w.path, "tool")).st_mode & 0o777 == 0o751, oct(os.stat(os.path.join(w.path, "tool")).st_mode))
    expect(os.path.isdir(os.path.join(w.path, "empty")) and not layers_left(w), layers_left(w))


def a_folder_in_place_of_a_file_goes_with_the_undo(w):
    w.write("kind", "file\n")
    r = w.run("do", "-y", "--model", w.script(call("rm kind && mkdir -p kind/in && echo k > kind/in/k"), DONE), "x")
    expect(r.status == 0 and w.read("kind/in/k") == "k\n", r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and w.read("kind") == "file\n", r)


def what_run_changed_is_undone(w):
    for name in ("edit", "gone", "dir/a", "kind"):
        w.write(name, name + "\n")
    os.chmod(w.write("tool", "echo\n"), 0o640)
    w.write("large", "x" * 100000)
    w.write(".gitignore", "out/\n")
    before = tree(w)
    script = ("echo new > edit; rm gone; mv dir/a dir/b; mkdir -p deep/er && echo d > deep/er/f; ln -s edit link; rm kind && mkdir kind && "
              "echo k > kind/k; chmod +x tool; echo >> large; mkdir out; for i in $(seq 300); do echo $i > out/$i; done")
    r = run(w, script)
    after = tree(w)
    expect(r.status == 0 and "undo does not" not in r.err and len(after) > 300, r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and tree(w) == before, (r, set(tree(w).items()) ^ set(before.items())))
    r = w.run("redo", "-y")
    expect(w.read("edit") == "new\n" and w.read("kind/k") == "k\n" and not w.exists("gone"), r)
    expect(w.run("audit", "verify").status == 0, w.run("audit", "verify"))


def run_that_changes_nothing_leaves_no_log(w):
    r = run(w, "true")
    expect(r.status == 0 and not os.path.exists(os.path.join(w.state, "sessions")), os.listdir(w.state))
    r = run(w, "echo x > a; exit 3")
    expect(r.status == 3 and len(os.listdir(os.path.join(w.state, "sessions"))) == 1, r)
    r = w.run("chat", "--resume", "last")
    expect(r.status != 0 and "no session of this folder" in r.err.lower(), r)  # nothing was said in it


def what_undo_could_not_have_is_not_made(w):
    w.write("a", "old\n")
    os.makedirs(w.state, exist_ok=True)
    w.write(os.path.join(w.state, "sessions"), "in the way")
    r = run(w, "echo new > a")
    expect(r.status == 1 and "not kept: a: " in r.err and w.read("a") == "old\n", r)


def layers_can_lie_in_memory(w):
    w.env["EMEND_TEST_FORBID"] = "disk"
    changes_of_every_kind_become_real(w)
    before = tree(w)
    many = "mkdir new; for i in $(seq 250); do echo $i > new/$i; done"
    r = w.run("do", "-y", "--model", w.script(call(many), DONE), "x")
    expect(r.status == 0 and w.read("new/250") == "250\n", r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and tree(w) == before, r)
    r = run(w, many)
    expect(r.status == 0 and w.read("new/250") == "250\n", r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and tree(w) == before, r)
    r = run(w, "mkdir new; for i in $(seq 1300); do echo $i > new/$i; done; for i in 1 2 3; do "
               "head -c 8000000 /dev/zero > new/large$i; done")
    expect(r.status == 0 and "undo does not cover" not in r.err and w.read("new/1300") == "1300\n", r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and tree(w) == before, r)
    expect("in memory" in w.run("doctor").out, "doctor")
    shutil.rmtree(w.path)
    os.mkdir(w.path)
    git_commit_works_and_a_hook_does_not_survive(w)


def nothing_is_real_before_the_end(w):
    w.write("a", "old\n")
    p = w.start("run", "--", "sh", "-c", "echo new > a; echo ready; read x < /dev/null; sleep 20")
    expect(p.stdout.readline() == b"ready\n", p)
    expect(w.read("a") == "old\n", "it changed at once")
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=20)
    expect(w.read("a") == "old\n" and not layers_left(w), layers_left(w))


def what_is_stopped_leaves_nothing(w):
    w.write("a", "old\n")
    w.write("sub/b", "b\n")
    before = tree(w)
    r = run(w, "echo new > a; rm -r sub; mkdir -p x/y; echo z > x/y/z; sleep 60", "--timeout", "1")
    expect(r.status == 124 and "dropped" in r.err, r)
    expect(tree(w) == before and not layers_left(w), r)


def thousands_of_changes_are_kept(w):
    r = run(w, "mkdir many; i=0; while [ $i -lt 5100 ]; do : > many/$i; i=$((i+1)); done")
    expect(r.status == 0 and len(os.listdir(os.path.join(w.path, "many"))) == 5100 and not layers_left(w), r)


def git_commit_works_and_a_hook_does_not_survive(w):
    w.repository()
    r = run(w, "printf '#!/bin/sh\\ntouch /tmp/x\\n' > .git/hooks/post-commit; chmod +x .git/hooks/post-commit; "
               "git config alias.st '!touch pwned'; echo more >> calc.py; "
               "git -c user.name=t -c user.email=t@e commit -qam second && git log --oneline | wc -l")
    expect(r.status == 1 and r.out.strip() == "2", r)  # something was not kept
    expect(not w.exists(".git/hooks/post-commit") and "alias" not in w.read(".git/config"), r)
    expect("not kept: .git/hooks/post-commit" in r.err and "not kept: .git/config" in r.err, r)
    out = subprocess.run(["git", "log", "--format=%s"], cwd=w.path, env=w.env, capture_output=True, check=True)
    expect(out.stdout == b"second\nfirst\n", out)
    out = subprocess.run(["git", "status", "--porcelain"], cwd=w.path, env=w.env, capture_output=True, check=True)
    expect(out.stdout == b"", out)
    subprocess.run(["git", "fsck", "--strict"], cwd=w.path, env=w.env, capture_output=True, check=True)


PLANTS = [
    ("a hook", "echo x > .git/hooks/pre-commit", [".git/hooks/pre-commit"]),
    ("the configuration, by rename", "cp .git/config c; echo '[core]' >> c; mv c .git/config", []),
    ("a second configuration", "echo x > .git/config.worktree", [".git/config.worktree"]),
    ("commondir", "echo ../x > .git/commondir", [".git/commondir"]),
    ("attributes", "mkdir -p .git/info; echo '* filter=x' > .git/info/attributes", [".git/info/attributes"]),
    ("hooks as a link", "rm -rf .git/hooks; mkdir h; echo x > h/pre-commit; ln -s ../h .git/hooks", []),
    ("git's info as a link", "rm -rf .git/info; mkdir i; echo x > i/attributes; ln -s ../i .git/info", []),
    ("a nested repository", "mkdir sub; git init -q sub; git -C sub config core.fsmonitor x", ["sub/.git/config"]),
    ("a git file", "mkdir s2 g; echo 'gitdir: ../g' > s2/.git", ["s2/.git"]),
    ("a link called .git", "mkdir s3 g3; ln -s ../g3 s3/.git", ["s3/.git"]),
    ("another case", "mkdir -p s4/.GIT/hooks; echo x > s4/.GIT/hooks/pre-commit", ["s4/.GIT/hooks/pre-commit"]),
    ("a bare repository", "git init -q --bare b; git -C b config core.fsmonitor x", ["b/config", "b/HEAD"]),
    ("a module", "mkdir -p .git/modules/m; echo x > .git/modules/m/config", [".git/modules/m/config"]),
    ("editor tasks", "mkdir .vscode; echo x > .vscode/tasks.json", [".vscode/tasks.json"]),
    ("editor tasks by rename", "mkdir v; echo x > v/tasks.json; mv v .vscode", [".vscode/tasks.json"]),
    ("editor tasks deeper", "mkdir -p p/.idea; echo x > p/.idea/w.xml", ["p/.idea/w.xml"]),
    ("a folder of settings as a link", "mkdir v; ln -s v .vscode", [".vscode"]),
    ("start files", "echo x > .envrc; echo x > .nvim.lua; echo x > .exrc; echo x > .dir-locals.el; echo x > .npmrc",
     [".envrc", ".nvim.lua", ".exrc", ".dir-locals.el", ".npmrc"]),
    ("our own settings", "mkdir -p .emend; echo '{}' > .emend/config.json", [".emend/config.json"]),
    ("husky", "mkdir .husky; echo x > .husky/pre-commit", [".husky/pre-commit"]),
    ("a secret", "echo x > .env; echo x > deploy.pem", [".env", "deploy.pem"]),
    ("a link outside", "ln -s /etc/passwd l; ln -s ../../x m; ln -s . d; ln -s d/../../x n", ["l", "m", "n"]),
    ("a pipe and a socket", "mkfifo p; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'", ["p", "s"]),
    ("the whole history", "rm -rf .git", []),
    ("the history, made anew", "rm -rf .git; git init -q; git config core.fsmonitor x", []),
    ("the objects", "rm -rf .git/objects", []),
]


def what_executes_later_does_not_become_real(w):
    w.repository()
    w.write("src/a", "a\n")
    subprocess.run(["git", "config", "core.fsmonitor", "false"], cwd=w.path, check=True)
    before = {k: v for k, v in tree(w).items() if k.startswith(".git")}
    for name, script, absent in PLANTS:
        r = run(w, script)
        for path in absent:
            expect(not os.path.lexists(os.path.join(w.path, path)), (name, path, r))
        if absent:
            expect("not kept: " + absent[0] in r.err, (name, r))
        now = {k: v for k, v in tree(w).items() if k.startswith(".git")}
        changed = {k for k in before if now.get(k) != before[k]}
        expect(not changed, (name, changed, r))
        expect(not any(k for k in now if k not in before and "hook" in k or k.endswith((".git/config", "attributes"))
                       and k not in before), (name, r))
        w.git("fsck")


def a_repository_in_three_steps_is_seen(w):
    run(w, "mkdir b; echo '[core]' > b/config; mkdir -p b/hooks; echo x > b/hooks/x")
    expect(w.exists("b/config"), "an ordinary file called config")
    run(w, "mkdir -p b/objects b/refs; echo x > b/objects/k; echo x > b/refs/k")
    r = run(w, "echo 'ref: refs/heads/main' > b/HEAD")
    expect(not w.exists("b/HEAD") and "not kept: b/HEAD" in r.err, r)


def yes_keeps_what_is_protected(w):
    w.repository()
    r = run(w, "echo x > .git/hooks/pre-commit; mkfifo p; echo x > .env", "-y")
    expect(w.read(".git/hooks/pre-commit") == "x\n" and not w.exists("p") and not w.exists(".env"), r)


def odd_permissions_stay_behind(w):
    w.write("a", "x\n")
    r = run(w, "python3 -c 'import os; os.open(\"s\", os.O_CREAT | os.O_WRONLY, 0o6755)'; mkdir -m 2777 d; touch d/f; "
               "mkdir -m 0 closed; chmod 000 a; true")
    expect(r.status == 0, r)
    for path in ("s", "d", "d/f"):  # a file with such a bit may not even be made
        full = os.path.join(w.path, path)
        expect(not os.path.lexists(full) or os.lstat(full).st_mode & 0o7000 == 0, (path, r))
    expect(not layers_left(w), layers_left(w))
    os.chmod(os.path.join(w.path, "a"), 0o600)


def a_parent_swapped_for_a_link_leads_nowhere(w):
    outside = os.path.join(w.base, "outside")
    os.mkdir(outside)
    w.write("src/a", "a\n")
    run(w, "rm -r src; ln -s %s src" % outside)
    expect(not os.path.islink(os.path.join(w.path, "src")), "a link to the outside")
    w.write("src/a", "a\n")
    os.symlink(outside, os.path.join(w.path, "out"))
    run(w, "rm out; mkdir out; echo x > out/planted")
    expect(os.listdir(outside) == [], os.listdir(outside))


def a_file_that_somebody_else_changed_is_left_alone(w):
    w.write("a", "old\n")
    w.write("b", "old\n")
    p = w.start("run", "--", "sh", "-c", "echo theirs > a; echo theirs > b; echo ready; sleep 1")
    expect(p.stdout.readline() == b"ready\n", p)
    w.write("a", "mine\n")
    out, err = p.communicate(timeout=30)
    expect(w.read("a") == "mine\n" and w.read("b") == "theirs\n" and b"not kept: a" in err, err)


def a_large_ignored_tree_lies_on_the_layer(w):
    w.repository()
    w.write(".gitignore", "node_modules/\nbuild/\n*.log\n")
    for name in ("node_modules", "build"):
        os.mkdir(os.path.join(w.path, name))
    big = os.path.join(w.path, "build", "big")
    with open(big, "wb") as f:
        f.truncate(200 * 1024 * 1024)
    p = w.start("run", "--", "sh", "-c", "echo x >> build/big; echo y > node_modules/y; echo l > new.log; echo ready; sleep 1")
    expect(p.stdout.readline() == b"ready\n", p)
    size = sum(os.lstat(os.path.join(d, f)).st_blocks * 512 for d, _, fs in os.walk(os.path.join(w.state, "views")) for f in fs)
    expect(size < 1024 * 1024, size)
    out, err = p.communicate(timeout=30)
    expect(p.returncode == 0 and not err, err)
    expect(os.stat(big).st_size == 200 * 1024 * 1024 + 2, os.stat(big))
    expect(w.read("node_modules/y") == "y\n" and w.read("new.log") == "l\n", err)


def a_folder_does_not_slip_out_of_sight(w):
    w.repository()
    w.write(".gitignore", "build/\n")
    w.write("bin/deploy", "old\n")
    w.write("build/x", "old\n")
    r = w.run("do", "--json", "--yes", "--model", w.script(
        call("echo bin/ >> .gitignore"), call("echo new > bin/deploy; echo new > build/x"), DONE), "x")
    expect(r.status == 0 and [e["path"] for e in r.of("file.changed")] == [".gitignore", "bin/deploy"], r)
    expect(w.read("bin/deploy") == "new\n" and w.read("build/x") == "new\n", r)


def protected_files_in_an_ignored_folder_cannot_be_changed(w):
    w.repository()
    w.write(".gitignore", "build/\n.vscode/\n")
    w.write("build/.vscode/tasks.json", "{}\n")
    w.write(".vscode/settings.json", "{}\n")
    r = run(w, "echo x > build/.vscode/tasks.json; echo x > .vscode/settings.json")
    expect(w.read("build/.vscode/tasks.json") == "{}\n" and w.read(".vscode/settings.json") == "{}\n", r)


def secrets_are_hidden_in_the_view(w):
    w.write(".env", "KEY=1\n")
    r = run(w, "cat .env; echo x >> .env; rm -f .env; mv .env e2; true")
    expect("KEY" not in r.out and w.read(".env") == "KEY=1\n", r)


def credentials_in_a_git_configuration_are_hidden(w):
    w.repository()
    w.git("remote", "add", "origin", "https://me:TOKEN@example.org/r.git")
    w.git("config", "http.https://example.org/.extraheader", "AUTHORIZATION: basic TOKEN")
    w.git("clone", "-q", ".", "nested")
    w.write("nested/.git/config", w.read("nested/.git/config") + "[remote \"up\"]\n\turl = http://TOKEN@example.org/u\n")
    before = w.read(".git/config")
    for forbid in ("", "overlay"):
        w.env["EMEND_TEST_FORBID"] = forbid
        r = run(w, "cat .git/config nested/.git/config; git remote -v; git -c user.name=t -c user.email=t@example.org commit "
                   "-q --allow-empty -m works")
        expect(r.status == 0 and "TOKEN" not in r.out, r)
        expect("url = https://example.org/r.git" in r.out and "http://example.org/u" in r.out, r)
        r = run(w, "git config a.b c")  # it would be written without them
        expect(r.status != 0 and w.read(".git/config") == before, r)
    w.env["EMEND_TEST_FORBID"] = ""
    w.git("config", "--remove-section", "http.https://example.org/")
    w.git("remote", "set-url", "origin", "https://example.org/r.git")
    expect("example.org/r.git" in run(w, "git config a.b c && cat .git/config").out, "plain")


def a_worktree_finds_its_repository(w):
    w.repository()
    w.git("remote", "add", "origin", "https://me:TOKEN@example.org/r.git")
    w.git("worktree", "add", "-q", os.path.join(w.base, "other"))
    w.write("secret.txt", "of the main tree\n")
    main_tree, w.path = w.path, os.path.join(w.base, "other")
    r = run(w, "git status --short && git log --oneline && cat %s/.git/config" % main_tree)
    expect(r.status == 0 and "first" in r.out and "TOKEN" not in r.out and "example.org/r.git" in r.out, r)
    r = run(w, "cat %s/secret.txt; echo x > %s/.git/hooks/post-commit" % (main_tree, main_tree))
    expect(r.status != 0 and "of the main tree" not in r.out, r)
    expect(not os.path.exists(main_tree + "/.git/hooks/post-commit"), r)
    w.path = os.path.join(w.base, "liar")
    w.write(".git", "gitdir: %s/.git/worktrees/other\n" % main_tree)
    r = run(w, "git log --oneline; ls %s/.git" % main_tree)
    expect(r.status != 0 and "first" not in r.out, r)


def what_a_killed_emend_left_is_removed_later(w):
    p = w.start("run", "--", "sh", "-c", "echo x > a; echo ready; sleep 30")
    expect(p.stdout.readline() == b"ready\n", p)
    expect(layers(w), "no layer while it runs")
    os.killpg(p.pid, signal.SIGKILL)
    p.communicate()
    end = time.monotonic() + 60
    r = run(w, "true")
    while layers(w) and time.monotonic() < end:  # its own processes may still be ending
        time.sleep(0.1)
        r = run(w, "true")
    expect(r.status == 0 and not layers(w) and not w.exists("a"), layers(w))


def without_an_overlay_commands_work_on_a_copy(w):
    """For the rest of it see view_copy.py."""
    w.write("a", "old\n")
    p = w.start("run", "--", "sh", "-c", "echo new > a; echo ready; sleep 60", EMEND_TEST_FORBID="overlay")
    expect(p.stdout.readline() == b"ready\n" and w.read("a") == "old\n", p)
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=60)
    expect(w.read("a") == "old\n", "it was stopped")
    r = w.run("run", "--", "sh", "-c", "echo new > a", EMEND_TEST_FORBID="overlay")
    expect(r.status == 0 and w.read("a") == "new\n", r)
    d = w.run("doctor", EMEND_TEST_FORBID="overlay")
    expect("missing  overlay" in d.out and "works on a copy of the workspace" in d.out, d)
    expect("ok       overlay" in w.run("doctor", EMEND_TEST_FORBID="").out, "doctor")


def a_task_tells_logs_and_undoes_what_a_command_changed(w):
    w.repository()
    w.write("gone.sh", "echo\n")
    os.chmod(os.path.join(w.path, "gone.sh"), 0o755)
    with open(os.path.join(w.path, "bytes"), "wb") as f:
        f.write(b"\0\1\2")
    w.write("work.sh", "sed -i 's/a - b/a + b/' calc.py; rm gone.sh; echo t > Makefile; printf '\\003\\000' > bytes\n"
                       "echo h > .git/hooks/pre-push; ln -s calc.py link; chmod +x calc.py\n")
    before = tree(w)
    model = w.script(call("sh work.sh"), DONE)
    r = w.run("do", "--json", "--yes", "--model", model, "mend")
    changed = {e["path"]: e for e in r.of("file.changed")}
    expect(set(changed) == {"calc.py", "gone.sh", "Makefile", "bytes", "link"}, r)
    expect("+    return a + b\n" in changed["calc.py"]["diff"] and changed["gone.sh"]["after"] == "", r)
    log = open(w.log_path(r.events()[0]["session"]), encoding="utf-8").read()
    result = [json.loads(line) for line in log.splitlines() if '"type":"result"' in line][0]["text"]
    expect("M calc.py (+1 -1)" in result and "D gone.sh" in result and "execute it later" in result, result)
    expect("not kept: .git/hooks/pre-push" in result and not w.exists(".git/hooks/pre-push"), result)
    edits = [json.loads(line) for line in log.splitlines() if '"type":"edit"' in line]
    expect(len(edits) == 6 and all(e["via"] == "command" for e in edits), edits)
    d = w.run("diff").out
    expect("permissions 644 -> 755: calc.py\n" in d and "link made: link\n" in d, d)
    u = w.run("undo", "-y")
    expect(u.status == 0, u)
    expect(tree(w) == before, (u, set(tree(w).items()) ^ set(before.items())))


def what_may_not_be_written_is_not_written_by_commands(w):
    w.write("a", "old\n")
    w.write("work.sh", "echo new > a; echo ran\n")
    w.config('{"permissions": {"allow": ["sh work.sh"]}}')
    r = w.run("do", "--json", "--mode", "read-only", "--model", w.script(call("sh work.sh"), DONE), "look")
    log = open(w.log_path(r.events()[0]["session"]), encoding="utf-8").read()
    expect("ran" in log and "was dropped" in log and w.read("a") == "old\n", r)


def a_stopped_command_of_a_task_leaves_nothing(w):
    w.repository()
    w.write("work.sh", "rm -r .git; echo x > calc.py; sleep 60\n")
    before = tree(w)
    model = w.script(call("sh work.sh", timeout_ms=700), DONE)
    r = w.run("do", "--json", "--yes", "--model", model, "mend")
    log = open(w.log_path(r.events()[0]["session"]), encoding="utf-8").read()
    expect("nothing that it changed was kept" in log and tree(w) == before, r)


CASES = [v for k, v in list(globals().items()) if callable(v) and getattr(v, "__module__", "") == __name__
         and v.__code__.co_varnames[:1] == ("w",) and v.__code__.co_argcount == 1 and k not in ("tree", "layers", "layers_left")]


def as_user(script):
    """Runs it again as an ordinary user. Returns its lines."""
    made = False
    try:
        pwd.getpwnam(USER)
    except KeyError:
        made = subprocess.run(["useradd", "-m", USER], capture_output=True, check=False).returncode == 0
        if not made:
            return None
    u = pwd.getpwnam(USER)
    place = tempfile.mkdtemp(prefix="emend-view-", dir="/var/tmp")
    os.chmod(place, 0o755)
    for f in {support.EMEND, __file__, support.__file__, script}:
        shutil.copy(f, place)

    def become():
        os.setgroups([])
        os.setgid(u.pw_gid)
        os.setuid(u.pw_uid)
    try:
        env = {"PATH": "/usr/bin:/bin", "HOME": u.pw_dir, "LANG": "C.UTF-8", "TMPDIR": "/var/tmp",
               "EMEND": place + "/emend"}
        env.update({k: os.environ[k] for k in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if k in os.environ})
        p = subprocess.run(["/usr/bin/python3", os.path.join(place, os.path.basename(script))], preexec_fn=become, cwd=place, env=env,
                           stdout=subprocess.PIPE, check=False)
        return p.stdout.decode("utf-8").splitlines()
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if made:
            subprocess.run(["userdel", "-r", USER], capture_output=True, check=False)


def main(script=__file__):
    number = bad = 0
    for case in CASES:
        number += 1
        name = case.__name__.replace("_", " ")
        try:
            with Workspace() as w:
                case(w)
            print("ok %d - %s" % (number, name))
        except Exception:  # a test that breaks is a test that fails; the next ones still run
            bad += 1
            print("not ok %d - %s" % (number, name))
            print("".join("# " + line + "\n" for line in support.traceback.format_exc().splitlines()), end="")
        sys.stdout.flush()
    if os.getuid() == 0:
        lines = as_user(script)
        if lines is None:
            number += 1
            print("ok %d - as an ordinary user # SKIP no user can be made here" % number)
        for line in lines or []:
            if line.startswith(("ok ", "not ok ")):
                number += 1
                bad += line.startswith("not")
                print("%s %d - user: %s" % (line.split(" -")[0].rstrip("0123456789 "), number, line.split(" - ", 1)[1]))
            elif not line.startswith("1.."):
                print(line)
    print("1..%d" % number)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
