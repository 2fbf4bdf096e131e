"""A command of stiminfo, run in this process: as in one of its own, without seconds of imports."""

import contextlib
import io
import os
import signal
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from stiminfo.cli.app import main
from stiminfo.cli.shared import console_here


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def stiminfo(*arguments, cwd=None) -> Done:
    """Run ``stiminfo ARGUMENTS`` in a folder; an exception that a user would see as a traceback is raised here."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    before = Path.cwd(), sys.argv, warnings.showwarning, signal.getsignal(signal.SIGTERM)
    code = 0
    try:
        os.chdir(cwd or before[0])
        sys.argv = ["stiminfo", *map(str, arguments)]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("default")
            main()
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        os.chdir(before[0])
        sys.argv, warnings.showwarning = before[1:3]
        signal.signal(signal.SIGTERM, before[3])
        console_here.cache_clear()
    return Done(code, *(stream.buffer.getvalue().decode() for stream in _flushed(out, err)))


def _flushed(*streams):
    for stream in streams:
        stream.flush()
    return streams
