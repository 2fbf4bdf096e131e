"""The paper's figures: what they say is in the numbers, and they are written whole."""

import numpy as np
import pytest

from stiminfo.errors import MissingExtra
from stiminfo.estimators import PUBLISHED
from stiminfo.models import Bump, Gaussian, ModelError, PoissonNoise, ResponsePair, encoding_model
from stiminfo.reports.paper import images as paper_images
from stiminfo.reports.paper import models
from stiminfo.reports.paper.figures import (
    FIGURES,
    between_modes,
    figure_of,
    largest_gap,
    largest_rise,
    near_change,
    write_figure,
)
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
    found = models.two_neurons(nodes=31, height=1.0)
    assert abs(largest_gap(found, "i_local")) < 1e-6 < abs(largest_gap(found, "i_kong2"))


def test_pairs_have_one_stimulus():
    one = encoding_model(prior=Gaussian(), tuning=Bump(), noise=PoissonNoise(), nodes=20)
    two = encoding_model(prior=Gaussian(0.5), tuning=Bump(), noise=PoissonNoise(), nodes=20)
    with pytest.raises(ModelError, match="same stimuli and prior"):
        ResponsePair.independent(one, two)
    pair = ResponsePair.independent(one, one)
    assert pair.first.likelihood == pytest.approx(one.likelihood)
    assert pair.both.likelihood_gradient.sum(axis=0) == pytest.approx(0, abs=1e-12)


def test_drawn_in_one_style():
    figure, _ = figure_of(2)
    assert figure.get_figwidth() < 3.5
    assert len(figure.axes) == 10
    titles = [axis.get_title(loc="left") for axis in figure.axes[2:]]
    assert [title.split()[0] for title in titles] == [symbol(name).mathtext for name in PUBLISHED]
    assert all("nats" in title for title in titles)


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
    monkeypatch.setattr(paper_images, "PASSES", 40)
    monkeypatch.setattr(paper_images, "OTHERS", 40)
    monkeypatch.setattr(paper_images, "NETWORK_PASSES", 40)
    four = paper_images.figure_4()
    said = [text.get_text() for text in four.texts] + [axis.get_ylabel() for axis in four.axes]
    names = ("i_local", "i_kong1", "i_kong2", "i_surp", "i_ssi", "i_cissi")
    assert {"stimulus", "Fisher", *(symbol(name).mathtext for name in names)} <= set(said)
    six = paper_images.figure_6()
    said = " ".join(text.get_text() for text in six.texts)
    assert "Networks: digits, trained for" in said
