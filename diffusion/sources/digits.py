"""The handwritten digits that scikit-learn ships."""

from __future__ import annotations

from ..datasets import digits
from .dataset import Dataset

DATASET = Dataset("digits", images=lambda asked: digits(), side=8)
