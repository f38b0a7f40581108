"""wrapped - what the way through `emend lsp --wrap` adds to a language server's answers: clangd alone and behind it, in turns."""
import os
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "session"))
from wrap_client import alone, wrapped  # noqa: E402

CLANGD = ["clangd", "--background-index=false", "--clang-tidy=false", "--pch-storage=memory", "--log=error"]
ROUNDS, FUNCTIONS = 300, 200


def measure(row, env):
    if not shutil.which("clangd"):
        print("clangd behind --wrap: clangd is not installed here")
        return
    root = tempfile.mkdtemp(prefix="emend-bench-", dir="/var/tmp")
    uri = "file://" + root + "/a.c"
    text = "".join("int f%d(int x)\n{\n\treturn x + %d;\n}\n" % (n, n) for n in range(FUNCTIONS))
    clients = [alone(root, argv=CLANGD), wrapped(root, env, argv=CLANGD)]
    took = ([], [])
    try:
        for c in clients:
            c.initialize(root)
            c.open(uri, text, "c")
            c.result("textDocument/documentSymbol", {"textDocument": {"uri": uri}})  # it has read the file
        for n in range(ROUNDS):
            at = {"textDocument": {"uri": uri}, "position": {"line": 4 * (n % FUNCTIONS), "character": 4}}
            for i in (n % 2, 1 - n % 2):  # the second finds warm caches of the processor
                start = time.perf_counter()
                clients[i].ask("textDocument/hover", at)
                took[i].append(time.perf_counter() - start)
        plain, through = (statistics.median(t) for t in took)
        row("clangd: hover, behind --wrap", through, "ms", plain, "alone")
        row("the same, added", through - plain, "us")
        row("the same, at the 99th percentile", sorted(took[1])[ROUNDS * 99 // 100], "ms", sorted(took[0])[ROUNDS * 99 // 100], "alone")
    finally:
        for c in clients:
            c.kill()
        shutil.rmtree(root, ignore_errors=True)
