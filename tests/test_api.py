"""What is public, what is documented, and who imports whom."""

import ast
import importlib
import inspect
import pathlib
import subprocess
import sys

import pytest

import genflow

ROOT = pathlib.Path(genflow.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
SUBPACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))

# Which subpackages each may import, besides itself. Imports point one way.
LOW = {"core", "layers", "networks", "distributions", "gan", "losses", "optimizers"}
OWN_FEET = {"data", "ascend", "distributed"}
HIGH = {"training", "metrics", "export"}
FOR_ALL = {"version", "whole_file"}
ALLOWED = {
    "core": set(),
    "layers": {"core"},
    "networks": {"core"},
    "distributions": {"core", "layers", "networks"},
    "gan": {"core", "layers", "networks"},
    "losses": {"core", "layers", "networks"},
    "optimizers": {"core"},
    "testing": {"core", "layers"},
    "data": set(),
    # Training is for `genflow doctor`, which tries it.
    "command_line": LOW | {"ascend", "data", "training"},
    "ascend": {"core"},
    "distributed": {"core", "optimizers", "ascend"},
    "training": LOW | OWN_FEET | HIGH,
    "metrics": LOW | OWN_FEET | HIGH,
    "export": LOW | OWN_FEET | HIGH,
}


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name_of(path):
    return str(path.relative_to(ROOT))


def public_names(subpackage):
    module = importlib.import_module("genflow." + subpackage)
    return [(name, getattr(module, name)) for name in module.__all__]


def public_classes(*subpackages):
    return [
        pytest.param(value, id="{}.{}".format(subpackage, name))
        for subpackage in subpackages
        if subpackage in SUBPACKAGES
        for name, value in public_names(subpackage)
        if inspect.isclass(value)
    ]


def test_importing_genflow_does_not_import_tensorflow():
    code = "import sys, genflow; sys.exit('tensorflow' in sys.modules)"

    assert subprocess.call([sys.executable, "-c", code]) == 0


def test_the_version_is_public():
    assert genflow.__all__ == ["__version__"]
    assert [part.isdigit() for part in genflow.__version__.split(".")[:2]] == [True, True]


@pytest.mark.parametrize("subpackage", SUBPACKAGES)
def test_public_names_exist_are_sorted_and_documented(subpackage):
    module = importlib.import_module("genflow." + subpackage)

    assert module.__all__ == sorted(set(module.__all__))
    assert inspect.getdoc(module)
    for name, value in public_names(subpackage):
        if callable(value):
            assert inspect.getdoc(value), name
            assert value.__doc__, name + " has inherited its docstring"


@pytest.mark.parametrize("subpackage", SUBPACKAGES)
def test_an_init_imports_what_it_exports_and_does_nothing_else(subpackage):
    body = parsed(ROOT / subpackage / "__init__.py").body
    imported = [
        alias.name for node in body if isinstance(node, ast.ImportFrom) for alias in node.names
    ]

    assert sorted(imported) == sorted(importlib.import_module("genflow." + subpackage).__all__)
    docstring, *rest = body
    assert isinstance(docstring, ast.Expr)
    assert {type(node) for node in rest} <= {ast.ImportFrom, ast.Assign}


@pytest.mark.parametrize("cls", public_classes("layers", "networks", "gan"))
def test_public_classes_have_an_example(cls):
    assert "\n    Example:\n        >>> " in cls.__doc__


@pytest.mark.parametrize("cls", public_classes(*SUBPACKAGES))
def test_bijections_and_networks_document_their_shapes(cls):
    from genflow.core import Bijection, Network

    if issubclass(cls, (Bijection, Network)) and cls not in (Bijection, Network):
        assert "\n    Shapes:\n" in cls.__doc__


@pytest.mark.parametrize("cls", public_classes("layers", "networks"))
def test_public_methods_are_documented(cls):
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        is_ours = method.__module__.startswith("genflow.")
        if is_ours and (not name.startswith("_") or name == "__call__"):
            assert method.__doc__, name


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_one_way(path):
    parts = path.relative_to(ROOT).parts
    if len(parts) == 1:
        allowed = FOR_ALL | ({"command_line"} if parts[0] == "__main__.py" else set())
    else:
        assert parts[0] in ALLOWED, "say in ALLOWED what `{}` may import".format(parts[0])
        allowed = ALLOWED[parts[0]] | {parts[0]} | FOR_ALL

    assert imported_subpackages(path) <= allowed


def test_no_subpackages_import_each_other_in_a_circle():
    imports = {name: set() for name in SUBPACKAGES}
    for path in FILES:
        if path.parent != ROOT:
            own = path.relative_to(ROOT).parts[0]
            imports[own] |= (imported_subpackages(path) & set(SUBPACKAGES)) - {own}

    while imports:
        without = {name for name in imports if not imports[name]}
        assert without, "imports in a circle: {}".format(imports)
        imports = {n: needs - without for n, needs in imports.items() if n not in without}


def imported_subpackages(path):
    """The second component of every `genflow.*` that a file imports, wherever it does so."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            modules = [node.module]
            if node.module == "genflow":
                modules = ["genflow." + alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        found |= {m.split(".")[1] for m in modules if m.startswith("genflow.")}
    return found - {"__version__"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_source_has_no_assert_statements(path):
    """They vanish under `python -O`, and they tell the user nothing."""
    lines = [node.lineno for node in ast.walk(parsed(path)) if isinstance(node, ast.Assert)]

    assert not lines


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_has_a_docstring(path):
    assert ast.get_docstring(parsed(path))
