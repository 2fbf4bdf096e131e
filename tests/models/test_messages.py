"""Wrong parts of a model end in one line that says what is wrong, and what was expected."""

import math

import numpy as np
import pytest

from stiminfo import i_local, models
from stiminfo.models import EncodingModel, ModelError, ResponsePair
from stiminfo.models import transforms as change
from stiminfo.models.continuous import encoding_model
from stiminfo.models.counting import as_counts, joint_of_counts
from stiminfo.models.product import two_feature_model
from stiminfo.models.warps import perturb, relocate_stimuli

MODEL = EncodingModel([0.0, 1.0, 2.0], [0.2, 0.3, 0.5], [[0.9, 0.4, 0.2], [0.1, 0.6, 0.8]])
GAUSSIAN = models.Gaussian()
WRONG = {
    "no sd": (lambda: models.Gaussian(0, -1), "sd is -1; expected a positive"),
    "mixture of two lengths": (lambda: models.Mixture((1,), (0, 1), (1, 1)), "must have one length"),
    "mixture of weight 2": (lambda: models.Mixture((1, 1), (0, 1), (1, 1)), "sum to 2; expected 1"),
    "uniform turned round": (lambda: models.Uniform(1, 0), "expected low < high"),
    "laplace without spread": (lambda: models.Laplace(0, 0), "spread is 0"),
    "bump of no height": (lambda: models.Bump(math.nan), "expected a finite number"),
    "bump of no width": (lambda: models.Bump(0, 0), "expected a positive number"),
    "no tuning curve": (lambda: models.Bumps(()), "needs at least one"),
    "one knot": (lambda: models.PiecewiseSmooth((0,), (1,)), "one length, at least 2"),
    "knot at infinity": (lambda: models.PiecewiseSmooth((0, math.inf), (1, 2)), "must be finite"),
    "knots that fall": (lambda: models.PiecewiseSmooth((1, 0), (1, 2)), "must increase"),
    "noise of wide cells": (lambda: models.GaussianNoise(1.0, cells_per_sd=0.5), "expected at least 1"),
    "counts in no time": (lambda: models.PoissonNoise(duration=0), "duration is 0"),
    "no counts": (lambda: as_counts(np.zeros((0, 3))), "expected at least one stimulus"),
    "counts beyond floats": (lambda: as_counts([[1, 1e20]]), r"counts\[0, 1\] is 1e\+20, beyond 2\^53"),
    "stimuli for other counts": (lambda: joint_of_counts([[1, 2]], [0.0, 1.0]), "expected one stimulus per row"),
    "no response": (lambda: MODEL.replace(likelihood=np.zeros((0, 3))), "expected at least one response"),
    "stimuli that are one": (lambda: i_local(EncodingModel([5e-324, 0], [0.5, 0.5], [[1, 0], [0, 1]])), "another unit"),
    "ragged": (lambda: EncodingModel([[0], [1, 2]], [0.5, 0.5], [[1, 1]]), "ragged"),
    "masked": (lambda: EncodingModel(np.ma.array([0, 1], mask=[0, 1]), [0.5] * 2, [[1, 1]]), "masked"),
    "negative": (lambda: EncodingModel([0, 1], [0.5, 0.5], [[2, 1], [-1, 0]]), "is -1; expected no negative"),
    "two volumes at one place": (
        lambda: EncodingModel([1, 1], [0.5, 0.5], [[1, 1]], stimulus_volumes=[1, 2]),
        "different stimulus_volumes",
    ),
    "groups that are no numbers": (lambda: change.merging_matrix([0.5, 1]), "groups must be whole numbers"),
    "noise on names": (lambda: change.add_response_noise(MODEL, 1.0), "no numerical values"),
    "no noise": (
        lambda: change.add_response_noise(MODEL.replace(responses=[0.0, 1.0]), 0.0),
        "expected a positive number",
    ),
    "no permutation": (lambda: change.permute_responses(MODEL, [0, 0]), "not a permutation of 0 to 1"),
    "bijection that falls": (lambda: change.stretch_responses(MODEL, [1.0, -1.0]), "must be positive"),
    "split in one": (lambda: change.split_response(MODEL, 0, 1.0), "between 0 and 1"),
    "split what is not there": (lambda: change.split_response(MODEL, 2), "response 2 of 2 responses"),
    "flat map": (lambda: relocate_stimuli(MODEL, [[0.0], [1.0], [3.0]], [[1.0], [0.0], [1.0]]), "must not be 0"),
    "two in one place": (lambda: relocate_stimuli(MODEL, [[0.0], [0.0], [3.0]]), "not a function of that coordinate"),
    "prior below 0": (lambda: perturb(MODEL, 1.0, 0.5, prior_weights=[1, -1, 1]), "must be positive in the ball"),
    "one tuning derivative": (
        lambda: two_feature_model((GAUSSIAN, GAUSSIAN), lambda a, b: (a, b), models.GaussianNoise(1.0), (8, 8)),
        "returned 2 arrays; expected f",
    ),
    "a curve that ends": (
        lambda: encoding_model(GAUSSIAN, _Gap(), models.GaussianNoise(1.0), nodes=16),
        "a tuning curve is not finite at x = ",
    ),
}


class _Gap:
    def __call__(self, x):
        return np.where(x > 1, np.nan, x)

    derivative = __call__


@pytest.mark.parametrize("name", WRONG)
def test_one_line_says_what_is_wrong(name):
    make, message = WRONG[name]
    with pytest.raises((ModelError, IndexError), match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_no_model_given_a_response_that_never_comes():
    table = np.zeros((2, 2, 2))
    table[0] = 0.5
    pair = ResponsePair([0.0, 1.0], [0.5, 0.5], table)
    assert repr(pair) == "ResponsePair(2 stimuli in R^1, 2 x 2 responses, I(R;X) = 0.0000, I(X;R'|R) = 0.0000 nats)"
    with pytest.raises(ModelError, match="probability 0"):
        pair.given_first(1)
    with pytest.raises(IndexError, match="response 2 of 2"):
        pair.given_first(2)


def test_two_features_on_a_grid():
    """A linear response to two Gaussian features: I(R;X) = log(1 + |w|^2 / sd^2) / 2, in closed form."""
    model = two_feature_model(
        (GAUSSIAN, GAUSSIAN),
        lambda a, b: (a + 0.5 * b, np.ones_like(a), np.full_like(b, 0.5)),
        models.GaussianNoise(1.0),
        (48, 48),
    )
    assert model.mutual_information() == pytest.approx(0.5 * math.log(1 + 1.25), abs=1e-3)
    coupled = two_feature_model(
        (GAUSSIAN, GAUSSIAN),
        lambda a, b: (a, np.ones_like(a), np.zeros_like(b)),
        models.GaussianNoise(1.0),
        (48, 48),
        log_coupling=lambda a, b: 0.5 * a * b,
    )
    correlation = coupled.prior @ coupled.stimuli.prod(axis=1) / (coupled.prior @ coupled.stimuli[:, 0] ** 2)
    assert correlation == pytest.approx(0.5, abs=1e-3)  # precision 1, coupling 1/2
