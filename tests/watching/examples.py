"""The examples of docs/faults.md that need another framework, which the site does not run."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def example(word: str) -> str:
    """Return the one block of code on the page in which a word stands."""
    blocks = re.findall(r"```\{code-block\} python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if word in block]
    return str(found)
