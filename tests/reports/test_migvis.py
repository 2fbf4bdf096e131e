"""The statements of MIG-Vis: checks on a tiny world with latents by hand, and a planted fault in each kind of check."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from commands import stiminfo

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from stiminfo.diffusion.latents import Bound, ExactLatents, Groups, group_shares, rendered_world  # noqa: E402
from stiminfo.errors import UnknownName  # noqa: E402
from stiminfo.reports.paper.claims import CONFIRMED, CORRECTED, REFUTED  # noqa: E402
from stiminfo.reports.paper.claims_page import markdown  # noqa: E402
from stiminfo.reports.paper.migvis import PAPER, edits, groups, guidance, infonce, inversion, setting  # noqa: E402
from stiminfo.reports.paper.papers import NAMES, paper_named  # noqa: E402
from stiminfo.reports.studies.claims import of_paper  # noqa: E402
from stiminfo.reports.studies.study import FOLDER, Run  # noqa: E402

CLAIMS = PAPER.claims


def outcome(name):
    found = CLAIMS[name].check()
    assert found.evidence
    return found.outcome


def by_hand():
    """Latents of 32 images: rotation, category, and elongation are coordinates; a fourth group is noise."""
    world = rendered_world(size=6, rotations=4, elongations=2, stripes=1)
    at = {name: world.coordinates(name)[world.factors[:, f]] for f, name in enumerate(world.names)}
    means = [at["rotation"], at["category"], at["elongation"], np.zeros((len(world), 1))]
    named = Groups(("pose", "category", "free-1", "free-2"), (2, 4, 1, 1))
    z = torch.tensor(np.concatenate(means, axis=1)) * 2
    return ExactLatents(world, named, z, 0.25 * torch.eye(z.shape[1], dtype=torch.float64))


LATENTS = by_hand()
SHARES = group_shares(LATENTS, 400, 0)
CACHES = [edits.edited, infonce.critic, infonce.information, infonce.fresh, infonce.recorded, setting.start]


@pytest.fixture
def tiny(monkeypatch):
    """The world by hand in the place of the one that is learned."""
    # Without labels there are groups, too, but no "free" one: its row is that of both.
    last = SHARES.rows.index("whole")
    rows = (*SHARES.rows[:last], "free", "whole")
    order = [*range(last), SHARES.rows.index("free-1"), last]
    scores = SimpleNamespace(
        rows=rows,
        factors=SHARES.factors,
        groups=LATENTS.groups,
        shares=SHARES.shares[order],
        information=SHARES.about_factor[order],
        entropies=SHARES.entropies,
        about_image=SHARES.about_image[order],
        image_stderr=SHARES.image_stderr[order],
        gap_dimensions=np.full(3, 0.3),
        partial_correlation=0.1,
        r2=0.70,
        rmse=1.0,
        r2_of_means=0.71,
    )
    plain = SimpleNamespace(**vars(scores) | {"r2": 0.72, "partial_correlation": 4.0, "gap_dimensions": np.zeros(3)})
    plain.information = np.tile(scores.information.max(axis=0), (len(rows), 1))
    found = {"default": scores, "plain": plain, "published": SimpleNamespace(**vars(plain))}
    monkeypatch.setattr(setting, "world", lambda: LATENTS.world)
    monkeypatch.setattr(setting, "latents", lambda: LATENTS)
    monkeypatch.setattr(setting, "scores", lambda recipe, seed=0: found[recipe])
    monkeypatch.setattr(setting, "IMAGES", 12)
    monkeypatch.setattr(edits, "GROUPS", ("pose", "category", "free-1"))
    for cached in CACHES:
        cached.cache_clear()
    yield found
    for cached in CACHES:
        cached.cache_clear()


@pytest.mark.parametrize("name", ["section-3-2-estimate", "code-guidance", "code-inversion"])
def test_outcomes_that_need_no_world(name):
    assert outcome(name) == CLAIMS[name].expected


@pytest.mark.parametrize(
    "name",
    ["table-1", "section-3-1-independent", "section-3-1-supervised", "code-weights"],
)
def test_groups(tiny, name):
    assert outcome(name) == CLAIMS[name].expected


@pytest.mark.parametrize(
    ("name", "recipe", "value", "wrong"),
    [
        ("table-1", "default", "r2", 0.6),
        ("section-3-1-independent", "default", "partial_correlation", 1.0),
        ("section-3-1-supervised", "default", "shares", np.full((6, 4), 0.3)),
        ("code-weights", "published", "partial_correlation", 0.1),
    ],
)
def test_wrong_scores_are_news(tiny, name, recipe, value, wrong):
    setattr(tiny[recipe], value, wrong)
    assert CLAIMS[name].is_news(outcome(name))


def test_gaps(tiny):
    """Confirmed if both gaps rise in every training, corrected if those by groups do, and else refuted."""
    assert outcome("table-2") == CONFIRMED
    tiny["default"].gap_dimensions = np.zeros(3)
    assert outcome("table-2") == CLAIMS["table-2"].expected == CORRECTED
    tiny["default"].information = tiny["plain"].information
    assert outcome("table-2") == REFUTED


def test_a_gap_that_turning_leaves_is_news(tiny, monkeypatch):
    before, after = groups.turned(0)
    assert np.abs(before - after).max() > 0
    for factor, word in ((1.0, REFUTED), (1.2, CONFIRMED)):
        monkeypatch.setattr(groups, "turned", lambda seed, factor=factor: (np.ones(4), np.full(4, factor)))
        assert outcome("mig-turned") == word


@pytest.mark.parametrize("name", ["section-4-2-weaker", "eq-4"])
def test_exact_guides(tiny, monkeypatch, name):
    assert outcome(name) == CLAIMS[name].expected
    right = guidance.three_gradients

    def off(of, level):
        found = right(of, level)
        return found | {"likelihood": found["likelihood"] * 1.001}

    monkeypatch.setattr(guidance, "three_gradients", off)
    assert CLAIMS[name].is_news(outcome(name))


def test_wrong_guides_are_news(monkeypatch):
    monkeypatch.setattr(guidance, "compared", lambda make, level: (1.0, 1.0))
    assert outcome("section-3-2-estimate") == CONFIRMED
    assert outcome("code-guidance") == REFUTED
    monkeypatch.setattr(guidance, "compared", lambda make, level: (0.2, 1.0))
    assert outcome("section-3-2-estimate") == REFUTED


def test_infonce(tiny, monkeypatch):
    monkeypatch.setattr(infonce, "CANDIDATES", 48)
    monkeypatch.setattr(infonce, "STEPS", 20)
    monkeypatch.setattr(infonce, "BATCH", 48)
    for name in ("eq-5", "infonce-cap"):
        assert outcome(name) == CLAIMS[name].expected, name
    raw, normal, seen = infonce.off_ratio()
    assert normal < raw
    for found, word in (((5.0, 0.1, seen), CORRECTED), ((0.1, 0.1, seen), CONFIRMED), ((5.0, 5.0, seen), REFUTED)):
        monkeypatch.setattr(infonce, "off_ratio", lambda found=found: found)
        assert outcome("eq-6") == word
    monkeypatch.setattr(infonce, "off_ratio", lambda: (5.0, 0.1, 0.01))
    assert outcome("eq-6") == REFUTED
    for value, name, word in (
        (9.0, "eq-5", REFUTED),
        (0.9 * infonce.information()[0], "infonce-reach", CONFIRMED),
        (0.8 * infonce.information()[0], "infonce-reach", REFUTED),
    ):
        monkeypatch.setattr(infonce, "fresh", lambda value=value: Bound(value, 0.01, 48))
        assert outcome(name) == word
    monkeypatch.setattr(infonce, "exact_info_nce", lambda *_, **__: Bound(3.0, 0.01, 11))
    assert outcome("infonce-cap") == REFUTED


def test_a_critic_that_learned_its_trials(tiny, monkeypatch):
    monkeypatch.setattr(infonce, "CANDIDATES", 16)
    monkeypatch.setattr(infonce, "RECORDED_STEPS", 2)
    monkeypatch.setattr(infonce, "BATCH", 16)
    trained, unseen = infonce.recorded()
    assert (trained.fresh, unseen.fresh) == (False, True)
    for here, there, word in ((9.0, 0.5, CONFIRMED), (1.0, 0.5, REFUTED), (9.0, 9.0, REFUTED)):
        pair = Bound(here, 0.01, 48, False), Bound(there, 0.01, 48)
        monkeypatch.setattr(infonce, "recorded", lambda pair=pair: pair)
        assert outcome("infonce-training-trials") == word


def test_round_trips(tiny, monkeypatch):
    assert outcome("inversion-steps") == CONFIRMED
    monkeypatch.setattr(inversion, "usual_round_trip", lambda steps: 1 / steps**2)
    assert outcome("inversion-steps") == REFUTED
    monkeypatch.setattr(inversion, "usual_round_trip", lambda steps: 1 / steps)
    monkeypatch.setattr(setting, "start", lambda: SimpleNamespace(round_trip=1e-3))
    assert outcome("inversion-steps") == REFUTED
    monkeypatch.setattr(inversion, "spread_at_start", lambda released: (1.0, 0.04))
    assert outcome("code-inversion") == REFUTED


#: What edits keep and take: of a guide that holds the other factors, and of one that does not.
HELD = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0.5]])
LOOSE = np.array([[0.9, 1, 0.1, 0.7], [0.6, 0.9, 0.2, 0.9], [0.9, 0.1, 0.6, 0.8]])


def edited(group, whole):
    row = edits.GROUPS.index(group)
    return SimpleNamespace(taken=HELD[row], kept=1 - (HELD if whole else LOOSE)[row]), np.zeros(12)


def test_edits(tiny, monkeypatch):
    """In the tiny world edits are made and scored; those of the large world need its shares."""
    for name in ("section-4-1-category", "section-4-2-traversal", "ones-signs"):
        assert outcome(name) == CLAIMS[name].expected, name
    assert edits.edited("pose", True)[0].kept[0] == 1
    for name in ("conclusion", "section-4-1-pose", "section-4-1-gamma"):
        assert CLAIMS[name].check().evidence
    monkeypatch.setattr(edits, "edited", edited)
    assert outcome("conclusion") == CLAIMS["conclusion"].expected
    assert outcome("section-4-1-pose") == CLAIMS["section-4-1-pose"].expected
    monkeypatch.setattr(edits, "edited", lambda group, whole: edited(group, True))
    assert outcome("conclusion") == outcome("section-4-1-pose") == CONFIRMED
    monkeypatch.setattr(edits, "edited", lambda group, whole: edited("free-1", whole))
    for name in ("conclusion", "section-4-1-pose", "section-4-1-category"):
        assert outcome(name) == REFUTED, name


def test_wrong_edits_are_news(monkeypatch):
    monkeypatch.setattr(edits, "edited", edited)
    monkeypatch.setattr(edits, "traversed", lambda: (0.0, 0.1, 1.0))
    assert outcome("section-4-2-traversal") == CONFIRMED
    for ones, donor in ((0.0, 0.0), (0.9, 0.1)):
        monkeypatch.setattr(edits, "moved", lambda kind, amount, at=(ones, donor): at[kind == "donor"])
        assert outcome("ones-signs") == REFUTED
    for last, word in (((0.9, 0.1, -5.0), CONFIRMED), ((0.9, 0.1, -50.0), CORRECTED)):
        monkeypatch.setattr(edits, "along_ones", lambda a, last=last: last if a == edits.AMOUNTS[-1] else (0, 0, 0.0))
        assert outcome("section-4-1-gamma") == word
    monkeypatch.setattr(edits, "along_ones", lambda amount: (0.5, 0.1, 0.0))
    assert outcome("section-4-1-gamma") == REFUTED


def test_flipped_signs_leave_the_law_as_it_is():
    other = edits.flipped(LATENTS)
    assert not torch.equal(other.means, LATENTS.means)
    assert group_shares(other, 400, 0).about_image == pytest.approx(SHARES.about_image, abs=0.2)


def test_the_committed_page():
    data = json.loads((FOLDER / "mig-vis.json").read_text(encoding="utf-8"))
    assert data["claims"].keys() == CLAIMS.keys()
    assert all(entry["outcome"] == entry["expected"] == CLAIMS[name].expected for name, entry in data["claims"].items())
    page = (FOLDER / "mig-vis.md").read_text(encoding="utf-8")
    assert markdown(data) == page
    assert page.startswith("# The statements of MIG-Vis, checked in a known world")
    assert "Beside the released code" in page


def test_what_fails_says_what_holds():
    for claim in CLAIMS.values():
        assert claim.statement.endswith(".")
        assert claim.ours == claim.place.startswith("Beside"), claim.id
        assert bool(claim.correction) == (claim.expected != CONFIRMED), claim.id


def test_the_study():
    few = replace(PAPER, claims={name: CLAIMS[name] for name in ("code-inversion", "code-guidance")})
    study = of_paper(few, "mig-vis", "seconds")
    said = []
    data = study.make(Run(say=said.append))
    assert said == ["code-inversion: confirmed", "code-guidance: confirmed"]
    assert data["paper"] == "mig-vis"
    assert study.check(data) == []
    data["claims"]["code-inversion"]["outcome"] = REFUTED
    assert study.check(data) == ["claim code-inversion: outcome 'refuted' committed, 'confirmed' now"]


def test_the_command(command, capsys, tmp_path):
    assert command("claims", "--paper", "mig-vis", "--claim", "code-inversion", "--json", str(tmp_path / "c.json")) == 0
    assert "code-inversion (ours): confirmed" in capsys.readouterr().out
    data = json.loads((tmp_path / "c.json").read_text())
    assert data["paper"] == "mig-vis"
    assert "1 statement; 1 ours: 1 confirmed" in markdown(data)
    assert command("claims", "--paper", "mig-vis", "--claim", "eq-99") == 2
    assert "unknown claim" in capsys.readouterr().err
    assert command("claims", "--paper", "mig-viz") == 2
    assert "did you mean 'mig-vis'" in capsys.readouterr().err


def test_papers():
    assert [paper_named(name).key for name in NAMES] == list(NAMES)
    with pytest.raises(UnknownName, match="mig-vis"):
        paper_named("mig")


def test_the_setting_trains_what_it_says(monkeypatch):
    caches = (setting.world, setting.responses, setting.learned, setting._scores, setting.latents)
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setattr(setting, "SIZES", {"size": 6, "shapes": 2, "rotations": 4, "elongations": 2, "stripes": 1})
    monkeypatch.setattr(setting, "RECIPES", {"default": replace(setting.RECIPES["default"], steps=2, batch=8)})
    monkeypatch.setattr(setting, "_SAMPLES", 32)
    try:
        assert len(setting.world()) == 16
        assert setting.scores("default") is setting.scores("default", setting.SEED)
        assert setting.scores("default").rows[:2] == ("pose", "category")
        assert setting.latents().world is setting.world()
        assert setting.channel("pose").source.encoder.responses == 6
        assert len(setting.chosen()) == len(set(setting.chosen().tolist())) == 16
    finally:
        for cached in caches:
            cached.cache_clear()


def test_the_ids_are_listed():
    done = stiminfo("claims", "--list", "--paper", "mig-vis")
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[0]) == (0, f"--paper mig-vis: {len(CLAIMS)} statements")
    assert [line.split(":")[0].removesuffix(" (ours)") for line in lines[1:]] == list(CLAIMS)
