import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import datasets
from stiminfo.models import ModelError


def idx(shape, content, magic=b"\x00\x00\x08"):
    return magic + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + content


def test_idx_files_plain_and_gzipped(tmp_path):
    raw = idx((2, 3, 4), bytes(range(24)))
    (tmp_path / "a").write_bytes(raw)
    (tmp_path / "b.gz").write_bytes(gzip.compress(raw))
    for name in ("a", "b.gz"):
        assert (datasets.read_idx(tmp_path / name) == np.arange(24).reshape(2, 3, 4)).all()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "it begins with nothing"),
        (b"PK\x03\x04", "it begins with 504b0304"),
        (idx((2, 3), b"")[:6], "ends within its header"),
        (idx((2, 3), b"12345"), "6 bytes of data, it holds 5"),
        (idx((2, 3), b"1234567"), "6 bytes of data, it holds more"),
        (idx((2**31, 2**31, 9), b""), "expected a data set"),
        (idx((0, 3), b""), "expected a data set"),
    ],
)
def test_damaged_idx_files(raw, message, tmp_path):
    (tmp_path / "a").write_bytes(raw)
    with pytest.raises(ModelError, match=message):
        datasets.read_idx(tmp_path / "a")


def test_a_damaged_gzip_file(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx((2, 3), b"123456"))[:-9])
    with pytest.raises(ModelError, match="cannot be read"):
        datasets.read_idx(tmp_path / "a.gz")


def test_mnist_is_not_there(tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="holds no train-images-idx3-ubyte"):
        datasets.mnist(tmp_path)
    monkeypatch.delenv("STIMINFO_MNIST", raising=False)
    with pytest.raises(ModelError, match="STIMINFO_MNIST"):
        datasets.mnist()


@pytest.mark.skipif(not os.environ.get("STIMINFO_MNIST"), reason="STIMINFO_MNIST names no folder with the MNIST files")
def test_mnist():
    images = datasets.mnist(Path(os.environ["STIMINFO_MNIST"]), "t10k")
    assert images.pixels.shape == (10_000, 28, 28)
    assert images.pixels.max() == 1.0
    assert np.bincount(images.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert "CC BY-SA 3.0" in images.credit


def test_digits():
    pytest.importorskip("sklearn")
    images = datasets.digits()
    assert images.pixels.shape == (1797, 8, 8)
    assert images.pixels.min() == 0
    assert images.pixels.max() == 1
    assert "CC BY 4.0" in images.credit


def test_a_user_s_arrays_are_scaled(tmp_path):
    np.savez(tmp_path / "mine.npz", labels=np.arange(2), images=np.arange(24).reshape(2, 3, 4))
    images = datasets.images_from_file(tmp_path / "mine.npz")
    np.savez(tmp_path / "two.npz", labels=np.arange(2), first=np.zeros((2, 3)), other=np.ones((2, 3)))
    for dimensions in (2, (2, 3)):  # receptive fields; samples, or responses
        with pytest.raises(ModelError, match=r"two.npz: .*'first' \(2, 3\), 'other' \(2, 3\); save the right one"):
            datasets.read_array(tmp_path / "two.npz", "stimuli", dimensions)
    assert images.pixels.shape == (2, 3, 4)
    assert images.pixels.max() == 1.0


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 4, 4)), "every pixel is 0"),
        (np.zeros((3, 16)), "expected images with 3 axes"),
        (np.full((3, 2, 2), np.nan), r"expected finite numbers \(12 in all: also images\[0, 0, 1\]"),
        (np.zeros((3, 2, 2), complex), "complex128 values"),
        (np.zeros((0, 2, 2)), "expected at least one"),
        (np.array([[["a"]]]), "expected real numbers"),
    ],
)
def test_bad_arrays(array, message, tmp_path):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(ModelError, match=message):
        datasets.images_from_file(tmp_path / "a.npy")


def test_pickles_are_never_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "b.npy").write_text("no array")
    for name in ("a.npy", "b.npy"):
        with pytest.raises(ModelError, match=r"not a .npy or .npz file"):
            datasets.images_from_file(tmp_path / name)
