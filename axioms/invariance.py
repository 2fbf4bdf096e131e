"""What the invariance axioms share: a map of the response or of the stimulus leaves I(x) as it is."""

from __future__ import annotations

import numpy as np

from .finding import Finding, Values, judge, shown


def unchanged(before: Values, after: Values, d: int, what: str) -> Finding:
    """How far I(x) changes at the stimulus where it changes most; `what` was done, in words."""
    change = np.abs(after.value - before.value)
    j = int(change.argmax())
    return judge(
        float(change[j]),
        float((before.error + after.error)[j]),
        float(np.abs(before.value).max()),
        d,
        j,
        {"I(x) before": before.value, "I(x) after": after.value},
        f"{what} changes I at stimulus {j} from {shown(before.value[j], change[j])} to "
        f"{shown(after.value[j], change[j])} nats",
    )
