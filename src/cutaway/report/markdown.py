"""Markdown and YAML front matter: what comes from data stays text in both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# What Markdown, or the HTML within it, would take for markup
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
# What neither Markdown nor YAML shows: control characters and halves of surrogate pairs
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]+")


def plain(value: object) -> str:
    """Return a value as one line without characters that cannot be seen."""
    return _UNSEEN.sub(" ", str(value))


def text(value: object) -> str:
    """Return a value as one line of text that is no markup."""
    return _MARKUP.sub(r"\\\1", plain(value))


def code(content: str, language: str = "") -> str:
    """Return a block of code, in a fence that is longer than any within."""
    longest = max(map(len, re.findall("`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{content}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already; columns of numbers on the right."""
    body = list(rows)
    rules = [
        "---:" if at and all(re.match(r"[\d(>-]|$", cell) for cell in column) else "---"
        for at, column in enumerate(zip(*body, strict=True))
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rules, *body])


def bullets(lines: Iterable[str]) -> str:
    """Return a list of lines that are Markdown already."""
    return "\n".join(f"- {line}" for line in lines)


def front_matter(values: Mapping[str, Any]) -> str:
    """Return values as YAML between two lines of hyphens."""
    return "\n".join(["---", *_yaml(values), "---"])


def _yaml(value: Any, indent: str = "") -> list[str]:
    """A mapping or a list as block lines; a scalar as JSON, which YAML reads alike."""
    lines: list[str] = []
    pairs = value.items() if isinstance(value, Mapping) else ((None, one) for one in value)
    for key, one in pairs:
        start = f"{indent}- " if key is None else f"{indent}{key}:"
        if isinstance(one, Mapping | list):
            inner = _yaml(one, indent + "  ")
            if key is None:
                inner[0] = start + inner[0].lstrip()
                lines += inner
            else:
                lines += [start, *inner]
        else:
            one = plain(one) if isinstance(one, str) else one
            scalar = json.dumps(one, allow_nan=False, ensure_ascii=False)
            lines.append(f"{start.rstrip()} {scalar}")
    return lines
