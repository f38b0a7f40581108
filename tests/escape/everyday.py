#!/usr/bin/env python3
"""everyday - ordinary work must go on inside: git, make, compilers, packages, servers, a large build tree.

    everyday.py CLIENT ATTACK

What is not installed is skipped by name. Each command runs in the sandbox as the user who starts this. TAP on stdout."""

import glob, os, shutil, subprocess, tempfile

from world import CLIENT, finish, tap

HOME = os.path.expanduser("~")


class Place:
    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="emend-everyday-", dir="/var/tmp")
        self.ws = self.base + "/ws"
        os.mkdir(self.ws)

    def put(self, path, text):
        path = os.path.join(self.ws, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def outside(self, command):
        subprocess.run(["/bin/sh", "-ec", command], cwd=self.ws, check=True, capture_output=True)

    def inside(self, command, *options):
        return subprocess.run([CLIENT, "--deny", ".env*", "--timeout", "120000", *options, self.ws, command],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=200)


def works(place, name, command, want=b"", needs=(), options=()):
    missing = [n for n in needs if shutil.which(n, path="/usr/bin:/bin:/usr/local/bin") is None]
    if missing:
        tap(True, name, "SKIP not installed: " + ", ".join(missing))
        return
    r = place.inside("set -e; " + command, *options)
    ok = r.returncode == 0 and want in r.stdout
    if not ok:
        print("#   %d %r" % (r.returncode, (r.stdout + r.stderr)[-1500:]))
    tap(ok, name)


def git(p):
    p.put("a.txt", "one\n")
    p.outside("git init -q . && git config user.name n && git config user.email e@example.org && git add . && "
              "git commit -qm first && echo two >> a.txt")
    works(p, "git status, diff, log", "git status --short; git diff; git log --oneline", b"+two", ["git"])
    works(p, "git add, commit", "git add -A; git commit -qm second; git log --oneline | wc -l", b"2", ["git"])
    works(p, "git branch, checkout, merge, stash", "git checkout -qb topic; echo 3 >> a.txt; git commit -qam third; git checkout -q -; "
          "git merge -q topic; echo 4 >> a.txt; git stash -q; git stash pop -q; git rebase -q HEAD~1 --autostash; tail -n 1 a.txt",
          b"4", ["git"])
    works(p, "git init and clone in a new folder", "git init -q made; git clone -q --no-hardlinks . copy; cat copy/a.txt", b"two", ["git"])


def compilers(p):
    p.put("c/t.c", "#include <stdio.h>\nint main(void) { puts(\"built\"); return 0; }\n")
    p.put("c/Makefile", "all: t\n\t./t\nt: t.c\n\t$(CC) -o t t.c\n")
    p.put("c/CMakeLists.txt", "cmake_minimum_required(VERSION 3.10)\nproject(t C)\nadd_executable(t t.c)\n"
          "enable_testing()\nadd_test(NAME t COMMAND t)\n")
    works(p, "make and gcc", "cd c; make -s -j2", b"built", ["make", "gcc"])
    works(p, "cmake and ctest", "cd c; cmake -S . -B b >/dev/null; cmake --build b -j2 >/dev/null; cd b; ctest", b"100% tests passed",
          ["cmake", "make", "gcc"])
    works(p, "clang with a sanitizer", "cd c; clang -g -fsanitize=address,undefined -o ts t.c; ./ts", b"built", ["clang"])
    works(p, "a static library and a debugger's symbols", "cd c; gcc -g -c t.c; ar rcs lib.a t.o; nm lib.a", b"main", ["gcc", "ar", "nm"])


def node(p):
    p.put("dep/package.json", '{"name":"dep","version":"1.0.0","main":"i.js","scripts":{"install":"node -e 0"}}')
    p.put("dep/i.js", "module.exports = () => 'packed';\n")
    p.put("app/package.json", '{"name":"app","version":"1.0.0","scripts":{"test":"node t.js"}}')
    p.put("app/t.js", "console.log(require('dep')());\n")
    works(p, "node, workers and a child process", "node -e 'const {execSync}=require(\"child_process\");"
          "const {Worker}=require(\"worker_threads\");new Worker(\"console.log(1)\",{eval:true}).on(\"exit\",()=>"
          "console.log(\"no\"+execSync(\"printf de\")))'", b"node", ["node"])
    works(p, "npm pack, install from the archive, test", "(cd dep; npm pack --silent); cd app; "
          "npm install --silent --no-audit --no-fund ../dep/dep-1.0.0.tgz; npm test --silent", b"packed", ["npm"])


def python(p):
    p.put("py/test_x.py", "import unittest\nclass T(unittest.TestCase):\n    def test_x(self): self.assertEqual(1, 1)\n")
    works(p, "python unittest", "cd py; python3 -m unittest -q test_x 2>&1", b"OK", ["python3"])
    works(p, "python multiprocessing and asyncio", "python3 -c 'import multiprocessing as m,asyncio\n"
          "print(sum(m.Pool(2).map(abs,[-1,-2])))\nasync def f():\n  p=await asyncio.create_subprocess_exec(\"echo\",\"child\"); await p.wait()\n"
          "asyncio.run(f())'", b"3", ["python3"])
    has = subprocess.run(["/usr/bin/python3", "-c", "import venv, ensurepip"], capture_output=True, check=False)
    if has.returncode:
        tap(True, "python venv", "SKIP not installed: python3-venv")
    else:
        works(p, "python venv", "/usr/bin/python3 -m venv v; v/bin/python -c 'import sys; print(sys.prefix)'; v/bin/pip --version", b"/v")
    has = subprocess.run(["/usr/bin/python3", "-c", "import pytest"], capture_output=True, check=False)
    if has.returncode:
        tap(True, "pytest", "SKIP not installed: pytest")
    else:
        works(p, "pytest", "cd py; /usr/bin/python3 -m pytest -q", b"1 passed")


def rust(p):
    """A toolchain below the home folder, which commands see only by the setting readDirs."""
    p.put("crate/Cargo.toml", '[package]\nname = "crate1"\nversion = "0.1.0"\nedition = "2021"\n')
    p.put("crate/src/main.rs", 'fn main() { println!("crab"); }\n#[test]\nfn t() { assert_eq!(1, 1); }\n')
    tools = [d for d in sorted(glob.glob(HOME + "/.rustup/toolchains/*")) if os.path.exists(d + "/bin/cargo")]
    if tools:
        works(p, "cargo build and test, a toolchain below the home folder", "cd crate; cargo build -q --offline; "
              "cargo test -q --offline; ./target/debug/crate1", b"crab", ["cc"], ["--read-dir", tools[-1]])
    else:
        works(p, "cargo build and test", "cd crate; cargo build -q --offline; cargo test -q --offline; ./target/debug/crate1", b"crab",
              ["cargo", "cc"])


def go(p):
    p.put("go/go.mod", "module m\n\ngo 1.18\n")
    p.put("go/m.go", 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("gopher") }\n')
    works(p, "go build", "cd go; go build -o m .; ./m", b"gopher", ["go"])


def system(p):
    serve = ("import socket,threading,time; s=socket.socket(); s.bind((\"127.0.0.1\",8123)); s.listen(); "
             "s.accept()[0].send(b\"pong\")")
    talk = "import socket; print(socket.create_connection((\"localhost\",8123)).recv(9))"
    works(p, "a server on loopback and its client", "python3 -c '%s' & for i in 1 2 3 4 5 6 7 8 9; do python3 -c '%s' 2>/dev/null "
          "&& break; sleep 0.1; done; wait" % (serve, talk), b"pong", ["python3"])
    works(p, "a unix socket in the workspace", "python3 -c 'import socket; s=socket.socket(1); s.bind(\"s\"); s.listen(); "
          "c=socket.socket(1); c.connect(\"s\"); print(\"joined\")'", b"joined", ["python3"])
    works(p, "a pseudo terminal", "python3 -c 'import pty; pty.spawn([\"echo\",\"ptyok\"])'", b"ptyok", ["python3"])
    works(p, "temporary files, home, shared memory", "t=$(mktemp); echo x > $t; echo x > ~/f; echo x > /dev/shm/f; cat $t ~/f /dev/shm/f | wc -l", b"3")
    works(p, "archives keep modes and times", "mkdir d; echo x > d/f; chmod 750 d/f; touch -d 2001-01-01 d/f; tar cf d.tar d; rm -r d; tar xpf d.tar; "
          "stat -c '%a %Y' d/f", b"750 978", ["tar"])
    works(p, "locks, pipes, here documents, limits", "flock l -c 'echo locked'; cat <<X | tr a-z A-Z\nloud\nX\nulimit -n 512; nice -n 5 echo nice; "
          "taskset 1 echo bound; timeout 5 echo timed", b"bound", ["flock", "taskset"])
    works(p, "a build tree of 200 MB", "mkdir big; i=0; while [ $i -lt 200 ]; do mkdir big/$i; head -c 1000000 /dev/zero > big/$i/o; "
          "j=0; while [ $j -lt 20 ]; do : > big/$i/$j.d; j=$((j+1)); done; i=$((i+1)); done; find big -type f | wc -l; du -sm big", b"4200")
    works(p, "and its removal", "rm -r big; ls", b"a.txt")


place = Place()
try:
    probe = place.inside("true")
    if probe.returncode == 200:
        tap(True, "everyday work", "SKIP commands are refused here: " + probe.stderr.decode().strip())
    else:
        for part in (git, compilers, node, python, rust, go, system):
            part(place)
finally:
    shutil.rmtree(place.base, ignore_errors=True)
finish()
