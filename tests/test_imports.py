"""Who may import whom, read from the sources: `reference` <- `assignments` <- `grader` <- `worker`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.runtime import ASKED_FOR, PROGRAM

ROOT = Path(__file__).resolve().parent.parent
OURS = ("reference", "assignments", "grader", "worker")
FRAMEWORKS = {"flask", "flask_login", "flask_limiter", "flask_wtf", "sqlalchemy", "celery", "redis"}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}


def modules(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Yield the full dotted name of everything a file imports, at its top or inside a function."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} line {node.lineno}: imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(path: Path) -> set[str]:
    """Return the top-level packages a file imports that are not the standard library's."""
    return {name.partition(".")[0] for name in imports(path)} - set(sys.stdlib_module_names)


REFERENCE = modules("reference/*.py")
STANDARD_LIBRARY_ONLY = ("spec.py", "verdict.py", "script.py", "catalog.py", "variants.py", "sigmoid_numbers.py")
CHEAP = [ROOT / "assignments" / name for name in STANDARD_LIBRARY_ONLY] + modules("assignments/*/variant.py")
PACK = modules("assignments/*.py", "assignments/*/*.py")
POLICY = modules("grader/policy/*.py")
GRADER = modules("grader/**/*.py", "migrations/**/*.py")
WORKER = modules("worker/*.py", "worker/box/*.py")
IN_THE_BOX = modules("worker/box/*.py")


@pytest.mark.parametrize("path", REFERENCE, ids=name_of)
def test_reference_imports_numpy_alone(path):
    assert packages(path) <= {"numpy", "reference"}


@pytest.mark.parametrize("path", CHEAP, ids=name_of)
def test_descriptions_import_the_standard_library_alone(path):
    """The web service reads them in every process; and without NumPy they hold no answer to compute."""
    assert packages(path) <= {"assignments"}
    assert _beyond_descriptions(path) == set()


def _beyond_descriptions(path: Path) -> set[str]:
    """Return what a file imports of `assignments` beside the modules that hold no answer."""
    allowed = tuple(f"assignments.{name.removesuffix('.py')}." for name in STANDARD_LIBRARY_ONLY)
    return {
        name for name in imports(path) if f"{name}.".startswith("assignments.") and not f"{name}.".startswith(allowed)
    }


@pytest.mark.parametrize("path", PACK, ids=name_of)
def test_assignments_know_no_web_and_no_database(path):
    assert packages(path) & (FRAMEWORKS | {"grader", "worker"}) == set()


@pytest.mark.parametrize("path", GRADER, ids=name_of)
def test_grader_never_reaches_an_answer_or_the_worker(path):
    assert packages(path) & {"worker", "reference", "numpy"} == set()
    assert _beyond_descriptions(path) == set()


@pytest.mark.parametrize("path", POLICY, ids=name_of)
def test_policy_is_pure(path):
    """What a grade follows from must be replayable: no table, no page, no clock."""
    assert packages(path) & FRAMEWORKS == set()
    assert {name for name in imports(path) if name.startswith(("grader.db", "grader.services", "grader.web"))} == set()
    calls = [node.func.attr for node in ast.walk(tree_of(path)) if _is_method_call(node)]
    assert CLOCKS & set(calls) == set()


def _is_method_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


@pytest.mark.parametrize("path", WORKER, ids=name_of)
def test_worker_shows_no_pages(path):
    assert {name for name in imports(path) if name.startswith(("grader.web", "grader.api"))} == set()


@pytest.mark.parametrize("path", IN_THE_BOX, ids=name_of)
def test_files_inside_the_box_import_nothing_of_ours_but_each_other(path):
    """No answer and no secret can be reached from a process that never loaded one."""
    assert packages(path) <= {"numpy", "IPython", "worker"}  # a stand-in made there, never installed
    for name in imports(path):
        assert name.startswith("worker.box.") or not name.startswith("worker")


def test_modules_of_the_box_are_one_behind_the_other():
    """They share one namespace there: a name that two of them define would be the later one's."""
    folder = ROOT / "worker/box"
    assert {f"{name}.py" for name in PROGRAM} | {*ASKED_FOR, "__init__.py"} == {
        path.name for path in folder.glob("*.py")
    }
    defined: dict[str, str] = {}
    for name in PROGRAM:
        for node in tree_of(folder / f"{name}.py").body:
            match node:
                case ast.ImportFrom(module=module, names=names) if (module or "").startswith("worker.box."):
                    for alias in names:
                        assert alias.asname is None
                        assert alias.name in defined, f"{name} needs {alias.name} of a module behind it"
                case ast.Import() | ast.ImportFrom():
                    pass
                case _:
                    for found in _defined(node):
                        assert defined.setdefault(found, name) == name, f"{found} is defined twice"


def _defined(node):
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def test_tests_cover_every_package():
    """A new top-level package must find its row above."""
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found == set(OURS)
