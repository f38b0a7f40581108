# check.py - what a piece of Python or SQL does that one may want to know before it runs, by the languages' own
# parsers. Runs in the sandbox as main.py; the code is the input, the language the variable EMEND_CHECK. Prints one
# JSON object: {"findings": [{"rule", "line", "column", "message"}]}. Names are resolved: `from os import system as
# s; s("ls")` is os.system. It reads the code and never runs it.
import ast
import json
import os
import re
import sys

FINDINGS = []
LIMIT = 200
BUILTINS = ("eval", "exec", "compile", "__import__", "open", "globals", "locals", "vars", "getattr", "setattr", "delattr", "breakpoint")
REACHING = re.compile(r"\{[^{}]*\.__\w+__")

# The longest match of a resolved name decides; a rule for "os.system" also holds for what lies below it.
RULES = {
    "dynamic": ["eval", "exec", "compile", "__import__", "importlib", "runpy", "code", "codeop", "globals", "locals", "vars",
                "getattr", "setattr", "delattr", "pickle.load", "pickle.loads", "pickle.Unpickler", "marshal", "shelve", "builtins",
                "types.FunctionType", "types.CodeType", "dill", "cloudpickle", "breakpoint", "pdb", "bdb", "imp", "zipimport", "pkgutil", "profile",
                "cProfile", "trace", "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "jsonpickle", "joblib.load", "numpy.load",
                "pandas.read_pickle", "torch.load", "sys.path.insert", "sys.path.append", "sys.path.extend", "sys.meta_path", "sys.path_hooks"],
    "process": ["subprocess", "os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "os.posix_spawnp", "os.fork", "os.forkpty",
                "os.kill", "os.killpg", "os.startfile", "pty", "multiprocessing", "commands", "popen2", "asyncio.create_subprocess_exec",
                "asyncio.create_subprocess_shell", "asyncio.subprocess",
                "concurrent.futures.ProcessPoolExecutor", "signal", "resource", "pexpect", "sh", "os.abort", "os.setuid", "os.setgid", "os.setreuid",
                "os.setresuid", "os.setsid", "os.nice", "os.chroot", "os.ptrace", "_posixsubprocess", "fabric", "plumbum", "invoke", "psutil"],
    "network": ["socket", "ssl", "requests", "urllib", "urllib2", "urllib3", "http", "httplib", "ftplib", "smtplib", "poplib", "imaplib",
                "telnetlib", "nntplib", "xmlrpc", "socketserver", "asyncio.open_connection", "asyncio.start_server", "aiohttp", "httpx",
                "paramiko", "websocket", "websockets", "webbrowser", "wsgiref", "dns", "boto3", "botocore", "scapy", "redis", "pymongo",
                "psycopg2", "logging.handlers.SocketHandler", "logging.handlers.DatagramHandler", "logging.handlers.SysLogHandler",
                "logging.handlers.SMTPHandler", "logging.handlers.HTTPHandler"],
    "file": ["open", "io.open", "io.FileIO", "io.open_code", "os.open", "os.remove", "os.unlink", "os.rmdir", "os.removedirs", "os.rename",
             "os.renames", "os.replace", "os.mkdir", "os.makedirs", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate",
             "os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.stat", "os.access", "os.chdir", "os.mkfifo", "os.mknod", "os.utime",
             "shutil", "pathlib", "glob", "tempfile", "fileinput", "codecs.open", "zipfile", "tarfile", "gzip.open", "bz2.open",
             "lzma.open", "sqlite3.connect", "dbm", "mmap", "linecache", "logging.FileHandler", "csv.open",
             "logging.handlers.RotatingFileHandler", "doctest.testfile"],
    "native": ["ctypes", "cffi", "_ctypes", "fcntl", "gc.get_objects", "sys._getframe", "sys.settrace", "sys.setprofile", "inspect.stack"],
    "environment": ["os.environ", "os.getenv", "os.environb", "os.getenvb", "getpass", "pwd", "platform", "os.uname", "os.getlogin"],
}
# Attributes by which code gets at what no name leads to.
ATTRIBUTES = {"__subclasses__", "__globals__", "__code__", "__builtins__", "__bases__", "__mro__", "__base__", "__import__", "f_globals",
              "f_builtins", "f_back", "__self__", "__getattribute__", "gi_frame", "cr_frame", "tb_frame", "__loader__", "__reduce__", "__reduce_ex__", "__closure__"}
# The same under the name of what stands behind it.
SAME = {"posix": "os", "nt": "os", "_pickle": "pickle", "_socket": "socket", "_io": "io", "_imp": "imp", "__builtins__": "builtins",
        "cPickle": "pickle", "asyncio.subprocess.create_subprocess_exec": "asyncio.create_subprocess_exec"}
# A module that another one has imported is the same module: random._os, shutil.os, logging.os.
INNER = {"os", "_os", "sys", "_sys", "subprocess", "socket", "builtins", "importlib", "io", "shutil", "posix"}
REFLECT = ("getattr", "setattr", "delattr", "vars")
# Names that operator.attrgetter("system") would find.
LEAVES = {n.split(".")[-1] for rule in ("process", "dynamic") for n in RULES[rule]} - {"code", "trace", "load"}
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


def canonical(name):
    """The name under which the rules know it."""
    parts = name.split(".")
    for i in range(len(parts) - 1, 0, -1):
        if parts[i] in INNER and parts[0] != "(own)" and ".".join(parts[:i + 1]) != "asyncio.subprocess":
            parts = [parts[i].lstrip("_")] + parts[i + 1:]
            break
    parts[0] = SAME.get(parts[0], parts[0])
    if parts[0] == "builtins" and len(parts) > 1 and rule_of(".".join(parts[1:])):
        parts = parts[1:]
    return ".".join(parts)


class Reader(ast.NodeVisitor):
    """Follows imports, and names that are another name for something: s = os.system."""

    def __init__(self):
        self.names = {}
        self.modules = {"__builtins__"}
        self.texts = {}  # of names: n = "system"
        self.seen = set()

    def text(self, node):
        """The string that an expression is, where that can be told without running it; None else."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name):
            return self.texts.get(node.id)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.text(node.left), self.text(node.right)
            return None if left is None or right is None else left + right
        if isinstance(node, ast.JoinedStr):
            parts = [self.text(v.value if isinstance(v, ast.FormattedValue) else v) for v in node.values]
            return None if None in parts else "".join(parts)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(node.slice.step, ast.UnaryOp):
            text = self.text(node.value)  # 'so'[::-1]
            return None if text is None or node.slice.lower or node.slice.upper else text[::-1]
        return None

    def full(self, node):
        """The dotted name of an expression, as far as it is one; None else."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            base = self.full(node.value)
            return None if base is None else base + "." + node.attr
        if isinstance(node, ast.Call):  # getattr(os, "system"), __import__("os"), importlib.import_module("os")
            what, args = self.full(node.func), [self.text(a) for a in node.args]
            if what is not None and what.endswith(".__getattribute__") and args and args[0]:
                return what[:-len("__getattribute__")] + args[0]
            what = what and canonical(what)
            if what == "getattr" and len(args) > 1 and args[1]:
                base = self.full(node.args[0])
                return None if base is None else base + "." + args[1]
            if what in ("__import__", "importlib.import_module", "sys.modules.get") and args and args[0]:
                return args[0]
            if what == "vars" and node.args:
                base = self.full(node.args[0])
                return None if base is None else base + ".__dict__"
            return None if what is None else what + "()"
        if isinstance(node, ast.Subscript):
            base, key = self.full(node.value), self.text(node.slice)
            if base is None or key is None:
                return None
            if base.endswith(".__dict__"):
                return base[:-len("__dict__")] + key
            if canonical(base) in ("globals()", "locals()", "vars()", "builtins", "sys.modules"):
                return key
        return None

    def is_module(self, node):
        name = self.full(node)
        return name is not None and (name.split(".")[0] in self.modules or canonical(name) != name or name in self.modules)

    def report(self, node, name):
        name = canonical(name.replace("()", ""))
        rule = rule_of(name)
        place = (node.lineno, node.col_offset)
        if rule and place not in self.seen:
            self.seen.add(place)
            add(rule, node, "%s %s" % (name, WORDS[rule]))
        return rule

    def imported(self, name, full):
        self.names[name] = full
        self.modules.add(full.split(".")[0])

    def visit_Import(self, node):
        for a in node.names:
            self.imported(a.asname or a.name.split(".")[0], a.name if a.asname else a.name.split(".")[0])
            self.report(self.place(a, node), a.name)

    @staticmethod
    def place(alias, node):
        return alias if hasattr(alias, "lineno") else node  # Python 3.10

    def visit_ImportFrom(self, node):
        module = node.module or ""
        for a in node.names:
            self.imported(a.asname or a.name, module + "." + a.name)
            if a.name == "*" and rule_of(module + ".system" if module == "os" else module):
                self.report(self.place(a, node), "os.system" if module == "os" else module)
            else:
                self.report(self.place(a, node), module + "." + a.name)

    def is_own(self, name):
        """From here on it is a name of the code itself, whatever module is called so. A builtin stays what it is: who hides
        eval may show it again."""
        self.texts.pop(name, None)
        if rule_of(name) and "." not in name and name in BUILTINS:
            self.names.pop(name, None)
        else:
            self.names[name] = "(own)." + name

    def visit_Assign(self, node):
        self.visit(node.value)
        name, text = self.full(node.value), self.text(node.value)
        for target in node.targets:
            self.visit(target)
            if isinstance(target, ast.Name) and text is not None:
                self.texts[target.id] = text
            if isinstance(target, ast.Name) and name is not None and not name.endswith("()"):
                self.names[target.id] = name

    def visit_For(self, node):
        self.visit(node.iter)
        self.visit(node.target)
        for part in node.body + node.orelse:
            self.visit(part)

    visit_AsyncFor = visit_For

    def visit_FunctionDef(self, node):
        for part in node.decorator_list + node.args.defaults + [d for d in node.args.kw_defaults if d]:
            self.visit(part)
        self.names[node.name] = "(own)." + node.name
        outer, texts = dict(self.names), dict(self.texts)
        for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs + [a for a in (node.args.vararg, node.args.kwarg) if a]:
            self.is_own(a.arg)
        for part in node.body:
            self.visit(part)
        self.names, self.texts = outer, texts

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        self.names[node.name] = "(own)." + node.name

    def visit_Attribute(self, node):
        name = self.full(node)
        if node.attr in ATTRIBUTES or (node.attr == "__dict__" and self.is_module(node.value)):
            add("dynamic", node, "%s reaches what no name leads to" % node.attr)
        elif name is not None and self.report(node, name):
            return
        self.generic_visit(node)

    def visit_Name(self, node):
        if not isinstance(node.ctx, ast.Load):
            self.is_own(node.id)
            return
        name = self.names.get(node.id, node.id)
        if "." in name or name in BUILTINS:
            self.report(node, name)

    def reflects(self, node, what):
        """getattr(x, "name") is x.name, which the resolved name is judged by; what cannot be told is a finding."""
        told = len(node.args) > 1 and self.text(node.args[1]) is not None
        if what == "vars":
            told = bool(node.args)
        module = bool(node.args) and self.is_module(node.args[0])
        if not told or (module and what != "getattr"):
            self.report(node.func, what)

    def visit_Call(self, node):
        name, what = self.full(node), self.full(node.func)
        what = canonical(what) if what else ""
        if name is not None and not name.endswith("()"):
            self.report(node, name)
        if what in REFLECT:
            self.reflects(node, what)
            if len(node.args) > 1 and self.text(node.args[1]) in ATTRIBUTES:
                add("dynamic", node, "%s reaches what no name leads to" % self.text(node.args[1]))
            for part in node.args + [k.value for k in node.keywords]:
                self.visit(part)
            return
        if what in ("operator.attrgetter", "operator.methodcaller"):
            for a in node.args:
                text = self.text(a)
                if text is None or LEAVES & set(text.split(".")):
                    add("dynamic", node, "%s of such a name reaches what no name leads to" % what)
                    break
        if what in ("timeit.timeit", "timeit.repeat", "timeit.Timer") and node.args and isinstance(node.args[0], (ast.Constant, ast.JoinedStr)):
            add("dynamic", node, "%s of a text evaluates it" % what)
        self.generic_visit(node)

    def visit_Subscript(self, node):
        name = self.full(node)
        if name is not None:
            self.report(node, name)
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str) and node.value in ATTRIBUTES:
            add("dynamic", node, "%s reaches what no name leads to" % node.value)
        elif isinstance(node.value, str) and REACHING.search(node.value):
            add("dynamic", node, "a format that reaches into its arguments")


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


SQL_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|$)|\w+|[^\s\w]""", re.DOTALL)
SQL_LEAVES = {"LOAD_EXTENSION": "native", "READFILE": "file", "WRITEFILE": "file", "EDIT": "file", "FTS3_TOKENIZER": "file", "FSDIR": "file"}
SQL_CONSTANT = {"TRUE", "FALSE", "NOT", "AND", "OR", "NULL", "IS", "BETWEEN", "IN", "LIKE"}


def sql_tokens(statement):
    """Words in capitals; what is quoted as it stands; no comments."""
    found = [t for t in SQL_TOKEN.findall(statement) if not t.startswith(("--", "/*"))]
    return [t.upper() if t[0].isalnum() or t[0] == "_" else t for t in found]


def every_row(tokens, at):
    """Is the DELETE or UPDATE that begins here for all rows: without a WHERE of its own, or with one that no column decides?"""
    depth = 0
    for i in range(at + 1, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[i], 0)
        if depth < 0 or tokens[i] == ";" or (tokens[i] in ("END", "RETURNING") and depth == 0):
            return True
        if tokens[i] == "WHERE" and depth == 0:
            for t in tokens[i + 1:]:
                if t in (";", "END", "RETURNING", "LIMIT", "ORDER"):
                    return True
                if t[0] in "\"`[" or (t[0].isalpha() or t[0] == "_") and t not in SQL_CONSTANT:
                    return False
            return True
    return True


def sql_words(tokens):
    """What the words of a statement tell, also inside of triggers and views, which no compiler looks into."""
    first = next((t for t in tokens if t not in ("EXPLAIN", "QUERY", "PLAN")), "")
    if first == "DROP":
        yield "destructive", "DROP removes what is stored"
    if first == "ALTER" and "DROP" in tokens:
        yield "destructive", "DROP removes what is stored"
    if first == "VACUUM" and "INTO" in tokens:
        yield "file", "VACUUM INTO writes a file"
    if first == "CREATE" and "VIRTUAL" in tokens and "USING" in tokens[:-1]:
        module = tokens[tokens.index("USING") + 1]
        if module not in ("FTS3", "FTS4", "FTS5", "RTREE", "GEOPOLY"):
            yield "file", "a virtual table of %s leaves the database" % module.lower()
    for i, t in enumerate(tokens):
        name = t.strip("\"`[]").upper()
        if name in SQL_LEAVES and tokens[i + 1:i + 2] == ["("]:
            yield SQL_LEAVES[name], "%s() leaves the database" % name.lower()
        elif t.startswith("PRAGMA_"):
            yield "settings", "PRAGMA %s" % t[7:].lower()
        elif t in ("DELETE", "UPDATE") and tokens[i - 1:i] not in (["ON"], ["DO"], ["AFTER"], ["BEFORE"], ["OF"]) and every_row(tokens, i):
            if t == "UPDATE" or tokens[i + 1:i + 2] == ["FROM"]:
                yield "destructive", "%s without a WHERE that chooses is for every row" % t


def sql(text):
    """Each statement is compiled under an authorizer, and none runs but those that make what later ones need."""
    import sqlite3
    db = sqlite3.connect(":memory:")
    told = []

    def allow(action, one, two, database, trigger):
        if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
            told.append(("file", "ATTACH and DETACH open and close files"))
        elif action == sqlite3.SQLITE_PRAGMA:
            told.append(("settings", "PRAGMA %s" % one))
        return sqlite3.SQLITE_OK

    for statement, line, column in statements(text, sqlite3.complete_statement):
        bare = sql_tokens(statement)
        if not [t for t in bare if t != ";"]:
            continue
        del told[:]
        if bare[0] == ".":
            told.append(("shell", "a command of the sqlite3 shell, which is not allowed"))
        else:
            told.extend(sql_words(bare))
        try:
            if bare[0] != ".":
                db.set_authorizer(allow)
                db.execute(statement if bare[0] == "EXPLAIN" else "EXPLAIN " + statement)
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
