"""Whether several responses per trial are counted as words, or are a population of neurons; and the neurons' law."""

from __future__ import annotations

import numpy as np

from ...errors import OptionError, RecordingError
from ..arrays import Array
from ..counting import no_counts, why_no_count
from .options import Options
from .sheet import others

#: Entries, stimuli by words, of the largest table of words on which the integrals of measures take minutes.
MOST_WORDS = 50_000
#: What a law describes, in words, and what its responses are.
KINDS = {
    "poisson": "Poisson counts",
    "bernoulli": "one spike or none",
    "gaussian": "Gaussian responses",
    "negative_binomial": "negative binomial counts",
}


def law_of_responses(
    responses: Array, index: Array, names: tuple[str, ...], options: Options, source: tuple[str, list[str]]
) -> tuple[str | None, tuple[str, ...]]:
    """The law of a population, or None where responses are counted as words; and sentences about the choice.

    Parameters
    ----------
    responses : (n, N) numbers or labels
    index : (n,) the stimulus of each trial
    names : of the responses
    source : the file, and where each trial stands

    Raises
    ------
    RecordingError
        The responses do not suit the law.
    OptionError
        Options contradict each other.
    """
    where, lines = source
    asked = options.law is not None or options.responses == "population"
    if not asked and (options.responses == "words" or responses.dtype.kind != "f" or responses.shape[1] == 1):
        return None, ()
    if len(options.edges) or options.bins:
        if asked:
            raise OptionError("bins and edges count responses as words; leave them out for a population with a law")
        return None, ()
    if responses.dtype.kind != "f":
        raise RecordingError(f"{where}: the responses are labels, which have no law; they are counted as words")
    content = _law_by_content(responses)
    if not asked:
        if content is None:
            return None, ()  # the words are refused, with what to write
        stimuli, words = int(index.max()) + 1, len({row.tobytes() for row in responses})
        if words * stimuli <= min(len(responses), MOST_WORDS):
            return None, (
                f"responses: counted as words, because {words} words of {stimuli} stimuli are a table with no more "
                f"entries than the {len(responses)} trials (--responses population fits each neuron instead)",
            )
        why = (
            f"because {words} words of {stimuli} stimuli are a table with more entries than the {len(responses)} "
            "trials (--responses words counts them anyway)"
        )
    else:
        why = "as asked"
    law = options.law or content
    _refuse_unfit(responses, law, names, where, lines)
    assert law is not None
    chosen = "as asked" if options.law else "all are 0 or 1" if law == "bernoulli" else "all are whole numbers"
    count = responses.shape[1]
    return law, (
        f"responses: {'one neuron' if count == 1 else f'a population of {count} neurons'}, {why}; "
        f"law: {KINDS[law]}, {chosen} (--law)",
    )


def _law_by_content(responses: Array) -> str | None:
    if no_counts(responses).any():
        return None
    return "bernoulli" if (responses <= 1).all() else "poisson"


def _refuse_unfit(responses: Array, law: str | None, names: tuple[str, ...], where: str, lines: list[str]) -> None:
    if law == "gaussian":
        return
    wrong = no_counts(responses)
    what = "no number of spikes; write --law gaussian for continuous responses"
    if law == "bernoulli":
        wrong |= responses > 1
        what = "neither 0 nor 1; write --law poisson for counts, or --law gaussian"
    if wrong.any():
        found = np.argwhere(wrong).tolist()
        row, column = found[0]
        value = responses[row, column]
        odd = why_no_count(value)
        what = f"{odd}, so it is {what}" if odd else what
        also = others([f"{lines[i]}, column {names[k]!r}" for i, k in found])
        raise RecordingError(f"{where}, {lines[row]}, column {names[column]!r}: {value:g} is {what}{also}")
