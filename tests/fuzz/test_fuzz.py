"""Every malformed input ends in one clear line and exit 2, and leaves nothing behind."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from small_groups import save_small_groups

import stiminfo as si
from stiminfo.axioms.auditing.audit import audit
from stiminfo.cli import main
from stiminfo.errors import InputError

from . import arrays, corpus, everywhere, folders

GOOD = "import stiminfo as si\nMEASURE = si.Measure('mine', si.i_surp.pointwise)\n"
WITNESS = json.loads(
    json.dumps(audit(si.i_cissi, axioms=["data_processing"], isolate=False).verdicts["data_processing"].witness)
)
DIGITS = Path(si.__file__).resolve().parent / "diffusion" / "pretrained" / "digits"
DESCRIPTION = json.loads((DIGITS / "checkpoint.json").read_text())


def listing(folder):
    return sorted(
        (str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


@pytest.fixture
def refused(tmp_path, monkeypatch, capfd):
    """Runs a command line in a folder with sound files beside the malformed one, and checks how it ends."""
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "counts.csv").write_text("x,a,b\n0,12,3\n1,4,11\n")
    (tmp_path / "witness.json").write_text(json.dumps(WITNESS))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        before = listing(tmp_path)
        monkeypatch.setattr(sys, "argv", ["stiminfo", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        assert ended.value.code == 2, (ended.value.code, said)
        lines = said.err.strip().splitlines()
        assert lines, said
        # A user's own traceback may come before; the last line is ours, and says something.
        assert lines[-1].startswith(("stiminfo: ", "Usage", "Error", "Try")) or "stiminfo" in lines[-1], lines
        assert len(lines[-1]) > len("stiminfo: ") + 5
        assert "stiminfo/axioms" not in said.err
        assert "Traceback" not in said.out
        assert listing(tmp_path) == before
        return lines

    return run


def write(path, content):
    path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content, encoding="utf-8")


@pytest.mark.parametrize("name", corpus.MEASURES)
def test_measures(refused, tmp_path, name):
    write(tmp_path / "bad.py", corpus.MEASURES[name])
    refused("audit", "bad.py:MEASURE", "--json", "out.json")


@pytest.mark.parametrize("name", corpus.COUNTS)
def test_counts(refused, tmp_path, name):
    write(tmp_path / "bad.csv", corpus.COUNTS[name])
    assert len(refused("measure", "bad.csv", "--json", "out.json")) == 1


@pytest.mark.parametrize("line", corpus.COMMANDS)
def test_command_lines(refused, line):
    refused(*line.split())


WITNESSES = corpus.witnesses(WITNESS)


@pytest.mark.parametrize("name", WITNESSES)
def test_witnesses(refused, tmp_path, name):
    write(tmp_path / "bad.json", WITNESSES[name])
    assert len(refused("replay", "bad.json", "--json", "out.json")) == 1


DESCRIPTIONS = corpus.descriptions(DESCRIPTION)


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_checkpoints(refused, tmp_path, name):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    pytest.importorskip("diffusers")
    shutil.copytree(DIGITS, tmp_path / "bad")
    write(tmp_path / "bad" / "checkpoint.json", DESCRIPTIONS[name])
    assert len(refused("decompose", "--checkpoint", "bad")) == 1


@pytest.mark.parametrize("name", ["layers.safetensors", "conditional/config.json"])
@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "gone"])
def test_damaged_files_of_a_checkpoint(refused, tmp_path, name, damage):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    pytest.importorskip("diffusers")
    shutil.copytree(DIGITS, tmp_path / "bad")
    path = tmp_path / "bad" / name
    raw = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": raw[: len(raw) // 2], "empty": b"", "noise": bytes(len(raw))}[damage])
    assert len(refused("decompose", "--checkpoint", "bad")) == 1


ARCHIVES, ALONE, TABLES = arrays.archives(), arrays.alone(), arrays.tables()


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_of_arrays(refused, tmp_path, name):
    write(tmp_path / "bad.npz", ARCHIVES[name])
    assert len(refused("measure", "bad.npz", "--json", "out.json")) == 1


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_trials(refused, tmp_path, name):
    write(tmp_path / "bad.csv", TABLES[name])
    assert len(refused("measure", "bad.csv", "--json", "out.json")) == 1


@pytest.mark.parametrize("options", arrays.OPTIONS)
def test_options_that_do_not_fit_a_recording(refused, tmp_path, options):
    write(tmp_path / "trials.csv", arrays.TABLE)
    assert len(refused("measure", "trials.csv", *options.split())) == 1


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("asked", ["decompose bad.npy", "decompose --receptive-fields bad.npy", "train --data bad.npy"])
def test_files_of_arrays(refused, tmp_path, name, asked):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    write(tmp_path / "bad.npy", ALONE[name])
    assert len(refused(*asked.split(), "--out", "made")) == 1


@pytest.fixture(scope="module")
def groups(tmp_path_factory):
    """A folder of sound latent groups."""
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    folder = tmp_path_factory.mktemp("sound") / "groups"
    save_small_groups(folder)
    return folder


EDIT = ("edit", "--groups", "bad", "--group", "pose", "--out", "made")


@pytest.mark.parametrize("name", folders.TENSORS)
def test_groups_and_worlds_with_altered_tensors(refused, groups, tmp_path, name):
    shutil.copytree(groups, tmp_path / "bad")
    folders.altered_groups(name, tmp_path / "bad")
    assert len(refused(*EDIT)) == 1


@pytest.mark.parametrize("name", folders.RAW)
@pytest.mark.parametrize("file", ["world.safetensors", "vae.safetensors"])
def test_groups_with_damaged_files(refused, groups, tmp_path, file, name):
    shutil.copytree(groups, tmp_path / "bad")
    folders.put(tmp_path / "bad", file, folders.RAW[name])
    assert len(refused(*EDIT)) == 1


def test_descriptions_of_groups(refused, groups, tmp_path):
    shutil.copytree(groups, tmp_path / "bad")
    made = folders.descriptions(json.loads((groups / "checkpoint.json").read_text()))
    for text in made.values():
        write(tmp_path / "bad" / "checkpoint.json", text)
        assert len(refused(*EDIT)) == 1
    assert len(made) == GROUPS


#: Altered descriptions of latent groups, which are made of a sound one.
GROUPS = 30


@pytest.mark.parametrize("name", folders.RAW)
def test_networks_with_damaged_files(refused, tmp_path, name):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    pytest.importorskip("diffusers")
    shutil.copytree(DIGITS, tmp_path / "bad")
    folders.put(tmp_path / "bad", "layers.safetensors", folders.RAW[name])
    assert len(refused("decompose", "--checkpoint", "bad")) == 1


@pytest.mark.parametrize("name", folders.NWB)
def test_files_that_are_no_nwb(refused, tmp_path, name):
    pytest.importorskip("pynwb", reason="needs stiminfo[recordings]")
    write(tmp_path / "bad.nwb", folders.NWB[name])
    assert len(refused("measure", "bad.nwb", "--json", "out.json")) == 1


@pytest.fixture(scope="module")
def with_a_critic(tmp_path_factory):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    folder = tmp_path_factory.mktemp("critic") / "groups"
    save_small_groups(folder, critic=True)
    return folder


def _load_groups(folder):
    from stiminfo.diffusion.latents import load_groups

    return load_groups(folder)


def _load_learned(folder):
    pytest.importorskip("diffusers")
    from stiminfo.diffusion.checkpoints import load_learned

    return load_learned(folder)


@pytest.mark.parametrize("read", [_load_groups, _load_learned])
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_each_value_of_a_description_may_be_anything(with_a_critic, tmp_path, read):
    """A checkpoint is read or refused in one short line, and asks for no more memory than its files have."""
    shutil.copytree(with_a_critic if read is _load_groups else DIGITS, tmp_path / "bad")
    path = tmp_path / "bad" / "checkpoint.json"
    count = 0
    for place, value, data in everywhere.altered(json.loads(path.read_text())):
        path.write_text(json.dumps(data))
        count += 1
        try:
            read(tmp_path / "bad")
        except InputError as error:
            said = str(error).replace(str(tmp_path), "")
            assert "\n" not in said, (place, value, said)
            assert len(said) < 600, (place, value, said)
    assert count > 200


def test_the_corpus_is_large_enough():
    count = sum(map(len, (corpus.MEASURES, corpus.COUNTS, corpus.COMMANDS, WITNESSES, DESCRIPTIONS)))
    count += sum(map(len, (ARCHIVES, TABLES, arrays.OPTIONS))) + 3 * len(ALONE)
    count += len(folders.TENSORS) + 3 * len(folders.RAW) + GROUPS + len(folders.NWB)
    assert count >= 600
