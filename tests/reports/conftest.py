import sys

import pytest


@pytest.fixture
def command(monkeypatch):
    """Runs ``stiminfo ARGUMENTS`` in this process; returns the exit code."""

    def run(*arguments):
        from stiminfo.cli import main

        monkeypatch.setattr(sys, "argv", ["stiminfo", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code

    return run
