"""`stiminfo decompose`, from the command to the files."""

import io
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text
from rich.console import Console

pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("sklearn")

from stiminfo.diffusion.datasets import Images
from stiminfo.diffusion.populations import linear_population, normalised_population, receptive_fields
from stiminfo.reports.decomposition import decompose, spread_choice
from stiminfo.reports.decomposition_output import print_decomposition
from stiminfo.reports.draw.maps import COLUMN, plot_maps, plot_population, plot_totals

RNG = np.random.default_rng(0)
SET = Images("small", RNG.random((40, 6, 5)).astype(np.float32), None, "drawn at random")


def run(*arguments, cwd):
    command = [sys.executable, "-m", "stiminfo", "decompose", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd)


def test_the_embedded_default(tmp_path):
    done = run("--passes", "400", "--show", "3", "--measure", "i_local", "--measure", "i_surp", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "CC BY 4.0" in done.stdout
    assert "I(R;X) = " in done.stdout
    out = tmp_path / "decomposition"
    names = {"population.png", "maps.png", "totals.png", "decomposition.json", "decomposition.npz"}
    assert {path.name for path in out.iterdir()} == names
    data = json.loads((out / "decomposition.json").read_text())
    assert data["labels"] == [0, 1, 2]
    assert 2 < data["mutual_information"]["nats"] < 5
    arrays = np.load(out / "decomposition.npz")
    assert arrays["i_local_map"].shape == arrays["i_local_map_stderr"].shape == arrays["fisher"].shape == (3, 8, 8)
    assert arrays["i_local_map"].sum(axis=(1, 2)) == pytest.approx(arrays["i_local"])
    assert data["measures"]["i_local"]["nats"] == pytest.approx(arrays["i_local"].tolist())


@pytest.mark.parametrize("make", [normalised_population, linear_population])
def test_totals_average_to_the_information(make):
    encoder = make(SET.pixels, receptive_fields((6, 5), (3, 3)))
    found = decompose(SET, encoder, np.arange(40), passes=2000)
    total, error = found.information
    estimate = found.estimates["i_local"]
    spread = np.hypot(error, np.sqrt((estimate.stderr**2).sum()) / 40)
    assert abs(estimate.value.mean() - total) < 5 * spread


def test_figures_of_samples_speak_of_features():
    samples = replace(SET, pixels=SET.pixels[:, :1])
    found = decompose(samples, linear_population(samples.pixels, np.eye(5)), np.arange(3), passes=100)
    said = [text.get_text() for text in plot_maps(found, "i_local").findobj(Text)]
    assert "nats / feature" in said
    assert not any("pixel" in word or "image" in word for word in said)


def test_figures_are_a_column_wide_and_credit_the_images():
    encoder = normalised_population(SET.pixels, receptive_fields((6, 5), (2, 3)))
    found = decompose(SET, encoder, spread_choice(SET, 4), measures=("i_local", "i_kong1"), passes=200)
    figures = [plot_maps(found, "i_local"), plot_maps(found, "i_kong1"), plot_totals(found)]
    for figure in figures:
        assert figure.get_figwidth() == COLUMN
        assert any("drawn at random" in text.get_text() for text in figure.texts)
    words = [label.get_text() for axes in figures[0].axes for label in (axes.yaxis.label, axes.xaxis.label)]
    assert "std. error" in words
    value, stderr = found.estimates["i_local"].value[0], found.estimates["i_local"].stderr[0]
    assert f"{value:.2f}\n± {stderr:.2f}" in words
    assert plot_population(encoder, SET.pixels).get_figwidth() == COLUMN


def test_a_systematic_error_is_printed_and_drawn():
    """A pale bar beyond the interval, a second error below each map; unknown errors are said to be so."""
    encoder = normalised_population(SET.pixels, receptive_fields((6, 5), (2, 3)))
    found = decompose(SET, encoder, spread_choice(SET, 4), passes=200)
    estimate = found.estimates["i_local"]
    apart = replace(found, estimates={"i_local": replace(estimate, systematic=np.array([0.5, np.nan, 0.25, 0.125]))})
    shown = [text.get_text() for axes in plot_maps(apart, "i_local").axes for text in (axes.xaxis.label,)]
    assert any(text.endswith("± 0.50") for text in shown)
    bars = [len(plot_totals(one).axes[0].collections) for one in (found, apart)]
    assert bars[1] == bars[0] + 1
    text = io.StringIO()
    print_decomposition(apart, None, False, Console(file=text, width=100))
    assert "± standard error ± systematic error" in " ".join(text.getvalue().split())
    assert "± 0.500" in text.getvalue()
    assert "± unknown" in text.getvalue()
    assert apart.to_json()["measures"]["i_local"]["systematic"] == [0.5, None, 0.25, 0.125]
    print_decomposition(found, None, False, Console(file=text, width=100))
    assert text.getvalue().count("systematic error") == 1


def test_all_maps_of_a_measure_share_one_scale():
    encoder = normalised_population(SET.pixels, receptive_fields((6, 5), (2, 3)))
    found = decompose(SET, encoder, np.array([0, 1, 2]), passes=200)
    images = [axes.images[0] for axes in plot_maps(found, "i_local").axes if axes.images]
    maps, errors = images[6:9], images[9:12]
    assert len({image.get_clim() for image in maps}) == 1
    assert len({image.get_clim() for image in errors}) == 1


def wrong_inputs(folder):
    np.save(folder / "images.npy", SET.pixels)
    np.save(folder / "fields.npy", np.ones((4, 9, 9)))
    np.save(folder / "flat.npy", np.ones((4, 6, 5)))
    (folder / "file").write_text("")
    return {
        ("missing.npy",): "missing.npy: no such file",
        ("flat.npy",): "every pixel is 1",
        (
            "--dataset",
            "cifar",
        ): "unknown dataset 'cifar'; expected one of digits, mnist, gaussian, mnist-gaussian, gmm, mnist-gmm, FILE.npy",
        ("--dataset", "mnist", "--data", "nowhere"): "nowhere: holds no train-images-idx3-ubyte",
        ("images.npy", "--receptive-fields", "fields.npy"): "expected (k, 6, 5), the size of the images",
        ("--checkpoint", "digits", "--receptive-fields", "none.npy"): "none.npy: no such file",
        ("--population", "spiking"): "unknown population 'spiking'",
        ("--measure", "i_loca"): "unknown measure 'i_loca'",
        ("--measure", "fisher"): "finite sets of stimuli",
        ("--image", "5000"): "image 5000 is not in the set",
        ("--device", "cuda:7"): "device 'cuda:7' is not available",
        ("--passes", "10"): "needs at least 40",
        ("--rtol", "3"): "between 0 and 1",
        ("--out", "file"): "file: cannot be made",
    }


def test_wrong_inputs_get_one_line(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for arguments, message in wrong_inputs(tmp_path).items():
        code = command("decompose", *arguments)
        said = capsys.readouterr().err
        assert code == 2, (arguments, said)
        assert message in said
        assert len(said.strip().splitlines()) == 1, said
        assert not list(tmp_path.glob("decomposition/*"))


WITHOUT_EFFECT = {
    ("images.npy", "--dataset", "digits"): "--dataset has no effect beside IMAGES.npy",
    ("--show", "5", "--image", "1"): "--show has no effect beside --image",
    ("--data", "."): "--data has no effect: digits images",
    ("images.npy", "--data", "."): "--data has no effect",
    ("--checkpoint", "digits", "--data", "."): "--data has no effect: the networks were trained on digits",
    ("--checkpoint", "digits", "--noise", "2"): "--noise has no effect on poisson neurons",
    ("--checkpoint", "digits", "--amplitude", "2", "--sampler", "amortised"): "for the networks' own population",
    ("--population", "linear", "--amplitude", "2"): "--amplitude has no effect on linear neurons",
    ("--noise", "2"): "--noise has no effect on poisson neurons",
    ("--population", "published", "--noise", "2"): "--noise has no effect on published neurons",
    ("--population", "published", "--amplitude", "2"): "--amplitude has no effect on published neurons",
    ("--dataset", "gaussian", "--amplitude", "2"): "--amplitude has no effect on linear neurons",
    ("--dataset", "gaussian", "--device", "cpu"): "--device has no effect on gaussian images",
    ("--measure", "i_surp", "--sampler", "posterior"): "--sampler has no effect on i_surp",
}


@pytest.mark.parametrize("arguments", WITHOUT_EFFECT, ids=" ".join)
def test_an_option_without_effect_is_an_error(arguments, tmp_path, monkeypatch):
    """Also where its value is the default."""
    from typer.testing import CliRunner

    from stiminfo.cli.app import app
    from stiminfo.errors import OptionError

    monkeypatch.chdir(tmp_path)
    np.save("images.npy", SET.pixels)
    done = CliRunner().invoke(app, ["decompose", *arguments])
    assert isinstance(done.exception, OptionError), (done.output, done.exception)
    assert WITHOUT_EFFECT[arguments] in str(done.exception)
    assert not list(tmp_path.glob("decomposition/*"))


def test_networks_serve_other_neurons_without_training(tmp_path):
    pytest.importorskip("diffusers", reason="the networks are those of diffusers")
    np.save(tmp_path / "fields.npy", np.random.default_rng(0).normal(size=(6, 8, 8)))
    done = run(
        "--checkpoint", "digits", "--receptive-fields", "fields.npy", "--passes", "4000", "--show", "6", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "decomposition/decomposition.json").read_text())
    assert data["denoiser"].startswith("ZeroShotDenoiser(UNetDenoiser(8 x 8 digits")
    found, exact = data["measures"]["i_local"], data["exact"]["i_local"]
    assert (found["sampler"], exact["sampler"]) == ("closure", "posterior")
    error = np.hypot(found["stderr"], exact["stderr"])
    # Six neurons that the networks never saw; beside sampling, they may be off by a tenth.
    off = np.mean(found["nats"]) - np.mean(exact["nats"])
    assert abs(off) < 4 * np.sqrt((error**2).mean()) + 0.1 * np.mean(exact["nats"])


def test_gaussian_images_have_their_own_denoiser(tmp_path):
    done = run("--dataset", "gaussian", "--passes", "64", "--show", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "decomposition/decomposition.json").read_text())
    assert data["denoiser"].startswith("GaussianDenoiser")
    assert "log N" not in done.stdout


def test_the_help_loads_no_torch():
    script = (
        "import sys; from stiminfo.cli import app; print(sorted({'torch', 'matplotlib', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_fields_of_your_own_take_effect_on_the_published_population(tmp_path):
    np.save(tmp_path / "images.npy", SET.pixels)
    np.save(tmp_path / "fields.npy", np.ones((4, 6, 5)))
    options = ("--population", "published", "--receptive-fields", "fields.npy", "--passes", "64", "--show", "1")
    done = run("images.npy", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "LinearNonlinearPoisson(4 neurons" in done.stdout
