"""The card beside a checkpoint: what was trained, on what, how, and how well, for people."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from .. import __version__
from ..diffusion.cautions import caution_about
from ..diffusion.checkpoints import Learned, minutes_of
from ..diffusion.held_out import Yardstick, held_out_losses
from ..diffusion.sources import Source


def provenance() -> dict[str, Any]:
    """The version, and the commit where this is a checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10
        )
        commit = done.stdout.strip() if done.returncode == 0 else None
    except (OSError, subprocess.SubprocessError):
        commit = None
    return {"version": __version__, "commit": commit}


def findings(learned: Learned, source: Source, seed: int = 0, yardstick: Yardstick | None = None) -> dict[str, Any]:
    """What a checkpoint says of its data, its population and its losses on held-out images: plain JSON values.

    Parameters
    ----------
    seed : of the samples from which the information is found
    yardstick : what the networks are measured by; measured here if left out
    """
    if yardstick is None:
        yardstick = Yardstick.of(source, learned.encoder, learned.denoising.levels, seed=seed)
    total, stderr = yardstick.information
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
        "held_out_views": yardstick.views,
        "exact_images": yardstick.images,
        "provenance": provenance(),
    }


def model_card(name: str, notes: dict[str, Any]) -> str:
    """The card in Markdown, from a checkpoint's notes."""
    data, recipe, said = notes["data"], notes["recipe"], notes["provenance"]
    architecture = recipe["architecture"]
    made = f"stiminfo {said['version']}" + (f", commit {said['commit'][:12]}" if said["commit"] else "")
    lines = [
        f"# {name}",
        "",
        "U-Nets (`diffusers.UNet2DModel`) that denoise images with and without a population's responses, for",
        "`stiminfo decompose --checkpoint`; and one that regresses what a response tells of each pixel.",
        "",
        f"- **Data**: {data['name']}, {data['shape'][0]} x {data['shape'][1]} pixels"
        + (f", {data['images']} images" if data["images"] else ", drawn without end")
        + f". {data['credit']}".rstrip(". "),
        f"- **Population**: {notes['population']}; I(R;X) = {notes['information']['nats']:.3f} "
        f"± {notes['information']['stderr']:.3f} nats",
        f"- **Networks**: channels {architecture['channels']}, {architecture['layers']} layer(s) a level, patches of "
        f"{architecture['patch']}, {architecture['preconditioning']} preconditioning, responses by "
        f"{architecture['route']}, {'one network' if architecture['shared'] else 'two networks'}; "
        + (f"views of the response: {', '.join(architecture['views'])}; " if architecture["views"] else "")
        + f"{notes['weights']} weights",
        f"- **Schedule**: {recipe['steps']} steps for the denoisers and {recipe['gain_steps']} for the gain network, "
        f"batches of {recipe['batch']}, AdamW at {recipe['rate']:g}, {recipe['warm_up']} steps of warm-up, cosine; "
        f"average of the weights with decay {recipe['ema']:g}; precision {recipe['precision']}; seed {notes['seed']}",
        f"- **Made** by {made} with torch {notes['torch']}, in {notes['seconds'] / 60:.1f} minutes on "
        f"{notes['device']}",
        *_began(notes),
        *_warned(notes),
        "",
        "Mean squared error of a pixel on held-out images, by noise level, beside the best linear denoiser (Wiener)",
        f"and the exact one ({_exact_of(notes)}):",
        "",
        "| gamma | network | linear | exact | with r: network | linear | exact |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in notes["held_out"]:
        cells = [f"{row[key]:.4g}" for key in ("network", "linear", "exact")]
        cells += [f"{row[f'{key}_given']:.4g}" for key in ("network", "linear", "exact")]
        lines.append(f"| {row['low']:.3g} to {row['high']:.3g} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _warned(notes: dict[str, Any]) -> list[str]:
    """The warning about networks that are worse than linear, or nothing."""
    caution = caution_about(notes["held_out"])
    return ["", f"**Warning:** {caution}."] if caution else []


def _exact_of(notes: dict[str, Any]) -> str:
    """What the exact denoiser is made of."""
    few, every = notes.get("exact_images"), notes["data"]["images"]
    if few is None or few == every:
        return "of the training set, or of the true prior"
    return f"of {few} images of the training set, since the run was short"


def _began(notes: dict[str, Any]) -> list[str]:
    """A line about the networks that a run began with, or nothing."""
    before = notes.get("began_with")
    if before is None:
        return []
    recipe = before["recipe"]
    return [
        f"- **Began** with networks trained for {recipe['steps']} steps, batches of {recipe['batch']}, AdamW at "
        f"{recipe['rate']:g}, in {minutes_of(before):.1f} minutes on {before['device']}"
    ]
