"""The page of relatives can be made anew, and a further axiom excludes the relatives that the page says."""

import json

import pytest

from stiminfo.reports.studies import beyond, publish
from stiminfo.reports.studies.study import FOLDER


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr(beyond, "RELATIVES", {name: beyond.RELATIVES[name] for name in ("isotropic noise", "walk")})
    monkeypatch.setattr(beyond, "ASKED", ("completeness", "positivity"))
    publish.main(["beyond", "--out", str(tmp_path), "--examples", "3"])
    return tmp_path


@pytest.mark.soak  # a minute; `tox -e drift` confirms each refutation of the page
def test_the_page_is_made_anew(page):
    published = json.loads((FOLDER / "beyond.json").read_text(encoding="utf-8"))["relatives"]
    found = json.loads((page / "beyond.json").read_text(encoding="utf-8"))["relatives"]
    for name, cells in found.items():
        assert {axiom: cell["verdict"] for axiom, cell in cells.items()} == {
            axiom: published[name][axiom]["verdict"] for axiom in cells
        }
    killed = [axiom for axiom, cell in found["isotropic noise"].items() if cell["verdict"] == "refuted"]
    assert killed
    text = (page / "beyond.md").read_text(encoding="utf-8")
    assert "excludes **isotropic noise**" in text
    assert "excludes none" in text
