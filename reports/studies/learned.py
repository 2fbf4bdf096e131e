"""Trained networks: which recipe is best in equal time, and how accurate the networks are."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...axioms.auditing.networks import audit_networks
from ...diffusion import FiniteSetDenoiser, MixtureDenoiser, PosteriorSampler
from ...diffusion.checkpoints import PRETRAINED
from ...diffusion.encoders import Encoder
from ...diffusion.recipes import PRESETS, Recipe
from ...diffusion.sources import MixtureSource, Source, population_for, source_named
from ...diffusion.training import Training
from ...diffusion.unet import UNetDenoiser
from ...errors import OptionError
from ...estimators import i_local
from ..verdicts import WORDS
from .estimators import mixture_16, plane
from .study import Data, Run, Study, page
from .variants import variants

#: Number of images on which a network is tested; passes per image of the exact denoiser in the variance form.
IMAGES, EXACT_PASSES = 64, 600
PASSES = 1024
#: How the table calls networks that come with the package, behind the name of what they learned.
_SHIPPED = "(shipped networks)"

Say = Callable[[str], None]


def population(source: Source) -> Encoder:
    """49 neurons: linear for Gaussian images, with noise of twice the drives' median variance, else Poisson."""
    return population_for(source, noise=math.sqrt(2))


def judged(denoiser: UNetDenoiser, source: Source, images: int = IMAGES, passes: int = PASSES) -> dict[str, Any]:
    """Compare a network's totals and maps with those of the exact denoiser.

    Returns
    -------
    dict
        ``truth``: mean exact total, nats; ``total``: mean estimate over the truth; ``unscaled``: the same without the
        means of levels and pixels that are measured after training; ``plug_in``: the same by the published sampler;
        ``correlation``: of the mean maps, over pixels; ``map_error``: relative RMSE of single images' maps;
        ``error_64``: relative error of one image's total at 64 passes; ``seconds``: per image, at `passes` passes.
    """
    if source.images is None:
        x = source.held_out(images)
    else:
        x = source.images[torch.randperm(len(source.images), generator=torch.Generator().manual_seed(1))[:images]]
    exact = i_local.estimate(source.exact(denoiser.learned.encoder), x, passes=EXACT_PASSES, form="variance", seed=3)
    start = time.perf_counter()
    found = i_local.estimate(denoiser, x, passes=passes, sampler="amortised", seed=4)
    seconds = (time.perf_counter() - start) / images
    few = i_local.estimate(denoiser, x, passes=64, sampler="amortised", seed=5)
    plain = UNetDenoiser(denoiser.learned)
    assert plain.gain_network is not None
    plain.gain_network.level_scale.fill_(1.0)
    plain.gain_network.pixel_scale.fill_(1.0)
    bare = i_local.estimate(plain, x, passes=passes // 4, sampler="amortised", seed=4)
    plug = i_local.estimate(denoiser, x, passes=passes // 4, sampler="plug_in", seed=6)
    truth, map_ = exact.featurewise, found.featurewise
    assert truth is not None
    assert map_ is not None
    spread = np.sqrt(((few.value - found.value) ** 2).mean()) / found.value.mean()
    return {
        "truth": float(exact.value.mean()),
        "total": float(found.value.mean() / exact.value.mean()),
        "unscaled": float(bare.value.mean() / exact.value.mean()),
        "plug_in": float(plug.value.mean() / exact.value.mean()),
        "correlation": float(np.corrcoef(truth.mean(axis=0), map_.mean(axis=0))[0, 1]),
        "map_error": float(np.sqrt(((map_ - truth) ** 2).sum() / (truth**2).sum())),
        "error_64": float(spread),
        "seconds": seconds,
    }


def trained(
    source: Source, recipe: Recipe, minutes: float | None, seed: int = 0, *, cpu_time: bool = False
) -> UNetDenoiser:
    """Train networks for so many minutes on the CPU."""
    clock = time.process_time if cpu_time else time.monotonic
    run = Training(source, population(source), recipe, seed=seed, minutes=minutes, device="cpu", clock=clock)
    return UNetDenoiser(run.run())


def choices(
    minutes: float = 1.0, say: Say = print, names: Collection[str] = (), old: Sequence[dict[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Train every variant for the same CPU time on one core, where the truth is smooth and known.

    With `names` only those variants are trained, and the other rows are taken from `old`.
    """
    torch.set_num_threads(1)
    rows = []
    kept = {(row["data"], row["variant"]): row for row in old} if names else {}
    for data, (name, recipe) in product(("gaussian", "gmm"), variants().items()):
        if name in names or (data, name) not in kept:
            source = source_named(data)
            denoiser = trained(source, recipe, minutes, cpu_time=True)
            row = {"data": data, "variant": name, "minutes": minutes} | judged(denoiser, source)
            rows.append(row | {"steps": denoiser.learned.notes["recipe"]["steps"]})
            say(f"{data}: {name}: total {row['total']:.3f}, map {row['correlation']:.3f}")
        else:
            rows.append(kept[data, name])
    return rows


def mixture_source(denoiser: MixtureDenoiser, name: str, shape: tuple[int, int]) -> MixtureSource:
    """The prior of a mixture denoiser, as data to train on."""
    weights, means, covs = denoiser.prior_moments()
    return MixtureSource(name, weights, means, covs, shape)


def accuracy(minutes: float = 10.0, say: Say = print) -> list[dict[str, Any]]:
    """Compare networks with a known truth; minutes are CPU time on one core."""
    torch.set_num_threads(1)
    small, line, sixteen = PRESETS["small"], plane(), mixture_16()
    flat = replace(small, architecture=replace(small.architecture, channels=(32,), layers=2))
    cases: dict[str, tuple[Source, Encoder, Recipe, float]] = {}
    source: Source = source_named("gaussian")
    cases["Gaussian images, 8 x 8"] = source, population(source), small, minutes
    source = mixture_source(sixteen, "six components", (4, 4))
    cases["six components in R¹⁶"] = source, sixteen.encoder, small, minutes / 5
    source = mixture_source(line, "two components", (1, 2))
    cases["two components in R²"] = source, line.encoder, flat, minutes / 5
    rows = []
    for name, (source, encoder, recipe, spent) in cases.items():
        run = Training(source, encoder, recipe, minutes=spent, device="cpu", clock=time.process_time)
        denoiser = UNetDenoiser(run.run())
        rows.append({"case": name, "minutes": spent} | judged(denoiser, source) | by_posterior(denoiser, source))
        say(f"{name}: total {rows[-1]['total']:.3f}, map {rows[-1]['correlation']:.3f}")
    return rows


def shipped(say: Say = print) -> list[dict[str, Any]]:
    """Compare the shipped networks with a known truth."""
    torch.set_num_threads(1)
    rows = []
    for name, found in judged_shipped().items():
        denoiser = UNetDenoiser.load(PRETRAINED / name)
        about = {"case": f"{name} {_SHIPPED}", "minutes": denoiser.learned.minutes}
        rows.append(about | found | by_posterior(denoiser, source_named(name)))
        say(f"{name}: total {found['total']:.3f}, map {found['correlation']:.3f}")
    return rows


def judged_shipped() -> dict[str, dict[str, Any]]:
    """The results of `judged` for those shipped networks whose exact denoiser is quick."""
    return {name: judged(UNetDenoiser.load(PRETRAINED / name), source_named(name)) for name in ("digits", "gmm")}


def by_posterior(denoiser: UNetDenoiser, source: Source, images: int = 8, samples: int = 48) -> dict[str, float]:
    """The estimate with reverse diffusion over the amortised one, for the same networks and images; and its error."""
    x = source.shown().pixels[:images].reshape(images, -1)
    sampler = PosteriorSampler(steps=40)
    slow = i_local.estimate(denoiser, x, passes=samples * sampler.passes(denoiser), sampler=sampler, seed=7)
    quick = i_local.estimate(denoiser, x, passes=PASSES, sampler="amortised", seed=7)
    ratio = slow.value.mean() / quick.value.mean()
    return {"posterior": float(ratio), "posterior_stderr": float(np.linalg.norm(slow.stderr) / slow.value.sum())}


def mnist_table(checkpoint: Path, say: Say = print) -> dict[str, Any]:
    """Test networks of MNIST: completeness, agreement with other samplers and the finite set, errors, times."""
    denoiser, source = UNetDenoiser.load(checkpoint), source_named("mnist")
    assert source.images is not None
    notes = denoiser.learned.notes
    order = torch.randperm(len(source.images), generator=torch.Generator().manual_seed(1))
    x = source.images[order[:128]]
    found = i_local.estimate(denoiser, x, passes=128, sampler="amortised", seed=4)
    exact = FiniteSetDenoiser(source.images, denoiser.learned.encoder, dtype=torch.float32)
    truth, doubt = exact.mutual_information(samples=4000)
    say(f"E_X[I(x)] = {found.value.mean():.3f}, I(R;X) = {truth:.3f} ± {doubt:.3f}")
    errors = []
    for passes in (24, 64, 256, 1024, 2000):
        few = i_local.estimate(denoiser, x[:16], passes=passes, sampler="amortised", seed=5)
        start = time.perf_counter()
        i_local.estimate(denoiser, x[:1], passes=passes, sampler="amortised", seed=6)
        seconds = time.perf_counter() - start
        errors.append({"passes": passes, "error": float((few.stderr / few.value).mean()), "seconds": seconds})
        say(f"{passes} passes: {errors[-1]['error']:.1%}, {seconds:.1f} s an image")
    some = i_local.estimate(exact, x[:4], passes=400, form="variance", seed=3)
    mine = i_local.estimate(denoiser, x[:4], passes=1024, sampler="amortised", seed=3)
    assert some.featurewise is not None
    assert mine.featurewise is not None
    return {
        "minutes": denoiser.learned.minutes,
        "mean": float(found.value.mean()),
        "mean_stderr": float(found.value.std() / len(x) ** 0.5),
        "information": truth,
        "information_stderr": doubt,
        "errors": errors,
        "finite_set": float(mine.value.sum() / some.value.sum()),
        "finite_set_correlation": float(np.corrcoef(mine.featurewise.ravel(), some.featurewise.ravel())[0, 1]),
        "held_out": notes["held_out"],
    } | by_posterior(denoiser, source, images=2)


def audits(checkpoints: list[Path], say: Say = print) -> list[dict[str, Any]]:
    """Audit networks, among them those that learned views of the response."""
    rows = []
    for checkpoint in checkpoints:
        denoiser = UNetDenoiser.load(checkpoint)
        notes = denoiser.learned.notes
        found = audit_networks(denoiser, source_named(notes["data"]["name"]))
        for verdict in found.verdicts.values():
            row = {"data": notes["data"]["name"], "minutes": denoiser.learned.minutes, "axiom": verdict.axiom}
            rows.append(row | {"verdict": verdict.verdict, "message": verdict.message})
            say(f"{row['data']}: {verdict.axiom} {verdict.verdict}: {verdict.message}")
    return rows


def _renewed(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The new rows, and the old rows of data that were not audited again."""
    return [row for row in old if row["data"] not in {found["data"] for found in new}] + new


#: Totals and correlations of the shipped networks may differ by this much between machines.
TOLERANCE = 0.01
PARTS = ("choices", "accuracy", "mnist", "audits")


def make(run: Run) -> Data:
    """Make every part, or one of them; the other parts stay as they are committed."""
    data = run.before | {"schema": 1, "torch": torch.__version__}
    minutes, networks, audited = run["minutes"], run["mnist_checkpoint"], run["audited"]
    if run["only"] == "mnist" and networks is None:
        raise OptionError("mnist needs --mnist-checkpoint")
    if run["only"] == "audits" and not audited:
        raise OptionError("audits need --audited")
    parts: dict[str, Callable[[], Any]] = {
        "choices": lambda: choices(minutes or 1.0, run.say, run["variant"] or (), data.get("choices", ())),
        "accuracy": lambda: accuracy(minutes or 10.0, run.say) + shipped(run.say),
    }
    if run["only"] == "shipped":
        others = [row for row in data["accuracy"] if not row["case"].endswith(_SHIPPED)]
        return data | {"accuracy": others + shipped(run.say)}
    if networks is not None:
        parts["mnist"] = lambda: mnist_table(networks, run.say)
    if audited:
        parts["audits"] = lambda: _renewed(data.get("audits", []), audits(audited, run.say))
    for name, part in parts.items():
        if run["only"] in (None, name):
            data[name] = part()
            run.keep(data)
    return data


def markdown(data: Data) -> str:
    """The tables in Markdown."""
    return page("learned.md", words=WORDS, **{name: data.get(name) for name in PARTS})


def differences(name: str, committed: dict[str, Any], fresh: dict[str, Any]) -> list[str]:
    """The differences between two results of `judged` for the shipped networks of that name, one line each."""
    keys = ("truth", "total", "plug_in", "correlation", "map_error")
    return [
        f"shipped networks of {name}: {key} {committed[key]:.4f} committed, {fresh[key]:.4f} now"
        for key in keys
        if abs(committed[key] - fresh[key]) > TOLERANCE
    ]


def check(committed: Data) -> list[str]:
    """The differences when the shipped networks are tested again."""
    rows = {row["case"]: row for row in committed["accuracy"]}
    found = judged_shipped().items()
    return [line for name, row in found for line in differences(name, rows[f"{name} {_SHIPPED}"], row)]


STUDY = Study(
    name="learned",
    cost="an hour and a half of one core; made only when it is named",
    make=make,
    outputs=("learned.json", "learned.md"),
    page=markdown,
    options=(
        ("--only", {"choices": (*PARTS, "shipped"), "help": "make this part anew, and keep the others"}),
        ("--minutes", {"type": float, "help": "CPU minutes of each training run (choices: 1; accuracy: 10)"}),
        (
            "--variant",
            {
                "choices": tuple(variants()),
                "action": "append",
                "help": "train this variant, and keep the rows of the others; may be repeated",
            },
        ),
        ("--mnist-checkpoint", {"type": Path, "help": "networks of `stiminfo train --dataset mnist`"}),
        (
            "--audited",
            {
                "type": Path,
                "action": "append",
                "help": "networks to audit; may be repeated; rows of other data stay",
            },
        ),
    ),
    only_named=True,
    check=check,
    checked="the shipped networks, judged anew",
)
