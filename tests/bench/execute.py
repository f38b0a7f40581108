"""execute - code that runs by itself, as another program asks for it over MCP: 5,000 executions, 50 at once, beside the same number of bare
processes and beside a container for each; and alone and at once beside the same command in the sandbox."""
import concurrent.futures
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

import container

EMEND, CLIENT, FLOOR = os.environ["EMEND"], os.environ["CLIENT"], os.environ["FLOOR"]
MANY, AT_ONCE, CONTAINERS, ROUNDS, ALONE = 5000, 50, 100, 5, 40
CODE = "echo $((6 * 7))"


class Service:
    def __init__(self, env, folder):
        self.p = subprocess.Popen([EMEND, "mcp"], cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.n, self.wrong = 0, ""

    def send(self):
        self.n += 1
        request = {"jsonrpc": "2.0", "id": self.n, "method": "tools/call", "params": {
            "name": "execute_code", "arguments": {"language": "bash", "code": CODE},
            "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}}
        self.p.stdin.write(json.dumps(request).encode() + b"\n")
        self.p.stdin.flush()
        return self.n

    def answer(self):
        """The number of the request; None if it did not go well."""
        m = json.loads(self.p.stdout.readline())
        a = m.get("result", {}).get("structuredContent", {})
        if a.get("stdout") == "42\n":
            return m["id"]
        self.wrong = a.get("error_message") or json.dumps(m)[:300]
        return None

    def alone(self):
        """Seconds of one after the other."""
        took = []
        for _ in range(ALONE):
            start = time.perf_counter()
            self.send()
            if self.answer() is None:
                raise RuntimeError("an execution did not go well")
            took.append(time.perf_counter() - start)
        return statistics.median(took)

    def many(self, count):
        """Seconds of all, those of the median, how many were answered well, KiB that the memory has grown since the first tenth."""
        begun, took, well, memory = {}, [], set(), []
        start = time.perf_counter()
        for _ in range(min(AT_ONCE, count)):
            begun[self.send()] = time.perf_counter()
        left = count - len(begun)
        for i in range(count):
            n = self.answer()
            if n is not None:
                took.append(time.perf_counter() - begun[n])
                well.add(n)
            if left > 0:
                left -= 1
                begun[self.send()] = time.perf_counter()
            if i in (count // 10, count - AT_ONCE - 1):
                memory.append(self.resident())
        return time.perf_counter() - start, statistics.median(took or [0]), len(well), memory[-1] - memory[0]

    def resident(self):
        with open("/proc/%d/status" % self.p.pid, encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def end(self):
        self.p.stdin.close()
        self.p.wait()


def side_by_side(argv, count):
    """Seconds of all, and those of the median; AT_ONCE at a time."""
    def one(_):
        start = time.perf_counter()
        subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        return time.perf_counter() - start

    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        took = list(pool.map(one, range(count)))
    return time.perf_counter() - start, statistics.median(took)


def number(argv):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    last = p.stdout.split()
    return int(last[-1]) / 1e6 if p.returncode == 0 and last and last[-1].isdigit() else None


def in_the_sandbox(ws):
    """Seconds of the same script as a command in the sandbox: by a worker that is started for it; by one that runs already."""
    script = os.path.join(ws, "script")
    with open(script, "w", encoding="utf-8") as f:
        f.write("#!/bin/bash\n: $(( 6 * 7 ))\n")  # in silence: the client prints its number among what the command prints
    os.chmod(script, 0o755)
    return number([FLOOR, "spawn", "10", CLIENT, ws, script]), number([CLIENT, "--repeat", str(ALONE), ws, script])


def in_many_sandboxes(ws, count):
    """Seconds of one of them, AT_ONCE at a time: each worker runs its part of them one after the other; the median of the workers."""
    argv = [CLIENT, "--repeat", str(max(1, count // AT_ONCE)), ws, os.path.join(ws, "script")]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return statistics.median(t for t in pool.map(lambda _: number(argv), range(AT_ONCE)) if t is not None)


def containers(row, bare):
    """The same in a container for each, by what is installed and works here."""
    podman, why = container.make()
    if podman:
        try:
            seconds, _ = side_by_side(container.command("/") + ["/bin/sh", "-c", CODE], CONTAINERS)
            row("%d containers of podman, each" % CONTAINERS, seconds / CONTAINERS, "ms", bare, "bare spawn")
        finally:
            container.remove(podman)
    else:
        print("executions in containers: podman %s" % why)
    docker = shutil.which("docker")
    p = subprocess.run([docker, "info"], capture_output=True, text=True, check=False) if docker else None
    if not docker or p.returncode != 0 or "podman" in p.stdout + p.stderr:
        print("executions in containers: docker %s" % ("is not installed here" if not docker else "is podman here, or its service does not run"))
        return
    image = subprocess.run([docker, "image", "ls", "-q", "debian"], capture_output=True, text=True, check=False).stdout.split()
    if not image:
        print("executions in containers: docker has no image of debian, and none is fetched for this")
        return
    seconds, _ = side_by_side([docker, "run", "--rm", "--network=none", image[0], "/bin/sh", "-c", CODE], CONTAINERS)
    row("%d containers of docker, each" % CONTAINERS, seconds / CONTAINERS, "ms", bare, "bare spawn")


def measure(row, env, many=MANY):
    ws = tempfile.mkdtemp(prefix="emend-bench-", dir="/var/tmp")
    service = Service(env, ws)
    try:
        ours, own, shared = [], [], []
        for i in range(ROUNDS + 1):
            alone, (with_worker, without) = service.alone(), in_the_sandbox(ws)
            if i > 0:
                ours.append(alone)
                own.append(with_worker)
                shared.append(without)
        if None in own + shared:
            print("one execution: there is no sandbox here")
            return
        alone = statistics.median(ours)
        row("one execution, over MCP", alone, "ms", statistics.median(own), "the same in the sandbox, with a worker started for it")
        row("one execution, over MCP", alone, "ms", statistics.median(shared), "the same by a worker that runs")
        seconds, median, well, grown = service.many(many)
        bare, _ = side_by_side(["bash", "-c", CODE], many)
        row("%d executions, %d at once, each" % (many, AT_ONCE), seconds / many, "ms", bare / many, "bare spawn")
        row("the same, an answer, median", median, "ms", in_many_sandboxes(ws, many), "the same by %d workers that run" % AT_ONCE)
        row("the same, lost or gone wrong", many - well, "")
        if well < many:
            print("one of them: " + service.wrong)
        row("the same, memory grown since the first tenth", grown, "KiB")
        containers(row, bare / many)
    finally:
        service.end()
        shutil.rmtree(ws, ignore_errors=True)
