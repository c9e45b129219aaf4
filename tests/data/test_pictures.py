from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from cutaway.data.dataset import PictureShape
from cutaway.data.picture_files import MAX_PIXELS, SUFFIXES, decode
from cutaway.data.pictures import is_pictures, read_pictures
from cutaway.errors import DataError, OptionError

RED, BLUE, GREY = (200, 10, 20), (10, 20, 200), (90, 90, 90)


def write(path: Path, colour: Any = RED, size: tuple[int, int] = (8, 6), mode: str = "RGB") -> Path:
    """Write a picture of one colour; size is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)
    return path


def noise(height: int, width: int, *channels: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, *channels), dtype=np.uint8)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for i in (1, 2, 10):
        write(tmp_path / "pets/cats" / f"{i}.png", (200, i, 20))
        write(tmp_path / "pets/dogs" / f"{i}.png", (10, i, 200))
    return tmp_path / "pets"


# --- layouts


def test_a_folder_per_class(pets: Path) -> None:
    data = read_pictures(pets)
    assert (data.kind, data.task, data.name) == ("pictures", "classification", "pets")
    assert data.classes == ("cats", "dogs")
    assert data.origins == [f"{c}/{i}.png" for c in ("cats", "dogs") for i in (1, 2, 10)]
    np.testing.assert_array_equal(data.target, [0, 0, 0, 1, 1, 1])
    assert data.picture == PictureShape(6, 8, 3)
    assert data.rows.shape == (6, 6 * 8 * 3)
    assert data.rows.dtype == np.uint8
    assert data.rows.flags.c_contiguous
    np.testing.assert_array_equal(data.rows[2].reshape(6, 8, 3)[5, 7], (200, 10, 20))
    assert data.parts == {}
    assert data.notes == data.skipped == ()
    assert data.source == {
        "reader": "pictures",
        "path": str(pets.resolve()),
        "labels": None,
        "size": "6x8",
        "strict": False,
    }


@pytest.mark.parametrize("dev", ["dev", "val", "Valid", "validation"])
def test_parts_with_a_folder_per_class(tmp_path: Path, dev: str) -> None:
    for part, n in (("train", 3), (dev, 2), ("test", 1)):
        for c in ("b", "a") if part != dev else ("a",):
            for i in range(n):
                write(tmp_path / part / c / "deeper" / f"{i}.png")
    data = read_pictures(tmp_path)
    assert data.classes == ("a", "b")
    assert {part: len(index) for part, index in data.parts.items()} == {
        "train": 6,
        "dev": 2,
        "test": 2,
    }
    for part, index in data.parts.items():
        folder = dev if part == "dev" else part
        assert all(data.origins[i].startswith(folder + "/") for i in index)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    write(tmp_path / "train/1.png")
    write(tmp_path / "bus/1.png", BLUE)
    assert read_pictures(tmp_path).classes == ("bus", "train")


def test_a_test_folder_without_labels_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "train/a/1.png")
    write(tmp_path / "train/b/1.png")
    write(tmp_path / "test/1.png")
    write(tmp_path / "test/2.png")
    data = read_pictures(tmp_path)
    assert data.m == 2
    assert data.skipped == (("test", "2 pictures in no class folder"),)


LABEL_FILES = {
    "first and second column": "name,animal\n1.png,cat\n2.png,dog\n",
    "columns found by name": "id;Label;Filename\n7;cat;1.png\n8;dog;2.png\n",
    "no suffix": "id,breed\n1,cat\n2,dog\n",
    "a byte-order mark": "\ufefffile\tclass\n1.png\tcat\n2.png\tdog\n",
}


@pytest.mark.parametrize("text", LABEL_FILES.values(), ids=LABEL_FILES)
def test_a_labels_file(tmp_path: Path, text: str) -> None:
    write(tmp_path / "all/1.png")
    write(tmp_path / "all/2.png", BLUE)
    table = tmp_path / "all/labels.csv"
    table.write_text(text, encoding="utf-8")
    data = read_pictures(tmp_path / "all", labels=table)
    assert data.classes == ("cat", "dog")
    np.testing.assert_array_equal(data.target, [0, 1])
    assert data.skipped == ()
    assert data.source["labels"] == str(table.resolve())


def test_a_labels_file_that_does_not_fit_is_reported(tmp_path: Path) -> None:
    for name in ("1.png", "2.png", "3.png", "4.png"):
        write(tmp_path / "all" / name)
    table = tmp_path / "labels.csv"
    table.write_text("file,label\n1.png,1\n2.png,2\n3.png,\n9.png,1\n")
    data = read_pictures(tmp_path / "all", labels=table)
    assert data.origins == ["1.png", "2.png"]
    assert data.skipped == (
        ("3.png", "it has no label in labels.csv"),
        ("4.png", "it has no label in labels.csv"),
        ("9.png", "labels.csv names it, but there is no such picture"),
    )


BAD_LABEL_FILES = {
    "no header": ("1.png,cat\n2.png,dog\n", "has no header"),
    "one column": ("file\n1.png\n", "two columns"),
    "empty": ("", "two columns"),
    "a short row": ("file,label\n1.png\n", "row 2: a column is missing"),
    "two labels for one": ("file,label\n1.png,a\n1.png,b\n", "row 3: '1.png' is labelled 'b'"),
    "other files": ("file,label\nx.png,a\n", "names none of the 2 pictures"),
    "not UTF-8": (b"file,label\n1.png,\xe9t\xe9\n", "not UTF-8"),
}


@pytest.mark.parametrize(("text", "message"), BAD_LABEL_FILES.values(), ids=BAD_LABEL_FILES)
def test_a_bad_labels_file(tmp_path: Path, text: str | bytes, message: str) -> None:
    table = tmp_path / "labels.csv"
    table.write_bytes(text.encode() if isinstance(text, str) else text)
    write(tmp_path / "all/1.png")
    write(tmp_path / "all/2.png")
    with pytest.raises(DataError, match=message):
        read_pictures(tmp_path / "all", labels=table)


def test_a_labels_file_that_is_missing(pets: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be read"):
        read_pictures(pets, labels=pets / "nowhere.csv")


# --- predicting and evaluating


@pytest.mark.parametrize(
    ("where", "origins"),
    [
        ("cats/2.png", ["2.png"]),
        ("cats", ["1.png", "2.png", "10.png"]),
        (".", [f"{c}/{i}.png" for c in ("cats", "dogs") for i in (1, 2, 10)]),
    ],
)
def test_without_labels_every_picture_counts(pets: Path, where: str, origins: list[str]) -> None:
    data = read_pictures(
        pets / where, labelled=False, shape=PictureShape(4, 5, 3), classes=("cats", "dogs")
    )
    assert data.target is None
    assert data.classes == ("cats", "dogs")
    assert data.origins == origins
    assert data.picture == PictureShape(4, 5, 3)
    assert data.notes == (
        f"{len(origins)} of {len(origins)} pictures (6x8, height x width) "
        "were stretched to the model's 4x5",
    )


def test_the_shape_of_the_model_decides_on_colour(pets: Path, tmp_path: Path) -> None:
    grey = read_pictures(pets, labelled=False, shape=PictureShape(6, 8, 1))
    luma = np.asarray(Image.new("RGB", (1, 1), (200, 1, 20)).convert("L")).item()
    assert set(grey.rows[0]) == {luma}
    assert grey.notes == ("6 coloured pictures turned grey, as the model's are",)
    path = write(tmp_path / "grey.png", 90, mode="L")
    coloured = read_pictures(path, labelled=False, shape=PictureShape(6, 8, 3))
    assert coloured.rows.shape == (1, 6 * 8 * 3)
    assert set(coloured.rows[0]) == {90}


def test_labels_must_be_among_the_classes_of_the_model(pets: Path) -> None:
    data = read_pictures(pets, classes=("dogs", "cats", "mice"))
    np.testing.assert_array_equal(data.target, [1, 1, 1, 0, 0, 0])
    with pytest.raises(DataError, match="'dogs' is none of the classes"):
        read_pictures(pets, classes=("cats", "mice"))


# --- size and colour


@pytest.mark.parametrize(
    ("size", "sizes", "expected"),
    [
        ("auto", [(20, 10), (20, 10)], (10, 20)),
        ("auto", [(64, 64), (64, 64)], (64, 64)),
        ("auto", [(20, 10), (10, 20)], (64, 64)),
        ("auto", [(65, 10), (65, 10)], (64, 64)),
        ("16", [(20, 10), (20, 10)], (16, 16)),
        ("4x8", [(20, 10), (20, 10)], (4, 8)),
        ("1024x1", [(20, 10), (20, 10)], (1024, 1)),
    ],
)
def test_size(
    tmp_path: Path, size: str, sizes: list[tuple[int, int]], expected: tuple[int, int]
) -> None:
    for i, own in enumerate(sizes):
        write(tmp_path / "ab"[i] / "1.png", size=own)
    data = read_pictures(tmp_path, size=size)
    assert data.picture == (*expected, 3)
    assert data.source["size"] == f"{expected[0]}x{expected[1]}"


@pytest.mark.parametrize("size", ["", "big", "0", "-4", "12x", "3x3x3", "1025", "8x4000", "1.5"])
def test_a_bad_size(pets: Path, size: str) -> None:
    with pytest.raises(OptionError, match="size="):
        read_pictures(pets, size=size)


def test_the_note_on_stretching_names_the_sizes(tmp_path: Path) -> None:
    for i, own in enumerate([(30, 20), (8, 8), (100, 50), (100, 50)]):
        write(tmp_path / "ab"[i % 2] / f"{i}.png", size=own)
    assert read_pictures(tmp_path, size="8").notes == (
        "3 of 4 pictures (2 sizes from 20x30 to 50x100, height x width) were stretched to 8x8",
    )


@pytest.mark.parametrize(("second", "channels"), [(GREY, 1), (RED, 3)])
def test_grey_where_all_are(tmp_path: Path, second: tuple[int, int, int], channels: int) -> None:
    write(tmp_path / "a/1.png", 90, mode="L")
    write(tmp_path / "b/1.png", second)
    data = read_pictures(tmp_path)
    assert data.picture == PictureShape(6, 8, channels)
    assert data.rows.flags.c_contiguous
    assert set(data.rows[0]) == {90}
    assert (data.keys[0] == data.keys[1]) == (channels == 1)


def test_keys_are_of_the_pixels_alone(tmp_path: Path) -> None:
    write(tmp_path / "a/1.png")
    write(tmp_path / "a/2.png", BLUE)
    write(tmp_path / "b/3.bmp")
    data = read_pictures(tmp_path)
    assert data.keys.dtype == np.uint64
    assert data.keys[0] == data.keys[2] != data.keys[1]
    # A split by hash must not move between machines and versions.
    assert data.keys[0] == 15750043853838872389


# --- what a picture file may hold


def saved(picture: Image.Image, path: Path, **options: Any) -> np.ndarray:
    picture.save(path, **options)
    return decode(path, picture.height, picture.width).pixels


def test_transparency_is_composited_on_white(tmp_path: Path) -> None:
    pixels = np.full((2, 2, 4), 0, np.uint8)
    pixels[..., 0] = 200
    pixels[0, 0, 3], pixels[0, 1, 3] = 255, 51
    got = saved(Image.fromarray(pixels), tmp_path / "a.png")
    np.testing.assert_array_equal(got[0, 0], (200, 0, 0))
    np.testing.assert_allclose(got[0, 1], (244, 204, 204), atol=1)
    np.testing.assert_array_equal(got[1], np.full((2, 3), 255))


def test_a_transparent_palette_is_composited_on_white(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.putpixel((1, 0), 1)
    got = saved(picture, tmp_path / "a.gif", transparency=0)
    np.testing.assert_array_equal(got[0], [(255, 255, 255), (10, 20, 30)])


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    values = np.array([[0, 128, 257, 32768, 65535]], np.uint16)
    for suffix in (".png", ".tif"):
        got = saved(Image.fromarray(values), tmp_path / f"a{suffix}")
        np.testing.assert_array_equal(got[0, :, 0], [0, 0, 1, 128, 255])
    big_endian = b"P5 5 1 65535\n" + values.astype(">u2").tobytes()
    (tmp_path / "a.pgm").write_bytes(big_endian)
    np.testing.assert_array_equal(
        decode(tmp_path / "a.pgm", 1, 5).pixels[0, :, 0], [0, 0, 1, 128, 255]
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_modes(tmp_path: Path, mode: str) -> None:
    picture = Image.new("RGB", (8, 6), (0, 0, 0)).convert(mode)
    pixels = saved(picture, tmp_path / "a.tif")
    assert pixels.shape == (6, 8, 1)
    assert pixels.max() == 0


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    got = saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), tmp_path / "a.jpg", quality=95)
    np.testing.assert_allclose(got[4, 4], (255, 0, 0), atol=6)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, suffix: str) -> None:
    picture = Image.fromarray(noise(6, 10, 3)).resize((40, 24), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / f"a{suffix}"
    picture.save(path, exif=exif, quality=95) if suffix == ".jpg" else picture.save(path, exif=exif)
    with Image.open(path) as file:
        upright = ImageOps.exif_transpose(file)
    data = read_pictures(path, labelled=False)
    assert data.picture == PictureShape(upright.height, upright.width, 3)
    np.testing.assert_array_equal(data.rows[0], np.asarray(upright).ravel())
    assert data.notes == ()


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_of_an_animation_the_first_frame_is_used(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    options = {"lossless": True} if suffix == ".webp" else {}
    path = tmp_path / f"a{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    data = read_pictures(path, labelled=False)
    np.testing.assert_allclose(data.rows[0].reshape(8, 8, 3)[3, 3], RED, atol=1)
    assert data.notes == ("1 animated picture: only the first frame was used",)


def test_the_content_decides_not_the_suffix(tmp_path: Path) -> None:
    Image.fromarray(noise(6, 8, 3)).save(tmp_path / "a.jpg", format="PNG")
    np.testing.assert_array_equal(decode(tmp_path / "a.jpg", 6, 8).pixels, noise(6, 8, 3))


# --- bad input


def bomb(side: int) -> bytes:
    """Return a PNG of some bytes that claims side x side pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def encoded(format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(noise(40, 40, 3)).save(buffer, format, **options)
    return buffer.getvalue()


def float_tiff() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(noise(4, 4).astype(np.float32)).save(buffer, "TIFF")
    return buffer.getvalue()


BAD_PICTURES = {
    "empty": (b"", "empty"),
    "text": (b"hello, this is no picture", "no picture"),
    "truncated JPEG": (encoded("JPEG")[:900], "truncated"),
    "truncated PNG": (encoded("PNG")[:900], "truncated"),
    "truncated GIF": (encoded("GIF")[:900], "truncated|corrupt"),
    "corrupt WebP": (encoded("WEBP")[:300], "corrupt|no picture"),
    "a format that is not read": (encoded("ICO"), "no picture"),
    "64 megapixels and more": (bomb(8001), "claims more than 64 megapixels"),
    "89 megapixels, where Pillow warns": (bomb(10_000), "claims more than 64 megapixels"),
    "400 megapixels, where Pillow refuses": (bomb(20_000), "claims more than 64 megapixels"),
    "floats": (float_tiff(), "floats"),
}


@pytest.mark.parametrize(("content", "why"), BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_a_bad_picture_is_skipped_or_stops(pets: Path, content: bytes, why: str) -> None:
    assert 8001 * 8001 > MAX_PIXELS
    (pets / "cats/3.png").write_bytes(content)
    data = read_pictures(pets, size="6x8")
    assert data.origins == [f"{c}/{i}.png" for c in ("cats", "dogs") for i in (1, 2, 10)]
    np.testing.assert_array_equal(data.target, [0, 0, 0, 1, 1, 1])
    assert [tuple(row.reshape(6, 8, 3)[0, 0]) for row in data.rows[:3]] == [
        (200, i, 20) for i in (1, 2, 10)
    ]
    ((where, reason),) = data.skipped
    assert where == "cats/3.png"
    with pytest.raises(DataError, match=f"cats/3.png: .*({why})"):
        read_pictures(pets, strict=True)
    with pytest.raises(DataError, match=f"none of 1 picture.*3.png: .*({why})"):
        read_pictures(pets / "cats/3.png", labelled=False)
    assert "\n" not in reason


def test_hidden_files_are_ignored_and_other_files_summarised(pets: Path) -> None:
    for name in (".DS_Store", "cats/Thumbs.db", "cats/.hidden.png", ".git/a.png", "__MACOSX/a.png"):
        (pets / name).parent.mkdir(exist_ok=True)
        (pets / name).write_bytes(b"x")
    for name in ("notes.txt", "cats/notes.txt", "README"):
        (pets / name).write_bytes(b"x")
    write(pets / "loose.png")
    data = read_pictures(pets)
    assert data.m == 6
    assert data.skipped == (
        ("*.txt", "2 files by the name no picture"),
        ("files without a suffix", "1 file by the name no picture"),
        (".", "1 picture in no class folder"),
    )


def test_a_link_to_nothing_is_skipped(pets: Path) -> None:
    (pets / "cats/3.png").symlink_to(pets / "gone.png")
    assert read_pictures(pets).skipped == (
        ("cats/3.png", "it cannot be opened (No such file or directory)"),
    )


def test_links_to_folders_are_followed_but_not_in_circles(pets: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere/1.png", GREY)
    (pets / "mice").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (pets / "cats/loop").symlink_to(pets, target_is_directory=True)
    data = read_pictures(pets)
    assert data.counts() == {"cats": 3, "dogs": 3, "mice": 1}


def _nothing(folder: Path) -> None:
    folder.mkdir()


def _text_only(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.txt").write_text("x")


def _flat(folder: Path) -> None:
    write(folder / "1.png")
    write(folder / "2.png")


def _one_class(folder: Path) -> None:
    write(folder / "cats/1.png")


def _unreadable_class(folder: Path) -> None:
    for c in "abc":
        write(folder / c / "1.png")
    (folder / "b/1.png").write_bytes(b"")


def _class_without_training_pictures(folder: Path) -> None:
    for place in ("train/a", "train/b", "test/a", "test/c"):
        write(folder / place / "1.png")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda folder: None, "does not exist"),
        (_nothing, "holds no picture; looked in it"),
        (_text_only, r"holds no picture \(but 1 other file\)"),
        (_flat, "holds 2 pictures but none in a class folder; put the pictures of each class"),
        (_one_class, "all 1 pictures are of one class, 'cats'.*cats, name that"),
        (_unreadable_class, "no picture of class 'b' can be read"),
        (_class_without_training_pictures, "no picture of class 'c' is in the training set"),
        (write, "is a single file"),
    ],
)
def test_a_folder_that_cannot_be_learned_from(tmp_path: Path, build: Any, message: str) -> None:
    build(tmp_path / "data.png")
    with pytest.raises(DataError, match=message):
        read_pictures(tmp_path / "data.png")


def test_is_pictures(pets: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/table.csv").write_text("a,b\n1,2\n")
    assert is_pictures(pets)
    assert is_pictures(pets / "cats")
    assert is_pictures(pets / "cats/1.png")
    assert not is_pictures(tmp_path / "empty")
    assert not is_pictures(tmp_path / "empty/table.csv")
    assert not is_pictures(tmp_path / "nowhere")
    assert {".png", ".jpg", ".webp"} <= set(SUFFIXES)


# --- real photographs


@pytest.fixture
def photographs(real_file: Callable[[str], Path]) -> Path:
    return real_file("catdog")


def test_photographs_differ_little_from_a_plain_resize(photographs: Path) -> None:
    data = read_pictures(photographs)
    assert data.picture == PictureShape(64, 64, 3)
    assert data.counts() == {"cats": 170, "dogs": 170}
    assert {part: len(index) for part, index in data.parts.items()} == {"train": 240, "test": 100}
    assert data.skipped == ()
    total = np.zeros(64 * 64 * 3)
    for row, origin in zip(data.rows, data.origins, strict=True):
        with Image.open(photographs / origin) as file:
            picture = ImageOps.exif_transpose(file).convert("RGB")
        plain = np.asarray(picture.resize((64, 64), Image.Resampling.BICUBIC)).ravel()
        difference = np.abs(row.astype(float) - plain)
        assert difference.mean() <= 1, origin
        total += difference
    assert (total / data.m).max() <= 1


def test_a_large_jpeg_is_drafted_accurately(tmp_path: Path) -> None:
    smooth = Image.fromarray(noise(30, 40, 3)).resize((1600, 1200), Image.Resampling.BICUBIC)
    smooth.save(tmp_path / "a.jpg", quality=92)
    with Image.open(tmp_path / "a.jpg") as file:
        plain = np.asarray(file.resize((64, 48), Image.Resampling.BICUBIC)).astype(float)
    got = decode(tmp_path / "a.jpg", 48, 64)
    assert got.own_size == (1200, 1600)
    assert np.abs(got.pixels - plain).mean() <= 1
