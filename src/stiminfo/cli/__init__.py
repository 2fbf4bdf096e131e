"""The command line: one file per command; `shared` holds what they have in common."""

from .app import main

__all__ = ["main"]
