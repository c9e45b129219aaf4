"""The parts never overlap, and data that do not fit are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutaway.errors import DataError


def test_dev_and_training_examples_are_apart(run_page: Callable[..., dict[str, Any]]) -> None:
    page = run_page("scale")
    assert not np.isin(page["dev"], page["pool"]).any()
    assert set(page["errors"]) == {(n, m) for n in page["networks"] for m in page["sizes"]}


def test_too_few_examples_are_refused(
    run_page: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "few.csv"
    path.write_text("x,class\n" + "1.5,a\n2.5,b\n" * 20)
    with pytest.raises(DataError, match="at least 200 examples"):
        run_page("scale", path)
