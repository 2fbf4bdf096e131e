"""The time that a measure may take for one answer, kept by the worker itself.

Two limits, both armed anew with each answer. One counts the CPU time of this process, so that a busy machine changes no
verdict; the other, far above it, is by the clock, for what sleeps or waits. Where either passes, the interpreter writes
where it is and the process ends, also in C code that never returns to Python.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from typing import Any, TextIO

#: The limit by the clock over that of CPU time: as many programs may share the core before a sound measure is ended.
CLOCK = 10.0
#: Seconds of CPU time for a user's file to run.
LOADING = 120.0
#: Seconds between two armings of the limit by the clock, which starts a thread; it may be short by so much.
_EVERY = 0.25
#: CPU time is counted where the system has a timer for it; elsewhere (Windows) there is the clock alone.
COUNTS_CPU = hasattr(signal, "setitimer") and hasattr(faulthandler, "register")


class Limits:
    """Limits of one answer; `stream` is where the interpreter writes its traceback."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.seconds, self.clock = 0.0, 0.0
        self._armed = 0.0
        self._parent = os.getppid()
        if COUNTS_CPU:
            # After the traceback the signal's own effect follows, which is to end the process.
            faulthandler.register(signal.SIGPROF, file=stream, all_threads=True, chain=True)

    def arm(self) -> None:
        """The measure is about to be asked, or has answered: its time begins anew."""
        if os.getppid() != self._parent:
            os._exit(0)  # nobody waits for the answer any more
        if COUNTS_CPU:
            signal.setitimer(signal.ITIMER_PROF, self.seconds)
        now = time.monotonic()
        if now > self._armed + min(_EVERY, self.clock / 20):
            faulthandler.dump_traceback_later(self.clock, exit=True, file=self.stream)
            self._armed = now

    def rest(self) -> None:
        """The measure is not being asked."""
        if COUNTS_CPU:
            signal.setitimer(signal.ITIMER_PROF, 0.0)

    def done(self) -> None:
        """The job is done: nothing is timed until the next."""
        self.rest()
        faulthandler.cancel_dump_traceback_later()
        self._armed = 0.0


def ended_by_cpu(code: int) -> bool:
    """Whether a process with this return code was ended by the limit of CPU time."""
    name: Any = getattr(signal, "SIGPROF", None)
    return name is not None and code == -name
