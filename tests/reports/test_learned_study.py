"""The networks that come with the package, held against the exact denoiser of the images that they learned."""

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")
pytest.importorskip("sklearn")

import stiminfo as si  # noqa: E402
from stiminfo.axioms.auditing.networks import audit_networks  # noqa: E402
from stiminfo.diffusion import UNetDenoiser  # noqa: E402
from stiminfo.diffusion.recipes import PRESETS  # noqa: E402
from stiminfo.diffusion.sources import source_named  # noqa: E402
from stiminfo.errors import OptionError  # noqa: E402
from stiminfo.reports.studies import learned, publish  # noqa: E402
from stiminfo.reports.studies.study import FOLDER, Run  # noqa: E402

# They share what a fixture makes: one worker runs them all.
pytestmark = pytest.mark.xdist_group("learned study")


@pytest.fixture(scope="module")
def shipped():
    denoiser, source = UNetDenoiser.load(learned.PRETRAINED / "digits"), source_named("digits")
    return denoiser, source, learned.judged(denoiser, source)


@pytest.mark.slow
def test_the_shipped_networks_are_right(shipped):
    found = shipped[2]
    assert abs(found["total"] - 1) < 0.10
    assert found["correlation"] > 0.98
    assert found["error_64"] < 0.05
    # Read as published, or without the mean of each level, the same networks are not.
    assert found["plug_in"] < 0.90
    assert abs(found["unscaled"] - 1) > abs(found["total"] - 1)


SHIPPED = {"digits": "CC BY 4.0", "gmm": "CC BY 4.0", "mnist": "CC BY-SA 3.0"}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_networks_denoise_better_than_a_linear_guess(name):
    """Wherever the finite-set denoiser does so by a tenth, on images that neither has seen."""
    rows = UNetDenoiser.load(learned.PRETRAINED / name).learned.notes["held_out"]
    for role in ("", "_given"):
        told = [row for row in rows if row[f"exact{role}"] < 0.9 * row[f"linear{role}"]]
        assert told
        assert all(row[f"network{role}"] < 0.9 * row[f"linear{role}"] for row in told)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_networks_are_small_and_credit_their_images(name):
    folder = learned.PRETRAINED / name
    assert sum(path.stat().st_size for path in folder.rglob("*.safetensors")) < 4 * 2**20
    assert SHIPPED[name] in (folder / "card.md").read_text(encoding="utf-8")


def test_the_published_tables_are_those_of_their_numbers():
    data = json.loads((FOLDER / "learned.json").read_text(encoding="utf-8"))
    assert learned.markdown(data) == (FOLDER / "learned.md").read_text(encoding="utf-8")
    assert {"choices", "accuracy"} <= set(data)
    assert {row["variant"] for row in data["choices"]} == set(learned.variants())


def test_the_tables_run(monkeypatch):
    """Every line of the choice of recipes, for a moment each."""
    monkeypatch.setattr(learned, "IMAGES", 2)
    base = replace(PRESETS["small"], steps=2, gain_steps=2, batch=4)
    source = source_named("gaussian", side=4)
    denoiser = learned.trained(source, base, None)
    row = learned.judged(denoiser, source, images=2, passes=256)
    assert set(row) >= {"total", "correlation", "plug_in", "unscaled", "error_64"}
    slow = learned.by_posterior(denoiser, source, images=1, samples=24)
    assert slow["posterior"] > 0


@pytest.mark.soak
def test_networks_of_gaussian_images_find_the_closed_form():
    """Two and a half minutes of one core, from nothing: the pixel map is 1/2 diag(logm C - logm C_r)."""
    torch.set_num_threads(1)
    source = source_named("gaussian")
    denoiser = learned.trained(source, PRESETS["small"], 2.5, cpu_time=True)
    x = source.held_out(128)
    truth = source.exact(denoiser.learned.encoder).feature_information()
    found = si.i_local.estimate(denoiser, x, passes=512, sampler="amortised")
    assert abs(found.value.mean() / truth.sum() - 1) < 0.05
    # After ten minutes it is what learned.md says; the map is flat but for its rim.
    assert np.corrcoef(found.featurewise.mean(axis=0), truth)[0, 1] > 0.8
    plug = si.i_local.estimate(denoiser, x, passes=256, sampler="plug_in")
    assert plug.value.mean() < 0.85 * truth.sum()


def test_the_page_is_made_anew(tmp_path, monkeypatch):
    """``python -m stiminfo.reports.studies.publish learned``, every part for a moment."""
    digits = source_named("digits")
    moment = replace(PRESETS["small"], batch=4)
    monkeypatch.setattr(learned, "PRESETS", {"small": moment, "vectors": PRESETS["vectors"]})
    monkeypatch.setattr(learned, "PASSES", 256)
    monkeypatch.setattr(learned, "judged", lambda *given, whole=learned.judged: whole(*given, 2, 256))
    monkeypatch.setattr(learned, "by_posterior", lambda *given, whole=learned.by_posterior, **_: whole(*given, 1, 24))
    monkeypatch.setattr(learned, "source_named", lambda name: digits if name == "mnist" else source_named(name))
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    monkeypatch.setattr(learned, "variants", lambda whole=learned.variants: {"small": whole()["small"]})
    monkeypatch.setattr(learned, "audit_networks", lambda *given: audit_networks(*given, axioms=["positivity"]))
    names = [
        "--audited",
        str(learned.PRETRAINED / "digits"),
        "--out",
        str(tmp_path),
        "--minutes",
        "0.002",
        "--mnist-checkpoint",
        str(learned.PRETRAINED / "digits"),
    ]
    publish.main(["learned", *names])
    data = json.loads((tmp_path / "learned.json").read_text(encoding="utf-8"))
    page = (tmp_path / "learned.md").read_text(encoding="utf-8")
    assert page == learned.markdown(data)
    assert [row["data"] for row in data["choices"]] == ["gaussian", "gmm"]
    assert len(data["accuracy"]) == 5
    # Networks that were trained for a moment know nothing; those that come with the package do.
    *_, digits_row, gmm_row = data["accuracy"]
    assert [digits_row["case"], gmm_row["case"]] == ["digits (shipped networks)", "gmm (shipped networks)"]
    assert min(digits_row["correlation"], gmm_row["correlation"]) > 0.9 > data["accuracy"][0]["correlation"]
    errors = [row["error"] for row in data["mnist"]["errors"]]
    assert errors == sorted(errors, reverse=True)
    assert [(row["data"], row["verdict"]) for row in data["audits"]] == [("digits", "holds")]
    assert abs(data["mnist"]["mean"] / data["mnist"]["information"] - 1) < 0.2


@pytest.mark.parametrize(("part", "option"), [("mnist", "--mnist-checkpoint"), ("audits", "--audited")])
def test_tables_of_networks_need_them(capsys, tmp_path, part, option):
    with pytest.raises(OptionError, match=option):
        learned.make(Run({"only": part}))
    with pytest.raises(SystemExit) as ended:
        publish.main(["learned", "--only", part, "--out", str(tmp_path)])
    assert ended.value.code == 2
    assert option in capsys.readouterr().err


def test_another_network_than_the_committed_one_is_a_difference(monkeypatch):
    row = dict.fromkeys(("truth", "total", "plug_in", "correlation", "map_error"), 1.0)
    monkeypatch.setattr(learned, "judged_shipped", lambda: {"digits": row, "gmm": row})
    rows = [row | {"case": f"{name} (shipped networks)"} for name in ("digits", "gmm")]
    assert learned.check({"accuracy": rows}) == []
    rows[1]["total"] = 1.1
    assert learned.check({"accuracy": rows}) == ["shipped networks of gmm: total 1.1000 committed, 1.0000 now"]
