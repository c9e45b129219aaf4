from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cutaway.equations import ACTIVATIONS
from cutaway.equations.losses import OUTPUTS
from cutaway.errors import OptionError, RunError
from cutaway.export import FORMATS
from cutaway.export.exporting import export
from cutaway.export.parity import DRAWN, TOLERANCE, Examples, drawn_rows
from cutaway.export.subject import Subject

from .conftest import CASES, TABLE  # isort: skip

# An interpreter that imports PyTorch takes seconds: these formats share their parts with NumPy's.
FEW = {"torch": ("every activation", "prices", "table"), "keras": ("every activation",)}
NEEDS = {"onnx": ("onnx", "onnxruntime"), "torch": ("torch",), "keras": ("keras", "jax")}


@pytest.mark.parametrize(
    ("format", "case"),
    [(format, case) for format in FORMATS for case in FEW.get(format, CASES)],
)
def test_what_is_written_answers_as_the_network_does(
    tmp_path: Path,
    subject: Callable[[str], Subject],
    monkeypatch: pytest.MonkeyPatch,
    format: str,
    case: str,
) -> None:
    for package in NEEDS.get(format, ()):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    if format == "c" and shutil.which("cc") is None:
        pytest.skip("there is no C compiler (cc)")
    one, rows = subject(case), CASES[case][0].rows
    for strict in ("DTYPE", "RANK"):
        # Of our own tests: Keras relies on what they forbid.
        monkeypatch.delenv(f"JAX_NUMPY_{strict}_PROMOTION", raising=False)
    blocks = [drawn_rows(one)] if format in FEW else [rows, drawn_rows(one)]
    given = Examples(blocks, "the examples of the test")
    done = export(one, format, tmp_path / FORMATS[format].file, given)
    assert done.difference is not None, done.why
    assert done.difference <= TOLERANCE
    assert all(path.is_file() for path in done.files)


@pytest.mark.parametrize("format", FORMATS)
def test_a_format_has_every_activation(format: str) -> None:
    module = importlib.import_module(FORMATS[format].module)
    assert set(module.ACTIVATIONS) == {*ACTIVATIONS, *OUTPUTS}


def test_drawn_rows_hold_what_is_missing_and_unknown(subject: Callable[[str], Subject]) -> None:
    rows = drawn_rows(subject("table"))
    assert rows.kinds == {**TABLE.kinds, "new": "number"}
    assert len(rows) == DRAWN
    assert np.isnan(rows.columns["width"]).any()
    assert {None, "a category never seen", "blue"} <= set(rows.columns["label"])


def test_nothing_is_written_that_answers_otherwise(
    tmp_path: Path, subject: Callable[[str], Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutaway.export import numpy_file

    monkeypatch.setitem(numpy_file.ACTIVATIONS, "tanh", ("np.sin({})", ""))  # type: ignore[misc]
    one = subject("every activation")
    with pytest.raises(RunError, match=r"would differ from the model by .* nothing was written"):
        export(one, "numpy", tmp_path / "model.py", Examples([drawn_rows(one)], "drawn rows"))
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_replaced_only_when_told(
    tmp_path: Path, subject: Callable[[str], Subject]
) -> None:
    one, path = subject("two classes"), tmp_path / "model.py"
    rows = Examples([], "no rows")
    path.write_text("mine")
    with pytest.raises(RunError, match=r"model.py exists already; --force replaces it"):
        export(one, "numpy", path, rows)
    assert path.read_text() == "mine"
    export(one, "numpy", path, rows, overwrite=True)
    written = path.read_bytes()
    # The same content again is no replacement.
    export(one, "numpy", path, rows)
    assert path.read_bytes() == written != b"mine"


def test_an_unknown_format_is_named(tmp_path: Path, subject: Callable[[str], Subject]) -> None:
    with pytest.raises(OptionError, match="format 'onix' is unknown; did you mean 'onnx'"):
        export(subject("two classes"), "onix", tmp_path / "m", Examples([], ""))


def test_many_parameters_lie_beside_the_file(
    tmp_path: Path, subject: Callable[[str], Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutaway.export.numpy_file.MOST_NUMBERS_AS_TEXT", 10)
    one = subject("pictures")
    given = Examples([drawn_rows(one)], "drawn rows")
    done = export(one, "numpy", tmp_path / "model.py", given)
    assert [path.name for path in done.files] == ["model.py", "model.npz"]
    assert done.difference == 0
    assert "36" in (tmp_path / "model.py").read_text()


@pytest.mark.parametrize("format", ["numpy", "torch", "keras"])
def test_a_python_file_is_as_wide_as_ours(subject: Callable[[str], Subject], format: str) -> None:
    module = importlib.import_module(FORMATS[format].module)
    for case in CASES:
        text = module.write(subject(case), FORMATS[format].file)[FORMATS[format].file].decode()
        compile(text, format, "exec")
        assert max(map(len, text.splitlines())) <= 100, case
        assert "cutaway" not in [line.split()[1] for line in text.splitlines() if "import " in line]


def test_the_header_is_ascii_where_it_is_code(subject: Callable[[str], Subject]) -> None:
    from cutaway.export import c_file

    text = c_file.write(subject("every activation"), "model.h")["model.h"].decode()
    assert r'"\303\274"' in text
    assert "malloc" not in text
