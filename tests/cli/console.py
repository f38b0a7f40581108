"""console - the built program on a real (pseudo) terminal."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

from support import EMEND, expect

PROMPT = "\n  > "  # it comes when an answer counts, not before


class Terminal:
    """The program as the leader of a session whose controlling terminal is ours."""

    def __init__(self, w, *args, size=None, program=EMEND, **env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:  # whatever goes wrong here, this copy of the suite must not go on: it would fork again
                os.chdir(w.path)
                for number in (signal.SIGINT, signal.SIGQUIT):  # a suite that runs in the background has them ignored
                    signal.signal(number, signal.SIG_DFL)
                if size:  # (rows, columns)
                    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[0], size[1], 0, 0))
                os.execve(program, [program, *args], dict(dict(w.env, TERM="xterm"), **env))
            except BaseException as why:
                os.write(2, ("cannot start %s: %r\n" % (program, why)).encode())
            finally:
                os._exit(127)
        self.text = ""
        self.status = None

    def read(self, seconds):
        """Adds what comes within the time; False at the end."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def wait_for(self, words, seconds=30, times=1):
        """Until the words have been printed that many times."""
        end = time.monotonic() + seconds
        while self.text.count(words) < times:
            if time.monotonic() > end or not self.read(1):
                raise AssertionError("no %r in %s" % (words, self.text))

    def wait_for_any(self, words, start, seconds=120):
        """Until one of the words stands behind `start`; where the first of them ends."""
        end = time.monotonic() + seconds
        while True:
            found = [self.text.find(x, start) + len(x) for x in words if x in self.text[start:]]
            if found:
                return min(found)
            if time.monotonic() > end or not self.read(1):
                raise AssertionError("none of %r in %s" % (words, self.text[start:]))

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self, seconds=30):
        end = time.monotonic() + seconds
        while self.read(1):
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.status = os.waitstatus_to_exitcode(status) if hasattr(os, "waitstatus_to_exitcode") else status >> 8
        return self

    def __repr__(self):
        return "status %r: %s" % (self.status, self.text)


def answered(w, args, answers, *turns, **env):
    """A task on a terminal; the answers are typed one a question. The terminal, ended."""
    t = Terminal(w, *args, "--model", w.script(*turns), "mend it", size=(60, 120), **env)
    for i, line in enumerate(answers, 1):
        t.wait_for(PROMPT, times=i)
        t.type(line + "\n")
    t.end()
    expect(t.text.count(PROMPT) == len(answers), t)
    return t
