"""The parent's side of a worker process: it sends jobs, reads events, and says why a process ended."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ...errors import LoadError, WorkerEnded
from ..answers import users_own
from ..cases import Case
from . import messages
from .limits import CLOCK, LOADING, ended_by_cpu
from .messages import Begun, Event, Failed, Job, Prepare, Ready

#: Seconds of CPU time that a measure may take for one answer.
CASE_TIMEOUT = 10.0
#: The longest limit, in seconds: timers take no more, and it is as good as none.
LONGEST = 1e6
#: Seconds that a worker has to end by itself when its input is closed.
_GOODBYE = 2.0
#: One line of a traceback that faulthandler writes.
_PLACE = re.compile(r'File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)')

T = TypeVar("T")


class Process:
    """One worker process, started when first needed and replaced when it has ended.

    Parameters
    ----------
    case_timeout : seconds of CPU time that a measure may take for one answer; by the clock `CLOCK` times as long

    Attributes
    ----------
    begun : is called, by the thread that waits in `ask`, as the measure is asked about each case
    """

    def __init__(self, case_timeout: float = CASE_TIMEOUT) -> None:
        self.begun: Callable[[], None] = lambda: None
        self.seconds = min(case_timeout, LONGEST)
        self.clock = min(CLOCK * self.seconds, LONGEST)
        self.process: subprocess.Popen[bytes] | None = None
        self.closed = False

    def ask(self, job: Job, answer: type[T]) -> T:
        """Serve one job.

        Raises
        ------
        LoadError
            The user can correct it: their file raised, or a name is unknown.
        WorkerEnded
            The measure hung or crashed; ``case`` is the one that it was asked about.
        """
        return self._ask(self.process or self._start(), job, answer)

    def _ask(self, process: subprocess.Popen[bytes], job: Job | None, answer: type[T]) -> T:
        assert process.stdin is not None
        assert process.stdout is not None
        if job is not None:
            with contextlib.suppress(OSError):  # if the process has ended, its return code says why, below
                process.stdin.write(messages.line(job))
                process.stdin.flush()
        case: Case | None = None
        other: list[str] = []
        for text in process.stdout:
            event: Event | None = messages.event(text)
            if event is None:
                other.append(text.decode("utf-8", "replace").strip())
            elif isinstance(event, Begun):
                case = event.case
                self.begun()
            elif isinstance(event, Failed):
                if event.usage:
                    raise LoadError(event.says, event.details)
                raise WorkerEnded(event.details.strip().splitlines()[-1] if event.details else event.says)
            elif isinstance(event, answer):
                return event
        code = process.wait()
        self.stop()
        limit = self.seconds if case is not None else max(LOADING, self.seconds)
        ended = WorkerEnded(self._why(code, other, limit))
        ended.case = case
        raise ended

    def _why(self, code: int, traceback: list[str], seconds: float) -> str:
        """Why the process ended, from its return code and what the interpreter wrote."""
        if self.closed:
            return "interrupted"
        if ended_by_cpu(code):
            return f"no answer within {seconds:g} s of CPU time{_place(traceback)}"
        if traceback and traceback[0].startswith("Timeout"):
            seconds = self.clock if seconds == self.seconds else seconds
            return f"no answer within {seconds:g} s by the clock{_place(traceback)}"
        return f"the process ended (exit status {code})"

    def _start(self) -> subprocess.Popen[bytes]:
        if self.closed:
            raise WorkerEnded("interrupted")
        # One thread per worker: the matrices are small, and --jobs is there to use more cores.
        environment = os.environ | dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
        )
        # Hypothesis would otherwise write a folder where the user works.
        environment.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(tempfile.gettempdir()) / "stiminfo-hypothesis"))
        self.process = process = subprocess.Popen(
            [sys.executable, "-m", "stiminfo.axioms.auditing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            # Ctrl-C is for the parent, which then ends its workers. Each system ignores the other's option.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._ask(process, None, Ready)
        self._ask(process, Prepare([folder for folder in sys.path if folder], self.seconds, self.clock), Ready)
        return process

    def stop(self) -> None:
        """End the process at once; the next job starts another."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def kill(self) -> None:
        """End the process for good and at once, from any thread; a thread that waits in `ask` gets `WorkerEnded`."""
        self.closed = True
        if self.process is not None:
            self.process.kill()

    def close(self) -> None:
        """End the process for good: close its input, wait for it to end by itself, else end it."""
        self.closed = True
        process = self.process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_GOODBYE)
        self.stop()


def _place(traceback: list[str]) -> str:
    """Where the measure was, in words: the innermost line outside this package, Python and what is installed."""
    places = [found for text in traceback if (found := _PLACE.search(text))]
    own = [found for found in places if users_own(found["file"])] or places[:1]
    if not own:
        return ""
    # Code that was pickled by value has no file.
    file = "" if own[0]["file"].startswith("<") else f"{Path(own[0]['file']).name}, "
    return f"; it was in {own[0]['function']} ({file}line {own[0]['line']})"
