"""The scores of latent groups on a terminal: a table of groups by factors, and what each number means."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rich.console import Console

    from ..diffusion.latents import Bound, GroupScores

#: Dots per inch of the figure in pixels.
_DPI = 200


def print_scores(scores: GroupScores, console: Console) -> None:
    """Print the table of a group VAE's scores, and a line about each number beside it."""
    from rich.table import Table

    table = Table(
        title=f"Share of each factor's entropy that a group tells ({known_how(scores)})", title_justify="left"
    )
    table.add_column("group")
    table.add_column("label")
    for name in scores.factors:
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("I(z; x), nats", justify="right", overflow="fold")
    for row, shares, nats, error in zip(scores.rows, cells(scores), scores.about_image, scores.image_stderr):
        # Adding 0 turns -0.00 into 0.00.
        known = f"{round(nats, 2) + 0.0:.2f} ± {error:.2f}" if np.isfinite(nats) else "unknown"
        if scores.least is not None:
            known = f"{scores.least[scores.rows.index(row), 0]:.2f} to {nats:.2f}"
        if row not in scores.groups.names:
            table.add_section()
        label = scores.groups.supervised.get(row, "free" if row in scores.groups.names else "")
        table.add_row(_called(row), label, *shares, known)
    if scores.population is not None:
        people = scores.population
        told = f"{people.about_image:.2f} ± {people.stderr:.2f}"
        table.add_row("responses r", "", *(percent(share) for share in people.shares), told)
    console.print(table)
    for line in sentences(scores):
        console.print(line, highlight=False, markup=False)


def print_critics(scores: GroupScores, bounds: Mapping[str, Bound], console: Console) -> None:
    """Print what trained critics find of what each group tells, in one line."""
    if not bounds:
        return
    told = dict(zip(scores.rows, scores.about_image))
    found = ", ".join(f"{_called(row)} {bound.value:.2f} of {told[row]:.2f}" for row, bound in bounds.items())
    cap = next(iter(bounds.values())).cap
    console.print(
        f"critics, trained with InfoNCE, find on fresh latents (nats; at most {cap:.2f}): {found}",
        highlight=False,
        markup=False,
    )


def known_how(scores: GroupScores) -> str:
    """How the information is known, in a few words."""
    if scores.bound:
        return "at least, by classifiers" if scores.held_out else "by classifiers, on the trials that were learned from"
    if scores.law == "known":
        return "exact in the images"
    return "estimated from trials" if scores.least is None else "from at least, by held-out trials, to an estimate"


def cells(scores: GroupScores) -> list[list[str]]:
    """Each row's shares of the factors in words: 52%, or from at least to an estimate, 52-63%."""
    least = scores.least_shares
    if least is None:
        return [[percent(share) for share in row] for row in scores.shares]
    return [[percent(share, low) for low, share in zip(lows, row)] for lows, row in zip(least, scores.shares)]


def sentences(scores: GroupScores) -> list[str]:
    """What the numbers beside the table are, and how to read them."""
    of = "responses that were not learned from" if scores.held_out else "the responses that were learned from"
    beside = ""
    if np.isfinite(scores.r2_of_means):
        beside = (
            f"; of the true mean responses it is {scores.r2_of_means:.3f}, which is no ceiling: the latents are read "
            "from the very responses that they rebuild, noise included"
        )
    lines = [
        f"R^2 {scores.r2:.3f}, RMSE {scores.rmse:.3f}: how well the latents rebuild {of}{beside}",
        f"gap by groups {scores.gap_groups.mean():.3f}: how far one group is ahead of the next, as a share of a "
        "factor's entropy (mean over factors; 1: each factor is in one group alone; free groups count as one)",
        f"gap by dimensions {scores.gap_dimensions.mean():.3f}: the published gap, between single latents in 20 bins; "
        "it is low where a factor needs several latents, as a rotation does",
    ]
    if np.isfinite(scores.partial_correlation):
        which = "exact" if scores.law == "known" else "estimated"
        lines.append(
            f"partial correlation {scores.partial_correlation:.3f} ± {scores.partial_stderr:.3f} nats: what the groups "
            f"share (0: independent groups), of the {which} mixture over all images"
        )
    if scores.law == "fitted" and not scores.bound:
        lines.append(
            "estimated: each image's responses are taken for Gaussian, with the mean of its trials and one covariance "
            "for all. Means of few trials differ by chance, too, so that the estimate is too high"
            + ("; what held-out trials show is too low" if scores.least is not None else "")
        )
    if scores.bound and not scores.held_out:
        lines.append("the classifiers saw the trials that they are judged on: what they find is no lower bound")
    if scores.population is not None and not scores.bound:
        kept, told = scores.about_image[-1], scores.population.about_image
        lines.append(
            f"I(z; x) = {kept:.2f} <= I(r; x) = {told:.2f} nats: the latents keep {kept / max(told, 1e-12):.0%} of "
            "what the responses tell about the image"
        )
    lines += [f"{name} has collapsed: it tells nothing, and edits along it change nothing" for name in scores.collapsed]
    return lines


def _called(row: str) -> str:
    return {"free": "all free groups", "whole": "all groups, z"}.get(row, row)


def percent(share: float, low: float | None = None) -> str:
    """A share in words, 52%, or from a lower bound to an estimate, 43–53%; estimates of 0 scatter around it."""
    most = f"{max(share, low or 0.0, 0.0):.0%}"
    return most if low is None else f"{max(low, 0):.0%}".rstrip("%") + f"–{most}"


def figures(scores: GroupScores) -> dict[str, bytes]:
    """The table as a picture: groups.png and groups.svg, by file name."""
    from .draw.groups import plot_groups

    figure, found = plot_groups(scores), {}
    for kind in ("png", "svg"):
        stream = io.BytesIO()
        figure.savefig(stream, format=kind, dpi=_DPI)
        found[f"groups.{kind}"] = stream.getvalue()
    return found
