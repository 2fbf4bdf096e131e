"""The worker process: runs searches on measures that may hang, crash or print, and reports in JSON lines.

Started as ``python -m stiminfo.axioms.auditing.worker`` by `process`. Reads pickled jobs from standard input (its
parent's own), answers on the original standard output, and ends when its parent does.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import struct
import sys
import threading
import traceback
from typing import IO, Any


def main() -> None:
    """Serve jobs until standard input ends."""
    # A message may hold what is no UTF-8, the name of a file say.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace", buffering=1)
    os.dup2(2, 1)  # what a measure prints must not mix with the answers
    jobs: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()

    def say(**event: Any) -> None:
        answers.write(json.dumps(event, ensure_ascii=False) + "\n")
        answers.flush()

    say(event="ready")
    while True:
        raw = jobs.get()
        try:
            job = pickle.loads(raw)
            result = _serve(job, say)
            say(event="done", **result)
        except Exception as error:
            details = getattr(error, "details", "")
            usage = type(error).__name__ in ("LoadError", "UnknownAxiom")
            if not usage:
                details = traceback.format_exc()
            say(event="failed", usage=usage, message=str(error) or type(error).__name__, details=details)


def _listen(stream: IO[bytes], jobs: queue.Queue[bytes]) -> None:
    """Put framed jobs on the queue; when the parent is gone, go at once, whatever a measure is doing."""
    while True:
        head = stream.read(4)
        if len(head) < 4:
            os._exit(0)
        jobs.put(stream.read(struct.unpack("<I", head)[0]))


def _serve(job: dict[str, Any], say: Any) -> dict[str, Any]:
    if job["task"] == "prepare":
        for folder in job["path"]:
            if folder not in sys.path:
                sys.path.append(folder)
        return {}
    if job["task"] == "describe":
        measure = measure_of(job["measure"])
        said = {"name": measure.name, "claims": dict(measure.claims), "units": measure.units, "source": measure.source}
        return said | {"modules": _own_digests()}
    if job["task"] == "replay":
        from .witness import parse_witness, replay

        witness = parse_witness(job["witness"])
        say(event="case", case=job["witness"]["case"])
        return {"finding": _plain(replay(witness, measure_of(job["measure"])).finding)}
    from ..registry import AXIOMS, specs_of
    from .attack import search

    def watch(case: Any) -> None:
        say(event="case", case=case.to_json()) if case is not None else say(event="idle")

    models = job["models"]
    outcome = search(
        AXIOMS[job["axiom"]],
        measure_of(job["measure"]),
        examples=job["examples"],
        seed=job["seed"],
        specs=None if models is None else specs_of(pickle.loads(models)),
        watch=watch,
        database=job.get("database"),
    )
    return {"outcome": outcome.to_json()}


def _own_digests() -> dict[str, str]:
    """SHA-256 of the user's own modules that were loaded, by name: a measure's file may import its neighbours."""
    import hashlib
    from pathlib import Path

    from .measure_file import own_modules

    files = {name: Path(str(module.__file__)) for name, module in sorted(own_modules().items())}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if path.suffix == ".py" and path.is_file()
    }


def _plain(finding: Any) -> dict[str, Any]:
    import dataclasses

    return dataclasses.asdict(finding)


_loaded: dict[Any, Any] = {}


def measure_of(origin: tuple[str, Any]) -> Any:
    """The measure that a job is about: published by name, from a file, or pickled by the parent."""
    if origin not in _loaded:
        from .measure_file import check_claims, load_measure, published

        kind, what = origin
        if kind == "published":
            _loaded[origin] = published(what)
        elif kind == "file":
            from pathlib import Path

            _loaded[origin] = load_measure(Path(what[0]), what[1])
        else:
            _loaded[origin] = pickle.loads(what)
            check_claims(_loaded[origin])
    return _loaded[origin]


if __name__ == "__main__":
    main()
