"""The audit of trained networks: right ones are not refuted, barely trained ones are."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")

sys.path.insert(0, str(Path(__file__).parents[1] / "diffusion"))
import learning  # noqa: E402

from stiminfo.axioms.auditing.networks import QUESTIONS, audit_networks  # noqa: E402
from stiminfo.diffusion import GaussianDenoiser, UNetDenoiser  # noqa: E402
from stiminfo.diffusion.bias_record import Bias  # noqa: E402
from stiminfo.models import LinearGaussian  # noqa: E402
from stiminfo.reports.verdicts import claim_words  # noqa: E402

VIEWS = replace(
    learning.RECIPE, architecture=replace(learning.RECIPE.architecture, views=("halves", "thinned", "merged"))
)


@pytest.fixture(scope="module")
def learned():
    return learning.training(VIEWS).run()


class Oracle(UNetDenoiser):
    """Networks that happen to be exactly right; `wrong` spoils what all neurons tell, `boast` what a view does."""

    wrong = 1.0
    boast: tuple[str, float] = ("", 1.0)

    def __init__(self, learned):
        super().__init__(learned)
        source, encoder = learning.SOURCE, learning.ENCODER
        pairs = torch.tensor([[0.5, 0.5, 0, 0, 0], [0, 0, 0.5, 0.5, 0], [0, 0, 0, 0, 1]], dtype=torch.float64)
        w, noise = encoder.weights, encoder.noise
        populations = {
            "all": encoder,
            "first half": LinearGaussian(w[0::2], noise[0::2, 0::2]),
            "second half": LinearGaussian(w[1::2], noise[1::2, 1::2]),
            "thinned": LinearGaussian(w, 2 * noise),
            "merged": LinearGaussian(pairs @ w, pairs @ noise @ pairs.T),
        }
        self.views = {name: GaussianDenoiser(source.mean, source.covariance, one) for name, one in populations.items()}
        self.exact = self.views["all"]

    def xhat(self, xg, gamma, r=None):
        none = self.exact.xhat(xg.double(), gamma.double())
        if r is None:
            return none.float()
        return (none + self.wrong * (self.exact.xhat(xg.double(), gamma.double(), r.double()) - none)).float()

    def xhat_of_view(self, xg, gamma, r, view):
        own = {"first half": r[:, 0::2], "second half": r[:, 1::2], "merged": r[:, 0::2]}.get(view, r)
        none = self.exact.xhat(xg.double(), gamma.double())
        found = self.views[view].xhat(xg.double(), gamma.double(), own.double())
        return (none + (self.boast[1] if view == self.boast[0] else 1.0) * (found - none)).float()

    @property
    def gain(self):
        def answer(xg, gamma):
            r = torch.zeros(len(xg), 5, dtype=torch.float64)
            seen = self.exact.posterior(xg.double(), gamma.double(), variance=True).variance
            told = self.exact.posterior(xg.double(), gamma.double(), r, variance=True).variance
            return (self.wrong**2 * (seen - told)).float()

        return answer


def test_right_networks_are_not_refuted(learned):
    audit = audit_networks(Oracle(learned), learning.SOURCE, passes=600)
    verdicts = audit.verdicts
    assert audit.strengths == {}  # a few stimuli of one model are no search
    assert claim_words(verdicts["completeness"]) == "holds (not settled)"
    assert {axiom: verdict.verdict for axiom, verdict in verdicts.items()} == {
        "completeness": "inconclusive",  # as far as can be told
        "positivity": "holds",
        "additivity": "inconclusive",
        "data_processing": "holds",
        "feature_insensitivity": "not_applicable",
    }
    assert tuple(verdicts) == tuple(QUESTIONS)
    assert verdicts["completeness"].margin < 6 * verdicts["completeness"].numerical_error < 0.2


@pytest.mark.parametrize(("wrong", "axiom"), [(0.8, "completeness"), (1.3, "additivity"), (0.3, "data_processing")])
def test_wrong_networks_are_refuted(learned, wrong, axiom):
    """Where their makers claim that they are right; what they measure themselves is in the next test."""
    oracle = Oracle(learned)
    oracle.wrong, oracle.bias = wrong, said_to_be_right
    verdict = audit_networks(oracle, learning.SOURCE, axioms=[axiom]).verdicts[axiom]
    assert verdict.verdict == "refuted"
    assert verdict.agrees is False
    assert "%" in verdict.message


def said_to_be_right(sampler, passes):
    return Bias(1.0, 2.0, (0.0,), 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(("wrong", "axiom"), [(1.3, "completeness"), (1.3, "additivity"), (0.3, "data_processing")])
def test_a_bias_that_is_measured_refutes_nothing(learned, wrong, axiom):
    oracle = Oracle(learned)
    oracle.wrong = wrong
    verdict = audit_networks(oracle, learning.SOURCE, axioms=[axiom]).verdicts[axiom]
    assert verdict.verdict == "inconclusive"
    assert "no more than the networks' systematic error" in verdict.message


@pytest.mark.parametrize("view", ["second half", "thinned", "merged"])
def test_a_view_that_tells_too_much_is_refuted(learned, view):
    oracle = Oracle(learned)
    oracle.boast = view, 3.0  # 2.5 adds 7.1 ± 1.3 nats for the second half, too near the error for a refutation
    verdict = audit_networks(oracle, learning.SOURCE, axioms=["data_processing"]).verdicts["data_processing"]
    assert verdict.verdict == "refuted"
    assert verdict.message.startswith(view)


def test_pixels_that_never_vary():
    source = learning.SOURCE
    still = replace_covariance(source)
    run = learning.training()
    run.source = still
    networks = UNetDenoiser(run.run())
    networks.bias = said_to_be_right
    verdict = audit_networks(networks, still, axioms=["feature_insensitivity"]).verdicts
    assert verdict["feature_insensitivity"].verdict == "refuted"
    assert "1 pixels that never vary" in verdict["feature_insensitivity"].message


def replace_covariance(source):
    from stiminfo.diffusion.sources import gaussian_source

    cov = np.array(source.covariance)
    cov[3], cov[:, 3] = 0, 0
    return gaussian_source("still", source.mean, cov)


def test_networks_without_views(learned):
    whole = UNetDenoiser(learning.training().run())
    verdicts = audit_networks(whole, learning.SOURCE, axioms=["additivity", "data_processing", "locality"]).verdicts
    assert list(verdicts) == ["additivity", "data_processing"]
    assert verdicts["data_processing"].verdict == "not_applicable"
    assert "--coarse" in verdicts["data_processing"].message
    assert verdicts["additivity"].verdict == "not_applicable"
    assert verdicts["additivity"].agrees is None
    assert "--halves" in verdicts["additivity"].message
