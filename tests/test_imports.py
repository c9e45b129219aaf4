"""Imports go one way, down the layers of the house, and importing costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cutaway

SOURCE = Path(cutaway.__file__).parent
# From the bottom to the top: a part imports its own layer and those below.
LAYERS: dict[str, tuple[str, ...]] = {
    "ground": ("errors", "notation", "wording"),
    "mathematics": ("equations", "graph", "kinds", "hyperparameters"),
    "engine": ("engine",),
    "data": ("data",),
    "training": ("training",),
    "insight": ("insight",),
    "experiments": ("experiments",),
    # `import cutaway` itself hands out what the doors offer.
    "doors": (
        "cutaway",
        "cli",
        "course",
        "estimators",
        "export",
        "importers",
        "lab",
        "lessons",
        "notebook",
        "report",
        "tracking",
        "watching",
        "__main__",
    ),
}
HEIGHT = {part: height for height, parts in enumerate(LAYERS.values()) for part in parts}
FILES = sorted(SOURCE.rglob("*.py"))


def part_of(module: str) -> str:
    """errors for cutaway.errors, equations for cutaway.equations.losses, cutaway for cutaway."""
    return module.split(".")[1] if "." in module else module


def imported(file: Path) -> Iterator[str]:
    """Yield the modules that a file imports anywhere, also within functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide where they lead"
            module = node.module or ""
            if module == "cutaway":
                # from cutaway import data leads to data, from cutaway import train to cutaway
                for alias in node.names:
                    yield f"cutaway.{alias.name}" if alias.name in HEIGHT else "cutaway"
            else:
                yield module


def names(files: list[Path]) -> list[str]:
    return [str(file.relative_to(SOURCE)) for file in files]


@pytest.mark.parametrize("file", FILES, ids=names(FILES))
def test_imports_go_down(file: Path) -> None:
    path = file.relative_to(SOURCE)
    own = "cutaway" if path.name == "__init__.py" and len(path.parts) == 1 else path.parts[0]
    own = own.removesuffix(".py")
    assert own in HEIGHT, f"cutaway.{own} stands in no layer: put it into LAYERS"
    for module in imported(file):
        if module.split(".")[0] == "cutaway":
            part = part_of(module)
            assert HEIGHT[part] <= HEIGHT[own], f"{path}: {own} stands below {module}"


def test_no_import_hides(tmp_path: Path) -> None:
    file = tmp_path / "equations.py"
    file.write_text(
        "import cutaway.training.run\n"
        "from cutaway import data, train\n"
        "def late():\n    from cutaway.cli import main\n"
    )
    parts = [part_of(module) for module in imported(file)]
    assert parts == ["training", "data", "cutaway", "cli"]
    assert all(HEIGHT[part] > HEIGHT["equations"] for part in parts)


@pytest.mark.parametrize(
    "file", sorted((SOURCE / "equations").glob("*.py")), ids=lambda file: file.name
)
def test_the_equations_import_nothing_but_python(file: Path) -> None:
    for module in imported(file):
        if module == "jaxtyping":
            assert file.name == "_array.py", "shapes come from cutaway.equations._array"
        elif module.startswith("cutaway"):
            assert part_of(module) in ("equations", "errors"), f"{file.name} imports {module}"
        else:
            assert module.split(".")[0] in sys.stdlib_module_names, f"{file.name}: {module}"


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import cutaway", {"numpy"}),
        ("from cutaway import Hyperparameters", set()),
        ("import cutaway.equations", set()),
        ("import cutaway.errors", set()),
    ],
)
def test_what_a_fresh_interpreter_loads(statement: str, allowed: set[str]) -> None:
    code = (
        "import sys; before = set(sys.modules); "
        f"{statement}; print(*(set(sys.modules) - before), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {module.split(".")[0] for module in done.stdout.split()}
    assert loaded - sys.stdlib_module_names - {"cutaway"} <= allowed
