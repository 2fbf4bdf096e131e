import pytest


@pytest.mark.gpu
def test_cuda_is_there():
    """The denoisers' tests will stand here; this one only says whether the runner is what it should be."""
    import torch

    assert torch.cuda.is_available()
