"""The readers that are fuzzed: what each reads, and sound and malformed files to begin with."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import arrays
import corpus
import folders
import numpy as np
from small_groups import save_small_groups

import stiminfo as si
from stiminfo.axioms.auditing.audit import audit
from stiminfo.axioms.auditing.journal import Journal, identity_of

DIGITS = Path(si.__file__).resolve().parent / "diffusion" / "pretrained" / "digits"
#: A file larger than this tells a fuzzer nothing that a smaller one does not.
LARGEST = 20_000


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes
    ----------
    name : as on the command line
    read : reads the file of a path; whatever is wrong with it must be an `InputError`
    file : the name that the file has
    seeds : files to begin with, made when they are asked for
    beside : puts the sound files into the folder that are read with the fuzzed one
    """

    name: str
    read: Callable[[Path], Any]
    file: str
    seeds: Callable[[], list[bytes]]
    beside: Callable[[Path], None] = lambda folder: None


def _raw(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _witness() -> dict[str, Any]:
    found = audit(si.i_cissi, axioms=["data_processing"], isolate=False).verdicts["data_processing"]
    return json.loads(json.dumps(found.witness))


def _witnesses() -> list[bytes]:
    good = _witness()
    return [json.dumps(good).encode(), *map(_raw, corpus.witnesses(good).values())]


def _journal(path: Path) -> Journal:
    (path.parent / "journal.json").write_text(json.dumps(identity_of({"name": "fuzzed"}, ["positivity"], 1, 0)))
    return Journal(path.parent, identity_of({"name": "fuzzed"}, ["positivity"], 1, 0))


def _entries() -> list[bytes]:
    folder = Path.cwd() / "seeds-of-journals"
    folder.mkdir(exist_ok=True)
    for measure in (si.i_surp, si.i_ssi):
        journal = Journal(folder / measure.name, identity_of({"name": measure.name}, ["positivity"], 1, 0))
        found = audit(measure, axioms=["positivity"], examples=1, isolate=False)
        journal.add(found.verdicts["positivity"], 1.0)
    entries = [path.read_bytes() for path in folder.rglob("*positivity.json")]
    shutil.rmtree(folder)
    return entries


def _checkpoint(path: Path) -> Any:
    from stiminfo.diffusion.checkpoints import load_learned

    return load_learned(path.parent)


def _digits(folder: Path) -> None:
    for file in DIGITS.iterdir():
        if file.name != "checkpoint.json":
            (folder / file.name).symlink_to(file)


def _groups(path: Path) -> Any:
    from stiminfo.diffusion.latents import load_groups

    return load_groups(path.parent)


def _group_descriptions() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        save_small_groups(Path(folder) / "groups", critic=True)
        good = (Path(folder) / "groups" / "checkpoint.json").read_text()
    return [good.encode(), *map(_raw, folders.descriptions(json.loads(good)).values())]


def _small_groups(folder: Path) -> None:
    save_small_groups(folder / "groups", critic=True)
    for file in (folder / "groups").iterdir():
        file.rename(folder / file.name)


def _world(path: Path) -> Any:
    # A digest that is right, so that more than the digest is read.
    folders.put(path.parent, path.name, path.read_bytes())
    return _groups(path)


def _worlds() -> list[bytes]:
    from safetensors.numpy import load_file, save

    with tempfile.TemporaryDirectory() as folder:
        save_small_groups(Path(folder) / "groups", critic=True)
        good = load_file(Path(folder) / "groups" / "world.safetensors")
    made = [save(good)]
    for _, change in folders.TENSORS.values():
        tensors = dict(good)
        change(tensors)
        made.append(save({name: np.ascontiguousarray(value) for name, value in tensors.items()}))
    return made


def _tensors(path: Path) -> Any:
    from stiminfo.diffusion.checkpoint_files import tensors_of

    return tensors_of(path)


def _safetensors() -> list[bytes]:
    from safetensors.numpy import save

    return [save({"a": np.ones((2, 3))}), save({"a": np.ones(2, np.float16), "b": np.ones(0)}), save({})]


def _mat() -> list[bytes]:
    from scipy.io import savemat

    found = []
    for compressed in (False, True):
        for content in ({"stimuli": [0, 1], "counts": np.eye(2)}, {"stimulus": np.arange(8), "responses": np.ones(8)}):
            stream = io.BytesIO()
            savemat(stream, content, do_compression=compressed)
            found.append(stream.getvalue())
    return found


def _npz() -> list[bytes]:
    good = arrays.archive(stimulus=arrays.STIMULUS, responses=arrays.RESPONSES)
    return [good, *map(_raw, arrays.archives().values())]


def _tables() -> list[bytes]:
    return [_raw(arrays.TABLE), *map(_raw, arrays.tables().values())]


def _counts() -> list[bytes]:
    return [b"x,a,b\n0,12,3\n1,4,11\n", *map(_raw, corpus.COUNTS.values())]


def _descriptions() -> list[bytes]:
    good = (DIGITS / "checkpoint.json").read_text()
    return [good.encode(), *map(_raw, corpus.descriptions(json.loads(good)).values())]


def _replayed(path: Path) -> Any:
    from stiminfo.axioms.auditing.witness import read_witness

    return read_witness(path)


TARGETS = {
    target.name: target
    for target in (
        Target("counts", si.read_recording, "counts.csv", _counts),
        Target("trials", si.read_recording, "trials.csv", _tables),
        Target("npz", si.read_recording, "fuzzed.npz", _npz),
        Target("mat", si.read_recording, "fuzzed.mat", _mat),
        Target("witness", _replayed, "witness.json", _witnesses),
        Target("journal", _journal, "fuzzed-positivity.json", _entries),
        Target("checkpoint", _checkpoint, "checkpoint.json", _descriptions, _digits),
        Target("groups", _groups, "checkpoint.json", _group_descriptions, _small_groups),
        Target("world", _world, "world.safetensors", _worlds, _small_groups),
        Target("safetensors", _tensors, "fuzzed.safetensors", _safetensors),
    )
}
