"""A deep linear network computes what its collapsed layer computes, and trains otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def test_linear_layers_collapse(run_page: Callable[..., dict[str, Any]]) -> None:
    page = run_page("activations")
    layers, collapse = page["layers"], page["collapse"]
    deep = page["train_linear"](layers, 10)
    shut = page["train_linear"]([collapse(deep.parameters)], 0)
    shallow = page["train_linear"]([collapse(layers)], 10)
    assert page["disagreement"](deep, shut) < 1e-12
    assert page["disagreement"](deep, shallow) > 0.01


def test_slopes_vanish_where_the_page_says(run_page: Callable[..., dict[str, Any]]) -> None:
    page = run_page("activations")
    flat = {name: page["Z"][slope < 0.01] for name, slope in page["slopes"].items()}
    assert np.abs(flat["sigmoid"]).min() == np.float64(4.585).round(3)
    assert flat["relu"].max() == 0.0
    assert flat["leaky_relu"].size == 0
