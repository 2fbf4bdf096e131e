import os
import sys

import pytest

# Test modules share tests/mutants.py and tests/proposed; they are found beside the tests, wherever those are run from.
sys.path.insert(0, os.path.dirname(__file__))


def pytest_collection_modifyitems(config, items):
    """Skip tests that need CUDA, with a reason; fail them where STIMINFO_REQUIRE_GPU=1 says that it must be there."""
    if not any("gpu" in item.keywords for item in items):
        return
    try:
        import torch

        reason = "" if torch.cuda.is_available() else "CUDA is not available"
    except ImportError:
        reason = "torch is not installed (pip install stiminfo[diffusion])"
    if reason and os.environ.get("STIMINFO_REQUIRE_GPU") != "1":
        for item in items:
            if "gpu" in item.keywords:
                item.add_marker(pytest.mark.skip(reason=reason))
