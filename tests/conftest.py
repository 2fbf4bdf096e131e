import os
import sys

import pytest

# Test modules share tests/mutants.py and tests/proposed; they are found beside the tests, wherever those are run from.
sys.path.insert(0, os.path.dirname(__file__))


@pytest.fixture(autouse=True)
def _no_width(monkeypatch):
    """What is printed is as wide as it is by default, whatever terminal the tests run in."""
    monkeypatch.delenv("COLUMNS", raising=False)


def pytest_runtest_setup(item):
    """Skip tests that need CUDA, with a reason; fail them where STIMINFO_REQUIRE_GPU=1 says that it must be there."""
    if "gpu" not in item.keywords:
        return
    try:
        import torch

        reason = "" if torch.cuda.is_available() else "CUDA is not available"
    except ImportError:
        reason = "torch is not installed (pip install stiminfo[diffusion])"
    if reason and os.environ.get("STIMINFO_REQUIRE_GPU") == "1":
        pytest.fail(f"STIMINFO_REQUIRE_GPU=1, and {reason}", pytrace=False)
    if reason:
        pytest.skip(reason)
