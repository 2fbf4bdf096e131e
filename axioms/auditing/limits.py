"""The time that a measure may take for one answer; the worker process limits itself.

There are two limits, and both start anew with each answer. One counts the CPU time of this process, so that a busy
machine changes no verdict. The other is by the clock and far longer, for code that sleeps or waits. When either runs
out, Python writes a traceback and the process ends, even inside C code that never returns to Python.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from typing import Any, TextIO

#: The limit by the clock, in units of the CPU limit: this many programs may share a core before a measure is ended.
CLOCK = 10.0
#: Seconds of CPU time that a user's file may take to run.
LOADING = 120.0
#: Least seconds between two restarts of the limit by the clock, since each starts a thread; the limit may be this much
#: too short.
_EVERY = 0.25
#: CPU time is counted where the system has a timer for it; elsewhere (Windows) there is only the clock.
COUNTS_CPU = hasattr(signal, "setitimer") and hasattr(faulthandler, "register")


class Limits:
    """Limits of one answer; `stream` is where the interpreter writes its traceback."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.seconds, self.clock = 0.0, 0.0
        self._armed = 0.0
        self._parent = os.getppid()
        if COUNTS_CPU:
            # After the traceback the signal has its usual effect, which is to end the process.
            faulthandler.register(signal.SIGPROF, file=stream, all_threads=True, chain=True)

    def arm(self, least: float = 0.0) -> None:
        """Start both limits anew, of `least` seconds or more: the measure is about to be asked, or has answered."""
        if os.getppid() != self._parent:
            os._exit(0)  # the parent has ended: nobody waits for the answer
        if COUNTS_CPU:
            signal.setitimer(signal.ITIMER_PROF, max(self.seconds, least))
        now = time.monotonic()
        if now > self._armed + min(_EVERY, self.clock / 20):
            faulthandler.dump_traceback_later(max(self.clock, least), exit=True, file=self.stream)
            self._armed = now

    def rest(self) -> None:
        """Stop counting CPU time: the measure is not being asked."""
        if COUNTS_CPU:
            signal.setitimer(signal.ITIMER_PROF, 0.0)

    def done(self) -> None:
        """Stop both limits until the next job."""
        self.rest()
        faulthandler.cancel_dump_traceback_later()
        self._armed = 0.0


def ended_by_cpu(code: int) -> bool:
    """Whether a process with this return code was ended by the limit of CPU time."""
    name: Any = getattr(signal, "SIGPROF", None)
    return name is not None and code == -name
