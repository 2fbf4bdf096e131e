"""Malformed files of arrays (.npy, .npz, .mat) and tables of trials, by name: each with one thing wrong."""

import io
import zipfile
import zlib

import numpy as np

TRIALS = 40
STIMULUS, RESPONSES = np.arange(TRIALS) % 4, np.arange(TRIALS) % 3


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def header(shape, kind="<f8"):
    """The first bytes of an .npy file that promises an array."""
    text = str({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def archive(**members):
    """An .npz file of arrays, or of raw bytes under a name of their own."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            raw = content if isinstance(content, bytes) else npy(content)
            opened.writestr(name if isinstance(content, bytes) else f"{name}.npy", raw)
    return stream.getvalue()


def damaged(raw):
    """An archive whose first member can no longer be unpacked: zlib itself gives up, before any sum is checked."""
    with zipfile.ZipFile(io.BytesIO(raw)) as opened:
        first = opened.infolist()[0]
    start = first.header_offset + 30 + len(first.filename)
    for k in range(start, start + first.compress_size):
        made = raw[:k] + bytes([raw[k] ^ 0x10]) + raw[k + 1 :]
        try:
            zlib.decompressobj(-zlib.MAX_WBITS).decompress(made[start : start + first.compress_size], 6)
        except zlib.error:
            return made
    raise AssertionError("no byte breaks the stream")


#: Arrays that are neither stimuli nor responses of trials.
WRONG = {
    "complex": STIMULUS * 1j,
    "dates": np.array(["2020-01-01"] * TRIALS, "M8[D]"),
    "spans of time": np.ones(TRIALS, "m8[s]"),
    "records": np.zeros(TRIALS, [("a", "f8")]),
    "objects": np.array([None] * TRIALS),
    "nothing": np.zeros(0),
    "a number": np.float64(3.0),
    "of another length": np.arange(TRIALS - 1) % 3,
    "with nan": np.r_[np.nan, np.ones(TRIALS - 1)],
    "with infinity": np.r_[np.inf, np.ones(TRIALS - 1)],
    "in four dimensions": np.ones((TRIALS, 2, 2, 2)),
    "bytes": np.array([b"a"] * TRIALS),
}

#: What stands in place of an array's bytes.
RAW = {
    "promises 80 TB": header((10**13,)),
    "promises more than it holds": header((TRIALS,)) + bytes(8),
    "promises a negative shape": header((-4,)),
    "promises objects": header((TRIALS,), "|O") + bytes(8 * TRIALS),
    "a header that is code": b"\x93NUMPY\x01\x00\x40\x00" + b"__import__('os').abort()".ljust(63) + b"\n",
    "a header cut short": b"\x93NUMPY\x01\x00\x40\x00",
    "another version": b"\x93NUMPY\x09\x00" + bytes(80),
    "no bytes": b"",
    "text": b"1,2,3\n",
    "a pickle": b"\x80\x04\x95" + bytes(40),
}


def archives():
    """.npz files that are no recording."""
    made = {"empty": archive(), "zip of a text": archive(**{"a.txt": b"a"}), "cut": archive(stimulus=STIMULUS)[:60]}
    for name, wrong in WRONG.items():
        made[f"stimulus {name}"] = archive(stimulus=wrong, responses=RESPONSES)
        made[f"responses {name}"] = archive(stimulus=STIMULUS, responses=wrong)
    for name, raw in RAW.items():
        made[f"stimulus {name}"] = archive(**{"stimulus.npy": raw, "responses.npy": npy(RESPONSES)})
        made[f"responses {name}"] = archive(**{"stimulus.npy": npy(STIMULUS), "responses.npy": raw})
    made["a damaged stream"] = damaged(archive(stimulus=np.arange(400) % 7, responses=RESPONSES))
    for name in ("../stimulus.npy", "/stimulus.npy", "..\\stimulus.npy", "C:stimulus.npy", "a/b/../../../s.npy"):
        made[f"climbs by {name}"] = archive(**{name: npy(STIMULUS), "responses.npy": npy(RESPONSES)})
    made["responses negative"] = archive(stimulus=STIMULUS, responses=RESPONSES - 5)
    made["responses fractional"] = archive(stimulus=STIMULUS, responses=RESPONSES + 0.5)
    made["no stimulus"] = archive(responses=RESPONSES)
    made["no responses"] = archive(stimulus=STIMULUS)
    made["one stimulus"] = archive(stimulus=0 * STIMULUS, responses=RESPONSES)
    made["names of no known array"] = archive(a=STIMULUS, b=RESPONSES)
    made["counts that are negative"] = archive(stimuli=np.arange(2), counts=np.array([[1, -1], [2, 1]]))
    made["counts for other stimuli"] = archive(stimuli=np.arange(3), counts=np.array([[1, 1], [2, 1]]))
    made["counts of nothing"] = archive(stimuli=np.arange(2), counts=np.zeros((2, 2), int))
    return made


def alone():
    """.npy files that hold neither images, samples nor receptive fields."""
    wrong = {
        name: npy(array) for name, array in WRONG.items() if name not in ("of another length", "in four dimensions")
    }
    return wrong | RAW | {"one axis": npy(np.ones(9)), "five axes": npy(np.ones((2, 2, 2, 2, 2)))}


_GOOD = "\n".join(f"{trial % 4},{trial % 3}" for trial in range(TRIALS)) + "\n"

#: Tables of trials with options of `measure` that do not fit them.
OPTIONS = [
    "--stimulus circle",
    "--stimulus circle:0",
    "--stimulus circle:-360",
    "--stimulus circle:nan",
    "--stimulus sphere",
    "--stimulus plane",
    "--stimulus-column nothing",
    "--response-column nothing",
    "--as rows",
    "--as counts --window 0,1",
    "--window 0",
    "--window 1,0",
    "--window a,b",
    "--window 0,1",
    "--table trials",
    "--stimulus-column spikes --response-column spikes",
    "--law poison",
    "--responses neurons",
    "--neuron nobody",
    "--bins 0",
    "--bins 1",
    "--bins many",
    "--edges 1,0",
    "--edges x",
    "--edges 0.5 --bins 3",
    "--prior nothing.csv",
    "--prior gaussian",
    "--measure i_globl",
    "--level 2",
    "--seed 1.5",
    "--resamples 9",
    "--figure curves.txt",
    "--figure .",
    "--figure no/such/place.svg",
    "--csv .",
    "--html no/such/place.html",
    "--json trials.csv/out.json",
]
TABLE = f"x,spikes\n{_GOOD}"


def tables():
    """Tables of trials, each with one thing wrong."""
    rows = _GOOD.splitlines()

    def changed(line, to):
        return "x,spikes\n" + "\n".join([*rows[:line], to, *rows[line:]]) + "\n"

    wrong = {
        "a cell of nan": "1,nan",
        "an empty response": "1,",
        "an empty stimulus": ",1",
        "a negative count": "1,-1",
        "a fractional count": "1,0.5",
        "a word among counts": "1,many",
        "a cell too many": "1,2,3",
        "a cell too few": "1",
        "an infinite count": "1,inf",
        "a count of 400 digits": "1," + "9" * 400,
        "a date": "2020-01-01,1",
        "a control character": "\x1b[31m1,1",
        "a null byte": "1,\x00",
        "an unclosed quote": '1,"1',
    }
    made = {}
    for name, row in wrong.items():
        for place, line in (("first", 0), ("in the middle", 20), ("last", len(rows))):
            made[f"{name}, {place}"] = changed(line, row)
    return made | {
        "one stimulus": "x,spikes\n" + "1,2\n" * 9,
        "a column without a name": ",\n" + _GOOD,
        "twice a header": "x,spikes\n" + _GOOD + "x,spikes\n" + _GOOD,
        "semicolons and commas": "x;spikes\n" + _GOOD,
    }
