"""How many threads torch computes with: by default as many as the cores that other programs leave free."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def free_cores() -> int:
    """Cores that this process may use, less those that are busy by the load of the last minute; at least 1.

    A step is divided among the threads evenly: one of them that has to wait for its core holds up all others.
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
    """Let torch compute with so many threads in the block, and with as many as before after it.

    Parameters
    ----------
    count : threads; as many as before if None
    """
    before = torch.get_num_threads()
    torch.set_num_threads(before if count is None else count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
