"""What people do in terminals: a task, words to a task that runs, an undo, a rewind, a command of their own."""
import json
import os
import subprocess

from agents import NAMES
from desk import Broken

from support import EMEND


class Terminal:
    """A place where one command after the other runs."""

    def __init__(self, name):
        self.name, self.process, self.agent, self.killed = name, None, None, False
        self.out, self.after, self.status = None, None, None

    def text(self):
        with open(self.out, encoding="utf-8", errors="replace") as f:
            return f.read()

    def task(self):
        """The id of the task that runs here, once it is known."""
        for line in self.text().splitlines():
            if line.startswith('{"type":"task.started"'):
                return json.loads(line)["task"]
        return None


class Terminals:
    """The part of a schedule that has `terminals`: see schedule.py."""

    def run(self, t, *args, after=None):
        """after: is told the text of a command that ended by itself with 0."""
        t.killed, t.out, t.after = False, os.path.join(self.w.base, t.name + ".out"), after
        with open(t.out, "wb") as f:
            t.process = subprocess.Popen([EMEND, *args], cwd=self.w.path, env=self.w.env, stdin=subprocess.DEVNULL, stdout=f,
                                         stderr=subprocess.STDOUT, start_new_session=True)

    def ended(self, t):
        t.status, t.process = t.process.returncode, None
        self.say("%s: ended with %d" % (t.name, t.status))
        without_child = (6, 137) if self.children else ()
        stands = t.status == 2 and "stands at step" in t.text()
        if not t.killed and not stands and t.status not in (0, 1, 4, 5) + without_child:
            raise Broken("%s: status %d: %s" % (t.name, t.status, t.text()[-3000:]))
        if t.agent:
            self.forget(t.agent, t.status == 0)
            t.agent = None
        self.desk.rests(t.name)
        if t.name in self.desk.undoing:
            self.desk.settle_undo(t.name, whole=t.status in (0, 4))
            self.all_decided()
        if t.after and t.status == 0:
            t.after(t.text())

    def all_decided(self):
        for name in self.desk.files:
            self.desk.decided(name)

    def free(self):
        free = [t for t in self.terminals if not t.process]
        return self.rng.choice(free) if free else None

    # --- steps ---

    def step_do(self):
        t = self.free()
        if not t:
            return None
        t.agent = self.new_agent(t)
        self.run(t, "do", "--yes", "--json", "agent %d" % t.agent.number)
        return "%s: agent %d" % (t.name, t.agent.number)

    def go_back(self, t, *args):
        self.desk.works(t.name)
        self.desk.undoing.add(t.name)
        self.all_decided()
        self.run(t, *args)

    def step_undo(self):
        t = self.free()
        if not t:
            return None
        args = self.rng.choice((["undo", "-y"], ["undo", "-y"], ["redo", "-y"], ["rewind", "-y", str(self.rng.randrange(4))]))
        self.go_back(t, *args)
        return "%s: %s" % (t.name, " ".join(args))

    def step_steer(self):
        """Words to a task of any face, from a terminal or an editor; or its newest are taken back."""
        known = [(a, a.task or a.home.task()) for a in self.agents.values() if a.task or hasattr(a.home, "task")]
        known = [(a, task) for a, task in known if task]
        t, e = self.free(), self.rng.choice(self.desk.editors)
        if not known:
            return None
        (agent, task), luck = self.rng.choice(known), self.rng.random()
        word = self.desk.word("s")
        if luck < 0.4 and e.server and not e.stopped:
            agent.steer(word)
            e.request("workspace/executeCommand", {"command": "emend.steer", "arguments": [{"task": task, "text": word}]},
                      lambda m: agent.taken(word) if (m.get("result") or {}).get("taskId") == task else None)
            return "%s: tells agent %d %s" % (e.name, agent.number, word)
        if not t:
            return None
        if luck > 0.8:
            agent.unsteer()
            self.run(t, "steer", task, "--withdraw", after=agent.taken_back)
            return "%s: takes back what agent %d has not heard" % (t.name, agent.number)
        agent.steer(word)
        self.run(t, "steer", task, word, after=lambda _: agent.taken(word))
        return "%s: tells agent %d %s" % (t.name, agent.number, word)

    def step_other(self):
        """The end of a task, from another terminal; a command of a person."""
        t, name = self.free(), self.rng.choice(NAMES)
        if not t:
            return None
        args = self.rng.choice((["cancel"], ["tasks"], ["status"], ["run", "--", "sh", "-c", "echo >> %s" % name]))
        self.desk.works(t.name)
        if args[0] == "run":
            self.desk.commands.add(t.name)
        self.run(t, *args)
        return "%s: %s" % (t.name, " ".join(args))

    # --- back, and forward again ---

    def unfinished(self):
        """The sessions of which something is half made: whoever comes next brings that to its end first."""
        folder = os.path.join(self.w.state, "unfinished")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def quiet(self):
        """Nobody is at work, nothing is half made, and every server that lives knows what is open."""
        return not (self.desk.working or self.agents or self.unfinished() or any(t.process for t in self.terminals) or
                    any(e.stopped or e.server and not b.known for e in self.desk.editors for b in e.buffers.values()))

    def go_now(self, t, *args):
        self.go_back(t, *args)
        self.wait(" ".join(args), lambda: not t.process)
        return t.status

    def back_and_forward(self, t, session, to, at):
        if self.go_now(t, "rewind", "-y", session, str(to)) != 0:
            return "not done: " + t.text()
        told = t.text()
        # On a busy machine a server may have no time to answer, and nothing is done: once more then, as a person would.
        if not any(self.go_now(t, "rewind", "-y", session, str(at)) == 0 for _ in range(3)):
            raise Broken("forward again: %s\nbehind: %s" % (t.text(), told))
        return told

    def step_rewind(self):
        """While nobody else does anything: back to a step of some session, and forward again. If something is in the way
        nothing is done; else every byte is what it was before."""
        folder = os.path.join(self.w.state, "sessions")
        if not self.quiet() or not os.path.isdir(folder):
            return None
        t, session = self.terminals[0], self.rng.choice(sorted(os.listdir(folder))[-6:])
        r = self.w.run("rewind", "--json", session)
        steps = [s for s in r.of("step") if not s["ahead"]] if r.status == 0 else []
        if not steps:
            return None
        to, at = self.rng.choice([0] + [s["step"] for s in steps[:-1]]), steps[-1]["step"]
        self.say("rewind of %s from %d to %d" % (session, at, to))
        before, self.desk.honest = self.desk.everything(), True
        told = self.back_and_forward(t, session, to, at)
        self.desk.honest = False
        after = self.desk.everything()
        if after != before:
            raise Broken("back and forward again: %s\nbefore: %r\nafter: %r" % (
                told, {k: v for k, v in before.items() if after.get(k) != v},
                {k: v for k, v in after.items() if before.get(k) != v}))
        return "back to step %d of %s and forward again" % (to, session)
