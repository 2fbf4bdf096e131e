"""Hold back Ctrl-C until the end of a block, so that the block's changes are made completely or not at all."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[None]:
    """Hand Ctrl-C, and SIGTERM if Python handles it, to their handlers only at the end of the block.

    A second signal is handled at once. Outside the main thread, which receives no signals, this does nothing.
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
