from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from stiminfo.axioms.auditing.witness import Witness
from stiminfo.axioms.cases import GarblingCase, ModelCase, ResponseMapCase, StimulusMapCase
from stiminfo.axioms.evaluator import evaluator
from stiminfo.axioms.locality_cases import JumpCase
from stiminfo.axioms.registry import EVERY
from stiminfo.estimators import PUBLISHED
from stiminfo.models import Bump, EncodingModel, Gaussian, GaussianNoise, Linear, PoissonNoise, encoding_model
from stiminfo.models.data import ContinuousSpec, FiniteSpec
from stiminfo.reports.draw.kinds import KINDS, Kind
from stiminfo.reports.draw.model import short
from stiminfo.reports.draw.style import WIDTH
from stiminfo.reports.draw.witness import describe, plot_witness, svg
from stiminfo.reports.symbols import in_figure

CURVE = ContinuousSpec(Gaussian(), (Bump(0.0, 1.0, 4.0),), PoissonNoise(), 40)
LINE = ContinuousSpec(Gaussian(), (Linear(),), GaussianNoise(), 16)
PLANE = FiniteSpec(((0, 0), (0, 1), (1, 0), (1, 1)), (1, 2, 3, 1), ((1, 2), (2, 1), (1, 1), (1, 0)))
RARE = FiniteSpec(((0,), (1,), (7,)), (1, 1e-300, 1), ((1, 0), (0, 1), (1, 1)))
MANY = FiniteSpec(tuple((j * j,) for j in range(20)), (1,) * 20, tuple((1 + j % 3, 2, j % 5) for j in range(20)))
ALONE = FiniteSpec(((3,),), (1,), ((1, 2),))

CASES = [
    *((axiom.id, case) for axiom in EVERY.values() for case in axiom.known[:2]),
    *(("completeness", ModelCase(model)) for model in (CURVE, LINE, PLANE, RARE, MANY, ALONE)),
    *(("data_processing", GarblingCase(CURVE, None, name, 1.5)) for name in ("abs", "round", "clip")),
    ("data_processing", GarblingCase(LINE, None, "noise", 0.5)),
    ("response_invariance", ResponseMapCase(LINE, factors=(2, 1, 3))),
    ("stimulus_invariance", StimulusMapCase(CURVE, bend=0.6, width=0.5, mirror=True)),
    ("stimulus_invariance", StimulusMapCase(PLANE, ((0, 0), (0, 3), (2, 0), (2, 3)))),
]


def witness_of(axiom, case, measure=None):
    measure = measure or ("i_kong1" if EVERY[axiom].featurewise else "i_surp")
    finding = EVERY[axiom].check(evaluator(PUBLISHED[measure], "quick"), case)
    return Witness(measure, axiom, case, finding).to_json()


def crowded(figure):
    """What sticks out of a laid out figure, and panels (with labels and legends) that overlap."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    page = figure.get_tightbbox(renderer)
    found = []
    if (
        page.x0 < -0.02
        or page.y0 < -0.02
        or page.x1 > figure.get_figwidth() + 0.02
        or page.y1 > figure.get_figheight() + 0.02
    ):
        found.append(f"outside: {page}")
    panels = [axes for part in figure.subfigs for axes in part.axes]
    boxes = [axes.get_tightbbox(renderer) for axes in panels] + [
        text.get_window_extent(renderer) for text in figure.texts
    ]
    for one, two in itertools.combinations(boxes, 2):
        across = min(one.x1, two.x1) - max(one.x0, two.x0)
        down = min(one.y1, two.y1) - max(one.y0, two.y0)
        if across > 2 and down > 2:
            found.append(f"overlap: {one}, {two}")
    return found


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


@pytest.mark.parametrize(("axiom", "case"), CASES, ids=lambda value: value if isinstance(value, str) else value.kind)
def test_every_kind_of_case_is_drawn_without_a_warning(axiom, case):
    figure = plot_witness(witness_of(axiom, case))
    root = ElementTree.fromstring(svg(figure, "a"))
    assert root.tag.endswith("svg")
    axes = [axes for part in figure.subfigs for axes in part.axes]
    assert len(axes) >= 3
    assert all(panel.has_data() for panel in axes), "an empty panel"
    assert figure.get_figwidth() == WIDTH
    said = " ".join(texts(figure))
    assert EVERY[axiom].title in said.replace("\n", " ")
    assert "nats" in said
    assert all(text.get_fontsize() >= 7 for text in figure.findobj(Text))
    assert crowded(figure) == []


def test_crowding_is_noticed():
    figure = plot_witness(witness_of("data_processing", EVERY["data_processing"].known[0]))
    svg(figure)
    assert not crowded(figure)
    figure.text(0.95, 0.5, "a text that runs out of the figure")
    assert any("outside" in problem for problem in crowded(figure))
    assert any("overlap" in problem for problem in crowded(figure))


def test_the_offending_stimulus_is_marked():
    case = EVERY["positivity"].known[0]
    witness = witness_of("positivity", case, "i_ssi")
    at = witness["finding"]["at"]
    assert f"stimulus {at}" in texts(plot_witness(witness))
    witness["finding"]["at"] = -1
    assert f"stimulus {at}" not in texts(plot_witness(witness))


def test_bars_have_the_heights_of_the_finding():
    witness = witness_of("data_processing", EVERY["data_processing"].known[0], "i_ssi")
    panel = plot_witness(witness).subfigs[1].axes[0]
    heights = [[bar.get_height() for bar in bars] for bars in panel.containers]
    np.testing.assert_allclose(heights, list(witness["finding"]["sides"].values()))


def test_responses_that_never_occur_before_keep_their_place():
    case = JumpCase(9, 10, 0.5, 0.5, (0, 1), (1, 0))
    panel = plot_witness(witness_of("locality_any_prior", case)).subfigs[0].axes[1]
    before, after = (np.asarray(line.get_ydata()) for line in panel.lines)
    assert panel.get_ylabel() == "p(r = 0|x)"
    assert not before.any()
    assert after[0] == 1
    assert np.isnan(after[1:]).all()


def test_a_witness_without_a_finding_shows_its_case():
    witness = witness_of("completeness", EVERY["completeness"].known[0])
    del witness["finding"]
    figure = plot_witness(witness)
    assert len(figure.subfigs) == 1
    svg(figure)


@pytest.mark.parametrize("sides", [7, {"a": "b"}, {"a": [1]}, {"$\\bad_{": [1.0, 2.0], "I_{{": [1.0, float("nan")]}])
def test_an_odd_finding_is_no_reason_to_fail(sides):
    witness = witness_of("completeness", EVERY["completeness"].known[0])
    witness["finding"] |= {"sides": sides, "at": 99, "says": "$\\frac{ <b>"}
    witness["measure"] = "$x^{$ <script>" * 9
    ElementTree.fromstring(svg(plot_witness(witness), "a", '<script>"'))


def test_a_case_that_is_none_is_refused():
    with pytest.raises(ValueError, match="unknown kind"):
        plot_witness({"measure": "m", "axiom": "completeness", "case": {"kind": "nonsense"}})


def test_svg_is_the_same_each_time_and_loads_nothing():
    witness = witness_of("completeness", ModelCase(CURVE))
    one, two = (svg(plot_witness(witness), "a", "said") for _ in range(2))
    assert one == two
    assert one.startswith("<svg ")
    assert 'aria-label="said"' in one
    assert "<metadata" not in one
    links = re.findall(r'href="([^"]*)"', one) + re.findall(r"url\(([^)]*)\)", one)
    assert links
    assert all(link.startswith(("#a-", "data:image/png;base64,")) for link in links)


def test_ids_of_two_drawings_do_not_meet_and_links_find_theirs():
    figure = plot_witness(witness_of("completeness", EVERY["completeness"].known[0]))
    a, b = (svg(figure, prefix) for prefix in "ab")
    ids_a, ids_b = (re.findall(r'\sid="([^"]*)"', text) for text in (a, b))
    assert not set(ids_a) & set(ids_b)
    assert len(set(ids_a)) == len(ids_a)
    assert set(re.findall(r'href="#([^"]*)"', a) + re.findall(r"url\(#([^)]*)\)", a)) <= set(ids_a)
    with pytest.raises(ValueError, match="prefix"):
        svg(figure, '"><script>')


def test_global_settings_are_left_alone():
    from matplotlib import rcParams

    before = dict(rcParams)
    svg(plot_witness(witness_of("completeness", EVERY["completeness"].known[0])))
    EncodingModel([0, 1], [0.5, 0.5], [[1, 0], [0, 1]]).plot()
    assert dict(rcParams) == before


@pytest.mark.parametrize(
    ("model", "panels"),
    [
        (RARE.build(), 2),
        (MANY.build(), 2),
        (PLANE.build(), 2),
        (encoding_model(Gaussian(), Bump(0.0, 1.0, 4.0), PoissonNoise(), 64), 2),
        (EncodingModel(np.eye(4), np.full(4, 0.25), np.eye(4)), 1),
        (ALONE.build(), 2),
    ],
    ids=["rare", "many", "plane", "continuous", "four features", "alone"],
)
def test_models_are_drawn(model, panels):
    figure = model.plot()
    assert len(figure.axes) == panels
    assert all(axes.has_data() for axes in figure.axes)
    ElementTree.fromstring(svg(figure))


def test_a_prior_has_stems_where_discrete_and_a_line_where_continuous():
    stems = MANY.build().plot().axes[0]
    line = encoding_model(Gaussian(), Linear(), GaussianNoise(), 64).plot().axes[0]
    assert len(stems.collections) == 1
    assert not line.collections
    model = encoding_model(Gaussian(), Linear(), GaussianNoise(), 64)
    np.testing.assert_allclose(line.lines[0].get_ydata(), model.prior / model.stimulus_volumes)


def test_words():
    assert short(1 / 3) == "1/3"
    assert short(0) == "0"
    assert short(0.123) == ".12"
    assert short(0.999) == "~1"
    assert short(1e-9) == "~0"
    assert in_figure("I_{R'|R}(x) of i_sp, $5") == r"I$_{\mathrm{R′|R}}$(x) of I$_{\mathrm{sp}}$, \$5"
    witness = witness_of("positivity", EVERY["positivity"].known[0], "i_ssi")
    assert witness["finding"]["says"] in describe(witness)


def test_a_kind_of_case_that_nobody_knows_is_drawn_by_its_model(monkeypatch):
    case = GarblingCase(CURVE, None, "abs", 1.5)
    assert len(plot_witness(witness_of("data_processing", case)).subfigs[0].axes) == 3
    monkeypatch.delitem(KINDS, "garbling")
    figure = plot_witness(witness_of("data_processing", case))
    assert len(figure.subfigs[0].axes) == 2
    assert [one.caption for one in Kind().numbers(case)] == ["The model"]
    svg(figure)  # lays it out
    assert crowded(figure) == []


def test_saved_in_its_style_whatever_the_settings(tmp_path):
    from matplotlib import rc_context

    def saved(name):
        witness = witness_of("completeness", EVERY["completeness"].known[0])
        plot_witness(witness).savefig(tmp_path / name, metadata={"Date": None})
        return (tmp_path / name).read_bytes()

    first = saved("a.svg")
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": "other", "mathtext.default": "it"}):
        assert saved("b.svg") == first


def test_a_figure_shows_itself_as_a_picture():
    data, size = EncodingModel([0, 1], [0.5, 0.5], [[1, 0], [0, 1]]).plot()._repr_png_()
    assert data.startswith(b"\x89PNG")
    assert size["width"] == round(WIDTH * 100)
