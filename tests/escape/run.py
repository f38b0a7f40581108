#!/usr/bin/env python3
"""The escape suite: what a hostile command tries, and what must come of it.

    run.py CLIENT ATTACK [--as-user]     (CLIENT and ATTACK: client.c and attack.c, built)

Each attack is first made outside of the sandbox, as the same user: there it must succeed, or it proves
nothing (then it is skipped, and said so). Inside it must fail. The whole list is run as the user who starts it and,
when that is root, again as an ordinary user; and again with layers forbidden, where a refusal to run
commands counts as success. TAP on stdout."""

import ctypes, mmap, os, pwd, shutil, signal, socket, subprocess, sys, tempfile, threading, time

CLIENT, ATTACK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
USER = "emendtest"
count, failures = 0, 0


def tap(ok, name, why=""):
    global count, failures
    count += 1
    failures += not ok
    print(f"{'ok' if ok else 'not ok'} {count} - {name}{(' # ' + why) if why else ''}", flush=True)


class World:
    """A workspace, a place outside with a secret, a victim process, listeners."""

    def __init__(self, mode):
        self.mode = mode
        self.base = tempfile.mkdtemp(prefix="emend-escape-", dir="/var/tmp")
        os.chmod(self.base, 0o755)
        self.out, self.ws = self.base + "/outside", self.base + "/ws"
        os.mkdir(self.out)
        os.mkdir(self.ws)
        self.put(self.out + "/secret", "TOPSECRET outside\n")
        self.reset()
        shutil.copy(ATTACK, self.ws + "/attack")
        env = dict(os.environ, VICTIM_KEY="TOPSECRET environ")
        self.victim = subprocess.Popen(["sleep", "1000"], env=env)
        self.tcp = socket.socket()
        self.tcp.bind(("127.0.0.1", 0))
        self.tcp.listen(16)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.settimeout(0.3)
        self.abstract = "emend-escape-%d" % os.getpid()
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind("\0" + self.abstract)
        self.unix.listen(16)
        self.path_sock = socket.socket(socket.AF_UNIX)
        self.path_sock.bind(self.out + "/sock")
        self.path_sock.listen(16)
        self.dgram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.dgram.bind(self.out + "/dgram")
        libc = ctypes.CDLL(None, use_errno=True)
        libc.shmat.restype = ctypes.c_void_p
        self.shm_key = 0x656d0000 + os.getpid() % 65536
        self.shm_id = libc.shmget(self.shm_key, 4096, 0o1600)
        at = libc.shmat(self.shm_id, None, 0)
        ctypes.memmove(at, b"emend", 5)
        self.libc = libc

    def put(self, path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    def reset(self):
        for name in os.listdir(self.ws):
            if name == "attack":
                continue
            p = self.ws + "/" + name
            shutil.rmtree(p) if os.path.isdir(p) and not os.path.islink(p) else os.unlink(p)
        for name in os.listdir(self.out):
            if name.startswith("planted"):
                os.unlink(self.out + "/" + name)
        self.put(self.out + "/target", "original\n")
        self.put(self.ws + "/.env", "TOPSECRET inside\n")
        self.put(self.ws + "/conf/.env", "TOPSECRET nested\n")
        self.put(self.ws + "/a.txt", "hello\n")
        self.put(self.ws + "/.vscode/settings.json", "{}\n")
        self.put(self.ws + "/.git/config", "[core]\n")
        self.put(self.ws + "/.git/HEAD", "ref: refs/heads/main\n")
        self.put(self.ws + "/.git/hooks/pre-commit", "original\n")
        os.symlink(self.out + "/secret", self.ws + "/link")
        os.symlink("../outside", self.ws + "/linkdir")

    def close(self):
        self.victim.kill()
        self.victim.wait()
        self.libc.shmctl(self.shm_id, 0, None)
        shutil.rmtree(self.base, ignore_errors=True)

    def fill(self, text):
        for key, value in {"OUT": self.out, "WS": self.ws, "VICTIM": self.victim.pid, "TCP": self.tcp.getsockname()[1],
                           "UDP": self.udp.getsockname()[1], "ABSTRACT": self.abstract,
                           "SHM": self.shm_key}.items():
            text = text.replace("@" + key + "@", str(value))
        return text

    def outside(self, command):
        r = subprocess.run(["/bin/sh", "-c", command], cwd=self.ws, stdin=subprocess.DEVNULL, capture_output=True,
                           env=dict(os.environ, LEAK_KEY="TOPSECRET variable"), timeout=60)
        return r.stdout + r.stderr

    def inside(self, command, *options, fds=(), **kw):
        env = dict(os.environ, LEAK_KEY="TOPSECRET variable", EMEND_TEST_FORBID=self.mode)
        r = subprocess.run([CLIENT, "--deny", ".env*", "--deny", "!.env.example", *options, self.ws, command],
                           stdin=subprocess.DEVNULL, capture_output=True, env=env, pass_fds=fds, timeout=90, **kw)
        return r


PY = "python3 -c '%s'"
# name, command (escaped if it prints TOPSECRET or ESCAPED), or with an effect that a function of the world sees
def effect(path, text):
    def check(w):
        try:
            return text in open(w.fill(path)).read()
        except OSError:
            return False
    return check


def exists(path):
    return lambda w: os.path.lexists(w.fill(path))


READS = [
    ("read a file outside by its path", "cat @OUT@/secret"),
    ("read a file outside by ..", "cat ../outside/secret"),
    ("read a file outside through a symlink in the workspace", "cat link"),
    ("read a file outside through a symlink to its folder", "cat linkdir/secret"),
    ("read a file outside through the root of another process", "cat /proc/*/root@OUT@/secret 2>/dev/null"),
    ("read a file outside through the folder of another process", "cat /proc/@VICTIM@/cwd/secret /proc/*/cwd/../outside/secret 2>/dev/null"),
    ("read a file outside through an open descriptor of another process", PY % 'import glob\nfor f in glob.glob("/proc/[0-9]*/fd/*"):\n  try:\n    import os,stat\n    if stat.S_ISREG(os.stat(f).st_mode) and "TOPSECRET" in open(f).read(200): print("ESCA"+"PED")\n  except Exception: pass\nopen("@OUT@/secret").read() and print("ESCA"+"PED")'),
    ("read the environment of the machine's processes", "cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a ^VICTIM_KEY="),
    ("read the environment of the starting process", "(env; cat /proc/1/environ /proc/self/environ /proc/$PPID/environ 2>/dev/null) | tr '\\0' '\\n' | grep -a LEAK_KEY"),
    ("memory of another process", "./attack mem @VICTIM@"),
    ("memory of another process by process_vm_readv", "./attack vm_read @VICTIM@"),
    ("trace another process", "./attack ptrace @VICTIM@"),
    ("limits of another process", "./attack prlimit @VICTIM@"),
    ("priority of another process", "./attack renice @VICTIM@"),
    ("take a descriptor of another process", "./attack pidfd_getfd @VICTIM@"),
    ("signal another process", "./attack kill @VICTIM@"),
    ("TCP to a server on this machine", PY % 'import socket; socket.create_connection(("127.0.0.1",@TCP@),2); print("ESCA"+"PED")'),
    ("TCP with data in the first packet", PY % 'import socket; s=socket.socket(); s.sendto(b"x",0x20000000,("127.0.0.1",@TCP@)); print("ESCA"+"PED")'),
    ("MPTCP to a server on this machine", PY % 'import socket; s=socket.socket(2,1,262); s.connect(("127.0.0.1",@TCP@)); print("ESCA"+"PED")'),
    ("an abstract unix socket of this machine", PY % 'import socket; s=socket.socket(1); s.connect("\\0@ABSTRACT@"); print("ESCA"+"PED")'),
    ("a unix socket file outside", PY % 'import socket; s=socket.socket(1); s.connect("@OUT@/sock"); print("ESCA"+"PED")'),
    ("a datagram pair aimed at a socket file outside", "./attack retarget @OUT@/dgram"),
    ("shared memory of this machine", "./attack shm @SHM@"),
    ("vsock", "./attack family 40"),
    ("packet socket", "./attack family 17"),
    ("alg socket", "./attack family 38"),
    ("a user namespace", "./attack unshare"),
    ("a user namespace by clone", "./attack clone_user"),
    ("a user namespace by clone3", "./attack clone3_user"),
    ("mount", "./attack mount"),
    ("chroot", "./attack chroot"),
    ("keyctl", "./attack keyctl"),
    ("add_key", "./attack add_key"),
    ("io_uring", "./attack io_uring"),
    ("bpf", "./attack bpf"),
    ("userfaultfd", "./attack userfaultfd"),
    ("perf", "./attack perf"),
    ("TIOCSTI", "./attack tiocsti"),
    ("a file handle", "./attack handle ."),
    ("personality", "./attack personality"),
    ("memfd_secret", "./attack memfd_secret"),
    ("a device node", "./attack mknod node"),
    ("a set-user-id bit", "cp attack sb; ./attack setuid_bit sb"),
    ("fallocate, the instant disk bomb", "./attack fallocate ff"),
    ("32-bit system calls", "./attack int80"),
    ("x32 system calls", "./attack x32"),
    ("the shadow file", "grep -q ^root: /etc/shadow && echo ESCAPED"),
    ("kernel settings of the machine", "w=/proc/sys/kernel/core_pattern; test -w $w && cat $w >$w && echo ESCAPED"),
    ("sysrq", "test -w /proc/sysrq-trigger && : >>/proc/sysrq-trigger && echo ESCAPED"),
    ("set-user-id programs", PY % 'import ctypes; c=ctypes.CDLL(None); print("ESCA"+"PED") if c.prctl(39,0,0,0,0)==0 else 0'),
]
# without user namespaces: the machine's processes are listed, and .git is not protected
SECRETS_INSIDE = [
    ("read a denied file", "cat .env"),
    ("read a denied file through a link to it", "ln .env x 2>/dev/null; ln -s .env y; cat x y 2>/dev/null"),
    ("read a denied file after renaming its folder", "mv conf conf2; cat conf2/.env"),
    ("read a denied file through /proc", "cat /proc/self/cwd/.env /proc/self/root@WS@/.env 2>/dev/null"),
]
WRITES = [
    ("write a file outside by its path", "echo x > @OUT@/planted", exists("@OUT@/planted")),
    ("write a file outside by ..", "echo x > ../outside/planted", exists("@OUT@/planted")),
    ("write outside through a symlink to a folder", "echo x > linkdir/planted", exists("@OUT@/planted")),
    ("change a file outside through a symlink", "ln -s @OUT@/target t; echo ESC > t", effect("@OUT@/target", "ESC")),
    ("move a file outside", "mv a.txt @OUT@/planted", exists("@OUT@/planted")),
    ("hard link a file from outside and change it", "ln @OUT@/target h; echo ESC > h", effect("@OUT@/target", "ESC")),
    ("delete a file outside", "rm -f @OUT@/target", lambda w: not os.path.exists(w.out + "/target")),
    ("swap a folder for a symlink while writing", "mkdir d; (while :; do mv d e; ln -s @OUT@ d; rm d; mv e d; done) 2>/dev/null & "
     "i=0; while [ $i -lt 400 ]; do echo x 2>/dev/null > d/planted; i=$((i+1)); [ -e @OUT@/planted ] && break; done; "
     "kill $! ; ln -sfn @OUT@ dd; echo x > dd/planted", exists("@OUT@/planted")),
]
PROTECTED = [
    ("plant a git hook", "echo ESC > .git/hooks/pre-commit", effect("@WS@/.git/hooks/pre-commit", "ESC")),
    ("plant a new git hook", "echo ESC > .git/hooks/post-checkout", exists("@WS@/.git/hooks/post-checkout")),
    ("change the git configuration", "echo ESC >> .git/config", effect("@WS@/.git/config", "ESC")),
    ("move .git away and put another", "mv .git g && mkdir .git && echo ESC > .git/config", effect("@WS@/.git/config", "ESC")),
    ("change editor settings", "echo ESC > .vscode/settings.json", effect("@WS@/.vscode/settings.json", "ESC")),
]


def escaped(output):
    return b"TOPSECRET" in output or b"ESCAPED" in output


def attack(w, name, command, check=None):
    command = w.fill(command)
    w.reset()
    out = w.outside(command)
    if not (check(w) if check else escaped(out)):
        # Nothing proved by it, but inside it must not work either.
        control = "SKIP the control does not succeed here"
    else:
        control = ""
    w.reset()
    if w.refused:
        r = w.inside(command)
        tap(r.returncode == 200 and not (check and check(w)), name, "SKIP refused" if not control else control)
        return
    if w.reduced:
        for d in (".env", "conf/.env"):
            os.unlink(w.ws + "/" + d)
    r = w.inside(command)
    held = not (check(w) if check else escaped(r.stdout + r.stderr))
    held = held and r.returncode != 200 # it did run
    if not held:
        print("#   ", r.returncode, (r.stdout + r.stderr)[:300])
    tap(held, name, control)


def alive(marker):
    """Processes anywhere whose command line holds the marker."""
    n = 0
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                if marker.encode() in open(f"/proc/{p}/cmdline", "rb").read():
                    n += 1
            except OSError:
                pass
    return n


def gone(marker, seconds=2.0):
    end = time.time() + seconds
    while time.time() < end:
        if not alive(marker):
            return True
        time.sleep(0.02)
    return False


def survivors(w):
    daemon = ("trap '' TERM INT HUP; (setsid sh -c \"trap '' TERM HUP; exec sleep 31%s\" &) ; "
              "setsid setsid sleep 31%s & %s")
    for i, (name, tail, kw) in enumerate([
            ("a daemon that outlives its command", "sleep 0.2", []),
            ("a daemon that outlives a time limit", "sleep 31%s", ["--timeout", "400"]),
            ("a daemon that outlives a cancelled command", "sleep 31%s", ["--cancel", "400"]),
            ("a daemon that outlives kill -9 of the server", "sleep 31%s", ["--die", "400"])]):
        mark = "%d%d" % (os.getpid(), i)
        command = daemon % (mark, mark, tail.replace("%s", mark))
        if i == 0:
            subprocess.run(["/bin/sh", "-c", command])
            control = alive("sleep\x0031" + mark) > 0
            for p in os.listdir("/proc"):
                try:
                    if p.isdigit() and ("sleep\x0031" + mark).encode() in open(f"/proc/{p}/cmdline", "rb").read():
                        os.kill(int(p), signal.SIGKILL)
                except OSError:
                    pass
            tap(control, "control: " + name)
        r = w.inside(command, *kw)
        dead = gone("sleep\x0031" + mark)
        tap(dead and (w.refused or r.returncode != 200), name)


def bombs(w):
    fork = PY % 'import os,time\nfor i in range(2000):\n  try:\n    if os.fork()==0: time.sleep(30); os._exit(0)\n  except OSError: time.sleep(0.01)\ntime.sleep(5)'
    r = w.inside(fork, "--processes", "64", "--timeout", "20000")
    tap(w.refused or (r.returncode in (202, 201)), "fork bomb", str(r.returncode))
    r = w.inside(PY % 'x=[]\nfor i in range(400): x.append(bytearray(10**7))\nprint("ESCA"+"PED")', "--memory", "300000000")
    tap(w.refused or (r.returncode == 202 and not escaped(r.stdout)), "memory bomb", str(r.returncode))
    half = 'import os,time\nfor i in range(8):\n  if os.fork()==0:\n    x=bytearray(10**8)\n    time.sleep(5)\n    os._exit(0)\ntime.sleep(3)\nprint("ESCA"+"PED")'
    r = w.inside(PY % half, "--memory", "300000000")
    tap(w.refused or (r.returncode == 202 and not escaped(r.stdout)), "memory bomb in many processes", str(r.returncode))
    r = w.inside("head -c 50000000 /dev/zero > big; wc -c < big; rm -f big", "--file", "10000000")
    tap(w.refused or b"50000000" not in r.stdout, "a file without end")
    r = w.inside("yes | head -c 300000000")
    tap(w.refused or len(r.stdout) < 110000, "an output flood", str(len(r.stdout)))
    r = w.inside(PY % 'import os\nn=0\ntry:\n  while n<20000: os.dup(0); n+=1\n  print("ESCA"+"PED")\nexcept OSError: print("held",n)')
    tap(w.refused or not escaped(r.stdout), "descriptor bomb")
    r = w.inside("cat", "--timeout", "5000")
    tap(w.refused or r.returncode == 0, "standard input is empty, not the terminal")


def inherited(w):
    fd = os.open(w.out + "/secret", os.O_RDONLY)
    os.set_inheritable(fd, True)
    d = os.open(w.out, os.O_RDONLY | os.O_DIRECTORY)
    os.set_inheritable(d, True)
    r = w.inside("cat <&%d; cat /proc/*/fd/%d/secret /proc/*/fd/%d; cat /dev/fd/[3-9]; true" % (fd, d, fd),
                 fds=(fd, d))
    tap(not escaped(r.stdout), "descriptors that were open when the server started")
    os.close(fd)
    os.close(d)


def files(w):
    """The file tools."""
    w.reset()
    os.mkfifo(w.ws + "/fifo")
    os.symlink(".env", w.ws + "/envlink")
    os.symlink("/", w.ws + "/rootlink")
    os.symlink("/proc/self/environ", w.ws + "/envmagic")
    ok = w.inside("", "--read", "a.txt")
    tap(ok.returncode == 0 and ok.stdout == b"hello\n", "control: file tools read a file of the workspace")
    for path in [".env", "./.env", "conf/../.env", ".ENV", "conf/.env", "envlink", "link", "linkdir/secret", "../outside/secret",
                 w.out + "/secret", "rootlink/etc/passwd", "envmagic", "fifo", "/dev/zero", ".", "a.txt/../../outside/secret",
                 ".env/", "nothing/../.env", "x" * 5000]:
        r = w.inside("", "--read", path)
        tap(r.returncode == 200 and not escaped(r.stdout), "file tools do not read " + path[:60])
    os.symlink(w.out + "/target", w.ws + "/wlink")
    os.symlink(w.out + "/planted2", w.ws + "/dangling")
    for path in ["../outside/planted", w.out + "/planted", "linkdir/planted", "wlink", "dangling", ".env", "conf/.env.local", "envlink",
                 ".git/../../outside/planted", "fifo", "", "rootlink/tmp/planted"]:
        r = w.inside("ESC", "--write", path)
        bad = [f for f in os.listdir(w.out) if f.startswith("planted")] or "ESC" in open(w.out + "/target").read() \
            or "ESC" in open(w.ws + "/.env").read()
        tap(r.returncode == 200 and not bad, "file tools do not write " + (path or "the workspace itself"))
    os.symlink("a.txt", w.ws + "/inlink")
    r = w.inside("new text", "--write", "inlink")
    tap(r.returncode == 0 and os.path.islink(w.ws + "/inlink") and open(w.ws + "/a.txt").read() == "new text",
        "file tools write through a symlink inside the workspace")
    os.link(w.out + "/target", w.ws + "/alias")
    r = w.inside("ESC", "--write", "alias")
    tap(r.returncode == 0 and open(w.out + "/target").read() == "original\n",
        "a write to a file with a second name outside does not reach that name")


def everyday(w):
    """What must work inside, where commands run."""
    w.reset()
    if w.reduced:
        for d in (".env", "conf/.env"):
            os.unlink(w.ws + "/" + d)
    shutil.rmtree(w.ws + "/.git")
    run = lambda c: subprocess.run(c, shell=True, cwd=w.ws, check=True, capture_output=True)
    run("git init -q . && git add a.txt && git -c user.name=n -c user.email=e commit -qm m && echo more >> a.txt")
    loop = 'import socket,threading; s=socket.socket(); s.bind(("127.0.0.1",0)); s.listen(); c=socket.create_connection(s.getsockname()); s.accept()[0].send(b"pong"); print(c.recv(9))'
    w.put(w.ws + "/t.c", "#include <stdio.h>\nint main(void) { puts(\"built\"); return 0; }\n")
    w.put(w.ws + "/Makefile", "all: t\n\t./t\nt: t.c\n\tcc -o t t.c\n")
    w.put(w.ws + "/test_x.py", "import unittest\nclass T(unittest.TestCase):\n    def test_x(self): self.assertEqual(1, 1)\n")
    for name, command, want, need in [
            ("git status and diff", "git status --short && git diff", b"+more", "git"),
            ("make and gcc", "make -s -j2", b"built", "gcc"),
            ("python tests", "python3 -m unittest -q test_x 2>&1", b"OK", "python3"),
            ("node", "node -e 'console.log(\"no\" + \"de\")'", b"node", "node"),
            ("temporary files and home", "t=$(mktemp) && echo hm > $t && cat $t && echo x > ~/f && cat ~/f", b"hm", "sh"),
            ("new files belong to the user", "echo n > new && stat -c %a new && id -un", b"644", "sh"),
            ("pipes, background jobs, here documents", "cat <<X | tr a-z A-Z & wait\nloud\nX", b"LOUD", "sh"),
            ("a server and its client", "python3 -c '%s'" % loop, b"pong", "python3"),
            ("the temporary folder lasts for one session", "ls /tmp | wc -l", b"", "sh"),
            ("a pseudo terminal", "python3 -c 'import pty,os; pty.spawn([\"echo\",\"ptyok\"])'", b"ptyok", "python3")]:
        if shutil.which(need, path="/usr/bin:/bin") is None or (w.reduced and ("server" in name or "terminal" in name)):
            tap(True, "works: " + name, "SKIP not installed, or not in the reduced sandbox")
            continue
        r = w.inside(command)
        if r.returncode != 0 or want not in r.stdout:
            print("#   ", r.returncode, (r.stdout + r.stderr)[:600])
        tap(r.returncode == 0 and want in r.stdout, "works: " + name)


def suite(mode):
    w = World(mode)
    try:
        r = w.inside("echo works")
        w.refused = w.reduced = False
        if r.returncode == 200:
            os.unlink(w.ws + "/.env"), os.unlink(w.ws + "/conf/.env")
            again = w.inside("echo works")
            w.refused, w.reduced = again.returncode == 200, again.returncode == 0
            r = again if w.refused else r
        who = "root" if os.getuid() == 0 else "an ordinary user"
        state = "refused" if w.refused else "reduced" if w.reduced else "full"
        print(f"# as {who}, forbidden: {mode or 'nothing'}: {state}")
        tap(r.returncode in (0, 200), f"commands run or are refused ({state})")
        if w.refused or w.reduced:
            tap(b"What to do" in r.stderr, "the refusal says why and what to do")
        if mode == "":
            tap(not w.refused and not w.reduced, "nothing is missing on this machine")
        for name, command in READS:
            attack(w, name, command)
        for name, command in SECRETS_INSIDE:
            if w.reduced: # refused while there is a secret
                w.reset()
                r = w.inside(w.fill(command))
                tap(r.returncode == 200 and not escaped(r.stdout), name)
            else:
                attack(w, name, command)
        for name, command, check in WRITES + ([] if w.reduced else PROTECTED):
            attack(w, name, command, check)
        if w.reduced:
            w.reset()
            os.unlink(w.ws + "/.env"), os.unlink(w.ws + "/conf/.env")
        inherited(w)
        survivors(w)
        bombs(w)
        files(w)
        if not w.refused:
            everyday(w)
    finally:
        w.close()


def as_user():
    """Runs this again as an ordinary user, who is made for it where there is none."""
    made = False
    try:
        pwd.getpwnam(USER)
    except KeyError:
        made = subprocess.run(["useradd", "-m", USER], capture_output=True).returncode == 0
        if not made:
            tap(True, "as an ordinary user", "SKIP no user can be made here")
            return
    u = pwd.getpwnam(USER)
    place = tempfile.mkdtemp(prefix="emend-escape-bin-", dir="/var/tmp")
    os.chmod(place, 0o755)
    for f in (CLIENT, ATTACK, __file__):
        shutil.copy(f, place)
    try:
        def become():
            os.setgroups([])
            os.setgid(u.pw_gid)
            os.setuid(u.pw_uid)
        p = subprocess.run(["/usr/bin/python3", place + "/run.py", place + "/client", place + "/attack", "--as-user"],
                           preexec_fn=become, cwd=place, stdout=subprocess.PIPE,
                           env={"PATH": "/usr/bin:/bin", "HOME": u.pw_dir, "LANG": "C.UTF-8"})
        for line in p.stdout.decode().splitlines():
            if line.startswith(("ok ", "not ok ")):
                rest = line.split(" - ", 1)[1].split(" # ", 1)
                tap(line.startswith("ok"), "user: " + rest[0], rest[1] if len(rest) > 1 else "")
            elif line.startswith("#"):
                print(line)
        if p.returncode not in (0, 1):
            tap(False, "the run as an ordinary user came to its end")
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if made:
            subprocess.run(["userdel", "-r", USER], capture_output=True)


for forbidden in ("", "userns", "landlock", "seccomp"):
    suite(forbidden)
if os.getuid() == 0:
    as_user()
print(f"1..{count}")
sys.exit(failures > 0)
