"""The parent's side of a worker process: jobs out, events in, and an end to what hangs."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

#: Seconds for a worker to start and import, and for a user's file to run.
START_LIMIT = 120.0
#: Seconds that a queue can wait; about as long as a user means by no limit.
LONGEST = 1e6
#: Seconds for a worker to go by itself.
GOODBYE = 2.0


class WorkerFailed(Exception):
    """The worker reports a failure that is not the measure's answer (`usage`: the user can mend it)."""

    def __init__(self, message: str, usage: bool, details: str) -> None:
        super().__init__(message)
        self.usage, self.details = usage, details


class Hung(Exception):
    """No answer within the case limit, or the process died; `case` is what it was working on."""

    def __init__(self, message: str, case: dict[str, Any] | None) -> None:
        super().__init__(message)
        self.case = case


class Supervisor:
    """One worker process, started when first needed and replaced when it had to be ended."""

    def __init__(self, case_timeout: float, quiet: bool = True) -> None:
        self.case_timeout, self.quiet = min(case_timeout, LONGEST), quiet
        self.process: subprocess.Popen[bytes] | None = None
        self.events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.closed = False

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Serve one job; raises `WorkerFailed` or `Hung`."""
        self._start()
        self._send(job)
        case: dict[str, Any] | None = None
        busy_since = time.monotonic()
        limit = START_LIMIT if job["task"] in ("describe", "prepare") else self.case_timeout
        watching = job["task"] in ("describe", "prepare")
        while True:
            wait = max(0.0, busy_since + limit - time.monotonic()) if watching else None
            try:
                event = self.events.get(timeout=wait)
            except queue.Empty:
                self.stop()
                raise Hung(f"no answer within {limit:g} s", case) from None
            if event is None:
                code = self.process.wait() if self.process else 0
                self.stop()
                raise Hung(f"the process ended (exit status {code})", case)
            if event["event"] == "case":
                case, watching, busy_since = event["case"], True, time.monotonic()
            elif event["event"] == "idle":
                watching = False
            elif event["event"] == "failed":
                raise WorkerFailed(event["message"], event["usage"], event["details"])
            elif event["event"] == "done":
                return event

    def _start(self) -> None:
        if self.closed:
            raise Hung("interrupted", None)
        if self.process is not None:
            return
        # One thread a worker: the matrices are small, and --jobs is where the cores go.
        environment = os.environ | dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
        )
        # Hypothesis would keep what it knows of the code in a folder of the user's.
        environment.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(tempfile.gettempdir()) / "stiminfo-hypothesis"))
        detached: dict[str, Any] = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined, unused-ignore]
            if sys.platform == "win32"
            else {"start_new_session": True}
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stiminfo.axioms.auditing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if self.quiet else None,
            env=environment,
            **detached,
        )
        self.events = queue.Queue()
        threading.Thread(target=_listen, args=(self.process, self.events), daemon=True).start()
        with contextlib.suppress(queue.Empty):
            if self.events.get(timeout=START_LIMIT) is None:
                self.stop()
                raise Hung("the worker process did not start", None)
        self._send({"task": "prepare", "path": [folder for folder in sys.path if folder]})
        self.events.get(timeout=START_LIMIT)

    def _send(self, job: dict[str, Any]) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        raw = pickle.dumps(job)
        try:
            self.process.stdin.write(struct.pack("<I", len(raw)) + raw)
            self.process.stdin.flush()
        except OSError:
            self.events.put(None)

    def stop(self) -> None:
        """End the process at once; the next job starts another."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def close(self) -> None:
        """End the process for good: it goes when its input ends; what does not is ended."""
        self.closed = True
        process = self.process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=GOODBYE)
        self.stop()


def _listen(process: subprocess.Popen[bytes], events: queue.Queue[dict[str, Any] | None]) -> None:
    assert process.stdout is not None
    with contextlib.suppress(OSError, ValueError):
        for line in process.stdout:
            with contextlib.suppress(json.JSONDecodeError):
                events.put(json.loads(line))
    events.put(None)
