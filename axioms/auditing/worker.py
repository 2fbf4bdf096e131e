"""The worker process: runs measures that may hang, crash or print, and reports in lines of JSON.

`process` starts it as ``python -m stiminfo.axioms.auditing.worker``. It reads jobs from standard input, answers on
the original standard output, and ends when its input ends. It limits its own time (`limits`).
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import sys
import traceback
from functools import cache
from pathlib import Path
from typing import TextIO

from ...errors import InputError, printable
from ...estimators import Measure
from ...estimators.memory import remembering
from ...estimators.relatives import named
from ..cases import Case
from ..families import specs_of
from ..nearest import nearest
from ..registry import EVERY
from . import messages
from .attack import attack
from .limits import LOADING, Limits
from .measure_file import check_claims, load_measure, own_modules
from .messages import Attacked, Begun, Described, Event, Failed, InFile, Job, Judged, Named, Origin, Prepare, Ready
from .watch import Watch
from .witness import replay

#: How many new objects are looked through for cycles at once: a search makes millions, and hardly any cycle. Python's
#: own 700 takes a tenth of the time.
_LITTER = 50_000


class Worker(Watch):
    """Does jobs; it is the `Watch` of its own attacks."""

    def __init__(self, answers: TextIO) -> None:
        self.answers, self.limits = answers, Limits(answers)

    def say(self, event: Event) -> None:
        """Send an event to the parent."""
        self.answers.write(messages.line(event).decode())
        self.answers.flush()

    def begin(self, case: Case) -> None:
        self.say(Begun(case))
        self.limits.arm()

    def answered(self) -> None:
        self.limits.arm()

    def end(self) -> None:
        self.limits.rest()

    def serve(self, job: Job) -> Event:
        """Do a job."""
        if isinstance(job, Prepare):
            sys.path += [folder for folder in job.path if folder not in sys.path]
            self.limits.seconds, self.limits.clock = job.seconds, job.clock
            return Ready()
        measure = self.measure(job.measure)
        if isinstance(job, messages.Describe):
            claims = dict(measure.claims)
            return Described(measure.name, claims, measure.units, measure.source, measure.slow, _own_digests())
        if isinstance(job, messages.Compare):
            self.limits.arm()
            return messages.Compared(nearest(measure, self.answered))
        if isinstance(job, messages.Judge):
            self.begin(job.witness.case)
            return Judged(replay(job.witness, measure, answered=self.answered).finding)
        verdict = attack(
            EVERY[job.axiom],
            measure,
            examples=job.examples,
            seed=job.seed,
            specs=None if job.models is None else specs_of(pickle.loads(job.models)),
            watch=self,
            database=job.database,
        )
        return Attacked(verdict)

    def measure(self, origin: Origin) -> Measure:
        """The measure that a job is about; a user's file is run once per worker."""
        self.limits.arm(LOADING)
        try:
            return _measure(origin)
        finally:
            self.limits.done()


@cache
def _measure(origin: Origin) -> Measure:
    if isinstance(origin, Named):
        return named(origin.name)
    if isinstance(origin, InFile):
        return load_measure(origin.file, origin.name)
    measure: Measure = pickle.loads(origin.data)
    check_claims(measure)
    return measure


def _own_digests() -> dict[str, str]:
    """SHA-256 of each of the user's loaded modules, by name: a measure's file may import its neighbours."""
    files = {name: Path(str(module.__file__)) for name, module in sorted(own_modules().items())}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if path.suffix == ".py" and path.is_file()
    }


def main() -> None:
    """Serve jobs until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace", buffering=1)
    os.dup2(2, 1)  # so that what a measure prints does not mix with the answers
    worker = Worker(answers)
    worker.say(Ready())
    gc.freeze()  # what is loaded by now stays
    gc.set_threshold(_LITTER, 10, 10)
    with remembering():  # a published measure is asked of the same models at several axioms
        for text in sys.stdin.buffer:
            try:
                worker.say(worker.serve(messages.job(text)))
            except Exception as error:
                usage = isinstance(error, InputError)
                details = error.details if isinstance(error, InputError) else traceback.format_exc()
                says = printable(str(error) or type(error).__name__)
                worker.say(Failed(says, usage, printable(details)))
            finally:
                worker.limits.done()
    os._exit(0)  # also if a measure has left threads running


if __name__ == "__main__":
    main()
