"""Ctrl-C that waits for the end of a block, so that what the block changes is changed whole or not at all."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[None]:
    """Hand Ctrl-C, and a SIGTERM that Python code handles, to their handlers at the end of the block.

    A second signal does not wait. Outside the main thread, where no signal arrives, the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    arrived: list[tuple[Any, int, Any]] = []

    def note(number: int, frame: Any) -> None:
        handler = handlers[signal.Signals(number)]
        if arrived and callable(handler):
            handler(number, frame)
        arrived.append((handler, number, frame))

    held = [one for one, handler in handlers.items() if callable(handler)]
    try:
        for one in held:
            signal.signal(one, note)
        yield
    finally:
        for one in held:
            signal.signal(one, handlers[one])
    for handler, number, frame in arrived[:1]:
        handler(number, frame)
