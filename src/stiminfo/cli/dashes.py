"""Messages about arguments in Python, said of the options of a command that stand for them."""

from __future__ import annotations

import re
from collections.abc import Mapping


def as_options(message: str, flags: Mapping[str, str]) -> str:
    """The message with arguments named as options, where it speaks of an argument.

    Parameters
    ----------
    flags : the options of the command, ``{"bins": "--bins", ...}``

    Examples
    --------
    >>> as_options("bins is 0; expected 1 or more", {"bins": "--bins"})
    '--bins is 0; expected 1 or more'
    """
    if not flags:
        return message
    name = f"({'|'.join(sorted(map(re.escape, flags), key=len, reverse=True))})"

    def flag(found: re.Match[str]) -> str:
        return flags[found[1]]

    message = re.sub(rf"^{name}(?= (?:is|are|has|have|and|sums|must)\b)", flag, message)
    message = re.sub(rf"(?<= and ){name}(?= contradict)", flag, message)
    message = re.sub(rf"(?<=\bleave ){name}(?= out\b)", flag, message)
    return re.sub(rf"\b{name}='([^']*)'(?! in Python)", lambda found: f"{flag(found)} {found[2]}", message)
