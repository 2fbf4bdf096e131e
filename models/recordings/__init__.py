"""Recordings: trials of an experiment, read from many kinds of files and objects into one `Recording`."""

from .reading import read_recording
from .recording import Recording

__all__ = ["Recording", "read_recording"]
