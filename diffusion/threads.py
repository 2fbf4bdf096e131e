"""How many threads torch uses: by default as many as there are cores that other programs leave free."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def free_cores() -> int:
    """Cores that this process may use, minus those that are busy (by the load of the last minute); at least 1.

    A step is divided evenly among the threads, so one thread that waits for its core delays all others.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # neither on macOS nor on Windows
        cores = os.cpu_count() or 1
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        load = 0.0
    return max(1, round(cores - load))


@contextmanager
def limited_threads(count: int | None) -> Iterator[None]:
    """Let torch use so many threads in the block, and as many as before afterwards.

    Parameters
    ----------
    count : number of threads; None leaves it as it is
    """
    before = torch.get_num_threads()
    torch.set_num_threads(before if count is None else count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
