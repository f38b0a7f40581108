#!/usr/bin/env python3
"""Replays recorded conversations against the real server.   usage: replay.py [FILE.lsp ...]

A conversation is a text of lines; a value may go on over following lines that start with a blank.

  # comment
  file: PATH "text"         a file of the workspace           absent: PATH     (at the end: must not be there)
  bytes: PATH "\\u0000-\\u00ff"   the same, by bytes           holds PATH "bytes"   they are in the file now
  model: {...}              one turn of the scripted model    check: PATH "text"  (at the end: must hold this)
  model-file: {...}         also one turn; same as model:
  config: {...}             the user's config file            env: NAME=VALUE
  split                     every message is sent byte by byte
  --> {...}                 sent ("jsonrpc" is added)         raw: "bytes, JSON-escaped, \\u0000-\\u00ff"
  <-- {...}                 expected, in any order: subset match
  <== {...}                 expected as the very next message
  init NAME {...}           initialize as this editor (clients.json), with changes; then initialized
  manual METHOD             the script answers this request itself (create, registerCapability, configuration)
  answer METHOD {...}       from now on the editor answers this request by itself ("result" or "error"); `never`
  apply HOW                 how the editor treats workspace/applyEdit: before (didChange, then reply), after,
                            late, refuse, null, error, lie, stale, stale-once, behind, never, keyless (as eglot
                            1.17 after a question: the didChange comes with the next `key`)
  open URI "text" [VERSION] didOpen; the editor keeps the text
  type URI L:C-L:C "text"   didChange; the editor's text follows
  buffer URI "text"         the editor's and the server's text of the document must be this
  key                       the user presses a key: what keyless holds back is sent
  quiet SECONDS             nothing comes in that time, and nothing unexpected has come
  ignore METHOD             such notifications may come at any time and are dropped
  sleep SECONDS   eof   exit STATUS
  stderr REGEX              at the end: this is on stderr, as its one line (else nothing may be there)
  restart                   shutdown and exit, then another server with the same state; nothing is open
  close URI                 didClose
  disk PATH "text"          this is in the file of the workspace now
  link: PATH TARGET         a link of the workspace        linked PATH TARGET   this is one now; no TARGET: nothing is there
  mode PATH OCTAL           its permissions now            retarget PATH TARGET, chmod PATH OCTAL   the user does it

In expected values "..." stands for anything, also for the rest of an array; "!absent" for a key that must not be there;
"$name" is bound at its first use and must be the same afterwards; "~REGEX" matches text. In sent values "$name" is
replaced; ${root}, ${uri} (of the root) and ${state} everywhere."""

import json
import os
import re
import shutil
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import again
import bulk
import editor
import garbage
import process
import sync
import validate
import wire
from wire import Failure

HERE = os.path.dirname(os.path.abspath(__file__))
KEEP = {"window/workDoneProgress/create": {"result": None}, "client/registerCapability": {"result": None},
        "workspace/configuration": {"result": [None]}}


def load_clients():
    with open(os.path.join(HERE, "clients.json"), encoding="utf-8") as file:
        return json.load(file)


def merge(base, over):
    """JSON merge: null removes."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    out = dict(base)
    for key, value in over.items():
        if value is None and key != "processId":
            out.pop(key, None)
        else:
            out[key] = merge(out.get(key), value)
    return out


def match(want, got, names, path="$"):
    """None, or why it does not match. Binds names."""
    if isinstance(want, str):
        if want in ("...", "*"):
            return None
        if want.startswith("~"):
            return None if isinstance(got, str) and re.search(want[1:], got, re.S) else \
                "%s: %r does not match %s" % (path, got, want)
        if re.fullmatch(r"\$\w+", want):
            name = want[1:]
            if name not in names:
                names[name] = got
            return None if names[name] == got else "%s: %r, not %r" % (path, got, names[name])
    if isinstance(want, dict) and isinstance(got, dict):
        for key, value in want.items():
            if value == "!absent":
                if key in got:
                    return "%s.%s: must not be there" % (path, key)
            elif key not in got:
                return "%s.%s: missing" % (path, key)
            else:
                why = match(value, got[key], names, path + "." + key)
                if why:
                    return why
        return None
    if isinstance(want, list) and isinstance(got, list):
        rest = bool(want) and want[-1] == "..."
        items = want[:-1] if rest else want
        if len(got) < len(items) or (len(got) > len(items) and not rest):
            return "%s: %d elements, not %d" % (path, len(got), len(items))
        for i, item in enumerate(items):
            why = match(item, got[i], names, "%s[%d]" % (path, i))
            if why:
                return why
        return None
    same = want == got and isinstance(want, bool) == isinstance(got, bool)
    return None if same else "%s: %r, not %r" % (path, got, want)


class Session:
    """One conversation with one server."""

    def __init__(self, path, traffic=None):
        self.path = path
        self.base = os.path.realpath(tempfile.mkdtemp(prefix="emend-session-"))
        self.root = os.path.join(self.base, "work")
        self.names = {}
        self.pending = []
        self.docs = {}
        self.held = []
        self.answers = dict(KEEP)
        self.how = "before"
        self.ignored = set()
        self.checks = []
        self.model = []
        self.env = dict(os.environ, EMEND_KEYRING="off")
        self.server = None
        self.split = False
        self.encoding = "utf-16"
        self.next_id = 0
        self.ended = False
        self.stderr = None
        self.closed = False
        self.traffic = traffic
        self.log = open(os.path.join(self.base, "log"), "w", encoding="utf-8")
        for name in list(self.env):
            if name.startswith(("EMEND_", "ANTHROPIC_", "OPENAI_", "GEMINI_", "OPENROUTER_")):
                del self.env[name]
        for name in ("work", "home", "config/emend", "state"):
            os.makedirs(os.path.join(self.base, name))
        self.env.update(HOME=self.base + "/home", XDG_CONFIG_HOME=self.base + "/config",
                        XDG_STATE_HOME=self.base + "/state", LC_ALL="C.UTF-8")

    # --- text of the script ---

    def expand(self, text):
        return text.replace("${root}", self.root).replace("${uri}", "file://" + urllib.parse.quote(self.root)) \
            .replace("${state}", self.base + "/state")

    def value(self, text):
        try:
            return json.loads(self.expand(text))
        except ValueError as error:
            raise Failure("bad JSON in the script: %s: %s" % (error, text[:200]))

    def fill(self, value):
        if isinstance(value, str) and re.fullmatch(r"\$\w+", value) and value[1:] in self.names:
            return self.names[value[1:]]
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return value

    # --- the server ---

    def start(self):
        if self.server:
            return
        script = os.path.join(self.base, "model.jsonl")
        if self.model:
            with open(script, "w", encoding="utf-8") as file:
                file.writelines(json.dumps(turn) + "\n" for turn in self.model)
            self.env.setdefault("EMEND_MODEL", "scripted:" + script)
        args = ["lsp"] + (["--trace", self.traffic] if self.traffic else [])
        self.server = wire.Server(args, self.env, self.root, self.log, self.split)

    def send(self, message):
        self.start()
        self.server.send(message)

    def request(self, method, params):
        """Sends a request of the driver's own and returns its result."""
        self.next_id += 1
        ident = "driver-%d" % self.next_id
        self.send({"id": ident, "method": method, "params": params})
        return self.expect({"id": ident, "result": "..."}).get("result")

    def pull(self, deadline):
        """The next message that the script must see, or None at the deadline or the end of file."""
        while True:
            left = deadline - time.monotonic()
            try:
                message = self.server.inbox.get(timeout=max(left, 0.001))
            except Exception:
                return None
            if message is None:
                if self.server.broken:
                    raise Failure(self.server.broken)
                self.closed = True
                return None
            if not self.handled(message):
                return message

    def handled(self, message):
        method = message.get("method")
        if method in self.ignored:
            return True
        if method == "workspace/applyEdit" and self.how != "manual":
            self.apply(message)
            return False
        if "id" in message and method in self.answers:
            answer = self.answers[method]
            if answer is not None:
                self.send(dict(answer, id=message["id"]))
            return method in KEEP and self.answers[method] == KEEP[method]
        return False

    def apply(self, message):
        """The editor meets workspace/applyEdit."""
        how, reply = self.how, {"id": message["id"], "result": {"applied": True}}
        edits = message["params"]["edit"]
        changes = [(d["textDocument"]["uri"], d["edits"]) for d in edits.get("documentChanges", [])] or \
            list(edits.get("changes", {}).items())
        for doc in edits.get("documentChanges", []):
            open_doc = self.docs.get(doc["textDocument"]["uri"])
            if open_doc is None or open_doc["version"] != doc["textDocument"]["version"]:
                raise Failure("an edit for version %r of %s, which is %r" % (
                    doc["textDocument"]["version"], doc["textDocument"]["uri"], open_doc and open_doc["version"]))
        if how == "never":
            return
        if how == "refuse":
            reply["result"] = {"applied": False, "failureReason": "the editor is busy"}
        elif how == "null":
            reply["result"] = {"applied": None, "failureReason": "declined"}
        elif how == "error":
            del reply["result"]
            reply["error"] = {"code": 32603, "message": "User cancelled server edit"}
        elif how in ("stale", "stale-once"):
            for uri, _ in changes:
                self.change(uri, [{"range": {"start": {"line": 0, "character": 0},
                                             "end": {"line": 0, "character": 0}}, "text": "typed "}])
        elif how == "behind":  # as eglot does while the user types: its version is newer than what it told
            del reply["result"]
            reply["error"] = {"code": -32603, "message": "Edits on `a.c' require version 1, you have 2"}
            self.send(reply)
            time.sleep(2)
            for uri, _ in changes:
                self.change(uri, [{"range": {"start": {"line": 0, "character": 0},
                                             "end": {"line": 0, "character": 0}}, "text": "typed "}])
            self.how = "before"
        elif how == "keyless":
            self.send(reply)
            for uri, list_of in changes:
                text = editor.apply_edits(self.docs[uri]["text"], list_of, self.encoding)
                if text != self.docs[uri]["text"]:
                    self.held.append(self.change(uri, [{"text": text}], False))
        elif how in ("before", "after", "late"):
            if how != "before":
                self.send(reply)
                time.sleep(0.6 if how == "late" else 0.05)
            for uri, list_of in changes:
                self.change(uri, [{"text": editor.apply_edits(self.docs[uri]["text"], list_of, self.encoding)}])
        if how in ("before", "refuse", "null", "error", "lie", "stale", "stale-once"):
            self.send(reply)
        if how == "stale-once":
            self.how = "before"

    def change(self, uri, changes, at_once=True):
        doc = self.docs[uri]
        doc["version"] += 1
        doc["text"] = editor.apply_changes(doc["text"], changes, self.encoding)
        message = {"method": "textDocument/didChange", "params": {
            "textDocument": {"uri": uri, "version": doc["version"]}, "contentChanges": changes}}
        if at_once:
            self.send(message)
        return message

    def expect(self, want, strict=False):
        deadline, reasons, seen = time.monotonic() + wire.WAIT, [], 0
        while True:
            for i, message in enumerate(self.pending[seen:], seen):
                names = dict(self.names)
                why = match(want, message, names)
                if why is None:
                    self.names = names
                    return self.pending.pop(i)
                reasons.append("%s in %s" % (why, json.dumps(message)[:300]))
                if strict:
                    raise Failure("the next message is another: " + reasons[-1])
            seen = len(self.pending)
            message = self.pull(deadline)
            if message is None:
                raise Failure("expected %s\n%s" % (json.dumps(want)[:400], "\n".join(reasons[-8:]) or "(nothing came)"))
            self.pending.append(message)

    # --- the lines ---

    def do_file(self, rest):
        name, text = rest.split(None, 1)
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(self.value(text))

    def do_bytes(self, rest):
        name, text = rest.split(None, 1)
        with open(os.path.join(self.root, name), "wb") as file:
            file.write(self.value(text).encode("latin-1"))

    def do_holds(self, rest):
        name, text = rest.split(None, 1)
        want, got = self.value(text).encode("latin-1"), None
        for _ in range(400):
            with open(os.path.join(self.root, name), "rb") as file:
                got = file.read()
            if got == want:
                return
            time.sleep(0.05)
        raise Failure("%s holds %r, not %r" % (name, got, want))

    def do_check(self, rest):
        name, text = rest.split(None, 1)
        self.checks.append((name, self.value(text)))

    def do_absent(self, rest):
        self.checks.append((rest.strip(), None))

    def do_model(self, rest):
        self.model.append(self.value(rest))

    def do_config(self, rest):
        with open(self.base + "/config/emend/config.json", "w", encoding="utf-8") as file:
            file.write(self.expand(rest))

    def do_env(self, rest):
        name, _, value = self.expand(rest).partition("=")
        self.env[name] = value

    def do_split(self, _):
        self.split = True
        if self.server:
            self.server.split = True

    def do_raw(self, rest):
        self.start()
        self.server.send_bytes(self.value(rest).encode("latin-1"))

    def do_init(self, rest):
        name, _, over = rest.partition(" ")
        params = merge(load_clients()[name], self.value(over) if over.strip() else {})
        if "rootUri" not in params:
            params["rootUri"] = "file://" + urllib.parse.quote(self.root)
        if "workspaceFolders" not in params:
            params["workspaceFolders"] = [{"uri": params["rootUri"], "name": "work"}] if params["rootUri"] else None
        params.setdefault("processId", None)
        self.send({"id": "init", "method": "initialize", "params": params})
        reply = self.expect({"id": "init", "result": {"capabilities": "..."}})
        self.encoding = reply["result"]["capabilities"].get("positionEncoding", "utf-16")
        self.send({"method": "initialized", "params": {}})

    def do_answer(self, rest):
        method, _, answer = rest.partition(" ")
        self.answers[method] = None if answer.strip() == "never" else self.value(answer)

    def do_manual(self, rest):
        self.answers.pop(rest.strip(), None)

    def do_key(self, _):
        for message in self.held:
            self.send(message)
        self.held = []

    def do_apply(self, rest):
        self.how = rest.strip()

    def do_open(self, rest):
        uri, text = self.expand(rest).split(None, 1)
        decoder = json.JSONDecoder()
        body, end = decoder.raw_decode(text)
        extra = text[end:].split()
        version = int(extra[0]) if extra else 1
        self.docs[uri] = {"text": body, "version": version}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": {
            "uri": uri, "languageId": extra[1] if len(extra) > 1 else "", "version": version, "text": body}}})

    def do_type(self, rest):
        uri, span, text = self.expand(rest).split(None, 2)
        numbers = [int(n) for n in re.fullmatch(r"(\d+):(\d+)-(\d+):(\d+)", span).groups()]
        self.change(uri, [{"range": {"start": {"line": numbers[0], "character": numbers[1]},
                                     "end": {"line": numbers[2], "character": numbers[3]}}, "text": json.loads(text)}])

    def do_buffer(self, rest):
        uri, text = self.expand(rest).split(None, 1)
        want = json.loads(text)
        got = self.request("emend/document", {"uri": uri})
        if got["text"] != want:
            raise Failure("the server holds %r, not %r" % (got["text"], want))
        if uri in self.docs and self.docs[uri]["text"] != want:
            raise Failure("the editor holds %r, not %r" % (self.docs[uri]["text"], want))

    def do_restart(self, _):
        self.send({"id": "restart", "method": "shutdown"})
        self.expect({"id": "restart", "result": None})
        self.send({"method": "exit"})
        self.do_exit("0")
        self.server, self.ended, self.closed = None, False, False
        self.docs, self.pending = {}, []

    def do_close(self, rest):
        uri = self.expand(rest)
        self.docs.pop(uri, None)
        self.send({"method": "textDocument/didClose", "params": {"textDocument": {"uri": uri}}})

    def do_disk(self, rest):
        name, text = rest.split(None, 1)
        path, want = os.path.join(self.root, name), self.value(text)
        got = None
        for _ in range(100):
            if os.path.exists(path):
                with open(path, encoding="utf-8", newline="") as file:
                    got = file.read()
            else:
                got = None
            if got == want:
                return
            time.sleep(0.05)
        raise Failure("%s holds %r, not %r" % (name, got, want))

    def do_link(self, rest):
        name, target = rest.split()
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)

    def do_linked(self, rest):
        name, _, target = rest.partition(" ")
        path = os.path.join(self.root, name)
        got = os.readlink(path) if os.path.islink(path) else "(no link)" if os.path.lexists(path) else ""
        if got != target:
            raise Failure("%s is a link to %r, not %r" % (name, got, target))

    def do_mode(self, rest):
        name, mode = rest.split()
        got = "%o" % (os.stat(os.path.join(self.root, name)).st_mode & 0o777)
        if got != mode:
            raise Failure("%s has the permissions %s, not %s" % (name, got, mode))

    def do_retarget(self, rest):
        name, target = rest.split()
        os.unlink(os.path.join(self.root, name))
        os.symlink(target, os.path.join(self.root, name))

    def do_chmod(self, rest):
        name, mode = rest.split()
        os.chmod(os.path.join(self.root, name), int(mode, 8))

    def do_quiet(self, rest):
        message = self.pull(time.monotonic() + float(rest))
        if message is not None:
            self.pending.append(message)
        if self.pending:
            raise Failure("not quiet: " + "\n".join(json.dumps(m)[:300] for m in self.pending))

    def do_ignore(self, rest):
        self.ignored.add(rest.strip())
        self.pending = [m for m in self.pending if m.get("method") != rest.strip()]

    def do_sleep(self, rest):
        time.sleep(float(rest))

    def do_eof(self, _):
        self.server.close_input()

    def do_exit(self, rest):
        status = self.server.wait()
        self.ended = True
        if status != int(rest):
            raise Failure("ended with status %d, not %s" % (status, rest))
        if self.server.broken:
            raise Failure(self.server.broken)

    def do_stderr(self, rest):
        self.stderr = rest

    def check_stderr(self):
        text = self.server.error.decode("utf-8", "replace") if self.server else ""
        if text and self.stderr is None:
            raise Failure("on stderr: %r" % text[:2000])
        if self.stderr is not None and (text.count("\n") != 1 or not re.search(self.stderr, text)):
            raise Failure("on stderr: %r, not one line that matches %s" % (text[:2000], self.stderr))

    def line(self, text):
        if text.startswith("-->"):
            self.send(self.fill(self.value(text[3:])))
        elif text.startswith("<--"):
            self.expect(self.value(text[3:]))
        elif text.startswith("<=="):
            self.expect(self.value(text[3:]), strict=True)
        else:
            word, _, rest = text.partition(" ")
            action = getattr(self, "do_" + word.rstrip(":"), None)
            if not action:
                raise Failure("unknown line: " + text[:80])
            action(rest.strip())

    def lines(self):
        """(number, logical line): without comments, continuations joined."""
        number = text = None
        with open(self.path, encoding="utf-8") as file:
            for i, line in enumerate(file, 1):
                line = line.rstrip("\n")
                if line[:1] in (" ", "\t"):
                    text = text + " " + line.strip() if text else None
                    continue
                if text:
                    yield number, text
                number, text = i, None if not line or line.startswith("#") else line
        if text:
            yield number, text

    def finish(self):
        if self.server and not self.ended:
            self.send({"id": "end", "method": "shutdown"})
            self.expect({"id": "end", "result": None})
            self.send({"method": "exit"})
            self.do_exit("0")
        self.check_stderr()
        for name, text in self.checks:
            path = os.path.join(self.root, name)
            if text is None:
                if os.path.exists(path):
                    raise Failure("%s must not exist" % name)
                continue
            with open(path, encoding="utf-8", newline="") as file:
                if file.read() != text:
                    file.seek(0)
                    raise Failure("%s holds %r" % (name, file.read()))

    def run(self):
        number = 0
        try:
            for number, text in self.lines():
                self.line(text)
            number = "end"
            self.finish()
            number = "its sessions again"
            self.all_is_the_same_again()
            return None
        except Failure as error:
            self.log.flush()
            with open(self.log.name, encoding="utf-8") as file:
                tail = file.read().splitlines()[-12:]
            where = "%s:%s: %s" % (os.path.basename(self.path), number, error)
            noise = self.server.error.decode("utf-8", "replace")[-3000:] if self.server else ""
            return "\n".join([where] + [line[:400] for line in tail] + [noise])
        finally:
            self.close()

    def all_is_the_same_again(self):
        """Each session that the conversation left must come out of its log as it was."""
        if self.server:
            self.server.kill()
        bad = again.differing(self.root, self.env)
        if bad:
            raise Failure("not the same again: %s" % bad)

    def close(self):
        if self.server:
            self.server.kill()
        self.log.close()
        if not os.environ.get("EMEND_TEST_KEEP"):
            shutil.rmtree(self.base, ignore_errors=True)


def main():
    files = sys.argv[1:] or sorted(os.path.join(HERE, n) for n in os.listdir(HERE) if n.endswith(".lsp"))
    tap = wire.Tap()
    traffic = validate.folder()
    for path in files:
        name = os.path.splitext(os.path.basename(path))[0]
        log = os.path.join(traffic, name + ".jsonl") if traffic else None
        tap.result(name, Session(path, log).run())
        sys.stdout.flush()
    if not sys.argv[1:]:
        for module in (process, sync, garbage, bulk, validate):
            module.tests(tap, lambda: Session("-"))
            sys.stdout.flush()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
