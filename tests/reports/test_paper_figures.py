"""The paper's figures: what they say is in the numbers, and they are written whole."""

import numpy as np
import pytest

from stiminfo.errors import MissingExtra
from stiminfo.estimators import PUBLISHED
from stiminfo.models import Bump, Gaussian, ModelError, PoissonNoise, ResponsePair, encoding_model
from stiminfo.reports.draw.style import AFTER, BEFORE
from stiminfo.reports.paper import images as paper_images
from stiminfo.reports.paper import models
from stiminfo.reports.paper.compared import (
    between_modes,
    draw_setting,
    figure_of,
    largest_gap,
    largest_rise,
    near_change,
)
from stiminfo.reports.paper.figures import FIGURES, write_figure
from stiminfo.reports.symbols import symbol


def test_figure_1_numbers():
    found = models.second_bump(nodes=161)
    assert near_change(found, "fisher") < 1e-5
    assert 0.05 < near_change(found, "i_local") < 0.1 < near_change(found, "i_surp")
    for name in set(PUBLISHED) - {"fisher"}:
        assert found.before.mean(name) == pytest.approx(found.before.mean("i_surp"), abs=1e-5)


def test_figure_2_numbers():
    found = models.other_prior(nodes=161)
    assert np.ptp(found.before.values["i_local"][found.likely()]) < 1e-4
    assert between_modes(found, "i_local") > 0.5
    before = found.before.prior @ found.before.x**2
    assert found.after.prior @ found.after.x**2 == pytest.approx(before, rel=1e-3)


def test_figure_3_numbers():
    """With modes weighted .1 and .9, sd .5, noise 1, I_SSI and I_sp rise by up to .10 and .17."""
    found = models.magnitude()
    assert largest_rise(found, "i_ssi") == pytest.approx(0.10, abs=0.005)
    assert largest_rise(found, "i_sp") == pytest.approx(0.17, abs=0.005)
    assert max(largest_rise(found, name) for name in ("i_local", "i_surp", "i_kong2")) < 0
    # |r| cannot tell x from -x: where the sign is all there is to tell, Fisher information is 0.
    at_zero = np.interp(0.0, found.after.x, found.after.values["fisher"])
    assert at_zero < 1e-3


def test_figure_5_numbers():
    found = models.two_neurons(nodes=65, height=1.0)
    assert abs(largest_gap(found, "i_local")) < 1e-6 < abs(largest_gap(found, "i_kong2"))


def test_pairs_have_one_stimulus():
    one = encoding_model(prior=Gaussian(), tuning=Bump(), noise=PoissonNoise(), nodes=20)
    two = encoding_model(prior=Gaussian(0.5), tuning=Bump(), noise=PoissonNoise(), nodes=20)
    with pytest.raises(ModelError, match="same stimuli, geometry and prior"):
        ResponsePair.independent(one, two)
    pair = ResponsePair.independent(one, one)
    assert pair.first.likelihood == pytest.approx(one.likelihood)
    assert pair.both.likelihood_gradient.sum(axis=0) == pytest.approx(0, abs=1e-12)


def test_drawn_in_one_style():
    figure, _ = figure_of(2)
    assert figure.get_figwidth() < 3.5
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert [title.split()[0] for title in titles] == [f"$\\bf{{{letter}}}$" for letter in "ABCDEFGHIJK"]
    assert [title.split()[1] for title in titles[3:]] == [symbol(name).mathtext for name in PUBLISHED]
    assert all("nats" in title for title in titles[3:])


def test_posteriors_of_figure_2():
    """The posterior moves more between the modes than at one of them."""
    settings = models.other_prior(nodes=161).settings
    assert [one.title for one in settings] == ["prior (1 / unit)", "p(X|r) near 0", "p(X|r) near 1"]
    apart = []
    for setting in settings[1:]:
        one, other = (line.y for line in setting.lines)
        apart.append(np.abs(one - other).sum())
    assert apart[0] > 1.5 * apart[1]


def test_responses_of_figure_3():
    prior, responses = models.magnitude(nodes=161).settings
    assert len(prior.lines) == 1
    whole, folded = responses.lines
    assert whole.y == pytest.approx(whole.x, abs=1e-6)
    assert whole.spread == pytest.approx(1.0, abs=0.01)
    # E|x + noise| of a folded normal distribution, at x = 0.
    at_zero = np.interp(0.0, folded.x, folded.y), np.interp(0.0, folded.x, folded.spread)
    assert at_zero == pytest.approx((np.sqrt(2 / np.pi), np.sqrt(1 - 2 / np.pi)), abs=0.01)


def test_lines_that_are_not_the_two_sides_have_other_colours():
    """Blue and orange stand for the sides compared, so two neurons are neither; a band is drawn where there is one."""
    from matplotlib.figure import Figure

    axes = Figure().subplots(1, 2)
    tuning = models.two_neurons(nodes=65, height=1.0).settings[0]
    draw_setting(axes[0], tuning, (-3.0, 3.0))
    drawn = {line.get_color() for line in axes[0].lines}
    assert len(drawn) == 2
    assert not drawn & {BEFORE, AFTER}
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == ["neuron 1", "neuron 2"]
    draw_setting(axes[1], models.magnitude(nodes=161).settings[1], (-2.0, 2.0))
    assert [line.get_color() for line in axes[1].lines] == [BEFORE, AFTER]
    assert len(axes[1].collections) == 2


def test_figure_1_has_gaussian_noise_unless_another_is_asked_for():
    assert "Gaussian noise of sd 2" in models.second_bump(nodes=161).chosen
    assert "Poisson noise" in models.second_bump(nodes=161, noise=PoissonNoise()).chosen


def test_written_whole_and_the_same_each_time(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assert write_figure(FIGURES[1], tmp_path / name) == ""
    for suffix in ("pdf", "svg", "png"):
        first, second = ((tmp_path / name / f"figure-2.{suffix}").read_bytes() for name in "ab")
        assert first == second
        assert len(first) > 10_000
    assert len(list((tmp_path / "a").iterdir())) == 3


@pytest.mark.parametrize("missing", [MissingExtra, ModuleNotFoundError])
def test_a_figure_that_cannot_be_drawn_says_why(missing, tmp_path):
    def refuse(_):
        raise missing("images need torch")

    assert write_figure(type(FIGURES[3])(4, "t", "c", refuse), tmp_path) == "images need torch"
    assert not list(tmp_path.iterdir())


def test_the_command(command, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("stiminfo.reports.paper.figures.FIGURES", FIGURES[1:2])
    assert command("figures", "--out", str(tmp_path / "new")) == 0
    assert "figure 2  The prior matters" in capsys.readouterr().out
    names = {f"{name}.{suffix}" for name in ("opening", "figure-2") for suffix in ("pdf", "svg", "png")}
    assert {path.name for path in (tmp_path / "new").iterdir()} == names


def test_a_figure_asked_for_and_not_drawn_is_a_failure(command, monkeypatch, capsys, tmp_path):
    def refuse(_):
        raise MissingExtra("images need torch")

    monkeypatch.setattr("stiminfo.reports.paper.figures.FIGURES", (type(FIGURES[3])(4, "t", "c", refuse),))
    assert command("figures", "--figure", "4", "--out", str(tmp_path)) == 2
    assert "not drawn, images need torch" in capsys.readouterr().out


def test_images_with_few_passes(monkeypatch):
    """Figures 4 and 6 as they are drawn, with fewer passes."""
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    pytest.importorskip("diffusers")
    monkeypatch.delenv("STIMINFO_MNIST", raising=False)
    monkeypatch.setattr(paper_images, "SHOWN", 1)
    for passes in ("PASSES", "NETWORK_PASSES", "SET_PASSES"):
        monkeypatch.setattr(paper_images, passes, 40)
    monkeypatch.setattr(paper_images, "DRAWS", 50)
    right = paper_images.paper_images
    monkeypatch.setattr(paper_images, "paper_images", lambda data: right(data, 60))
    four = paper_images.figure_4()
    said = [text.get_text() for text in four.texts] + [axis.get_ylabel() for axis in four.axes]
    said += [axis.get_title(loc="left") for axis in four.axes]
    maps = [f"{symbol(name).mathtext}\nours" for name in ("i_local", "i_kong1", "i_kong2")]
    totals = [symbol(name).mathtext for name in ("i_surp", "i_ssi", "i_sp", "i_cissi")]
    mine = {"stimulus", "Fisher\nC.2", "Fisher\nours", f"{symbol('i_local').mathtext}\nC.2", "49 receptive fields"}
    assert {*mine, *maps, *totals, *"ABCDEFGH"} <= set(said)
    assert any("Finite set of 60 images, Monte Carlo" in text for text in said)
    six = paper_images.figure_6()
    said = " ".join([text.get_text() for text in six.texts] + [axis.get_ylabel() for axis in six.axes])
    assert "Networks: digits, trained for" in said
    assert "finite set" in said
    assert "exact" not in said


def test_measures_of_responses_to_members_of_a_set():
    """Means over drawn responses are those of the exact engine, within their errors."""
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    from scipy.stats import poisson

    from stiminfo.diffusion import FiniteSetDenoiser
    from stiminfo.models import EncodingModel, LinearNonlinearPoisson

    x, prior = np.array([[-1.0], [0.5], [2.0]]), np.array([0.2, 0.5, 0.3])
    neuron = LinearNonlinearPoisson([[1.0]], gain=1.5, threshold=0.2, amplitude=3.0)
    denoiser = FiniteSetDenoiser(x, neuron, prior)
    rate = neuron.rates(denoiser.tensor(x)).numpy()[:, 0]
    model = EncodingModel(x, prior, poisson.pmf(np.arange(60)[:, None], rate))
    found = paper_images.by_responses(denoiser, np.arange(3), draws=2000)
    assert set(found) == {"i_sp", "i_ssi", "i_surp", "i_cissi"}
    for name, (value, error) in found.items():
        assert (np.abs(value - PUBLISHED[name](model)) < 5 * error).all(), name
        assert error.max() < 0.05


def test_images_as_in_the_paper(monkeypatch):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    monkeypatch.delenv("STIMINFO_MNIST", raising=False)
    found = paper_images.paper_images(count=20)
    assert found.pixels.shape == (20, 32, 32)
    assert found.pixels.min() == -1
    assert 0.9 < found.pixels.max() <= 1
    printed = paper_images.rates(paper_images.printed_neurons(), found)
    # Eq. 24 by hand, for the first neuron and image.
    at = (np.arange(32) + 0.5) / 16 - 1
    centre = 1 / 7 - 1
    field = 2 * np.exp(-((at[:, None] - centre) ** 2 + (at - centre) ** 2) / (2 * 0.2**2))
    drive = float((field * found.pixels[0].astype(float)).sum())
    assert printed[0, 0] == pytest.approx(1 / (1 + np.exp(-(drive - 0.5))))


def test_maps_with_negative_pixels_get_two_hues():
    from stiminfo.reports.draw.maps import _scale

    error = np.full((1, 2, 2), 0.01)
    positive, negative, noise = (np.array([[[1.0, value], [0.5, 0.0]]]) for value in (0.2, -0.1, -0.015))
    assert _scale([(positive, error)], "pixel")[0]["vmin"] == 0
    assert _scale([(negative, error)], "pixel")[0]["vmin"] == -1
    assert _scale([(noise, error)], "pixel")[0]["vmin"] == 0
