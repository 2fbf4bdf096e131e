"""What is built and shipped: the same with links and without them, and everything that belongs there."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import checkout
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import stiminfo as si

ROOT = checkout.ROOT
NAMES = [
    "EncodingModel",
    "Population",
    "ResponsePair",
    "Measure",
    "NotApplicable",
    "Uncertain",
    "audit",
    "Audit",
    "encoding_model",
]
NAMES += ["fisher", "i_sp", "i_ssi", "i_surp", "i_cissi", "i_local", "i_kong1", "i_kong2", "InputError", "ModelError"]
NAMES += ["Recording", "compare", "i_nce", "measure", "read_recording"]
#: Folders of code that stay in the checkout.
KEPT = {"stiminfo.reports.studies"}


@pytest.mark.parametrize("name", NAMES)
def test_public_names(name):
    assert getattr(si, name) is not None
    assert name in dir(si)


def test_unknown_names_say_so():
    with pytest.raises(AttributeError, match="i_globl"):
        si.i_globl  # noqa: B018


def test_the_stub_lists_every_public_name():
    assert sorted(si.__all__) == sorted(NAMES + ["Verdict"])
    # The packages are attributes too; a star import leaves them out, since one of them needs torch.
    assert {"models", "estimators", "diffusion", "axioms", "reports", "__version__"} <= set(dir(si))
    assert si.models.EncodingModel is si.EncodingModel


@pytest.mark.parametrize("package", ["models", "estimators", "axioms", "reports", "cli"])
def test_any_package_can_be_the_first(package):
    subprocess.run([sys.executable, "-c", f"import stiminfo.{package}"], check=True)


def folders(root):
    """The package of each folder that holds code."""
    found = {"stiminfo." + ".".join(path.parent.relative_to(root).parts) for w in checkout.WINGS
             for path in (root / w).rglob("*.py")}  # fmt: skip
    base = root / "src" / "stiminfo"
    for path in base.rglob("*.py"):
        inside = path.parent.relative_to(base).parts
        if not inside or inside[0] not in checkout.WINGS:
            found.add(".".join(("stiminfo", *inside)))
    return found


def missing(root):
    """Folders of code that the package list forgets, and packages without a folder."""
    listed = set(tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    return (folders(root) - KEPT) ^ listed


def test_the_list_of_packages_is_that_of_the_folders(tmp_path):
    checkout.need_checkout()
    assert missing(ROOT) == set()
    copy = checkout.copied(tmp_path, links=False)
    assert missing(copy) == set()
    (copy / "axioms" / "forgotten").mkdir()
    (copy / "axioms" / "forgotten" / "__init__.py").write_text("")
    assert missing(copy) == {"stiminfo.axioms.forgotten"}


def wheel_of(source, out):
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def expected_in_wheel():
    """Every file of code, and the data that it reads."""
    found = set()
    for name in checkout.tracked():
        wing, _, rest = name.partition("/")
        inside = f"stiminfo/{name}" if wing in checkout.WINGS else name.removeprefix("src/")
        code = name.endswith((".py", ".pyi")) and (wing in checkout.WINGS or name.startswith("src/"))
        data = rest.startswith(("templates/", "pretrained/")) or name.endswith(
            (".mplstyle", "py.typed", ".safetensors")
        )
        data = data or name == "axioms/strength.json"
        if (code or data) and not name.startswith("reports/studies/"):
            found.add(inside)
    return found


@pytest.mark.slow
def test_a_wheel_holds_every_wing_and_its_data_without_links(tmp_path):
    """From a checkout in which git made no links: once that gave a wheel of 17 files, without a word."""
    source = checkout.copied(tmp_path / "source", links=False)
    assert (source / "src/stiminfo/models").is_file()
    names = wheel_of(source, tmp_path / "wheel")
    assert names == expected_in_wheel()
    assert "stiminfo/axioms/completeness.py" in names
    assert "stiminfo/axioms/strength.json" in names
    assert "stiminfo/diffusion/pretrained/digits/checkpoint.json" in names


@pytest.mark.soak
def test_links_change_nothing_in_a_wheel(tmp_path):
    one, other = (
        wheel_of(checkout.copied(tmp_path / str(links), links=links), tmp_path / f"wheel-{links}")
        for links in (True, False)
    )
    assert one == other


@pytest.mark.soak
def test_a_source_distribution_is_the_checkout(tmp_path):
    source = checkout.copied(tmp_path / "source", links=True)
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "-o", str(tmp_path), str(source)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    lost = {name for name in checkout.tracked() if not (unpacked / name).exists()}
    # Links are for editors, and what git ignores for git.
    assert lost == {".gitignore", *(f"src/stiminfo/{wing}" for wing in checkout.WINGS)}
    assert wheel_of(unpacked, tmp_path / "wheel") == expected_in_wheel()


def requirements(lines):
    """{name: specifier} of lines such as "numpy>=2.2"."""
    from packaging.requirements import Requirement

    found = {}
    for line in lines:
        one = Requirement(line.replace(" ", ""))
        found[one.name.removesuffix("-base")] = str(one.specifier)
    return found


def test_the_conda_recipe_asks_for_what_the_wheel_asks_for():
    text = (ROOT / "conda" / "meta.yaml").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = text.split("  run:\n", 1)[1].split("\ntest:", 1)[0]
    run = requirements(line.strip(" -") for line in asked.splitlines() if line.strip())
    assert run.pop("python") == project["requires-python"]
    assert run == requirements(project["dependencies"])
    assert f'version = "{project["version"]}"' in text


def test_the_oldest_versions_are_those_that_are_allowed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        Requirement(line) for line in project["dependencies"] + [line for part in extras.values() for line in part]
    }
    lowest = {one.name: next(iter(one.specifier)).version for one in wanted}
    lines = (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8").splitlines()
    oldest = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert oldest.keys() == lowest.keys() - {"hypothesis"}, "constraints.txt pins Hypothesis"
    for name, version in oldest.items():
        assert Version(version) == Version(lowest[name]), name


@pytest.mark.soak
def test_a_wheel_is_built_the_same_twice(tmp_path):
    source = checkout.copied(tmp_path / "source", links=True)
    built = []
    for name in ("one", "other"):
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "-o", str(tmp_path / name), str(source)],
            check=True, capture_output=True, timeout=300, env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"},
        )  # fmt: skip
        (wheel,) = (tmp_path / name).glob("*.whl")
        built.append(wheel.read_bytes())
    assert built[0] == built[1]


def test_data_that_are_shipped_have_a_licence():
    text = (ROOT / "LICENSE-DATA").read_text(encoding="utf-8")
    shipped = {path.parent.name for path in (ROOT / "diffusion" / "pretrained").glob("*/checkpoint.json")}
    assert shipped
    assert shipped == set(re.findall(r"diffusion/pretrained/([\w-]+)", text))
