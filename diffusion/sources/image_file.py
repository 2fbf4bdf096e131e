"""A user's file of images."""

from __future__ import annotations

from pathlib import Path

from ..datasets import images_from_file
from .dataset import Dataset

DATASET = Dataset("FILE.npy", images=lambda asked: images_from_file(Path(asked.name)), suffixes=(".npy", ".npz"))
