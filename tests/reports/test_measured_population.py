"""`measure` of many neurons: how they are read, what is written, and that no value depends on an order."""

import json

import numpy as np
import pytest
from commands import stiminfo

import stiminfo as si
from stiminfo.errors import InputError

RNG = np.random.default_rng(4)
DIRECTIONS = np.repeat([0, 90, 180, 270], 12)
RATES = 0.5 + 2.5 * (1 + np.cos(np.radians(DIRECTIONS[:, None] - np.array([0, 80, 170, 250, 300])))) / 2
RESPONSES = RNG.poisson(RATES)
NAMES = [f"neuron{n}" for n in range(5)]


def table(responses=RESPONSES, stimuli=DIRECTIONS, order=None, columns=None):
    order = np.arange(len(stimuli)) if order is None else order
    columns = np.arange(responses.shape[1]) if columns is None else columns
    rows = [",".join(["direction", *(NAMES[n] for n in columns)])]
    rows += [",".join([str(stimuli[i]), *(str(responses[i, n]) for n in columns)]) for i in order]
    return "\n".join(rows) + "\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "r.csv").write_text(table())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def command(*arguments):
        done = stiminfo("measure", *arguments)
        return done.returncode, done.stdout, done.stderr

    return command


def test_everything_is_said_and_written(run, tmp_path):
    outputs = ("--json", "m.json", "--csv", "m.csv", "--neurons", "n.csv", "--html", "m.html", "--figure", "m.svg")
    code, out, err = run("r.csv", "--stimulus", "circle:360", "--resamples", "10", "--bits", *outputs)
    assert (code, err) == (0, "")
    words = " ".join(out.split())
    assert "a population of 5 neurons, because" in words
    assert "(--responses words counts them anyway); law: Poisson counts, all are whole numbers" in words
    assert "4 stimuli, 5 neurons (Poisson counts), 48 trials" in words
    assert "independent of one another given the stimulus, which is an assumption" in words
    assert "I(R;X) of each neuron alone, bits" in words
    assert "fisher does not apply" in words
    data = json.loads((tmp_path / "m.json").read_text())
    assert (data["law"], data["number_of_responses"], data["neurons"]["neuron"]) == ("poisson", None, NAMES)
    assert data["measures"]["i_local"]["low"][0] < data["measures"]["i_local"]["high"][0]
    again = si.measure(si.read_recording("r.csv", "circle:360"), resamples=10).in_bits()
    assert data == json.loads(json.dumps(again.to_json()))
    assert (tmp_path / "m.csv").read_text() == again.to_csv()
    rows = (tmp_path / "n.csv").read_text().splitlines()
    ends = ("corrected", "correction_error", "low", "high")
    assert rows[0] == "neuron,information," + ",".join(f"information_{end}" for end in ends) + ",units"
    assert [row.rpartition(",")[2] for row in rows[1:]] == ["bits"] * 5
    assert float(rows[3].split(",")[1]) == again.neurons.value[2]
    page = (tmp_path / "m.html").read_text()
    assert "Each neuron alone" in page
    assert "neuron4" in page
    assert (tmp_path / "m.svg").read_text().startswith("<?xml")
    per_spike = again.information.plug_in / RESPONSES.sum(axis=1).mean()
    assert again.information.per_spike == pytest.approx(per_spike)


def test_one_neuron_given_the_others(run):
    some = ("r.csv", "--resamples", "10", "--measure", "i_surp")
    code, out, _ = run(*some, "--neuron", "neuron2")
    assert code == 0
    assert "I(R';X|R) of neuron2, given all other neurons" in " ".join(out.split())
    assert "p-value" not in out  # the permutation test is of all neurons
    assert "per spike" not in out
    code, _, err = run(*some, "--neuron", "neuron9")
    assert (code, "unknown neuron 'neuron9'; did you mean 'neuron" in err) == (2, True)
    code, _, err = run(*some, "--responses", "words", "--neuron", "neuron2")
    assert (code, "neuron has an effect on a population only" in err) == (2, True)
    code, _, err = run(*some, "--responses", "words", "--neurons", "n.csv")
    assert (code, "--neurons writes the neurons of a population" in err) == (2, True)


@pytest.mark.parametrize(
    ("options", "law", "said"),
    [
        ({}, "poisson", "because"),
        ({"responses": "population"}, "poisson", "as asked"),
        ({"law": "negative-binomial"}, "negative_binomial", "negative binomial counts, as asked"),
        ({"law": "gaussian"}, "gaussian", "Gaussian responses, as asked"),
        ({"responses": "words"}, None, "each a combination of 5 responses"),
        ({"bins": 2}, None, "2 bins of equal mass"),
        ({"response_columns": ["neuron1"]}, None, "values occurred"),
        ({"response_columns": ["neuron1"], "law": "poisson"}, "poisson", "one neuron, as asked"),
    ],
)
def test_words_or_population(tmp_path, options, law, said):
    (tmp_path / "r.csv").write_text(table())
    found = si.read_recording(tmp_path / "r.csv", **options)
    assert found.law == law
    assert said in repr(found)
    assert found.trials.tolist() == [12] * 4


def test_what_the_content_says():
    spikes = si.read_recording({"stimulus": DIRECTIONS, "responses": np.minimum(np.hstack([RESPONSES] * 2), 1)})
    assert (spikes.law, "all are 0 or 1" in repr(spikes)) == ("bernoulli", True)
    few = si.read_recording({"stimulus": DIRECTIONS, "responses": np.minimum(RESPONSES[:, :2], 1)})
    assert few.law is None
    assert "counted as words, because 4 words of 4 stimuli are a table with no more entries than the 48" in repr(few)
    with pytest.raises(InputError, match=r"responses of a population are not counted.*--responses words"):
        spikes.model()


@pytest.mark.parametrize(
    ("responses", "options", "said"),
    [
        (RESPONSES + 0.5, {}, "--law gaussian, or bins: --bins 4"),
        (RESPONSES[:, :1] + 0.5, {}, "--law gaussian, or bins: --bins 4"),
        (RESPONSES + 0.5, {"responses": "population"}, "write --law gaussian"),
        (-RESPONSES, {"law": "negative_binomial"}, "is no number of spikes"),
        (RESPONSES, {"law": "bernoulli"}, "is neither 0 nor 1"),
        (np.array(["a", "b"])[RESPONSES[:, :2] % 2], {"law": "poisson"}, "labels, which have no law"),
        (RESPONSES, {"law": "poisson", "bins": 3}, "leave them out for a population"),
        (RESPONSES, {"law": "poisson", "responses": "words"}, "words have no law"),
        (RESPONSES, {"responses": "neurons"}, "expected 'words' or 'population'"),
        (RESPONSES, {"law": "poison"}, "did you mean 'poisson'"),
    ],
)
def test_refusals_say_what_to_write(responses, options, said):
    with pytest.raises(InputError) as caught:
        si.read_recording({"stimulus": DIRECTIONS, "responses": responses}, **options)
    assert said in str(caught.value)


def test_continuous_responses():
    """Gaussian neurons, one and several: the information that is known, of means one standard deviation apart."""
    x, rng = np.repeat([0, 1], 400), np.random.default_rng(0)
    responses = rng.normal(size=(800, 2)) + x[:, None] * [2.0, 0.0]
    found = si.measure(
        si.read_recording({"stimulus": x, "responses": responses}, law="gaussian"), ["i_ssi"], resamples=20
    )
    exact = si.Population([0, 1], [[0, 2]], "gaussian", sd=1.0).model().mutual_information()
    assert found.information.low < exact < found.information.high
    assert found.information.plug_in == pytest.approx(exact, abs=0.05)
    assert found.neurons.value == pytest.approx([exact, 0], abs=0.05)
    assert found.information.per_spike is None
    one = si.measure(
        si.read_recording({"stimulus": x, "responses": responses[:, 0]}, law="gaussian"), ["i_ssi"], resamples=10
    )
    assert one.information.plug_in == pytest.approx(found.neurons.value[0], abs=0.02)
    assert "of each neuron alone" not in str(one)


def test_no_number_depends_on_an_order(tmp_path):
    rng = np.random.default_rng(1)
    found = []
    for order, columns in ((None, None), (rng.permutation(48), rng.permutation(5))):
        (tmp_path / "r.csv").write_text(table(order=order, columns=columns))
        recording = si.read_recording(tmp_path / "r.csv")
        found.append(si.measure(recording, ["i_surp", "i_local"], resamples=10, prior="uniform"))
    first, second = found
    assert first.information.low == second.information.low
    assert first.measures["i_local"].high.tolist() == second.measures["i_local"].high.tolist()
    names = dict(zip(second.neurons.names, second.neurons.high.tolist()))
    assert [names[name] for name in first.neurons.names] == first.neurons.high.tolist()


def test_a_stimulus_without_a_position(tmp_path):
    stimuli = np.array(["blank", "0", "90", "180"])[DIRECTIONS // 90]
    (tmp_path / "r.csv").write_text(table(stimuli=stimuli))
    found = si.measure(tmp_path / "r.csv", ["i_surp", "i_local"], resamples=10)
    blank = found.recording.labels.index("blank")
    assert np.isnan(found.measures["i_local"].value[blank])
    assert np.isfinite(found.measures["i_surp"].value).all()
    assert "blank left out" in found.measures["i_local"].note
    nominal = si.measure(si.read_recording(tmp_path / "r.csv", "nominal"), ["i_local", "i_surp"], resamples=10)
    assert "distances" in nominal.measures["i_local"].reason
    assert nominal.measures["i_surp"].value is not None


def test_stimuli_that_span_three_dimensions(tmp_path):
    """The integrals over noise are estimated with denoisers of the fitted neurons; a blank is left out."""
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    rng = np.random.default_rng(5)
    places = rng.normal(size=(9, 3))
    rows = [",".join(f"{v:.3f}" for v in place) for place in places] + ["blank,blank,blank"]
    shown = np.repeat(np.arange(10), 6)
    spikes = rng.poisson(np.exp(np.vstack([places, np.zeros(3)])[shown] @ rng.normal(size=(3, 4))))
    text = "x,y,z,unit1,unit2,unit3,unit4\n"
    text += "".join(f"{rows[k]},{','.join(map(str, counts))}\n" for k, counts in zip(shown, spikes, strict=True))
    (tmp_path / "space.csv").write_text(text)
    recording = si.read_recording(tmp_path / "space.csv", "space")
    found = si.measure(recording, ["i_surp", "i_local"], resamples=10)
    one = found.measures["i_local"]
    assert np.isfinite(one.value[:9]).all()
    assert np.isnan(one.value[9])
    assert one.corrected is None
    assert one.note.startswith("estimated with denoisers of the finite set of stimuli, 32768 passes")
    assert "blank" in one.note
    some = ["unit1", "unit2", "unit3", "unit4"]
    assert found.measures["i_surp"].corrected is not None
    assert "span" in si.measure(recording, ["i_local"], resamples=10, neuron=some[0]).measures["i_local"].reason
