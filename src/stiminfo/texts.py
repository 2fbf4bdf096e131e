"""Texts from elsewhere, made fit to be printed."""

from __future__ import annotations

import re

#: Characters that a terminal obeys instead of showing.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def printable(text: str, keep: str = "") -> str:
    """The text, in which control characters are shown by their codes, but for those to keep."""
    return _CONTROL.sub(lambda found: found[0] if found[0] in keep else f"\\x{ord(found[0]):02x}", text)
