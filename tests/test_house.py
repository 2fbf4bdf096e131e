"""The rules of the house, as far as a machine can see them; each check is tried on something broken, too."""

import ast
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import checkout
import mutation
import pytest

from stiminfo.axioms.registry import EVERY
from stiminfo.estimators import PUBLISHED

ROOT = checkout.ROOT
if not (ROOT / "src").is_dir():
    pytest.skip("not a checkout", allow_module_level=True)

#: From the top down; a room imports from those below it, and from its own.
ORDER = ("cli", "reports", "axioms", "estimators", "diffusion", "models", "base")
#: Imports that point up, and why they may.
ALLOWED = {
    ("models/__init__.py", "diffusion"),  # hands on the encoders' names, which need torch
}
#: Where names of axioms and measures may be compared: where they are defined, and what is about the paper's own claims.
NAMING = ("axioms/registry.py", "estimators/registry.py", "reports/paper/", "reports/studies/")
LARGEST_FILE = 310
TYPICAL_FILE = (60, 230)


def sources():
    """(path relative to the checkout, text) of the package's code."""
    for wing in checkout.WINGS:
        for path in sorted((ROOT / wing).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    base = ROOT / "src" / "stiminfo"
    for path in sorted([*base.glob("*.py"), *(base / "cli").rglob("*.py")]):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


SOURCES = dict(sources())


def module_of(path):
    parts = list(Path(path).with_suffix("").parts)
    parts = parts[2:] if parts[0] == "src" else parts
    return ("stiminfo", *(parts[:-1] if parts[-1] == "__init__" else parts))


def imports_of(path, text):
    """(module, line, at the top level) of each import of the package's own, for type checkers only left out."""
    module = module_of(path)
    package = module if path.endswith("__init__.py") else module[:-1]
    tree = ast.parse(text)
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(ast.Module(node.body, []))
    }
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*package[: len(package) - node.level + 1], *(node.module or "").split("."))
            base = tuple(part for part in base if part)
            for alias in node.names:
                yield (*base, alias.name), node.lineno, id(node) in top
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names:
                if name and name.partition(".")[0] == "stiminfo":
                    yield tuple(name.split(".")), node.lineno, id(node) in top


def room_of(module):
    inside = module[1] if len(module) > 1 else "base"
    inside = "cli" if inside == "__main__" else inside
    return inside if inside in ORDER else "base"


def upward(path, text):
    """Imports that point up."""
    here = ORDER.index(room_of(module_of(path)))
    return [
        f"{path}:{line} imports {'.'.join(module)}"
        for module, line, _ in imports_of(path, text)
        if ORDER.index(room_of(module)) < here
        and (path, room_of(module)) not in ALLOWED
        # The package itself is above no one: its version.
        and module[:2] != ("stiminfo", "__version__")
    ]


def test_imports_point_one_way():
    assert [line for path, text in SOURCES.items() for line in upward(path, text)] == []


def test_an_import_that_points_up_is_seen():
    assert upward("models/toy.py", "from ..estimators import Measure")
    assert upward("axioms/auditing/toy.py", "def f():\n    from ...reports.page import audit_page")
    assert upward("estimators/toy.py", "import stiminfo.axioms.registry")
    assert not upward("axioms/toy.py", "from ..models import EncodingModel")


def circles(texts):
    """Modules that import one another at the top level."""
    known = {module_of(path): path for path in texts}
    graph = {}
    for path, text in texts.items():
        found = set()
        for module, _, top in imports_of(path, text):
            target = module if module in known else module[:-1]
            if top and target in known and target != module_of(path):
                found.add(target)
        # A package's own list of names is no use that its files make of one another.
        graph[module_of(path)] = set() if path.endswith("__init__.py") else found
    seen, stack, found = set(), [], []

    def visit(module):
        if module in stack:
            found.append(" -> ".join(".".join(one) for one in [*stack[stack.index(module) :], module]))
            return
        if module in seen:
            return
        seen.add(module)
        stack.append(module)
        for other in sorted(graph.get(module, ())):
            visit(other)
        stack.pop()

    for module in sorted(graph):
        visit(module)
    return found


def test_no_circles():
    assert circles(SOURCES) == []


def test_a_circle_is_seen():
    assert circles({"models/one.py": "from .two import b", "models/two.py": "from . import one"})
    assert not circles({"models/one.py": "from .two import b", "models/two.py": "import math"})


def compared(text):
    """Names of axioms and measures that code compares or looks up."""
    names = set(EVERY) | set(PUBLISHED)
    found = []
    for node in ast.walk(ast.parse(text)):
        inner = []
        if isinstance(node, ast.Compare):
            inner = [node.left, *node.comparators]
        elif isinstance(node, ast.Subscript):
            inner = [node.slice]
        elif isinstance(node, ast.Dict):
            inner = [key for key in node.keys if key is not None]
        elif isinstance(node, ast.MatchValue):
            inner = [node.value]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
            inner = node.args[:1]
        constants = [c for one in inner for c in ast.walk(one) if isinstance(c, ast.Constant)]
        found += [f"line {c.lineno}: {c.value!r}" for c in constants if isinstance(c.value, str) and c.value in names]
    return found


def claims_of_its_own(path, text):
    """A measure's file says what the measure claims, and what it adds to a verdict, by name."""
    tree = ast.parse(text)
    inside = [
        keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("claims", "notes", "proofs") and isinstance(keyword.value, ast.Dict)
    ]
    return {f"line {key.lineno}: {key.value!r}" for one in inside for key in one.keys if isinstance(key, ast.Constant)}


def test_engines_compare_no_names():
    found = []
    for path, text in SOURCES.items():
        if not path.startswith(NAMING):
            own = claims_of_its_own(path, text)
            found += [f"{path}, {line}" for line in compared(text) if line not in own]
    assert found == []


def test_a_name_that_is_compared_is_seen():
    assert compared("if measure.name == 'i_local': pass")
    assert compared("slow = name in ('i_local', 'i_kong2')")
    assert compared("NOTES = {'positivity': 'x'}")
    assert compared("verdicts['locality']")
    assert not compared("AXIOM = Axiom(id='locality')")


def test_files_are_small():
    sizes = {path: text.count("\n") for path, text in SOURCES.items()}
    assert {path: size for path, size in sizes.items() if size > LARGEST_FILE} == {}
    low, high = TYPICAL_FILE
    assert low <= statistics.median(size for path, size in sizes.items() if "__init__" not in path) <= high


def test_mutation_testing_lists_what_is_there():
    missing = [module for module in mutation.TESTS if not (ROOT / module).is_file()]
    named = {name for tests in mutation.TESTS.values() for name in tests.split()}
    assert missing + [name for name in sorted(named) if not (ROOT / name).is_file()] == []


LIGHT = {
    "import stiminfo": ("numpy", "scipy", "torch", "hypothesis", "matplotlib"),
    "import stiminfo.cli": ("scipy", "torch", "hypothesis", "matplotlib"),
    "import stiminfo.axioms, stiminfo.models.data": ("torch", "matplotlib"),
    "import stiminfo as si; si.audit(si.i_local, axioms=['completeness'], examples=2, isolate=False)": (
        "torch",
        "diffusers",
        "matplotlib",
    ),
}


@pytest.mark.parametrize("code", LIGHT)
def test_what_is_light_stays_light(code):
    script = f"import sys\n{code}\nprint(sorted({set(LIGHT[code])!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path.home())
    assert run.stdout.strip() == "[]", (run.stdout, run.stderr)


def test_help_is_light(tmp_path):
    script = (
        "import sys\nsys.argv = ['stiminfo', '--help']\nfrom stiminfo.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'matplotlib', 'scipy', 'hypothesis'} & set(sys.modules)), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert "audit" in run.stdout
    assert run.stderr.strip() == "[]"


@pytest.mark.xdist_group("together")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="the tests run in one process")
def test_tests_that_share_a_fixture_share_a_worker(request):
    """pytest-xdist marks the names of grouped tests; a version of pytest that hides the mark undoes the groups."""
    assert request.node.nodeid.endswith("@together")


def test_no_clock_that_can_jump():
    """Limits and durations are measured by clocks that neither a person nor a time server can set."""
    jumping = re.compile(r"\btime\.time\(|\bdatetime\.(?:now|utcnow|today)\(|from time import [^\n]*\btime\b")
    assert jumping.search("start = time.time()")
    assert not jumping.search("time.monotonic(); runtime.time_left()")
    assert [path for path, text in SOURCES.items() if jumping.search(text)] == []
