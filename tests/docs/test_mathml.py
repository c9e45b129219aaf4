from __future__ import annotations

import pytest
from _ext.mathml import mathml


@pytest.mark.parametrize(
    ("latex", "block", "expected"),
    [
        ("x", False, 'display="inline"'),
        ("x", True, 'display="block"'),
        (r"a &= b \\ c &= d", True, '<mtd columnalign="right"><mi>c</mi></mtd>'),
        (r"\log a", False, '<mi>log</mi><mspace width="0.167em" />'),
        ("a = -b", False, '<mo form="prefix">&#x02212;</mo>'),
        ("|W|", False, '<mo lspace="0" rspace="0"'),
        (r"W := W", False, "≔"),
    ],
)
def test_an_equation_is_written_as_mathml(latex: str, block: bool, expected: str) -> None:
    assert expected in mathml(latex, block=block)


def test_a_name_before_a_bracket_keeps_no_gap() -> None:
    assert "mspace" not in mathml(r"\log (1 - a)", block=False)
