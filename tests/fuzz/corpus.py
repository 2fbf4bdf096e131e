"""Malformed input of every kind: what each is called, and what it is."""

import copy
import json

#: Python files that hold no measure that could be audited, by name; audited as FILE:MEASURE.
MEASURES = {
    "empty": "",
    "only a comment": "# nothing\n",
    "syntax": "def f(:\n    pass\n",
    "unfinished string": "MEASURE = 'abc\n",
    "indentation": "def f():\nreturn 1\n",
    "tabs and spaces": "def f():\n\tif 1:\n        return 1\n",
    "null byte": "MEASURE = 1\x00\n",
    "not utf-8": b"MEASURE = '\xff\xfe'\n",
    "utf-16": "MEASURE = 1\n".encode("utf-16"),
    "binary": bytes(range(256)) * 4,
    "an elf": b"\x7fELF\x02\x01\x01" + bytes(64),
    "a zip": b"PK\x03\x04" + bytes(64),
    "unknown encoding": "# -*- coding: klingon -*-\nMEASURE = 1\n",
    "raises": "raise ValueError('no')\n",
    "raises without words": "raise Exception\n",
    "raises many lines": "raise ValueError('a\\nb\\nc')\n",
    "raises what prints badly": (
        "class E(Exception):\n    def __str__(self):\n        raise RuntimeError('x')\nraise E\n"
    ),
    "exits": "import sys\nsys.exit(0)\n",
    "exits with words": "import sys\nsys.exit('bye')\n",
    "dies": "import os\nos._exit(0)\n",
    "kills itself": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "missing import": "import no_such_module_anywhere\n",
    "relative import": "from . import x\n",
    "import of a name": "from stiminfo import i_globl\n",
    "recursion": "def f():\n    return f()\nf()\n",
    "name error": "MEASURE = i_surp\n",
    "division": "MEASURE = 1 / 0\n",
    "assertion": "assert False\n",
    "stop iteration": "raise StopIteration\n",
    "generator exit": "raise GeneratorExit\n",
    "memory": "x = bytearray(10 ** 15)\n",
    "other name": "import stiminfo as si\nmeasure = si.i_surp\n",
    "a number": "MEASURE = 1\n",
    "a string": "MEASURE = 'i_surp'\n",
    "None": "MEASURE = None\n",
    "a function": "def MEASURE(model):\n    return model.prior\n",
    "a class": "import stiminfo as si\nclass MEASURE(si.Measure):\n    pass\n",
    "a list": "import stiminfo as si\nMEASURE = [si.i_surp]\n",
    "a module": "import stiminfo as MEASURE\n",
    "no pointwise": "import stiminfo as si\nMEASURE = si.Measure('m')\n",
    "pointwise no function": "import stiminfo as si\nMEASURE = si.Measure('m', 3)\n",
    "no name": "import stiminfo as si\nMEASURE = si.Measure('', si.i_surp.pointwise)\n",
    "name of spaces": "import stiminfo as si\nMEASURE = si.Measure('  ', si.i_surp.pointwise)\n",
    "name no string": "import stiminfo as si\nMEASURE = si.Measure(7, si.i_surp.pointwise)\n",
    "unknown claim": "import stiminfo as si\nMEASURE = si.Measure('m', si.i_surp.pointwise, claims={'good': True})\n",
    "claim no bool": "import stiminfo as si\nMEASURE = si.Measure('m', si.i_surp.pointwise, claims={'locality': 3})\n",
    "claims no mapping": "import stiminfo as si\nMEASURE = si.Measure('m', si.i_surp.pointwise, claims=['locality'])\n",
    "conditional no function": "import stiminfo as si\nMEASURE = si.Measure('m', si.i_surp.pointwise, conditional=1)\n",
    "unknown option": "import stiminfo as si\nMEASURE = si.Measure('m', si.i_surp.pointwise, colour='red')\n",
    "attribute that raises": "def __getattr__(name):\n    raise RuntimeError(name)\n",
}

#: Count tables that are none.
COUNTS = {
    "empty": "",
    "blank lines": "\n\n\n",
    "spaces": "   ",
    "header only": "x,a,b\n",
    "one column": "x\n1\n2\n",
    "no stimulus column": "a,b\n",
    "ragged short": "x,a,b\n0,1\n",
    "ragged long": "x,a,b\n0,1,2,3\n",
    "negative": "x,a,b\n0,1,-1\n1,1,1\n",
    "fraction": "x,a,b\n0,1,0.5\n1,1,1\n",
    "nan": "x,a,b\n0,1,nan\n1,1,1\n",
    "infinite": "x,a,b\n0,1,inf\n1,1,1\n",
    "word": "x,a,b\n0,1,two\n1,1,1\n",
    "missing cell": "x,a,b\n0,1,\n1,1,1\n",
    "hexadecimal": "x,a,b\n0,1,0x10\n1,1,1\n",
    "thousands": 'x,a,b\n0,1,"1,000"\n1,1,1\n',
    "percent": "x,a,b\n0,1,50%\n1,1,1\n",
    "formula": "x,a,b\n0,1,=A1\n1,1,1\n",
    "all zero": "x,a,b\n0,0,0\n1,0,0\n",
    "a stimulus without trials": "x,a,b\n0,1,2\n1,0,0\n",
    "twice a stimulus": "x,a,b\n0,1,2\n0,2,1\n",
    "twice a stimulus in other digits": "x,a,b\n0,1,2\n0.0,2,1\n",
    "huge": "x,a,b\n0,1,1e400\n1,1,1\n",
    "too many digits": "x,a,b\n0,1," + "9" * 400 + "\n1,1,1\n",
    "one trial that is labels and numbers": "x,spikes\n0,1\n1,two\n0,3\n",
    "two readings": "x,1,2,3\n0,4,5,6\n1,7,7,9\n",
    "fractional responses": "x,response\n0,0.5\n1,0.25\n0,1.5\n1,2.5\n",
    "columns of several recordings": "session,x,spikes\nA,0,1\nB,1,2\nA,1,3\n",
    "margins that are no sums": "x,a,b,All\n0,1,2,4\n1,2,1,3\n",
    "labels among numbers": "x,a,b\n0,1,2\nface,2,1\n1,2,2\n",
    "two units": "x,a,b\n0 deg,1,2\n1 rad,2,1\n",
    "decimal commas and points": "x;a;b\n0,5;1;2\n1.5;2;1\n",
    "a pickle": b"\x80\x04\x95" + bytes(20),
    "an array alone": b"\x93NUMPY\x01\x00" + bytes(80),
    "a damaged MATLAB file": b"MATLAB 5.0 MAT-file" + bytes(120),
    "a MATLAB file of version 7.3": b"MATLAB 7.3 MAT-file" + bytes(120),
    "Parquet": b"PAR1" + bytes(80),
    "json": '{"a": 1}\n',
    "html": "<html><body>no</body></html>\n",
    "not utf-8": b"x,a,b\n0,1,\xff\n",
    "utf-16, cut": "x,a,b\n0,1,2\n1,2,1\n".encode("utf-16")[:-1],
    "null bytes": b"x,a,b\n0,1,\x00\n",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "zip": b"PK\x03\x04" + bytes(64),
    "gzip": b"\x1f\x8b\x08" + bytes(32),
    "unclosed quote": 'x,a,b\n0,1,"2\n1,2,1\n',
    "stimulus nan": "x,a,b\nnan,1,2\n1,2,1\n",
    "stimulus infinite": "x,a,b\ninf,1,2\n1,2,1\n",
    "stimuli of two lengths": "x,a,b\n0 1,1,2\n1,2,1\n",
    "one response that never varies, no header": "0,1,2\n",
    "only commas": ",,,\n,,,\n",
    "space in a number": "x,a,b\n0,1,2 3\n1,2,1\n",
}

#: Command lines, without a file or with `good.py`, `counts.csv` and `witness.json`, which are sound.
COMMANDS = [
    "nonsense",
    "--nonsense",
    "audit",
    "audit good.py",
    "audit good.py:",
    "audit :MEASURE",
    "audit good.py:ME:ASURE",
    "audit good.py:1MEASURE",
    "audit good.py:MEASURE extra",
    "audit missing.py:MEASURE",
    "audit .:MEASURE",
    "audit i_globl",
    "audit good.py:MEASURE --axiom nothing",
    "audit good.py:MEASURE --axiom",
    "audit good.py:MEASURE --examples 0",
    "audit good.py:MEASURE --examples -3",
    "audit good.py:MEASURE --examples many",
    "audit good.py:MEASURE --examples 1.5",
    "audit good.py:MEASURE --seed -1",
    "audit good.py:MEASURE --seed x",
    "audit good.py:MEASURE --jobs 0",
    "audit good.py:MEASURE --jobs two",
    "audit good.py:MEASURE --case-timeout 0",
    "audit good.py:MEASURE --case-timeout -1",
    "audit good.py:MEASURE --case-timeout nan",
    "audit good.py:MEASURE --json no/such/folder.json",
    "audit good.py:MEASURE --json .",
    "audit good.py:MEASURE --html .",
    "audit good.py:MEASURE --markdown no/such/folder.md",
    "audit good.py:MEASURE --witnesses good.py",
    "audit good.py:MEASURE --database good.py",
    "audit good.py:MEASURE --journal no/such/folder.jsonl",
    "audit good.py:MEASURE --journal .",
    "audit good.py:MEASURE --journal counts.csv",
    "audit good.py:MEASURE --backend slurm",
    "audit good.py:MEASURE --backend dask",
    "audit good.py:MEASURE --scheduler tcp://127.0.0.1:9",
    "audit good.py:MEASURE --nonsense",
    "table --axiom nothing",
    "table --examples 0",
    "table --jobs 0",
    "table --json .",
    "table extra",
    "table --journal counts.csv",
    "replay",
    "replay missing.json",
    "replay .",
    "replay good.py",
    "replay counts.csv",
    "replay witness.json --measure missing.py:M",
    "replay witness.json --measure good.py",
    "replay witness.json --measure good.py:OTHER",
    "replay witness.json --json .",
    "measure",
    "measure missing.csv",
    "measure .",
    "measure good.py",
    "measure witness.json",
    "measure counts.csv --resamples 0",
    "measure counts.csv --resamples x",
    "measure counts.csv --seed -1",
    "measure counts.csv --json .",
    "figures --figure 0",
    "figures --figure 7",
    "figures --figure one",
    "figures --out good.py",
    "figures extra",
    "claims --claim nothing",
    "claims --claim eq-5 --json .",
    "claims --claim eq-5 --markdown no/such/folder.md",
    "claims extra",
    # Options without an effect, also where they repeat the default.
    "audit digits --jobs 1",
    "audit digits --examples 200",
    "audit digits --case-timeout 10",
    "audit digits --html page.html",
    "audit digits --markdown table.md",
    "audit digits --witnesses found",
    "audit digits --journal journal",
    "audit digits --database kept",
    "audit digits --backend processes",
    "audit digits --scheduler tcp://127.0.0.1:9",
    "audit good.py:MEASURE --backend dask --scheduler tcp://127.0.0.1:9 --jobs 1",
    "audit good.py:MEASURE --backend processes --scheduler tcp://127.0.0.1:9",
    "table --scheduler tcp://127.0.0.1:9",
    "table --backend dask",
    "table --backend dask --scheduler tcp://127.0.0.1:9 --jobs 2",
    # Axioms that trained networks cannot answer.
    "audit digits --axiom locality",
    "audit digits --axiom completeness --axiom stimulus_invariance",
]


def witnesses(good):
    """Altered copies of a sound witness, by name: each with one thing wrong."""
    made = {
        "empty": "",
        "not json": "{",
        "a list": "[]",
        "a number": "3",
        "a string": '"x"',
        "null": "null",
        "empty object": "{}",
        "deep": "[" * 100_000,
        "deep objects": '{"a":' * 50_000,
        "two documents": json.dumps(good) + json.dumps(good),
        "not utf-8": b'{"schema": "\xff"}',
        "utf-16": json.dumps(good).encode("utf-16"),
        "null bytes": bytes(100),
        "a number of many digits": json.dumps(good).replace('"schema": 1', '"schema": ' + "9" * 5000),
    }

    def altered(name, path, value):
        data = copy.deepcopy(good)
        part = data
        for key in path[:-1]:
            part = part[key]
        if value is KeyError:
            del part[path[-1]]
        else:
            part[path[-1]] = value
        made[name] = json.dumps(data)

    for key in ("schema", "measure", "axiom", "case"):
        for value in (KeyError, None, [], {}, -1, "nothing"):
            altered(f"{key} is {getattr(value, '__name__', value)!r}", (key,), value)
    for key in ("kind", "model", "garbling"):
        for value in (KeyError, None, 3, "x", {}, [[]]):
            altered(f"case {key} is {getattr(value, '__name__', value)!r}", ("case", key), value)
    for key in ("stimuli", "prior", "responses"):
        for value in (KeyError, None, 3, "x", {}, [], [[]], [None], [["a"]], [1e999], [[[[1]]]]):
            altered(f"model {key} is {getattr(value, '__name__', value)!r}", ("case", "model", key), value)
    altered("a prior that is negative", ("case", "model", "prior"), [1, -1])
    altered("a prior of zeros", ("case", "model", "prior"), [0, 0])
    altered("weights that are negative", ("case", "model", "responses"), [[1, -1, 1], [1, 1, 1]])
    altered("a row of zeros", ("case", "model", "responses"), [[0, 0, 0], [1, 1, 1]])
    altered("ragged weights", ("case", "model", "responses"), [[1, 1], [1, 1, 1]])
    altered("an unknown part", ("case", "model", "colour"), "red")
    altered("an unknown entry", ("case", "colour"), "red")
    altered("a garbling of another size", ("case", "garbling"), [[1], [1]])
    altered("code", ("case", "kind"), "__import__('os').system('true')")
    return made


def descriptions(good):
    """Altered copies of a checkpoint's description, by name."""
    made = {"empty": "", "not json": "{", "a list": "[]", "deep": "[" * 100_000, "null bytes": "\x00" * 50}
    for key in good:
        if key in ("notes", "spread"):
            continue
        for value in (None, 0, "x", [], -1):
            if good[key] != value and not (key == "gain_architecture" and value is None):
                made[f"{key} is {value!r}"] = json.dumps(good | {key: value})
        made[f"no {key}"] = json.dumps({name: entry for name, entry in good.items() if name != key})
    made["nan spread"] = json.dumps(good | {"spread": float("nan")})
    made["no spread"] = json.dumps(good | {"spread": 0})
    made["files outside"] = json.dumps(good | {"files": good["files"] | {"../../etc/passwd": "0" * 64}})
    made["wide channels"] = json.dumps(good | {"architecture": good["architecture"] | {"channels": [1024] * 8}})
    return made
