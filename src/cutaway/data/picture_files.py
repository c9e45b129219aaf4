"""From one picture file to its pixels: 8-bit grey or RGB, upright, of the wanted size."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from cutaway.errors import DataError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
# fmt: off
SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp",
    ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm",
)
# fmt: on
# A file of 48 kB can claim 400 megapixels; Pillow itself refuses only from 179.
MAX_PIXELS = 64_000_000

# Measured on 340 photographs of about 400x375 against a plain resize, as the mean difference of the
# worst picture in grey levels (benchmarks/decode_pictures.py). A JPEG decoded at a fraction of its
# size: 3.1 from 2 times the target size on, 2.6 from 3, none of them at 64x64 and 1.0 at 32x32 from
# 8. A box filter down to `gap` times the target before the bicubic one: 1.2 for 2, 0.5 for 2.75.
DRAFT_FACTOR = 8
REDUCING_GAP = 2.75

_GREY_MODES = frozenset({"1", "L"})
_SIXTEEN_BIT_MODES = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N"})
_QUARTER_TURNS = frozenset({5, 6, 7, 8})
# What Pillow's decoders raise for bytes that are no picture or a damaged one; Warning where the
# caller turns warnings into errors.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Warning,
)
_TOO_LARGE = f"it claims more than {MAX_PIXELS // 1_000_000} megapixels"


class Picture(NamedTuple):
    """Pixels (height, width, 1 where it is grey, else 3), and what the file itself is like."""

    pixels: npt.NDArray[np.uint8]
    own_size: tuple[int, int]
    animated: bool


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        if path.stat().st_size == 0:
            raise DataError("it is empty (0 bytes)")
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise DataError(_TOO_LARGE)
            yield picture
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(_TOO_LARGE) from error
    except UnidentifiedImageError as error:
        raise DataError(
            f"its content is no picture, or damaged (known: {', '.join(FORMATS)})"
        ) from error
    except (PermissionError, FileNotFoundError) as error:
        raise DataError(f"it cannot be opened ({error.strerror})") from error
    except _DECODER_ERRORS as error:
        raise DataError(f"it is truncated or corrupt ({error})") from error


def _upright_size(picture: Image.Image) -> tuple[int, int]:
    width, height = picture.size
    # To find the EXIF data of a PNG, Pillow decodes it: a square needs none, its turn has its size.
    # A TIFF it turns by itself, and gives the size of the turned picture.
    if width == height or picture.format == "TIFF":
        return height, width
    turned = picture.getexif().get(ExifTags.Base.Orientation) in _QUARTER_TURNS
    return (width, height) if turned else (height, width)


def own_size(path: Path) -> tuple[int, int]:
    """Return (height, width) as the header and the EXIF orientation give it, without decoding.

    Raises:
        DataError: the file is no picture or is too large; the message leaves out the path.
    """
    with _opened(path) as picture:
        return _upright_size(picture)


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Return the picture in mode L or RGB: 16 bits scaled to 8, what is transparent on white."""
    if picture.mode in _SIXTEEN_BIT_MODES:
        values = np.asarray(picture)
        if values.min() < 0 or values.max() > 65535:
            raise DataError(
                "its pixels have 32 bits, a range without a known white; save it as 8 bits"
            )
        return Image.fromarray(((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8))
    if picture.mode == "F":
        raise DataError("its pixels are floats, a range without a known white; save it as 8 bits")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    if picture.mode in ("L", "RGB"):
        return picture
    return picture.convert("L" if picture.mode in _GREY_MODES else "RGB")


def _pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    pixels: npt.NDArray[Any] = np.asarray(picture, dtype=np.uint8)
    if pixels.ndim == 2:
        return pixels[:, :, np.newaxis]
    red, green, blue = np.moveaxis(pixels, 2, 0)
    grey = np.array_equal(red, green) and np.array_equal(green, blue)
    return pixels[:, :, :1] if grey else pixels


def decode(path: Path, height: int, width: int) -> Picture:
    """Decode a picture upright and stretch it to (height, width), bicubic with antialiasing.

    Raises:
        DataError: the file is no picture, damaged or too large; the message leaves out the path.
    """
    with _opened(path) as picture:
        size = _upright_size(picture)
        # An MPO is a photograph with a preview behind it; its frames are no animation.
        animated = picture.format != "MPO" and getattr(picture, "is_animated", False)
        turned = size != (picture.height, picture.width)
        wanted = (height, width) if turned else (width, height)
        picture.draft(None, (DRAFT_FACTOR * wanted[0], DRAFT_FACTOR * wanted[1]))
        ImageOps.exif_transpose(picture, in_place=True)
        stretched = _eight_bit(picture).resize(
            (width, height), Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP
        )
        return Picture(_pixels(stretched), size, animated)


def with_channels(pixels: npt.NDArray[np.uint8], channels: int) -> npt.NDArray[np.uint8]:
    """Return pixels (height, width, 1 or 3) that broadcast to `channels`; grey is the luma."""
    if channels == 1 and pixels.shape[2] == 3:
        return np.asarray(Image.fromarray(pixels).convert("L"))[:, :, np.newaxis]
    return pixels
