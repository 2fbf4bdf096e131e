"""Mutation testing of axioms/ and estimators/: does a fast test notice when a line of the code is changed?

``python tests/mutation.py`` (`tox -e mutation`) copies the checkout, so that nothing here is touched, and lets
cosmic-ray change one thing at a time in the copy. Of each module a share of all mutants is tried, drawn from a seed.
Session files keep what was found: the same command goes on where it was ended.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from stiminfo.axioms.registry import EVERY

ROOT = Path(__file__).parents[1]
FAST = "-m 'not slow and not soak' -k 'not plane and not killed and not cluster and not scheduler_that'"
EXACT = "tests/estimators/test_extremes.py tests/estimators/test_exact.py"
AUDIT = "tests/axioms/test_wrong_inputs.py tests/axioms/test_noisy_measures.py tests/axioms/test_audit.py"
MUTANTS = f"{AUDIT} tests/axioms/test_mutants.py"
REACH = "tests/axioms/test_locality_reach.py"
LIMITED = "tests/estimators/test_sampling.py"
DENOISED = "tests/estimators/test_levels_and_errors.py tests/estimators/test_diffusion_estimators.py"
#: The tests that are to notice, by module; a test that fails ends the run.
TESTS = {
    "estimators/channel.py": EXACT,
    "estimators/cissi.py": EXACT,
    "estimators/denoising.py": DENOISED,
    "estimators/estimate.py": DENOISED,
    "estimators/exact.py": f"{EXACT} {DENOISED}",
    "estimators/finite.py": EXACT,
    "estimators/fisher_information.py": f"{EXACT} {DENOISED}",
    "estimators/joint_sight.py": DENOISED,
    "estimators/kong1.py": EXACT,
    "estimators/kong2.py": EXACT,
    "estimators/layouts.py": EXACT,
    "estimators/line.py": EXACT,
    "estimators/levels.py": DENOISED,
    "estimators/local.py": EXACT,
    "estimators/memory.py": "tests/estimators/test_memory.py",
    "estimators/measure.py": f"{EXACT} tests/axioms/test_noisy_measures.py",
    "estimators/monte_carlo.py": DENOISED,
    "estimators/nodes.py": EXACT,
    "estimators/parts.py": "tests/estimators/test_parts.py",
    "estimators/plane.py": EXACT,
    "estimators/precise.py": EXACT,
    "estimators/population.py": "tests/estimators/test_population.py",
    "estimators/relatives.py": "tests/estimators/test_relatives.py",
    "estimators/resolution.py": EXACT,
    "estimators/ring.py": "tests/estimators/test_circle.py",
    "estimators/sampling/bias.py": f"{LIMITED} tests/estimators/test_limited_sampling.py",
    "estimators/sampling/blocks.py": LIMITED,
    "estimators/sampling/corrections.py": "tests/estimators/test_corrections.py",
    "estimators/sampling/limited.py": LIMITED,
    "estimators/sampling/permutation.py": LIMITED,
    "estimators/sampling/priors.py": LIMITED,
    "estimators/sampling/shrinkage.py": LIMITED,
    "estimators/sampling/simulation.py": LIMITED,
    "estimators/sampling/warnings.py": "tests/estimators/test_limited_sampling.py",
    "estimators/sampling/independence.py": "tests/estimators/test_population_sampling.py",
    "estimators/sampling/neurons.py": "tests/estimators/test_population_sampling.py",
    "estimators/sampling/population.py": "tests/estimators/test_population_sampling.py",
    "estimators/sampling/population_values.py": "tests/estimators/test_population_sampling.py",
    "estimators/sight.py": DENOISED,
    "estimators/small_noise.py": DENOISED,
    "estimators/sp.py": f"{EXACT} {DENOISED}",
    "estimators/spacing.py": EXACT,
    "estimators/stacked.py": LIMITED,
    "estimators/ssi.py": f"{EXACT} {DENOISED}",
    "estimators/surp.py": f"{EXACT} {DENOISED}",
    "estimators/tally.py": DENOISED,
    "models/data.py": f"tests/axioms/test_wrong_inputs.py {MUTANTS}",
    "models/features.py": f"tests/axioms/test_strategies.py {MUTANTS}",
    "axioms/answers.py": AUDIT,
    "axioms/cases.py": f"tests/axioms/test_wrong_inputs.py {MUTANTS}",
    "axioms/evaluator.py": MUTANTS,
    "axioms/finding.py": MUTANTS,
    "axioms/groups.py": "tests/axioms/test_further.py",
    "axioms/known.py": MUTANTS,
    "axioms/crossed.py": "tests/axioms/test_crossed.py",
    "axioms/ladders.py": "tests/axioms/test_sizes.py",
    "axioms/implications.py": "tests/axioms/test_contradictions.py",
    "axioms/locality_cases.py": f"tests/axioms/test_strategies.py {MUTANTS}",
    "axioms/nearest.py": "tests/axioms/test_nearest.py",
    "axioms/ordinary.py": "tests/axioms/test_crossed.py",
    "axioms/places.py": "tests/axioms/test_places.py",
    "axioms/registry.py": AUDIT,
    "axioms/sizes.py": "tests/axioms/test_sizes.py",
    "axioms/space_cases.py": "tests/axioms/test_spaces.py",
    "axioms/spaces.py": "tests/axioms/test_spaces.py",
    "axioms/traits.py": "tests/axioms/test_traits.py",
    "axioms/strategies.py": MUTANTS,
    "axioms/strength.py": "tests/axioms/test_strength.py",
    "axioms/testing.py": AUDIT,
    "axioms/unbounded_cases.py": "tests/axioms/test_locality.py",
    **{f"axioms/{axiom}.py": MUTANTS for axiom in EVERY},
    "axioms/ball_cases.py": REACH,
    "axioms/beyond_cases.py": REACH,
    "axioms/locality.py": f"tests/axioms/test_locality.py {REACH} tests/axioms/test_spaces.py",
    "axioms/auditing/attack.py": f"{AUDIT} {MUTANTS}",
    "axioms/auditing/audit.py": f"tests/axioms/test_running.py {AUDIT}",
    "axioms/auditing/cells.py": f"tests/axioms/test_running.py {AUDIT}",
    "axioms/auditing/declines.py": "tests/axioms/test_declining.py",
    "axioms/auditing/doubts.py": "tests/axioms/test_fooling.py tests/axioms/test_locality.py",
    "axioms/auditing/journal.py": "tests/axioms/test_running.py",
    "axioms/auditing/limits.py": "tests/axioms/test_process.py",
    "axioms/auditing/measure_file.py": f"{AUDIT} tests/test_cli.py",
    "axioms/auditing/messages.py": "tests/axioms/test_process.py",
    "axioms/auditing/process.py": "tests/axioms/test_process.py",
    "axioms/auditing/verdict.py": AUDIT,
    "axioms/auditing/witness.py": f"tests/axioms/test_wrong_inputs.py {AUDIT}",
    "axioms/auditing/worker.py": "tests/axioms/test_process.py",
}
#: Operators whose mutants mean nothing here: annotations are not run, and a decorator's absence is seen by import.
DULL = ("core/RemoveDecorator", "core/ReplaceBinaryOperator_BitOr_")
TIMEOUT = 600.0
#: From here on the report is written by hand, and kept.
READ = "## Survivors, read"


def copy(folder: Path) -> Path:
    """The checkout without its history and caches."""
    away = shutil.ignore_patterns(".git", ".tox", "__pycache__", "*.egg-info", "build", "out", "site", ".*_cache")
    shutil.copytree(ROOT, folder / "copy", symlinks=True, ignore=away)
    return folder / "copy"


def run(module: str, share: float, seed: int, sessions: Path) -> list[tuple[str, str]]:
    """Try a share of a module's mutants; (outcome, what was changed) for each that was tried."""
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import WorkerOutcome, WorkResult

    session = sessions / (module.replace("/", "-") + ".sqlite")
    with tempfile.TemporaryDirectory() as name:
        work = copy(Path(name))
        config = work / "mutation.toml"
        command = f"{sys.executable} -B -m pytest -q -x -p no:cacheprovider --benchmark-disable {FAST} {TESTS[module]}"
        config.write_text(
            f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = {TIMEOUT}\nexcluded-modules = []\n'
            f"test-command = '''{command}'''\n[cosmic-ray.distributor]\nname = \"local\"\n"
        )
        environment = os.environ | {"PYTHONPATH": str(work / "src"), "PYTHONDONTWRITEBYTECODE": "1"}

        def cosmic_ray(*arguments: str) -> None:
            program = [str(Path(sys.executable).with_name("cosmic-ray")), *arguments]
            subprocess.run(program, cwd=work, env=environment, check=True, stdout=subprocess.DEVNULL)

        if not session.exists():
            fresh = session.with_suffix(".fresh")
            fresh.unlink(missing_ok=True)
            cosmic_ray("init", str(config), str(fresh))
            with use_db(fresh, WorkDB.Mode.open) as database:
                items = sorted(database.work_items, key=lambda item: item.job_id)
                dull = {i.job_id for i in items if i.mutations[0].operator_name.startswith(DULL)}
                rest = sorted(
                    (i for i in items if i.job_id not in dull),
                    key=lambda i: (i.mutations[0].start_pos, i.mutations[0].operator_name, i.mutations[0].occurrence),
                )
                chosen = random.Random(seed).sample(rest, max(1, round(share * len(rest))))
                keep = {item.job_id for item in chosen}
                for item in items:
                    if item.job_id not in keep:
                        database.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED))
            fresh.rename(session)
        cosmic_ray("exec", str(config), str(session))
    found = []
    with use_db(session, WorkDB.Mode.open) as database:
        for job, result in database.results:
            if result.worker_outcome == WorkerOutcome.SKIPPED:
                found.append(("skipped", ""))
                continue
            item = next(item for item in database.work_items if item.job_id == job)
            change = item.mutations[0]
            outcome = "killed" if result.test_outcome is None else str(result.test_outcome.value)
            if result.output and result.output.strip() == "timeout":
                outcome = "timed out"
            where = f"{module}:{change.start_pos[0]} {change.operator_name.removeprefix('core/')}"
            found.append((outcome, where + "\n" + _lines(result.diff or "")))
    return found


def _lines(diff: str) -> str:
    return "\n".join(line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def main() -> None:
    """Try, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=0.1, help="of each module's mutants (default: 0.1)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--module", action="append", choices=TESTS, help="only this; may be repeated")
    parser.add_argument("--sessions", type=Path, default=ROOT / "out" / "mutation", help="folder of the session files")
    parser.add_argument("--out", type=Path, help="write the report there")
    options = parser.parse_args()
    options.sessions.mkdir(parents=True, exist_ok=True)
    rows, alive = [], []
    for module in options.module or TESTS:
        found = run(module, options.share, options.seed, options.sessions.resolve())
        tried = [row for row in found if row[0] != "skipped"]
        survived = [where for outcome, where in tried if outcome == "survived"]
        late = sum(outcome == "timed out" for outcome, _ in tried)
        noticed = len(tried) - len(survived) - late
        rows.append(f"| {module} | {len(found)} | {len(tried)} | {noticed} | {late} | {len(survived)} |")
        print(rows[-1], flush=True)
        alive += survived
    lines = [
        "# Mutants",
        "",
        "Written by `tox -e mutation`: one change at a time, a share of all that are possible.",
        "",
    ]
    lines += ["| module | mutants | tried | noticed | timed out | survived |", "|---|---|---|---|---|---|", *rows, ""]
    for where in alive:
        lines += ["```diff", "# " + where, "```", ""]
    text = "\n".join(lines)
    print(text)
    if options.out:
        before = options.out.read_text(encoding="utf-8") if options.out.is_file() else ""
        kept = before[before.index(READ) :] if READ in before else ""  # what people wrote of the survivors
        options.out.write_text(text.rstrip() + "\n\n" + kept, encoding="utf-8")


if __name__ == "__main__":
    main()
