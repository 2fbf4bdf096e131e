"""What the wheel contains, and the public names."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import stiminfo as si

ROOT = Path(__file__).parents[1]
NAMES = ["EncodingModel", "ResponsePair", "Measure", "NotApplicable", "Uncertain", "audit", "Audit", "encoding_model"]
NAMES += ["InputError", "ModelError"]
NAMES += ["fisher", "i_sp", "i_ssi", "i_surp", "i_cissi", "i_local", "i_kong1", "i_kong2"]


@pytest.mark.parametrize("name", NAMES)
def test_public_names(name):
    assert getattr(si, name) is not None
    assert name in dir(si)


def test_unknown_names_say_so():
    with pytest.raises(AttributeError, match="attribute i_globl"):
        si.i_globl  # noqa: B018


def test_the_stub_lists_every_public_name():
    assert sorted(si.__all__) == sorted(NAMES + ["Verdict"])
    # The packages are attributes too; a star import leaves them out, since one of them needs torch.
    assert {"models", "estimators", "diffusion", "axioms", "reports", "__version__"} <= set(dir(si))
    assert si.models.EncodingModel is si.EncodingModel


@pytest.mark.slow
def test_the_wheel_holds_every_wing_and_its_data(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: there is nothing to build a wheel from")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"stiminfo/{path.relative_to(ROOT)}"
        for wing in ("models", "estimators", "diffusion", "axioms", "reports")
        for path in (ROOT / wing).rglob("*.py")
        if "studies" not in path.parts
    }
    expected |= {"stiminfo/__init__.py", "stiminfo/__init__.pyi", "stiminfo/cli/app.py", "stiminfo/py.typed"}
    expected |= {f"stiminfo/reports/templates/{path.name}" for path in (ROOT / "reports/templates").iterdir()}
    networks = ROOT / "diffusion" / "pretrained"
    expected |= {f"stiminfo/diffusion/{path.relative_to(networks.parent)}" for path in networks.rglob("*.*")}
    known = {"stiminfo/diffusion/pretrained/digits/conditional/config.json", "stiminfo/reports/paper/claims/claim.py"}
    assert known <= expected
    assert expected - names == set()
    outside = ("tests/", "models/", "stiminfo/reports/site/", "stiminfo/reports/studies/")
    assert not any(name.startswith(outside) for name in names)
