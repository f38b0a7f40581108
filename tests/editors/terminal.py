"""An editor in a terminal of its own: real keys go in, and what it prints is kept. Standard library only."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import threading
import time

WAIT = 60  # seconds for what must come; the machine may be busy


class Terminal:
    def __init__(self, argv, env, cwd, rows=36, columns=110):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(cwd)
                os.execvpe(argv[0], argv, dict(env, TERM="xterm-256color", LINES=str(rows), COLUMNS=str(columns)))
            finally:
                os._exit(127)  # else the child would go on as a second copy of the test
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.output = b""
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            try:
                select.select([self.fd], [], [])
                data = os.read(self.fd, 65536)
            except OSError:
                return
            if not data:
                return
            self.output = (self.output + data)[-200000:]

    def keys(self, text):
        os.write(self.fd, text.encode() if isinstance(text, str) else text)

    def close(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, number)
                for _ in range(100):
                    if os.waitpid(self.pid, os.WNOHANG)[0]:
                        return
                    time.sleep(0.02)
            except (OSError, ChildProcessError):
                return


def wait(predicate, seconds=WAIT):
    """What the predicate says at last: polls until that is true."""
    end = time.monotonic() + seconds
    while True:
        value = predicate()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.05)
