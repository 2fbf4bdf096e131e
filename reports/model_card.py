"""The card that `stiminfo train` writes beside a checkpoint: what was trained, on what data, how, and how well."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import torch

from .. import __version__
from ..diffusion.bias import LEAST_PASSES, MOST_PASSES, Approximate, Reference, fewest_passes, measure_bias
from ..diffusion.bias_record import Bias
from ..diffusion.cautions import caution_about
from ..diffusion.checkpoints import Learned, minutes_of
from ..diffusion.datasets import words_for
from ..diffusion.held_out import Yardstick, held_out_losses
from ..diffusion.loading import serving
from ..diffusion.samplers import ResponseSampler, sampler_named
from ..diffusion.sources import Source
from ..diffusion.unet import UNetDenoiser
from .templating import render

#: Held-out stimuli, and stimuli that were learned, on which the bias is measured.
_STIMULI = 2048
#: It takes one pass per so many images of the training.
_SHARE = 2
#: Pixels of the images that a U-Net denoises in a tenth of a millisecond on a CPU.
_QUICK = 256
#: Stimuli in the pass that is timed, and how much longer than this a pass of a sampler takes that differentiates.
_TIMED, _SLOWER = 64, 2.0


def provenance() -> dict[str, Any]:
    """The version of the package, and the commit if the package runs from a checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10
        )
        commit = done.stdout.strip() if done.returncode == 0 else None
    except (OSError, subprocess.SubprocessError):
        commit = None
    return {"version": __version__, "commit": commit}


def findings(
    learned: Learned,
    source: Source,
    seed: int = 0,
    yardstick: Yardstick | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Describe a checkpoint's data, its population and its losses on held-out images, as plain JSON values.

    Parameters
    ----------
    learned : the networks
    source : the data that they were trained on
    seed : of the samples that estimate I(R;X)
    yardstick : the held-out views and the losses of the other denoisers; made here if left out
    seconds : how long the measurement of the networks' systematic error may take; it is left out, for estimates to
        measure when they need it, where its fewest passes take longer
    """
    if yardstick is None:
        yardstick = Yardstick.of(source, learned.encoder, learned.denoising.levels, seed=seed)
    total, stderr = yardstick.information
    denoiser = serving(UNetDenoiser(learned))
    assert isinstance(denoiser, Approximate)
    members = source.draw(_STIMULI, torch.Generator().manual_seed(seed))
    reference = Reference(source.held_out(_STIMULI), (total, stderr), members)
    sampler = sampler_named(denoiser.usual_sampler, denoiser)
    passes = _passes_in(seconds, denoiser, sampler, passes_for_bias(learned))
    bias = {sampler.name: measure_bias(denoiser, sampler, reference, passes, seed).to_json()} if passes else {}
    networks = [learned.denoising, *([] if learned.gain is None else [learned.gain])]
    return {
        "data": {
            "name": source.name,
            "shape": list(source.shape),
            "images": None if source.images is None else len(source.images),
            "digest": source.digest,
            "credit": source.credit,
        },
        "population": repr(learned.encoder),
        "information": {"nats": total, "stderr": stderr},
        "weights": sum(p.numel() for network in networks for p in network.parameters()),
        "held_out": held_out_losses(learned.denoising, source, learned.encoder, yardstick),
        "bias": bias,
        "held_out_views": yardstick.views,
        "exact_images": yardstick.images,
        "provenance": provenance(),
    }


def passes_for_bias(learned: Learned) -> int:
    """Passes in which the bias of networks is measured: a share of the images that they were trained on."""
    recipe = learned.notes["recipe"]
    quick = learned.denoising.architecture.network == "mlp" or len(learned.denoising.centre) <= _QUICK
    most = MOST_PASSES if quick else MOST_PASSES // 8
    learned_from = int(recipe["batch"]) * int(recipe["steps"] + recipe["gain_steps"])
    return min(most, max(LEAST_PASSES, learned_from // _SHARE))


def _passes_in(seconds: float | None, denoiser: Approximate, sampler: ResponseSampler, passes: int) -> int:
    """At most `passes`, as many as fit into the time; 0 where it is too short for a measurement."""
    if seconds is None:
        return passes
    start, x = time.monotonic(), denoiser.some_stimuli()[:1].expand(_TIMED, -1)
    with torch.no_grad():
        denoiser.xhat(x, x.new_ones(_TIMED))
    fit = int(seconds * _TIMED / (_SLOWER * (time.monotonic() - start)))
    return 0 if fit < fewest_passes(denoiser, sampler) else min(passes, fit)


def third_denoiser(notes: dict[str, Any]) -> tuple[str, str]:
    """The name of the denoiser beside the network and the linear one, in tables of losses; a sentence on what it is."""
    every, used, many = notes["data"]["images"], notes.get("exact_images"), words_for(notes["data"]["shape"]).many
    if every is None:
        return "exact", "exact: by the true prior, the best that a denoiser can be"
    of = f"the {every} {many}" if used in (None, every) else f"{used} of the {every} {many}"
    return (
        "training set",
        f"training set: the exact denoiser of {of} that were trained on. It knows no others: on held-out {many} it may "
        "be far worse than the linear one, most of all at small gamma",
    )


def model_card(name: str, notes: dict[str, Any]) -> str:
    """The card in Markdown, from a checkpoint's notes."""
    before, (third, about_third) = notes.get("began_with"), third_denoiser(notes)
    words = words_for(notes["data"]["shape"])
    return render(
        "model_card.md",
        name=name,
        notes=notes,
        before=before,
        minutes_before=minutes_of(before) if before else None,
        biases={name: Bias.from_json(found) for name, found in notes.get("bias", {}).items()},
        words=words,
        caution=caution_about(notes["held_out"], words.many),
        third=third,
        about_third=about_third,
    )
