"""The diffusion-based estimators compared with exact values, their samplers, and their error against passes."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ... import estimators
from ...diffusion import (
    FiniteSetDenoiser,
    GaussianDenoiser,
    MixtureDenoiser,
    PosteriorSampler,
    fit_amortised,
)
from ...diffusion.denoiser import Denoiser
from ...diffusion.encoders import LinearGaussian, LinearNonlinearPoisson
from ...diffusion.populations import receptive_fields
from ...diffusion.sources import natural_covariance
from ...estimators.published_protocol import published_estimate
from ...models import EncodingModel, GaussianNoise, Linear, Mixture, encoding_model
from ...models.arrays import Array
from .study import Data, Files, Run, Study, page
from .table import TOLERANCE

#: Passes of each estimate in the table of estimators.
PASSES = 40_000
#: Passes per stimulus in the figure of errors.
BUDGETS = (40, 64, 128, 256, 512, 1024, 2048, 4096)
#: Largest allowed distance of an estimate from the exact value, in its standard errors.
LARGEST_Z = 5.0
#: Passes of the reference estimate for the mixture, which has no closed form.
REFERENCE = 400_000


def _xor() -> tuple[EncodingModel, Denoiser, int]:
    model = EncodingModel(
        [[-1, -1], [-1, 1], [1, -1], [1, 1]], [0.25] * 4, [[0.9, 0.1, 0.1, 0.9], [0.1, 0.9, 0.9, 0.1]]
    )
    return model, FiniteSetDenoiser.from_model(model), 0


def _poisson() -> tuple[EncodingModel, Denoiser, int]:
    from scipy.stats import poisson

    stimuli = np.array([[-1.0], [-0.2], [0.5], [1.2]])
    encoder = LinearNonlinearPoisson([[1.0]], gain=3.0, threshold=0.1, amplitude=4.0)
    denoiser = FiniteSetDenoiser(stimuli, encoder)
    table = np.asarray(poisson.pmf(np.arange(30)[:, None], encoder.rates(denoiser.stimuli).numpy()[:, 0]))
    return EncodingModel(stimuli, np.full(4, 0.25), table / table.sum(axis=0)), denoiser, 2


def _mixture() -> tuple[EncodingModel, Denoiser, int]:
    weights, means, sds = (0.3, 0.7), (-1.5, 1.0), (0.5, 0.8)
    model = encoding_model(Mixture(weights, means, sds), Linear(), GaussianNoise(0.7), nodes=256)
    encoder = LinearGaussian([[1.0]], 0.49)
    denoiser = MixtureDenoiser(weights, np.array(means)[:, None], np.square(sds)[:, None, None], encoder)
    return model, denoiser, int(np.abs(model.stimuli[:, 0] - 0.5).argmin())


CASES: dict[str, Callable[[], tuple[EncodingModel, Denoiser, int]]] = {
    "XOR of two features": _xor,
    "Poisson neuron, four stimuli": _poisson,
    "mixture on the line, Gaussian noise": _mixture,
}


def estimator_table(passes: int = PASSES) -> list[dict[str, Any]]:
    """A row per measure and case: exact value, estimate, standard error, z-score, passes."""
    rows = []
    for case, build in CASES.items():
        model, denoiser, j = build()
        for name, measure in estimators.PUBLISHED.items():
            row: dict[str, Any] = {"case": case, "stimulus": model.stimuli[j].tolist(), "measure": name}
            try:
                found = measure.estimate(denoiser, model.stimuli[j : j + 1], passes=passes, seed=0)
            except estimators.NotApplicable as reason:
                rows.append(row | {"not_applicable": str(reason)})
                continue
            exact, value, stderr = float(measure(model)[j]), float(found.value[0]), float(found.stderr[0])
            row |= {"exact": exact, "estimate": value, "stderr": stderr, "z": (value - exact) / stderr}
            rows.append(row | {"passes": found.passes})
    return rows


def _gaussian_16() -> Denoiser:
    rng = np.random.default_rng(0)
    root = rng.normal(size=(16, 16)) / 4
    return GaussianDenoiser(np.zeros(16), root @ root.T, LinearGaussian(rng.normal(size=(5, 16)), 0.5))


def mixture_16() -> MixtureDenoiser:
    """A mixture of six components in R^16, seen by eight linear neurons."""
    rng = np.random.default_rng(0)
    encoder = LinearGaussian(rng.normal(size=(8, 16)), 1.0)
    return MixtureDenoiser(np.full(6, 1 / 6), 1.2 * rng.normal(size=(6, 16)), np.stack([0.3 * np.eye(16)] * 6), encoder)


def _line(variance: float) -> Denoiser:
    return GaussianDenoiser([0.0], [[1.0]], LinearGaussian([[1.0]], variance))


def plane() -> MixtureDenoiser:
    """Two components in the plane, seen by one linear neuron."""
    encoder = LinearGaussian([[1.0, 0.5]], 0.4)
    return MixtureDenoiser([0.5, 0.5], [[-1.5, 0.0], [1.5, 0.5]], np.stack([0.3 * np.eye(2)] * 2), encoder)


SAMPLED: dict[str, Callable[[], Denoiser]] = {
    "N(0, 1), noise variance 1": lambda: _line(1.0),
    "N(0, 1), noise variance 0.25": lambda: _line(0.25),
    "Gaussian in R^16, 5 neurons": _gaussian_16,
    "two components in R^2, 1 neuron": plane,
    "six components in R^16, 8 neurons": mixture_16,
}


def sampler_table(stimuli: int = 400, say: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """Mean I_local by each sampler, in the raw form, over I(R;X): 1 if the sampler is unbiased."""
    rows = []
    for name, build in SAMPLED.items():
        denoiser = build()
        truth, error = denoiser.mutual_information(samples=200_000)  # type: ignore[attr-defined]
        x = denoiser.draw_prior(stimuli, denoiser.generator(1))
        samplers: dict[str, tuple[Any, int]] = {
            "plug_in": ("plug_in", 400),
            "tweedie": ("tweedie", 400),
            "posterior": ("posterior", 400),
            "posterior, reverse diffusion (20 steps)": (PosteriorSampler(20, black_box=True), 4200),
            "amortised": (fit_amortised(denoiser), 400),
        }
        for sampler, (chosen, passes) in samplers.items():
            found = estimators.i_local.estimate(denoiser, x, passes=passes, sampler=chosen, form="raw")
            mean, spread = found.value.mean(), found.value.std() / stimuli**0.5
            ratio = mean / truth
            rows.append(
                {
                    "case": name,
                    "sampler": sampler,
                    "ratio": float(ratio),
                    "stderr": float(ratio * np.hypot(spread / mean, error / truth)),
                    "passes": found.passes,
                    "information": truth,
                }
            )
            say(f"{name}: {sampler} {ratio:.3f}")
    return rows


def natural_images() -> GaussianDenoiser:
    """32 x 32 images with a 1/f amplitude spectrum, 49 linear neurons."""
    return _linear_neurons(np.zeros(1024), natural_covariance(32), 32)


def mnist_gaussian() -> GaussianDenoiser | None:
    """The Gaussian with MNIST's mean and covariance in 32 x 32 pixels, 49 linear neurons; None without the files."""
    from ...diffusion.datasets import MNIST_VARIABLE, mnist

    if not os.environ.get(MNIST_VARIABLE):
        return None
    padded = np.pad(mnist().pixels, ((0, 0), (2, 2), (2, 2))).reshape(60_000, -1).astype(float)
    return _linear_neurons(padded.mean(axis=0), np.cov(padded.T) + 1e-4 * np.eye(1024), 32)


def _linear_neurons(mean: Array, cov: Array, side: int) -> GaussianDenoiser:
    fields = receptive_fields((side, side))
    noise = float(np.median(((fields @ cov) * fields).sum(axis=1)))
    return GaussianDenoiser(mean, cov, LinearGaussian(fields, noise))


def curve_cases() -> dict[str, Any]:
    """The denoisers whose error is drawn against passes; a name that ends in "maps" means errors of pixel maps."""
    cases: dict[str, Any] = {"natural images, pixel maps": natural_images(), "mixture in R¹⁶, totals": mixture_16()}
    digits = mnist_gaussian()
    return cases if digits is None else cases | {"MNIST Gaussian, pixel maps": digits}


def error_curves(
    cases: dict[str, Any], budgets: tuple[int, ...] = BUDGETS, say: Callable[[str], None] = print
) -> list[dict[str, Any]]:
    """Relative RMSE of pixel maps (and, for the mixture, of totals) against passes, for every estimator."""
    rows: list[dict[str, Any]] = []
    for case, denoiser in cases.items():
        x = denoiser.draw_prior(8 if case.endswith("maps") else 32, denoiser.generator(2))
        maps = case.endswith("maps")
        if maps:
            truth = np.broadcast_to(denoiser.feature_information(), x.shape)
        else:
            reference = estimators.i_local.estimate(denoiser, x, passes=REFERENCE, seed=99)
            truth = reference.value[:, None]

        def note(estimator: str, passes: int, value: Array, case: str = case, truth: Array = truth) -> None:
            error = float(np.sqrt(((value - truth) ** 2).mean() / (truth**2).mean()))
            rows.append({"case": case, "estimator": estimator, "passes": passes, "error": error})
            say(f"{case}: {estimator}, {passes} passes, {error:.2%}")

        for passes in budgets:
            for label, options in {
                "variance form": {"form": "variance"},
                "raw form": {"form": "raw"},
                "plug-in": {"sampler": "plug_in"},
            }.items():
                found = estimators.i_local.estimate(denoiser, x, passes=passes, seed=5, **options)
                assert found.featurewise is not None
                note(label, found.passes, found.featurewise if maps else found.value[:, None])
        for samples in (2, 5, 12, 50):
            value, passes = published_estimate(denoiser, x, samples)
            array = value.cpu().numpy()
            note("published protocol", passes, array if maps else array.sum(1, keepdims=True))
    return rows


def plot_error_curves(rows: list[dict[str, Any]]) -> Any:
    """Draw relative error against passes, one panel per case, on logarithmic axes."""
    from ..draw.style import BLUE, GREEN, ORANGE, VERMILLION, Drawing, styled

    colours = {"variance form": BLUE, "raw form": GREEN, "plug-in": ORANGE, "published protocol": VERMILLION}
    cases = list(dict.fromkeys(row["case"] for row in rows))
    with styled():
        figure = Drawing(figsize=(3.4, 0.5 + 1.75 * len(cases)), dpi=200, layout="constrained")
        panels = figure.subplots(len(cases), 1, squeeze=False)[:, 0]
        for axes, case in zip(panels, cases):
            for estimator, colour in colours.items():
                some = [row for row in rows if row["case"] == case and row["estimator"] == estimator]
                at, error = [row["passes"] for row in some], [100 * row["error"] for row in some]
                marker = "s" if estimator == "published protocol" else "o"
                axes.loglog(at, error, marker=marker, ms=3, lw=1.2, color=colour, label=estimator)
            axes.axhline(2, color="0.6", lw=0.6, ls=":")
            axes.set_title(case, fontsize=7.5, loc="left")
            axes.set_ylabel("relative error, %", fontsize=7)
            axes.tick_params(labelsize=6.5)
        panels[-1].set_xlabel("denoiser passes per stimulus", fontsize=7)
        figure.legend(*panels[0].get_legend_handles_labels(), fontsize=6.5, ncols=2, loc="outside upper center")
        engine = figure.get_layout_engine()
        assert engine is not None
        engine.set(h_pad=0.08)  # type: ignore[call-arg]
    return figure


def make(run: Run) -> Data:
    """Both tables, and the errors of the figure."""
    torch.set_num_threads(min(2, os.cpu_count() or 1))
    estimated, sampled = estimator_table(), sampler_table(say=run.say)
    errors = error_curves(curve_cases(), say=run.say)
    return {"schema": 1, "torch": torch.__version__, "estimators": estimated, "samplers": sampled, "errors": errors}


def markdown(data: Data) -> str:
    """Both tables in Markdown."""
    return page("estimators.md", estimators=data["estimators"], samplers=data["samplers"])


def others(data: Data) -> Files:
    """The figure."""
    stream = io.BytesIO()
    plot_error_curves(data["errors"]).savefig(stream, format="png", dpi=200)
    return {"error_against_passes.png": stream.getvalue()}


def differences(committed: list[dict[str, Any]], fresh: list[dict[str, Any]]) -> list[str]:
    """The differences between two tables of estimators, one line each."""
    lines = []
    keys = [[(row["case"], row["measure"], "exact" in row) for row in rows] for rows in (committed, fresh)]
    if keys[0] != keys[1]:
        return ["estimators: other cases or measures than committed"]
    for was, now in zip(committed, fresh):
        if "exact" not in was:
            continue
        where = f"{was['case']}, {was['measure']}"
        if abs(was["exact"] - now["exact"]) > TOLERANCE * (1 + abs(was["exact"])):
            lines.append(f"{where}: exact {was['exact']:.9g} committed, {now['exact']:.9g} now")
        if abs(was["estimate"] - now["estimate"]) > was["stderr"] or abs(now["z"]) > LARGEST_Z:
            lines.append(f"{where}: estimate {was['estimate']:.6g} committed, {now['estimate']:.6g} now")
    return lines


def check(committed: Data) -> list[str]:
    """The differences from the first table made again: exact values must agree, and estimates within their errors."""
    return differences(committed["estimators"], estimator_table())


STUDY = Study(
    name="estimators",
    cost="some minutes; with MNIST where STIMINFO_MNIST names its files",
    make=make,
    outputs=("estimators.json", "estimators.md", "error_against_passes.png"),
    page=markdown,
    others=others,
    check=check,
    checked="the eight measures, estimated anew",
)
