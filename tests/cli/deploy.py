#!/usr/bin/env python3
"""deploy - the files of docs/deploy against the program: they are YAML, and what they say of it is so: options, variables, paths, metrics,
libraries, users."""
import glob
import os
import re
import shutil
import subprocess

from service import Service, tidy
from support import EMEND, TOP, Skip, expect, main

FOLDER = os.path.join(TOP, "docs", "deploy")


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
        return f.read()


def documents(name):
    try:
        import yaml
    except ImportError:
        raise Skip("python3-yaml is not installed") from None
    return list(yaml.safe_load_all(read(name)))


def everything():
    return {name: documents(name) for name in ["compose.yaml"] + [
        os.path.relpath(p, FOLDER) for p in glob.glob(os.path.join(FOLDER, "kubernetes", "*.yaml"))]}


def walk(value):
    """Every object in it."""
    if isinstance(value, dict):
        yield value
        for v in value.values():
            yield from walk(v)
    elif isinstance(value, list):
        for v in value:
            yield from walk(v)


def options_are_known(w):
    known = set(re.findall(r"--[a-z-]+", w.run("serve", "--help").out))
    given = documents("compose.yaml")[0]["services"]["worker"]["command"]
    for d in documents("kubernetes/worker.yaml"):
        for x in walk(d):
            if x.get("name") == "worker" and "args" in x:
                given = given + x["args"]
    given = given + re.findall(r'"(--[a-z-]+)"', read("Dockerfile").split("ENTRYPOINT")[1])
    given = {a for a in given if a.startswith("--")}
    expect({"--nats", "--redis", "--postgres", "--name", "--http"} <= given, given)
    expect(given <= known, given - known)


def it_starts_as_the_files_say(w):
    """The command of the compose file, with servers that are not there: it is ready all the same, as the file says."""
    command = documents("compose.yaml")[0]["services"]["worker"]["command"]
    command = [re.sub(r"(?<=[/@])(nats|redis|postgres)(?=[:/])", "127.0.0.1", a) for a in command]
    command = [re.sub(r":(4222|6379)", ":1", a) for a in command]
    s = Service(w, *command)
    ready = s.ask("GET", "/readyz")[1]
    expect({k: v["state"] for k, v in ready["connections"].items()} == {"nats": "away", "redis": "away", "postgres": "away"}, ready)
    expect(s.execute("bash", "echo 1")["stdout"] == "1\n", "it runs")
    metrics = s.ask("GET", "/metrics")[1]
    for d in documents("kubernetes/scaling.yaml"):
        names = [x["metric"]["name"] for x in walk(d) if isinstance(x.get("metric"), dict)]
        expect(names and all("\n%s " % n in metrics for n in names), names)
    paths = set(re.findall(r"http://localhost(/[a-z]+)", read("kubernetes/worker.yaml") + read("Dockerfile")))
    expect(paths == {"/readyz", "/healthz"}, paths)
    for path in paths:
        expect(s.ask("GET", path)[0] == 200, path)
    s.end()


def kubernetes_is_whole(w):
    """Names lead somewhere, every container has limits and gives up what it does not need."""
    all_of = {name: d for name, d in everything().items() if name.startswith("kubernetes/")}
    docs = [x for d in all_of.values() for x in d]
    kinds = {d["kind"] for d in docs}
    expect({"Deployment", "PodDisruptionBudget", "NetworkPolicy", "HorizontalPodAutoscaler", "Service", "Namespace"} <= kinds, kinds)
    for d in docs:
        expect(d.get("apiVersion") and d["metadata"]["name"], d)
        if d["kind"] != "Deployment":
            continue
        spec = d["spec"]["template"]["spec"]
        expect(d["spec"]["selector"]["matchLabels"].items() <= d["spec"]["template"]["metadata"]["labels"].items(), d)
        expect(spec["automountServiceAccountToken"] is False and spec["securityContext"]["runAsNonRoot"], d)
        volumes = {v["name"] for v in spec.get("volumes", [])}
        for c in spec["containers"]:
            s = c["securityContext"]
            expect(s["readOnlyRootFilesystem"] and s["allowPrivilegeEscalation"] is False and s["capabilities"] == {"drop": ["ALL"]}, c)
            expect({"cpu", "memory"} <= set(c["resources"]["limits"]), c)
            expect({m["name"] for m in c.get("volumeMounts", [])} <= volumes, c)
    text = read("kubernetes/servers.yaml")
    for x in walk(docs):
        if "secretKeyRef" in x:
            expect("--from-literal=%s=" % x["secretKeyRef"]["key"] in text, x)
    worker = [d for d in docs if d["kind"] == "Deployment" and d["metadata"]["name"] == "worker"][0]
    for d in docs:
        if d["kind"] in ("PodDisruptionBudget", "NetworkPolicy"):
            s = d["spec"].get("selector") or d["spec"]["podSelector"]
            expect(s["matchLabels"] == worker["spec"]["selector"]["matchLabels"], d)
        if d["kind"] == "HorizontalPodAutoscaler":
            expect(d["spec"]["scaleTargetRef"]["name"] == "worker", d)
    container = worker["spec"]["template"]["spec"]["containers"][0]
    variables = {e["name"] for e in container["env"]}
    told = w.run("serve", "--help").out
    expect(all(v in told for v in variables), variables)
    expect("USER %d:" % worker["spec"]["template"]["spec"]["securityContext"]["runAsUser"] in read("Dockerfile"), "the user")


def nats_server_takes_its_options(w):
    """As the files start it. To look only it wants a file of settings, too, and says so when it has read the options."""
    program = shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not program:
        raise Skip("nats-server is not installed")
    given = [documents("compose.yaml")[0]["services"]["nats"]["command"]]
    for d in documents("kubernetes/servers.yaml"):
        given += [x["args"] for x in walk(d) if x.get("name") == "nats" and "args" in x]
    expect(len(given) == 2, given)
    settings = w.write("nats.conf", "")
    for args in given:
        r = subprocess.run([program, "-t", "-c", settings, *args], cwd=w.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           check=False, encoding="utf-8")
        expect("is valid" in r.stdout and r.returncode == 0, (args, r))


def the_image_has_the_libraries(w):
    """On the release that the image is made of, the packages of all that the program is linked with are in it."""
    with open("/etc/os-release", encoding="utf-8") as f:
        release = f.read()
    if "ID=debian" not in release or "debian:%s-slim" % re.search(r'VERSION_ID="?(\d+)', release + 'VERSION_ID="0').group(1) not in read("Dockerfile"):
        raise Skip("the image is of another release")
    final = read("Dockerfile").split("\nFROM ")[2]
    needed = re.findall(r"NEEDED\s+(\S+)", subprocess.run(["objdump", "-p", EMEND], stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout)
    expect("libuv.so.1" in needed, needed)
    for lib in needed:
        if lib.startswith(("libc.", "libm.", "ld-", "libasan", "libubsan", "libgcc")):
            continue
        r = subprocess.run(["dpkg", "-S", "*/" + lib], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, encoding="utf-8")
        packages = {line.split(":")[0] for line in r.stdout.splitlines()}
        expect(any(p in final.split() for p in packages), (lib, packages))
    for lib in ("libmicrohttpd12", "libpq5"):  # loaded later
        expect(lib in final, lib)


main([tidy(case) for case in (options_are_known, it_starts_as_the_files_say, kubernetes_is_whole, nats_server_takes_its_options, the_image_has_the_libraries)])
