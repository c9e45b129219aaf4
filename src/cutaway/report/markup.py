"""HTML and SVG as nested elements; everything that is not markup already is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

STYLE = Path(__file__).with_name("style.css")
# What neither HTML nor XML may hold, escaped or not
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_VOID = {"meta", "img", "line", "circle", "rect", "path", "polygon", "image"}


class Markup(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


def escape(value: object) -> Markup:
    """Turn any value into markup: a file name that is no Unicode or holds <script> included."""
    if isinstance(value, Markup):
        return value
    # A file name that is no valid UTF-8 reaches Python with lone surrogates
    text = str(value).encode("utf-8", "backslashreplace").decode()
    return Markup(html.escape(_FORBIDDEN.sub("\ufffd", text)))


def join(parts: Iterable[object], separator: str = "") -> Markup:
    """Join parts, each of them escaped."""
    return Markup(escape(separator).join(escape(part) for part in parts))


def element(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return an element; in an attribute's name a last "_" is cut, another one is a hyphen.

    An attribute that is None is left out.
    """
    start = name + "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Markup(f"<{start}/>")
    return Markup(f"<{start}>{join(children)}</{name}>")


def paragraph(*children: object, class_: str | None = None) -> Markup:
    """Return a paragraph."""
    return element("p", *children, class_=class_)


def section(title: str, *children: object) -> Markup:
    """Return a section with its heading, which other places can link to."""
    name = re.sub(r"[^a-z]+", "-", title.lower()).strip("-")
    heading = element("h2", title, id=name)
    return element("section", heading, *children, aria_labelledby=name)


def table(
    head: Sequence[object], rows: Iterable[Sequence[object]], class_: str | None = None
) -> Markup:
    """Return a table whose first column names the rows, in a frame that scrolls sideways."""
    body = join(
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest))
        for first, *rest in rows
    )
    return framed_table(
        element("tr", *(element("th", cell, scope="col") for cell in head)), body, class_
    )


def framed_table(head: Markup, body: Markup, class_: str | None = None) -> Markup:
    """Return a table of ready rows, in a frame that scrolls sideways on a narrow screen."""
    whole = element("table", element("thead", head), element("tbody", body), class_=class_)
    # A frame that scrolls must be reachable by keyboard
    return element("div", whole, class_="frame", tabindex="0")


def bullets(lines: Iterable[object]) -> Markup:
    """Return a list of lines."""
    return element("ul", *(element("li", line) for line in lines))


def details(summary: object, *children: object) -> Markup:
    """Return something that is folded away until it is asked for."""
    return element("details", element("summary", summary), *children)


def document(title: str, body: Markup) -> str:
    """Return a whole HTML page that loads nothing from elsewhere, in light or dark."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title} - cutaway"),
        element("style", Markup(STYLE.read_text(encoding="utf-8"))),
    )
    return "<!doctype html>\n" + element("html", head, element("body", body), lang="en") + "\n"
