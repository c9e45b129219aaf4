"""Processes that share the examples: each prepares its own, and what is learned is that of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutaway.data.load import load
from cutaway.engine.inputs import Stored, at_once
from cutaway.engine.processes import Processes
from cutaway.errors import CutawayError, DataError, OptionError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.setup import gathered, set_up

RANDOM = np.random.default_rng(1)


def make_table(folder: Path) -> Path:
    """Write numbers, some missing, far from 0; categories; and a target of two classes."""
    lines = ["far,gaps,colour,class"]
    for x, y in RANDOM.normal(size=(41, 2)):
        gap = "" if y > 1 else f"{y:.6f}"
        lines.append(f"{100 + x:.6f},{gap},{'red' if x > 0 else 'blue'},{'ab'[int(x + y > 0)]}")
    path = folder / "table.csv"
    path.write_text("\n".join(lines))
    return path


def make_pictures(folder: Path) -> Path:
    path = folder / "pictures.npz"
    x = RANDOM.integers(0, 256, (41, 4, 4, 3), dtype=np.uint8)
    np.savez(path, x=x, y=np.arange(41) % 3)
    return path


@pytest.mark.parametrize("N", [2, 3, 30])
@pytest.mark.parametrize("make", [make_table, make_pictures, None])
def test_shares_are_prepared_as_one_process_does(
    make: Any, N: int, together: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTAWAY_CACHE", str(tmp_path / "cache"))
    path = str(make(tmp_path)) if make else "diabetes"
    weights = None if path == "diabetes" else "balanced"
    given = Hyperparameters.of(
        dtype="float64", class_weight=weights, cache="auto", backend="jax", path="plain"
    )
    one = set_up(path, given)
    shares = together(N, lambda processes: set_up(path, given, processes=processes))
    for share in shares:
        assert isinstance(share.prepared.train.X, Stored) == bool(make)
        for name, array in one.prepared.preparation.to_tensors().items():
            found = share.prepared.preparation.to_tensors()[name]
            np.testing.assert_allclose(found, array, rtol=1e-12, atol=0, err_msg=name)
        assert share.prepared.preparation.to_json() == one.prepared.preparation.to_json()
        for part in ("train", "dev", "test"):
            index = getattr(share.prepared.split, part)
            np.testing.assert_array_equal(index, getattr(one.prepared.split, part))
        assert share.plan.to_json() == one.plan.to_json() | {"reasons": share.plan.reasons}
    for part in ("train", "dev"):
        whole = getattr(one.prepared, part)
        of_first = getattr(gathered(shares[0]).prepared, part)
        for name, exact in (("X", 1e-12), ("Y", 0), ("weights", 0)):
            wanted = getattr(whole, name)
            if wanted is None:
                continue
            together_X = np.empty(wanted.shape)
            for i, share in enumerate(shares):
                own = at_once(getattr(getattr(share.prepared, part), name))
                together_X[:, i::N] = own
            np.testing.assert_allclose(together_X, wanted, rtol=exact, atol=exact)
            np.testing.assert_allclose(at_once(getattr(of_first, name)), wanted, atol=exact)
    # What the dev set is said to hold counts all of its examples, once.
    assert shares[0].prepared.notes == one.prepared.notes


def test_processes_that_do_not_fit_together_are_refused(together: Any) -> None:
    def settings(processes: Processes) -> Any:
        given = Hyperparameters.of(l2=float(processes.i))
        with pytest.raises(CutawayError) as caught:
            set_up("iris", given, processes=processes)
        return caught.value

    def data(processes: Processes) -> Any:
        dataset = load("iris").take(np.arange(150 - processes.i))
        with pytest.raises(CutawayError) as caught:
            set_up(dataset, Hyperparameters.of(), processes=processes)
        return caught.value

    for function, kind, words in (
        (settings, OptionError, "process 1 was started with other options than process 0"),
        (data, DataError, "process 1 has read other data than process 0"),
    ):
        for error in together(2, function):
            assert isinstance(error, kind)
            assert words in str(error)
