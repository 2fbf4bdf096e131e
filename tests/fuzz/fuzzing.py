"""Fuzz the readers with atheris: only an `InputError` may come of a file.

``python tests/fuzz/fuzzing.py --minutes 2`` (`tox -e fuzz`) fuzzes one reader after another, each in a process of its
own. Files that reach new code are kept in ``out/fuzz/READER``, so that the next run goes on from there. A file that
breaks a reader is kept as ``out/fuzz/READER-crash-...``, -timeout-... or -oom-... .
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

#: Where the readers are; code that is instrumented is several times slower.
_READERS = ["stiminfo.models", "stiminfo.axioms.auditing.witness", "stiminfo.axioms.auditing.journal"]
_READERS += ["stiminfo.diffusion.checkpoints", "stiminfo.diffusion.checkpoint_files", "stiminfo.diffusion.architecture"]
_READERS += [f"stiminfo.diffusion.latents.{name}" for name in ("store", "world", "groups", "responses", "critic")]
#: A reader that takes longer than this on a file of `LARGEST` bytes hangs; in seconds.
_HANGS = 60
#: Megabytes that a reader may take, torch and numpy included.
_MEMORY = 3000


def fuzz(name: str, kept: Path, seconds: int, runs: int) -> None:
    """Fuzz one reader in this process, which atheris ends."""
    import atheris

    # What is imported here is instrumented, and nothing else: also what a reader imports when it is first called.
    with atheris.instrument_imports(include=_READERS):
        from targets import LARGEST, TARGETS

        import stiminfo.models
        from stiminfo.errors import InputError

        for module in pkgutil.walk_packages(stiminfo.models.__path__, "stiminfo.models."):
            importlib.import_module(module.name)
        target = TARGETS[name]
        kept.mkdir(parents=True, exist_ok=True)
        seeds = target.seeds()
        for number, seed in enumerate(seeds):
            if len(seed) <= LARGEST:
                (kept / f"seed-{number:03}").write_bytes(seed)
        folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
        path = folder / target.file
        target.beside(folder)
        warnings.simplefilter("ignore")

        def one(data: bytes) -> None:
            path.write_bytes(data)
            try:
                target.read(path)
            except InputError:
                pass
            except FileNotFoundError as error:
                if str(path) not in str(error):
                    raise

        one(seeds[0])
    limits = [f"-max_total_time={seconds}", *([f"-runs={runs}"] if runs else [])]
    bounds = [f"-max_len={LARGEST}", f"-timeout={_HANGS}", f"-rss_limit_mb={_MEMORY}", f"-artifact_prefix={kept}-"]
    atheris.Setup([sys.argv[0], str(kept), *limits, *bounds, "-print_final_stats=1"], one)
    atheris.Fuzz()


def main() -> int:
    """Fuzz the readers that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", nargs="*", help="names in targets.py (default: all)")
    parser.add_argument("--minutes", type=float, default=2.0, help="for each reader (default: 2)")
    parser.add_argument("--runs", type=int, default=0, help="files for each reader (default: no limit)")
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"), help="folder of what is kept (default: out/fuzz)")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    kept = options.out.resolve()
    if options.alone:
        fuzz(options.readers[0], kept / options.readers[0], round(60 * options.minutes), options.runs)
        return 0
    from targets import TARGETS

    broken = []
    for name in options.readers or TARGETS:
        print(f"{name}:", flush=True)
        command = [sys.executable, __file__, name, "--alone", "--minutes", str(options.minutes)]
        command += ["--runs", str(options.runs), "--out", str(kept)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as run:
            for line in run.stderr or ():
                if not line.startswith("INFO: Instrumenting"):
                    print(line, end="", flush=True)
        if run.returncode:
            broken.append(name)
    print(f"broken: {', '.join(broken)}" if broken else "no reader broke")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
