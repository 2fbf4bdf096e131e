"""Loading a user's measure from ``FILE:NAME``, with errors that show the user's own traceback and none of ours."""

from __future__ import annotations

import difflib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from ...errors import LoadError, nearest
from ...estimators import PUBLISHED, Measure
from ...estimators.registry import FAMILIES
from ...files import no_such_file
from ..registry import AXIOMS, EVERY


def split_target(target: str) -> tuple[Path, str]:
    """("my_measure.py", "MEASURE") from ``my_measure.py:MEASURE``."""
    path, separator, name = target.rpartition(":")
    # The colon after a Windows drive letter does not separate.
    if not separator or not name.isidentifier() or (len(path) == 1 and path.isalpha()):
        # Nearly all names begin with i_, which makes nothing alike.
        names = {name.removeprefix("i_"): name for name in (*PUBLISHED, *FAMILIES)}
        guess = difflib.get_close_matches(target.lower().removeprefix("i_").partition(":")[0], names, 1, 0.5)
        hint = f"; did you mean the published measure {names[guess[0]]!r}?" if guess else ""
        if not guess and target.lower().startswith("i_"):
            hint = f", or one of {', '.join(PUBLISHED)}"
        raise LoadError(f"{target!r}: expected FILE:NAME, such as my_measure.py:MEASURE{hint}")
    file = Path(path)
    if not file.exists():
        raise LoadError(no_such_file(file))
    if not file.is_file():
        raise LoadError(f"{file}: not a file")
    return file, name


def load_measure(file: Path, name: str) -> Measure:
    """The `Measure` called `name` in a Python file, which is run; raises `LoadError`."""
    module = _run(file)
    try:
        measure = getattr(module, name, None)
    except Exception as error:  # a __getattr__ of the module's own
        raise LoadError(f"{file}: raised {type(error).__name__} when it was asked for {name}") from None
    if measure is None and name not in vars(module):
        measures = [
            key for key, value in vars(module).items() if isinstance(value, Measure) and not key.startswith("_")
        ]
        found = f"; it holds {', '.join(measures)}" if measures else "; it holds no stiminfo.Measure"
        raise LoadError(f"{file}: no {name!r} in it{found}")
    if not isinstance(measure, Measure):
        raise LoadError(f"{file}: {name} is {type(measure).__name__}; expected a stiminfo.Measure")
    check_claims(measure)
    return measure


def check_claims(measure: Measure) -> None:
    """Raise `LoadError` if a measure makes a claim about an axiom that does not exist."""
    for axiom in measure.claims:
        if axiom not in EVERY:
            raise LoadError(
                f"measure {measure.name!r} makes a claim about an unknown axiom {axiom!r}{nearest(axiom, AXIOMS)}"
            )


def own_modules() -> dict[str, ModuleType]:
    """The user's loaded modules, by name: those outside stiminfo, Python and the installed packages."""
    return {
        name: module
        for name, module in list(sys.modules.items())
        if (file := getattr(module, "__file__", None))
        and module.__name__ == name
        and name not in ("__main__", "__mp_main__")
        and name.partition(".")[0] != "stiminfo"
        and "site-packages" not in str(file)
        and not str(file).startswith(sys.base_prefix)
    }


def _run(file: Path) -> ModuleType:
    name = f"_stiminfo_measure_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise LoadError(f"{file}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # so that the file can import its neighbours, as a script can
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise LoadError(
            f"{file}: {type(error).__name__}: {error}", "".join(traceback.format_exception_only(error))
        ) from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = next((n for n, frame in enumerate(frames) if Path(frame.filename) == file), len(frames))
        details = "Traceback (most recent call last):\n" + "".join(traceback.format_list(frames[own:]))
        details += "".join(traceback.format_exception_only(error))
        raise LoadError(f"{file}: raised {type(error).__name__} when it was run", details) from None
    return module


def pickled(value: Any) -> bytes:
    """A measure, or models, pickled by value; raises TypeError for what cannot be pickled.

    Modules that a worker may be unable to import (a test module, a script's neighbours) are pickled by value, as
    cloudpickle does with __main__.
    """
    import cloudpickle

    known = cloudpickle.list_registry_pickle_by_value()
    registered = [module for name, module in own_modules().items() if name not in known]
    for module in registered:
        cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(value))
    except Exception as error:
        raise TypeError(
            f"{type(value).__name__} cannot be sent to a worker process ({error}); pass isolate=False to run it here"
        ) from None
    finally:
        for module in registered:
            cloudpickle.unregister_pickle_by_value(module)
