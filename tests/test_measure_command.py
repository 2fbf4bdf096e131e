"""`stiminfo measure`: its options, what it writes, and what it refuses with nothing written."""

import json
import re
import runpy
import sys

import checkout
import numpy as np
import pytest
from commands import stiminfo

import stiminfo as si
from stiminfo.axioms.strength import strengths
from stiminfo.cli import main
from stiminfo.models import Recording
from stiminfo.models.recordings.prior_file import read_prior

TRIALS = "direction,spikes\n" + "".join(f"{90 * (i % 4)},{(i * 7) % (2 + i % 4)}\n" for i in range(60))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the command in a folder with a recording; returns exit code, output and errors."""
    (tmp_path / "recording.csv").write_text(TRIALS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def command(*arguments):
        done = stiminfo("measure", *arguments)
        return done.returncode, done.stdout, done.stderr

    return command


def test_everything_is_written(run, tmp_path):
    outputs = ("--json", "m.json", "--csv", "m.csv", "--html", "m.html", "--figure", "m.svg")
    code, out, err = run("recording.csv", "--stimulus", "circle:360", "--resamples", "10", "--bits", *outputs)
    assert (code, err) == (0, "")
    assert "shape: trial table" in out
    assert "I(R;X), bits" in out
    data = json.loads((tmp_path / "m.json").read_text())
    assert (data["geometry"], data["mutual_information"]["units"]) == ("circle:360", "bits")
    again = si.measure(si.read_recording("recording.csv", "circle:360"), resamples=10).in_bits()
    assert data == json.loads(json.dumps(again.to_json()))
    assert (tmp_path / "m.csv").read_text() == again.to_csv()
    page = re.sub("<[^>]*>", "", (tmp_path / "m.html").read_text())
    assert "stiminfo measure recording.csv --stimulus circle:360" in page
    assert (tmp_path / "m.svg").read_text().startswith("<?xml")


def test_some_measures_in_pixels(run, tmp_path):
    code, out, _ = run("recording.csv", "--measure", "i_sp", "--resamples", "10", "--figure", "m.png")
    assert code == 0
    assert "i_local" not in out
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


def test_quiet_keeps_warnings(run, tmp_path):
    """Each warning of a result, also of a population's, stands on standard error where --quiet hides the result."""
    rng = np.random.default_rng(0)
    rows = [[90 * (i % 4), *rng.poisson(2, 40)] for i in range(12)]
    header = "direction," + ",".join(f"unit{n}" for n in range(40))
    (tmp_path / "many.csv").write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    (tmp_path / "one.csv").write_text("direction,spikes\n" + "".join(f"{90 * (i % 4)},{i}\n" for i in range(4)))
    some = ("--measure", "i_surp", "--resamples", "10")
    for file, period in (("recording.csv", "180"), ("many.csv", "360"), ("one.csv", "360")):
        _, out, _ = run(file, "--stimulus", f"circle:{period}", *some)
        code, nothing, err = run(file, "--stimulus", f"circle:{period}", *some, "--quiet")
        assert (code, nothing) == (0, "")
        told = [" ".join(part.split()) for part in re.split(r"Warning: |No values: ", out)[1:]]
        assert told
        said = [line.removeprefix("stiminfo: warning: ").removeprefix("no values: ") for line in err.splitlines()]
        assert len(said) == len(told)
        assert all(one.startswith(other) for one, other in zip(told, said))


def test_options_reach_the_reader(run, tmp_path):
    (tmp_path / "plain.txt").write_text(TRIALS.partition("\n")[2].replace(",", " "))
    some = ("--resamples", "10", "--measure", "i_sp")
    code, out, _ = run("plain.txt", "--header", "direction, spikes", "--as", "trials", "--stimulus", "nominal", *some)
    assert code == 0
    assert "(direction; nominal)" in out
    (tmp_path / "calcium.csv").write_text("x,y,dff\n" + "".join(f"{i % 2},1,{i / 7}\n" for i in range(30)))
    columns = ("--stimulus-column", "x", "--response-column", "dff")
    code, out, _ = run("calcium.csv", *columns, "--bins", "3", *some)
    assert "3 bins of equal mass" in out
    code, out, _ = run("calcium.csv", *columns, "--edges", "1,2", *some)
    assert "boundaries 1, 2" in out


def test_priors(run, tmp_path):
    some = ("recording.csv", "--resamples", "10", "--measure", "i_sp")
    assert "every stimulus alike" in run(*some, "--prior", "uniform")[1]
    (tmp_path / "prior.csv").write_text("direction,p\n270,0.4\n0,0.1\n90,0.2\n180,0.3\n")
    _, out, _ = run(*some, "--prior", "prior.csv", "--json", "m.json")
    assert "prior: as given" in out
    assert json.loads((tmp_path / "m.json").read_text())["prior"] == [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["recording.csv", "--stimulus", "sphere"], ["unknown geometry 'sphere'"]),
        (["recording.csv", "--as", "tall"], ["unknown shape 'tall'"]),
        (["recording.csv", "--edges", "a,b"], ["--edges a,b", "numbers separated by commas"]),
        (["recording.csv", "--window", "0"], ["(start, stop)"]),
        (["recording.csv", "--prior", "none.csv"], ["none.csv", "no such file"]),
        (["recording.csv", "--prior", "unifrom"], ["--prior unifrom", "did you mean 'uniform'?"]),
        (["recording.csv", "--prior", "recording.csv"], ["recording.csv, line 2, column 'spikes'", "probability"]),
        (["recording.csv", "--figure", "m.gif"], [".svg, .pdf, .png"]),
        (["recording.csv", "--measure", "i_locl"], ["did you mean 'i_local'"]),
        (["recording.csv", "--csv", "none/m.csv"], ["no such folder"]),
        (["recording.csv", "--bins", "1"], ["--bins"]),
    ],
    ids=lambda value: " ".join(value[1:]) if "recording.csv" in value else "",
)
def test_refused_in_one_line_with_nothing_written(run, tmp_path, arguments, words):
    outputs = [] if {"--csv", "--figure"} & set(arguments) else ["--csv", "m.csv", "--figure", "m.svg"]
    code, out, err = run(*arguments, *outputs, "--json", "m.json", "--html", "m.html")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    for word in words:
        assert word in err
    assert [path.name for path in tmp_path.iterdir()] == ["recording.csv"]


def test_the_example_holds_what_its_generator_says():
    checkout.need_checkout()
    found = si.read_recording(checkout.ROOT / "examples" / "recording.csv", "circle:360")
    assert found.trials.tolist() == [60] * 8
    mean = 1 + 8 * np.exp(2 * (np.cos(np.radians(found.stimuli[:, 0] - 135)) - 1))
    assert (np.abs(found.mean_responses[:, 0] - mean) < 4 * np.sqrt(mean / 60)).all()
    made = runpy.run_path(str(checkout.ROOT / "examples" / "recording.py"))["table"]()
    assert made.splitlines()[0] == "trial,direction,spikes"
    assert len(made.splitlines()) == 481


class TestPriorFile:
    def prior(self, tmp_path, text, recording):
        (tmp_path / "prior.csv").write_text(text)
        return read_prior(tmp_path / "prior.csv", recording)

    def test_by_label_and_on_a_circle(self, tmp_path):
        sounds = Recording.from_counts([[3, 1], [1, 3]], labels=["dog", "bell"])
        assert self.prior(tmp_path, "sound,p\nbell,0.75\ndog,0.25\n", sounds).tolist() == [0.25, 0.75]
        (tmp_path / "circle.csv").write_text("direction,0,1\n0,3,1\n270,1,3\n")
        circle = si.read_recording(tmp_path / "circle.csv", "circle:360")
        assert self.prior(tmp_path, "direction,p\n-90,0.75\n0,0.25\n", circle).tolist() == [0.25, 0.75]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("x,p\n0,1\n", "does not match the stimuli: it lacks '1'"),
            ("x,p\n0,0.5\n1,0.25\n2,0.25\n", "has no stimulus '2'"),
            ("x,p\n0,0.5\n1,0.25\n0,0.25\n", "two rows"),
            ("x,p\n0,0.5\n1,half\n", "'half'; expected a probability"),
            ("x,p\n0,1\n1,0\n", "'0'; expected a probability above 0"),
            ("x,p\n0,1\n1,\n", "line 3"),
            ("p\nx\n", "column of probabilities"),
        ],
    )
    def test_refused(self, tmp_path, text, words):
        recording = Recording.from_counts([[3, 1], [1, 3]], [0, 1])
        with pytest.raises(si.ModelError, match=words):
            self.prior(tmp_path, text, recording)

    def test_a_sum_that_is_not_one(self, tmp_path):
        recording = Recording.from_counts([[3, 1], [1, 3]], [0, 1])
        with pytest.raises(si.ModelError, match=r"prior\.csv: the probabilities sum to 0\.75; expected 1"):
            self.prior(tmp_path, "x,p\n0,0.5\n1,0.25\n", recording)
        with pytest.raises(si.ModelError, match=r"sums to 0\.75"):
            si.measure(recording, prior=np.array([0.5, 0.25]))


def test_the_axioms_are_asked_on_a_recording_too(tmp_path, monkeypatch, capsys):
    (tmp_path / "recording.csv").write_text(TRIALS)
    monkeypatch.chdir(tmp_path)
    asked = ["i_sp", "--axiom", "positivity", "--axiom", "completeness", "--examples", "5"]
    options = ["--models", "recording.csv", "--stimulus", "circle:360", "--json", "a.json"]
    monkeypatch.setattr(sys, "argv", ["stiminfo", "audit", *asked, *options])
    monkeypatch.setattr("stiminfo.axioms.auditing.verdict.strength_of", lambda axiom, examples: strengths()[axiom])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().out
    assert ended.value.code == 0, said
    first, second = said.split("On the model of recording.csv:")
    # How strong a search is is said of the search, not again of the one model.
    assert "strength of the search" in first
    assert "strength of the search" not in second
    assert said.count("read: shape: trial table") == 1
    data = json.loads((tmp_path / "a.json").read_text())
    own = data["on_models"]["axioms"]
    assert "strength" in data["axioms"]["completeness"]
    assert "strength" not in own["completeness"]
    # I_sp of the direction with the widest spread of responses is negative.
    assert own["positivity"]["verdict"] == "refuted"
    witness = own["positivity"]["witness"]["case"]
    assert "circle:360" in json.dumps(witness)
    assert own["completeness"]["verdict"] == "holds"
    # That an axiom does not hold need not show on one model, so this claim is not compared there.
    assert own["positivity"]["agrees"] is None
    population = ["--models", "recording.csv", "--responses", "population", "--law", "negative-binomial"]
    monkeypatch.setattr(sys, "argv", ["stiminfo", "audit", *asked, *population])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().out
    assert "law: negative binomial counts, as asked" in said
    assert "asked: neuron spikes (fitted negative binomial counts" in " ".join(said.split())
    monkeypatch.setattr(sys, "argv", ["stiminfo", "audit", *asked, "--stimulus", "line"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "--stimulus has no effect without --models" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--header", "a,b", "--as", "trials", "--stimulus-column", "c"], "has no column 'c'"),
        (["--window", "0,1", "--table", "gratings"], "window and table have no effect on a text table"),
        (["--response-column", "spikes", "--edges", "1,0"], "edges are [1.0, 0.0]"),
        (["--bins", "3", "--law", "gaussian"], "leave them out for a population with a law"),
    ],
)
def test_an_audit_reads_a_recording_as_it_is_told(tmp_path, monkeypatch, capsys, options, words):
    (tmp_path / "recording.csv").write_text(TRIALS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stiminfo", "audit", "i_sp", "--models", "recording.csv", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_hints_that_a_reader_needs(run, tmp_path):
    (tmp_path / "images.csv").write_text("image,0,1\n1,90,10\n2,10,20\n3,2,28\n")
    some = ("images.csv", "--measure", "i_sp")
    code, out, err = run(*some, "--resamples", "10")
    said = " ".join((out + err).split())
    assert code == 0
    assert "write --stimulus nominal if these numbers are names" in said
    assert "which differ widely: --prior uniform" in said
    assert "10 simulated experiments are few" in said
    code, out, err = run(*some, "--resamples", "30", "--prior", "uniform", "--stimulus", "nominal")
    said = " ".join((out + err).split())
    assert code == 0
    assert not any(words in said for words in ("numbers are names", "differ widely", "experiments are few"))
