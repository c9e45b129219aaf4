"""Pictures changed at random, one row a transformation: the same class, seen another way.

A row either moves pixels or changes their values. What moves says from where in the picture each
pixel is taken; moves are composed before anything is read off, so that a picture turned, shifted
and bent is interpolated once. Pixels are 0 to 255; U are the random numbers of each picture.

Derived in docs/equations/augmentations.md.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cutaway.equations._array import Array, namespace

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float

WHITE = 255.0
# Width of the Gaussian that makes an elastic distortion smooth, as a share of the side: Simard et
# al. (2003) took 4 pixels of 28.
SMOOTH = 1 / 7


class Point(NamedTuple):
    """Where pixels are taken from, in pixels from the middle of the picture, down and right.

    y, x are (b, h, w), or spread to it: a row of the picture has the same y everywhere.
    """

    y: Array
    x: Array


class Sides(NamedTuple):
    """Height and width of a picture."""

    h: int
    w: int


class Augmentation(NamedTuple):
    """One transformation: either `move` or `change`.

    strength, most  the strength unless one is given, and the largest
    draw, numbers   how U is distributed (uniform, normal), and its shape for a picture: of its
                    sides and channels
    move            (point, U, strength, sides) -> point
    change          (pictures, U, strength) -> pictures
    """

    name: str
    meaning: str
    strength: float
    most: float
    draw: str
    numbers: Callable[[Sides, int], tuple[int, ...]]
    move: Callable[[Point, Array, float, Sides], Point] | None = None
    change: Callable[[Array, Array, float], Array] | None = None


def flip(point: Point, U: Float[Array, "b 1"], strength: float, sides: Sides) -> Point:
    """x := -x where U < strength."""
    sign = 1 - 2 * namespace(U).astype(U < strength, U.dtype)
    return Point(point.y, point.x * _beside(sign))


def rotate(point: Point, U: Float[Array, "b 1"], strength: float, sides: Sides) -> Point:
    """(y, x) := (y cos a - x sin a, y sin a + x cos a), a = strength (2 U - 1) degrees."""
    xp, angle = namespace(U), math.radians(strength) * (2 * U - 1)
    cos, sin = _beside(xp.cos(angle)), _beside(xp.sin(angle))
    return Point(point.y * cos - point.x * sin, point.y * sin + point.x * cos)


def shift(point: Point, U: Float[Array, "b 2"], strength: float, sides: Sides) -> Point:
    """(y, x) := (y, x) - strength (h, w) (2 U - 1)."""
    by = strength * (2 * U - 1)
    return Point(point.y - sides.h * _beside(by[:, :1]), point.x - sides.w * _beside(by[:, 1:]))


def crop(point: Point, U: Float[Array, "b 3"], strength: float, sides: Sides) -> Point:
    """(y, x) := s (y, x) + (1 - s) (h, w) (2 U' - 1) / 2, s = 1 - strength U."""
    s, middle = 1 - strength * _beside(U[:, :1]), 2 * U[:, 1:] - 1
    y, x = _beside(middle[:, :1]), _beside(middle[:, 1:])
    return Point(
        s * point.y + (1 - s) * (sides.h / 2) * y, s * point.x + (1 - s) * (sides.w / 2) * x
    )


def elastic(point: Point, U: Float[Array, "b 2 h w"], strength: float, sides: Sides) -> Point:
    """(y, x) := (y, x) + strength (h, w) S_h U S_w.T, S a Gaussian, its rows of length 1."""
    bent = _gaussian(U, sides.h) @ U @ _gaussian(U, sides.w).mT
    h, w = strength * sides.h, strength * sides.w
    return Point(point.y + h * bent[:, 0, :, :], point.x + w * bent[:, 1, :, :])


def brightness(
    pictures: Float[Array, "b h w c"], U: Float[Array, "b 1"], strength: float
) -> Float[Array, "b h w c"]:
    """P := P + 255 strength (2 U - 1)."""
    return pictures + WHITE * strength * _beside(2 * U - 1)[..., None]


def contrast(
    pictures: Float[Array, "b h w c"], U: Float[Array, "b 1"], strength: float
) -> Float[Array, "b h w c"]:
    """P := mean + (1 + strength (2 U - 1)) (P - mean), the mean being that of the picture."""
    mean = namespace(pictures).mean(pictures, axis=(1, 2, 3), keepdims=True)
    return mean + (1 + strength * _beside(2 * U - 1)[..., None]) * (pictures - mean)


def noise(
    pictures: Float[Array, "b h w c"], U: Float[Array, "b h w c"], strength: float
) -> Float[Array, "b h w c"]:
    """P := P + 255 strength U, U normal."""
    return pictures + WHITE * strength * U


def _few(n: int) -> Callable[[Sides, int], tuple[int, ...]]:
    return lambda sides, channels: (n,)


_UNIFORM, _NORMAL = "uniform", "normal"
_ROWS = (
    Augmentation("flip", "mirrored left to right, with this probability",
                 0.5, 1.0, _UNIFORM, _few(1), flip),
    Augmentation("rotate", "turned by up to so many degrees",
                 15.0, 180.0, _UNIFORM, _few(1), rotate),
    Augmentation("shift", "moved by up to this share of its sides",
                 0.1, 1.0, _UNIFORM, _few(2), shift),
    Augmentation("crop", "a window of itself, up to this share smaller, stretched",
                 0.2, 0.9, _UNIFORM, _few(3), crop),
    Augmentation("elastic", "bent: pixels move by about this share of its sides",
                 0.04, 0.5, _NORMAL, lambda sides, channels: (2, *sides), elastic),
    Augmentation("brightness", "lighter or darker by up to this share of white",
                 0.2, 1.0, _UNIFORM, _few(1), change=brightness),
    Augmentation("contrast", "richer or poorer in contrast by up to this share",
                 0.2, 1.0, _UNIFORM, _few(1), change=contrast),
    Augmentation("noise", "given normal noise of this share of white on every pixel",
                 0.05, 1.0, _NORMAL, lambda sides, channels: (*sides, channels), change=noise),
)  # fmt: skip
AUGMENTATIONS: Mapping[str, Augmentation] = {row.name: row for row in _ROWS}


def augment(
    pictures: Float[Array, "b h w c"], steps: Sequence[tuple[str, float]], U: Sequence[Any]
) -> Float[Array, "b h w c"]:
    """Apply steps (name, strength), U[i] being the numbers of step i; pixels stay in 0 to 255.

    All moves come first, in their order, then the changes of values in theirs.
    """
    xp = namespace(pictures)
    sides = Sides(*pictures.shape[1:3])
    y, x = (xp.arange(n, dtype=pictures.dtype) - (n - 1) / 2 for n in sides)
    point = Point(y[None, :, None], x[None, None, :])
    todo = [
        (AUGMENTATIONS[name], strength, u) for (name, strength), u in zip(steps, U, strict=True)
    ]
    moves = [(row.move, strength, u) for row, strength, u in todo if row.move]
    # From the pixel of the result back to that of the picture: the last move is undone first.
    for move, strength, u in reversed(moves):
        point = move(point, u, strength, sides)
    if moves:
        pictures = sample(pictures, point)
    for row, strength, u in todo:
        if row.change:
            pictures = row.change(pictures, u, strength)
    return xp.clip(pictures, 0.0, WHITE)


def sample(pictures: Float[Array, "b h w c"], point: Point) -> Float[Array, "b h w c"]:
    """Read pictures between their pixels: of four neighbours, the nearer the more.

    P(y, x) = sum over the four of P_ij (1 - |y - i|) (1 - |x - j|); beyond the edge lies the edge.
    """
    xp = namespace(pictures)
    b, h, w, c = pictures.shape
    # Of the corner, and never beyond the last pixel but one: its weight then goes to the last.
    y = xp.clip(point.y + (h - 1) / 2, 0.0, h - 1.0)
    x = xp.clip(point.x + (w - 1) / 2, 0.0, w - 1.0)
    top = xp.clip(xp.floor(y), 0.0, max(h - 2.0, 0.0))
    left = xp.clip(xp.floor(x), 0.0, max(w - 2.0, 0.0))
    down, right = y - top, x - left
    first = xp.reshape(xp.arange(b, dtype=xp.int64) * (h * w), (b, 1, 1))
    at = first + xp.astype(top, xp.int64) * w + xp.astype(left, xp.int64)
    at = xp.reshape(xp.broadcast_to(at, (b, h, w)), (-1,))
    pixels = xp.reshape(pictures, (b * h * w, c))
    below, beside = (w if h > 1 else 0), (1 if w > 1 else 0)

    def corner(step: int) -> Array:
        return xp.reshape(xp.take(pixels, at + step, axis=0), (b, h, w, c))

    down, right = down[..., None], right[..., None]
    upper = corner(0) * (1 - right) + corner(beside) * right
    lower = corner(below) * (1 - right) + corner(below + beside) * right
    mixed: Array = upper * (1 - down) + lower * down
    return mixed


def _beside(number: Array) -> Array:
    """Return one number a picture (b, 1) as (b, 1, 1)."""
    return number[:, :, None]


def _gaussian(like: Array, n: int) -> Array:
    """Return S (n, n), how near two pixels are; S U has the variance of U where that is normal."""
    xp = namespace(like)
    at = xp.arange(n, dtype=like.dtype)
    S = xp.exp(-((at[:, None] - at[None, :]) ** 2) / (2 * (SMOOTH * n) ** 2))
    return S / xp.sqrt(xp.sum(S * S, axis=1, keepdims=True))
