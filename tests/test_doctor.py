"""`stiminfo doctor`: what it finds, and that it sees what is missing."""

import sys
from importlib import metadata

import pytest

from stiminfo.cli.app import main


@pytest.fixture
def doctor(monkeypatch, capsys):
    def run(*requirements, **versions):
        """The exit code and the text, where stiminfo asks for these and these versions are installed."""
        known = metadata.version

        def version(name):
            key = name.replace("-", "_")
            if key in versions and versions[key] is None:
                raise metadata.PackageNotFoundError(name)
            return versions.get(key) or known(name)

        monkeypatch.setattr(metadata, "requires", lambda _: list(requirements))
        monkeypatch.setattr(metadata, "metadata", lambda _: _Extras())
        monkeypatch.setattr(metadata, "version", version)
        monkeypatch.setattr(sys, "argv", ["stiminfo", "doctor"])
        monkeypatch.setenv("COLUMNS", "300")
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().out

    return run


class _Extras:
    def get_all(self, _):
        return ["fast"]


def test_all_is_well(doctor):
    code, text = doctor("numpy>=2", "mpmath>=1", 'scipy>=1; extra == "fast"', stiminfo="0.1.0")
    assert code == 0
    assert "MISSING" not in text
    assert "to install" not in text
    assert f"numpy {metadata.version('numpy')}" in text
    assert f"stiminfo[fast] scipy {metadata.version('scipy')}" in " ".join(text.split())


def test_a_missing_or_old_library_fails_with_the_line_that_installs_it(doctor):
    code, text = doctor("numpy>=2", "mpmath>=99", stiminfo="0.1.0")
    assert code == 1
    assert "TOO OLD (needs >=99)" in text
    assert "to install: pip install -e ." in text
    code, text = doctor("numpy>=2", "no-such-library>=1", stiminfo="0.1.0", no_such_library=None)
    assert code == 1
    assert "no-such-library MISSING" in text


def test_a_missing_extra_is_told_and_no_failure(doctor):
    code, text = doctor("numpy>=2", 'no-such-library>=1; extra == "fast"', stiminfo="0.1.0", no_such_library=None)
    assert code == 0
    assert "no-such-library MISSING" in text
    assert "'.[fast]'" in text


def test_where_mnist_is_looked_for(doctor, monkeypatch, tmp_path):
    monkeypatch.delenv("STIMINFO_MNIST", raising=False)
    assert "STIMINFO_MNIST is not set" in doctor("numpy>=2", stiminfo="0.1.0")[1]
    monkeypatch.setenv("STIMINFO_MNIST", str(tmp_path / "nowhere"))
    assert "no such folder" in doctor("numpy>=2", stiminfo="0.1.0")[1]
    monkeypatch.setenv("STIMINFO_MNIST", str(tmp_path))
    assert "no IDX files" in doctor("numpy>=2", stiminfo="0.1.0")[1]
    (tmp_path / "t10k-images-idx3-ubyte.gz").touch()
    assert "t10k-images-idx3-ubyte.gz" in doctor("numpy>=2", stiminfo="0.1.0")[1]
