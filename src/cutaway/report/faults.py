"""The faults that were found while the network was trained, or that none was."""

from __future__ import annotations

from cutaway import wording
from cutaway.insight.faults.search import Search
from cutaway.insight.faults.setting import Found
from cutaway.report.markup import Markup, element, join, paragraph, section


def faults(search: Search) -> Markup:
    """Show each fault with its number, why it matters and what to do; what else was looked for."""
    names = {found.name for found in search.found}
    others = ", ".join(name for name in search.looked if name not in names)
    if not names:
        return section("Faults", paragraph(f"No known fault was found. Looked for: {others}."))
    return section(
        "Faults",
        *(_fault(found) for found in search.found),
        paragraph(f"Not found, though looked for: {others}.", class_="quiet") if others else "",
    )


def _fault(found: Found) -> Markup:
    what, name = wording.sentence(found.what), wording.sentence(found.name)
    if found.cause:
        return paragraph(f"{name}, {found.when}: {found.what}. It follows from {found.cause}.")
    command = element("pre", element("code", found.command), tabindex="0")
    return join(
        [
            element("h3", f"{name}, {found.when}"),
            paragraph(f"{what}. {found.why}"),
            paragraph(wording.sentence(found.passed), ".", class_="quiet") if found.passed else "",
            paragraph(
                f"What to do: {found.remedy}. ",
                element("code", f"cutaway lesson {found.lesson}"),
                " shows it.",
            ),
            command if found.command else "",
        ]
    )
