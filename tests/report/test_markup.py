from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.report.markup import Markup, element, escape, join, section, table


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<script>", "&lt;script&gt;"),
        ("\"a' & b", "&quot;a&#x27; &amp; b"),
        ("caf\udce9.png", "caf\\udce9.png"),
        ("a\x00b\x1bc", "a\ufffdb\ufffdc"),
        ("猫 é", "猫 é"),
        (3, "3"),
        (Markup("<b>"), "<b>"),
    ],
)
def test_escape(value, expected):
    assert escape(value) == expected


@given(st.text(), st.text())
def test_any_text_gives_well_formed_markup(text, other):
    tree = ET.fromstring(element("p", text, title=other))
    # A parser reads \r as \n, and what XML forbids has become U+FFFD
    read = tree.text or ""
    kept = [c for c in text if c.isprintable()]
    assert [c for c in read if c.isprintable() and c != "\ufffd"] == [
        c for c in kept if c != "\ufffd"
    ]
    assert not list(tree)
    assert set(tree.attrib) == {"title"}


def test_element_names_attributes():
    assert element("td", 0, class_="none", aria_label="x", id=None) == (
        '<td class="none" aria-label="x">0</td>'
    )
    assert element("img", src="a") == '<img src="a"/>'


def test_join_escapes_every_part():
    assert join(["<", Markup("<br/>"), ">"], " & ") == "&lt; &amp; <br/> &amp; &gt;"


def test_table_scopes_its_headers():
    tree = ET.fromstring(table(["a", "b"], [["x", 1], ["y", 2]]))
    assert [th.get("scope") for th in tree.iter("th")] == ["col", "col", "row", "row"]
    assert [td.text for td in tree.iter("td")] == ["1", "2"]


def test_section_is_named_by_its_heading():
    tree = ET.fromstring(section("The data", "text"))
    assert tree.get("aria-labelledby") == tree.find("h2").get("id") == "the-data"
