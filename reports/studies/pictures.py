"""README's pictures: a witness, the measures of a recording, maps of images, and images edited along latent groups."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ...diffusion.datasets import MNIST_VARIABLE
from ...files import read_json
from ...models import read_recording
from ..draw.witness import plot_witness
from ..measuring import measure
from .study import FOLDER, Data, Files, Run, Study

#: file -> the arguments with which `stiminfo decompose` draws it.
MAPS = {
    "maps.png": (),
    "maps_learned.png": ("--checkpoint", "gmm"),
    "maps_mnist.png": ("--checkpoint", "mnist"),
}


def make(run: Run) -> Data:
    """The list of the pictures; they are drawn when they are written."""
    wanted = {name: list(arguments) for name, arguments in MAPS.items()}
    if not os.environ.get(MNIST_VARIABLE):
        run.say(f"maps_mnist.png is left as it is: {MNIST_VARIABLE} names no files")
        del wanted["maps_mnist.png"]
    return {"witness": ["i_cissi", "data_processing"], "maps": wanted}


def others(data: Data) -> Files:
    """The pictures."""
    measure, axiom = data["witness"]
    cell = read_json(FOLDER / "table.json")["measures"][measure]["axioms"][axiom]
    stream = io.BytesIO()
    plot_witness(cell["witness"]).savefig(stream, format="png", dpi=200)
    maps = {name: _maps(given) for name, given in data["maps"].items()}
    return {"witness.png": stream.getvalue(), "measures.png": _recording(), **maps, **_latents()}


def _recording() -> bytes:
    """What README's command draws of its recording."""
    found = measure(read_recording(FOLDER.resolve().parents[1] / "examples/recording.csv", stimulus="circle:360"))
    stream = io.BytesIO()
    found.plot().savefig(stream, format="png", dpi=110)
    return stream.getvalue()


def _maps(arguments: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "stiminfo", "decompose", *arguments, "--out", folder]
        subprocess.run(command, check=True, stdout=sys.stderr)
        return (Path(folder) / "maps.png").read_bytes()


def _latents() -> Files:
    """What README's commands draw of latent groups and of images edited along one of them."""
    with tempfile.TemporaryDirectory() as folder:
        groups, edits = Path(folder) / "groups", Path(folder) / "edits"
        for command in (("groups", "--out", groups), ("edit", "--groups", groups, "--group", "pose", "--out", edits)):
            subprocess.run([sys.executable, "-m", "stiminfo", *map(str, command)], check=True, stdout=sys.stderr)
        return {name: (place / name).read_bytes() for place, name in ((groups, "groups.png"), (edits, "edits.png"))}


STUDY = Study(
    name="pictures",
    cost="some minutes; with MNIST, where STIMINFO_MNIST names its files, half an hour",
    make=make,
    outputs=("witness.png", "measures.png", *MAPS, "groups.png", "edits.png"),
    others=others,
)
