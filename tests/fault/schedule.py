#!/usr/bin/env python3
"""schedule - two editors, two terminals and people who type, on one workspace, in a random order; any process may be
killed, hang or lie.   usage: schedule.py [STEPS [SEED | any]]

Each step is one thing that a person, an editor, a model or bad luck does; what must hold of every byte stands in
desk.py and is looked at behind each step. Models wait at a gate, so that everything can happen between two of their
turns, and during one. The same seed gives the same choices; the processes have their own pace. `make check` runs a short one, `make fuzz`
a longer one from a seed of its own. EMEND_SCHEDULE=1 tells each step."""
import os
import queue
import random
import signal
import sys
import time
import traceback

import gate
from agents import LINES, NAMES, Agent
from desk import WAIT, Broken, Desk, Editor
from terminals import Terminal, Terminals

from support import Workspace, all_is_the_same_again, expect

LONG = 900  # seconds for a look at all sessions
FULL = 4000  # a file with so many characters is tidied up


def descendants(pid):
    out = []
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, thread), encoding="ascii") as f:
                out += [int(x) for x in f.read().split()]
    except OSError:
        pass
    return out + [x for child in out for x in descendants(child)]


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Schedule(Terminals):
    def __init__(self, w, seed):
        self.w, self.rng, self.told = w, random.Random(seed), []
        self.begin = time.monotonic()
        runtime = os.path.join(w.base, "run")
        os.mkdir(runtime, 0o700)
        self.gate = gate.Gate()
        w.env.update(self.gate.env(), XDG_RUNTIME_DIR=runtime, EMEND_MODE="auto")
        self.desk = Desk(w, self.say)
        self.agents = {}
        self.children = 0  # killed: then no command can be run
        self.terminals = [Terminal("terminal 1"), Terminal("terminal 2")]
        for name in NAMES:
            self.desk.write(name, "".join("line %d =\n" % i for i in range(LINES)))
        for name in ("editor 1", "editor 2"):
            self.start_server(Editor(self.desk, name, w.env))

    def say(self, text):
        self.told.append("%8.3f %s" % (time.monotonic() - self.begin, text))
        if "EMEND_SCHEDULE" in os.environ:
            print("# " + self.told[-1], flush=True)

    # --- events ---

    def pump(self):
        came = False
        for e in self.desk.editors:
            had = e.server
            came = e.pump(self.rng) or came
            if had and not e.server:
                self.say(e.name + ": its server is dead")
                self.server_dead(e)
            self.ask_tasks(e)
        while True:
            try:
                self.take(self.gate.inbox.get_nowait())
                came = True
            except queue.Empty:
                break
        for t in self.terminals:
            if t.process and t.process.poll() is not None:
                self.ended(t)
                came = True
        self.desk.look()
        return came

    def wait(self, what, done):
        end = time.monotonic() + WAIT
        while not done():
            if not self.pump():
                time.sleep(0.002)
            if time.monotonic() > end:
                raise Broken("%s does not come; at work: %s" % (what, sorted(self.desk.working)))

    def take(self, request):
        """A model is asked: what it called before is done."""
        agent = self.agents.get(request.agent)
        if not agent:
            request.say(None)  # of one that was killed
            return
        agent.request = request
        agent.hears()
        self.desk.settled(agent.number)
        agent.results()
        self.desk.rests(agent.number)

    def forget(self, agent, done=False):
        """done: its task came to a good end."""
        agent.over(done)
        if agent.request:
            agent.request.say(None)
        self.agents.pop(agent.number, None)
        self.desk.rests(agent.number)

    def ask_tasks(self, e):
        """Whether the task of this editor has ended, by whatever."""
        agent = next((a for a in self.agents.values() if a.home is e and a.task and not a.request and not a.asked), None)
        if agent and e.server and not e.stopped:
            agent.asked = True
            e.request("emend/tasks", {}, lambda m: self.tasks_are(agent, m["result"]["tasks"]))

    def tasks_are(self, agent, tasks):
        agent.asked = False
        state, = [t["state"] for t in tasks if t["taskId"] == agent.task]
        if state != "running" and agent.number in self.agents:
            self.say("agent %d: %s" % (agent.number, state))
            self.forget(agent, state == "done")

    def server_dead(self, e):
        for agent in [a for a in self.agents.values() if a.home is e]:
            self.forget(agent)
        self.desk.rests(e.name)

    def new_agent(self, home):
        agent = Agent(self.desk, home, self.rng.randrange(6))
        self.agents[agent.number] = agent
        self.desk.works(agent.number)
        return agent

    # --- steps; each says what it did, or None if it cannot be done now ---

    def some_buffer(self):
        every = [(e, n) for e in self.desk.editors for n in e.buffers]
        return self.rng.choice(every) if every else (None, None)

    def step_type(self):
        e, name = self.some_buffer()
        if not e or e.stopped and self.rng.random() < 0.7:
            return None
        text, word = e.buffers[name].text, self.desk.word("u")
        if len(text) > FULL:
            e.change(name, 0, len(text), "".join("line %d =\n" % i for i in range(LINES)))
            self.desk.decided(name)
            return "%s tidies up %s" % (e.name, name)
        ends = [i for i, c in enumerate(text) if c == "\n"]
        at = self.rng.choice(ends) if ends else len(text)
        new = self.rng.choice((" %s", "\n%s", " \u00e9\U0001f600%s")) % word
        e.change(name, at, at, new)
        return "%s types %s in %s" % (e.name, word, name)

    def step_open(self):
        e, name = self.rng.choice(self.desk.editors), self.rng.choice(NAMES)
        if name in e.buffers or e.stopped:
            return None
        e.open(name)
        return "%s opens %s" % (e.name, name)

    def step_close(self):
        e, name = self.some_buffer()
        if not e or e.stopped:
            return None
        e.close(name)
        return "%s closes %s" % (e.name, name)

    def step_save(self):
        e, name = self.some_buffer()
        if not e:
            return None
        e.save(name)
        return "%s saves %s" % (e.name, name)

    def step_reload(self):
        e, name = self.some_buffer()
        if not e or e.stopped:
            return None
        e.reload(name)
        return "%s reloads %s" % (e.name, name)

    def step_take_back(self):
        """The editor's own undo, or redo: of what was typed here, or of an edit of Emend."""
        e, name = self.some_buffer()
        again = bool(e and e.buffers[name].ahead) and self.rng.random() < 0.5
        if not e or e.stopped or not e.take_back(name, again):
            return None
        return "%s: %s in %s" % (e.name, "redo" if again else "undo", name)

    def step_agree(self):
        """One of two who see different texts saves, the other loads that."""
        both = [n for n in NAMES if all(n in e.buffers and not e.stopped for e in self.desk.editors)]
        if not both:
            return None
        name, (a, b) = self.rng.choice(both), self.rng.sample(self.desk.editors, 2)
        a.save(name)
        b.reload(name)
        return "%s: as in %s" % (name, a.name)

    def step_task(self):
        e = self.rng.choice(self.desk.editors)
        if not e.server or e.stopped or any(a.home is e for a in self.agents.values()):
            return None
        agent = self.new_agent(e)
        e.request("workspace/executeCommand", {"command": "emend.do", "arguments": [{"task": "agent %d" % agent.number}]},
                  lambda m: self.task_is(agent, m))
        return "%s: agent %d" % (e.name, agent.number)

    def task_is(self, agent, m):
        agent.task = m["result"]["taskId"]

    def step_turn(self):
        ready = [a for a in self.agents.values() if a.request]
        return self.rng.choice(ready).turn(self.rng) if ready else None

    def step_hang(self):
        e = self.rng.choice(self.desk.editors)
        if not e.server:
            return None
        e.hang(not e.stopped)
        return "%s: its server %s" % (e.name, "hangs" if e.stopped else "goes on")

    def step_kill(self):
        kind = self.rng.choice(("server", "terminal", "child"))
        self.desk.unsettle()
        busy = [t for t in self.terminals if t.process]
        if kind == "server":
            e = self.rng.choice([x for x in self.desk.editors if x.server] or [None])
            if not e:
                return None
            below = descendants(e.server.process.pid)
            e.kill()
            self.gone(below)
            self.server_dead(e)
            return "%s: its server is killed" % e.name
        if kind == "terminal" and busy:
            t = self.rng.choice(busy)
            below = descendants(t.process.pid)
            t.process.kill()
            t.process.wait()
            t.killed = True
            self.gone(below)
            self.ended(t)
            return "%s: killed" % t.name
        roots = [t.process.pid for t in busy] + [e.server.process.pid for e in self.desk.editors if e.server]
        below = [x for root in roots for x in descendants(root)]
        if not below:
            return None
        pid = self.rng.choice(below)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.children += 1
        return "a child is killed"

    def gone(self, pids):
        """What was killed leaves nobody behind."""
        end = time.monotonic() + WAIT
        while any(alive(p) for p in pids):
            if time.monotonic() > end:
                raise Broken("processes are left behind: %s" % [p for p in pids if alive(p)])
            time.sleep(0.002)

    def start_server(self, e):
        self.desk.works(e.name)
        e.start()
        e.request("emend/tasks", {}, lambda _: self.desk.rests(e.name))

    def step_start(self):
        dead = [e for e in self.desk.editors if not e.server]
        if not dead:
            return None
        e = self.rng.choice(dead)
        self.start_server(e)
        return "%s: a new server" % e.name

    WEIGHTS = {step_type: 40, step_open: 6, step_close: 2, step_save: 6, step_reload: 2, step_agree: 3, step_take_back: 6,
               Terminals.step_do: 8, Terminals.step_undo: 2, Terminals.step_steer: 5, Terminals.step_rewind: 8,
               Terminals.step_other: 1, step_task: 3, step_turn: 30, step_hang: 1, step_kill: 2, step_start: 4}

    def step(self):
        for e in self.desk.editors:
            if e.stopped and self.rng.random() < 0.1:
                e.hang(False)
        what, = self.rng.choices(list(self.WEIGHTS), self.WEIGHTS.values())
        did = what(self)
        if did:
            self.say(did)
        self.pump()
        # Else the models' turns would always lie in the midst of others. Behind a server that hangs that is until
        # nobody waits for it any more, seconds later.
        hangs = any(e.stopped for e in self.desk.editors)
        if self.rng.random() < (0.02 if hangs else 0.3):
            self.wait("an answer", lambda: not self.at_work())
        return bool(did)

    def at_work(self):
        """All of whom something comes: not the agents of a server that hangs."""
        still = [a.number for a in self.agents.values() if getattr(a.home, "stopped", False)]
        still += [e.name for e in self.desk.editors if e.stopped]
        return [who for who in self.desk.working if who not in still]

    # --- the end ---

    def finish(self):
        self.say("all come to their end")
        for e in self.desk.editors:
            if e.stopped:
                e.hang(False)
            if not e.server:
                self.start_server(e)
        while self.agents:
            self.wait("an agent", lambda: not self.agents or any(a.request for a in self.agents.values()))
            for a in [a for a in self.agents.values() if a.request]:
                a.turns = 0
                a.turn(self.rng)
        self.wait("the terminals", lambda: not any(t.process for t in self.terminals))
        self.wait("rest", lambda: not self.desk.working)
        for e in self.desk.editors:
            for name in list(e.buffers):
                e.save(name)
                e.close(name)
            e.request("shutdown", None)
            e.server.send({"method": "exit"})
            expect(e.server.wait(WAIT) == 0, e.server.error)
            e.server = None
        self.step_do()
        while self.agents:
            self.wait("the last", lambda: not self.agents or any(a.request for a in self.agents.values()))
            for a in [a for a in self.agents.values() if a.request]:
                a.turns = 0
                a.turn(self.rng)
        expect(not self.unfinished(), ("unfinished", self.unfinished()))
        r = self.w.run("audit", "verify", seconds=LONG)
        expect(r.status == 0, r)

    def close(self):
        for t in self.terminals:
            if t.process:
                t.process.kill()
                t.process.wait()
        for e in self.desk.editors:
            if e.server:
                e.kill()
        self.gate.shutdown()
        self.gate.server_close()


def run(steps, seed):
    with Workspace() as w:
        s = Schedule(w, seed)
        try:
            done = 0
            while done < steps:
                done += s.step()
            s.finish()
            all_is_the_same_again(w, LONG)
        except BaseException:
            print("".join("# %s\n" % x for x in s.told[-60:]), end="")
            raise
        finally:
            s.close()
        return len(os.listdir(os.path.join(w.state, "sessions")))


def main(argv):
    steps = int(argv[1]) if len(argv) > 1 else 500
    seed = argv[2] if len(argv) > 2 else "1"
    seed = random.randrange(1 << 32) if seed == "any" else int(seed)
    print("1..1\n# seed %d" % seed, flush=True)
    try:
        sessions = run(steps, seed)
    except Exception:
        print("not ok 1 - a schedule of %d steps; again: tests/fault/schedule.py %d %d" % (steps, steps, seed))
        print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), end="")
        return 1
    print("ok 1 - a schedule of %d steps, %d sessions" % (steps, sessions))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
