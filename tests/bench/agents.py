#!/usr/bin/env python3
"""agents - the terminal agents that people use, beside Emend, on one provider that answers at once.

    python3 tests/bench/agents.py BIN     BIN: the folder of `claude`, `codex` and `opencode`; those that are there are measured

A turn is one call that runs `true`, in the sandbox that the agent has by itself. Everything in turns, so
that a busy minute slows all alike. Memory is that of the whole tree of processes, shared pages counted once (Pss).
"""
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fake"))
import dialects  # noqa: E402
import stream  # noqa: E402

EMEND = os.environ["EMEND"]
FEW, MANY, ROUNDS = 2, 12, 3
MODEL = "claude-opus-5-5"
SAMPLE_S = 0.05


class Provider(http.server.ThreadingHTTPServer):
    """Answers a request that offers the agent's tool with a call of it, `turns` times, and every other with a word."""

    daemon_threads = True

    def __init__(self, tool, arguments):
        super().__init__(("127.0.0.1", 0), Handler)
        self.tool, self.arguments, self.turns, self.first = tool, arguments, 0, None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def begin(self, turns):
        self.turns, self.first = turns, None

    def reply(self, body):
        tools = [t.get("name") or t.get("function", {}).get("name") for t in body.get("tools", [])]
        if self.tool not in tools:
            return {"text": "measure"}
        self.first = self.first or time.perf_counter()
        if self.turns == 0:
            return {"text": "Done."}
        self.turns -= 1
        arguments = {k: v % self.turns if "%" in v else v for k, v in self.arguments.items()}  # not the same twice
        return {"calls": [{"name": self.tool, "id": "toolu_%05d" % self.turns, "input": arguments}]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_error(404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self.path.split("?")[0].endswith(("/messages", "/responses")):
            return self.send_error(404)
        turn = dict(self.server.reply(body), usage={"input": 100, "output": 50})
        if self.path.split("?")[0].endswith("/messages"):
            data = b"".join(stream.encode(e) for e in stream.events(turn, body, 1))
        else:
            data = b"".join(dialects.encode(*e) for e in dialects.make("responses").events(turn, dict(body, messages=[]), 1))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def emend(_binary, url, _home):
    return [EMEND, "do", "--yes", "-q", "--max-turns", "100", "measure"], {
        "ANTHROPIC_API_KEY": "test", "ANTHROPIC_BASE_URL": url, "EMEND_MODEL": "anthropic/" + MODEL}


def claude(binary, url, home):
    return [binary, "-p", "measure", "--allowedTools", "Bash"], {
        "ANTHROPIC_API_KEY": "test", "ANTHROPIC_BASE_URL": url, "CLAUDE_CONFIG_DIR": home + "/claude", "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


def codex(binary, url, home):
    os.makedirs(home + "/codex", exist_ok=True)
    provider = "model_providers.bench={name=\"bench\", base_url=\"%s/v1\", wire_api=\"responses\", env_key=\"BENCH_KEY\"}" % url
    return [binary, "exec", "--skip-git-repo-check", "-s", "workspace-write", "-m", "gpt-6", "-c", provider,
            "-c", "model_provider=\"bench\"", "measure"], {"BENCH_KEY": "test", "CODEX_HOME": home + "/codex"}


def opencode(binary, url, home):
    os.makedirs(home + "/.config/opencode", exist_ok=True)
    with open(home + "/.config/opencode/opencode.json", "w", encoding="utf-8") as f:
        json.dump({"autoupdate": False, "share": "disabled", "permission": "allow", "provider": {"anthropic": {
            "options": {"baseURL": url + "/v1", "apiKey": "test"}, "models": {MODEL: {}}}}}, f)
    return [binary, "run", "-m", "anthropic/" + MODEL, "measure"], {"XDG_CONFIG_HOME": home + "/.config", "OPENCODE_DISABLE_MODELS_FETCH": "1"}


AGENTS = {
    "emend": (emend, "run_command", {"command": "true %d"}),
    "claude": (claude, "Bash", {"command": "true %d", "description": "nothing"}),
    "codex": (codex, "exec_command", {"cmd": "true %d"}),
    "opencode": (opencode, "bash", {"command": "true %d", "description": "nothing"}),
}


def tree_of(top):
    """The processes of a tree, itself too."""
    parents = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid, encoding="utf-8") as f:
                parents[int(pid)] = int(f.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            pass
    found = {top}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def memory_of(top):
    kib = 0
    for pid in tree_of(top):
        try:
            with open("/proc/%d/smaps_rollup" % pid, encoding="utf-8") as f:
                kib += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except OSError:
            pass
    return kib / 1024


def run(name, binary, turns, base, watched):
    """Seconds to the first request, seconds of CPU, MiB at the most (if watched)."""
    make, tool, arguments = AGENTS[name]
    provider = Provider(tool, arguments)
    provider.begin(turns)
    home, work = base + "/home-" + name, base + "/work"
    argv, env = make(binary, "http://127.0.0.1:%d" % provider.server_address[1], home)
    env = dict(os.environ, HOME=home, XDG_STATE_HOME=home + "/state", XDG_CACHE_HOME=home + "/cache", XDG_DATA_HOME=home + "/data", **env)
    os.makedirs(home, exist_ok=True)
    start, most = time.perf_counter(), 0
    p = subprocess.Popen(argv, cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    reader = threading.Thread(target=lambda: said.append(p.stdout.read()), daemon=True)
    reader.start()
    while watched and p.poll() is None:
        most = max(most, memory_of(p.pid))
        time.sleep(SAMPLE_S)
    _, status, usage = os.wait4(p.pid, 0) if p.returncode is None else (0, 0, None)
    reader.join()
    provider.shutdown()
    provider.server_close()
    if provider.first is None or provider.turns:
        raise RuntimeError("%s ended with %s after %s turns too few:\n%s" % (name, status, provider.turns, said[0][-2000:]))
    return provider.first - start, usage.ru_utime + usage.ru_stime if usage else None, most


def version(binary):
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else ""
    places = {name: EMEND if name == "emend" else shutil.which(name, path=folder) for name in AGENTS}
    base = tempfile.mkdtemp(prefix="emend-agents-")
    try:
        os.makedirs(base + "/work")
        subprocess.run(["git", "init", "-q", base + "/work"], check=True)
        took = {name: [] for name, place in places.items() if place}
        for i in range(ROUNDS + 1):
            for name in took:
                first, few, _ = run(name, places[name], FEW, base, False)
                _, many, _ = run(name, places[name], MANY, base, False)
                _, _, most = run(name, places[name], FEW, base, True)
                if i > 0:  # in the first round each makes its folders
                    took[name].append((first * 1000, (many - few) / (MANY - FEW) * 1000, most))
        ours = [statistics.median(t) for t in zip(*took["emend"])]
        print("%-34s %22s %22s %22s" % ("", "start to request, ms", "CPU of a turn, ms", "memory, MiB"))
        for name, rows in took.items():
            figures = [statistics.median(t) for t in zip(*rows)]
            print("%-34s" % version(places[name])[:34] + "".join("%14.1f %7.1f" % (v, v / o) for v, o in zip(figures, ours)))
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
