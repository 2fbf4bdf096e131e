"""What breaks from outside, a full disk say: earlier results stay as they were, and one line says why."""

import json
import os
import signal
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("limits and permissions of POSIX", allow_module_level=True)

resource = pytest.importorskip("resource")
MOST = 2048


def limited():
    """As on a full disk: no file grows beyond 2 kB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST, MOST))


def stiminfo(*arguments, cwd, before=None):
    command = [sys.executable, "-B", "-m", "stiminfo", *map(str, arguments)]
    # Coverage of the process would want to write, too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=200,
        cwd=cwd,
        env=environment,
        preexec_fn=before,
    )


TABLE = ("table", "--axiom", "positivity", "--examples", "3")


@pytest.mark.parametrize(
    "arguments",
    [
        (*TABLE, "--json", "out.json"),
        (*TABLE, "--html", "out.html"),
        ("figures", "--figure", "2", "--out", "."),
        ("measure", "trials.csv", "--measure", "i_surp", "--figure", "figure-2.pdf"),
    ],
    ids=["json", "html", "figure", "figure of a recording"],
)
def test_a_full_disk_keeps_the_earlier_result(tmp_path, arguments):
    earlier = {name: f"earlier {name}" for name in ("out.json", "out.html", "figure-2.pdf")}
    earlier["trials.csv"] = "x,spikes\n" + "0,1\n1,4\n0,2\n1,6\n" * 5
    for name, text in earlier.items():
        (tmp_path / name).write_text(text)
    done = stiminfo(*arguments, cwd=tmp_path, before=limited)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr.strip().splitlines()[-1]
    assert {name: (tmp_path / name).read_text() for name in earlier} == earlier
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(earlier)


def test_a_full_disk_keeps_what_the_journal_has(tmp_path):
    # Witnesses of locality are larger than that disk.
    audit = ("audit", "i_sp", "--axiom", "completeness", "--axiom", "locality", "--examples", "3")
    done = stiminfo(*audit, "--journal", "night", cwd=tmp_path, before=limited)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "night" in done.stderr.strip().splitlines()[-1]
    kept = [path for path in (tmp_path / "night").iterdir() if path.name != "audit.json"]
    assert kept
    assert all(json.loads(path.read_text())["verdict"] for path in kept)
    done = stiminfo(*audit, "--journal", "night", "--json", "out.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"holds {len(kept)} finished verdict" in done.stderr
    assert set(json.loads((tmp_path / "out.json").read_text())["axioms"]) == {"completeness", "locality"}


def obedient():
    """Permissions hold for root, too: the program that is started next cannot override them."""
    if os.geteuid() == 0:
        import ctypes

        ctypes.CDLL(None).prctl(_DROP, _OVERRIDE, 0, 0, 0)


#: Of Linux: PR_CAPBSET_DROP and CAP_DAC_OVERRIDE.
_DROP, _OVERRIDE = 24, 1


@pytest.mark.skipif(os.geteuid() == 0 and sys.platform != "linux", reason="root writes everywhere")
@pytest.mark.parametrize(
    "arguments",
    [
        (*TABLE, "--json", "closed/out.json"),
        ("measure", "trials.csv", "--json", "closed/out.json"),
        (*TABLE, "--journal", "closed/night"),
    ],
    ids=["audit", "recording", "journal"],
)
def test_a_read_only_folder_is_named(tmp_path, arguments):
    (tmp_path / "closed").mkdir(mode=0o500)
    (tmp_path / "trials.csv").write_text("x,spikes\n" + "0,1\n1,4\n0,2\n1,6\n" * 5)
    done = stiminfo(*arguments, cwd=tmp_path, before=obedient)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "closed" in done.stderr.strip().splitlines()[-1]
    assert not list((tmp_path / "closed").iterdir())


def test_killed_in_the_middle_of_a_write(tmp_path):
    """The earlier result stays; every file goes the same way."""
    (tmp_path / "out.json").write_text("the earlier result")
    code = (
        "import os, signal; from pathlib import Path; from stiminfo import files\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.write_whole(Path('out.json'), 'a new result')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, timeout=200)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "out.json").read_text() == "the earlier result"


def test_a_folder_that_turns_into_a_file(tmp_path):
    (tmp_path / "figures").write_text("not a folder")
    done = stiminfo("figures", "--figure", "2", cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot be made" in done.stderr
    assert (tmp_path / "figures").read_text() == "not a folder"
