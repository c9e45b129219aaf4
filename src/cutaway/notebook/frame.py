"""The frame around what is drawn in a notebook: its style reaches nothing else on the page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cutaway.report.markup import Markup, element


@cache
def _style() -> Markup:
    return element("style", Markup(Path(__file__).with_name("style.css").read_text("utf-8")))


def frame(*children: object) -> Markup:
    """Return parts in a frame; text and axes take the colours of the notebook, light or dark."""
    return element("div", _style(), *children, class_="cutaway")


def words(value: object) -> str:
    """Return the text of an object without the brackets that Python puts around it."""
    return repr(value).removeprefix("<").removesuffix(">")


@dataclass(frozen=True, repr=False)
class Picture:
    """Something drawn, and its words for where nothing can be drawn."""

    html: Markup
    words: str

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        return str(self.html)
