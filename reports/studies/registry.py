"""The studies, one line each. A study is imported only when it is needed, since some need torch."""

from __future__ import annotations

import importlib

from .study import Study

#: name -> module, which holds the study as STUDY.
MODULES = {
    "table": "table",
    "claims": "claims",
    "mig-vis": "migvis",
    "targets": "targets",
    "figures": "figures",
    "pictures": "pictures",
    "beyond": "beyond",
    "estimators": "estimators",
    "learned": "learned",
    "benchmarks": "benchmarks",
    "cluster": "cluster",
    "sampling": "sampling",
    "populations": "populations",
    "strength": "strength",
    "smooth": "smooth",
    "calibration": "calibration",
    "gpu": "gpu",
}


def study(name: str) -> Study:
    """The study of that name."""
    found: Study = importlib.import_module(f".{MODULES[name]}", __package__).STUDY
    return found
