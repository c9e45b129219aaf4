"""Each transformation against what it must do to a picture that one can check by hand."""

from __future__ import annotations

from typing import Any

import array_api_strict as strict
import numpy as np
import pytest

from cutaway.equations.augmentations import AUGMENTATIONS, Point, Sides, augment, elastic

RANDOM = np.random.default_rng(3)
PICTURES = RANDOM.uniform(0, 255, (3, 7, 5, 2))


def numbers(name: str, b: int, sides: Sides, channels: int) -> Any:
    row = AUGMENTATIONS[name]
    shape = (b, *row.numbers(sides, channels))
    return RANDOM.normal(size=shape) if row.draw == "normal" else RANDOM.random(shape)


def applied(name: str, strength: float, *u: float) -> Any:
    return augment(PICTURES, [(name, strength)], [np.tile(np.array(u), (3, 1))])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (applied("flip", 0.5, 0.4), PICTURES[:, :, ::-1]),
        (applied("flip", 0.5, 0.6), PICTURES),
        (applied("rotate", 180.0, 1.0), PICTURES[:, ::-1, ::-1]),
        (applied("rotate", 30.0, 0.5), PICTURES),
        # A third of 7 rows down by 3/7 is one row; across nothing. The edge is repeated.
        (applied("shift", 3 / 7, 2 / 3, 0.5), PICTURES[:, [0, 0, 1, 2, 3, 4, 5]]),
        (applied("shift", 1 / 5, 0.5, 0.0), PICTURES[:, :, [1, 2, 3, 4, 4]]),
        (applied("crop", 0.5, 0.0, 0.3, 0.9), PICTURES),
        (applied("brightness", 0.2, 1.0), np.minimum(PICTURES + 51, 255)),
        (applied("brightness", 0.2, 0.0), np.maximum(PICTURES - 51, 0)),
        (applied("contrast", 1.0, 0.0), PICTURES.mean((1, 2, 3), keepdims=True) + 0 * PICTURES),
    ],
)
def test_what_can_be_checked_by_hand(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_a_crop_is_the_window_stretched() -> None:
    # A picture whose value is its row: half of it, from the top, has half the slope.
    ramp = np.broadcast_to(10 * np.arange(9.0)[None, :, None, None], (1, 9, 9, 1))
    window = augment(ramp, [("crop", 0.5)], [np.array([[1.0, 0.5, 0.5]])])
    np.testing.assert_allclose(window[0, :, 4, 0], 40 + 5 * np.arange(-4, 5))


def test_moves_are_undone_from_the_last_and_blur_once() -> None:
    steps = [("rotate", 90.0), ("shift", 1 / 5)]
    square = PICTURES[:, :5]
    turned_then_moved = np.rot90(square, -1, axes=(1, 2))[:, [0, 0, 1, 2, 3]]
    both = augment(square, steps, [np.ones((3, 1)), np.tile([1.0, 0.5], (3, 1))])
    np.testing.assert_allclose(both, turned_then_moved, atol=1e-9)


def test_an_elastic_move_is_smooth_and_as_large_as_its_strength() -> None:
    sides, U = Sides(28, 14), RANDOM.normal(size=(400, 2, 28, 14))
    zero = np.zeros((1, 1, 1))
    y, x = elastic(Point(zero, zero), U, 0.05, sides)
    assert y.std() == pytest.approx(0.05 * 28, rel=0.05)
    assert x.std() == pytest.approx(0.05 * 14, rel=0.05)
    assert np.diff(y, axis=1).std() < 0.3 * y.std()


def test_noise_is_on_every_pixel_alike() -> None:
    grey = np.full((50, 8, 8, 3), 128.0)
    noisy = augment(grey, [("noise", 0.05)], [RANDOM.normal(size=grey.shape)])
    assert (noisy - grey).std() == pytest.approx(0.05 * 255, rel=0.05)


@pytest.mark.parametrize("name", AUGMENTATIONS)
@pytest.mark.parametrize("shape", [(2, 1, 1, 1), (2, 1, 4, 3), (2, 6, 5, 1)])
def test_every_row_keeps_shape_type_and_range_on_any_library(name: str, shape: Any) -> None:
    pictures = RANDOM.uniform(0, 255, shape).astype(np.float32)
    row = AUGMENTATIONS[name]
    U = numbers(name, shape[0], Sides(*shape[1:3]), shape[3]).astype(np.float32)
    steps = [(name, row.most)]
    changed = augment(pictures, steps, [U])
    assert (changed.shape, changed.dtype) == (shape, np.float32)
    assert changed.min() >= 0
    assert changed.max() <= 255
    theirs = augment(strict.asarray(pictures), steps, [strict.asarray(U)])
    np.testing.assert_allclose(np.from_dlpack(theirs), changed, atol=2e-3)
    assert (row.move is None) != (row.change is None)
