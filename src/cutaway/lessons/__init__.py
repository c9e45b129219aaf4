"""Lessons: the course's experiments, one file each, run by the engine that trains.

A lesson is a script with its text between the code, in the format of sphinx-gallery: the page of
the documentation and the output of `cutaway lesson NAME` come from the same file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

LESSONS: Mapping[str, str] = {
    "planar": "the flower: logistic regression against 1 to 50 hidden units",
}


def source(name: str) -> Path:
    """Return the file of a lesson."""
    return Path(__file__).with_name("pages") / f"{name}.py"
