"""Words in the headers of tables that say what a column holds."""

from __future__ import annotations

import re

from .sheet import is_number

#: A response per trial.
RESPONSE = re.compile(
    r"((n|no|num|number|number[ _]of|mean)[ _]?)?"
    r"(spikes?|spks?|spike[ _]?(counts?|rates?|numbers?|n)|counts?|responses?|resp|rates?|firing[ _]?rates?)|"
    r"r|fr|word|words|df?f|df/f|fluorescence|activity|choice",
    re.IGNORECASE,
)
#: How often something occurred; `COUNT` may also be a number of spikes.
FREQUENCY = re.compile(r"n|n_?trials|num_?trials|trials|freq|frequency|occurrences", re.IGNORECASE)
COUNT = re.compile(r"counts?|number", re.IGNORECASE)
#: A number of a trial, or another column that is neither stimulus nor response.
TRIAL = re.compile(
    r"(trial|trials|rep|reps|repeat|repetition|presentation|sweep)([ _.-]?(id|no|nr|num|number|index|idx))?|"
    r"id|index|idx|#|no|nr|row|time|onset|start_time|stop_time|timestamp",
    re.IGNORECASE,
)
#: The column of one trial, in a table of stimuli by trials.
ONE_TRIAL = re.compile(r"(trial|trials|rep|reps|repeat|repetition|presentation|run|sweep)[ _.#-]*\d+", re.IGNORECASE)
#: One neuron of a population.
NEURON = re.compile(
    r"(?i:neuron|unit|cell|roi|channel|ch|electrode|cluster|mua|sua)(?:[ _.#-]+\w{1,6}|\d+[a-z]?|[A-Z])"
)
#: Where rows come from: tables with such a column hold several recordings.
GROUP = re.compile(
    r"(session|block|subject|animal|mouse|monkey|date|day|neuron|unit|cell|roi|channel|cluster|area)s?"
    r"([ _.]?(id|no|nr))?",
    re.IGNORECASE,
)
#: Sums of rows or columns.
MARGIN = re.compile(r"all|total|totals|sum|margin|grand[ _]total", re.IGNORECASE)
#: A stimulus without a position, among others that have one.
BLANK = re.compile(
    r"blank\w*|gr[ae]y|none|no[ _-]?stim(ulus)?|spont\w*|control|baseline|catch|background|off|empty|silence",
    re.IGNORECASE,
)
#: A feature that may well be periodic.
ANGLE = re.compile(
    r".*(direction|orientation|angle|phase|hue|heading|azimuth|theta).*|(.*[ _])?(dir|ori)", re.IGNORECASE
)

#: A stimulus.
STIMULUS = re.compile(
    rf"{ANGLE.pattern}|stim\w*|cond\w*|contrast|frequency|sf|tf|image|sound|odou?r|size|speed|x|position|location|label",
    re.IGNORECASE,
)


def says(words: re.Pattern[str], name: str) -> bool:
    """Whether a column's name, but for a unit in brackets at its end, is one of these words, however it is spelt."""
    bare = re.sub(r"\s*(\(.*\)|\[.*\])$", "", name.strip())
    return any(words.fullmatch(one) for one in (bare, _spelt(bare)))


def _spelt(name: str) -> str:
    """A name with its words joined by "_": "Trial #", "trialNumber" and "Trial No." as "trial_number" and the like."""
    numbered = re.sub(r"#(?!\s*\d)", " number ", name)
    apart = re.sub(r"([a-z]{2})([A-Z])", r"\1 \2", numbered)
    return re.sub(r"[\s_.#:-]+", "_", apart).strip("_")


def is_response(name: str) -> bool:
    """Whether a column's name says that it is a response."""
    return says(RESPONSE, name) or says(NEURON, name)


def is_telling(name: str) -> bool:
    """Whether a column's name says that it is a response, a trial's number or one trial."""
    return is_response(name) or says(TRIAL, name) or says(ONE_TRIAL, name)


def is_series(names: tuple[str, ...]) -> bool:
    """Whether the names differ in a number at their end only: n0, n1, n2."""
    stems = {re.sub(r"\d+$", "", name.strip()) for name in names}
    return len(stems) == 1 and all(re.search(r"\d$", name.strip()) for name in names)


def with_unit(name: str) -> bool:
    """Whether a name is a number with a unit of angles: 45°, 45 deg."""
    return bool(re.fullmatch(r"[-+\u2212]?\d+(\.\d+)?\s*(°|deg|degrees|º)", name.strip(), re.IGNORECASE))


def are_numbers(names: tuple[str, ...]) -> bool:
    """Whether there are names, and all of them are numbers."""
    return bool(names) and all(is_number(name) for name in names)
