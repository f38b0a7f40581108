#!/usr/bin/env python3
"""The escape suite: what a hostile command tries, and what must come of it.

    run.py CLIENT ATTACK [--as-user]     (CLIENT and ATTACK: client.c and attack.c, built; doors.c beside it)

Each attack is first made outside of the sandbox, as the same user: there it must succeed, or it proves
nothing (then it is skipped, and said so). Inside it must fail. The whole list is run as the user who starts it and,
when that is root, again as an ordinary user; and again with layers forbidden, where a refusal to run
commands counts as success. With EMEND_ESCAPE_OPTIONS (for client.c: tests/heavy/podman sets it) only the current
user in the full ladder. TAP on stdout."""

import os, shutil, signal, subprocess, time

import world
from attacks import PY, READS, SECRETS_INSIDE, VIEW_READS, VIEW_WRITES, WRITES
from ladder import as_user, attack, controls
from world import CLIENT, World, alive, escaped, tap

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
            left = alive("sleep\x0031" + mark)
            for p in left:
                os.kill(p, signal.SIGKILL)
            tap(bool(left), "control: " + name)
        r = w.inside(command, *kw)
        dead = gone("sleep\x0031" + mark)
        tap(dead and (w.refused or r.returncode != 200), name)


def watchers_left(w):
    """While a command holds all the inotify instances that it gets, the user's other programs still get some."""
    mark = "%d" % os.getpid()
    # When all are taken it becomes a program that is seen from here; its mark stands in no other command line.
    hold = PY % ('import ctypes,os\nl=ctypes.CDLL(None)\nwhile l.inotify_init()>=0: pass\n'
                 'os.execvp("sleep",["sleep","3","0.00"+"0%s"])' % mark)

    def taken():
        end = time.time() + 60
        while not alive("0.000" + mark) and time.time() < end:
            time.sleep(0.01)
        fd = w.libc.inotify_init()
        if fd >= 0:
            os.close(fd)
        return fd < 0
    p = subprocess.Popen(["/bin/sh", "-c", "ulimit -n 4096; exec " + hold])
    control = taken()
    p.kill()
    p.wait()
    p = subprocess.Popen([CLIENT, *world.OPTIONS, w.ws, "ulimit -n 4096; exec " + hold], stdin=subprocess.DEVNULL)
    held = not taken()
    p.wait()
    tap(held, "the user's other programs can still watch files", "" if control else "SKIP the control does not succeed here")


def bombs(w):
    fork = PY % 'import os,time\nfor i in range(2000):\n  try:\n    if os.fork()==0: time.sleep(30); os._exit(0)\n  except OSError: time.sleep(0.01)\ntime.sleep(5)'
    r = w.inside(fork, "--processes", "64", "--timeout", "20000")
    tap(w.refused or (r.returncode in (202, 201)), "fork bomb", str(r.returncode))
    r = w.inside(PY % 'x=[]\nfor i in range(400): x.append(bytearray(10**7))\nprint("ESCAPED")', "--memory", "300000000")
    tap(w.refused or (r.returncode == 202 and not escaped(r.stdout)), "memory bomb", str(r.returncode))
    half = 'import os,time\nfor i in range(8):\n  if os.fork()==0:\n    x=bytearray(10**8)\n    time.sleep(90)\n    os._exit(0)\ntime.sleep(60)\nprint("ESCAPED")'
    r = w.inside(PY % half, "--memory", "300000000")
    tap(w.refused or (r.returncode == 202 and not escaped(r.stdout)), "memory bomb in many processes", str(r.returncode))
    r = w.inside("head -c 50000000 /dev/zero > big; wc -c < big; rm -f big", "--file", "10000000")
    tap(w.refused or b"50000000" not in r.stdout, "a file without end")
    r = w.inside("yes | head -c 300000000")
    tap(w.refused or len(r.stdout) < 110000, "an output flood", str(len(r.stdout)))
    r = w.inside(PY % 'import os\nn=0\ntry:\n  while n<20000: os.dup(0); n+=1\n  print("ESCAPED")\nexcept OSError: print("held",n)')
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
    inodes = PY % 'import os\nn=0\ntry:\n  while n<400000: open("/tmp/i%d" % n,"w").close(); n+=1\n  print("ESCAPED")\nexcept OSError: pass\nfor i in range(n): os.unlink("/tmp/i%d" % i)'
    r = w.inside("dd if=/dev/zero of=/dev/shm/x bs=1M count=4096 2>/dev/null; stat -c %s /dev/shm/x", "--timeout", "30000")
    tap(w.refused or w.reduced or int(r.stdout or 0) < 2**30, "memory hidden in files of /dev/shm")
    r = w.inside(inodes, "--timeout", "60000") if w.mode == "" else None
    tap(r is None or not escaped(r.stdout), "files without number in /tmp")
    r = w.inside("while :; do :; done & while :; do :; done", "--timeout", "500")
    tap(w.refused or r.returncode == 201, "processors without end", str(r.returncode))
    storm = PY % 'import ctypes,os,time\nl=ctypes.CDLL(None)\nf=[l.inotify_init() for i in range(5000)]\nprint("ESCAPED" if min(f)>=0 else "held")'
    r = w.inside(storm)
    tap(w.refused or not escaped(r.stdout), "an inotify storm")
    if not w.refused and not w.reduced:
        watchers_left(w)
    r = w.inside(PY % 'import threading,time\nn=0\ntry:\n  for i in range(5000): threading.Thread(target=time.sleep,args=(9,),daemon=True).start(); n+=1\n  print("ESCAPED")\nexcept RuntimeError: print("held",n)', "--processes", "64")
    tap(w.refused or w.reduced or not escaped(r.stdout), "threads without number")
    r = w.inside("ulimit -c unlimited; ulimit -n 1000000 && echo ESCAPED; ulimit -f unlimited && echo ESCAPED")
    tap(w.refused or not escaped(r.stdout), "raise the limits")


def race(w):
    """Somebody swaps a folder and a file for symlinks while the file tools use them."""
    w.reset()
    os.mkdir(w.ws + "/d")
    w.put(w.ws + "/f", "plain\n")
    swap = ("while :; do mv d e; ln -s ../outside d; rm d; mv e d; ln -sf ../outside/secret g; mv g f; echo plain > h; mv h f; done")
    p = subprocess.Popen(["/bin/sh", "-c", swap], cwd=w.ws, stderr=subprocess.DEVNULL, start_new_session=True)
    read = b""
    for _ in range(30):
        w.inside("ESC", "--write", "d/planted")
        read += w.inside("", "--read", "f").stdout
    os.killpg(p.pid, signal.SIGKILL)
    p.wait()
    time.sleep(0.1)  # for the last mv
    tap(not os.path.exists(w.out + "/planted"), "file tools hold a folder that is swapped for a symlink")
    tap(not escaped(read) and b"plain" in read, "file tools hold a file that is swapped for a symlink")


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
    for options, name in ((["--search", "TOPSECRET"], "search"), (["--list", "../outside"], "list a folder outside"),
                          (["--list", "linkdir"], "list through a symlink"), (["--list", w.out], "list an absolute folder"),
                          (["--list", "rootlink/etc"], "list the system")):
        r = w.inside("", *options)
        bad = b"outside" in r.stdout or b"secret" in r.stdout or b"passwd" in r.stdout or b".env" in r.stdout
        tap(not escaped(r.stdout) and not bad, "file tools do not find what is denied: " + name)
    os.symlink(w.out + "/target", w.ws + "/wlink")
    os.symlink(w.out + "/planted2", w.ws + "/dangling")
    for path in ["../outside/planted", w.out + "/planted", "linkdir/planted", "wlink", "dangling", ".env", "conf/.env.local", "envlink",
                 ".git/../../outside/planted", "fifo", "", "rootlink/tmp/planted"]:
        r = w.inside("ESC", "--write", path)
        bad = [f for f in os.listdir(w.out) if f.startswith("planted")] or "ESC" in open(w.out + "/target").read() \
            or "ESC" in open(w.ws + "/.env").read()
        tap(r.returncode == 200 and not bad, "file tools do not write " + (path or "the workspace itself"))
    os.symlink(".vscode", w.ws + "/vs")
    os.symlink(".vscode/settings.json", w.ws + "/plain")
    os.symlink(".git", w.ws + "/g")
    for path in ("vs/settings.json", "vs/tasks.json", "vs/deep/er.json", "plain", "g/config.worktree", "g/info/attributes"):
        r = w.inside("ESC", "--write", path)
        bad = "ESC" in open(w.ws + "/.vscode/settings.json").read() or len(os.listdir(w.ws + "/.vscode")) > 1 \
            or os.path.exists(w.ws + "/.git/config.worktree") or os.path.exists(w.ws + "/.git/info")
        tap(r.returncode == 200 and not bad, "file tools do not write through a link to a name with a dot: " + path)
    r = w.inside("{ }", "--write", ".vscode/settings.json")
    tap(r.returncode == 0, "control: file tools write it by its own name")
    race(w)
    w.reset()
    os.symlink("a.txt", w.ws + "/inlink")
    r = w.inside("new text", "--write", "inlink")
    tap(r.returncode == 0 and os.path.islink(w.ws + "/inlink") and open(w.ws + "/a.txt").read() == "new text",
        "file tools write through a symlink inside the workspace")
    r = w.inside("ESC", "--write", "alias")
    tap(r.returncode == 0 and open(w.out + "/target").read() == "original\n",
        "a write to a file with a second name outside does not reach that name")


def everyday(w):
    """What must work inside, where commands run."""
    w.reset()
    if w.reduced:
        w.without_secrets()
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
        missing = shutil.which(need, path="/usr/bin:/bin") is None
        if world.OPTIONS:  # an image has less than this machine
            missing = w.inside("command -v " + need).returncode != 0
        if missing:
            tap(True, "works: " + name, "SKIP not installed: " + need)
            continue
        if w.reduced and ("server" in name or "terminal" in name):
            tap(True, "works: " + name, "SKIP the reduced sandbox has neither network nor terminals")
            continue
        r = w.inside(command)
        if r.returncode != 0 or want not in r.stdout:
            print("#   ", r.returncode, (r.stdout + r.stderr)[:600])
        tap(r.returncode == 0 and want in r.stdout, "works: " + name)


def suite(mode, views=False):
    w = World(mode, views)
    try:
        r = w.find_state()
        who = "root" if os.getuid() == 0 else "an ordinary user"
        state = "refused" if w.refused else "reduced" if w.reduced else "full"
        print(f"# as {who}, forbidden: {mode or 'nothing'}: {state}{', on a view' if views else ''}")
        tap(r.returncode in (0, 200), f"commands run or are refused ({state})")
        if w.refused or w.reduced:
            tap(b"What to do" in r.stderr, "the refusal says why and what to do")
        if w.reduced:
            r = w.inside("echo works", "--full")
            tap(r.returncode == 200 and b'"sandbox": "reduced"' in r.stderr, "without the user's word it is refused")
        if mode == "":
            tap(not w.refused and not w.reduced, "nothing is missing on this machine")
        # A refusal does not depend on the command: some of each list then.
        step = 5 if w.refused else 1
        for name, command in (READS + ([] if w.reduced else VIEW_READS))[::step]:
            attack(w, name, command)
        for name, command in SECRETS_INSIDE:
            if w.reduced:  # refused while there is a secret
                w.reset()
                r = w.inside(w.fill(command, True))
                tap(r.returncode == 200 and not escaped(r.stdout), name)
            else:
                attack(w, name, command)
        for name, command, check in (WRITES + ([] if w.reduced else VIEW_WRITES))[::step]:
            attack(w, name, command, check)
        if views:
            r = w.inside("ls -A /run/views /proc/1/root/run/views 2>/dev/null")
            tap(r.stdout.replace(b"/proc/1/root/run/views:", b"").replace(b"/run/views:", b"").split() == [],
                "the layers are not seen", r.stdout.decode()[:200])
        w.reset()
        if w.reduced:
            w.without_secrets()
        inherited(w)
        survivors(w)
        bombs(w)
        files(w)
        if not w.refused:
            everyday(w)
    finally:
        w.close()


for forbidden in () if world.OPTIONS else ("", "userns", "landlock", "seccomp"):
    suite(forbidden, views=forbidden == "userns")
suite("", views=True)
suite("overlay", views=True)
print(f"# {sum(controls.values())} of {len(controls)} attacks succeed outside of the sandbox")
tap(sum(controls.values()) >= 100, "at least a hundred attacks have a control that succeeds")
if os.getuid() == 0 and not world.OPTIONS:
    as_user("run.py")
world.finish()
