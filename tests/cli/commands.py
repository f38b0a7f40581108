#!/usr/bin/env python3
"""commands - run_command with a scripted model: in the background, without output for too long; and what the terminal
shows of a command's output."""
import ctypes
import json
import os
import platform
import pty
import shutil
import struct
import subprocess
import time

from support import DONE, EMEND, expect, main


def call(**given):
    return {"calls": [{"name": "run_command", "input": given}]}


def background(command, **more):
    return call(command=command, background=True, **more)


def words(turn, *expected):
    return dict(turn, expect=list(expected))


def do(w, *turns, options=()):
    r = w.run("do", "--json", "--yes", *options, "--model", w.script(*turns), "x")
    return r, r.of("tool.finished")


def alive(marker):
    found = []
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                with open("/proc/%s/cmdline" % p, "rb") as f:
                    if marker.encode() in f.read() and int(p) != os.getpid():
                        found.append(int(p))
            except OSError:
                pass
    return found


def gone(marker):
    end = time.time() + 2
    while alive(marker) and time.time() < end:
        time.sleep(0.02)
    return not alive(marker)


def a_command_goes_on_while_the_model_works(w):
    w.repository()
    serve = "echo ready; while [ ! -e go ]; do sleep 0.05; done; echo went; exit 3"
    r, tools = do(w, background(serve), words(call(id="b1", timeout_ms=30000), "b1", "in the background"),
                  words(call(command="touch go"), "b1: still running", "ready"),
                  call(id="b1", timeout_ms=30000), call(id="b1", timeout_ms=30000), words(DONE, "b1: exit status 3"))
    expect(r.status == 0 and r.events()[-1]["status"] == "done", r)
    expect([e["ok"] for e in tools] == [True] * 5, r)
    expect(tools[0]["summary"] == "in the background as b1", r)
    said = [json.loads(line) for line in open(w.log_path(r.events()[0]["session"]), encoding="utf-8")]
    texts = "".join(e["text"] for e in said if e["type"] == "result")
    expect(texts.count("ready") == 1 and texts.count("went") == 1, texts)
    logged = [e for e in said if e["type"] == "command" and e.get("background") == "b1"]
    expect(len(logged) == 1 and logged[0]["exit"] == 3 and "went" in logged[0]["output"], said)


def a_command_in_the_background_is_killed(w):
    mark = "31%d1" % os.getpid()
    r, tools = do(w, background("echo up; (setsid sleep %s &); sleep %s" % (mark, mark)),
                  call(id="b1", timeout_ms=30000), call(id="b1", action="kill"), words(call(id="b1"), "b1: killed"),
                  words(DONE, "b1: killed", "no new output"))
    expect(r.status == 0 and all(e["ok"] for e in tools), r)
    expect(gone("sleep\0" + mark), r)


def it_ends_with_the_task(w):
    mark = "31%d2" % os.getpid()
    r, tools = do(w, background("(setsid sleep %s &); echo up; sleep %s" % (mark, mark)), call(id="b1", timeout_ms=30000),
                  words(DONE, "up"))
    expect(r.status == 0 and len(tools) == 2, r)
    expect(gone("sleep\0" + mark), r)
    said = [json.loads(line) for line in open(w.log_path(r.events()[0]["session"]), encoding="utf-8")]
    logged = [e for e in said if e["type"] == "command"]
    expect(len(logged) == 1 and logged[0]["signal"] == 9 and logged[0]["output"] == "up\n", said)
    expect(said[-1]["type"] == "finished", said)


def it_ends_when_the_task_is_cancelled(w):
    mark = "31%d3" % os.getpid()
    r, tools = do(w, background("sleep " + mark), {"text": "...", "hang": True}, options=["--max-time", "1"])
    expect(r.status == 3 and len(tools) == 1, r)
    expect(gone("sleep\0" + mark), r)


def wrong_use_of_the_background_is_explained(w):
    r, tools = do(w, call(id="b7"), background("true"), call(id="b1", action="stop"), call(background=True),
                  words(DONE, "command is missing"))
    expect([e["ok"] for e in tools] == [False, True, False, False], r)
    expect("No command of this task" in tools[0]["summary"] and '"read" or "kill"' in tools[2]["summary"], r)
    many = [background("sleep %d" % (30 + i)) for i in range(9)]
    r, tools = do(w, *many, DONE)
    expect([e["ok"] for e in tools] == [True] * 8 + [False] and "too many" in tools[8]["summary"], r)


def a_long_output_is_cut_with_true_counts(w):
    """16 kB of it; how much there was is counted by bytes and lines, also where the worker cut it before. All of it is
    in a file that later commands can read."""
    line = "0" * 50
    for n, left in ((1000, 35088), (10000, 494088)):
        r = w.run("do", "--yes", "--model", w.script(
            call(command="yes %s | head -n %d; mkdir -p /tmp/x" % (line, n)),
            {"expect": ["[... %d bytes (%d lines) left out of %d. The whole output is in /tmp/output-1.txt" % (
                left, left // 51, 51 * n)],
             "calls": call(command="yes %s | head -n %d | cmp - /tmp/output-1.txt && wc -l < /tmp/output-1.txt" % (line, n))["calls"]},
            {"expect": [str(n)], "text": "end"}), "x")
        expect(r.status == 0, r)
        session = sorted(os.listdir(os.path.join(w.state, "sessions")))[-1]
        said = [json.loads(t) for t in open(w.log_path(session), encoding="utf-8")]
        expect(max(len(e["text"]) for e in said if e["type"] == "result") < 17000, r)


def tool(name, **given):
    return {"calls": [{"name": name, "input": given}]}


def what_commands_left_in_tmp_is_read_by_tools(w):
    """A result names the file of a long output, and what a model does with a file is to read it, not to run a command."""
    r = w.run("do", "--mode", "read-only", "--model", w.script(
        call(command="seq -f 'line %.0f' 20000"),
        words(tool("read_file", path="/tmp/output-1.txt", start_line=12345, line_count=2), "look at it with search or read_file"),
        words(tool("search", path="/tmp/output-1.txt", pattern="^line 1[67]3$", context=1),
              "12345\tline 12345\n12346\tline 12346\n(2 of 20000 lines shown"),
        words(tool("search", path="/tmp/output-1.txt", pattern="line 1999.", glob="*.c"),
              "/tmp/output-1.txt:163: line 163\n", "/tmp/output-1.txt-172- line 172\n"),
        words(call(command="head -c 10000005 /dev/zero | tr '\\0' x > /tmp/big; printf 'a\\0b' > /tmp/bin; printf 'caf\\351\\n' > /tmp/latin; "
                   "ln -s /etc/shadow /tmp/link"), "/tmp/output-1.txt:19990: line 19990\n"),
        words(tool("read_file", path="/tmp/big"), "exit status 0"),
        words(tool("read_file", path="/tmp/bin"), "that is the first 10000000 bytes of the file"),
        words(tool("search", path="/tmp/latin", pattern="caf"), "binary: it has a NUL"),
        words(tool("read_file", path="/tmp/nothing"), "/tmp/latin:1: caf\ufffd"),
        words(tool("read_file", path="/tmp/.env"), "/tmp/nothing cannot be read (", "No such file"),
        words(tool("read_file", path="/tmp/link"), "/tmp/.env is in the folder of the commands: look"),
        words(tool("read_file", path="/tmp/../etc/passwd"), "/tmp/link cannot be read"),
        words(tool("write_file", path="/tmp/new", content="x"), "outside the workspace"),
        words(DONE, "there only read_file, search and run_command work")), "x")
    expect(r.status == 0 and not os.path.exists("/tmp/new"), r)


def what_lies_in_the_way_of_a_long_output_is_not_written(w):
    """A command can put anything into /tmp; then the model is told what to do without the file."""
    w.write("mine", "mine\n")
    r = w.run("do", "--yes", "--model", w.script(
        call(command="for i in 1 2 3 4; do ln -s $PWD/mine /tmp/output-$i.txt; done; seq 10000"),
        {"expect": ["send the output to a file in /tmp"], "calls": call(command="head -c 11000000 /dev/zero | tr '\\0' x; echo")["calls"]},
        {"expect": ["send the output"], "calls": call(command="rm /tmp/output-*; head -c 11000000 /dev/zero | tr '\\0' y; echo")["calls"]},
        {"expect": ["The first 10000000 bytes are in /tmp/output-3.txt"],
         "calls": call(command="wc -c < /tmp/output-3.txt; cat mine")["calls"]},
        {"expect": ["10000000", "mine"], "text": "end"}), "x")
    expect(r.status == 0 and w.read("mine") == "mine\n", r)


def a_flood_in_the_background_is_bounded(w):
    r, tools = do(w, background("yes | head -c 30000000; echo; echo last"), call(id="b1", timeout_ms=30000),
                  call(command="sleep 1.5"), call(id="b1", timeout_ms=30000), call(id="b1", timeout_ms=30001), DONE)
    said = [json.loads(line) for line in open(w.log_path(r.events()[0]["session"]), encoding="utf-8")]
    texts = [e["text"] for e in said if e["type"] == "result"]
    expect(r.status == 0 and max(len(t) for t in texts) < 41000 and any("bytes left out" in t for t in texts), texts[0])
    expect(any("all of it is in /tmp/output-1.txt" in t for t in texts) or "still running" in texts[1], texts)


def a_server_in_the_background_answers_later_commands(w):
    serve = ("import socket; s=socket.socket(); s.setsockopt(1,2,1); s.bind(('127.0.0.1',8125)); s.listen(); print('up',flush=True)\n"
             "for i in range(2): c=s.accept()[0]; c.send(b'pong'); c.close()")
    talk = "import socket; print(socket.create_connection(('127.0.0.1',8125)).recv(9))"
    r, tools = do(w, background('/usr/bin/python3 -c "%s"' % serve), words(call(id="b1", timeout_ms=30000)),
                  words(call(command='/usr/bin/python3 -c "%s"' % talk), "up"), words(call(command='/usr/bin/python3 -c "%s" ' % talk), "pong"),
                  words(call(id="b1", timeout_ms=30000), "pong"), words(DONE, "exit status 0"))
    expect(r.status == 0 and all(e["ok"] for e in tools), r)


def policy_holds_in_the_background(w):
    w.config('{"permissions": {"deny": ["touch"]}}')
    r, tools = do(w, background("touch made"), DONE)
    expect(r.status == 0 and not tools[0]["ok"] and not w.exists("made"), r)


def held(w):
    return sorted(f for d, _, files in os.walk(os.path.join(w.state, "views", "held")) for f in files)


def in_the_background_only_folders_of_tools_are_written(w):
    """All else is read-only, and seen as it is now; what git executes is not left there either."""
    w.repository()
    w.write(".gitignore", "node_modules\n")
    w.write("node_modules/p/index.js", "old\n")
    w.write("calc.py", "one\n")
    plant = "exec 2>/dev/null; echo x > made; echo x > calc.py; rm -rf sub .git; cd node_modules; mkdir -p n/.git/hooks .husky; " \
            "echo x > n/.git/hooks/update; echo x > .husky/pre-commit; echo made > ordinary; echo up; " \
            "until grep -q two ../calc.py; do sleep 0.05; done"
    w.write("plant.sh", plant)  # the policy asks where a command names such files itself
    r, tools = do(w, background("sh plant.sh"), words(call(id="b1", timeout_ms=30000)),
                  words(call(command="echo two > calc.py"), "up"), words(call(id="b1", timeout_ms=30000)),
                  words(call(command="cat node_modules/ordinary"), "Protected files", "n/.git/hooks/update: moved away",
                        ".husky/pre-commit: moved away"), words(DONE, "made"))
    expect(r.status == 0 and all(e["ok"] for e in tools), r)
    expect(any("n/.git/hooks/update" in e["text"] for e in r.of("notice")), r)
    expect(not w.exists("node_modules/n/.git/hooks/update") and not w.exists("node_modules/.husky/pre-commit"), r)
    expect(not w.exists("made") and w.read("calc.py") == "two\n" and w.exists(".git/HEAD"), r)
    expect(held(w) == ["index", "node_modules%.husky%pre-commit", "node_modules%n%.git%hooks%update"], held(w))


def what_is_not_kept_is_said_once(w):
    w.repository()
    w.write("plant.sh", "echo x > .git/hooks/update; echo x > .npmrc; echo x > .env; ln -s /etc/x out")
    r, tools = do(w, call(command="sh plant.sh"), words(DONE, "not kept"))
    said = [json.loads(line) for line in open(w.log_path(r.events()[0]["session"]), encoding="utf-8")]
    text = "".join(e["text"] for e in said if e["type"] == "result")
    expect([text.count("not kept: " + n) for n in (".git/hooks/update", ".npmrc", ".env", "out")] == [1] * 4, text)


def what_is_left_when_the_task_ends_goes_too(w):
    w.repository()
    w.write(".gitignore", "node_modules\n")
    w.write("node_modules/p/index.js", "old\n")
    w.write("plant.sh", "cd node_modules; mkdir .husky; echo x > .husky/pre-commit; echo up; sleep 60")
    r, tools = do(w, background("sh plant.sh"), call(id="b1", timeout_ms=30000), words(DONE, "up"))
    expect(r.status == 0 and len(tools) == 2, r)
    end = time.time() + 5
    while w.exists("node_modules/.husky/pre-commit") and time.time() < end:
        time.sleep(0.02)
    expect(w.exists("node_modules/.husky") and not w.exists("node_modules/.husky/pre-commit"), r)


def limits_that_are_too_small_are_told(w):
    """Of the shell that starts it: which, and what to do."""
    for limit, n, what in (("s", 64, "The stack of a process is limited to 64 KiB here"), ("f", 32, "The size of a file is limited to"),
                           ("n", 40, "The number of open files is limited to 40 files here"),
                           ("v", 40000, "The virtual memory of a process is limited to 40000 KiB here")):
        if limit == "v" and "ASAN_OPTIONS" in os.environ:  # which needs terabytes of it for itself
            continue
        r = subprocess.run(["bash", "-c", "ulimit -%s %d; exec %s run -- true" % (limit, n, EMEND)], cwd=w.path, env=w.env, capture_output=True, text=True,
                           check=False)
        expect(r.returncode == 6 and what in r.stderr and "`ulimit -%s`" % limit in r.stderr, r)


def no_namespaces():
    """From here on unshare() is refused, as where a container or a setting forbids it."""
    number = {"x86_64": 272, "aarch64": 97}[platform.machine()]
    load, equal, give = 0x20, 0x15, 0x06
    code = b"".join(struct.pack("HBBI", *one) for one in ((load, 0, 0, 0), (equal, 0, 1, number), (give, 0, 0, 0x50001), (give, 0, 0, 0x7fff0000)))
    program = struct.pack("HxxxxxxP", 4, ctypes.addressof(kept := ctypes.create_string_buffer(code)))
    libc = ctypes.CDLL(None)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.create_string_buffer(program), 0, 0):
        raise OSError("no filter")
    del kept


def a_sandbox_that_went_away_is_told(w):
    """It was found to work here, so its trial waits; when that fails, commands are refused as ever, and it is tried anew."""
    if platform.machine() not in ("x86_64", "aarch64"):
        return
    w.repository()
    for gone in (False, True, True, False):
        r = subprocess.run([EMEND, "do", "--yes", "--model", w.script(call(command="echo hi"), DONE), "x"], cwd=w.path, env=w.env, capture_output=True,
                           text=True, check=False, preexec_fn=no_namespaces if gone else None)
        expect(r.returncode == (6 if gone else 0) and ('the sandbox layer "user namespace" is missing' in r.stderr) == gone, (gone, r))


def what_waits_for_keys_is_told_at_once(w):
    """vi takes the pipe of its messages for its keyboard, and would wait until its time is up."""
    for text in ("vi x", "true && /usr/bin/vim -R x", "timeout 9 vi x", "sh -c 'view x'"):
        r, tools = do(w, call(command=text), words(DONE, "commands have no terminal"))
        expect(r.status == 0 and not tools[0]["ok"], (text, r))
    w.write("editor", "#!/bin/sh\necho mine\n")
    os.chmod(os.path.join(w.path, "editor"), 0o755)
    r, tools = do(w, call(command="./editor x; echo vi x; ls | grep vi; true # vi"), words(DONE, "mine"))
    expect(r.status == 0 and "commands have no terminal" not in r.out, r)
    r = w.run("run", "--", "vi", "x")
    expect(r.status == 2 and "waits for keys" in r.err, r)
    if shutil.which("vim"):
        r, tools = do(w, call(command="vim -es -c 'normal iword' -c wq new"), DONE)
        expect(r.status == 0 and w.read("new") == "word\n", r)


def a_silent_command_is_stopped(w):
    w.config('{"command": {"idleMs": 300}}')
    r, tools = do(w, call(command="echo a; sleep 60"), words(DONE, "no output for too long"))
    expect(r.status == 0 and not tools[0]["ok"], r)
    r = w.run("run", "--", "sh", "-c", "sleep 60")
    expect(r.status == 124 and "printed nothing" in r.err, r)
    r = w.run("run", "--", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done")
    expect(r.status == 0 and r.out.endswith("8\n"), r)


def a_command_cannot_drive_the_terminal(w):
    nasty = ("printf 'a\\033]52;c;ZXZpbA==\\007b\\033[2Jc\\033]0;title\\033\\\\d\\033P$q\\033\\\\e\\302\\233n\\033[6nf\\033[c\\r"
             "g\\010h\\016i\\033]8;;http://x\\007j'")
    pid, fd = pty.fork()
    if pid == 0:
        try:
            os.chdir(w.path)
            os.execve(EMEND, [EMEND, "run", "--", "sh", "-c", nasty], w.env)
        finally:
            os._exit(127)  # else the child would go on as a second copy of the suite
    out = b""
    while True:
        try:
            piece = os.read(fd, 4096)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.waitpid(pid, 0)
    body = out.replace(b"\r\n", b"\n")
    expect(b"a" in body and b"j" in body, out)
    expect(not any(c in body for c in (b"\033]", b"\033P", b"\033[2J", b"\033[6n", b"\033[c", b"\302\233", b"\007", b"\016",
                                       b"\010", b"\r")), out)


def home(w, name, text, mode=0o644):
    path = os.path.join(w.home, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def toolchains_of_the_home_folder_are_found(w):
    tool = home(w, ".nvm/versions/node/v1/bin/mytool", "#!/bin/sh\necho it works\n", 0o755)
    token = home(w, ".cargo/credentials.toml", "token\n")
    home(w, ".cargo/bin/mycargo", "#!/bin/sh\ncat $HOME/.cargo/registry/crate; echo $RUSTUP_HOME\n", 0o755)
    home(w, ".cargo/registry/crate", "fetched before\n")
    home(w, ".rustup/settings.toml", "")
    path = "%s:%s/.cargo/bin:%s" % (os.path.dirname(tool), w.home, w.env["PATH"])
    r = w.run("run", "--", "mytool", PATH=path)
    expect(r.status == 0 and r.out == "it works\n", r)
    r = w.run("run", "--", "mycargo", PATH=path)
    expect(r.status == 0 and r.out == "fetched before\n%s/.rustup\n" % w.home, r)
    r = w.run("run", "--", "sh", "-c", "cat %s; echo x >>%s" % (token, tool), PATH=path)
    expect(r.status != 0 and "token\n" not in r.out and "No such file" in r.out and "ead-only" in r.out, r)
    r = w.run("run", "--network", "--", "sh", "-c", "test ! -e ~/.cargo/registry && mkdir ~/.cargo/registry && echo own", PATH=path)
    expect(r.status == 0 and r.out == "own\n", r)
    r = w.run("doctor", PATH=path)
    expect("they also see: %s/.nvm/versions, %s/.cargo/bin" % (w.home, w.home) in r.out, r)
    r = w.run("run", "--", "mytool")  # not on the PATH: not the user's tool
    expect(r.status == 127, r)
    w.config('{"toolchains": "off"}')
    r = w.run("run", "--", "mytool", PATH=path)
    expect(r.status == 127, r)


def sources_that_are_named_like_secrets_are_seen(w):
    """A build that cannot see its own sources fails, and git would commit their emptying."""
    w.repository()
    w.write("password_rules.py", "strong = 8\n")
    w.write("credentials/secret.py", "x = 1\n")
    w.write("app_secrets.yaml", "token: hunter2\n")
    w.git("add", "password_rules.py", "credentials")
    w.git("commit", "-qm", "second")
    r = w.run("run", "--", "sh", "-c", "cat password_rules.py credentials/secret.py; git status --short; cat app_secrets.yaml")
    expect("strong = 8\nx = 1\n" in r.out and " M " not in r.out and " D " not in r.out and "hunter2" not in r.out, r)


def a_command_may_name_what_it_sees(w):
    """A file with the name of a secret that git tracks is none for commands, so naming it is no reason to refuse the line;
    one that they do not see is."""
    w.repository()
    for name in ("test/server.key", "secrets.yml", "a.pem"):
        w.write(name, "tracked " + name + "\n")
    w.git("add", ".")
    w.git("commit", "-qm", "second")
    w.write("own.pem", "OWN\n")
    w.write("test/.env", "OWN\n")
    r = w.run("do", "--yes", "--json", "--model", w.script(
        call(command="cat a.pem test/server.key; cd test && cat < server.key; cat --file=../secrets.yml; git show HEAD:secrets.yml"),
        words(call(command="git mv a.pem b.pem && mv secrets.yml test/ && echo more >> test/server.key && git status --short"),
              "tracked a.pem\ntracked test/server.key\ntracked test/server.key", "tracked secrets.yml\n"),
        words(call(command="cat own.pem"), "R  a.pem -> b.pem"),
        words(call(command="cat .env", cwd="test"), "Denied by the policy: `cat own.pem` (rule: deny: file *.pem)"),
        words(call(command="cat b.pem own.pem"), "Denied by the policy: `cat .env`"),
        words(call(command="cat new.pem; echo x > new.pem; echo went"), "Denied by the policy: `cat b.pem own.pem`"),
        words(call(command="cat .git/config b.pem"), "No such file", "went"),
        words(DONE, "Denied by the policy: `cat .git/config b.pem`")), "x")
    expect(r.status == 0 and "OWN" not in r.out and w.exists("b.pem") and not w.exists("a.pem"), r)
    expect(w.read("test/server.key") == "tracked test/server.key\nmore\n" and w.exists("test/secrets.yml"), r)
    expect(not w.exists("new.pem") and w.read("own.pem") == "OWN\n", r)
    w.config('{"denyFiles": ["b.pem"]}')  # the user's own word counts whatever git tracks
    r = w.run("do", "--yes", "--model", w.script(call(command="cat b.pem"), words(DONE, "(rule: deny: file b.pem)")), "x")
    expect(r.status == 0, r)
    r = w.run("do", "--yes", "--no-sandbox", "--model", w.script(call(command="cat test/secrets.yml"), words(DONE, "(rule: deny: file *secret*.yml)")), "x")
    expect(r.status == 0, r)


def what_holds_a_token_is_a_secret(w):
    """.npmrc and .pypirc are secrets by what they hold: for tools, for the search, for commands, unless the user says else."""
    w.repository()
    w.write(".npmrc", "registry=https://r.example/\nalways-auth=true\n//r.example/:_authToken=${NPM_TOKEN}\n")
    look = [tool("read_file", path=".npmrc"), words(tool("search", pattern="registr", glob=".npmrc"), "always-auth"),
            words(call(command="cat .npmrc | wc -l"), ".npmrc:1: registry")]
    r = w.run("do", "--yes", "--model", w.script(*look, words(DONE, "3\n")), "x")
    expect(r.status == 0, r)
    w.write(".npmrc", "registry=https://r.example/\n//r.example/:_authToken=OWN1\n")
    w.write("sub/.pypirc", "[pypi]\nusername = __token__\npassword: OWN2\n")
    edit = {"path": "sub/.pypirc", "edits": [{"old_text": "__token__", "new_text": "x"}]}
    turns = [tool("read_file", path=".npmrc"), words(tool("edit_file", **edit), ".npmrc is not accessible: it holds a secret"),
             words(tool("search", pattern="O.N|registry"), "sub/.pypirc is not accessible"),
             words(call(command="cat $(ls -a | grep npm) sub/.[p]*; rm -rf sub; git add -A; git status --short"), "(no match)", ".npmrc: it holds a secret")]
    r = w.run("do", "--yes", "--json", "--model", w.script(*turns, words(DONE, "Hidden from commands")), "x")
    expect(r.status == 0 and "OWN" not in r.out and w.exists("sub/.pypirc"), r)
    w.git("add", ".npmrc")  # tracked: it stands in the history, and npm needs it
    r = w.run("run", "--", "cat", ".npmrc")
    expect("OWN1" in r.out, r)
    w.config('{"denyFiles": ["!.npmrc", "!.pypirc"]}')
    r = w.run("do", "--yes", "--model", w.script(tool("read_file", path="sub/.pypirc"), words(DONE, "password: OWN2")), "x")
    expect(r.status == 0 and "OWN2" in w.run("run", "--", "cat", "sub/.pypirc").out, r)


def a_word_without_an_ending_is_a_secret(w):
    """Not of a program, nor what tools build, nor a folder; tracked, commands see it."""
    w.repository()
    w.write(".gitignore", "target/\n")
    for name, text in (("secrets", "OWN1\n"), ("deploy/db_password", "OWN2\n"), ("credentials/plain", "SEEN1\n"), ("git-secret", "#!/bin/sh\necho SEEN2\n"),
                       ("target/x/lib-secret_x", "SEEN3\n"), ("data/PASSWORDS", "OWN3\n")):
        w.write(name, text)
    w.git("add", "data")
    w.git("commit", "-qm", "data")
    look = [tool("read_file", path="secrets"), words(tool("search", pattern="OWN|SEEN"), "secrets is not accessible: it holds a secret"),
            words(call(command="cat secrets deploy/* credentials/plain target/x/*; sh git-secret; cat data/*; git add -A; git status --short"),
                  "SEEN1", "deploy/db_password: it holds a secret"),
            words(DONE, "Hidden from commands", "SEEN1", "SEEN2", "SEEN3", "OWN3")]
    r = w.run("do", "--yes", "--json", "--model", w.script(*look), "x")
    expect(r.status == 0 and "OWN1" not in r.out and "OWN2" not in r.out, r)
    expect(sorted(subprocess.run(["git", "diff", "--cached", "--name-only"], cwd=w.path, env=w.env, stdout=subprocess.PIPE, text=True, check=True).stdout.split()) == [".gitignore", "credentials/plain", "git-secret"], r)


def credentials_in_the_folder_of_git_are_hidden(w):
    w.repository()
    for name, text in (("credentials", "https://u:OWN1@h\n"), ("config.worktree", "[http]\n\textraheader = OWN2\n[core]\n\tseen = 1\n"),
                       ("id_rsa", "OWN3\n"), ("FETCH_HEAD", "a\tb of https://u:OWN4@h/x\n"), ("more", "[http]\n\textraheader = OWN5\n"),
                       ("modules/m/config", "[remote \"o\"]\n\turl = https://u:OWN6@h/m\n"), ("modules/m/credentials", "OWN7\n")):
        w.write(".git/" + name, text)
    w.git("config", "include.path", "more")
    r = w.run("run", "--", "sh", "-c", "cd .git; cat credentials config.worktree id_rsa FETCH_HEAD more modules/m/*; git status --short; rm -f id_rsa credentials; echo x > credentials")
    expect("OWN" not in r.out and "seen = 1" in r.out and "https://h/x" in r.out and "Hidden from commands" in r.err, r)
    expect(w.read(".git/credentials") == "https://u:OWN1@h\n" and w.read(".git/id_rsa") == "OWN3\n", "they are as they were")
    r = w.run("run", "--", "sh", "-c", "echo y >> calc.py; git -c user.name=t -c user.email=t@e commit -qam two; git log --oneline | wc -l")
    expect(r.status == 0 and r.out.strip() == "2", r)


def folders_that_commands_reach_keep_their_secrets(w):
    """--rw and readDirs: secrets are closed and what git would execute cannot be written, as in the workspace. What git
    tracks is seen, and so is what has the name of a folder around it."""
    w.repository()
    other, tools = (os.path.join(w.home, n) for n in ("other", ".aws/tools"))
    for top in (other, tools):
        os.makedirs(os.path.join(top, "sub"))
        for name, text in ((".env", "OWN\n"), ("sub/k.pem", "OWN\n"), ("sub/.npmrc", "//r/:_authToken=OWN\n"),
                           ("test.key", "tracked\n"), (".envrc", "OWN\n"), ("plain", "plain\n")):
            with open(os.path.join(top, name), "w", encoding="utf-8") as f:
                f.write(text)
        git = ["git", "-C", top, "-c", "user.name=t", "-c", "user.email=t@example.org"]
        for args in (["init", "-q"], ["add", "test.key", "plain"], ["commit", "-qm", "x"], ["config", "http.extraheader", "OWN"]):
            subprocess.run(git + args, check=True, env=w.env)
    look = "cd %s && cat .env sub/k.pem sub/.npmrc .git/config test.key plain; "
    write = ("echo x > .git/hooks/pre-commit; git config core.fsmonitor x; echo x >> .envrc; echo x > .env; mv sub gone; echo new > made; echo y >> plain")
    r = w.run("run", "--rw", other, "--", "sh", "-c", look % other + write)
    expect("OWN" not in r.out and "tracked\nplain\n" in r.out and os.path.join(other, ".env") in r.err, r)
    expect(not os.path.exists(os.path.join(other, ".git/hooks/pre-commit")) and os.path.exists(os.path.join(other, "made")), r)
    with open(os.path.join(other, ".envrc"), encoding="utf-8") as f:
        expect(f.read() == "OWN\n", r)
    w.config(json.dumps({"readDirs": [tools], "writeDirs": [other]}))
    with open(os.path.join(other, "later.pem"), "w", encoding="utf-8") as f:
        f.write("OWN\n")
    w.write("look.sh", look % tools + "cat %s/later.pem %s/.env; echo x > %s/.git/hooks/update; echo end" % (other, other, other))
    for background in ({}, {"background": True}):
        r = w.run("do", "--yes", "--json", "--model", w.script(call(command="sh look.sh", **background), call(id="b1", timeout_ms=30000),
                                                               call(id="b1", timeout_ms=30000), DONE), "x")
        said = open(w.log_path(r.events()[0]["session"]), encoding="utf-8").read()
        expect(r.status == 0 and "OWN" not in said and "tracked\\nplain" in said, said)
        expect(not os.path.exists(os.path.join(other, ".git/hooks/update")), r)


def the_first_protected_file_of_such_a_folder_is_moved_away(w):
    """Also around the workspace, which keeps what its user does meanwhile; git goes on working, and what stood there stays."""
    w.repository()
    other = os.path.join(w.home, "other")
    os.makedirs(other + "/old")
    subprocess.run(["git", "init", "-q", other + "/old"], check=True, env=w.env)
    plant = ("cd %s; echo x > .envrc; mkdir .vscode; echo x > .vscode/tasks.json; git init -q new; echo x > new/.git/hooks/update; cd old; echo a > a; git add a; "
             "git -c user.name=t -c user.email=t@example.org commit -qm first; echo made > ../ordinary" % other)
    r = w.run("run", "--json", "--rw", other, "--", "sh", "-c", plant)
    expect(sorted((e["path"], e["deed"]) for e in r.of("held")) ==
           [(os.path.join(other, n), "moved") for n in (".envrc", ".vscode/tasks.json", "new/.git/hooks/update")], r)
    expect(r.status == 0 and os.path.exists(other + "/ordinary") and os.path.exists(other + "/old/.git/index") and os.path.exists(other + "/new/.git/config"), r)
    expect(not any(os.path.exists(os.path.join(other, n)) for n in (".envrc", ".vscode/tasks.json", "new/.git/hooks/update")), r)
    p = w.start("run", "--json", "--rw", w.base, "--", "sh", "-c", "echo ready > %s/ready; until [ -e %s/go ]; do sleep 0.05; done; echo x > %s/.envrc" %
                (other, other, other))
    end = time.monotonic() + 120
    while not os.path.exists(other + "/ready") and time.monotonic() < end:
        time.sleep(0.02)
    w.write(".envrc", "the user's\n")
    home(w, "other/go", "")
    out = p.communicate(timeout=60)[0]
    expect(w.read(".envrc") == "the user's\n" and not os.path.exists(other + "/.envrc"), out)


# What was looked up in an overlay before it was there may stay away: so they are looked at when all are there.
APPEARS = ("touch %s/ready; echo ready; until [ -e %s/go ]; do sleep 0.05; done; for f in .env sub/k.pem %s/o.key; do "
           "while cat $f >/dev/null 2>&1; do sleep 0.05; done; done; cat .env sub/k.pem %s/o.key; echo covered")


def what_appears_while_a_command_runs_is_closed(w):
    """Someone saves a secret: from a moment later on the command cannot read it, also in a folder of --rw; and the result
    names it."""
    w.repository()
    other = os.path.join(w.home, "other")
    os.makedirs(other)
    w.write("sub/x", "x\n")
    w.write("appears.sh", APPEARS % (other, other, other, other))
    w.config(json.dumps({"writeDirs": [other]}))

    def appear():
        for path in (os.path.join(other, "o.key"), os.path.join(w.path, "sub/k.pem"), os.path.join(w.path, ".env"), os.path.join(other, "go")):
            with open(path, "w", encoding="utf-8") as f:
                f.write("OWN\n")

    p = w.start("run", "--", "sh", "appears.sh")
    expect(p.stdout.readline() == b"ready\n", "the command runs")
    appear()
    out, err = p.communicate(timeout=60)
    expect(p.returncode == 0 and b"covered" in out and b"OWN" not in out and b".env, " in err and b"o.key" in err, (out, err))
    for path in (os.path.join(other, "o.key"), os.path.join(w.path, "sub/k.pem"), os.path.join(w.path, ".env"),
                 os.path.join(other, "ready"), os.path.join(other, "go")):
        os.unlink(path)
    p = w.start("do", "--yes", "--json", "--model", w.script(call(command="sh appears.sh", background=True), call(id="b1", timeout_ms=30000),
                                                             call(id="b1", timeout_ms=30001), call(id="b1", timeout_ms=30002), DONE), "x")
    end = time.time() + 60
    while not os.path.exists(os.path.join(other, "ready")) and time.time() < end:
        time.sleep(0.02)
    appear()
    out, err = p.communicate(timeout=100)
    with open(w.log_path(json.loads(out.splitlines()[0])["session"]), encoding="utf-8") as f:
        said = f.read()
    expect(p.returncode == 0 and "covered" in said and "OWN" not in said, (said, err))


main([what_appears_while_a_command_runs_is_closed, what_holds_a_token_is_a_secret, a_word_without_an_ending_is_a_secret, credentials_in_the_folder_of_git_are_hidden, folders_that_commands_reach_keep_their_secrets, the_first_protected_file_of_such_a_folder_is_moved_away,
      a_command_may_name_what_it_sees, a_long_output_is_cut_with_true_counts, what_commands_left_in_tmp_is_read_by_tools, what_lies_in_the_way_of_a_long_output_is_not_written, sources_that_are_named_like_secrets_are_seen, toolchains_of_the_home_folder_are_found, a_command_goes_on_while_the_model_works, a_command_in_the_background_is_killed, it_ends_with_the_task,
      it_ends_when_the_task_is_cancelled, wrong_use_of_the_background_is_explained, a_flood_in_the_background_is_bounded,
      a_server_in_the_background_answers_later_commands, policy_holds_in_the_background,
      what_is_not_kept_is_said_once, in_the_background_only_folders_of_tools_are_written, what_is_left_when_the_task_ends_goes_too, limits_that_are_too_small_are_told, a_sandbox_that_went_away_is_told, what_waits_for_keys_is_told_at_once, a_silent_command_is_stopped, a_command_cannot_drive_the_terminal])
