"""What the tests of the command line share: a way to run it, and small data to run it on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from cutaway.cli import main

FAULT = re.compile(r"Traceback|something failed inside")


class Result(NamedTuple):
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Cutaway = Callable[..., Result]


@pytest.fixture
def cutaway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cutaway:
    """Run a command in an empty folder, with COLUMNS wide enough to keep its lines whole."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        code = ended.value.code or 0
        captured = capsys.readouterr()
        assert not FAULT.search(captured.err)
        assert isinstance(code, int)
        return Result(code, captured.out, captured.err)

    return run


def pictures(folder: Path, per_class: int, names: tuple[str, ...] = ("cat", "dog")) -> Path:
    """Draw noise, each class in a colour of its own."""
    rng = np.random.default_rng(0)
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(per_class):
            pixels = rng.integers(0, 120, (10, 12, 3), dtype=np.uint8)
            pixels[..., number % 3] += 120
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return folder


def rows(m: int = 60) -> list[tuple[float, float, str]]:
    """Draw two numbers and the class that their sum decides."""
    a, b = np.random.default_rng(0).normal(size=(2, m)).round(4)
    return [(float(x), float(y), "yes" if x + y > 0 else "no") for x, y in zip(a, b, strict=True)]


def table(path: Path, header: str = "a,b,y", lines: list[tuple[Any, ...]] | None = None) -> Path:
    """Write a CSV file."""
    lines = list(rows()) if lines is None else lines
    path.write_text("\n".join([header, *(",".join(map(str, line)) for line in lines)]) + "\n")
    return path
