"""When networks count as worse than the best linear denoiser, and where the user is warned."""

import warnings

import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import UNetDenoiser  # noqa: E402
from stiminfo.diffusion.cautions import caution_about, worse_bands  # noqa: E402
from stiminfo.diffusion.checkpoints import PRETRAINED  # noqa: E402
from stiminfo.diffusion.held_out import BANDS, VIEWS, Yardstick, held_out_losses  # noqa: E402
from stiminfo.reports.model_card import findings, model_card  # noqa: E402

from . import learning  # noqa: E402

# They share what a fixture makes: one worker runs them all.
pytestmark = pytest.mark.xdist_group("cautions")


@pytest.fixture(scope="module")
def broken():
    """Networks after six training steps, with their notes: barely trained."""
    learned = learning.training().run()
    learned.notes |= findings(learned, learning.SOURCE)
    return learned


def row(low, high, network=1.0, linear=1.0, stderr=0.001):
    losses = {"network": network, "linear": linear, "exact": linear, "stderr": stderr}
    same = {f"{name}_given": linear if name == "network" else value for name, value in losses.items()}
    return {"low": low, "high": high} | losses | same


def test_broken_networks_are_told_of_by_the_card_and_by_every_estimate(broken):
    denoiser = UNetDenoiser(broken)
    worse = worse_bands(broken.notes["held_out"])
    assert len(worse) > BANDS // 2
    assert "worse than the best linear denoiser" in denoiser.caution
    with pytest.warns(UserWarning, match="worse than the best linear denoiser"):
        si.i_local.estimate(denoiser, learning.SOURCE.held_out(1), passes=64, sampler="plug_in")
    assert f"**Warning:** {denoiser.caution}" in model_card("net", broken.notes)


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_the_shipped_networks_are_not(name):
    denoiser = UNetDenoiser.load(PRETRAINED / name)
    assert denoiser.caution == ""
    assert worse_bands(denoiser.learned.notes["held_out"]) == []


def test_the_linear_denoiser_itself_is_not_worse_by_the_noise_of_the_views():
    """Networks as good as the linear denoiser: losses of 64 noisy images that differ by noise alone."""
    levels = learning.training().run().denoising.levels
    yardstick = Yardstick.of(learning.SOURCE, learning.ENCODER, levels, effort=0.0)
    assert yardstick.views < VIEWS
    generator = torch.Generator().manual_seed(0)
    false = 0
    for _ in range(200):
        rows = []
        for band in range(BANDS):
            errors = yardstick.linear[""][band]
            other = errors[torch.randint(len(errors), (len(errors),), generator=generator)]
            stderr = float((other - errors).std() / len(errors) ** 0.5)
            rows.append(row(band, band + 1, float(other.mean()), float(errors.mean()), stderr))
        false += caution_about(rows) != ""
    assert false <= 10


def test_a_difference_counts_beyond_its_noise_and_beyond_a_twentieth():
    assert caution_about([row(1, 2, 1.04)]) == ""
    assert caution_about([row(1, 2, 1.06)]) != ""
    assert caution_about([row(1, 2, 1.2, stderr=0.1)]) == ""
    assert caution_about([row(1, 2, 0.5)]) == ""
    [found] = worse_bands([row(1, 2, 1.5), row(2, 3)])
    assert (found.low, found.high, found.given, found.excess) == (1, 2, False, 0.5)


def test_neighbouring_bands_are_said_as_one_range():
    said = caution_about([row(1, 2, 1.5), row(2, 4, 1.25), row(4, 8), row(8, 16, 1.1)])
    assert "without responses at gamma 1 to 4, gamma 8 to 16 (by up to 50%)" in said
    assert "with responses" not in said.replace("without responses", "")


@pytest.mark.parametrize("rows", [None, [], "bands", [None], [{}], [{"low": "x"}], [{"low": 1, "high": 2}]])
def test_notes_without_losses_say_nothing(rows):
    assert caution_about(rows) == ""


def test_notes_of_an_older_version_need_no_standard_error():
    old = {name: value for name, value in row(1, 2, 1.5).items() if not name.startswith("stderr")}
    assert len(worse_bands([old])) == 1


def test_losses_on_few_views_carry_their_standard_error(broken):
    few = Yardstick.of(learning.SOURCE, learning.ENCODER, broken.denoising.levels, effort=0.0)
    rows = held_out_losses(broken.denoising, learning.SOURCE, learning.ENCODER, few)
    many = broken.notes["held_out"]
    for one, other in zip(rows, many):
        assert abs(one["network"] - other["network"]) < 6 * (one["network"] * (2 / few.views) ** 0.5)
        assert one["stderr"] > other["stderr"]


def test_networks_without_held_out_losses_are_silent():
    denoiser = UNetDenoiser(learning.training().run())
    assert denoiser.caution == ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "the systematic error exceeds")  # what is measured, not what was held out
        si.i_local.estimate(denoiser, learning.SOURCE.held_out(1), passes=64, sampler="plug_in")
