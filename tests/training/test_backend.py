"""Which backend a training is given, and a training on JAX from its start to its end."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cutaway
from cutaway.errors import OptionError
from cutaway.training.backend import choose_backend

SMALL, LARGE = ((2, 4, 1), 100, 400), ((784, 256, 128, 10), 100_000, 64)
WIDE = ((12_288, 128, 10), 100_000, 256)


@pytest.mark.parametrize(
    ("asked", "device", "work", "augmented", "backend", "reason"),
    [
        ("auto", "auto", SMALL, False, "numpy", "before JAX would have compiled them"),
        ("auto", "auto", LARGE, False, "jax", "worth compiling"),
        ("auto", "auto", LARGE, True, "numpy", "draws the pictures anew"),
        ("auto", "auto", WIDE, False, "numpy", "with 12,288 inputs"),
        ("jax", "auto", WIDE, True, "jax", "as asked for"),
        ("auto", "cpu", SMALL, False, "jax", "as asked for"),
        ("numpy", "auto", LARGE, False, "numpy", "as asked for"),
        ("numpy", "cpu", LARGE, False, "numpy", "as asked for"),
        ("jax", "auto", SMALL, False, "jax", "as asked for"),
    ],
)
def test_the_backend_is_chosen_with_a_reason(
    asked: str, device: str, work: Any, augmented: bool, backend: str, reason: str
) -> None:
    pytest.importorskip("jax")
    chosen, why = choose_backend(asked, device, *work, augmented=augmented)
    assert (chosen, reason in why) == (backend, True)


def test_numpy_computes_on_the_cpu_only() -> None:
    with pytest.raises(OptionError, match="backend=numpy computes on the cpu; device=gpu needs"):
        choose_backend("numpy", "gpu", *LARGE)


@pytest.mark.parametrize(("asked", "device"), [("jax", "auto"), ("auto", "gpu")])
def test_without_jax_the_line_that_installs_it_is_given(
    monkeypatch: pytest.MonkeyPatch, asked: str, device: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert choose_backend("auto", "auto", *LARGE) == ("numpy", "JAX is not installed")
    with pytest.raises(OptionError, match=r"pip install 'cutaway\[jax\]'"):
        choose_backend(asked, device, *LARGE)


COMMON: dict[str, Any] = {
    "hidden": (4,),
    "dtype": "float64",
    "keep_prob": 1,
    "early_stopping": False,
    "epochs": 6,
}


@pytest.mark.parametrize("more", [{"batch_size": "full"}, {"batch_size": 64, "print_every": 4}])
def test_the_history_on_jax_is_that_on_numpy(more: dict[str, Any]) -> None:
    pytest.importorskip("jax")
    runs = [cutaway.train("moons", backend=b, **COMMON | more) for b in ("numpy", "jax")]
    assert [run.plan.execution.backend for run in runs] == ["numpy", "jax"]
    for eager, compiled in zip(*(run.history for run in runs), strict=True):
        for name, value in eager.to_json().items():
            if name != "seconds" and value is not None:
                np.testing.assert_allclose(
                    compiled.to_json()[name], value, rtol=1e-9, atol=1e-12, err_msg=name
                )
    np.testing.assert_allclose(runs[1].model.theta, runs[0].model.theta, atol=1e-10, rtol=0)


@pytest.mark.parametrize("print_every", [1, 50])
def test_a_divergence_is_found_in_the_same_epoch_and_layer(print_every: int) -> None:
    pytest.importorskip("jax")
    reasons = [
        cutaway.train(
            "diabetes",
            backend=backend,
            print_every=print_every,
            optimizer="gradient_descent",
            learning_rate=1e6,
            l2=0,
            **COMMON | {"epochs": 200},
        ).outcome[:2]
        for backend in ("numpy", "jax")
    ]
    assert reasons[0] == reasons[1]
    assert reasons[0][0] == "diverged"


def test_the_model_is_kept_and_loaded(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    run = cutaway.train("moons", backend="jax", runs=tmp_path, **COMMON)
    loaded = cutaway.load("last", tmp_path)
    np.testing.assert_array_equal(loaded.theta, run.model.theta)
    assert run.folder is not None
    execution = run.folder.read()["plan"]["execution"]
    assert execution == {"backend": "jax", "device": "cpu:0", "matmul_precision": "float32"}
