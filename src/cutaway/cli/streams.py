"""Standard output and error as they may be: closed, ASCII only, or shown names that play tricks."""

from __future__ import annotations

import io
import json
import os
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any

CONTROLS = ("Cc", "Cs", "Zl", "Zp")
BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def prepare_streams() -> None:
    """Make both streams writable whatever is written to them.

    A closed one swallows everything; a character that the terminal's encoding lacks, or a byte of a
    file name that is no text, is shown by its number.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def printable(text: str) -> str:
    r"""Escape what would break a line or steer the terminal: a newline in a name becomes \n."""
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    hidden = unicodedata.category(character) in CONTROLS
    if hidden or unicodedata.bidirectional(character) in BIDI:
        return character.encode("unicode_escape").decode("ascii")
    return character


def print_json(value: Any) -> None:
    """Print one JSON document on standard output, valid in every encoding."""
    print(_json(value))


def print_json_list(values: Iterable[Any]) -> None:
    """Print a list as one JSON document, each value as soon as it is there."""
    before = "[\n  "
    for value in values:
        print(before, _json(value).replace("\n", "\n  "), sep="", end="")
        before = ",\n  "
    print("[]" if before.startswith("[") else "\n]")


def _json(value: Any) -> str:
    encoding = sys.stdout.encoding or "utf-8"
    ascii_only = not encoding.lower().replace("-", "").startswith("utf8")
    return json.dumps(value, indent=2, ensure_ascii=ascii_only)


def print_note(text: str) -> None:
    """Print one line for the person on standard error, apart from the answers."""
    print(f"note: {printable(text)}", file=sys.stderr)
