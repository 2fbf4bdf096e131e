"""Every error that stiminfo raises about what it was given; `InputError` is the root of them all."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class InputError(Exception):
    """Something that a user gave cannot be used; the message says what, where, and what was expected.

    Attributes
    ----------
    details : str
        More lines for a terminal: the traceback of the user's own code where that raised, else "".
    """

    def __init__(self, message: str = "", details: str = "") -> None:
        super().__init__(message)
        self.details = details

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NotApplicable(InputError):
    """The measure has no such form, or is not defined on this model (Fisher without a gradient, say)."""


class NeedsGradient(NotApplicable):
    """The measure needs the likelihood's gradient, which this model does not carry."""


class OutOfReach(NotApplicable, ValueError):
    """The measure is defined on this model, but exact quadrature does not reach it."""


class MissingExtra(InputError, ImportError):
    """A library is not installed that an extra of stiminfo brings; the message names the extra."""


class ModelError(InputError, ValueError):
    """An array does not describe an encoding model."""


class CaseError(ModelError):
    """A JSON description of a case is not one."""


class WitnessError(InputError, ValueError):
    """Not a witness; the message says why."""


class UnknownName(InputError, ValueError):
    """No axiom, measure or claim of that name; the message gives the nearest."""


def nearest(name: str, known: Iterable[str]) -> str:
    """How the error about an unknown name ends: the nearest known one, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; expected one of {', '.join(known)}"


class UnknownAxiom(UnknownName):
    """No axiom of that name; the message gives the nearest."""


class LoadError(InputError, ValueError):
    """A user's measure cannot be loaded; `details` is the user's own traceback, where their file raised."""


class MeasureError(InputError):
    """The measure raised, or answered with something that is not values at the stimuli."""


class WorkerEnded(InputError):
    """The process that ran a measure ended: it hung, and was ended, or it crashed; the message says where.

    Attributes
    ----------
    case : the case that the measure was asked about, or None
    """

    case: Any = None


class JournalError(InputError, ValueError):
    """A journal that cannot be used: of another audit, of an older version, or no journal at all."""


class BackendError(InputError, ValueError):
    """Cells cannot run where they should: a scheduler does not answer, a library is not installed."""


class OutputError(InputError, OSError):
    """An output path that cannot be written."""


class CheckpointError(ModelError):
    """A folder that is no checkpoint, a damaged one, or one for something else."""


class EstimateError(InputError, ArithmeticError):
    """A denoiser or an encoder answered something that is not a number, or of the wrong shape."""


class TrainingDiverged(InputError, ArithmeticError):
    """The loss is no longer a number."""


class OptionError(InputError, ValueError):
    """Options of a command that do not go together, or have no effect."""


def printable(text: str) -> str:
    """A text that JSON and terminals take: it may quote what is no UTF-8, the name of a file say."""
    return text.encode("utf-8", "backslashreplace").decode()
