"""accelerate's `Accelerator`, for the device and precision of one run whatever was trained before in this process."""

from __future__ import annotations

from accelerate import Accelerator
from accelerate.state import AcceleratorState, PartialState


def accelerator(precision: str = "no", *, cpu: bool = False) -> Accelerator:
    """An accelerator on the CPU, or on the device that there is.

    accelerate keeps the settings of the first one for the whole process: a second run would stay on the CPU without a
    word, or be refused another precision. What it keeps is cleared where it does not fit.
    """
    device, settings = PartialState._shared_state, AcceleratorState._shared_state
    if (device and bool(device["_cpu"]) != cpu) or (settings and settings["_mixed_precision"] != precision):
        AcceleratorState._reset_state(reset_partial_state=True)
    return Accelerator(mixed_precision=precision, cpu=cpu, step_scheduler_with_optimizer=False)
