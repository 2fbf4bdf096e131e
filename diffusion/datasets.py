"""Image data sets: scikit-learn's digits, MNIST from its IDX files, or a user's own arrays."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import MissingExtra, ModelError
from ..files import no_such_file
from ..models.arrays import Array
from ..models.recordings.sheet import others

#: The environment variable that names the folder of the MNIST files where no folder is given.
MNIST_VARIABLE = "STIMINFO_MNIST"
#: SHA-256 of the four files without gzip.
_MNIST_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
#: Larger than any such data set; a header that asks for more is damaged.
_MOST_BYTES = 1 << 31


class Words(NamedTuple):
    """What stimuli and their numbers are called."""

    one: str
    many: str
    feature: str
    features: str


def words_for(shape: Sequence[int]) -> Words:
    """The words for images of (h, w) pixels, or for stimuli that are no images, of shape (1, d)."""
    if shape[0] == 1:
        return Words("stimulus", "stimuli", "feature", "features")
    return Words("image", "images", "pixel", "pixels")


@dataclass(frozen=True)
class Images:
    """Images in [0, 1] and where they come from.

    Attributes
    ----------
    pixels : (N, h, w) float32
    labels : (N,) or None
    credit : a line to print beside anything made from the images
    learned : (M,) indices of the images that are the stimulus set, where the others were held out of it; or None
    """

    name: str
    pixels: Array
    labels: Array | None
    credit: str
    learned: Array | None = None

    @property
    def words(self) -> Words:
        """What they are called: images and pixels, or stimuli and features."""
        return words_for(self.pixels.shape[1:])

    @property
    def members(self) -> Array:
        """(M,) indices of the images that are the stimulus set: all, but for those that were held out."""
        return np.arange(len(self.pixels)) if self.learned is None else self.learned


def digits() -> Images:
    """The 1,797 handwritten digits of 8 x 8 pixels in scikit-learn; raises `MissingExtra` where that is missing."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtra("the digits need scikit-learn: pip install 'stiminfo[diffusion]'") from error
    data = load_digits()
    credit = "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak (UCI, 1998), CC BY 4.0"
    return Images("digits", (data.images / 16).astype(np.float32), data.target, credit)


def mnist(folder: Path | None = None, part: str = "train") -> Images:
    """The MNIST images of a folder with the four IDX files, gzipped or not.

    Parameters
    ----------
    folder : by default the one named by the environment variable ``STIMINFO_MNIST``
    part : ``train`` or ``t10k``

    Raises
    ------
    ModelError
        No folder is given or named; a file is missing, damaged, or not MNIST's.
    """
    if folder is None:
        if not os.environ.get(MNIST_VARIABLE):
            raise ModelError(
                f"MNIST needs the folder of its IDX files: give it (--data DIR), or name it in {MNIST_VARIABLE}"
            )
        folder = Path(os.environ[MNIST_VARIABLE])
    pixels, labels = (_mnist_file(folder, f"{part}-{name}-ubyte") for name in ("images-idx3", "labels-idx1"))
    credit = "MNIST, Y. LeCun, C. Cortes and C. J. C. Burges, CC BY-SA 3.0"
    return Images("mnist", pixels.astype(np.float32) / 255, labels, credit)


def images_from_file(path: Path) -> Images:
    """A user's images, scaled to [0, 1]: (N, h, w) numbers from .npy, or the one such array of an .npz.

    Raises
    ------
    ModelError
        The file cannot be read, holds no such array, or all its pixels are equal.
    """
    array = read_array(path, "images", 3)
    low, high = float(array.min()), float(array.max())
    if not high > low:
        raise ModelError(f"{path}: every pixel is {low:g}; expected images that differ")
    if low < 0 or high > 1:
        array = (array - low) / (high - low)
    return Images(path.stem, array.astype(np.float32), None, "")


def read_array(path: Path, name: str, dimensions: int | tuple[int, ...]) -> Array:
    """The one array with so many axes in a .npy or .npz file, as float64; nothing is unpickled.

    `dimensions` may list several numbers of axes.

    Raises
    ------
    ModelError
        The file cannot be read, or holds no such array or several; the array is empty or not of finite real numbers.
    """
    if not path.is_file():
        raise ModelError(no_such_file(path))
    try:
        loaded = np.load(path, allow_pickle=False)
        arrays = {"": loaded} if isinstance(loaded, np.ndarray) else {key: loaded[key] for key in loaded.files}
    except MemoryError as error:  # a header may promise more than the file holds
        raise ModelError(f"{path}: does not fit into the memory ({error})") from None
    except Exception:  # damaged files make numpy, zipfile and zlib raise many kinds
        raise ModelError(
            f"{path}: not a .npy or .npz file of numbers: it is damaged, of another kind, or holds Python objects, "
            "which are not read"
        ) from None
    allowed = (dimensions,) if isinstance(dimensions, int) else dimensions
    fitting = {key: array for key, array in arrays.items() if array.ndim in allowed}
    if not fitting:
        shapes = ", ".join(str(array.shape) for array in arrays.values()) or "none"
        raise ModelError(
            f"{path}: holds arrays of shape {shapes}; expected {name} with {' or '.join(map(str, allowed))} axes"
        )
    if len(fitting) > 1:
        found = ", ".join(f"{key!r} {array.shape}" for key, array in fitting.items())
        raise ModelError(
            f"{path}: holds {len(fitting)} arrays that may be the {name}: {found}; save the right one alone"
        )
    (array,) = fitting.values()
    if array.dtype.kind not in "buif":
        raise ModelError(f"{path}: {name} hold {array.dtype} values; expected real numbers")
    if 0 in array.shape:
        raise ModelError(f"{path}: {name} have shape {array.shape}; expected at least one")
    array = array.astype(np.float64)
    if len(bad := np.argwhere(~np.isfinite(array)).tolist()):
        also = others([f"{name}{where}" for where in bad])
        raise ModelError(f"{path}: {name}{bad[0]} is {array[tuple(bad[0])]}; expected finite numbers{also}")
    return array


def _mnist_file(folder: Path, name: str) -> Array:
    path = next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)
    if path is None:
        raise ModelError(f"{folder}: holds no {name} or {name}.gz")
    array = read_idx(path)
    head = b"\x00\x00\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    found = hashlib.sha256(head + array.tobytes()).hexdigest()
    if found != _MNIST_SHA256[name]:
        raise ModelError(f"{path}: not MNIST's {name}: its content has SHA-256 {found}, not {_MNIST_SHA256[name]}")
    return array


def read_idx(path: Path) -> Array:
    """The array of bytes in an IDX file, gzipped or not: a magic number, the lengths of the axes, the bytes.

    Raises
    ------
    ModelError
        The file cannot be read, is no IDX file of bytes, or is longer or shorter than its header says.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            head = stream.read(4)
            if len(head) < 4 or head[:3] != b"\x00\x00\x08" or not 1 <= head[3] <= 4:
                raise ModelError(f"{path}: not an IDX file of bytes (it begins with {head.hex() or 'nothing'})")
            lengths = stream.read(4 * head[3])
            if len(lengths) < 4 * head[3]:
                raise ModelError(f"{path}: ends within its header")
            shape = struct.unpack(f">{head[3]}I", lengths)
            size = int(np.prod(shape, dtype=object))
            if not 0 < size < _MOST_BYTES:
                raise ModelError(f"{path}: its header says {shape}; expected a data set")
            raw = stream.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from None
    if len(raw) != size:
        more = "more" if len(raw) > size else f"{len(raw)}"
        raise ModelError(f"{path}: its header says {size} bytes of data, it holds {more}")
    return np.frombuffer(raw, dtype=np.uint8).reshape(shape)
