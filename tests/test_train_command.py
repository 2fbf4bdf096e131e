"""`stiminfo train`, `decompose --checkpoint` and `audit CHECKPOINT`: what they write and what they refuse."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from commands import stiminfo as run

pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")
pytest.importorskip("sklearn")

# They share what a fixture makes: one worker runs them all.
pytestmark = pytest.mark.xdist_group("train")

TINY = ("--channels", "8", "--steps", "4", "--gain-steps", "3", "--batch", "4", "--device", "cpu")


def refused(done, *words):
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    done = run("train", *TINY, "--out", "net", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "stiminfo decompose --checkpoint net" in done.stdout
    said = " ".join(done.stdout.split())
    assert len(re.findall("training (?:set )?┃", said)) == 2  # in one line or in two, as wide as the terminal is
    assert "training set: the exact denoiser of the 1617 images that were trained on. It knows no others" in said
    return folder


def test_a_checkpoint_with_its_card(trained):
    assert [path.name for path in trained.iterdir()] == ["net"]  # no unfinished run is left
    data = json.loads((trained / "net" / "checkpoint.json").read_text())
    notes = data["notes"]
    assert notes["data"]["name"] == "digits"
    assert notes["recipe"]["steps"] == 4
    assert len(notes["held_out"]) == 8
    assert {"network", "linear", "exact", "network_given"} <= set(notes["held_out"][0])
    card = (trained / "net" / "card.md").read_text()
    for words in ("CC BY 4.0", "4 steps for the denoisers", "seed 0", "LinearNonlinearPoisson(49 neurons"):
        assert words in card


def test_decompose_with_a_checkpoint(trained, tmp_path):
    options = ("--checkpoint", trained / "net", "--passes", "64", "--show", "2", "--out", "out")
    done = run("decompose", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "exact i_local" in done.stdout
    data = json.loads((tmp_path / "out" / "decomposition.json").read_text())
    assert data["denoiser"].startswith("UNetDenoiser(8 x 8 digits")
    assert data["measures"]["i_local"]["sampler"] == "amortised"
    assert data["exact"]["i_local"]["sampler"] == "posterior"
    assert np.load(tmp_path / "out" / "decomposition.npz")["i_local_map"].shape == (2, 8, 8)
    assert (tmp_path / "out" / "maps.png").stat().st_size > 10_000


def test_audit_of_a_checkpoint(trained, tmp_path):
    done = run("audit", trained / "net", "--axiom", "completeness", "--json", "a.json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    found = json.loads((tmp_path / "a.json").read_text())["axioms"]["completeness"]
    # They were hardly trained, and know it: what their systematic error explains is no verdict on the measure.
    assert found["verdict"] == "inconclusive"
    assert "systematic error" in found["message"]


def test_what_an_audit_of_networks_does_not_have(trained, tmp_path):
    refused(run("audit", trained / "net", "--html", "a.html", cwd=tmp_path), "--html has no effect")
    assert not list(tmp_path.iterdir())


def test_gaussian_images_and_a_user_s_own(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "mine.npy", rng.random((40, 6, 4)))
    np.save(tmp_path / "fields.npy", rng.random((3, 6, 4)))
    own = ("--dataset", "mine.npy", "--receptive-fields", "fields.npy", "--out", "own")
    done = run("train", *TINY, *own, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run("decompose", "mine.npy", "--checkpoint", "own", "--passes", "64", "--show", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    np.save(tmp_path / "other.npy", rng.random((40, 6, 4)))
    refused(run("decompose", "other.npy", "--checkpoint", "own", cwd=tmp_path), "another set of images")
    np.save(tmp_path / "large.npy", rng.random((40, 8, 8)))
    refused(run("decompose", "large.npy", "--checkpoint", "own", cwd=tmp_path), "6 x 4", "8 x 8")
    done = run(
        "train", *TINY, "--dataset", "gaussian", "--size", "4", "--halves", "--coarse", "--out", "g", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "views of the response: halves, thinned, merged" in (tmp_path / "g" / "card.md").read_text()
    done = run("decompose", "--checkpoint", "g", "--passes", "64", "--sampler", "plug_in", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "CC BY" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--dataset", "cifar"), ["unknown dataset 'cifar'"]),
        (("--dataset", "mnist", "--data", "nowhere"), ["nowhere: holds no train-images-idx3-ubyte"]),
        (("--dataset", "missing.npy"), ["missing.npy: no such file"]),
        (("--dataset", "gaussian", "--population", "poisson"), ["linear neurons"]),
        (("--size", "32"), ["8 x 8"]),
        (("--population", "spiking"), ["unknown population"]),
        (("--preset", "best"), ["unknown preset 'best'", "small"]),
        (("--minutes", "1", "--steps", "3"), ["--minutes or --steps"]),
        (("--channels", "8,x"), ["whole numbers"]),
        (("--channels", "8,8,8,8,8"), ["cannot be halved"]),
        (("--rate", "7"), ["rate is 7"]),
        (("--precision", "int4"), ["precision"]),
        (("--device", "cuda:9"), ["device 'cuda:9' is not available"]),
        (("--resume",), ["no such unfinished run"]),
        (("--noise", "1"), ["--noise has no effect on poisson neurons"]),
        (("--dataset", "gaussian", "--amplitude", "3"), ["--amplitude has no effect on linear neurons"]),
        (("--population", "published", "--amplitude", "3"), ["--amplitude has no effect on published neurons"]),
        (("--size", "8"), ["--size has no effect on digits", "8 x 8"]),
        (("--data", "."), ["--data has no effect: digits images"]),
        (("--from", "digits", "--channels", "8"), ["--channels has no effect with --from"]),
        (("--batch", "70000"), ["batch is 70000; expected at most 65536"]),
        (("--out", "file"), ["file: is there already"]),
        (("--out", "file/net"), ["cannot be made"]),
    ],
)
def test_wrong_options(arguments, words, tmp_path):
    (tmp_path / "file").write_text("")
    refused(run("train", "--steps", "2", "--out", "net", *arguments, cwd=tmp_path), *words)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_steps_of_the_gain_network_where_minutes_decide(tmp_path):
    refused(run("train", "--gain-steps", "5", "--out", "net", cwd=tmp_path), "--gain-steps has no effect", "--steps")
    refused(run("train", "--gain-steps", "5", "--minutes", "1", cwd=tmp_path), "--gain-steps has no effect")
    assert not list(tmp_path.iterdir())


def test_unfinished_runs_that_cannot_be_resumed(tmp_path):
    (tmp_path / "net.unfinished.safetensors").write_bytes(b"of last year")
    refused(
        run("train", *TINY, "--out", "net", "--resume", cwd=tmp_path), "older version", "net.unfinished.safetensors"
    )
    (tmp_path / "net.unfinished.pt").write_bytes(b"no run")
    refused(run("train", *TINY, "--out", "net", "--resume", cwd=tmp_path), "net.unfinished.pt", "damaged")
    refused(run("train", *TINY, "--out", "net", cwd=tmp_path), "is an unfinished run; resume it (--resume)")


def test_every_option_of_training_has_help_of_its_own():
    done = run("train", "--help", cwd=".")
    assert done.returncode == 0
    assert "verdict" not in done.stdout
    assert "first weights" in done.stdout


def test_an_undertrained_network_is_warned_of(trained, tmp_path):
    done = run("train", *TINY, "--out", "net", cwd=tmp_path)
    assert "stiminfo: warning: these networks denoise held-out images worse than the best linear" in done.stderr
    assert "steps of the denoisers (" in done.stdout
    assert "**Warning:**" in (trained / "net" / "card.md").read_text()
    options = ("--checkpoint", "net", "--passes", "64", "--show", "1", "--out", "out")
    assert "worse than the best linear denoiser" in run("decompose", *options, cwd=tmp_path).stderr


def test_wrong_checkpoints(trained, tmp_path):
    refused(run("decompose", "--checkpoint", "nowhere", cwd=tmp_path), "nowhere: no such checkpoint")
    net = trained / "net"
    refused(run("decompose", "--checkpoint", net, "--dataset", "mnist", cwd=tmp_path), "on digits, not on mnist")
    other = ("--population", "linear", "--sampler", "amortised")
    refused(run("decompose", "--checkpoint", net, *other, cwd=tmp_path), "learned for the networks' own population")
    refused(run("decompose", "--checkpoint", net, "--measure", "i_sp", cwd=tmp_path), "i_sp cannot be estimated here")
    refused(run("decompose", "--checkpoint", net, "--sampler", "guess", cwd=tmp_path), "unknown sampler 'guess'")
    shutil.copytree(net, tmp_path / "cut")
    path = tmp_path / "cut" / "gain" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:500])
    refused(run("decompose", "--checkpoint", "cut", cwd=tmp_path), "damaged", "expected")
    assert not list(tmp_path.glob("decomposition/*"))


def test_two_processes_train_one_network(tmp_path):
    # What `accelerate launch` starts, too; on CPUs it would ask for MPI.
    launch = ["-m", "torch.distributed.run", "--nproc_per_node", "2", "--standalone", "-m", "stiminfo", "train", *TINY]
    command = [sys.executable, *launch, "--out", "net"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "net" / "checkpoint.json").read_text())["notes"]["processes"] == 2
    assert done.stdout.count("written to net") == 1


@pytest.mark.parametrize(
    ("options", "network"),
    [([], "mlp"), (["--halves"], "unet")],
)
def test_small_images_drawn_without_end_are_learned_like_other_vectors(tmp_path, options, network):
    spent = ("--steps", "2", "--gain-steps", "2", "--batch", "4", "--device", "cpu")
    done = run("train", "--dataset", "gaussian", "--size", "4", *options, *spent, "--out", "net", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    about = json.loads((tmp_path / "net" / "checkpoint.json").read_text(encoding="utf-8"))
    assert about["architecture"].get("network", "unet") == network
