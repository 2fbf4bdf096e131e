"""The paper's figures 4 and 6: maps of the information that a population of neurons carries about pixels.

Both raise `MissingExtra` if torch is not installed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...models.arrays import Array

if TYPE_CHECKING:
    from ...diffusion import FiniteSetDenoiser
    from ...diffusion.datasets import Images
    from ...diffusion.encoders import LinearNonlinearPoisson
    from ..decomposition import Decomposition
    from ..draw.style import Drawing

#: Number of images shown, and the sizes of the finite sets that figures 4 and 6 take as the prior.
SHOWN, SET, LARGER_SET = 5, 2000, 10_000
#: Denoiser passes per image: of figure 4; of figure 6 by networks, and by the finite set. They leave errors of some
#: percent.
PASSES, NETWORK_PASSES, SET_PASSES = 40_000, 1024, 6000
#: Responses drawn for each of figure 4's measures without maps.
DRAWS = 4000
#: How many times as many responses are drawn for the entropies of responses.
_MORE = 20
#: Side of an image (C.1), and the parameters of the receptive fields and neurons in print (C.2).
SIDE, AMPLITUDE, GAIN, THRESHOLD = 32, 2.0, 1.0, 0.5
#: Rates beyond these shares of the largest one count as silent and as saturated.
SILENT, SATURATED = 0.05, 0.95


def paper_images(folder: Path | None = None, count: int = SET) -> Images:
    """The first images of MNIST, or the digits without its files, with 32 x 32 pixels in [-1, 1] (C.1)."""
    import torch

    from ...diffusion.datasets import MNIST_VARIABLE, Images, digits, mnist

    found = mnist(folder) if folder or os.environ.get(MNIST_VARIABLE) else digits()
    pixels = torch.from_numpy(found.pixels[:count])[:, None]
    scaled = torch.nn.functional.interpolate(pixels, size=(SIDE, SIDE), mode="bilinear")[:, 0]
    labels = None if found.labels is None else found.labels[:count]
    return Images(found.name, (2 * scaled - 1).numpy(), labels, found.credit)


def printed_neurons() -> LinearNonlinearPoisson:
    """The 49 neurons of C.2 as printed: the amplitude belongs to the receptive fields, and rates stay below 1."""
    from ...diffusion.encoders import LinearNonlinearPoisson
    from ...diffusion.populations import receptive_fields

    return LinearNonlinearPoisson(AMPLITUDE * receptive_fields((SIDE, SIDE)), GAIN, THRESHOLD, 1.0)


def our_neurons(images: Images) -> LinearNonlinearPoisson:
    """The same receptive fields with sigmoids that are centred on the drives which the images cause."""
    from ...diffusion.populations import normalised_population, receptive_fields

    return normalised_population(images.pixels, receptive_fields(images.pixels.shape[1:]))


def rates(encoder: LinearNonlinearPoisson, images: Images) -> Array:
    """The neurons' mean counts (N, k), as shares of the largest that they can have."""
    import torch

    encoder = encoder.to(dtype=torch.float64)
    rows = torch.from_numpy(images.pixels.reshape(len(images.pixels), -1)).double()
    return np.asarray((encoder.rates(rows) / encoder.amplitude).numpy())


def regimes(encoder: LinearNonlinearPoisson, images: Images) -> tuple[float, float, float]:
    """The shares of (neuron, image) pairs that are silent, graded and saturated."""
    found = rates(encoder, images)
    silent, saturated = float((found < SILENT).mean()), float((found > SATURATED).mean())
    return silent, 1 - silent - saturated, saturated


def by_responses(denoiser: FiniteSetDenoiser, chosen: Array, draws: int = DRAWS) -> dict[str, tuple[Array, Array]]:
    """The measures that need no noisy stimuli, for members of a finite set.

    They are means over drawn responses r ~ p(r|x), of which the whole set gives p(r) and p(x|r). Returns the values and
    their standard errors, (n,) each, by measure, in nats.
    """
    import torch

    generator, encoder, log_prior = denoiser.generator(0), denoiser.encoder, denoiser.log_prior

    def log_likelihoods(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A response to each row of x: log p(r|x_n) (B, N), and log p(r) (B,)."""
        r = encoder.sample(x, generator)
        table = denoiser.likelihoods(r) + encoder.base(r)[:, None]
        return table, torch.logsumexp(table + log_prior, dim=1)

    def mean(found: torch.Tensor) -> tuple[float, float]:
        return float(found.mean()), float(found.std()) / len(found) ** 0.5

    # H(R) and H(R|x) are large numbers with a small difference, so they get more draws.
    blocks = [denoiser.draw_prior(draws, generator) for _ in range(_MORE)]
    entropy_r = mean(-torch.cat([log_likelihoods(block)[1] for block in blocks]))
    entropy_x = -(log_prior.exp() @ log_prior)
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in ("i_sp", "i_ssi", "i_surp", "i_cissi")}
    for index in chosen:
        x = denoiser.stimuli[int(index)].to(denoiser.dtype).expand(draws, -1)
        table, log_r = log_likelihoods(x)
        log_post = table + log_prior - log_r[:, None]
        post = log_post.exp()
        many = x[:1].expand(_MORE * draws, -1)
        given = mean(-encoder.log_likelihood(encoder.sample(many, generator), many))
        rows["i_sp"].append((entropy_r[0] - given[0], float(np.hypot(entropy_r[1], given[1]))))
        rows["i_ssi"].append(mean(entropy_x + (post * log_post).sum(dim=1)))
        rows["i_surp"].append(mean(table[:, int(index)] - log_r))
        rows["i_cissi"].append(mean((post * (log_post - log_prior)).sum(dim=1)))
    return {name: (np.array(found)[:, 0], np.array(found)[:, 1]) for name, found in rows.items()}


def figure_4(data: Path | None = None) -> Drawing:
    """Draw receptive fields, and maps for C.2's neurons as printed beside ours, for a finite set of images."""
    from ...diffusion import FiniteSetDenoiser
    from ..decomposition import decompose, spread_choice
    from ..draw.maps import draw_rows, fisher_row, image_row, measure_row
    from ..symbols import symbol

    images = paper_images(data)
    chosen, unknown = spread_choice(images, SHOWN), (float("nan"), float("nan"))
    flat = images.pixels.reshape(len(images.pixels), -1)
    printed, ours = printed_neurons(), our_neurons(images)
    sets = [FiniteSetDenoiser(flat, encoder) for encoder in (printed, ours)]
    wanted = (("i_local",), ("i_local", "i_kong1", "i_kong2"))
    found: list[Decomposition] = [
        decompose(images, one.encoder, chosen, measures=names, passes=PASSES, denoiser=one, information=unknown)
        for one, names in zip(sets, wanted)
    ]
    rows = [
        image_row(found[0]),
        fisher_row(found[0], "Fisher\nC.2"),
        fisher_row(found[1], "Fisher\nours"),
        measure_row(found[0], "i_local", "\nC.2"),
        *(measure_row(found[1], name, "\nours") for name in wanted[1]),
    ]
    lines = [
        (symbol(name).mathtext, [f"{v:.2f}±{e:.2f}".replace("-", "−") for v, e in zip(*values)])
        for name, values in by_responses(sets[1], chosen).items()
    ]
    note = f"Finite set of {len(flat):,} images, Monte Carlo. C.2: as printed; ours: sigmoids centred on the drives"
    drawn = draw_rows(found[0], rows, note, lines, letters=True, head=1.05)
    _draw_head(drawn, printed, images, {"C.2": regimes(printed, images), "ours": regimes(ours, images)})
    return drawn


def _draw_head(
    figure: Drawing,
    encoder: LinearNonlinearPoisson,
    images: Images,
    shares: dict[str, tuple[float, float, float]],
) -> None:
    """Draw panel A: the receptive fields, and how many neurons of both populations respond gradually."""
    from ..draw.style import GREEN, PURPLE, VERMILLION, styled

    height = figure.get_figheight()
    fields = encoder.weights.cpu().numpy().reshape(-1, SIDE, SIDE)
    with styled():
        figure.text(0.005, 1 - 0.05 / height, "A", fontsize=8, weight="bold", va="top")
        seen = figure.add_axes((0.62 / 3.4, 1 - 0.95 / height, 0.8 / 3.4, 0.8 / height))
        seen.imshow(images.pixels[0], cmap="gray")
        for weights in fields:
            # One standard deviation from the centre, where a Gaussian has fallen to exp(-1/2).
            seen.contour(weights, levels=[np.exp(-0.5) * AMPLITUDE], colors=[VERMILLION], linewidths=0.4)
        seen.set_axis_off()
        seen.set_title(f"{len(fields)} receptive fields", fontsize=6)
        bars = figure.add_axes((1.95 / 3.4, 1 - 0.85 / height, 1.3 / 3.4, 0.7 / height))
        for offset, (label, values), colour in zip((-0.2, 0.2), shares.items(), (GREEN, PURPLE)):
            bars.bar(np.arange(3) + offset, [100 * value for value in values], 0.38, color=colour, label=label)
        bars.set_xticks(range(3), ["silent", "graded", "saturated"])
        bars.tick_params(labelsize=5.5)
        bars.set_title("neurons and images, %", fontsize=6)
        bars.legend(fontsize=5.5)


def figure_6(data: Path | None = None) -> Drawing:
    """Draw maps by networks above those of a finite set: MNIST, or the digits without a folder of the MNIST files."""
    from ...diffusion import FiniteSetDenoiser, UNetDenoiser
    from ...diffusion.checkpoints import PRETRAINED
    from ...diffusion.sources import source_named
    from ..decomposition import decompose, spread_choice
    from ..draw.maps import plot_maps

    name = "mnist" if data or os.environ.get("STIMINFO_MNIST") else "digits"
    denoiser, source = UNetDenoiser.load(PRETRAINED / name), source_named(name, folder=data)
    images, encoder = source.shown(), denoiser.learned.encoder
    chosen = spread_choice(images, SHOWN)
    unknown = (float("nan"), float("nan"))
    by_networks = decompose(images, encoder, chosen, passes=NETWORK_PASSES, denoiser=denoiser, information=unknown)
    flat = images.pixels[:LARGER_SET].reshape(-1, images.pixels[0].size)
    finite = FiniteSetDenoiser(flat, encoder)
    beside = decompose(images, encoder, chosen, passes=SET_PASSES, denoiser=finite, information=unknown)
    made_by = (
        f"Networks: {name}, trained for {denoiser.learned.minutes:.1f} min; below, a finite set of {len(flat):,} "
        "images, Monte Carlo"
    )
    return plot_maps(by_networks, "i_local", beside, made_by, beside_label="finite set", letters=True)
