"""A workspace with people in it: files, editors with a real `emend lsp` each, and what must hold of every byte.

Words that people type are "u7." and words of agents "a7.", each once in the world; words to a task are "s7." (agents.py).
What must hold:

  - a word of a person that is in a buffer or a file is still there behind every edit and write of Emend;
  - so is a word of an agent, once the agent was told that its change was made; only an undo takes it back;
  - what a person took back in the editor (its own undo, behind an edit of Emend too) does not come again by itself;
  - a rewind where something is in the way does nothing; one that was done, and undone by another, changed no byte;
  - no file is written that an editor has open, if the editor's server knew so before the step that wrote began;
    a command that a person typed (`emend run`) may write one whose text is saved.

A person may throw words away (reload, overwrite, close without a save): that is not counted.
"""
import os
import queue
import re
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("cli", "session"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), folder))
import editor as text_of  # noqa: E402
import wire  # noqa: E402

WORD = re.compile(r"\b[uas]\d+\.")
WAIT = 180  # seconds for what must come; the machine may be busy


class Broken(Exception):
    """What must hold did not."""


def words(text):
    return set(WORD.findall(text or ""))


class Desk:
    """The folder, and the books of what stands where."""

    def __init__(self, w, say):
        self.w, self.say = w, say
        self.editors = []
        self.number = 0      # the last that was given out
        self.files = {}      # name -> text as we know it to stand on the disk
        self.confirmed = {}  # name -> words of agents that are there to stay
        self.epochs = {}     # name -> how often a person decided what stands there
        self.working = {}    # who -> since when a step of Emend is under way
        self.gone = {}       # name -> words that a person took back, and nobody put there again
        self.unsettled = None  # what was half made then is brought to its end, or taken back, by the next task behind this number
        self.honest = False  # editors make every edit that they are asked for
        self.undoing = set()
        self.commands = set()  # of a person, among those at work

    def next(self):
        self.number += 1
        return self.number

    def word(self, kind):
        return "%s%d." % (kind, self.next())

    def works(self, who):
        self.working[who] = time.monotonic()

    def rests(self, who):
        self.look()
        self.working.pop(who, None)
        self.commands.discard(who)

    def write(self, name, text):
        path = os.path.join(self.w.path, name)
        with open(path + "~", "w", encoding="utf-8", newline="") as f:
            f.write(text)
        os.rename(path + "~", path)
        self.files[name] = text

    def read(self, name):
        try:
            with open(os.path.join(self.w.path, name), encoding="utf-8", newline="") as f:
                return f.read()
        except FileNotFoundError:
            return None

    def decided(self, name):
        """A person threw something away, or who holds the file is another now."""
        self.epochs[name] = self.epochs.get(name, 0) + 1
        self.confirmed[name] = self.confirmed.get(name, set()) & self.truth(name)
        self.gone[name] = self.gone.get(name, set()).difference(*(words(t) for t in self.texts(name)))

    def took_back(self, name, gone):
        """While somebody works the same edit may still be on its way to the other editor."""
        self.decided(name)
        if not self.working and self.unsettled is None:
            self.gone[name] |= gone.difference(*(words(t) for t in self.texts(name)))

    def unsettle(self):
        """Somebody is killed: what it left half made is looked at later."""
        self.unsettled = self.next()
        self.gone = {}

    def settled(self, task):
        if self.unsettled is not None and task > self.unsettled:
            self.unsettled = None

    def everything(self):
        """Every byte that somebody could lose."""
        out = {n: self.read(n) for n in os.listdir(self.w.path) if not n.startswith(".")}
        out.update({(e.name, n): b.text for e in self.editors for n, b in e.buffers.items()})
        return out

    def texts(self, name):
        """What the people who have it open see; else the file."""
        open_in = [e.buffers[name].text for e in self.editors if name in e.buffers]
        return open_in or [self.files.get(name) or ""]

    def truth(self, name):
        return set.intersection(*(words(t) for t in self.texts(name)))

    def lost(self, name, before, after, what):
        gone = words(before) - words(after)
        kept = {x for x in gone if x[0] == "u"}
        if not self.undoing:
            kept |= gone & self.confirmed.get(name, set())
        if kept:
            raise Broken("%s of %s lost %s\nbefore: %r\nafter: %r" % (what, name, sorted(kept), before, after))
        new = words(after) - words(before)
        back = set() if self.undoing or self.unsettled is not None else new & self.gone.get(name, set())
        if back or any(x[0] == "s" for x in new):
            raise Broken("%s of %s brings %s\nbefore: %r\nafter: %r" % (what, name, sorted(back or new), before, after))

    def look(self):
        """Everything that Emend wrote since the last look."""
        names = set(self.files) | {n for n in os.listdir(self.w.path) if not n.startswith(".")}
        for name in sorted(names):
            now = self.read(name)
            if now == self.files.get(name):
                continue
            before, self.files[name] = self.files.get(name), now
            self.say("disk: %s: %s" % (name, sorted(words(now) ^ words(before))))
            if not self.working:
                raise Broken("%s was written while nobody worked" % name)
            since = min(self.working.values())
            for e in self.editors:
                b = e.buffers.get(name)
                saved = b and b.text == before and self.commands
                if b and b.known and b.known < since and not saved:
                    raise Broken("%s was written under %s, which has it open; at work: %s" % (name, e.name, list(self.working)))
            self.lost(name, before, now, "a write")

    def settle_undo(self, who, whole):
        """Not whole: the next start of Emend brings it to its end, or takes it back."""
        self.undoing.discard(who)
        for name in self.confirmed:
            self.confirmed[name] &= self.truth(name) if whole else set()
        if not whole:
            self.unsettle()


class Buffer:
    def __init__(self, text):
        self.text, self.base, self.version = text, text, 1
        self.known = None  # since when the server is known to know
        self.past, self.ahead = [], []  # of the editor's undo: earlier texts, and those that were taken back

    def becomes(self, text):
        self.past = self.past[-30:] + [self.text]
        self.ahead = []
        self.text = text
        self.version += 1


class Editor:
    """Its buffers outlive its server, as those of an editor do."""

    def __init__(self, desk, name, env):
        self.desk, self.name, self.env = desk, name, env
        self.buffers, self.waiting = {}, {}
        self.server, self.stopped, self.ids = None, False, 0
        desk.editors.append(self)

    # --- the server ---

    def start(self):
        w = self.desk.w
        self.server, self.stopped, self.waiting = wire.Server(["lsp"], self.env, w.path), False, {}
        root = "file://" + w.path
        # A client without a name is taken for an old eglot, which may tell of an edit only after the next key, minutes later.
        self.request("initialize", {"processId": None, "clientInfo": {"name": "desk"}, "rootUri": root,
                                    "workspaceFolders": [{"uri": root, "name": "w"}],
                                    "capabilities": {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}}})
        self.server.send({"method": "initialized", "params": {}})
        for name in self.buffers:
            self.tell_open(name)

    def request(self, method, params, done=None):
        self.ids += 1
        self.waiting[self.ids] = done
        self.server.send({"id": self.ids, "method": method, "params": params})

    def kill(self):
        if self.stopped:
            self.hang(False)
        self.server.kill()
        self.dead()

    def dead(self):
        """Nobody knows any more what is open here."""
        self.server = None
        for name, b in self.buffers.items():
            b.known = None
            self.desk.decided(name)

    def hang(self, yes):
        os.kill(self.server.process.pid, signal.SIGSTOP if yes else signal.SIGCONT)
        self.stopped = yes

    # --- a person ---

    def uri(self, name):
        return "file://" + os.path.join(self.desk.w.path, name)

    def tell_open(self, name):
        b = self.buffers[name]
        self.server.send({"method": "textDocument/didOpen", "params": {"textDocument": {
            "uri": self.uri(name), "languageId": "", "version": b.version, "text": b.text}}})
        self.request("emend/document", {"uri": self.uri(name)}, lambda _: self.is_known(name, b))

    def is_known(self, name, b):
        """Others see it when it stands in the face's list, a moment later."""
        folder = os.path.join(self.env["XDG_RUNTIME_DIR"], "emend")
        line = "open %s\n" % os.path.join(self.desk.w.path, name)
        for face in os.listdir(folder):
            if face.startswith("%d-" % self.server.process.pid) and face.endswith(".open"):
                with open(os.path.join(folder, face), encoding="utf-8") as f:
                    if line in f.read():
                        b.known = time.monotonic()
                        return
        self.request("emend/document", {"uri": self.uri(name)}, lambda _: self.is_known(name, b))

    def open(self, name):
        text = self.desk.read(name)
        if text is None:
            return
        self.buffers[name] = Buffer(text)
        self.desk.decided(name)
        if self.server:
            self.tell_open(name)

    def close(self, name):
        del self.buffers[name]
        self.desk.decided(name)
        if self.server:
            self.server.send({"method": "textDocument/didClose", "params": {"textDocument": {"uri": self.uri(name)}}})

    def change(self, name, start, end, new):
        before = self.buffers[name].text
        self.buffers[name].becomes(before[:start] + new + before[end:])
        self.tell_change(name, before, start, end, new)

    def tell_change(self, name, before, start, end, new):
        b = self.buffers[name]
        if self.server:
            span = {"start": text_of.position_of(before, start, "utf-16"), "end": text_of.position_of(before, end, "utf-16")}
            self.server.send({"method": "textDocument/didChange", "params": {
                "textDocument": {"uri": self.uri(name), "version": b.version}, "contentChanges": [{"range": span, "text": new}]}})

    def take_back(self, name, again):
        """The editor's own undo, or its redo; False: there is none."""
        b = self.buffers[name]
        before, stack, other = b.text, *((b.ahead, b.past) if again else (b.past, b.ahead))
        if not stack:
            return False
        b.text = stack.pop()
        other.append(before)
        b.version += 1
        start = len(os.path.commonprefix((before, b.text)))
        rest = len(os.path.commonprefix((before[start:][::-1], b.text[start:][::-1])))
        self.tell_change(name, before, start, len(before) - rest, b.text[start:len(b.text) - rest])
        self.desk.took_back(name, words(before) - words(b.text))
        return True

    def reload(self, name):
        """What others wrote, and what was typed here is thrown away."""
        text = self.desk.read(name)
        if text is not None:
            self.change(name, 0, len(self.buffers[name].text), text)
            self.buffers[name].base = text
            self.desk.decided(name)

    def save(self, name):
        """As editors do: over what others wrote since only if the person says so."""
        b = self.buffers[name]
        self.desk.look()
        late = any(since <= (b.known or since) for since in self.desk.working.values())
        over = self.desk.files.get(name) != b.base
        self.desk.write(name, b.text)
        b.base = b.text
        if over or late:
            self.desk.decided(name)
        if self.server:
            self.server.send({"method": "textDocument/didSave", "params": {"textDocument": {"uri": self.uri(name)}}})

    # --- what the server wants ---

    def pump(self, rng):
        if not self.server or self.stopped:
            return False
        came = False
        while True:
            try:
                m = self.server.inbox.get_nowait()
            except queue.Empty:
                return came
            came = True
            if m is None:
                if self.server.broken or self.server.process.wait(WAIT) >= 0:
                    raise Broken("%s: the server ended by itself: %s %s" % (self.name, self.server.broken, self.server.error))
                self.server.kill()
                self.dead()
                return True
            if "method" not in m:
                done = self.waiting.pop(m["id"])
                if done:
                    done(m)
            elif m["method"] == "workspace/applyEdit":
                self.server.send({"id": m["id"], "result": {"applied": self.apply(m["params"]["edit"], rng)}})
            elif "id" in m:
                self.server.send({"id": m["id"], "result": None})

    def apply(self, edit, rng):
        change, = edit["documentChanges"]
        name = os.path.basename(change["textDocument"]["uri"])
        b, version = self.buffers.get(name), change["textDocument"]["version"]
        luck = 1 if self.desk.honest else rng.random()
        if not b or version not in (None, b.version) or luck < 0.03:
            return False
        if luck < 0.05:
            return True  # a lie: nothing was changed
        after = text_of.apply_edits(b.text, change["edits"], "utf-16")
        self.desk.say("%s: edit of %s: %s" % (self.name, name, sorted(words(after) ^ words(b.text))))
        self.desk.lost(name, b.text, after, "an edit in " + self.name)
        b.becomes(after)
        self.server.send({"method": "textDocument/didChange", "params": {
            "textDocument": {"uri": self.uri(name), "version": b.version}, "contentChanges": [{"text": after}]}})
        return True
