"""Each way to install, into a fresh environment, used from another folder. Minutes: `tox -e soak`."""

import os
import subprocess
import sys

import checkout
import pytest

pytestmark = pytest.mark.soak


def run(*command, cwd):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=cwd, env=environment)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def built(source, kind, out):
    """What pip is to install."""
    if kind == "git":
        for command in (
            ["init", "-q"],
            ["add", "-A"],
            ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"],
        ):
            run("git", *command, cwd=source)
        return [f"git+file://{source}"]
    if kind == "editable":
        return ["-e", source]
    run(sys.executable, "-m", "build", f"--{kind}", "-o", out, source, cwd=out)
    (archive,) = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return [archive]


@pytest.mark.parametrize("kind", ["wheel", "sdist", "editable", "git"])
def test_an_installation_audits(tmp_path, kind):
    source = checkout.copied(tmp_path / "source", links=False)
    out, home, elsewhere = (tmp_path / name for name in ("out", "env", "elsewhere"))
    for folder in (out, elsewhere):
        folder.mkdir()
    run(sys.executable, "-m", "venv", home, cwd=tmp_path)
    scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
    run(scripts / "pip", "install", "-q", *built(source, kind, out), cwd=elsewhere)
    where = run(
        scripts / "python", "-c", "import stiminfo, stiminfo.axioms; print(stiminfo.axioms.__file__)", cwd=elsewhere
    )
    assert ("site-packages" in where) == (kind != "editable")
    said = run(scripts / "stiminfo", "audit", "i_surp", "--axiom", "positivity", "--examples", "2", cwd=elsewhere)
    assert "holds" in said
    assert "every claim agrees" in said
