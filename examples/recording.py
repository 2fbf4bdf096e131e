"""Makes recording.csv: spike counts of one direction-selective neuron in 480 trials of a drifting grating.

Eight directions, 60 trials each, in random order. The mean count follows a bump on the circle around 135 degrees,
``1 + 8 exp(2 (cos(direction - 135) - 1))``, and the count is Poisson. Run it to write the same file again.
"""

from pathlib import Path

import numpy as np


def table() -> str:
    """The recording as CSV; always the same."""
    rng = np.random.default_rng(2511)
    direction = rng.permutation(np.repeat(np.arange(0, 360, 45), 60))
    mean = 1 + 8 * np.exp(2 * (np.cos(np.radians(direction - 135)) - 1))
    spikes = rng.poisson(mean)
    rows = [f"{trial},{x},{n}" for trial, (x, n) in enumerate(zip(direction, spikes, strict=True), 1)]
    return "\n".join(["trial,direction,spikes", *rows]) + "\n"


if __name__ == "__main__":
    Path(__file__).with_suffix(".csv").write_text(table(), encoding="utf-8")
