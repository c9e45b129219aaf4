"""The proofs on the page of errata: every block of code runs, and asserts what the text says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "errata.md"


def proofs() -> dict[str, str]:
    """Return the block of code of every section."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    blocks = {}
    for section in sections:
        (block,) = re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
        blocks[section.splitlines()[0]] = block
    return blocks


PROOFS = proofs()


def test_every_slip_is_stated_and_proved() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(PROOFS) == 8
    for word in ("**Written:**", "**Right:**", "**Proof:**"):
        assert text.count(word) == len(PROOFS)


@pytest.mark.parametrize("title", PROOFS)
def test_the_proof_holds(title: str) -> None:
    block = PROOFS[title]
    assert "assert " in block
    exec(compile(block, f"{PAGE.name}: {title}", "exec"), {"__name__": "errata"})
