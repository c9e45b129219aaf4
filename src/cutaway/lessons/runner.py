"""Runs one lesson as `cutaway lesson NAME` does: its numbers, what to see in them, its figure."""

from __future__ import annotations

import re
import runpy
import textwrap
from pathlib import Path

from cutaway.errors import MissingExtraError, OptionError, unknown
from cutaway.lessons import LESSONS, TAKE_DATA, source

_HEADING = re.compile(r"^# What to see\n# -+\n#?\n?((?:#.*\n?)+)", re.MULTILINE)


def run_lesson(
    name: str, *, quick: bool = False, data: Path | None = None, folder: Path | None = None
) -> list[Path]:
    """Run a lesson, print its numbers and what to see in them; return the figures it wrote.

    Raises:
        OptionError: there is no lesson of that name, or it takes no data.
        MissingExtraError: matplotlib is not installed.
    """
    if name not in LESSONS:
        raise OptionError(unknown("lesson", name, LESSONS))
    if data is not None and name not in TAKE_DATA:
        raise OptionError(
            f"the lesson {name} has data of its own; leave --data out, or take it for one of "
            f"{', '.join(TAKE_DATA)}"
        )
    try:
        import matplotlib as mpl
    except ImportError:
        raise MissingExtraError("matplotlib", "plots", "the figure of a lesson") from None
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    from cutaway.lessons import stage

    # Before the lesson, so that nobody waits a minute to be told that there is no place for it.
    folder = folder or Path("lessons")
    folder.mkdir(parents=True, exist_ok=True)
    stage.settings.quick, stage.settings.data = quick, data
    print(f"{name}: {LESSONS[name]}\n")
    runpy.run_path(str(source(name)), run_name="__main__")
    print(textwrap.fill(what_to_see(name), 96) + "\n")
    written = []
    for i, number in enumerate(plt.get_fignums()):
        path = folder / (f"{name}.png" if i == 0 else f"{name}-{i + 1}.png")
        plt.figure(number).savefig(path)
        written.append(path)
        print(f"figure: {path}")
    plt.close("all")
    return written


def what_to_see(name: str) -> str:
    """Return the text under the lesson's heading "What to see", without its markup."""
    match = _HEADING.search(source(name).read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"lesson {name} has no block 'What to see'")
    words = " ".join(line.lstrip("# ").strip() for line in match[1].splitlines())
    return re.sub(r":\w+:`([^`<]+?)(?: <[^>]+>)?`|``([^`]+)``", r"\1\2", words).strip()
