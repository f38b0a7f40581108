# check.py - what a piece of Python or SQL does that one may want to know before it runs, by the languages' own
# parsers. Runs in the sandbox as main.py; the code is the input, the language the variable EMEND_CHECK. Prints one
# JSON object: {"findings": [{"rule", "line", "column", "message"}]}. Names are resolved: `from os import system as
# s; s("ls")` is os.system. It reads the code and never runs it.
import ast
import json
import os
import sys

FINDINGS = []
LIMIT = 200

# The longest match of a resolved name decides; a rule for "os.system" also holds for what lies below it.
RULES = {
    "dynamic": ["eval", "exec", "compile", "__import__", "importlib", "runpy", "code", "codeop", "globals", "locals", "vars",
                "getattr", "setattr", "delattr", "pickle.load", "pickle.loads", "pickle.Unpickler", "marshal", "shelve", "builtins",
                "types.FunctionType", "types.CodeType", "dill", "cloudpickle"],
    "process": ["subprocess", "os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "os.posix_spawnp", "os.fork", "os.forkpty",
                "os.kill", "os.killpg", "os.startfile", "pty", "multiprocessing", "commands", "popen2", "asyncio.create_subprocess_exec",
                "asyncio.create_subprocess_shell", "concurrent.futures.ProcessPoolExecutor", "signal", "resource", "pexpect", "sh"],
    "network": ["socket", "ssl", "requests", "urllib", "urllib2", "urllib3", "http", "httplib", "ftplib", "smtplib", "poplib", "imaplib",
                "telnetlib", "nntplib", "xmlrpc", "socketserver", "asyncio.open_connection", "asyncio.start_server", "aiohttp", "httpx",
                "paramiko", "websocket", "websockets", "webbrowser", "wsgiref"],
    "file": ["open", "io.open", "io.FileIO", "io.open_code", "os.open", "os.remove", "os.unlink", "os.rmdir", "os.removedirs", "os.rename",
             "os.renames", "os.replace", "os.mkdir", "os.makedirs", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate",
             "os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.stat", "os.access", "os.chdir", "os.mkfifo", "os.mknod", "os.utime",
             "shutil", "pathlib", "glob", "tempfile", "fileinput", "codecs.open", "zipfile", "tarfile", "gzip.open", "bz2.open",
             "lzma.open", "sqlite3.connect", "dbm", "mmap", "linecache", "logging.FileHandler", "csv.open"],
    "native": ["ctypes", "cffi", "_ctypes", "fcntl", "gc.get_objects", "sys._getframe", "sys.settrace", "sys.setprofile", "inspect.stack"],
    "environment": ["os.environ", "os.getenv", "os.environb", "os.getenvb", "getpass", "pwd", "platform", "os.uname", "os.getlogin"],
}
# Attributes by which code gets at what no name leads to.
ATTRIBUTES = {"__subclasses__", "__globals__", "__code__", "__builtins__", "__bases__", "__mro__", "__base__", "__import__", "f_globals",
              "f_builtins", "f_back", "gi_frame", "cr_frame", "tb_frame", "__loader__", "__reduce__", "__reduce_ex__", "__closure__"}
WORDS = {"dynamic": "evaluates code, or names, at run time", "process": "starts or controls processes", "network": "uses the network",
         "file": "uses the file system", "native": "reaches below Python", "environment": "reads the environment"}


def add(rule, node, message):
    if len(FINDINGS) < LIMIT:
        FINDINGS.append({"rule": rule, "line": node.lineno, "column": node.col_offset + 1, "message": message})


def rule_of(name):
    best = None
    for rule, names in RULES.items():
        for n in names:
            prefix = n in ("os.exec", "os.spawn")  # os.execv, os.spawnlp, ...
            if name == n or name.startswith(n + ".") or (prefix and name.startswith(n)):
                if best is None or len(n) > len(best[1]):
                    best = (rule, n)
    return best[0] if best else None


class Reader(ast.NodeVisitor):
    """Follows imports, and names that are another name for something: s = os.system."""

    def __init__(self):
        self.names = {}
        self.seen = set()

    def full(self, node):
        """The dotted name of an expression, as far as it is one; None else."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            base = self.full(node.value)
            return None if base is None else base + "." + node.attr
        if isinstance(node, ast.Call):  # getattr(os, "system"), __import__("os"), importlib.import_module("os")
            what, args = self.full(node.func), [a.value if isinstance(a, ast.Constant) else None for a in node.args]
            if what in ("getattr", "builtins.getattr") and len(args) > 1 and isinstance(args[1], str):
                base = self.full(node.args[0])
                return None if base is None else base + "." + args[1]
            if what in ("__import__", "builtins.__import__", "importlib.import_module") and args and isinstance(args[0], str):
                return args[0]
            return None if what is None else what + "()"
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            base = self.full(node.value)
            if base in ("globals()", "locals()", "vars()", "__builtins__", "sys.modules", "builtins.__dict__", "__builtins__.__dict__"):
                return node.slice.value
        return None

    def report(self, node, name):
        if name.startswith("builtins.") and rule_of(name[9:]):
            name = name[9:]
        rule = rule_of(name.replace("()", ""))
        place = (node.lineno, node.col_offset)
        if rule and place not in self.seen:
            self.seen.add(place)
            add(rule, node, "%s %s" % (name.replace("()", ""), WORDS[rule]))
        return rule

    def visit_Import(self, node):
        for a in node.names:
            self.names[a.asname or a.name.split(".")[0]] = a.name if a.asname else a.name.split(".")[0]
            self.report(self.place(a, node), a.name)

    @staticmethod
    def place(alias, node):
        return alias if hasattr(alias, "lineno") else node  # Python 3.10

    def visit_ImportFrom(self, node):
        module = node.module or ""
        for a in node.names:
            self.names[a.asname or a.name] = module + "." + a.name
            if a.name == "*" and rule_of(module + ".system" if module == "os" else module):
                self.report(self.place(a, node), "os.system" if module == "os" else module)
            else:
                self.report(self.place(a, node), module + "." + a.name)

    def visit_Assign(self, node):
        self.generic_visit(node)
        name = self.full(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                if name is not None and not name.endswith("()"):
                    self.names[target.id] = name
                else:
                    self.names.pop(target.id, None)

    def visit_FunctionDef(self, node):
        self.names[node.name] = "(own)." + node.name
        self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Attribute(self, node):
        name = self.full(node)
        if node.attr in ATTRIBUTES:
            add("dynamic", node, "%s reaches what no name leads to" % node.attr)
        elif name is not None and self.report(node, name):
            return
        self.generic_visit(node)

    def visit_Name(self, node):
        name = self.names.get(node.id, node.id)
        if isinstance(node.ctx, ast.Load) and ("." in name or name in ("eval", "exec", "compile", "__import__", "open", "globals",
                                                                       "locals", "vars", "getattr", "setattr", "delattr")):
            self.report(node, name)

    def visit_Call(self, node):
        name = self.full(node)
        if name is not None and not name.endswith("()"):
            self.report(node, name)
        self.generic_visit(node)

    def visit_Subscript(self, node):
        name = self.full(node)
        if name is not None:
            self.report(node, name)
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str) and node.value in ATTRIBUTES:
            add("dynamic", node, "%s reaches what no name leads to" % node.value)


def python(text):
    try:
        tree = ast.parse(text)
    except SyntaxError as e:
        FINDINGS.append({"rule": "syntax", "line": e.lineno or 1, "column": e.offset or 1, "message": "syntax error: %s" % e.msg})
        return
    except (ValueError, RecursionError, MemoryError) as e:
        FINDINGS.append({"rule": "syntax", "line": 1, "column": 1, "message": "cannot be parsed: %s" % e})
        return
    Reader().visit(tree)


def statements(text, complete):
    """Each statement with the line and column of its first word; a ';' in a string or a comment ends none."""
    at = 0
    while at < len(text):
        end = at
        while end < len(text):
            end = text.find(";", end) + 1 or len(text)
            if complete(text[at:end]):
                break
        part = text[at:end]
        first = at + len(part) - len(part.lstrip())
        yield part.strip(), text.count("\n", 0, first) + 1, first - text.rfind("\n", 0, first)
        at = end


def sql(text):
    """Each statement is compiled under an authorizer, and none runs but those that make what later ones need."""
    import re
    import sqlite3
    db = sqlite3.connect(":memory:")
    told = []

    def allow(action, one, two, database, trigger):
        if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
            told.append(("file", "ATTACH and DETACH open and close files"))
        elif action == sqlite3.SQLITE_PRAGMA:
            told.append(("settings", "PRAGMA %s" % one))
        elif action == sqlite3.SQLITE_FUNCTION and two.lower() in ("load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"):
            told.append(("native" if two.lower() == "load_extension" else "file", "%s() leaves the database" % two.lower()))
        return sqlite3.SQLITE_OK

    for statement, line, column in statements(text, sqlite3.complete_statement):
        bare = re.sub(r"'[^']*'|/\*.*?\*/|--[^\n]*", " ", statement, flags=re.DOTALL).upper().split()
        if not bare:
            continue
        del told[:]
        if bare[0].startswith("."):
            told.append(("shell", "a command of the sqlite3 shell, which is not allowed"))
        elif bare[0] == "DROP":
            told.append(("destructive", "DROP removes what is stored"))
        elif bare[0] in ("DELETE", "UPDATE") and "WHERE" not in bare:
            told.append(("destructive", "%s without WHERE is for every row" % bare[0]))
        try:
            if not bare[0].startswith("."):
                db.set_authorizer(allow)
                db.execute("EXPLAIN " + statement)
                db.set_authorizer(None)
                if bare[0] in ("CREATE", "ALTER"):
                    db.execute(statement)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as e:
            told.append(("syntax", str(e)))
        db.set_authorizer(None)
        for rule, message in dict.fromkeys(told):
            if len(FINDINGS) < LIMIT:
                FINDINGS.append({"rule": rule, "line": line, "column": column, "message": message})


def main():
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    (sql if os.environ.get("EMEND_CHECK") == "sql" else python)(text)
    FINDINGS.sort(key=lambda f: (f["line"], f["column"]))
    json.dump({"findings": FINDINGS}, sys.stdout)


main()
