from __future__ import annotations

import base64
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from cutaway.data.dataset import PictureShape
from cutaway.report import images


def pixels_of(markup: str) -> np.ndarray:
    uri = ET.fromstring(markup).get("src")
    content = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("shape", [PictureShape(2, 3, 1), PictureShape(4, 2, 3)])
def test_picture_shows_the_pixels_of_the_row(shape):
    row = np.arange(np.prod(shape), dtype=np.uint8)
    markup = images.picture(row, shape, 'a "<b>" c')
    assert np.array_equal(pixels_of(markup), row.reshape(shape).squeeze())
    tree = ET.fromstring(markup)
    assert tree.get("alt") == 'a "<b>" c'
    assert tree.get("class") == "crisp"


def test_large_pictures_are_shrunk():
    row = np.zeros(300 * 200 * 3, dtype=np.uint8)
    assert pixels_of(images.picture(row, PictureShape(300, 200, 3), "x")).shape == (128, 85, 3)


def test_grey_weights_diverge_from_zero():
    pixels = pixels_of(images.weights(np.array([-2.0, 0.0, 1.0, 2.0]), PictureShape(2, 2, 1), "w"))
    assert tuple(pixels[0, 0]) == images.NEGATIVE
    assert tuple(pixels[0, 1]) == images.ZERO
    assert tuple(pixels[1, 1]) == images.POSITIVE


@pytest.mark.parametrize("channels", [1, 3])
def test_weights_of_zero_are_even(channels):
    pixels = pixels_of(images.weights(np.zeros(4 * channels), PictureShape(2, 2, channels), "w"))
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) == 1
