"""The site: its pages are filled, its tutorial runs, and what it says is what the project computes."""

import json
import re
import shutil
import subprocess
import sys

import browser
import checkout
import pytest

from stiminfo.axioms import AXIOMS
from stiminfo.estimators import PUBLISHED
from stiminfo.reports.studies import benchmarks, pages

PAGES = sorted((pages.SITE / "pages").glob("*.md"))
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    if not page.stem.startswith("recipe-")  # test_recipes.py runs these, in the order of each page
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_what_pages_show_runs(block, tmp_path):
    if "stiminfo.diffusion" in block:
        pytest.importorskip("torch", reason="the diffusion side needs torch")
    if "import pynwb" in block:
        pytest.importorskip("pynwb", reason="needs stiminfo[recordings]")
    script = tmp_path / "block.py"
    script.write_text(block, encoding="utf-8")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=200, cwd=tmp_path)
    assert run.returncode == 0, run.stderr


def test_the_tutorial_ends_as_it_says():
    """Complete and positive, as claimed, and not local."""
    page = (pages.SITE / "pages" / "audit.md").read_text(encoding="utf-8")
    said = pages.audit_output(pages.first_block(page))
    rows = {line.split()[1]: line for line in said.splitlines() if line.startswith("│")}
    assert "holds" in rows["completeness"]
    assert "holds" in rows["positivity"]
    assert "refuted" in rows["locality"]


def test_the_example_recording_is_measured():
    parts = pages.recording_parts()
    assert "480 trials, 60 per stimulus" in parts["output"]
    assert parts["drawing"].startswith("<svg")


def test_every_measure_and_axiom_has_its_place():
    table = pages.read_json(pages.PUBLISHED_FOLDER / "table.json")["measures"]
    assert all(measure.formula and measure.tells for measure in PUBLISHED.values())
    entries = {entry["id"]: entry for entry in pages._axioms(table)}
    assert set(entries) == set(AXIOMS)
    refuted = sum(cell["verdict"] == "refuted" for row in table.values() for cell in row["axioms"].values())
    assert sum(len(entry["drawings"]) for entry in entries.values()) == refuted > 25
    assert "i_cissi" in entries["additivity"]["breaks"]


def test_pages_name_no_page_that_is_not_there():
    names = {page.name for page in PAGES}
    for page in PAGES:
        for target in re.findall(r"\]\(([\w-]+\.md)", page.read_text(encoding="utf-8")):
            assert target in names, (page.name, target)


def test_the_cost_model():
    cells = [4.0, 3.0, 2.0, 1.0]
    model = benchmarks.modelled(cells, 11.0)
    assert model[1] == 11.0
    assert model[2] == 1.0 + 5.0
    assert model[4] == model[1000] == 1.0 + 4.0


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built with warnings as errors."""
    pytest.importorskip("mkdocs", reason="needs the dependency group site")
    folder = tmp_path_factory.mktemp("built") / "site"
    run = subprocess.run(
        [sys.executable, "-m", "stiminfo.reports.studies.pages", "--out", str(folder)],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert run.returncode == 0, run.stderr
    return folder


@pytest.mark.xdist_group("site")
def test_no_page_scrolls_sideways_on_a_phone(site):
    if not browser.CHROMIUM:
        pytest.skip("needs Chromium")
    shutil.copy(pages.PUBLISHED_FOLDER / "table.html", site / "table.html")
    found = browser.widths(site, 390)
    assert len(found) == len(PAGES) + 1
    assert {name: page for name, page in found.items() if page["width"] > 390 or page["wide"]} == {}
    (site / "wide.html").write_text("<body><p style='width: 500px'>Too wide for a phone.</p></body>")
    assert browser.widths(site, 390)["wide.html"]["width"] >= 500
    (site / "wide.html").unlink()


@pytest.mark.xdist_group("site")
def test_the_site_builds_strictly(site, tmp_path):
    for page in PAGES:
        assert (site / f"{page.stem}.html").stat().st_size > 5_000
    measures = (site / "measures.html").read_text(encoding="utf-8")
    assert "I<sub>local</sub>: local information" in measures
    assert '<math display="block">' in measures
    for page in site.glob("*.html"):
        assert "<p></defs>" not in page.read_text(encoding="utf-8"), f"{page.name}: Markdown was read inside a drawing"
    index = (site / "index.html").read_text(encoding="utf-8")
    assert "I<sub>CiSSI</sub>" in index
    assert "i_cissi" not in index
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    run = subprocess.run(
        [sys.executable, "-m", "stiminfo.reports.studies.pages", "--out", str(tmp_path / "other")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert (tmp_path / "other" / "mine.txt").exists()


def test_readme_says_how_right_the_shipped_networks_are():
    text = " ".join((checkout.ROOT / "README.md").read_text(encoding="utf-8").split())
    accuracy = json.loads((checkout.ROOT / "reports/published/learned.json").read_text(encoding="utf-8"))["accuracy"]
    (known,) = (row for row in accuracy if row["case"].startswith("gmm"))
    assert (
        f"totals are {1 - known['total']:.1%} low, and maps of single images are off by {known['map_error']:.1%}"
        in text
    )
    within = (
        ("gmm", "mixture's networks are within {} of it"),
        ("digits", "the digits' within {},"),
        ("mnist", "MNIST's within {}."),
    )
    for name, said in within:
        card = (checkout.ROOT / f"diffusion/pretrained/{name}/card.md").read_text(encoding="utf-8")
        (completeness,) = re.findall(r"completeness within (\S+%)", card)
        (spread,) = re.findall(r"a spread of\s+(\S+%) over single images", card)
        assert said.format(completeness) in text
        assert spread in text
