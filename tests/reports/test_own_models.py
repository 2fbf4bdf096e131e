"""The models of a recording on which an audit asks the axioms."""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.errors import OptionError, OutOfReach, UnknownName
from stiminfo.estimators.sampling.neurons import information_alone
from stiminfo.reports.own_models import own_models

RNG = np.random.default_rng(0)
X = np.repeat(np.arange(4) * 90, 30)
RATES = np.array([[1, 3, 1, 0.5], [0.5, 1, 3, 1], [2, 2, 2, 2], [3, 1, 0.5, 1], [1, 0.5, 1, 2], [1, 1, 2, 1]])
RESPONSES = RNG.poisson(RATES[:, X // 90].T)


def recording(responses, **options):
    options = {"responses": "population"} | options
    return si.read_recording({"stimulus": X, "r": responses}, "circle:360", response_columns="r", **options)


def test_few_neurons_are_one_joint_model():
    read = recording((RESPONSES[:, :3] > 0).astype(int))
    (model,), (said,) = own_models(read)
    assert model.likelihood.shape == (8, 4)
    assert str(model.geometry) == "circle:360"
    assert "3 neurons, independent given the stimulus: r[0], r[1], r[2]" in said
    (one,), (said,) = own_models(read, ["r[1]"])
    assert one.likelihood.shape == (2, 4)
    assert "asked: neuron r[1] (fitted one spike or none" in said
    # The joint model's information is that of the three, each of which tells less.
    assert model.mutual_information() > one.mutual_information()


def test_the_model_is_the_one_that_is_measured():
    """Also where trials in a row are alike, for which the fit allows."""
    rng = np.random.default_rng(2)
    drift = np.repeat(rng.random((12, 1)) < 0.5, 10, axis=0)
    order = rng.permutation(120)
    spikes = (rng.random((120, 2)) < np.where(drift, 0.05, 0.4 + 0.18 * RATES[:2, X[order] // 90].T)).astype(int)
    trials = {"stimulus": X[order].tolist(), "b": spikes[:, 0].tolist(), "a": spikes[:, 1].tolist()}
    read = si.read_recording(trials, "circle:360", responses="population", response_columns=["b", "a"])
    measured = si.measure(read, ["i_surp"], resamples=10)
    assert "blocks of" in " ".join(measured.warnings)
    for name, alone in zip(measured.neurons.names, measured.neurons.value, strict=True):
        (model,), _ = own_models(read, [name])
        assert model.mutual_information() == pytest.approx(alone, abs=1e-12)


def test_many_neurons_are_asked_one_by_one_or_named():
    read = recording(RESPONSES)
    models, (said,) = own_models(read)
    assert len(models) == 3
    assert "r[2]" not in said  # it has no tuning
    assert "one by one, which tell most of the 6 neurons" in said
    (pair,), _ = own_models(read, ["r[0]", "r[3]"])
    assert pair.likelihood.size <= 2_000
    assert np.allclose(pair.likelihood.sum(axis=0), 1)
    with pytest.raises(OutOfReach, match="name fewer neurons"):
        own_models(read, [f"r[{n}]" for n in range(5)])
    with pytest.raises(UnknownName, match="did you mean"):
        own_models(read, ["r(1)"])


@pytest.mark.parametrize("law", ["gaussian", "negative-binomial"])
def test_other_laws(law):
    read = recording(RESPONSES[:, :1] + (0.5 if law == "gaussian" else 0), law=law)
    (model,), _ = own_models(read)
    whole = si.measure(read, ["i_surp"], resamples=10).information.plug_in
    assert model.mutual_information() == pytest.approx(whole, abs=0.03)


def test_merged_responses_lose_next_to_nothing():
    population = si.Population(np.arange(4), RATES[:1])
    (model,), _ = own_models(recording(RESPONSES[:, :1]))
    assert 4 <= len(model.likelihood) < 12
    assert information_alone(population.law, np.full(4, 0.25))[0] > 0.9 * model.mutual_information()


def test_counted_responses_and_too_many_stimuli():
    counted = si.Recording.from_counts([[8, 2], [3, 7]], [0, 1])
    (model,), _ = own_models(counted)
    assert model.likelihood.shape == (2, 2)
    with pytest.raises(OptionError, match="a population only"):
        own_models(counted, ["r"])
    many = np.arange(1200)
    trials = {"stimulus": np.repeat(many, 2), "r": RNG.poisson(3, (2400, 2))}
    with pytest.raises(OutOfReach, match="1200 stimuli are too many"):
        own_models(si.read_recording(trials, responses="population", response_columns="r"))
