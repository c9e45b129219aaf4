"""Checks the built site: `python docs/check_site.py docs/_build/html`.

Every link within the site must lead to a page and a place that exist, nothing may be loaded from
elsewhere, and no equation may have been left as it was typed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself, and what a person may follow.
LOADED = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src"}
# Text in these is shown as it was typed.
VERBATIM = {"pre", "code", "script", "style", "annotation"}
TYPED = re.compile(r"\$\S|\\(frac|hat|sum|alpha|beta|lambda|cdot|text)(?![A-Za-z])")


class Page(HTMLParser):
    """What one page links to, loads, offers as places, and shows as prose."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = set()
        self.prose: list[str] = []
        self._verbatim = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note what the tag links, loads or names."""
        named = {key: value for key, value in attributes if value is not None}
        self._verbatim += tag in VERBATIM
        if "id" in named:
            self.places.add(named["id"])
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if tag in LOADED and LOADED[tag] in named and named.get("rel") not in ("next", "prev"):
            self.loaded.append(named[LOADED[tag]])

    def handle_endtag(self, tag: str) -> None:
        """Leave a place where text stands as it was typed."""
        self._verbatim -= tag in VERBATIM

    def handle_data(self, data: str) -> None:
        """Keep the prose."""
        if not self._verbatim:
            self.prose.append(data)


def complaints(site: Path) -> Iterator[str]:
    """Yield one line for everything that is wrong with the site."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    if not pages:
        yield f"{site}: there is no page; build the site first: make docs"
    for path, page in pages.items():
        here = path.relative_to(site)
        for link in page.links:
            yield from (f"{here}: {what}" for what in _wrong(link, path, pages))
        for link in page.loaded:
            parts = urlsplit(link)
            if parts.netloc:
                yield f"{here}: loads {link} from elsewhere"
            elif parts.scheme != "data" and not (path.parent / unquote(parts.path)).exists():
                yield f"{here}: {link} does not exist"
        for text in page.prose:
            if typed := TYPED.search(text):
                yield f"{here}: an equation was not set: {text[typed.start() :][:60]!r}"
    for path in site.rglob("*.css"):
        for link in re.findall(r"url\(['\"]?(https?:[^)'\"]+)", path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)}: loads {link} from elsewhere"


def _wrong(link: str, path: Path, pages: dict[Path, Page]) -> Iterator[str]:
    parts = urlsplit(link)
    if parts.scheme in ("http", "https"):
        if "." not in parts.netloc:
            yield f"{link} is no address"
        return
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.exists():
        yield f"{link} leads nowhere"
    elif parts.fragment and target.suffix == ".html":
        place = unquote(parts.fragment)
        if place not in pages[target].places:
            yield f"{link}: the page has no place '{place}'"


def main() -> None:
    """Print what is wrong; exit with 1 if anything is."""
    wrong = list(complaints(Path(sys.argv[1]).resolve()))
    print("\n".join(wrong) or f"{sys.argv[1]}: every link leads somewhere, nothing is loaded")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
