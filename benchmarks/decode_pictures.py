"""Time and compare `read_pictures` with a plain Pillow loop: decode_pictures.py FOLDER [SIDE]."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from cutaway.data.pictures import read_pictures


def plain_loop(paths: Sequence[Path], side: int) -> npt.NDArray[np.uint8]:
    rows = []
    for path in paths:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file).convert("RGB")
            picture = picture.resize((side, side), Image.Resampling.BICUBIC)
            rows.append(np.asarray(picture).ravel())
    return np.stack(rows)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder of coloured pictures, at any depth")
    parser.add_argument("side", type=int, nargs="?", default=64, help="pixels of a side")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    folder, side = options.folder, options.side

    ours = read_pictures(folder, size=str(side), labelled=False)
    paths = [folder / origin for origin in ours.origins]
    levels = np.abs(ours.rows[:].astype(int) - plain_loop(paths, side))
    of_pictures, of_pixels = levels.mean(axis=1), levels.mean(axis=0)

    plain_times, our_times = [], []
    for _ in range(options.rounds):  # alternating, so that a busy machine slows both alike
        plain_times.append(seconds(lambda: plain_loop(paths, side)))
        our_times.append(seconds(lambda: read_pictures(folder, size=str(side), labelled=False)))
    plain, our = statistics.median(plain_times), statistics.median(our_times)

    print(f"{len(paths)} pictures at {side}x{side}, median of {options.rounds} rounds")
    print(f"plain Pillow loop   {plain:.3f} s")
    print(f"read_pictures       {our:.3f} s   {our / plain:.2f} of the plain loop")
    print(
        "mean difference in grey levels of 255: "
        f"all {levels.mean():.3f}, worst picture {of_pictures.max():.3f}, "
        f"worst pixel {of_pixels.max():.3f}"
    )


if __name__ == "__main__":
    main()
