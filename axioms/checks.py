"""The axioms that bound a residual, each as a check of one case. Locality, a statement about a limit, is `locality`."""

from __future__ import annotations

import numpy as np

from ..models import ResponsePair
from ..models.arrays import Array
from .cases import FeatureCase, GarblingCase, LinearMapCase, ModelCase, PairCase, ResponseMapCase, StimulusMapCase
from .evaluator import Evaluator
from .finding import Finding, Values, judge, worst


def completeness(measure: Evaluator, case: ModelCase | PairCase) -> Finding:
    """E_X[I(x)] = I(R;X), and E_X[I_{R'|R}(x)] = I(X;R'|R)."""
    if isinstance(case, ModelCase):
        model = case.built
        information = model.mutual_information()
        return _average(measure.pointwise(model), model.prior, information, model.dimensions, "I(R;X)", "I(x)")
    pair = case.built
    d = pair.stimuli.shape[1]
    alone = _average(measure.pointwise(pair.first), pair.prior, pair.first.mutual_information(), d, "I(R;X)", "I(x)")
    information = pair.conditional_information()
    given = _average(measure.conditional(pair), pair.prior, information, d, "I(X;R'|R)", "I_{R'|R}(x)")
    both = _average(measure.pointwise(pair.both), pair.prior, pair.both.mutual_information(), d, "I(R,R';X)", "I(x)")
    return worst([alone, given, both])


def _average(values: Values, prior: Array, information: float, d: int, total: str, label: str) -> Finding:
    mean = float(prior @ values.value)
    return judge(
        abs(mean - information),
        float(prior @ values.error),
        float(prior @ np.abs(values.value)) + information,
        d,
        -1,
        {label: values.value, f"E_X[{label}]": np.array([mean]), total: np.array([information])},
        f"E_X[{label}] = {mean:.6g}, but {total} = {information:.6g}",
    )


def positivity(measure: Evaluator, case: ModelCase | PairCase) -> Finding:
    """I(x) >= 0 and I_{R'|R}(x) >= 0 at every x."""
    if isinstance(case, ModelCase):
        return _sign(measure.pointwise(case.built), case.built.dimensions, "I(x)")
    pair = case.built
    d = pair.stimuli.shape[1]
    alone = [_sign(measure.pointwise(model), d, "I(x)") for model in (pair.first, pair.both)]
    return worst([*alone, _sign(measure.conditional(pair), d, "I_{R'|R}(x)")])


def _sign(values: Values, d: int, label: str) -> Finding:
    j = int(values.value.argmin())
    low = float(values.value[j])
    says = f"{label} = {low:.6g} nats at stimulus {j}"
    return judge(-low, float(values.error[j]), abs(low), d, j, {label: values.value}, says)


def additivity(measure: Evaluator, case: PairCase) -> Finding:
    """I_{R,R'}(x) = I_R(x) + I_{R'|R}(x) at every x, in both orders."""
    pair = case.built
    both = measure.pointwise(pair.both)
    return worst([_sum(measure, both, pair, "R", "R'"), _sum(measure, both, pair.swapped, "R'", "R")])


def _sum(measure: Evaluator, both: Values, pair: ResponsePair, first: str, second: str) -> Finding:
    alone = measure.pointwise(pair.first)
    given = measure.conditional(pair)
    gap = alone.value + given.value - both.value
    error = both.error + alone.error + given.error
    j = int(np.abs(gap).argmax())
    scale = float(np.abs(both.value).max() + np.abs(alone.value).max())
    return judge(
        float(abs(gap[j])),
        float(error[j]),
        scale,
        pair.stimuli.shape[1],
        j,
        {"I_{R,R'}(x)": both.value, f"I_{first}(x)": alone.value, f"I_{{{second}|{first}}}(x)": given.value},
        f"at stimulus {j}: I_{first} + I_{{{second}|{first}}} = {alone.value[j]:.6g} + {given.value[j]:.6g} = "
        f"{alone.value[j] + given.value[j]:.6g}, but I_{{R,R'}} = {both.value[j]:.6g}",
    )


def data_processing(measure: Evaluator, case: GarblingCase) -> Finding:
    """X -> R -> R' implies I_R'(x) <= I_R(x) at every x."""
    before, after = measure.pointwise(case.built), measure.pointwise(case.garbled)
    rise = after.value - before.value
    j = int(rise.argmax())
    return judge(
        float(rise[j]),
        float((before.error + after.error)[j]),
        float(np.abs(before.value).max()),
        case.built.dimensions,
        j,
        {"I(x) of R": before.value, "I(x) of R'": after.value},
        f"at stimulus {j} garbling the response raises I from {before.value[j]:.6g} to {after.value[j]:.6g} nats",
    )


def response_invariance(measure: Evaluator, case: ResponseMapCase) -> Finding:
    """I is unchanged by an invertible map of the response."""
    what = "new names for the responses" if case.factors is None else "a smooth bijection of the response"
    return _unchanged(measure.pointwise(case.built), measure.pointwise(case.mapped), case.built.dimensions, what)


def stimulus_invariance(measure: Evaluator, case: StimulusMapCase | LinearMapCase) -> Finding:
    """I is unchanged by an invertible map of the stimulus: a coordinatewise one, or of a group."""
    what = "an invertible map of the stimulus"
    return _unchanged(measure.pointwise(case.built), measure.pointwise(case.mapped), case.built.dimensions, what)


def _unchanged(before: Values, after: Values, d: int, what: str) -> Finding:
    change = np.abs(after.value - before.value)
    j = int(change.argmax())
    return judge(
        float(change[j]),
        float((before.error + after.error)[j]),
        float(np.abs(before.value).max()),
        d,
        j,
        {"I(x) before": before.value, "I(x) after": after.value},
        f"{what} changes I at stimulus {j} from {before.value[j]:.6g} to {after.value[j]:.6g} nats",
    )


def feature_silence(measure: Evaluator, case: FeatureCase) -> Finding:
    """I_i(x) = 0 at every x, for the feature that the case makes insensitive."""
    values = measure.featurewise(case.built)
    value, error = values.value[:, case.feature], np.broadcast_to(values.error, values.value.shape)[:, case.feature]
    j = int(np.abs(value).argmax())
    return judge(
        float(abs(value[j])),
        float(error[j]),
        float(np.abs(values.value).max()),
        case.built.dimensions,
        j,
        {f"I_{i + 1}(x)": values.value[:, i] for i in range(values.value.shape[1])},
        f"I_{case.feature + 1}(x) = {value[j]:.6g} nats at stimulus {j}, for a feature that should carry none",
    )
