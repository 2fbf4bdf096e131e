"""I(R_n;X) of each neuron of a population alone, exactly."""

from __future__ import annotations

import numpy as np

from ...models.arrays import Array
from ...models.laws import Law


def information_alone(law: Law, prior: Array) -> Array:
    """I(R_n;X) of each neuron, (N,), nats."""
    found = np.empty(len(law.rates))
    for n in range(len(found)):
        if np.ptp(law.rates[n]) == 0:
            found[n] = 0.0
            continue
        table = law.table(n)[0]
        ratio = np.divide(table, (table @ prior)[:, None], out=np.ones_like(table), where=table > 0)
        found[n] = ((table * np.log(ratio)).sum(axis=0) @ prior).item()
    return np.maximum(found, 0.0)
