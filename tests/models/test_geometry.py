"""What the coordinates of stimuli mean: names, equal stimuli, and what is kept when models are changed."""

import json

import numpy as np
import pytest

import stiminfo as si
from stiminfo.models import Linear, PoissonNoise, ResponsePair, VonMises, VonMisesBump, circle, product_model
from stiminfo.models.data import ContinuousSpec, FiniteSpec, from_json, to_json
from stiminfo.models.warps import relocate_stimuli

TABLE = np.array([[0.7, 0.2, 0.4], [0.3, 0.8, 0.6]])


def model(geometry=None, stimuli=(0, 120, 240)):
    return si.EncodingModel(stimuli, [0.5, 0.25, 0.25], TABLE, geometry=geometry)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (None, "line"),
        ("line", "line"),
        ("nominal", "nominal"),
        (" Circle:360.0", "circle:360"),
        ("circle:2pi", "circle:2pi"),
        (f"circle:{2 * np.pi!r}", "circle:2pi"),
        (circle(180), "circle:180"),
    ],
)
def test_names(given, name):
    assert str(model(given).geometry) == name
    assert model(given).geometry == model(name).geometry


@pytest.mark.parametrize("wrong", ["circle", "circle:", "circle:0", "circle:-360", "circle:x", "plane", "ring", 3])
def test_wrong_names(wrong):
    with pytest.raises(si.ModelError, match=r"circle|line"):
        model(wrong)
    with pytest.raises(si.ModelError, match="one angle each"):
        si.EncodingModel([[0, 1], [1, 0]], [0.5, 0.5], np.eye(2), geometry="circle:360")


def test_stimuli_a_period_apart_are_one():
    merged = si.EncodingModel([10, 370, -350, 100], [0.25] * 4, np.eye(4), geometry="circle:360")
    assert merged.stimuli.ravel().tolist() == [10, 100]
    assert merged.prior == pytest.approx([0.75, 0.25])
    radians = si.EncodingModel([-0.3, 2 * np.pi - 0.3, 1], [0.25, 0.25, 0.5], np.eye(3), geometry="circle:2pi")
    assert len(radians.stimuli) == 2
    assert len(si.EncodingModel([10, 370], [0.5, 0.5], np.eye(2)).stimuli) == 2


def test_changed_models_keep_it():
    one = model("circle:360")
    pair = ResponsePair.independent(one, one)
    changed = [one.replace(prior=[0.2, 0.3, 0.5]), one.reordered([2, 0, 1]), pair.swapped.first, pair.both]
    changed += [pair.given_first(0), pair.reordered([2, 1, 0]).second]
    assert {str(m.geometry) for m in changed} == {"circle:360"}
    assert "circle:360" in repr(one)
    assert "circle:360" in repr(pair)
    with pytest.raises(si.ModelError, match="geometry"):
        ResponsePair.independent(one, model())
    assert str(model().replace(stimuli=np.eye(3)[:, :2]).geometry) == "plane"
    counts = si.EncodingModel.from_counts([[3, 1], [1, 3]], [0, 90], geometry="circle:180")
    assert counts.geometry == circle(180)


def test_json_has_it_where_it_is_no_line():
    plain, round_ = FiniteSpec.of(model()), FiniteSpec.of(model("circle:360"))
    assert "geometry" not in to_json(plain)
    again = from_json(json.loads(json.dumps(to_json(round_))), FiniteSpec, "model").build()
    assert again.geometry == circle(360)


def test_angles_are_not_moved_like_vectors():
    with pytest.raises(si.ModelError, match="circle:360"):
        relocate_stimuli(model("circle:360"), [[0], [1], [2]])
    with pytest.raises(si.ModelError, match="nominal"):
        product_model(model(), model("nominal"))


def test_nominal_stimuli_have_no_distances():
    nominal, line = model("nominal"), model()
    for name in ("i_sp", "i_ssi", "i_surp", "i_cissi"):
        assert np.array_equal(getattr(si, name)(nominal), getattr(si, name)(line))
    for name in ("fisher", "i_local", "i_kong1", "i_kong2"):
        measure = getattr(si, name)
        for form in (measure, measure.featurewise, measure.with_error):
            with pytest.raises(si.NotApplicable, match=f"{name} needs distances between stimuli"):
                form(nominal)
        with pytest.raises(si.NotApplicable, match="distances"):
            measure.conditional(ResponsePair.independent(nominal, nominal))


def test_a_circular_model():
    """The density of the prior, the slope of the tuning curve, and the seam of the circle."""
    prior, curve = VonMises(30, 2.0), VonMisesBump(50, 3.0, 10, 0.5)
    made = si.encoding_model(prior, curve, PoissonNoise(), nodes=96)
    x, widths = prior.nodes(96)
    assert (np.exp(prior.log_density(x)) * widths).sum() == pytest.approx(1, abs=1e-12)
    apart = (curve(x + 1e-4) - curve(x - 1e-4)) / 2e-4
    assert curve.derivative(x) == pytest.approx(apart, abs=1e-7)
    assert made.geometry == circle(360)
    # Where the circle is cut changes nothing: the same model, turned by 77 degrees.
    turned = si.encoding_model(VonMises(107, 2.0), VonMisesBump(127, 3.0, 10, 0.5), PoissonNoise(), nodes=96)
    assert si.i_local(turned) == pytest.approx(si.i_local(made), abs=1e-10)
    assert si.fisher(turned) == pytest.approx(si.fisher(made), rel=1e-9)
    found = si.encoding_model(prior, curve, PoissonNoise(), tolerance=1e-4)
    assert found.mutual_information() == pytest.approx(made.mutual_information(), abs=1e-4)
    spec = ContinuousSpec(prior, (curve,), PoissonNoise(), 96)
    again = from_json(json.loads(json.dumps(to_json(spec))), ContinuousSpec, "model").build()
    assert np.array_equal(again.likelihood, made.likelihood)
    assert again.geometry == made.geometry
    with pytest.raises(si.ModelError, match="one period later"):
        si.encoding_model(VonMises(), Linear(0.1))
    with pytest.raises(si.ModelError, match="concentration"):
        VonMises(concentration=1000)
