"""Every error that stiminfo raises about its input; all of them are an `InputError`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

#: What is raised where data from outside have another form than their reader expects: another type, a missing key, a
#: number beyond floats. A reader that catches these turns them into an `InputError`.
MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class InputError(Exception):
    """An input cannot be used; the message says what, where, and what was expected.

    Attributes
    ----------
    details : str
        More lines for a terminal: the traceback of the user's own code if that raised, else "".
    """

    def __init__(self, message: str = "", details: str = "") -> None:
        super().__init__(message)
        self.details = details

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NotApplicable(InputError):
    """The measure has no such form, or is not defined on this model (e.g. Fisher information without a gradient)."""


class NeedsGradient(NotApplicable):
    """The measure needs the likelihood's gradient, which this model does not have."""


class OutOfReach(NotApplicable, ValueError):
    """The measure is defined on this model, but exact quadrature cannot compute it."""


class MissingExtra(InputError, ImportError):
    """A library is not installed that comes with an extra of stiminfo; the message names the extra."""


class ModelError(InputError, ValueError):
    """An array does not describe an encoding model."""


class NotVectors(NotApplicable, ModelError):
    """The stimuli are angles or labels, which cannot be moved like points of R^d."""


class RecordingError(ModelError):
    """A file or an object cannot be read as a recording, or can be read in more than one way."""


class CaseError(ModelError):
    """A JSON description does not describe a case."""


class WitnessError(InputError, ValueError):
    """A file or a JSON object is not a witness; the message says why."""


class UnknownName(InputError, ValueError):
    """Nothing is registered under this name; the message gives the nearest name, or all of them."""


#: So many names fit an error message.
_MOST_LISTED = 40


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of an error message about an unknown name: the nearest known one, or all of them."""
    known = list(known)
    if close := difflib.get_close_matches(name, known, 1, 0.5):
        return f"; did you mean {close[0]!r}?"
    if len(known) > _MOST_LISTED:
        return f"; expected one of {len(known)} names, such as {', '.join(known[:3])}"
    return f"; expected one of {', '.join(known)}"


def spelt(name: Any, known: Iterable[str]) -> Any:
    """The known name that this text spells, with hyphens or underscores and in any case; else what was given."""
    if not isinstance(name, str):
        return name
    return next((one for one in known if _plain(one) == _plain(name)), name)


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


class UnknownAxiom(UnknownName):
    """No axiom has this name; the message gives the nearest one, or all of them."""


class LoadError(InputError, ValueError):
    """A user's measure cannot be loaded; `details` is the traceback if the user's file raised."""


class MeasureError(InputError):
    """The measure raised, or returned something other than one value per stimulus."""


class WorkerEnded(InputError):
    """The process that ran a measure has ended, because it hung or crashed; the message says where.

    Attributes
    ----------
    case : the case on which the measure was being evaluated, or None
    """

    case: Any = None


class JournalError(InputError, ValueError):
    """A journal cannot be used: it is of another audit, of an older version, or not a journal."""


class BackendError(InputError, ValueError):
    """The audit cannot run where it should: a scheduler does not answer, or a library is not installed."""


class OutputError(InputError, OSError):
    """An output file cannot be written."""


class CheckpointError(ModelError):
    """A folder holds no checkpoint, a damaged one, or one for something else."""


class EstimateError(InputError, ArithmeticError):
    """A denoiser or an encoder returned values that are not finite numbers or have the wrong shape."""


class TrainingDiverged(InputError, ArithmeticError):
    """The loss in training is not a finite number any more."""


class OptionError(InputError, ValueError):
    """Options of a command contradict each other or have no effect."""


def printable(text: str) -> str:
    """The text in a form that JSON and terminals accept: bytes that are not UTF-8 (in a file's name, say) escaped."""
    return text.encode("utf-8", "backslashreplace").decode()
