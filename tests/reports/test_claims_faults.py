"""A planted fault in each kind of computation behind the paper's statements changes an outcome."""

import dataclasses

import numpy as np
import pytest

from stiminfo.estimators import Measure, fisher, i_cissi, i_kong2, i_local, i_surp
from stiminfo.reports.paper.claims import (
    CLAIMS,
    CONFIRMED,
    REFUTED,
    SKIPPED,
    appendix_a,
    axioms,
    derivation,
    estimator,
    figure_1,
    figure_2,
    figures_3_5,
    kong,
    kong2,
    population,
    table_one,
)
from stiminfo.reports.paper.claims import fisher as on_fisher


def scaled(function, factor):
    return lambda *arguments, **options: factor * function(*arguments, **options)


def mixed_up(make, name, other):
    """A figure's comparison with the values of another measure under a measure's name."""

    def wrong(**options):
        found = make(**options)
        sides = {}
        for side in ("before", "after"):
            values = getattr(found, side).values
            sides[side] = dataclasses.replace(getattr(found, side), values=values | {name: values[other]})
        return dataclasses.replace(found, **sides)

    return wrong


#: claim -> the module that checks it, a name there, and a wrong thing in its place.
FAULTS = {
    "eq-5": (derivation, "over_levels", scaled(derivation.over_levels, 1.001)),
    "eq-6": (derivation, "over_levels", scaled(derivation.over_levels, 1.001)),
    "eq-7": (derivation, "fisher_at", scaled(derivation.fisher_at, 1.001)),
    "eq-8": (
        derivation,
        "i_local",
        Measure("i_local", lambda m: 1.001 * i_local(m), featurewise=i_local.featurewise),
    ),
    "eq-9": (
        derivation,
        "fisher_matrices",
        lambda pair: {"both": 1.01 * axioms.fisher_matrices(pair)["both"]},
    ),
    "section-4-2-large": (derivation, "fisher_at", lambda at: np.full(len(at.xg), 1.0)),
    "section-4-2-small": (derivation, "fisher", scaled(fisher, 1.1)),
    "eq-12": (appendix_a, "fisher_at", scaled(appendix_a.fisher_at, 0.5)),
    "eq-13": (appendix_a, "spreads", lambda model: derivation_spreads(model)[::-1]),
    "eq-14": (appendix_a, "noisy", lambda model, level: derivation.noisy(model, level**2)),
    "eq-15": (appendix_a, "onset", lambda place, sd: 0.3 * place**2),
    "eq-17": (appendix_a, "spreads", lambda model: (0.2, 0.1)),
    "appendix-b-kong1": (kong, "i_surp", i_cissi),
    "eq-19": (kong2, "i_kong2", Measure("i_kong2", lambda m: i_kong2(m) + 1e-4)),
    "eq-20": (kong2, "i_kong2", i_local),
    "eq-21": (kong2, "i_kong2", i_local),
    "eq-22": (kong2, "i_local", i_kong2),
    "section-4-3-linear": (
        axioms,
        "fisher_matrices",
        lambda pair: {name: found * (1 + 0.1 * (name == "given")) for name, found in axioms_matrices(pair).items()},
    ),
    "axiom-5-total": (axioms, "ignored_feature", lambda correlation=0.8: (0.0, 1.0)),
    "table-1-i_cissi-additivity": (table_one, "i_cissi", i_surp),
    "section-6-low-noise": (on_fisher, "fisher", scaled(fisher, 2.0)),
    "section-5-4-truncation": (estimator, "_half_fisher", lambda level, noise: 0.5 / (1 + level) ** 1.1),
    "c-3-range": (estimator, "_half_fisher", lambda level, noise: 0.5 / (1 + level) ** 2 * (level > 0.02)),
    "c-3-schedule": (estimator, "levels_at", scaled(estimator.levels_at, 1.1)),
    "section-5-5-fisher": (population, "printed_rates", lambda x, fields: np.exp(0.2 * (x @ fields.T))),
    "fig-4-squared": (population, "printed_rates", lambda x, fields: np.exp(0.2 * (x @ fields.T))),
    "section-5-5-population": (population, "printed_rates", lambda x, fields: np.full((len(x), 49), 0.5)),
    "section-5-1-fisher": (figure_1, "fisher", scaled(fisher, 1.01)),
}
derivation_spreads, axioms_matrices = appendix_a.spreads, axioms.fisher_matrices


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_news(monkeypatch, name):
    monkeypatch.setattr(*FAULTS[name])
    assert CLAIMS[name].is_news(CLAIMS[name].check().outcome)


#: claim -> the module, a figure's comparison there, and two measures that the fault mixes up.
MIXED = {
    "fig-1-local": (figure_1, "second_bump", "i_local", "i_kong2"),
    "fig-1-others": (figure_1, "second_bump", "i_surp", "fisher"),
    "fig-1-fisher": (figure_1, "second_bump", "fisher", "i_surp"),
    "section-5-1-steepest": (figure_1, "second_bump", "i_local", "i_surp"),
    "fig-2-sp": (figure_2, "other_prior", "i_sp", "i_ssi"),
    "fig-2-ssi": (figure_2, "other_prior", "i_ssi", "i_local"),
    "fig-2-cissi": (figure_2, "other_prior", "i_cissi", "i_ssi"),
    "fig-2-surp": (figure_2, "other_prior", "i_surp", "i_local"),
    "fig-2-bimodal": (figure_2, "other_prior", "i_local", "i_ssi"),
    "appendix-b-gaussian": (kong2, "other_prior", "i_kong2", "i_local"),
    "fig-3-rise": (figures_3_5, "magnitude", "i_ssi", "i_surp"),
    "fig-3-cissi": (figures_3_5, "magnitude", "i_cissi", "i_sp"),
}


@pytest.fixture
def few_choices(monkeypatch):
    """One choice of parameters for each figure, and few nodes."""
    monkeypatch.setattr(figure_1, "SECOND_BUMP", ({"nodes": 121},))
    monkeypatch.setattr(figure_1, "WEAK", ({},))
    monkeypatch.setattr(figure_1, "_FEWER", 61)
    monkeypatch.setattr(figure_2, "OTHER_PRIOR", ({"nodes": 121},))
    monkeypatch.setattr(figure_2, "WIDE", ({"mode_sd": 0.8},))
    monkeypatch.setattr(figure_2, "_FEWER", 61)
    monkeypatch.setattr(figures_3_5, "MAGNITUDE", ({"nodes": 121},))
    monkeypatch.setattr(figures_3_5, "SHARPER", ({"noise": 0.4},))
    monkeypatch.setattr(figures_3_5, "MILDER", ({"weight": 0.3, "nodes": 121},))
    monkeypatch.setattr(figures_3_5, "_FEWER", 61)


@pytest.mark.usefixtures("few_choices")
@pytest.mark.parametrize("name", MIXED)
def test_measures_mixed_up_are_news(monkeypatch, name):
    claim = CLAIMS[name]
    assert claim.check().outcome == claim.expected
    module, comparison, measure, other = MIXED[name]
    monkeypatch.setattr(module, comparison, mixed_up(getattr(module, comparison), measure, other))
    assert claim.is_news(claim.check().outcome)


def test_a_posterior_that_is_steady_between_the_modes_would_be_news(monkeypatch):
    right = figure_2.posterior_change
    assert right(0.0, 0.4, 0.5) == pytest.approx(2.36, abs=0.02)
    monkeypatch.setattr(figure_2, "OTHER_PRIOR", ({},))
    assert CLAIMS["fig-2-posterior"].check().outcome == CONFIRMED
    monkeypatch.setattr(figure_2, "posterior_change", lambda place, *other: right(1.0 - place, *other))
    assert CLAIMS["fig-2-posterior"].check().outcome == REFUTED


def test_closed_forms():
    assert kong2.jointly_gaussian_slope(1.0, 0.5) == pytest.approx(0.19764, abs=1e-5)
    assert axioms.ignored_feature() == pytest.approx((0.157, 0.805), abs=1e-3)
    assert on_fisher.brunel_nadal(0.01) == pytest.approx((2.303, 2.308), abs=1e-3)


def test_edges_of_images(monkeypatch):
    """A map along the edges is told from one that is the same for all images."""
    monkeypatch.setattr(population, "mnist_here", lambda: "")
    claim = CLAIMS["section-5-5-edges"]
    high, low, equal = np.full(5, 0.9), np.full(5, 0.3), np.full(5, 0.55)
    for shares, outcome in (((high, low, equal), CONFIRMED), ((equal, equal, equal), REFUTED)):
        monkeypatch.setattr(population, "edge_shares", lambda shares=shares: {"these": shares})
        assert claim.check().outcome == outcome
    square = np.zeros((8, 8))
    square[2:6, 2:6] = 1
    edge = population.edge_strength(square)
    strongest = np.sort(edge)[-16:].sum() / edge.sum()
    assert population.share_in(edge, np.stack([edge, np.ones(64)])) == pytest.approx([strongest, 0.25])


def test_shares_of_the_digits(monkeypatch):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    from stiminfo.reports.paper import images as paper_images

    monkeypatch.delenv("STIMINFO_MNIST", raising=False)
    monkeypatch.setattr(population, "_PASSES", 40)
    monkeypatch.setattr(population, "_COMPARED", 3)
    monkeypatch.setattr(population, "mnist_here", lambda: "")
    whole = paper_images.paper_images()
    few = dataclasses.replace(whole, pixels=whole.pixels[:60], labels=whole.labels[:60])
    monkeypatch.setattr(paper_images, "paper_images", lambda: few)
    for shares in population.edge_shares.__wrapped__().values():
        assert all(one.shape == (3,) and (one > 0).all() and (one < 1).all() for one in shares)
    # Of 8 x 8 digits, enlarged, a few more neurons respond than of MNIST.
    monkeypatch.setattr(paper_images, "paper_images", lambda: whole)
    found = CLAIMS["c-2-literal"].check()
    assert found.outcome == CONFIRMED
    assert found.evidence.startswith("74% of")
    monkeypatch.setattr(paper_images, "printed_neurons", lambda: paper_images.our_neurons(few))
    assert CLAIMS["c-2-literal"].check().outcome == REFUTED


def test_without_mnist_a_statement_is_not_checked_and_that_is_no_news(monkeypatch, command, capsys):
    monkeypatch.delenv("STIMINFO_MNIST", raising=False)
    for name in ("section-5-5-edges", "c-2-literal"):
        found = CLAIMS[name].check()
        assert found.outcome == SKIPPED
        assert "STIMINFO_MNIST" in found.evidence or "stiminfo[diffusion]" in found.evidence
    assert command("claims", "--claim", "section-5-5-edges") == 0
    assert "not checked" in capsys.readouterr().out
    monkeypatch.setenv("STIMINFO_MNIST", "nowhere")
    assert "holds no" in population.mnist_here() or "stiminfo[diffusion]" in population.mnist_here()
