"""Whether a measure is refuted whatever the seed."""

from stiminfo.axioms import AXIOMS
from stiminfo.axioms.auditing.attack import attack


def refuted_over_seeds(axiom: str, measure, examples: int = 200, seeds=range(1, 20)) -> int:
    """Attack with one seed after another; how many were needed to know all of them.

    Fixed cases come first and are the same for all seeds, so that one seed tells all where one of them refutes.
    """
    needs = "gradient" in measure.needs
    known, others = AXIOMS[axiom].fixed_cases(needs, 1, keep=False)
    fixed = {*known, *others}
    for seed in seeds:
        verdict = attack(AXIOMS[axiom], measure, examples=examples, seed=seed, shrink=False)
        assert verdict.verdict == "refuted", (seed, verdict.message)
        if verdict.case in fixed:
            return 1
    return len(seeds)
