"""search - searching and listing a large tree, beside ripgrep with one thread and with two, in turns, so that a busy
minute slows all alike. The tree is made of what is installed on this machine: headers, Python, documentation."""
import os
import shutil
import statistics
import subprocess
import time

ROUNDS = 7
FILES = 80000
SOURCES = ("/usr/include", "/usr/lib/python3", "/usr/share", "/usr/lib", "/usr/src", "/opt")
PACKED = (".gz", ".xz", ".bz2", ".zst", ".png", ".jpg", ".pyc", ".so", ".a", ".o", ".mo", ".jar", ".ttf", ".woff2")
LARGEST = 300 * 1000
RULES = "*.o\n*.ko\n/build/\n.cache/\n*~\n*.swp\nnode_modules/\n/tags\n*.orig\n!keep.orig\ndoc/**/*.html\n"
# What to look for: a name, the pattern, may the search end before the end.
QUERIES = (("a rare literal", "zq_never_there_zq"),
           ("a literal and an expression", r"get_\w+_name\("),
           ("an expression with its literal at the end", r"\w+_failure_never"),
           ("an expression without a literal", "[a-z]{12}_[a-z]{9}_q"))


def tree(base):
    """Hard work once: returns the folder and how many files it has."""
    top, n = os.path.join(base, "search"), 0
    for source in SOURCES:
        for folder, folders, names in os.walk(source):
            folders.sort()
            if n >= FILES:
                folders.clear()
            inside = os.path.join(top, source.strip("/").replace("/", "-"), os.path.relpath(folder, source))
            names = [x for x in sorted(names) if not x.endswith(PACKED)]
            for name in names[:FILES - n]:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) <= LARGEST and os.access(path, os.R_OK):
                    os.makedirs(inside, exist_ok=True)
                    shutil.copyfile(path, os.path.join(inside, name))
                    n += 1
    with open(os.path.join(top, ".gitignore"), "w", encoding="utf-8") as f:
        f.write(RULES)
    subprocess.run(["git", "init", "-q", top], check=True)
    return top, n


def timed(argv, cwd):
    start = time.perf_counter()
    subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def compare(row, what, ours, others, ways):
    """ways: name -> function that gives seconds. Each in its turn, ROUNDS times; the first is not counted."""
    took = {name: [] for name in ways}
    for i in range(ROUNDS + 1):
        for name, way in ways.items():
            one = way()
            if i > 0:
                took[name].append(one)
    for other in others:
        row("%s beside %s" % (what, other), statistics.median(took[ours]), "ms", statistics.median(took[other]), other)


def measure(row, base, task):
    """task(work, calls) gives the seconds of a whole task with these tool calls; start-up is taken off."""
    if not shutil.which("rg"):
        print("search: ripgrep is not installed here (apt-get install ripgrep), so nothing is compared")
        return
    top, n = tree(base)
    print("search: %d files" % n)

    def emend(name, **arguments):
        call = {"calls": [{"name": name, "input": arguments}]}
        return lambda: task(top, [call]) - task(top, [])

    for what, pattern in QUERIES:
        compare(row, "search: " + what, "emend", ("rg -j1", "rg -j2"),
                {"emend": emend("search", pattern=pattern),
                 "rg -j1": lambda p=pattern: timed(["rg", "-j1", "--hidden", "-n", p], top),
                 "rg -j2": lambda p=pattern: timed(["rg", "-j2", "--hidden", "-n", p], top)})
    compare(row, "search: a common literal, 500 shown", "emend", ("rg -j2 | head",),
            {"emend": emend("search", pattern="int"),
             "rg -j2 | head": lambda: timed(["sh", "-c", "rg -j2 --hidden -n int | head -500"], top)})
    compare(row, "list: as many as are shown", "emend", ("rg --files",),
            {"emend": emend("list_files", glob="**/*"),
             "rg --files": lambda: timed(["rg", "-j2", "--hidden", "--files"], top)})
    compare(row, "list: a glob that finds nothing", "emend", ("rg --files",),
            {"emend": emend("list_files", glob="**/zq_*.zq"),
             "rg --files": lambda: timed(["rg", "-j2", "--hidden", "--files", "-g", "zq_*.zq"], top)})
