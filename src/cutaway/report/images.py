"""Arrays as pictures inside the page: examples, rows of weights, maps of answers."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cutaway.data.dataset import PictureShape
from cutaway.report.markup import Markup, element

Pixels = npt.NDArray[np.uint8]

# Larger pictures are shrunk: two dozen of them still make a page that can be mailed.
LARGEST_PICTURE = 128
LARGEST_WEIGHTS = 64
# Smaller ones are blown up by the browser, whose smoothing would hide the pixels
CRISP_BELOW = 96
NEGATIVE, ZERO, POSITIVE = (0, 90, 160), (247, 247, 247), (213, 94, 0)


def picture(row: npt.NDArray[Any], shape: PictureShape, description: str) -> Markup:
    """Show an example: a row (n_x,) of pixels 0..255."""
    return image(_fit(row.reshape(shape).astype(np.uint8), LARGEST_PICTURE), description)


def weights(row: npt.NDArray[Any], shape: PictureShape, description: str) -> Markup:
    """Show the weights (n_x,) of a unit; its largest |weight| gets the full colour.

    Grey pictures: blue is negative, orange positive. RGB: grey is 0, each channel its own colour.
    """
    largest = float(np.abs(row).max())
    values = row.reshape(shape).astype(np.float64) / (largest or 1.0)
    if shape.channels == 3:
        pixels = 127.5 * (1 + values)
    else:
        ends = np.where(values < 0, np.array(NEGATIVE), np.array(POSITIVE))
        pixels = np.array(ZERO) + np.abs(values) * (ends - np.array(ZERO))
    return image(_fit(np.rint(pixels).astype(np.uint8), LARGEST_WEIGHTS), description)


def image(pixels: Pixels, description: str) -> Markup:
    """Return an <img> of pixels (height, width, channels)."""
    crisp = max(pixels.shape[:2]) < CRISP_BELOW
    return element(
        "img",
        src=data_uri(pixels),
        alt=description,
        width=pixels.shape[1],
        height=pixels.shape[0],
        class_="crisp" if crisp else None,
    )


def data_uri(pixels: Pixels) -> str:
    """Return pixels (height, width, 1, 3 or 4 channels) as a PNG in an address of its own."""
    content = io.BytesIO()
    grey = pixels.shape[2] == 1
    Image.fromarray(pixels[:, :, 0] if grey else pixels).save(content, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


def _fit(pixels: Pixels, largest: int) -> Pixels:
    height, width, channels = pixels.shape
    if max(height, width) <= largest:
        return pixels
    shrink = largest / max(height, width)
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    whole = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
    return np.asarray(whole.resize(size, Image.Resampling.BOX)).reshape(size[1], size[0], channels)
