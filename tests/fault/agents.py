"""A model at the gate: what it calls, and whether what it was told is so; and what people say to it while it works.

Words of people to a task are "s7.". A word that the task was given (the command that said it ended well) is heard in the very next
request, once in each from then on; one that was taken back is never heard; no other task hears it, and it stands in no file."""
import json
import re
from collections import Counter

from desk import Broken, words

NAMES = ["one.txt", "two.txt", "three.txt", "four.txt", "five.txt"]
LINES = 12


class Agent:
    """home: the terminal or the editor in which its task runs."""

    def __init__(self, desk, home, turns):
        self.desk, self.home, self.turns = desk, home, turns
        self.number = desk.next()
        self.request, self.calls, self.saw = None, {}, {}
        self.own = set()  # words of its own, which it may leave out when it writes a whole file
        self.task, self.asked = None, False  # in an editor: its id; whether the server is asked how it is
        self.told = {}  # word of a person -> "sent", "taken", "heard" or "back"
        self.due = set()  # of them, those that the next request must have
        self.done = False  # its task came to a good end

    # --- what it is told meanwhile ---

    def steer(self, word):
        self.told[word] = "sent"

    def taken(self, word):
        if self.told[word] == "sent":
            self.told[word] = "taken"
        self.over(self.done)

    def unsteer(self):
        """Which of them goes is known when it has gone."""
        for word, state in self.told.items():
            self.told[word] = "sent" if state == "taken" else state

    def taken_back(self, text):
        for word in re.findall(r"\bs\d+\.", text):
            if self.told[word] == "heard":
                raise Broken("agent %d has heard %s, which was taken back" % (self.number, word))
            self.told[word] = "back"

    def hears(self):
        said = Counter(re.findall(r"\bs\d+\.", json.dumps(self.request.body["messages"]).replace("\\n", " ")))
        for word, state in self.told.items():
            n = said.pop(word, 0)
            least = 1 if state == "heard" or state == "taken" and word in self.due else 0
            if not least <= n <= (0 if state == "back" else 1):
                raise Broken("agent %d hears %s %d times; it was %s" % (self.number, word, n, state))
            if n:
                self.told[word] = "heard"
        if said:
            raise Broken("agent %d hears %s, which nobody told it" % (self.number, sorted(said)))

    def over(self, done):
        """done: its task came to a good end, and would have gone on for a word that waits."""
        self.done = done
        deaf = [word for word, state in self.told.items() if state == "taken"]
        if done and deaf:
            raise Broken("the task of agent %d is done, and did not hear %s" % (self.number, deaf))

    # --- what it calls ---

    def change(self, name, word):
        """For `result`: in which epoch it must be there."""
        holders = [e.buffers[name] for e in self.desk.editors if name in e.buffers]
        known = all(b.known for b in holders) and not self.desk.undoing
        return name, word, self.desk.epochs.get(name, 0) if known else None

    def write(self, change, head):
        """The whole file, as it was read; what others wrote since must survive."""
        name, word, _ = change
        content = self.saw.pop(name).replace(head, head + " " + word)
        self.desk.confirmed[name] = self.desk.confirmed.get(name, set()) - (self.own - words(content))
        return "write_file", {"path": name, "content": content}, [change]

    def some_call(self, rng):
        """(name, input, [change])"""
        head = "line %d =" % rng.randrange(LINES)
        names = rng.sample(NAMES, rng.choice((1, 1, 2, 3)))
        changes = [self.change(name, self.desk.word("a")) for name in names]
        name, new, _ = changes[0]
        kind = rng.choice(("read", "edit", "edit", "patch", "write", "command", "command", "new"))
        if kind == "write" and name in self.saw:
            return self.write(changes[0], head)
        if kind in ("read", "write"):
            return "read_file", {"path": name}, changes[:1]
        if kind == "edit":
            return "edit_file", {"path": name, "edits": [{"old_text": head, "new_text": head + " " + new}]}, changes[:1]
        if kind == "patch":
            patch = "*** Begin Patch\n"
            for n, word, _ in changes:
                was = [row for row in self.desk.texts(n)[0].splitlines() if row.startswith(head)][0]
                patch += "*** Update File: %s\n@@\n-%s\n+%s\n" % (n, was, was.replace(head, head + " " + word))
            return "apply_patch", {"patch": patch + "*** End Patch"}, changes
        if kind == "new":
            return "run_command", {"command": "echo %s > new%d.txt" % (new, rng.randrange(3))}, []
        seds = ["sed -i 's/^%s/%s %s/' %s" % (head, head, word, n) for n, word, _ in changes]
        pause = "sleep 0.05; " if rng.random() < 0.3 else ""
        return "run_command", {"command": pause + " && ".join(seds)}, changes

    def turn(self, rng):
        """Its next turn is said; a line that tells what it is."""
        request, self.request = self.request, None
        self.due = {word for word, state in self.told.items() if state == "taken"}
        self.desk.works(self.number)
        if self.turns == 0:
            request.say({"text": "agent %d is done" % self.number})
            return "agent %d ends" % self.number
        self.turns -= 1
        calls = []
        for _ in range(rng.choice((1, 1, 2))):
            tool, arguments, changes = self.some_call(rng)
            ident = "call_%d" % self.desk.next()
            self.calls[ident] = (tool, changes)
            calls.append({"id": ident, "name": tool, "input": arguments})
        request.say({"calls": calls})
        return "agent %d: %s" % (self.number, [(c["name"], c["input"]) for c in calls])

    def results(self):
        done = [self.calls.pop(call) + (ok, text) for call, ok, text in self.request.results()]
        for i, (tool, changes, ok, text) in enumerate(done):
            # It writes a whole file as it thought of it before this turn: what it put there in the same turn goes, by its own word.
            rewritten = {c[0] for later, theirs, fine, _ in done[i + 1:] if later == "write_file" and fine for c in theirs}
            self.result(tool, changes if tool == "read_file" else [c for c in changes if c[0] not in rewritten], ok, text)

    def result(self, tool, changes, ok, text):
        ok = ok and "not kept" not in text
        self.desk.say("agent %d: %s: %s%s" % (self.number, tool, "made" if ok else "not made: ", "" if ok else text[:200]))
        if tool == "read_file" and ok:
            name = changes[0][0]
            self.saw[name] = "".join(x.split("\t", 1)[1] for x in text.splitlines(keepends=True) if "\t" in x)
            return
        self.desk.look()
        for name, word, epoch in changes if ok else []:
            there = word in self.desk.truth(name)
            if not there and epoch is not None and epoch == self.desk.epochs.get(name, 0):
                raise Broken("agent %d was told that %s stands in %s; there is %r" % (
                    self.number, word, name, self.desk.texts(name)))
            if there:
                self.own.add(word)
                self.desk.confirmed.setdefault(name, set()).add(word)
