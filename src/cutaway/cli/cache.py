"""cutaway cache: what large data were converted to, and how to remove it."""

from __future__ import annotations

import datetime

import click

from cutaway.cli.options import json_option
from cutaway.cli.streams import print_json


@click.command("cache")
@click.option("--clear", is_flag=True, help="remove all of it; the data themselves stay")
@json_option
def command(clear: bool, as_json: bool) -> None:
    """List the data that were converted once because they are large, the oldest first.

    They lie in ~/.cache/cutaway; the environment variable CUTAWAY_CACHE names another folder.
    """
    from cutaway import wording
    from cutaway.cli.console import field, make_console, table
    from cutaway.data import cache

    if clear:
        freed = cache.clear()
        if as_json:
            print_json({"freed": freed})
        else:
            print(f"removed {wording.size_in_words(freed)} from {cache.root()}")
        return
    entries = cache.entries()
    made = [datetime.datetime.fromtimestamp(e.made).astimezone().isoformat() for e in entries]
    if as_json:
        print_json(
            [
                {"source": e.source, "bytes": e.size, "made": when, "path": str(e.path)}
                for e, when in zip(entries, made, strict=True)
            ]
        )
    elif not entries:
        print(f"nothing in {cache.root()}; data that are large for the memory are converted there")
    else:
        rows = [
            (e.source, wording.size_in_words(e.size), wording.moment(when))
            for e, when in zip(entries, made, strict=True)
        ]
        console = make_console()
        table(console, ("source", "size", "converted"), rows, margin=0)
        print()
        field(console, "where", str(cache.root()), wrap=False)
        field(console, "remove", "cutaway cache --clear", wrap=False)
