"""The site: pages are filled with the project's results, then built by mkdocs in strict mode.

``python -m stiminfo.reports.studies.pages --out site`` (`tox -e site`) writes a folder of static files.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ...axioms.registry import AXIOMS
from ...estimators import PUBLISHED
from ...files import read_json
from ...models import read_recording
from ..draw.style import Drawing, styled
from ..draw.witness import describe, plot_witness, svg
from ..maths import mathml
from ..measuring import measure as measured
from ..paper import models as models
from ..paper.compared import draw_setting, figure_of, opening, panel
from ..paper.figures import FIGURES
from ..paper.models import Comparison
from ..symbols import in_markdown, unit_of

SITE = Path(__file__).parents[1] / "site"
PUBLISHED_FOLDER = Path(__file__).parents[1] / "published"
#: Committed pictures that are copied, since drawing them needs torch.
_PICTURES = ("groups.png", "edits.png", "error_against_passes.png", "figures/figure-4.png", "figures/figure-6.png")


def comparisons() -> tuple[Comparison, Comparison, Comparison]:
    """The three comparisons in which every measure is shown."""
    return models.second_bump(), models.other_prior(), models.magnitude()


#: Size of a row of panels, in inches.
_SIZE = (6.6, 1.6)


def measure_figure(name: str, found: tuple[Comparison, ...]) -> Drawing:
    """Draw one measure in the three settings."""
    with styled():
        figure = Drawing(figsize=_SIZE, layout="constrained")
        for axis, one in zip(figure.subplots(1, 3), found):
            panel(axis, one, name)
            axis.set_xlabel("stimulus x")
            axis.set_ylabel(unit_of(name))
            axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.7, columnspacing=1)
    return figure


def settings_figure(found: tuple[Comparison, ...]) -> Drawing:
    """Draw the first two upper panels of the three settings: priors and responses."""
    with styled():
        figure = Drawing(figsize=(_SIZE[0], 2.4), layout="constrained")
        for column, one in zip(figure.subplots(2, 3, sharex="col").T, found):
            for axis, setting in zip(column, one.settings):
                draw_setting(axis, setting, one.span)
            column[1].set_xlabel("stimulus x")
    return figure


def _measures(table: dict[str, Any], found: tuple[Comparison, ...]) -> list[dict[str, Any]]:
    entries = []
    for name, measure in PUBLISHED.items():
        verdicts = table[name]["axioms"]
        entries.append(
            {
                "name": name,
                "title": measure.title,
                "formula": mathml(measure.formula, display=True),
                "units": "" if measure.units == "nats" else f"In {measure.units}.",
                "tells": measure.tells,
                "source": measure.source,
                "drawing": svg(measure_figure(name, found), f"m-{name}", f"{measure.title} in the three settings"),
                "broken": [AXIOMS[axiom] for axiom, cell in verdicts.items() if cell["verdict"] == "refuted"],
            }
        )
    return entries


def _axioms(table: dict[str, Any]) -> list[dict[str, Any]]:
    entries = []
    for axiom in AXIOMS.values():
        cells = {name: row["axioms"][axiom.id] for name, row in table.items()}

        def named(verdict: str, cells: dict[str, Any] = cells) -> str:
            return ", ".join(name for name, cell in cells.items() if cell["verdict"] == verdict)

        drawings = [
            svg(plot_witness(cell["witness"]), f"w-{axiom.id}-{name}", describe(cell["witness"]))
            for name, cell in cells.items()
            if cell["witness"]
        ]
        entries.append(
            {
                "id": axiom.id,
                "title": axiom.title,
                "statement": axiom.statement,
                "why": axiom.why,
                "source": axiom.source,
                "proved": ", ".join(name for name, cell in cells.items() if cell.get("proof")),
                "holds": ", ".join(
                    name for name, cell in cells.items() if cell["verdict"] == "holds" and not cell.get("proof")
                ),
                "breaks": named("refuted"),
                "silent": named("not_applicable"),
                "proofs": [(name, cell["proof"]) for name, cell in cells.items() if cell.get("proof")],
                "drawings": drawings,
            }
        )
    return entries


def _figures() -> list[dict[str, Any]]:
    entries = []
    for number, (figure, found) in {n: figure_of(n) for n in (1, 2, 3, 5)}.items():
        about = next(one for one in FIGURES if one.number == number)
        entries.append(
            {
                "number": number,
                "title": about.title,
                "caption": about.caption,
                "chosen": f"Parameters chosen here: {found.chosen}.",
                "drawing": svg(figure, f"f-{number}", f"Figure {number}: {about.title}. {about.caption}"),
            }
        )
    return entries


def audit_output(measure: str) -> str:
    """The output of the tutorial's audit."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "my_measure.py").write_text(measure, encoding="utf-8")
        command = [sys.executable, "-m", "stiminfo", "audit", "my_measure.py:MEASURE", "--cases", "40"]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, encoding="utf-8")
    if run.returncode != 1:
        raise RuntimeError(f"the tutorial's audit ended with {run.returncode}: {run.stderr}")
    return "\n".join(line.rstrip() for line in run.stdout.strip().splitlines())


def recording_parts() -> dict[str, str]:
    """What `stiminfo measure` prints about the example recording, and the figure that it makes."""
    recording = read_recording(Path(__file__).resolve().parents[2] / "examples" / "recording.csv", "circle:360")
    found = measured(recording)
    label = "Mean number of spikes and I(x) of each measure at eight directions"
    return {"output": str(found), "drawing": svg(found.plot(), "recording", label)}


def first_block(page: str) -> str:
    """The first Python block of a page."""
    return page.split("```python\n", 1)[1].split("```", 1)[0]


def _demoted(text: str) -> str:
    """A generated page as part of another page: headings move one level down."""
    return "\n".join("#" + line if line.startswith("#") else line for line in text.splitlines())


def fill(folder: Path) -> None:
    """Write every page, with drawings and tables, into a folder."""
    table = read_json(PUBLISHED_FOLDER / "table.json")["measures"]
    found = comparisons()

    def published(name: str) -> str:
        return (PUBLISHED_FOLDER / name).read_text(encoding="utf-8")

    environment = Environment(
        loader=FileSystemLoader(SITE / "pages"), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    context = {
        "table": published("table.md"),
        "drawings": {
            "teaser": svg(opening(found[0]), "teaser", "Eight measures of one neuron, with one bump and with two"),
            "settings": svg(settings_figure(found), "settings", "Priors and responses of the three settings"),
        },
        "measures": _measures(table, found),
        "axioms": _axioms(table),
        "figures": _figures(),
        "audit_output": audit_output(first_block((SITE / "pages" / "audit.md").read_text(encoding="utf-8"))),
        "recording": recording_parts(),
        "claims": _demoted(published("claims.md")),
        "beyond": published("beyond.md"),
        "migvis": _demoted(published("mig-vis.md")),
        "learned": _demoted(published("learned.md")),
        "smooth": _demoted(published("smooth.md")),
        "estimators": _demoted(published("estimators.md")),
        "benchmarks": published("benchmarks.md"),
        "cluster": _demoted(published("cluster.md")),
        "strength": published("strength.md"),
        "sampling": published("sampling.md"),
    }
    folder.mkdir(parents=True)
    for page in sorted((SITE / "pages").glob("*.md")):
        text = in_markdown(environment.get_template(page.name).render(context))
        (folder / page.name).write_text(text, encoding="utf-8")
    shutil.copy(SITE / "pages" / "site.css", folder)
    for name in _PICTURES:
        shutil.copy(PUBLISHED_FOLDER / name, folder)


def _sources(folder: Path) -> Path:
    """Copy the package into one folder, for the API reference: it reads files, which a checkout keeps apart."""
    package = folder / "stiminfo"
    no_code = shutil.ignore_patterns("pretrained", "published", "site", "__pycache__")
    for part in ("", "models", "estimators", "diffusion", "axioms", "reports"):
        spec = find_spec(f"stiminfo.{part}".rstrip("."))
        for place in (spec.submodule_search_locations if spec else None) or ():
            shutil.copytree(place, package / part, ignore=no_code, dirs_exist_ok=True)
    return folder


def build(out: Path) -> None:
    """Fill the pages and build the site in `out`; warnings, such as dead links, are errors."""
    import yaml

    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        fill(work / "pages")
        text = (SITE / "mkdocs.yml").read_text(encoding="utf-8")
        text += f"\ndocs_dir: {work / 'pages'}\nsite_dir: {work / 'site'}\n"
        settings = yaml.safe_load(text)
        handler = next(entry for entry in settings["plugins"] if isinstance(entry, dict))["mkdocstrings"]["handlers"]
        handler["python"]["paths"] = [str(_sources(work / "sources"))]
        (work / "mkdocs.yml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", str(work / "mkdocs.yml")]
        subprocess.run(command, check=True)
        if out.exists():
            shutil.rmtree(out)
        shutil.copytree(work / "site", out)


def main() -> None:
    """Build the site."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("site"), help="folder of the site (default: site)")
    options = parser.parse_args()
    out: Path = options.out
    if not SITE.is_dir():
        parser.error("the pages' sources are in a checkout of stiminfo only")
    if out.exists() and any(out.iterdir()) and not (out / "index.html").is_file():
        parser.error(f"{out} is there and is not a site")
    build(out)
    print(f"written to {out / 'index.html'}")


if __name__ == "__main__":
    main()
