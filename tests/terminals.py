"""Command lines run in a pseudo-terminal: what they wrote to it, and what is left on its screen."""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading

ROWS = 200
#: Seconds after which a command line that does not end is killed, which fails its test.
LONGEST = 200

#: Makes standard input the controlling terminal, so that its Ctrl-C is a signal; then becomes the program.
_OWNER = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
)


class Ended:
    """How a command line ended: exit code, all that the terminal got, and standard output if that was a pipe."""

    def __init__(self, code, written, out, columns):
        self.code, self.written, self.out, self.columns = code, written, out, columns

    @property
    def lines(self):
        """The lines on the terminal's screen at the end, without empty ones."""
        import pyte

        screen = pyte.Screen(self.columns, ROWS)
        pyte.Stream(screen).feed(self.written)
        return [line.rstrip() for line in screen.display if line.strip()]


def on_terminal(*arguments, cwd, columns=200, pipe=False, interrupt_at=None, program=("-m", "stiminfo"), **environment):
    """Run a command line with its errors, and its output too unless it goes into a pipe, on a terminal.

    Ctrl-C is typed once `interrupt_at` was written there.
    """
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    settings = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "LINES")}
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER, *program, *map(str, arguments)],
        stdin=there,
        stdout=subprocess.PIPE if pipe else there,
        stderr=there,
        cwd=cwd,
        env=settings | {"TERM": "xterm"} | environment,
        start_new_session=True,
    ) as process:
        os.close(there)
        seen = b""
        watchdog = threading.Timer(LONGEST, process.kill)
        watchdog.start()
        with contextlib.suppress(OSError):  # the other side has gone
            while part := os.read(here, 1 << 16):
                seen += part
                if interrupt_at is not None and interrupt_at.encode() in seen:
                    os.write(here, b"\x03")
                    interrupt_at = None
        out = process.stdout.read().decode() if process.stdout else ""
        code = process.wait(timeout=LONGEST)
        watchdog.cancel()
    os.close(here)
    return Ended(code, seen.decode(), out, columns)
