"""A new axiom, measure, denoiser, data source or sampler is one file and one line: each is added to a copy and used."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WINGS = ("models", "estimators", "diffusion", "axioms", "reports", "src")

AXIOM = '''
"""No response tells more than it has values for: a toy."""

from __future__ import annotations

import numpy as np
from hypothesis.strategies import DrawFn, composite

from ..models.data import FiniteSpec
from .axiom import Axiom, Family
from .cases import Case
from .evaluator import Evaluator
from .finding import Finding, judge
from .strategies import finite_specs


class SizedCase(Case, frozen=True, tag="toy size"):
    """A model, and how many values its response has."""

    joint: FiniteSpec

    @property
    def built(self):
        return self.joint.build()

    @property
    def views(self):
        return (self.built,)


def check(measure: Evaluator, case: SizedCase) -> Finding:
    model = case.built
    found, most = measure.pointwise(model), float(np.log(len(model.likelihood)))
    j = int(found.value.argmax())
    return judge(
        float(found.value[j]) - most,
        float(found.error[j]),
        most,
        model.dimensions,
        j,
        {"I(x)": found.value, "log K": np.array([most])},
        f"I = {found.value[j]:.6g} nats at stimulus {j}, more than log K = {most:.6g}",
    )


@composite
def sized_cases(draw: DrawFn) -> SizedCase:
    return SizedCase(draw(finite_specs()))


AXIOM = Axiom(
    id="toy_bound",
    title="Toy bound",
    statement="I(x) <= log K for a response of K values.",
    why="More cannot be told.",
    source="a test",
    check=check,
    cases=(SizedCase,),
    known=(SizedCase(FiniteSpec(((0,), (1,)), (1, 9), ((1, 0), (0, 1)))),),
    families=lambda gradient: (Family("toy joints", sized_cases()),),
)
'''
MEASURE = '''
"""A toy: a tenth of the specific information."""

from .exact import PublishedMeasure, Sum
from .sp import pointwise

i_toy = PublishedMeasure(
    "i_toy", "toy information", pointwise=Sum(lambda joint: pointwise(joint) / 10), claims={"toy_bound": True}
)
'''
DENOISER = '''
"""A toy: two stimuli, -1 and 1, as likely as one another."""

import torch

from .denoiser import Denoiser, Scales, column


class CoinDenoiser(Denoiser):
    dimensions = 1

    def __init__(self, encoder):
        self.encoder = encoder

    def xhat(self, xg, gamma, r=None):
        drive = xg / column(gamma, xg)
        if r is not None:
            one, other = (self.encoder.log_likelihood(r, torch.full_like(xg, x)) for x in (1.0, -1.0))
            drive = drive + (one - other)[:, None] / 2
        return torch.tanh(drive)

    def draw_prior(self, count, generator=None):
        return 2.0 * torch.randint(2, (count, 1), generator=generator).double() - 1

    def scales(self, x):
        ones = torch.ones(len(x), dtype=x.dtype)
        return Scales(ones / 4, ones)
'''

DATASET = '''
"""A toy: stripes of 4 x 4 pixels at forty heights."""

from __future__ import annotations

import numpy as np

from ..datasets import Images
from .dataset import Dataset


def stripes(asked):
    rows = np.linspace(0, 3, 40)[:, None] - np.arange(4)
    pixels = np.repeat(np.exp(-(rows**2))[:, :, None], 4, axis=2)
    return Images("toy", pixels.astype(np.float32), None, "drawn by a formula")


DATASET = Dataset("toy", images=stripes, side=4)
'''
SAMPLER = '''
"""A toy: r is drawn at a stimulus from the prior, as if xg told nothing."""

from __future__ import annotations

from .sampler import Sampler


class PriorSampler(Sampler):
    name = "toy"

    def passes(self, denoiser):
        return 2

    def squared_gain(self, denoiser, xg, gamma, variance, generator):
        r = denoiser.encoder.sample(denoiser.draw_prior(len(xg), generator), generator)
        return (denoiser.xhat(xg, gamma, r) - denoiser.xhat(xg, gamma)) ** 2


SAMPLER = PriorSampler
'''


def copied(tmp_path):
    """A copy of the checkout's package."""
    if not (ROOT / "src").is_dir():
        pytest.skip("not a checkout")
    copy = tmp_path / "copy"
    away = shutil.ignore_patterns("__pycache__", "published", "site")
    for wing in WINGS:
        shutil.copytree(ROOT / wing, copy / wing, symlinks=True, ignore=away)
    if not (copy / "src/stiminfo/models").is_dir():
        pytest.skip("a checkout without links cannot be run as a folder")
    return copy


def added(file, line, after):
    """One line more in a registry."""
    text = file.read_text()
    assert text.count(after) == 1, after
    file.write_text(text.replace(after, f"{after}\n{line}"))


def python(copy, *arguments, code=0):
    environment = os.environ | {"PYTHONPATH": str(copy / "src")}
    run = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, cwd=copy, env=environment, timeout=300
    )
    assert run.returncode == code, (run.stdout, run.stderr)
    return run.stdout


def test_an_axiom_and_a_measure(tmp_path):
    copy = copied(tmp_path)
    (copy / "axioms/toy_bound.py").write_text(AXIOM)
    added(copy / "axioms/registry.py", '    "toy_bound",', '    "stimulus_invariance",')
    (copy / "estimators/toy.py").write_text(MEASURE)
    added(copy / "estimators/registry.py", '    "i_toy": "toy",', '    "i_kong2": "kong2",')
    command = ("-m", "stiminfo", "table", "--axiom", "toy_bound", "--axiom", "positivity", "--examples", "5")
    outputs = ("--json", "t.json", "--html", "t.html", "--markdown", "t.md", "--witnesses", "w")
    shown = python(copy, *command, *outputs)
    assert "toy_bound" in shown
    table = json.loads((copy / "t.json").read_text())["measures"]
    verdicts = {name: row["axioms"]["toy_bound"]["verdict"] for name, row in table.items()}
    assert verdicts["i_toy"] == verdicts["i_sp"] == "holds"
    assert verdicts["i_surp"] == "refuted"
    assert table["i_toy"]["axioms"]["toy_bound"]["agrees"] is True
    assert "Toy bound" in (copy / "t.html").read_text()
    assert "toy_bound" in (copy / "t.md").read_text()
    assert "the violation stands" in python(copy, "-m", "stiminfo", "replay", "w/i_surp-toy_bound.json")
    assert "stale" in python(copy, "-m", "stiminfo", "replay", "w/i_surp-toy_bound.json", "--measure", "i_sp", code=1)
    assert "toy_bound" in python(copy, "-m", "stiminfo", "audit", "i_toy", "--axiom", "toy_bound")
    said = "import stiminfo as si; print(si.i_toy.name, hasattr(si, 'i_toys'))"
    assert python(copy, "-c", said).split() == ["i_toy", "False"]


def test_a_denoiser(tmp_path):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    copy = copied(tmp_path)
    (copy / "diffusion/coin.py").write_text(DENOISER)
    script = """
import numpy as np
import stiminfo as si
from stiminfo.diffusion.coin import CoinDenoiser
from stiminfo.models import TableEncoder
table = [[0.9, 0.2], [0.1, 0.8]]
model = si.EncodingModel([-1, 1], [0.5, 0.5], table)
denoiser = CoinDenoiser(TableEncoder([[-1.0], [1.0]], table))
for measure in (si.i_kong1, si.i_kong2, si.i_local):
    found = measure.estimate(denoiser, model.stimuli, passes=84000, seed=1)
    off = np.abs(found.value - measure(model)) / found.stderr
    assert (off < 4).all(), (measure, found, measure(model))
    assert (found.stderr < 0.05).all()
"""
    python(copy, "-c", script)


def test_a_data_source(tmp_path):
    pytest.importorskip("diffusers", reason="training needs diffusers")
    copy = copied(tmp_path)
    train = ("-m", "stiminfo", "train", "--dataset", "toy", "--steps", "3", "--gain-steps", "2", "--out", "net")
    decompose = ("-m", "stiminfo", "decompose", "--passes", "100", "--show", "2")
    python(copy, *train, code=2)
    python(copy, *decompose, "--dataset", "toy", code=2)
    (copy / "diffusion/sources/toy.py").write_text(DATASET)
    added(copy / "diffusion/registry.py", '    "toy": "toy",', '    "mnist-gaussian": "mnist_gaussian",')
    python(copy, *train)
    assert " toy, " in " ".join(python(copy, "-m", "stiminfo", "decompose", "--help").split())
    shown = python(copy, *decompose, "--checkpoint", "net")
    assert "toy: 36 images" in shown
    assert "drawn by a formula" in shown
    assert "toy: 40 images" in python(copy, *decompose, "--dataset", "toy", "--population", "linear")


def test_a_response_sampler(tmp_path):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    copy = copied(tmp_path)
    script = """
import numpy as np
import stiminfo as si
from stiminfo.diffusion import GaussianDenoiser
from stiminfo.models import LinearGaussian
denoiser = GaussianDenoiser(np.zeros(2), np.eye(2), LinearGaussian(np.eye(2), 1.0))
found = {
    name: si.i_local.estimate(denoiser, np.zeros((1, 2)), passes=20000, sampler=name, form="raw", seed=1)
    for name in ("posterior", "toy")
}
assert found["toy"].sampler == "toy", found
# Responses to the wrong stimuli tell another number than those to the posterior's.
apart = abs(found["toy"].value - found["posterior"].value)
assert apart > 5 * np.hypot(found["toy"].stderr, found["posterior"].stderr), found
"""
    python(copy, "-c", script, code=1)
    (copy / "diffusion/samplers/toy.py").write_text(SAMPLER)
    added(copy / "diffusion/registry.py", '    "toy": "toy",', '    "amortised": "amortised",')
    python(copy, "-c", script)
