"""Values of measures where exact integrals are out of reach, as for many stimuli that span three dimensions: estimates.

Denoisers of the finite set of stimuli serve any dimension. Their values have a standard error, and are too expensive to
be resampled: they get neither correction nor interval.
"""

from __future__ import annotations

from typing import Any

from ..errors import MissingExtra, NotApplicable, OutOfReach
from ..estimators.exact import PublishedMeasure
from ..models import EncodingModel
from ..models.population import Population

#: Passes of the denoisers at each stimulus: seconds per measure. Sums over all responses of a table take longer.
_PASSES, _PASSES_OF_TABLE = 32_768, 4_096


def estimated(
    measure: PublishedMeasure, source: EncodingModel | Population, refusal: NotApplicable, seed: int
) -> dict[str, Any]:
    """The fields of a measure's result, (J,) each: an estimate, or the reason why there is none."""
    if not isinstance(refusal, OutOfReach) or measure.integrand is None:
        return {"reason": str(refusal)}
    passes = _PASSES if isinstance(source, Population) else _PASSES_OF_TABLE
    try:
        found = measure.estimate(source, passes=passes, seed=seed)
    except (MissingExtra, NotApplicable) as reason:
        return {"reason": f"{refusal} {reason}"}
    note = (
        f"estimated with denoisers of the finite set of stimuli, {passes} passes, because exact integrals are out of "
        f"reach (standard error up to {found.stderr.max():.2g} nats); neither corrected nor with an interval"
    )
    return {"value": found.value, "numerical_error": found.stderr, "note": note}
