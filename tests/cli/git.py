#!/usr/bin/env python3
"""git - what a command does to a repository, with the real git: it works as outside, is told in one line, stands in
the log and is undone; what would destroy history is not kept, and that is said to the person."""
import os
import subprocess

from support import DONE, Workspace, expect, main

SAME_TIME = {"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z"}


def call(text):
    return {"calls": [{"name": "run_command", "input": {"command": text}}]}


def git(w, *args, ok=True):
    r = subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *args], cwd=w.path,
                       env=dict(w.env, **SAME_TIME), capture_output=True, text=True, check=False)
    expect(not ok or r.returncode == 0, r)
    return r.stdout


def repository(w):
    w.write("a", "one\n")
    git(w, "init", "-q", "-b", "main")
    git(w, "config", "user.name", "t")
    git(w, "config", "user.email", "t@example.org")
    git(w, "add", "a")
    git(w, "commit", "-qm", "one")
    git(w, "tag", "v1")


def state(w):
    """What git has to say: commits, branches, tags, stashes, what is staged and changed."""
    said = [git(w, *args, ok=False) for args in (
        ["log", "--all", "--format=%H %s"], ["for-each-ref"], ["stash", "list"], ["ls-files", "-s", "-v"], ["status", "--porcelain"],
        ["symbolic-ref", "-q", "HEAD"])]
    return [[line for line in text.splitlines() if ".emend-test" not in line] for text in said]


def whole(w):
    git(w, "fsck", "--strict")


def do(w, *commands):
    """Each command in a script of the project: the policy judges command lines, and here it is about deeds."""
    for i, text in enumerate(commands):
        w.write(".emend-test%d" % i, text + "\n")
    commands = ["sh ./.emend-test%d" % i for i in range(len(commands))]
    r = w.run("do", "--json", "--yes", "--model", w.script(*[call(c) for c in commands], DONE), "x")
    return r, [e for e in r.of("git.changed")]


def run(w, script, *options):
    return w.run("run", *options, "--", "sh", "-c", script)


EXPORT = "export " + " ".join("%s=%s" % x for x in SAME_TIME.items()) + "; "
DAILY = [
    "echo two >> a; git commit -qam two",
    "git checkout -q -b feature; echo f > f; git add f; git commit -qm feature",
    "git checkout -q main; echo m > m; git add m; git commit -qm m; git merge -q -m merge feature",
    "echo x >> a; echo y > y; git add y; git stash -q",
    "git stash pop -q; git reset -q --hard",
    "git tag -a -m v2 v2; git branch -d feature",
    "git checkout -q -b topic HEAD~1; echo t > t; git add t; git commit -qm t; git rebase -q main",
    "git checkout -q main; git cherry-pick topic; git rm -q f; git mv m n; git commit -qm moved",
    "git revert --no-edit HEAD; git reset -q --soft HEAD~1; git restore --staged .; git checkout -q .",
    "git worktree list; git notes add -m n; git gc -q; git repack -adq; git pack-refs --all",
    "git config x.y 1 || true; git commit -q --allow-empty -m after; git bisect start -q HEAD v1; git bisect reset -q",
]


def daily_work_is_as_outside(w):
    """The same commands in the sandbox and outside end in the same repository."""
    repository(w)
    with Workspace() as other:
        repository(other)
        for script in DAILY[:-1]:
            r = run(w, EXPORT + script)
            expect(r.status == 0, (script, r))
            subprocess.run(["sh", "-c", EXPORT + script], cwd=other.path, env=other.env, capture_output=True, check=True)
            whole(w)
            expect(state(w) == state(other), (script, state(w), state(other)))


def looking_changes_nothing(w):
    """`git status` writes the index anew; that says nothing, in all versions of the index."""
    repository(w)
    for version in ("2", "3", "4"):
        git(w, "update-index", "--index-version", version)
        os.utime(os.path.join(w.path, "a"), (1, 1))
        r, changed = do(w, "git status; git log; git diff")
        expect(r.status == 0 and not changed and r.of("task.finished")[-1]["files"] == [], r)
        expect(" a" not in git(w, "status", "--porcelain").splitlines(), version)


def a_commit_is_told_and_undone(w):
    repository(w)
    before = state(w)
    r, changed = do(w, "echo two >> a; git commit -qam two")
    text = changed[0]["text"]
    expect(len(changed) == 1 and text.startswith("git: refs/heads/main moved, index changed, 3 objects added"), r)
    ref = changed[0]["refs"][0]
    expect(ref["ref"] == "refs/heads/main" and ref["before"] == before[0][0].split()[0], ref)
    expect(ref["after"] == git(w, "rev-parse", "HEAD").strip(), ref)
    expect([e["path"] for e in r.of("file.changed")] == ["a"], r)
    expect(sorted(r.of("task.finished")[-1]["files"]) == [".git", "a"], r)
    after = state(w)
    git(w, "status")  # rewrites the index: it still says the same
    os.utime(os.path.join(w.path, "a"))
    git(w, "status")
    u = w.run("undo", "-y")
    expect(u.status == 0 and "git: restored refs/heads/main" in u.out and state(w) == before, (u, state(w)))
    whole(w)
    u = w.run("redo", "-y")
    expect(u.status == 0 and state(w) == after, (u, state(w)))
    whole(w)
    d = w.run("diff")
    expect("+two" in d.out and "DIRC" not in d.out and "git: " in d.out, d)


def a_branch_that_moved_since_is_left(w):
    repository(w)
    do(w, "echo two >> a; git commit -qam two", "git checkout -q -b f; echo 3 >> a; git commit -qam three")
    git(w, "commit", "-q", "--allow-empty", "-m", "mine")
    before = state(w)
    u = w.run("undo", "-y")
    expect("not undone: .git: refs/heads/f was changed since" in u.out + u.err and w.read("a") == "one\n", u)
    expect(u.out.count("not undone") + u.err.count("not undone") == 1, u)
    expect(state(w)[:4] == before[:4], (u, state(w)))
    whole(w)


DEEDS = [  # a name, a script, what the line says; each is undone
    ("a branch is moved", "git update-ref refs/heads/main $(git commit-tree -m evil HEAD^{tree})", "refs/heads/main moved"),
    ("a branch is written by hand", "git rev-parse HEAD > .git/refs/heads/evil", "refs/heads/evil created"),
    ("a tag is moved", "git commit -q --allow-empty -m x; git update-ref refs/tags/v1 HEAD", "refs/tags/v1 moved"),
    ("a branch is removed", "rm .git/refs/heads/main", "refs/heads/main removed"),
    ("packed refs are removed", "git pack-refs --all; rm .git/packed-refs", "refs/tags/v1 removed"),
    ("HEAD is another branch", "git symbolic-ref HEAD refs/heads/none", "HEAD changed"),
    ("changes of a file are hidden", "git update-index --assume-unchanged a", "index changed"),
    ("the index is emptied", "rm .git/index", "index removed"),
    ("the log is lost", "rm -r .git/logs", "2 other files of git"),
    ("the user's own rules", "echo '*' >> .git/info/exclude", "info/exclude changed"),
    ("objects are elsewhere", "echo /tmp > .git/objects/info/alternates", "objects/info/alternates created"),
    ("a merge is in the way", "git rev-parse HEAD > .git/MERGE_HEAD", "MERGE_HEAD created"),
]


def each_deed_is_shown_and_undone(w):
    repository(w)
    git_files = lambda: {os.path.join(d, f): open(os.path.join(d, f), "rb").read()
                         for d, _, fs in os.walk(os.path.join(w.path, ".git")) for f in fs if f != "index" and ("/objects/" not in d + "/" or "info" in d)}
    for name, script, says in DEEDS:
        before, said = git_files(), state(w)
        r, changed = do(w, script)
        expect(r.status == 0 and len(changed) == 1 and says in changed[0]["text"], (name, r))
        expect(git_files() != before or state(w) != said, name)
        u = w.run("undo", "-y")
        expect(u.status == 0 and git_files() == before and state(w) == said, (name, u, set(git_files()) ^ set(before)))
        whole(w)


def what_a_person_ran_is_undone_too(w):
    """The same by `emend run`."""
    repository(w)
    for name, script, says in DEEDS:
        said = state(w)
        r = run(w, "export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@e GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@e; " + script, "-y")
        expect(r.status == 0 and says in r.err, (name, r))
        u = w.run("undo", "-y")
        expect(u.status == 0 and state(w) == said, (name, u))
        whole(w)


LOSSES = [  # a name, a script, what is said not to be kept
    ("all objects", "rm -rf .git/objects/*", ".git/objects"),
    ("one object", "rm -f .git/objects/*/*[0-7]", ".git/objects"),
    ("an object is emptied", "for f in .git/objects/*/*; do chmod u+w $f; : > $f; done", ".git/objects"),
    ("an object is replaced by another", "set -- .git/objects/*/*; cat $1 > x; mv -f x $2", ".git/objects"),
    ("HEAD is emptied", ": > .git/HEAD", ".git/HEAD"),
    ("HEAD is removed", "rm .git/HEAD", ".git/HEAD"),
    ("the folder of objects", "rm -rf .git/objects", ".git/objects"),
    ("the folder of refs", "rm -rf .git/refs", ".git/refs"),
    ("the repository", "rm -rf .git", ".git"),
]


def history_is_not_lost(w):
    repository(w)
    git(w, "commit", "-q", "--allow-empty", "-m", "two")
    for packed in (False, True):
        if packed:
            git(w, "gc", "-q")
            git(w, "commit", "-q", "--allow-empty", "-m", "three")
        for name, script, held in LOSSES:
            before = state(w)
            r, _ = do(w, script)
            expect(state(w) == before, (name, r, state(w)))
            whole(w)
            expect(held in [e["path"] for e in r.of("change.held")], (name, r))
            expect(not r.of("tool.finished")[0]["ok"], (name, r))


def a_false_pack_does_not_replace_objects(w):
    """A pack whose index names the objects, but which does not hold them, is no reason to let them go."""
    repository(w)
    git(w, "commit", "-q", "--allow-empty", "-m", "two")
    known = git(w, "rev-list", "--all", "--objects")
    script = ("set -e; p=.git/objects/pack; git rev-list --all --objects | cut -d' ' -f1 | git pack-objects -q $p/pack > name; "
              "n=$(cat name); rm name; chmod u+w $p/*; s=$(stat -c %s $p/pack-$n.pack); "
              "python3 -c 'import sys; f = open(sys.argv[1], \"r+b\"); f.seek(12); f.write(bytes(int(sys.argv[2]) - 32))' $p/pack-$n.pack $s; "
              "rm -rf .git/objects/[0-9a-f][0-9a-f]")
    r = run(w, script)
    expect(r.status == 1 and "not kept: .git/objects: the command removed" in r.err, r)
    pack = os.path.join(w.path, ".git/objects/pack")
    for name in os.listdir(pack):  # the user throws it away, and has lost nothing
        os.unlink(os.path.join(pack, name))
    whole(w)
    expect(git(w, "rev-list", "--all", "--objects") == known, r)


def what_gc_put_into_packs_may_go(w):
    repository(w)
    for i in range(30):
        git(w, "commit", "-q", "--allow-empty", "-m", "c%d" % i)
    r = run(w, "git gc -q")
    expect(r.status == 0 and "objects removed, as others hold the same" in r.err, r)
    whole(w)
    loose = [f for d, _, fs in os.walk(os.path.join(w.path, ".git/objects")) for f in fs if len(f) == 38]
    expect(not loose and len(git(w, "rev-list", "--all").split()) == 31, loose)
    git(w, "commit", "-q", "--allow-empty", "-m", "last")
    r = run(w, "git repack -adq")
    whole(w)
    packs = [f for f in os.listdir(os.path.join(w.path, ".git/objects/pack")) if f.endswith(".pack")]
    expect(len(packs) == 1 and len(git(w, "rev-list", "--all").split()) == 32, (packs, r))


def many_loose_objects_cost_nothing(w):
    """A command pays for what it changed, not for what is there: strace would see the folder being listed."""
    repository(w)
    folder = os.path.join(w.path, ".git/objects/aa")
    os.makedirs(folder, exist_ok=True)
    for i in range(20000):
        with open(os.path.join(folder, "%038x" % i), "wb"):
            pass
    os.chmod(folder, 0o300)  # it can be entered, but not be listed
    try:
        r = run(w, "echo two >> a; git commit -qam two")
        expect(r.status == 0 and "refs/heads/main moved" in r.err, r)
    finally:
        os.chmod(folder, 0o755)


def a_plant_is_said_to_the_person(w):
    repository(w)
    plants = ["f=.git/hooks; echo x > $f/pre-commit", "git init -q b --bare; git -C b config core.fsmonitor x; true",
              "f=.git; printf '[core]\\n\\tfsmonitor = x\\n' >> $f/config"]
    for command, path in zip(plants, (".git/hooks/pre-commit", "b/HEAD", ".git/config")):
        r, _ = do(w, command)
        expect(path in [e["path"] for e in r.of("change.held")], (path, r))
        expect(not r.of("tool.finished")[0]["ok"] and "not kept" in r.of("tool.finished")[0]["summary"], r)
        t = w.run("do", "--yes", "--model", w.script(call("sh ./.emend-test0"), DONE), "x")
        expect("not kept: " + path in t.out, t)
        log = w.run("audit", "show")
        expect("not kept: " + path in log.out, log)
        r = run(w, command)
        expect(r.status == 1 and "not kept: " + path in r.err, r)
        r = run(w, command, "--json")
        expect(r.status == 1 and any(e["path"] == path and not e["kept"] for e in r.of("changed")), r)


def what_cannot_be_kept_is_a_failure(w):
    """Somebody else's save is in the way: that file is not kept, and the status says so."""
    w.write("a", "old\n")
    p = w.start("run", "--", "sh", "-c", "echo theirs > a; echo ready; sleep 1")
    expect(p.stdout.readline() == b"ready\n", p)
    w.write("a", "mine\n")
    _, err = p.communicate(timeout=60)
    expect(p.returncode == 1 and b"not kept: a" in err and w.read("a") == "mine\n", (p.returncode, err))


SECRETS = {".env": "K=1\n", "deploy/credentials.json": "{}\n", "id_rsa": "key\n", "a.d/server.pem": "pem\n"}
SECRET_WORK = [
    "git status --porcelain; ls -A . deploy a.d; cat .env 2> /dev/null; true",
    "echo x >> keys/test.pem; git commit -qam x",
    "echo new > new; git add -A; git commit -qm new; git rm -q new; git commit -qm gone",
    "echo y >> a; echo z > z; git stash -qu; git stash pop -q; git reset -q --hard",
    "git checkout -q -b side HEAD~1; git checkout -q main; git checkout -q .",
    "git mv keys/test.pem keys/moved.pem; git commit -qm moved; git clean -fdxq; rm -rf deploy a.d .env id_rsa",
    "git checkout -q side; git checkout -q main; git gc -q",
]


def hidden_files_stay_what_they_are(w):
    """Commands see the secrets that git tracks. The others are not there for them: the same work ends as in a project
    without them, and they are neither committed nor stashed, changed or removed."""
    with Workspace() as other:
        for x in (w, other):
            x.write("keys/test.pem", "tracked\n")
            x.write(".gitignore", "*.o\n")
            repository(x)
            git(x, "add", "-A")
            git(x, "commit", "-qm", "all")
        for path, text in SECRETS.items():
            w.write(path, text)
        for script in SECRET_WORK:
            r = run(w, EXPORT + script)
            outside = subprocess.run(["sh", "-c", EXPORT + script], cwd=other.path, env=other.env, capture_output=True, text=True, check=False)
            if script != SECRET_WORK[0]:
                expect(r.status == outside.returncode == 0 and r.out == outside.stdout, (script, r, outside))
            else:
                expect(r.status == 0 and "K=1" not in r.out and not any(n in r.out for n in ("env", "json", "id_rsa", "server")), r)
            expect("Hidden from commands" in r.err and all(path in r.err for path in SECRETS), r)
            whole(w)
            mine = [[line for line in text if line not in ("?? .env", "?? deploy/", "?? id_rsa", "?? a.d/")] for text in state(w)]
            expect(mine == state(other), (script, mine, state(other)))
            for path, text in SECRETS.items():
                expect(w.read(path) == text, (script, path))
        files = git(w, "log", "--all", "--name-only", "--format=")
        expect("pem" in files and not any(path in files.split() for path in SECRETS), files)


def what_is_hidden_stays_hidden(w):
    """Whatever a command tells git about it."""
    repository(w)
    w.write(".env", "K=1\n")
    add = "git update-index --add --cacheinfo 100644,$(git hash-object -w a),.env"
    r = run(w, add + "; git commit -qm x")
    expect(r.status == 1 and "git would track a file that is hidden from commands" in r.err, r)
    expect(".env" not in git(w, "ls-files") and git(w, "rev-list", "--count", "HEAD") == "1\n", r)
    r = w.run("do", "--json", "--yes", "--model", w.script(call(add), call("cat .env; cp .env seen; git init -q b; cat .env"), DONE), "x")
    expect([e["paths"] for e in r.of("hidden")] == [[".env"]], r)
    expect(not w.exists("seen") and w.read(".env") == "K=1\n", r)
    log = open(w.log_path(r.events()[0]["session"]), encoding="utf-8").read()
    expect("K=1" not in log and "Hidden from commands (names of secrets): .env." in log, log)
    # What the user names is closed even if git tracks it: it cannot be read, nor committed as if it were empty.
    w.config('{"denyFiles": ["a"]}')
    r = run(w, "cat a; git commit -qam x")
    expect(r.status != 0 and "one" not in r.out and git(w, "show", "HEAD:a") == "one\n", r)
    expect(w.read("a") == "one\n", r)
    w.config('{"denyFiles": ["!.env"]}')
    r = run(w, "cat .env")
    expect(r.status == 0 and r.out == "K=1\n" and "Hidden" not in r.err, r)


def secrets_that_git_tracks_are_changed_and_undone(w):
    w.write("keys/t.pem", "old\n")
    repository(w)
    git(w, "add", "-A")
    git(w, "commit", "-qm", "all")
    before = state(w)
    r, _ = do(w, "git mv keys/t.pem keys/u.pem; echo more >> keys/u.pem; echo x > keys/new.pem")
    expect([e["path"] for e in r.of("change.held")] == ["keys/new.pem"], r)  # git does not track it
    expect(w.read("keys/u.pem") == "old\nmore\n" and not w.exists("keys/t.pem"), r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and w.read("keys/t.pem") == "old\n" and not w.exists("keys/u.pem"), r)
    expect(state(w) == before, (state(w), before))


CASES = [secrets_that_git_tracks_are_changed_and_undone, hidden_files_stay_what_they_are, what_is_hidden_stays_hidden, daily_work_is_as_outside, looking_changes_nothing, a_commit_is_told_and_undone, a_branch_that_moved_since_is_left,
         each_deed_is_shown_and_undone, what_a_person_ran_is_undone_too, history_is_not_lost, a_false_pack_does_not_replace_objects, what_gc_put_into_packs_may_go,
         many_loose_objects_cost_nothing, a_plant_is_said_to_the_person, what_cannot_be_kept_is_a_failure]

if __name__ == "__main__":
    main(CASES)
